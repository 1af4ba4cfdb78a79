# SPDX-License-Identifier: GPL-2.0-only
"""Signs kernels with the key that its build has made, which it trusts itself, or with a stranger's."""

import pathlib
import subprocess

from common import OUT, RigError, lock
from initramfs import find_tool


STRANGER = "/O=Rig/CN=a stranger"


def stranger():
    """A key that no kernel knows, with its certificate."""
    path = OUT / "guests/stranger.pem"
    with lock("stranger"):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            done = subprocess.run(
                [find_tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256",
                 "-days", "36500", "-subj", STRANGER, "-keyout", path, "-out", f"{path}.cert"],
                capture_output=True, text=True, check=False)
            if done.returncode:
                path.unlink(missing_ok=True)
                raise RigError(f"openssl: {done.stderr.strip()}")
            path.write_text(path.read_text(encoding="ascii") +
                            pathlib.Path(f"{path}.cert").read_text(encoding="ascii"),
                            encoding="ascii")
    return path


def signed(build, image, key=None):
    """A PE file with the signature of a build's key, or of another one."""
    key = key or build.directory / "certs/signing_key.pem"
    path = OUT / "guests" / f"signed-{build.name}"
    with lock("signing"):
        done = subprocess.run([find_tool("sbsign"), "--key", key, "--cert", key,
                               "--output", path, image],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise RigError(f"sbsign: {(done.stderr or done.stdout).strip()}")
        return path.read_bytes()


def for_guest(build, name):
    """Names in a guest to the build's own image, signed by it and by a stranger."""
    return {name: signed(build, build.image),
            f"{name}-by-stranger": signed(build, build.image, stranger())}
