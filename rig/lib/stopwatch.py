# SPDX-License-Identifier: GPL-2.0-only
"""How long a process has had, whatever else the machine is busy with."""

import pathlib
import subprocess
import time

from common import RigError


class Stopwatch:
    """How long a process has run, less what it has waited for a CPU.

    A time limit by it says that a guest hangs, not that the machine has no time for it.
    """

    def __init__(self, pid):
        self.tasks = pathlib.Path(f"/proc/{pid}/task")
        self.began, self.waited = time.monotonic(), 0

    def read(self):
        """In seconds; of its threads, the one counts that has waited longest."""
        self.waited = max([self.waited, *map(run_delay, self.tasks.glob("*/schedstat"))])
        return time.monotonic() - self.began - self.waited


def run_delay(schedstat):
    """For how long a thread was ready to run and did not, in seconds."""
    try:
        return int(schedstat.read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, IndexError):
        return 0    # it is gone, or this kernel does not count


def run(command, limit, **how):
    """As subprocess.run(), with what it prints; one that takes longer is an error."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          **how) as process:
        stopwatch = Stopwatch(process.pid)
        while stopwatch.read() < limit:
            try:
                out, err = process.communicate(timeout=1)
            except subprocess.TimeoutExpired:
                continue
            return subprocess.CompletedProcess(command, process.returncode, out, err)
        process.kill()
    raise RigError(f"{command[0]} still runs after {limit} s")
