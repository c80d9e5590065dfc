"""Receivers of notifications on loopback for tests, good and bad, by the first part of the path.

fine:     takes everything.
fails:    answers 500 twice, then takes everything.
hangs:    never answers.
floods:   answers 200 with a body that never ends.
sends-on: answers with a redirect to /stolen, which nobody may ever reach.
rejects:  answers 403 and repeats what it was asked for.

Every request is written to a file, one line of JSON each; whether its signature is good, where there is one.
"""

import argparse
import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

parser = argparse.ArgumentParser()
parser.add_argument("--out")
parser.add_argument("--key")
parser.add_argument("--port-file")
options = parser.parse_args()

lock = threading.Lock()
seen = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def answer(self, status, body=b"ok", headers=()):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers:
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def signature(self, body):
        """good, bad or none."""
        given = self.headers.get("webhook-signature")
        if not given:
            return "none"
        text = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        code = base64.b64encode(hmac.new(options.key.encode(), text, hashlib.sha256).digest()).decode()
        fresh = abs(time.time() - int(self.headers["webhook-timestamp"])) < 300
        return "good" if given == "v1," + code and fresh else "bad"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = self.path.split("/")[1]
        with lock:
            seen[kind] = seen.get(kind, 0) + 1
            entry = {
                "path": self.path, "signature": self.signature(body), "id": self.headers.get("webhook-id") or "",
                "traceparent": self.headers.get("traceparent") or "", "body": json.loads(body),
            }
            with open(options.out, "a") as out:
                out.write(json.dumps(entry) + "\n")
        if kind == "fails" and seen[kind] <= 2:
            self.answer(500)
        elif kind == "hangs":
            time.sleep(60)
        elif kind == "floods":
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(b"x" * 65536)
        elif kind == "sends-on":
            self.answer(307, b"", [("Location", "/stolen")])
        elif kind == "rejects":
            self.answer(403, f"no {self.path} {body[:100]}".encode())
        else:
            self.answer(200)

    do_GET = do_POST


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass


server = Server(("127.0.0.1", 0), Handler)
with open(options.port_file, "w") as out:
    out.write(str(server.server_address[1]))
server.serve_forever()
