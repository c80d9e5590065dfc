"""OCI archives without a daemon: layers as reproducible tars, images with their manifests, one file for all."""

import gzip
import hashlib
import io
import json
import os
import platform
import tarfile


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

    def image(self, name, layers, config, compress=False):
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
            "layers": [self.layer(data, compress) for data in layers],
        }
        entry = self.json(manifest, manifest["mediaType"])
        entry["annotations"] = {
            "io.containerd.image.name": name,
            "org.opencontainers.image.ref.name": name.rsplit(":", 1)[1],
        }
        self.manifests.append(entry)

    def layer(self, data, compress):
        kind = "application/vnd.oci.image.layer.v1.tar"
        if not compress:
            return self.blob(data, kind)
        # Without a time in its header the same layer compresses to the same bytes.
        return self.blob(gzip.compress(data, 6, mtime=0), kind + "+gzip")

    def write(self, path):
        files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
        index = {"schemaVersion": 2, "manifests": self.manifests}
        files["index.json"] = json.dumps(index, sort_keys=True).encode()
        files.update(("blobs/sha256/" + digest, data) for digest, data in self.blobs.items())
        data = layer([(name, 0o644, files[name]) for name in sorted(files)])
        with open(path + ".new", "wb") as file:
            file.write(data)
        os.replace(path + ".new", path)
