# SPDX-License-Identifier: GPL-2.0-only
"""What Documentation/admin-guide/kdump says of dumps, held against the sources and a dump.

vmcoreinfo.rst has tables of entries, each with the configuration that it is there
with.  Those have to be the entries that the sources make, for each architecture, and
on a kernel that runs those of its VMCOREINFO.  The commands of gdbmacros.txt have to
find in a dump what other tools find there.
"""

import re
import subprocess

import postmortem
import stopwatch
from common import ROOT, RigError
from kdump import Dump

PAGES = ROOT / "Documentation/admin-guide/kdump"
ROW = re.compile(r"^``([^`]+)`` +(?:``(!?CONFIG_\w+)``)?")
COMMON = "Every architecture"

# Which section has what a source of the kernel makes.
SOURCES = {
    "kernel/vmcore_info.c": COMMON,
    "kernel/printk/printk.c": COMMON,
    "arch/x86/kernel/vmcore_info_64.c": "x86-64",
    "arch/x86/kernel/vmcore_info_32.c": "x86-32",
    "arch/arm/kernel/vmcore_info.c": "arm",
    "arch/arm64/kernel/vmcore_info.c": "arm64",
    "arch/powerpc/kexec/vmcore_info.c": "powerpc",
    "arch/riscv/kernel/vmcore_info.c": "riscv",
    "arch/s390/kernel/vmcore_info.c": "s390",
    "arch/sh/kernel/vmcore_info.c": "sh",
}
MADE = re.compile(r"^\s+VMCOREINFO_(\w+)\((.+)\);", re.M)
APPENDED = re.compile(r"^\s+vmcoreinfo_append_str\(\"([^=]+)=", re.M)


def documented(text):
    """The entries of vmcoreinfo.rst by section: entry to configuration, or None."""
    sections, name, lines = {}, None, text.splitlines()
    for number, line in enumerate(lines):
        if lines[number + 1:number + 2] and re.fullmatch("=+", lines[number + 1]) and line:
            name = line
        match = ROW.match(line)
        if match and name and "=" not in match[1]:
            sections.setdefault(name, {})[match[1]] = match[2]
    return sections


def entry(macro, arguments):
    """What VMCOREINFO_MACRO(ARGUMENTS) writes in front of "="."""
    first, *rest = [word.strip() for word in arguments.split(",", 1)]
    kinds = {"SYMBOL_ARRAY": "SYMBOL", "STRUCT_SIZE": "SIZE", "TYPE_OFFSET": "OFFSET"}
    kind = kinds.get(macro, macro)
    if kind in ("OSRELEASE", "PAGESIZE"):
        return kind
    if kind == "CONFIG":
        return f"CONFIG_{first}"
    return f"OFFSET({first}.{rest[0]})" if kind == "OFFSET" else f"{kind}({first})"


def made(source):
    """The entries that a source makes."""
    found = {entry(*words) for words in MADE.findall(source)} | set(APPENDED.findall(source))
    return found | ({"BUILD-ID"} if "VMCOREINFO_BUILD_ID()" in source else set())


def compare_with_sources(tree):
    """For each section: what is missing there, and what is there in vain."""
    sections = documented((PAGES / "vmcoreinfo.rst").read_text(encoding="utf-8"))
    wanted = {}
    for path, section in SOURCES.items():
        wanted.setdefault(section, set()).update(made((tree / path).read_text(encoding="utf-8")))
    for section in sorted(wanted.keys() | sections.keys()):
        there = set(sections.get(section, ()))
        yield section, wanted.get(section, set()) - there, there - wanted.get(section, set())


def unknown_sources(tree):
    """Sources that make entries and that SOURCES does not have."""
    done = subprocess.run(["grep", "-rlE", r"^\s+(VMCOREINFO_[A-Z_]+|vmcoreinfo_append_str)\(",
                           "--include=*.c", "arch", "kernel", "mm", "lib", "drivers"],
                          cwd=tree, check=False, capture_output=True, text=True)
    return set(done.stdout.split()) - set(SOURCES)


def expected_entries(config):
    """What VMCOREINFO has by the document, on x86-64, with the options in a .config."""
    sections = documented((PAGES / "vmcoreinfo.rst").read_text(encoding="utf-8"))
    options = set(re.findall(r"(?m)^(CONFIG_\w+)=", config))
    return {name for section in (COMMON, "x86-64") for name, condition in sections[section].items()
            if condition is None or
            (condition.lstrip("!") in options) != condition.startswith("!")}


def macros(dump, build):
    """What gdbmacros.txt says of a dump: the lines of dmesg, tasks, a sleeping one's stack."""
    script = dump.with_suffix(".macros")
    script.write_text("\n".join((
        *postmortem.opening(dump, build), f"source {PAGES}/gdbmacros.txt",
        *(f'printf "rig {word}\\n"\n{command}' for word, command in
          (("log", "dmesg"), ("tasks", "lstasks"), ("stack", "btpid 2"), ("end", "trapinfo 1"))),
    )) + "\n", encoding="utf-8")
    done = stopwatch.run(["gdb", "-nx", "-batch", "-x", script], postmortem.LIMIT, errors="replace")
    dump.with_suffix(".macros-output").write_text(done.stdout + done.stderr, encoding="utf-8")
    parts = re.split(r"(?m)^rig (\w+)\n", done.stdout)
    if done.returncode or "end" not in parts:
        raise RigError(f"gdbmacros.txt: {(done.stderr.strip().splitlines() or ['no output'])[-1]}")
    return {word: text.splitlines() for word, text in zip(parts[1::2], parts[2::2])}


def plain_log(lines):
    """What makedumpfile made of a log, without what only some of its versions have it say.

    Lines that follow the first one of a message are indented; since 1.7.6 each message
    has the task or CPU that it came from behind the time.
    """
    return [re.sub(r"^(\[ *\d+\.\d+\] )\[ *[TC]\d+\] ", r"\1", line).strip() for line in lines]


def dump_results(dump, log, build):
    """Whether documents and dump agree: name, whether it is so, what there is."""
    found = set(Dump(dump).vmcoreinfo)
    config = (build.directory / ".config").read_text(encoding="utf-8")
    wanted = expected_entries(config)
    yield "vmcoreinfo.rst has every entry of the dump", found <= wanted, found - wanted
    yield "the dump has every entry of vmcoreinfo.rst", wanted <= found, wanted - found
    said = macros(dump, build)
    log = plain_log(log)
    lines = [line.strip() for line in said["log"]
             if not re.match(" (SUBSYSTEM|DEVICE)=", line)]
    yield "gdb's dmesg is makedumpfile's", lines == log, \
        [pair for pair in zip(lines, log) if len(set(pair)) > 1][:1] or (len(lines), len(log))
    yield "gdb's lstasks has init and a thread of the kernel's", \
        {("1", "init"), ("2", "kthreadd")} <= set(re.findall(
            r"pid (\d+)  state \S+  (.+)", "\n".join(said["tasks"]))), said["tasks"][:5]
    yield "gdb's btpid finds where a task sleeps", \
        any("kthreadd +" in line for line in said["stack"]), said["stack"]
