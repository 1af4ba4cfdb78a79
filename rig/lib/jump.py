# SPDX-License-Identifier: GPL-2.0-only
"""rig/bench jump: from the old kernel's last function to the next one's first.

The next kernel cannot tell how long that took: its clock begins somewhere after it, and
goes by ticks for a while.  So a guest that counts instructions is stopped by gdb where
the old kernel gives up, where it jumps, where the image is entered and at start_kernel(),
and at each stop the machine's ACPI timer is read from outside, which goes on with the
instructions whatever the kernels do with it.  How often that has wrapped tells the clock
of the day.

A kernel of ours tells of the same in its time line, which is held against that.
"""

import collections
import itertools
import re
import subprocess
import tempfile
import threading
import time

import guest
from common import RIG, RigError, say

SCRIPT = {"rig/cases/bench/jump": RIG / "bench.d/jump.sh"}
# The ACPI timer's port on QEMU's q35, its rate in Hz and its width; see the ACPI
# Specification, 4.8.3.3.  It wraps after 4.7 seconds.
PORT, RATE, WRAP = 0x608, 3579545, 1 << 24
SIZES = (16, 64)
# Else virtual time leaps to the next tick whenever the guest is stopped.
AWAKE = ("-icount", "shift=1,sleep=on")
# What the guest of a column is told.
COLUMNS = {
    "stock": ("stock", ""),
    "stock, cma=": ("stock", "cma=400M"),
    "ours, packed": ("ours", "kexec.direct=0"),
    "ours": ("ours", ""),
}
MOST = {"reboot": 5, "crash": 10}       # ms
# By how much a time line may be off, in ms.
OFF = 1

# The initrd's bytes, and milliseconds: from the stop before to that one.
Jump = collections.namedtuple("Jump", "column what mib initrd leave copy enter told", defaults=({},))


def commands(path, what):
    """What gdb does: from one stop to the next."""
    # Just behind the call: a stop costs the guest something, which its own time line should see.
    first = "bust_spinlocks" if what == "crash" else "kernel_restart_prepare"
    now = [f"monitor i /1wx {PORT:#x}", "monitor qom-get /machine rtc-time", "delete"]
    yield from ("set pagination off", f"target remote {path}")
    for stop in (f"*{first}", "*machine_kexec", "*$start", "*start_kernel"):
        if stop == "*$start":
            yield "set $start = ((struct kimage *)$rdi)->start"
        yield from (f"hbreak {stop}", "continue", *now)
    yield "detach"


class Stops(threading.Thread):
    """gdb, beside a guest."""

    def __init__(self, vmlinux, path, what, timeout):
        super().__init__(daemon=True)
        self.words = [word for command in commands(path, what) for word in ("-ex", command)]
        self.vmlinux, self.path, self.timeout, self.said = vmlinux, path, timeout, ""

    def run(self):
        deadline = time.monotonic() + 30
        while not self.path.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        try:
            done = subprocess.run(
                ["gdb", "-q", "-nx", "-batch", self.vmlinux, *self.words], check=False,
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=self.timeout)
            self.said = done.stdout + done.stderr
        except subprocess.TimeoutExpired:
            self.said = "gdb waited too long"

    def milliseconds(self):
        """Between the stops."""
        ticks = [int(word, 16) for word in re.findall(r"portl\[0x0608\] = 0x([0-9a-f]+)", self.said)]
        seconds = [60 * int(minute) + int(second) for second, minute in zip(
            re.findall(r'"tm_sec": (\d+)', self.said), re.findall(r'"tm_min": (\d+)', self.said))]
        if len(ticks) != 4 or len(seconds) != 4:
            raise RigError(f"gdb came to {len(ticks)} of 4 stops: {self.said.strip()[-200:]}")
        return [1e3 * elapsed(*stop, *after) for stop, after in
                itertools.pairwise(zip(ticks, seconds))]


def elapsed(ticks, seconds, later_ticks, later_seconds):
    """Seconds, exactly, between two readings of the ACPI timer and of the clock."""
    part = (later_ticks - ticks) % WRAP / RATE
    wraps = round(((later_seconds - seconds) % 3600 - part) * RATE / WRAP)
    return part + wraps * WRAP / RATE


