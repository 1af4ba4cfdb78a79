# SPDX-License-Identifier: GPL-2.0-only
"""Signs kernels with the key that its build has made, which it trusts itself."""

import subprocess

from common import OUT, RigError, lock
from initramfs import find_tool


def signed(build, image):
    """A PE file with the signature of a build's key."""
    key = build.directory / "certs/signing_key.pem"
    path = OUT / "guests" / f"signed-{build.name}"
    with lock("signing"):
        done = subprocess.run([find_tool("sbsign"), "--key", key, "--cert", key,
                               "--output", path, image],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise RigError(f"sbsign: {(done.stderr or done.stdout).strip()}")
        return path.read_bytes()


def signed_kernel(build):
    """The build's own image, signed."""
    return signed(build, build.bzimage)
