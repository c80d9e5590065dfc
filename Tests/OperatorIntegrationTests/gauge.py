"""One number, read from a file for each request.

prometheus: answers every query with it, and with nothing while the file is empty.
exporter:   a program with two apps of two pods each, each of which has it.

The paths that it was asked for are written to a file.
"""

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

parser = argparse.ArgumentParser()
parser.add_argument("--as", dest="form", choices=["prometheus", "exporter"])
parser.add_argument("--folder")
parser.add_argument("--port-file")
options = parser.parse_args()


def prometheus(value):
    result = [{"metric": {}, "value": [1, value]}] if value else []
    return "application/json", json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}})


def exporter(value):
    lines = ['errors{app="%s",pod="%d"} %s\n' % (app, pod, value) for app in ("web", "api") for pod in (1, 2)]
    return "text/plain; version=0.0.4", "".join(lines)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        with open(options.folder + "/value") as file:
            value = file.read().strip()
        kind, text = {"prometheus": prometheus, "exporter": exporter}[options.form](value)
        with open(options.folder + "/asked", "a") as file:
            file.write(self.path + "\n")
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(options.port_file, "w") as file:
    file.write(str(server.server_port))
server.serve_forever()
