# SPDX-License-Identifier: GPL-2.0-only
"""Opens a dump on the host: the log of the kernel that panicked, and its stacks."""

import collections
import os
import re
import subprocess

import stopwatch
from common import RIG, RigError
from kdump import Dump

# One CPU at the crash: what ran there, and where; user: in user mode, where gdb
# knows no frames.
Stack = collections.namedtuple("Stack", "cpu pid comm frames panicked user")


# How long a tool may take for a dump, in seconds.
LIMIT = 300


def rearrange(stream, path):
    """Makes a dump of the flattened one that came through the port."""
    path.unlink(missing_ok=True)
    if not stream.stat().st_size:       # for which makedumpfile would wait for ever
        raise RigError(f"nothing came of a dump ({stream} is empty)")
    with open(stream, "rb") as flat:
        done = stopwatch.run(["makedumpfile", "-R", path], LIMIT, stdin=flat)
    if done.returncode or not path.exists():
        why = (done.stderr + done.stdout).strip().splitlines() or ["no word why"]
        raise RigError(f"makedumpfile -R cannot rearrange {stream}: {why[-1]}")
    return path


def kernel_log(dump, path):
    """The dumped kernel's log, by makedumpfile, as lines."""
    path.unlink(missing_ok=True)
    done = subprocess.run(["makedumpfile", "--dump-dmesg", dump, path], check=False,
                          capture_output=True, text=True)
    if done.returncode or not path.exists():
        raise RigError(f"makedumpfile --dump-dmesg found no log in {dump}")
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


# Where a per-CPU variable of the kernel is, in gdb's C.
TASK = "(*(struct task_struct **)((char *)&current_task + __per_cpu_offset[{cpu}]))"


def opening(dump, build, modules=None):
    """What gdb is told first, whoever asks it something about a dump."""
    server = f"python3 -B {RIG}/lib/gdbserver.py {dump}"
    # On a busy machine a reply may take longer than the 2 seconds after which gdb asks again.
    yield from ("set remotetimeout 3600", "set confirm off", "set pagination off",
                "set width 0", "set backtrace limit 60",
                "set print frame-arguments presence", "set print address off",
                f"symbol-file {build.vmlinux} -o {Dump(dump).kernel_offset:#x}",
                *(f"add-symbol-file {path} {text}" for path, text in (modules or {}).items()),
                f"target remote | {server}")


def gdb_script(dump, build, cpus, extra, modules):
    yield from opening(dump, build, modules)
    yield 'printf "rig panic %d\\n", panic_cpu.counter'
    for cpu in range(cpus):
        task = TASK.format(cpu=cpu)
        yield from (f'printf "rig cpu {cpu} %d %s\\n", {task}->pid, {task}->comm',
                    f"thread {cpu + 1}", "bt")
    for name, expression in extra.items():
        yield from (f'printf "rig value {name} "', f"output {expression}", 'printf "\\n"')


def run_gdb(dump, build, extra, modules):
    """gdb's output, with a line "rig ..." before each part."""
    cpus = len(Dump(dump).cpus())
    script = dump.with_suffix(".gdb")
    script.write_text("\n".join(gdb_script(dump, build, cpus, extra, modules)) + "\n",
                      encoding="utf-8")
    done = stopwatch.run(["gdb", "-nx", "-batch", "-x", script], LIMIT, errors="replace",
                         env={**os.environ, "DEBUGINFOD_URLS": ""})
    (dump.with_suffix(".gdb-output")).write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode or "rig panic" not in done.stdout:
        lines = done.stderr.strip().splitlines() or ["no output"]
        raise RigError(f"gdb cannot read the dump: {lines[-1]}")
    return done.stdout


def read_stacks(output, build, cpus):
    """The stacks in gdb's output, that of the panicking CPU first."""
    panicked = number_in(r"^rig panic (-?\d+)$", output)
    stacks = []
    for part in re.split(r"(?m)^rig cpu ", output)[1:]:
        head, *lines = part.splitlines()
        match = re.match(r"(\d+) (\d+) (.*)$", head)
        if not match or int(match[1]) >= len(cpus):
            raise RigError(f"gdb's output has a CPU that is none: {head}")
        cpu, pid, comm = match.groups()
        frames = [re.sub(r"^#\d+ +", "", line).replace(f"{build.tree}/", "")
                  .replace("(...)", "()")
                  for line in lines if line.startswith("#") and "?? ()" not in line]
        # "thread" has shown the innermost frame, and then "bt" shows all of them
        stacks.append(Stack(int(cpu), int(pid), comm, up_to_entry(frames[1:]),
                            int(cpu) == panicked, in_user_mode(cpus[int(cpu)])))
    return sorted(stacks, key=lambda stack: (not stack.panicked, stack.cpu))


def number_in(pattern, output):
    match = re.search(pattern, output, re.M)
    if not match:
        raise RigError("gdb's output does not say which CPU panicked")
    return int(match[1])


def on_stack(stack, function):
    """Whether a function's frame is on a stack."""
    return any(frame.split(" (")[0].split(" in ")[-1] == function for frame in stack.frames)


def in_user_mode(cpu):
    return cpu.registers["cs"] & 3 == 3


def up_to_entry(frames):
    """The frames up to the kernel's entry: its assembly has no unwind tables for gdb."""
    for number, frame in enumerate(frames):
        if re.search(r"\.S:\d+$", frame):
            return frames[:number + 1]
    return frames


def read_values(output):
    return dict(re.findall(r"(?m)^rig value (\S+) (.*)$", output))


def stacks(dump, build, extra=None, modules=None):
    """Every CPU's stack, and the values of extra's expressions (name to C).

    modules: path of a module with symbols to the address of its text.
    """
    output = run_gdb(dump, build, extra or {}, modules or {})
    found = read_stacks(output, build, Dump(dump).cpus())
    if not found or not found[0].panicked or not found[0].frames:
        raise RigError("gdb found no stack of the CPU that panicked")
    return found, read_values(output)
