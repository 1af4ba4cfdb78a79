# SPDX-License-Identifier: GPL-2.0-only
"""rig/run: one guest that kexecs, verifies, crashes and dumps; and what is to see of it.

The guest's side is rig/guest/run.sh.  Here its progress is shown, its dump is
opened, and a report with pictures is written beside the dump.  What was loaded where, and
how long each kernel says the way to it took, tools/kexec/kexec-map draws out of files that
the guests have sent.
"""

import collections
import os
import shutil
import subprocess
import time

import guest
import initramfs
import kbuild
import postmortem
import svg
from common import OUT, ROOT, RigError, from_here, need_space, say, tail
from svg import seconds, size
from timing import Clock, Phase, shutdown_seconds

PROGRESS = {"init-1": "kernel 1 is up, makes an initrd",
            "load": "kernel 1 loads our kernel with it through kexec_file_load",
            "reboot": "kernel 1 reboots into it",
            "init-2": "kernel 2 is up, verifies the initrd",
            "arm": "kernel 2 arms a crash kernel", "panic": "kernel 2 panics",
            "init-3": "the crash kernel is up", "dump": "the crash kernel sends the dump",
            "dumped": "the dump is out"}
KERNELS = ("1st kernel", "2nd kernel", "crash kernel")
SHUTDOWN = "shutdown: reboot call to \"Starting new kernel\""
JUMP = "jump: to the next kernel's first line"


# while it runs

class Watcher:
    """Tells what the guest is at, and how much of the dump has come."""

    def __init__(self):
        self.dumping, self.last = False, 0

    def __call__(self, running, line):
        now = time.monotonic()
        if line and line.verb == "mark":
            name = line.text.split()[0]
            self.dumping, self.last = name == "dump", now
            if name in PROGRESS:
                say(f"{now - running.began:6.1f} s  {PROGRESS[name]}")
        elif line and line.verb == "no":
            say(f"failed: {line.text}")
        elif self.dumping and now - self.last > 3:
            self.last = now
            come = os.path.getsize(running.directory / "data")
            say(f"{now - running.began:6.1f} s  {size(come)} of the dump have come")


def run_guest(build, options):
    memory = options.memory or max(2048, 1024 + 8 * options.initrd)
    machine = guest.Machine(memory=f"{memory}M", cpus=2, timeout=240 + 2 * options.initrd)
    ramdisk = initramfs.make_initramfs(build)
    outcome = guest.Guest(f"{build.name}/run", build, ramdisk, machine,
                          f"rig.case=run rig.stage=1 rig.set=MIB:{options.initrd}",
                          Watcher()).run()
    failed = [line.text for line in outcome.of("no")]
    if failed or not outcome.ended:
        for line in tail(outcome.console, 25):
            print(f"  {line}")
        what = failed[0] if failed else f"the guest {outcome.reason}"
        raise RigError(f"{what} (console: {outcome.console})")
    return outcome


# what was loaded where

MAP = ROOT / "tools/kexec/kexec-map"
MAP_COLUMNS = 76


def sent_files(outcome):
    """{kernel's number: {path: lines}} of the files that the guests have sent."""
    files = collections.defaultdict(lambda: collections.defaultdict(list))
    for line in outcome.of("file"):
        kernel, path, text = line.text.split(" ", 2)
        files[kernel][path.lstrip("/")].append(text)
    return files


