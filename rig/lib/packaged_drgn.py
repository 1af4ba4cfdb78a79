# SPDX-License-Identifier: GPL-2.0-only
"""Asks the distribution's drgn about a dump: which kernel it is of, and which task panicked.

It is that of the release that the suite field's disks are made of, unpacked with what it needs
under out/cache; a question is put by a process that has this directory as its root.  It knows no
stacks of a kernel so much newer than itself: gdb is asked for those (postmortem.py).
"""

import os
import tempfile

import field_disk
import stopwatch
from common import CACHE, RigError, lock, replacing, say

PACKAGES = "python3-drgn,base-files"
# How long it may take, in seconds.
LIMIT = 300
SCRIPT = """
import sys
import drgn
prog = drgn.Program()
prog.set_core_dump(sys.argv[1])
prog.load_debug_info([sys.argv[2]])
print("release", prog["init_uts_ns"].name.release.string_().decode())
print("comm", prog.crashed_thread().object.comm.string_().decode())
"""


def root():
    """The directory with drgn, fetched when it is not there yet."""
    directory = CACHE / f"drgn-{field_disk.SUITE}"
    with lock("drgn"):
        if not directory.is_dir():
            say(f"fetching drgn from {field_disk.SUITE}")
            with replacing(directory) as scratch:
                field_disk.run("mmdebstrap", "--mode=root", "--variant=extract",
                               "--format=directory", f"--include={PACKAGES}", field_disk.SUITE,
                               scratch, "-", input=field_disk.sources(field_disk.SUITE))
    return directory


def answers(dump, vmlinux):
    """What drgn says of a dump, by the name of the question."""
    inside = root()
    with tempfile.TemporaryDirectory(dir=inside) as directory:
        paths = []
        for path in (dump, vmlinux):
            os.link(path, f"{directory}/{path.name}")
            paths.append(f"/{os.path.basename(directory)}/{path.name}")
        done = stopwatch.run(["chroot", inside, "/usr/bin/python3", "-B", "-c", SCRIPT, *paths], LIMIT)
    if done.returncode:
        raise RigError(f"drgn cannot read the dump: {done.stderr.strip().splitlines()[-1]}")
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())
