# SPDX-License-Identifier: GPL-2.0-only
"""The distribution's programs for guests of another architecture than the host's.

Their packages, and those of the libraries that they link to, are unpacked under
out/cache; nothing is installed, and the host need not know the architecture.
"""

import re
import subprocess

import arch
import debian
from common import CACHE, Lacking, lock, need_space, replacing

PACKAGES = ("busybox-static", "kexec-tools", "makedumpfile")
PLACES = ("bin", "sbin", "usr/bin", "usr/sbin")


def root():
    """Where the packages are unpacked, once they have been fetched."""
    name = arch.guests().debian
    directory = CACHE / f"root-{name}"
    with lock(directory.name):
        if not directory.is_dir():
            need_space(0.2)
            suite = arch.guests().suite or debian.codename()
            names = [*PACKAGES, *debian.libraries(suite, PACKAGES, name)]
            with replacing(directory) as scratch:
                for package in debian.fetch(suite, *names, architecture=name):
                    subprocess.run(["dpkg-deb", "-x", package, scratch], check=True)
                    package.unlink()
    return directory


def find(names):
    """The paths of programs."""
    return [find_one(name) for name in names]


def find_one(name):
    for place in PLACES:
        path = root() / place / name
        if path.exists():
            return path
    raise Lacking(f"no package for {arch.NAME} that is fetched has {name}")


def wanted_by(path):
    """The names of the libraries that a file links to, that of the loader among them."""
    done = subprocess.run(["readelf", "-dl", path], capture_output=True, text=True, check=True)
    return re.findall(r"Shared library: \[(.*?)\]", done.stdout) + \
        re.findall(r"program interpreter: /lib(?:64)?/(.*?)\]", done.stdout)


def libraries(programs):
    """All that programs link to: name to path."""
    files = {path.name: path for path in root().glob("**/lib/**/*.so*")}
    found, left = {}, list(programs)
    while left:
        for name in set(wanted_by(left.pop())) - set(found):
            if name not in files:
                raise Lacking(f"no package for {arch.NAME} that is fetched has {name}")
            found[name] = files[name].resolve()
            left.append(found[name])
    return found
