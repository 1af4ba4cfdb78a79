# SPDX-License-Identifier: GPL-2.0-only
"""rig/configs: compiles our files in every combination of options that they look at.

The combinations of an architecture share a build directory, so that each compiles
only what differs from the one before.  A warning in one of our files is a failure.
"""

import collections
import fnmatch
import os
import re
import subprocess

import kbuild
import tree
from common import OUT, RigError, lock, say, tail

Combination = collections.namedtuple("Combination", "arch name options")

# What every combination has, on top of tinyconfig.
COMMON = "PRINTK BUG PROC_FS BLK_DEV_INITRD"
# ... and those that are not x86-64: the suites that ask for no machine.
TESTS = "KUNIT KEXEC_KUNIT_TEST"
X86 = "64BIT SMP RELOCATABLE ACPI PCI SYSFS SYSCTL"
KINDS = ("KEXEC", "KEXEC_FILE", "CRASH_DUMP")
EXTRAS = ("BLOCK MULTIUSER SHMEM CMA COMPACTION MIGRATION HIBERNATION SWAP KEXEC_JUMP KEXEC_HANDOVER "
          "MEMORY_HOTPLUG HOTPLUG_CPU CRASH_HOTPLUG IA32_EMULATION DEBUG_FS "
          "FTRACE ENABLE_DEFAULT_TRACERS SECURITY DEBUG_KERNEL")
WITHOUT = ("SMP", "SYSFS", "SYSCTL", "CMA COMPACTION MIGRATION KEXEC_HANDOVER",
           "KEXEC_JUMP HIBERNATION", "KEXEC_HANDOVER", "CRASH_HOTPLUG", "DEBUG_FS KEXEC_HANDOVER",
           "FTRACE ENABLE_DEFAULT_TRACERS", "IA32_EMULATION", "PRINTK", "PROC_FS")
# Architecture of the kernel: what its compiler is called, and what kexec has there.
OTHERS = {
    "arm64": ("aarch64-linux-gnu-", "SMP SUSPEND KEXEC KEXEC_FILE CRASH_DUMP"),
    "arm": ("arm-linux-gnueabi-", "MMU ARCH_MULTI_V7 KEXEC CRASH_DUMP"),
    "powerpc": ("powerpc64le-linux-gnu-",
                "PPC64 PPC_BOOK3S_64 CPU_LITTLE_ENDIAN SMP MEMORY_HOTPLUG HOTPLUG_CPU "
                "KEXEC KEXEC_FILE CRASH_DUMP CRASH_HOTPLUG"),
    "s390": ("s390x-linux-gnu-", "KEXEC KEXEC_FILE CRASH_DUMP"),
    "riscv": ("riscv64-linux-gnu-", "MMU 64BIT SMP KEXEC KEXEC_FILE CRASH_DUMP"),
    "mips": ("mips64el-linux-gnuabi64-",
             "MIPS_GENERIC_KERNEL CPU_LITTLE_ENDIAN CPU_MIPS64_R2 64BIT KEXEC CRASH_DUMP"),
    "parisc": ("hppa-linux-gnu-", "KEXEC KEXEC_FILE"),
    "m68k": ("m68k-linux-gnu-", "MMU M68KCLASSIC KEXEC"),
    "sh": ("sh4-linux-gnu-", "CPU_SUBTYPE_SH7785 MMU KEXEC CRASH_DUMP"),
}
OURS = re.compile(r"(kernel/kexec|linux/kexec|purgatory/|crash_core|"
                  r"machine_kexec|powerpc/kexec/crash)")


def x86_combinations():
    """Every choice of the three kinds; then all there is, without one thing at a time."""
    for choice in range(1 << len(KINDS)):
        chosen = [kind for bit, kind in enumerate(KINDS) if choice >> bit & 1]
        if chosen == ["CRASH_DUMP"]:
            continue    # of what nothing could load
        yield " ".join(chosen).lower() or "none", chosen, ()
    everything = [*KINDS, *EXTRAS.split()]
    yield "everything", everything, ()
    for less in WITHOUT:
        gone = less.split()
        yield f"everything without {gone[0].lower()}", everything, gone