def measure(column, build, ramdisk, what, mib):
    words = f"{COLUMNS[column][1]} crashkernel={256 + 3 * mib}M" if what == "crash" \
        else COLUMNS[column][1]
    name = f"bench/{what}-{guest.plain_name(column)}-{mib}"
    cmdline = f"nokaslr {words} rig.case=bench/jump rig.stage=1 rig.set=WHAT:{what},MIB:{mib}"
    with tempfile.TemporaryDirectory() as scratch:
        path = guest.pathlib.Path(scratch, "gdb")
        machine = guest.Machine(memory="2G", cpus=1, icount=True, timeout=600,
                                qemu=("-gdb", f"unix:{path},server=on,wait=off", *AWAKE))
        stops = Stops(build.directory / "vmlinux", path, what, machine.timeout)
        stops.start()
        outcome = guest.Guest(name, build, ramdisk, machine, cmdline).run()
        stops.join()
    failed = [line.text for line in outcome.of("no")]
    # Known bug O24: with cma= the next kernel is entered, but may find no initrd.
    if failed or not (outcome.ended or "cma=" in column):
        raise RigError(f"{name}: {(failed or [outcome.reason])[0]} (see {outcome.console})")
    told = dict(word.split("=") for word in outcome.values().get("timeline", "").split())
    jump = Jump(column, what, mib, int(outcome.values()["initrd"]), *stops.milliseconds(), told)
    say(f"{what}, {column}, {mib} MiB: {entered(jump):.2f} ms from machine_kexec()"
        " to start_kernel()")
    return jump


def off_by(jump):
    """The most that the time line and what was seen from outside differ in, in ms.

    A stop costs the guest up to some milliseconds, behind the moment that was read.  What the stop
    at the image costs is part of what comes after it here, and of what comes before
    it there, so that the two count as one.
    """
    told = {name: float(value) / 1e6 for name, value in jump.told.items() if value != "unknown"}
    seen = ((jump.leave, ("shutdown_ns", "leave_ns")),
            (jump.copy + jump.enter, ("relocate_ns", "verify_ns", "decompress_ns", "enter_ns")))
    return max(abs(took - sum(told.get(name, float("inf")) for name in names))
               for took, names in seen)


def entered(jump):
    """From machine_kexec() to start_kernel()."""
    return jump.copy + jump.enter


def measure_all(kernels):
    """One after the other; kernels: (build, ramdisk), stock and ours."""
    by_name = {build.name.partition("-")[0]: (build, ramdisk) for build, ramdisk in kernels}
    for what in ("reboot", "crash"):
        for column, (kernel, words) in COLUMNS.items():
            if what == "reboot" or not words.startswith("cma="):
                yield from (measure(column, *by_name[kernel], what, mib) for mib in SIZES)


def table(jumps):
    head = f"{'':8} {'':14} {'MiB':>4} {'call to jump':>13} {'to image':>10} {'to start_kernel':>16}"
    return "\n".join([head] + [
        f"{jump.what:8} {jump.column:14} {jump.mib:4} {jump.leave:13.2f} {jump.copy:10.2f}"
        f" {jump.enter:16.2f}" for jump in jumps])


def beside_digest(small, large, kernel):
    """Milliseconds of a jump that are not the digest's; kernel: bytes of it that are digested."""
    a_byte = (entered(large) - entered(small)) / (large.initrd - small.initrd)
    return small.leave + entered(small) - a_byte * (small.initrd + kernel)


def claims(jumps, kernel):
    """(text, whether it holds); kernel: bytes of ours that are digested."""
    by = {(jump.column, jump.what, jump.mib): jump for jump in jumps}
    for mib in SIZES:
        took = entered(by["ours", "reboot", mib])
        yield (f"machine_kexec() to start_kernel(), {mib} MiB: {took:.2f} ms,"
               f" at most {MOST['reboot']}", took <= MOST["reboot"])
    for jump in jumps:
        if jump.column.startswith("ours"):
            yield (f"{jump.what}, {jump.column}, {jump.mib} MiB: its time line is off by"
                   f" {off_by(jump):.3f} ms, at most {OFF}", off_by(jump) <= OFF)
    took = beside_digest(*(by["ours", "crash", mib] for mib in SIZES), kernel)
    yield (f"panic to start_kernel() beside the digest: {took:.2f} ms, at most {MOST['crash']}",
           took <= MOST["crash"])
