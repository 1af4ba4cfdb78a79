# SPDX-License-Identifier: GPL-2.0-only
"""Finds a QEMU that emulates the SHA instructions, which 10.0 was the first to do.

The machine's own, if it is new enough; else the one in Debian's backports for
the release, unpacked under out/cache and run from there beside the libraries
that the machine's own QEMU has brought.  Run as a program it prints the path.
"""

import re
import subprocess

import initramfs
from common import CACHE, RigError, lock, main, need_space, replacing
from debian import codename, fetch

PROGRAM = "qemu-system-x86_64"
PACKAGES = ("qemu-system-x86", "qemu-system-common", "qemu-system-data")
LEAST = 10


def version(program):
    """Its major version, 0 when it does not run."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"version (\d+)", done.stdout)
    return int(found[1]) if found else 0


def unpacked():
    """The program inside the packages of the backports, unpacked once."""
    directory = CACHE / "qemu"
    with lock("qemu"):
        if not directory.is_dir():
            need_space(0.2)
            packages = fetch(f"{codename()}-backports", *PACKAGES)
            with replacing(directory) as scratch:
                for package in packages:
                    subprocess.run(["dpkg-deb", "-x", package, scratch], check=True)
    return directory / "usr/bin" / PROGRAM


def with_sha():
    """The path of a QEMU that has the SHA instructions."""
    own = initramfs.find_tool(PROGRAM)
    if version(own) >= LEAST:
        return own
    program = unpacked()
    if version(program) < LEAST:
        raise RigError(f"{program} is older than {LEAST}.0, or does not run")
    return str(program)


def command():
    print(with_sha())
    return 0


if __name__ == "__main__":
    main(command)