def all_combinations():
    for name, more, less in x86_combinations():
        options = {option: "y" for option in f"{COMMON} {X86}".split() + list(more)}
        options.update({option: "n" for option in set(KINDS) - set(more) | set(less)})
        yield Combination("x86_64", name, options)
    for name, more in (("kexec", ["KEXEC"]), ("kexec crash_dump", ["KEXEC", "CRASH_DUMP"]),
                       ("kexec highmem", ["KEXEC", "CRASH_DUMP", "HIGHMEM4G"])):
        options = {option: "y" for option in f"{COMMON} {TESTS} SYSFS".split() + more}
        yield Combination("i386", name, options)
    for arch, (_, more) in OTHERS.items():
        yield Combination(arch, "all it has", {option: "y" for option
                                               in f"{COMMON} {TESTS} SYSFS {more}".split()})


# compiling

def build_of(combination):
    return kbuild.Build(f"configs-{combination.arch}",
                        OUT / "configs" / combination.arch, OUT / "tree/ours")


def configure(build, combination, log):
    """Tinyconfig with the options; what is left out may take others with it, not the kinds."""
    kbuild.run_make(build, log, "tinyconfig")
    config = build.directory / ".config"
    with open(config, "a", encoding="utf-8") as handle:
        handle.writelines(f"CONFIG_{name}={value}\n"
                          for name, value in combination.options.items())
    kbuild.run_make(build, log, "olddefconfig")
    partial = "without" in combination.name
    wanted = {f"CONFIG_{name}": value for name, value in combination.options.items()
              if not partial or value == "n" or name in KINDS}
    lost = kbuild.lost_options(wanted, config)
    if lost:
        raise RigError(f"options did not survive: {', '.join(lost)}")


def enabled_objects(build):
    """Which of our objects this configuration has, as the Makefile sees it."""
    text = ("include include/config/auto.conf\n"
            f"include {build.tree}/kernel/Makefile\n"
            "$(info $(filter kexec%,$(obj-y)))\nall: ;\n")
    done = subprocess.run(["make", "-s", "-f", "-", f"srctree={build.tree}", "all"],
                          input=text, text=True, cwd=build.directory, capture_output=True,
                          check=True)
    return [f"kernel/{name}" for name in done.stdout.split()]


def arch_objects(build, arch):
    """The architecture's own users of our headers."""
    found = [path for name in ("kernel/*machine_kexec*.c", "kexec/crash.c")
             for path in (build.tree / "arch" / arch).glob(name)]
    return [str(path.relative_to(build.tree).with_suffix(".o")) for path in found
            if "file" not in path.name or build.option("CONFIG_KEXEC_FILE") == "y"
            if "_32" not in path.name]


def targets(build, combination, quick):
    if combination.arch not in OTHERS and not quick:
        return ["vmlinux"]
    if combination.arch in OTHERS:
        return enabled_objects(build) + arch_objects(build, combination.arch)
    return enabled_objects(build) or ["prepare"]


def compile_it(combination, quick):
    """What is wrong with the combination, or nothing."""
    build = build_of(combination)
    build.directory.mkdir(parents=True, exist_ok=True)
    log = build.directory / f"{combination.name.replace(' ', '-')}.log"
    os.environ["ARCH"] = combination.arch
    os.environ["CROSS_COMPILE"] = OTHERS.get(combination.arch, ("",))[0]
    try:
        configure(build, combination, log)
        kbuild.run_make(build, log, "prepare")
        kbuild.run_make(build, log, *targets(build, combination, quick))
    except RigError as error:
        return str(error)
    warnings = [line for line in tail(log, 100000)
                if "warning:" in line and OURS.search(line)]
    return warnings[0] if warnings else ""


def command(options):
    chosen = [combination for combination in all_combinations()
              if not options.patterns or
              any(fnmatch.fnmatch(f"{combination.arch}: {combination.name}", f"*{pattern}*")
                  for pattern in options.patterns)]
    if not chosen:
        raise RigError("no such combination")
    if options.list:
        for combination in chosen:
            print(f"{combination.arch}: {combination.name}")
        return 0

    failed = 0
    print(f"TAP version 13\n1..{len(chosen)}", flush=True)
    with lock("kbuild"):
        tree.lay(OUT / "tree/ours", False)
    with lock("configs"):
        for number, combination in enumerate(chosen, 1):
            problem = compile_it(combination, options.quick)
            failed += bool(problem)
            print(f"{'not ok' if problem else 'ok'} {number} - "
                  f"{combination.arch}: {combination.name}", flush=True)
            if problem:
                print(f"# {problem}", flush=True)
    say(f"logs are in {OUT / 'configs'}")
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0
