#!/usr/bin/env python3
"""Makes one OCI archive that holds all container images of the demo and the tests, reproducibly.

usage: make-images.py BUSYBOX ARCHIVE

Each application image is busybox with a small HTTP server on $PORT (80): / tells name and version, /version the
version alone, /healthz "ok", /config/ what is mounted at /config. Special tags:
  v1.3.0-bad    starts, but never listens: it never becomes ready
  v1.3.0-crash  ends with status 1 after a second
  v1.3.0-slow   listens after 15 seconds
"""

import hashlib
import io
import json
import os
import platform
import sys
import tarfile

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


def layer(entries):
    """A tar of (path, mode, content) entries; content None is a folder, a str a symbolic link's target."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, mode, content in entries:
            info = tarfile.TarInfo(path)
            info.mode = mode
            if content is None:
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
            elif isinstance(content, str):
                info.type = tarfile.SYMTYPE
                info.linkname = content
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


class Archive:
    def __init__(self):
        self.blobs = {}
        self.manifests = []

    def blob(self, data, media_type):
        digest = hashlib.sha256(data).hexdigest()
        self.blobs[digest] = data
        return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(data)}

    def json(self, value, media_type):
        return self.blob(json.dumps(value, sort_keys=True).encode(), media_type)

    def image(self, name, layers, config):
        architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
        diff_ids = ["sha256:" + hashlib.sha256(data).hexdigest() for data in layers]
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": self.json(
                {
                    "architecture": architecture,
                    "os": "linux",
                    "created": "1970-01-01T00:00:00Z",
                    "config": config,
                    "rootfs": {"type": "layers", "diff_ids": diff_ids},
                },
                "application/vnd.oci.image.config.v1+json",
            ),
            "layers": [self.blob(data, "application/vnd.oci.image.layer.v1.tar") for data in layers],
        }
        entry = self.json(manifest, manifest["mediaType"])
        entry["annotations"] = {
            "io.containerd.image.name": name,
            "org.opencontainers.image.ref.name": name.rsplit(":", 1)[1],
        }
        self.manifests.append(entry)

    def write(self, path):
        files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
        index = {"schemaVersion": 2, "manifests": self.manifests}
        files["index.json"] = json.dumps(index, sort_keys=True).encode()
        files.update(("blobs/sha256/" + digest, data) for digest, data in self.blobs.items())
        data = layer([(name, 0o644, files[name]) for name in sorted(files)])
        with open(path + ".new", "wb") as file:
            file.write(data)
        os.replace(path + ".new", path)


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
