#!/usr/bin/env python3
"""Forwards TCP connections that reach one address to a server on loopback, until it is ended.

usage: forward.py ADDRESS PORT...

The address may come to be later: that of the pods' gateway is there once the first pod is. A connection to
ADDRESS:PORT is one to 127.0.0.1:PORT.
"""

import asyncio
import socket
import sys

IP_FREEBIND = 15


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def main(address, ports):
    servers = []
    for port in ports:

        async def forward(reader, writer, port=port):
            try:
                there, back = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                writer.close()
                return
            await asyncio.gather(copy(reader, back), copy(there, writer))
            back.close()
            writer.close()

        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        listener.bind((address, port))
        servers.append(await asyncio.start_server(forward, sock=listener))
    await asyncio.gather(*(server.serve_forever() for server in servers))


if len(sys.argv) < 3:
    sys.exit(__doc__)
asyncio.run(main(sys.argv[1], [int(port) for port in sys.argv[2:]]))
