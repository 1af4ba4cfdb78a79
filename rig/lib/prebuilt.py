# SPDX-License-Identifier: GPL-2.0-only
"""Kernels as the distribution ships them: the clients that a suite's users have.

They come as packages, unpacked under out/cache.  What our guests need of them
is the image, and the modules of the port on which results leave.

A kernel is called SUITE or SUITE-FLAVOUR; without a flavour it is the one for virtual
machines.
"""

import collections
import lzma
import pathlib
import re
import subprocess

import debian
from common import CACHE, Lacking, RigError, lock, need_space, replacing
from initramfs import find_tool

DRIVERS = ("virtio_pci", "virtio_console")
SUITES = {"bookworm": "bookworm", "trixie": "trixie", "backports": "trixie-backports",
          "unstable": "unstable"}
METAS = {"": "linux-image-cloud-amd64", "generic": "linux-image-amd64",
         "rt": "linux-image-rt-amd64"}
# Of the modules all but some thousand: DRIVERS, and what they depend on, lie in what is left.
NOT_UNPACKED = ("*/kernel/[!d]*", "*/kernel/drivers/[!cv]*", "*/usr/share")
# Where the initramfs has it, and its modules.
IMAGE, MODULES = "boot/debian", "rig/modules"


class Prebuilt(collections.namedtuple("Prebuilt", "name release directory")):
    """An unpacked kernel; stands in for a kbuild.Build as a guest's first kernel."""

    @property
    def image(self):
        for path in (self.directory / f"boot/vmlinuz-{self.release}", self.modules / "vmlinuz"):
            if path.exists():
                return path
        raise RigError(f"{self.directory} has no kernel in it")

    @property
    def modules(self):
        found = (self.directory / top / "lib/modules" / self.release for top in ("usr", "."))
        return next((path for path in found if path.is_dir()), self.directory)

    def drivers(self):
        """The modules to insert, in order; nothing for what is built in."""
        root = self.modules.parents[2]
        subprocess.run([find_tool("depmod"), "-b", root, self.release], check=True, capture_output=True)
        done = subprocess.run([find_tool("modprobe"), "-d", root, "-S", self.release,
                               "--show-depends", "--all", *DRIVERS],
                              check=False, capture_output=True, text=True)
        if done.returncode:
            raise RigError(f"{self.name}: {done.stderr.strip().splitlines()[-1]}")
        paths = re.findall(r"^insmod (\S+)", done.stdout, re.M)
        return [pathlib.Path(path) for path in dict.fromkeys(paths)]

    def files(self, image=IMAGE):
        """Names inside the guest to contents."""
        files = {image: self.image.read_bytes()}
        for number, path in enumerate(self.drivers()):
            name = f"{MODULES}/{self.release}/{number:02}-{path.name.removesuffix('.xz')}"
            data = path.read_bytes()
            files[name] = lzma.decompress(data) if path.suffix == ".xz" else data
        return files


def packages(suite, meta):
    """The release of a suite's kernel, and the packages that it is made of."""
    image = [name for name in debian.depends(suite, meta) if name.startswith("linux-image-")]
    if len(image) != 1:
        raise Lacking(f"{suite} has no {meta}")
    release = image[0].removeprefix("linux-image-")
    return release, image + [name for name in debian.depends(suite, image[0])
                             if name.endswith(f"-{release}")]


def unpack(package, directory):
    """What there may be use for in a package."""
    directory.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as tar:
        subprocess.run(["tar", "-x", "-C", directory,
                        *(f"--exclude={pattern}" for pattern in NOT_UNPACKED)],
                       stdin=tar.stdout, check=True)
    if tar.returncode:
        raise RigError(f"{package} does not unpack")


def get(name):
    """The kernel of that name, fetched when it is not there yet."""
    directory = CACHE / f"kernel-{name}"
    suite, _, flavour = name.partition("-")
    with lock("prebuilt"):
        if not directory.is_dir():
            need_space(1)
            release, names = packages(SUITES[suite], METAS[flavour])
            with replacing(directory) as scratch:
                for package in debian.fetch(SUITES[suite], *names):
                    unpack(package, scratch)
                    package.unlink()
                (scratch / "release").write_text(release, encoding="ascii")
    return Prebuilt(name, (directory / "release").read_text(encoding="ascii"), directory)


def for_guest(names):
    """Kernels of several names: their files inside the guest."""
    kernels = {name: get(name) for name in names}
    if len(kernels) == 1:
        return next(iter(kernels.values())).files()
    return {path: data for name, kernel in kernels.items()
            for path, data in kernel.files(f"{IMAGE}.{name}").items()}