def keep_files(outcome, directory):
    """Writes them below a directory for each kernel."""
    shutil.rmtree(directory, ignore_errors=True)
    for kernel, files in sent_files(outcome).items():
        for name, lines in files.items():
            path = directory / kernel / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def kexec_map(root, *words):
    """What kexec-map prints of a kernel's files."""
    done = subprocess.run([MAP, "--root", root, "--width", str(MAP_COLUMNS), *words],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise RigError(f"kexec-map: {done.stderr.strip()}")
    return done.stdout.splitlines()


# the report

def phases(outcome):
    """The phases of the whole job, in order."""
    clock = Clock(outcome.lines)
    first, second, third = KERNELS
    jump = clock.at(0, "reboot") + shutdown_seconds(guest.read_console(outcome.console))
    return [
        Phase("boot", 0, clock.at(0, "init-1"), first),
        Phase("initrd of known content made", clock.at(0, "init-1"),
              clock.at(0, "initrd-made"), first),
        Phase("load: kexec_file_load", clock.at(0, "load"), clock.at(0, "loaded"), first),
        Phase(SHUTDOWN, clock.at(0, "reboot"), jump, first),
        Phase(JUMP, jump, clock.start(1), first),
        Phase("next kernel's start, to its init", clock.start(1), clock.at(1, "init-2"), second),
        Phase("content verified", clock.at(1, "init-2"), clock.at(1, "verified"), second),
        Phase("crash kernel armed", clock.at(1, "arm"), clock.at(1, "armed"), second),
        Phase("panic, to the crash kernel's start", clock.at(1, "panic"), clock.start(2), second),
        Phase("crash kernel's start, to its init", clock.start(2), clock.at(2, "init-3"), third),
        Phase("dump written", clock.at(2, "dump"), clock.at(2, "dumped"), third),
    ]


def heading(title):
    return ["", title, "-" * len(title)]


def time_lines(found):
    yield from heading("Times (the guest's, one axis for all three kernels)")
    for phase in found:
        yield f"  {phase.name:<52} {seconds(phase.end - phase.begin):>10}"
    downtime = sum(phase.end - phase.begin for phase in found if phase.name in (SHUTDOWN, JUMP))
    yield f"  {'downtime: reboot call to the next kernel':<52} {seconds(downtime):>10}"


def map_lines(seen):
    for kernel, part, title in (
            ("1", "--map", "What kernel 1 has loaded, drawn by tools/kexec/kexec-map"),
            ("2", "--map", "What kernel 2 has loaded"),
            ("2", "--timeline", "What kernel 2 says of the way to it"),
            ("3", "--timeline", "What the crash kernel says of the way to it")):
        yield from heading(title)
        yield from (f"  {line}".rstrip() for line in kexec_map(seen / kernel, part))


def stack_lines(stacks):
    for stack in stacks:
        what = "the panicking task's stack" if stack.panicked else "what ran beside it"
        yield from heading(f"CPU {stack.cpu}, pid {stack.pid} ({stack.comm}): {what}")
        yield from (f"  #{number:<2} {frame}" for number, frame in enumerate(stack.frames))


def panic_lines(log):
    """The log from the panic on; nothing is a failure of its own."""
    at = next((number for number, line in enumerate(log) if "Kernel panic" in line), None)
    if at is None:
        raise RigError("the dump's log has no \"Kernel panic\"")
    yield from heading(f"The panicked kernel's log, out of the dump ({len(log)} lines, the last:)")
    yield from (f"  {line}" for line in log[max(at - 3, 0):at + 12])


def pictures(build, found, directory):
    """Writes all pictures; returns their paths."""
    paths = [directory / f"{name}.svg" for name in ("timeline", "kernel-1", "kernel-2")]
    paths[0].write_text(svg.timeline(f"kexec and kdump, {build.name} {build.release}", found),
                        encoding="utf-8")
    for kernel, path in zip(("1", "2"), paths[1:]):
        kexec_map(directory / "seen" / kernel, "--svg", path)
    return paths


def report(build, outcome, directory):
    """Opens the dump and returns the whole report as lines."""
    dump = postmortem.rearrange(outcome.data, directory / "dump")
    log = postmortem.kernel_log(dump, directory / "dmesg.txt")
    say("gdb opens the dump")
    stacks, _ = postmortem.stacks(dump, build)
    found = phases(outcome)
    keep_files(outcome, directory / "seen")
    values = outcome.values()
    lines = [f"kexec and kdump with the {build.name} kernel, Linux {build.release}",
             "", "Checks", "------"]
    lines += [f"  ok  {line.text}" for line in outcome.of("ok")]
    lines += [*panic_lines(log), *stack_lines(stacks), *map_lines(directory / "seen"), *time_lines(found)]
    lines += heading("Files")
    sizes = {name: size(int(values[f"{name}_bytes"])) for name in ("vmcore", "initrd")}
    lines.append(f"  {dump}  ({size(dump.stat().st_size)}; /proc/vmcore was {sizes['vmcore']}, "
                 f"the initrd {sizes['initrd']})")
    for path in (directory / "dmesg.txt", *pictures(build, found, directory),
                 outcome.console, build.vmlinux, directory / "report.txt"):
        lines.append(f"  {path}")
    return lines


def command(options):
    build = kbuild.from_arguments(options)
    directory = OUT / "run" / build.name
    directory.mkdir(parents=True, exist_ok=True)
    need_space(1)
    began = time.monotonic()
    outcome = run_guest(build, options)
    lines = report(build, outcome, directory)
    (directory / "report.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(from_here("\n".join(lines)))
    say(f"all of it took {time.monotonic() - began:.0f} s")
    return 0
