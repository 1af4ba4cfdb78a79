# SPDX-License-Identifier: GPL-2.0-only
"""Signs kernels with the key that its build has made, which it trusts itself, with one that a
firmware is told to believe, or with a stranger's."""

import pathlib
import subprocess

from common import OUT, RigError, lock
from initramfs import find_tool


def stranger():
    """A key that no kernel knows, with its certificate."""
    return own_key("stranger", "/O=Rig/CN=a stranger")


def secure_boot():
    """One that firmware.py enrolls."""
    return own_key("secure-boot", "/O=Rig/CN=secure boot")


def own_key(name, subject):
    """A key with its certificate in one file, made when it is not there yet."""
    path = OUT / f"guests/{name}.pem"
    with lock(name):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            done = subprocess.run(
                [find_tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256",
                 "-days", "36500", "-subj", subject, "-keyout", path, "-out", f"{path}.cert"],
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
        sign(image, key, path)
        return path.read_bytes()


def sign(image, key, path):
    done = subprocess.run([find_tool("sbsign"), "--key", key, "--cert", key,
                           "--output", path, image],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise RigError(f"sbsign: {(done.stderr or done.stdout).strip()}")


def stripped(image):
    """A PE file without the signature that it has, or has not."""
    path = OUT / "guests/stripped"
    path.write_bytes(pathlib.Path(image).read_bytes())
    # it fails where there is none
    subprocess.run([find_tool("sbattach"), "--remove", path], check=False, capture_output=True)
    return path


def without_signature(image):
    """Its contents."""
    with lock("signing"):
        return stripped(image).read_bytes()


def for_firmware(image, key=None):
    """With no other signature than that of the key which a firmware is told to believe, or of another one."""
    with lock("signing"):
        path = stripped(image)
        sign(path, key or secure_boot(), path)
        return path.read_bytes()


def for_guest(build, name):
    """Names in a guest to the build's own image, signed by it and by a stranger."""
    return {name: signed(build, build.image),
            f"{name}-by-stranger": signed(build, build.image, stranger())}
