#!/usr/bin/env python3
"""Puts the operator's image together: the binary, the libraries it is linked to, CA certificates, time zones. Nothing
else is in it: no shell, no package manager. It runs as user 65532.

usage: make-operator-image.py BINARY ARCHIVE NAME:TAG [VERSION]

The same files make the same archive. Everything but the binary comes from the Debian packages of this machine, and the
Swift runtime, where the binary is not linked statically to it.
"""

import os
import re
import subprocess
import sys

from oci import Archive, layer

USER = 65532
LIBRARY = re.compile(r"^\s*(?:(\S+) => )?(/\S+) \(0x[0-9a-f]+\)$", re.MULTILINE)


def libraries(binary):
    """What the dynamic linker would load, by the paths where it looks."""
    listing = subprocess.run(["ldd", binary], check=True, capture_output=True, text=True).stdout
    if "not found" in listing:
        sys.exit("make-operator-image: a library is missing:\n" + listing)
    return {found[1] for found in LIBRARY.findall(listing)}


def tree(folder):
    """The files below a folder by their paths; links become copies."""
    for parent, _, names in os.walk(folder, followlinks=True):
        for name in names:
            yield os.path.join(parent, name)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def stripped(path):
    """The file without symbols and debug information, where binutils are there."""
    scratch = path + ".stripped-%d" % os.getpid()
    scratch = os.path.join("/tmp", os.path.basename(scratch))
    try:
        subprocess.run(["strip", "-s", "-o", scratch, path], check=True, capture_output=True)
        return read(scratch)
    except (OSError, subprocess.CalledProcessError):
        return read(path)
    finally:
        if os.path.exists(scratch):
            os.remove(scratch)


def entries(binary):
    files = {"usr/bin/sluice": (0o755, stripped(binary))}
    linker = None
    for path in libraries(binary):
        name = os.path.basename(path)
        if name.startswith("ld-linux"):
            linker = path
        # One folder for all of them: the linker is told of it by its configuration.
        files["usr/lib/" + name] = (0o755, read(os.path.realpath(path)))
    for path in tree("/usr/share/zoneinfo"):
        # Not what has other rules (posix, right), lists for people, or the same again.
        inner = os.path.relpath(path, "/usr/share/zoneinfo")
        if inner.split("/")[0] in ("posix", "right") or inner.endswith((".tab", ".zi", ".list", ".h")):
            continue
        files["usr/share/zoneinfo/" + inner] = (0o644, read(path))
    files["etc/ssl/certs/ca-certificates.crt"] = (0o644, read("/etc/ssl/certs/ca-certificates.crt"))
    files["etc/passwd"] = (0o644, b"root:x:0:0::/:/none\nsluice:x:%d:%d::/tmp:/none\n" % (USER, USER))
    files["etc/group"] = (0o644, b"root:x:0:\nsluice:x:%d:\n" % USER)
    files["etc/nsswitch.conf"] = (0o644, b"passwd: files\ngroup: files\nhosts: files dns\n")
    out = {}
    for path, (mode, content) in files.items():
        parts = path.split("/")
        for depth in range(1, len(parts)):
            out["/".join(parts[:depth])] = (0o755, None)
        out[path] = (mode, content)
    out["tmp"] = (0o1777, None)
    out["var/lib/sluice"] = (0o777, None)
    out["var"] = out["var/lib"] = (0o755, None)
    if linker:
        folder = os.path.dirname(linker).strip("/")
        out[folder] = (0o755, None)
        out[linker.strip("/")] = (0o777, "/usr/lib/" + os.path.basename(linker))
    return [(path, *out[path]) for path in sorted(out)]


def main():
    if len(sys.argv) not in (4, 5) or ":" not in sys.argv[3]:
        sys.exit(__doc__)
    binary, archive_path, name = sys.argv[1:4]
    archive = Archive()
    archive.image(
        name,
        [layer(entries(binary))],
        {
            "User": "%d:%d" % (USER, USER),
            "Env": ["PATH=/usr/bin", "LD_LIBRARY_PATH=/usr/lib", "HOME=/tmp",
                    "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
            "Entrypoint": ["/usr/bin/sluice"],
            "Cmd": ["run", "--state-dir", "/var/lib/sluice"],
            "WorkingDir": "/tmp",
            "Labels": {"org.opencontainers.image.title": "sluice",
                       "org.opencontainers.image.licenses": "Apache-2.0",
                       "org.opencontainers.image.version": sys.argv[4] if len(sys.argv) == 5 else ""},
        },
        compress=True,
    )
    archive.write(archive_path)


main()
