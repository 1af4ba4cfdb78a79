# SPDX-License-Identifier: GPL-2.0-only
"""Builds our tools/testing/selftests/kexec, statically, for the guests of any kernel.

The programs are the same for every kernel under test, stock ones included: they
are built in the tree with our files, against its user space headers.  Beside them are the
tree's own for live update, which comes by kexec from one kernel to the next.
"""

import functools
import subprocess

import arch
import tree
from common import OUT, RigError, lock, tail

PLACE = "selftests"


@functools.lru_cache(maxsize=None)
def directory():
    """Builds and installs the selftests; returns where."""
    source, target = OUT / "tree/ours", OUT / arch.apart("selftests")
    tree.lay(source, stock=False)
    with lock("build"):
        objects = target / "objects"
        objects.mkdir(parents=True, exist_ok=True)
        forget_objects(source / "tools/testing/selftests/liveupdate")
        make(source, target, "headers", f"O={objects}")
        make(source, target, "-C", "tools/testing/selftests", "install",
             "TARGETS=kexec liveupdate", f"O={objects}", f"INSTALL_PATH={target}/installed",
             "FORCE_TARGETS=1", "STATIC=1", "LDFLAGS=-static")
    return target / "installed"


def forget_objects(sources):
    """Those that a Makefile leaves beside the sources may be another architecture's."""
    for path in sources.glob("*.[do]"):
        path.unlink()


def make(source, target, *arguments):
    log = target / "build.log"
    with open(log, "ab") as out:
        done = subprocess.run(["nice", "make", *arch.make_settings(), *arguments], cwd=source,
                              check=False, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    if done.returncode:
        raise RigError(f"cannot build the selftests, see {log}: {' / '.join(tail(log, 3))}")


def programs():
    """The names of our programs to run."""
    listed = (directory() / "kselftest-list.txt").read_text(encoding="utf-8").split()
    return [name.partition(":")[2] for name in listed if name.startswith("kexec:")]


def install():
    """Names inside the guest to files on the host, for initramfs.make_initramfs()."""
    return {f"{PLACE}/{path.relative_to(directory())}": path
            for path in sorted(directory().rglob("*")) if path.is_file()}
