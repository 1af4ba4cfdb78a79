# SPDX-License-Identifier: GPL-2.0-only
"""Has drgn read a dump, where the machine has one that can unwind this kernel."""

import json
import os
import re
import shutil
import subprocess

import stopwatch
from common import RIG, RigError

# The oldest that is known to.
LEAST = (0, 3)


def program():
    return os.environ.get("DRGN") or shutil.which("drgn")


def reason_to_skip():
    """Why there is no drgn to read dumps with, "" when there is one."""
    if not program():
        return "drgn is not installed"
    done = subprocess.run([program(), "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"drgn (\d+)\.(\d+)", done.stdout)
    if not found:
        return f"{program()} does not run"
    if tuple(map(int, found.groups())) < LEAST:
        return f"{found[0]} cannot unwind this kernel, {'.'.join(map(str, LEAST))} can"
    return ""


def read(dump, build, marker):
    """What drgn finds in a dump; marker is the address of a 64-bit value."""
    done = stopwatch.run([program(), "-q", "-c", dump, "-s", build.vmlinux, "-s", build.module,
                          RIG / "lib/drgn_report.py", marker], 300)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no word why"]
        raise RigError(f"drgn cannot read the dump: {lines[-1]}")
    return json.loads(done.stdout.splitlines()[-1])
