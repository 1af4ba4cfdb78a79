# SPDX-License-Identifier: GPL-2.0-only
"""Puts moments of several kernels, one after the other, onto one time axis.

Each "mark" line of a guest has the kernel's CLOCK_MONOTONIC and the time stamp
counter.  The counter runs on through a kexec, so it is the common axis; its
rate comes from two marks of one kernel.  CLOCK_MONOTONIC is 0 where a kernel's
timekeeping starts, a few milliseconds after its first instruction: that is
what "start of the next kernel" means here.

What has no mark, because nothing runs that could make one, is the moment
between shutdown and jump.  It comes from the kernel's own clock: the console
has the time of the line that the guest wrote just before the reboot call
("rig: reboot") and that of "Starting new kernel".
"""

import collections
import re

from common import RigError

Phase = collections.namedtuple("Phase", "name begin end kernel")
Mark = collections.namedtuple("Mark", "ns tsc")


class Clock:
    """All marks of a guest, and the axis made of them: seconds since its first kernel began."""

    def __init__(self, lines):
        self.kernels = []
        for line in lines:
            if line.verb == "boot":
                self.kernels.append({})
            elif line.verb == "mark" and self.kernels:
                name, ns, tsc = line.text.split()
                self.kernels[-1][name] = Mark(int(ns), int(tsc))
        self.rate = self.measure_rate()
        self.zero = self.start_tsc(0)

    def measure_rate(self):
        """Ticks in a second, from the two marks of one kernel that are furthest apart."""
        spans = [(marks[-1].ns - marks[0].ns, marks[-1].tsc - marks[0].tsc)
                 for marks in (sorted(kernel.values()) for kernel in self.kernels) if marks]
        if not spans or max(spans)[0] <= 0:
            raise RigError("the guest sent no marks to measure time with")
        ns, ticks = max(spans)
        return ticks * 1e9 / ns

    def start_tsc(self, kernel):
        mark = next(iter(self.kernels[kernel].values()))
        return mark.tsc - mark.ns * self.rate / 1e9

    def start(self, kernel):
        """When a kernel's clock began."""
        return (self.start_tsc(kernel) - self.zero) / self.rate

    def at(self, kernel, name):
        """When a kernel passed a mark."""
        if name not in self.kernels[kernel]:
            raise RigError(f"the guest did not come to its mark {name}")
        return (self.kernels[kernel][name].tsc - self.zero) / self.rate


def shutdown_seconds(console):
    """From just before the reboot call to "Starting new kernel", by the kernel's clock."""
    stamps = [re.search(r"\[ *(\d+\.\d+)\] " + text, console)
              for text in ("rig: reboot", "kexec_core: Starting new kernel")]
    if not all(stamps):
        raise RigError("the console has no line \"kexec_core: Starting new kernel\"")
    return float(stamps[1][1]) - float(stamps[0][1])
