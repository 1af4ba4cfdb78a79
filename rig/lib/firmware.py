# SPDX-License-Identifier: GPL-2.0-only
"""UEFI for a guest: OVMF, which comes as a package and is unpacked under out/cache."""

import subprocess

import debian
from common import CACHE, lock, replacing

PACKAGE, FILES = "ovmf", "usr/share/OVMF"


def directory():
    """Where it is unpacked, once it has been fetched."""
    where = CACHE / PACKAGE
    with lock(PACKAGE):
        if not where.is_dir():
            with replacing(where) as scratch:
                for package in debian.fetch(debian.codename(), PACKAGE):
                    subprocess.run(["dpkg-deb", "-x", package, scratch], check=True)
                    package.unlink()
    return where / FILES


def words():
    """For QEMU's command line; what the firmware remembers is forgotten with the guest."""
    files = directory()
    return ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={files}/OVMF_CODE_4M.fd",
            "-drive", f"if=pflash,unit=1,format=raw,snapshot=on,file={files}/OVMF_VARS_4M.fd"]
