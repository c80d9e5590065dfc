#!/usr/bin/env python3
"""Makes one OCI archive that holds all container images of the demo and the tests, reproducibly.

usage: make-images.py BUSYBOX ARCHIVE

Each application image is busybox with a small HTTP server on $PORT (80): / tells name and version, /version the
version alone, /healthz "ok", /config/ what is mounted at /config. Special tags:
  v1.3.0-bad    starts, but never listens: it never becomes ready
  v1.3.0-crash  ends with status 1 after a second
  v1.3.0-slow   listens after 15 seconds
"""

import sys

from oci import Archive, layer

APPS = ["frontend", "api-service", "payment-service"]
TAGS = ["v1.2.%d" % n for n in range(10)] + ["v1.3.0", "v2.0.0", "v1.3.0-bad", "v1.3.0-crash", "v1.3.0-slow"]
COMMANDS = ["sh", "sleep", "httpd", "cat", "echo", "ls", "wget", "env", "kill", "ps", "nc", "date", "hostname"]

# As PID 1 a process only gets the signals that it handles: the shell handles TERM, httpd does not.
SERVE = """#!/bin/sh
case $VERSION in
*-crash) sleep 1; echo "$APP $VERSION: crash" >&2; exit 1 ;;
*-bad) echo "$APP $VERSION: not listening"; sleep 2147483647 & ;;
*-slow) { sleep 15; exec httpd -f -p "${PORT:-80}" -h /www; } & ;;
*) echo "$APP $VERSION: listening on ${PORT:-80}"; httpd -f -p "${PORT:-80}" -h /www & ;;
esac
server=$!
trap 'kill $server; exit 0' TERM INT
wait $server
"""


def main():
    with open(sys.argv[1], "rb") as file:
        busybox = file.read()
    folders = [(name, 0o755, None) for name in ("bin", "config", "etc", "www")] + [("tmp", 0o1777, None)]
    users = [("etc/passwd", 0o644, b"root:x:0:0::/:/bin/sh\n"), ("etc/group", 0o644, b"root:x:0:\n")]
    tools = [("bin/busybox", 0o755, busybox)] + [("bin/" + name, 0o777, "busybox") for name in COMMANDS]
    base = layer(folders + users + tools + [("bin/serve", 0o755, SERVE.encode())])

    archive = Archive()
    path = "PATH=/bin"
    archive.image("sluice.local/pause:1", [base], {"Env": [path], "Entrypoint": ["/bin/sleep", "2147483647"]})
    archive.image("docker.io/library/busybox:latest", [base], {"Env": [path], "Cmd": ["/bin/sh"]})
    for app in APPS:
        for tag in TAGS:
            pages = {"index.html": "%s %s\n" % (app, tag), "version": tag + "\n", "healthz": "ok\n"}
            content = layer(
                [("www", 0o755, None), ("www/config", 0o777, "/config")]
                + [("www/" + name, 0o644, text.encode()) for name, text in sorted(pages.items())]
            )
            config = {"Env": [path, "APP=" + app, "VERSION=" + tag], "Entrypoint": ["/bin/serve"],
                      "ExposedPorts": {"80/tcp": {}}}
            archive.image("docker.io/company/%s:%s" % (app, tag), [base, content], config)
    archive.write(sys.argv[2])


main()
