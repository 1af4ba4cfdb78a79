# SPDX-License-Identifier: GPL-2.0-only
"""The rig's command line: all commands and all switches, read before anything is done.

    rig/COMMAND [ARGUMENT]...       or rig/rig COMMAND [ARGUMENT]...

A command line is parsed whole.  Then the switches among it are put where the
environment has them, the disk is asked for the room that all of it takes, the
packages are installed, and only then is the module loaded that does the work.  A switch that the environment may
set as well stands in SWITCHES; what is said on the command line counts.
"""

import argparse
import importlib
import os
import pathlib
import subprocess
import sys

RIG = pathlib.Path(os.environ.get("RIG", pathlib.Path(__file__).parents[1])).resolve()

TREE = ("python3-minimal python3 debian-archive-keyring dpkg rsync patch xz-utils git").split()
BUILD = TREE + "gcc make flex bison bc libelf-dev libssl-dev openssl kmod cpio gawk".split()
GUEST = BUILD + "qemu-system-x86 busybox-static kexec-tools makedumpfile libc6-dev".split()
RUN = GUEST + ["gdb"]
FUZZ = "clang libclang-rt-dev zstd lz4 lzop xz-utils".split()
TEST = RUN + "trinity sbsigntool spin python3-pytest linux-perf trace-cmd".split() + FUZZ
DEB = BUILD + "build-essential debhelper libdw-dev pahole zstd ccache".split()
CROSS = BUILD + ["sparse"] + [f"gcc-{name}" for name in (
    "aarch64-linux-gnu arm-linux-gnueabi powerpc64le-linux-gnu s390x-linux-gnu "
    "riscv64-linux-gnu mips64el-linux-gnuabi64 hppa-linux-gnu m68k-linux-gnu "
    "sh4-linux-gnu").split()]
FIELD = ("mmdebstrap mtools dosfstools e2fsprogs fdisk sbsigntool python3-cryptography "
         "python3-importlib-resources python3-pefile").split()
CLANG = "clang-19 lld-19 llvm-19".split()

# Variable of the environment: the flag, how argparse takes it, what it is for.
SWITCHES = {
    "OUT": ("--out", {"metavar": "DIR"}, "where all that the rig makes is kept (out)"),
    "LINUX": ("--linux", {"metavar": "PATH"},
              "a base tree or tarball of yours in place of Debian's linux-source"),
    "STOCK": ("--stock", {"action": "store_const", "const": "1"}, "the untouched base kernel"),
    "CONFIG_FRAGMENTS": ("--fragment", {"metavar": "FILE", "action": "append"},
                         "a file with further options; may be said again"),
    "RIG_ARCH": ("--arch", {"choices": ("x86", "arm64", "riscv64", "s390x", "ppc64le")},
                 "the architecture of kernel and guests (x86); rig/README.md has how far "
                 "each has come"),
    "ACCEL": ("--accel", {"choices": ("tcg", "kvm")},
              "how QEMU runs guests; kvm only where a probe comes back (tcg)"),
    "PATIENCE": ("--patience", {"type": float, "metavar": "N"}, "N times the usual time limits"),
    "DRGN": ("--drgn", {"metavar": "PROGRAM"},
             "drgn to read dumps with, if the machine's own is too old"),
}
BASE = ("OUT", "LINUX")
KERNEL = BASE + ("STOCK", "CONFIG_FRAGMENTS")


def at_least_one(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def switches(parser, names):
    """The flags for variables of the environment."""
    for name in names:
        flag, how, what = SWITCHES[name]
        parser.add_argument(flag, dest=name, help=f"{what}; or {name}=...", **how)


def flag(parser, name, what):
    parser.add_argument(name, action="store_true", help=what)


def value(parser, name, metavar, what, **how):
    parser.add_argument(name, metavar=metavar, help=what, **how)


def patterns(parser, metavar, what):
    parser.add_argument("patterns", nargs="*", metavar=metavar, help=what)


def variants(parser):
    value(parser, "--config", "NAME", action="append", default=[], what="add "
          "rig/config/NAME.config: " + ", ".join(sorted(
              path.stem for path in (RIG / "config").glob("*.config")
              if path.stem not in ("base", "ours"))) +
          "; said several times, one kernel with all of them")


def kernel(parser):
    variants(parser)
    value(parser, "--build", "DIR", "take the kernel that is built in DIR, as it is")


def jobs(parser):
    value(parser, "--jobs", "N", "guests at once (2)", type=at_least_one, default=2)


def listing(parser, what):
    flag(parser, "--list", f"name the {what} and stop")


# the commands

class Command:
    """One command: the words that name it, the module that does it, what that needs.

    Its arguments are added to a parser by a function, whose documentation is the
    command's.
    """

    def __init__(self, words, module, packages, names, add):
        self.words, self.module, self.packages = words, module, packages
        self.names, self.add = names, add

    @property
    def title(self):
        return self.add.__doc__.partition("\n")[0]

    def parser(self):
        parser = argparse.ArgumentParser(
            prog="rig/" + " ".join(self.words), description=self.add.__doc__.replace("\n    ", "\n"),
            formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
        self.add(parser)
        switches(parser.add_argument_group("switches"), self.names)
        return parser

    def needed(self, options):
        """The packages: none for who only asks what there is."""
        if getattr(options, "list", False):
            return []
        foreign = "RIG_ARCH" in self.names and importlib.import_module("arch").guests().packages
        patterns_said = getattr(options, "patterns", ())
        return self.packages + CLANG * ("clang" in getattr(options, "config", ())) + \
            FIELD * any(word.startswith("field") for word in patterns_said) + list(foreign or ())


COMMANDS = {}


def command(words, module, packages=(), names=BASE):
    def add(function):
        COMMANDS[tuple(words.split())] = Command(words.split(), module, list(packages), names,
                                                 function)
        return function
    return add


@command("run", "mainjob", RUN, KERNEL + ("ACCEL",))
def _(parser):
    """the main job, from nothing to an opened dump

    Builds the kernel, boots it, loads it again with an initrd of 64 MiB through
    kexec_file_load, reboots into it, verifies what arrived, arms a crash kernel,
    panics, takes the dump out, opens it, and reports.

    The report, the dump, its log and two pictures are left in out/run/NAME.
    """
    value(parser, "--initrd", "MIB", "known content in the initrd (64)", type=at_least_one,
          default=64)
    value(parser, "--memory", "MIB", "the guest's memory", type=at_least_one)
    kernel(parser)


@command("test", "runner", TEST, KERNEL + ("RIG_ARCH", "ACCEL", "PATIENCE", "DRGN"))
def _(parser):
    """the tests, or those that a PATTERN names

    Builds the kernel and runs the cases; TAP, a summary, and at the end
    "N passed, N failed".  rig/test panic-sweep has a help of its own.  The suite kernels,
    which fetches kernels of the distribution by the dozen, is run only when it is named; and so
    is the suite field, a Debian on a disk with the packages that rig/deb has made, or, with
    --stock, with Debian's own kernel.

    Results are left in out/test/NAME (results.ktap, junit.xml), what the guests
    said in out/guests/NAME.
    """
    patterns(parser, "PATTERN", "cases to run: globs, or parts of their names")
    listing(parser, "cases")
    jobs(parser)
    kernel(parser)


@command("test panic-sweep", "sweep", TEST, KERNEL + ("RIG_ARCH", "ACCEL"))
def _(parser):
    """panics at hundreds of points, ours beside stock

    Each in a guest of its own, of everything that can be going on; reports how
    many dumps came of them (rig/lib/sweep.py).
    """
    parser.add_argument("points", nargs="*", metavar="POINT", help="points by name, or globs")
    listing(parser, "points")
    jobs(parser)
    flag(parser, "--resume", "go on where an earlier sweep was cut off")
    variants(parser)
    value(parser, "--build", "DIR", "sweep the kernel built in DIR as it is; may be given twice",
          action="append", default=[])


@command("bench", "bench", RUN, BASE + ("CONFIG_FRAGMENTS", "ACCEL"))
def _(parser):
    """figures against stock, measured in the same run

    exact        counts instructions (QEMU's -icount): the same for the same build
    jump         from the reboot call or the panic to the next kernel's start_kernel()
    wall         wall time, the two kernels in turn, medians
    purgatory    the purgatories' own objects on this machine's CPU
    states       crash regions claimed in 1,000 random states of memory; only when named

    Tables go to standard output, figures as CSV and plots to out/bench.
    """
    parser.add_argument("section", nargs="*", metavar="SECTION",
                        help="exact, jump, wall, purgatory, which are all if none is named; states")
    flag(parser, "--quick", "fewer sizes and rounds")
    value(parser, "--sizes", "MIB,...", "of the initrd: 1,16,64,256,1024; the last takes an hour")


@command("fuzz", "fuzz", TREE + ["make"] + FUZZ)
def _(parser):
    """what reads and unpacks kernel files, on any bytes

    Builds them in user space, with AddressSanitizer and UndefinedBehaviorSanitizer,
    and runs them under libFuzzer; begins with what is made of a kernel that is there.
    Stops at the first input that shows a fault, which is in out/fuzz/NAME/found.
    """
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="unpack, vmlinux, wrapped; "
                        "all if none is named")
    value(parser, "--runs", "N", "executions of each (1000000)", type=at_least_one)
    value(parser, "--seconds", "N", "how long for each, in place of a number", type=at_least_one)
    flag(parser, "--regression", "a few thousand executions, always the same, and whether bounds "
         "that are broken are noticed; TAP")
    value(parser, "--build", "DIR", "with the kernel in DIR, and the tree that it was built of")


@command("mutants", "mutants", RUN + ["sbsigntool"], BASE + ("CONFIG_FRAGMENTS", "ACCEL"))
def _(parser):
    """breaks the core a line at a time and sees which test notices

    Breaks one line at a time, as rig/mutants.list has it, and runs the tests that
    the list names; "ok" says that one of them failed, and which was the first.
    Failures of others do not count, nor those of tests that fail with no edit
    switched on, which are run first.

    A tree and a build of its own are in out/mutants, unless --out says otherwise.
    """
    patterns(parser, "PATTERN", "a part of a file's name or of an edit")
    listing(parser, "mutants")
    jobs(parser)
    value(parser, "--by-chance", "N", "in place of the list N edits that are in none, and\n"
          "all of KUnit; not everything that it misses is wrong", type=at_least_one)
    value(parser, "--seed", "SEED", "which ones (1)", type=int, default=1)


@command("configs", "configs", CROSS)
def _(parser):
    """compiles every combination of options, and for the other architectures

    On x86 a whole vmlinux is linked, so that a function that is missing is found;
    for the others our objects and the architecture's users of them are compiled.
    TAP.
    """
    patterns(parser, "PATTERN", "combinations: globs, or parts of their names")
    listing(parser, "combinations")
    flag(parser, "--quick", "our objects alone, on x86 too")


@command("check", "gates", TREE)
def _(parser):
    """what machines find in the sources: linters, warnings, the kernel's own checkers

    Each finding is mended, or explained by a line of rig/findings.list.  TAP.
    """
    patterns(parser, "GATE", "gates: names or globs; all if none is named")
    flag(parser, "--list", "say which gates there are and stop")
    flag(parser, "--quick", "those that take seconds")


@command("series", "series", BUILD + ["perl"])
def _(parser):
    """the patches to be mailed, in out/series

    Cuts what rig/tree lays over the base as rig/series.list says, into several
    series with a cover letter each.  All of them are applied to the base again, one
    after another, which must give the same tree; each patch goes through the base's
    checkpatch, and is addressed to whom its get_maintainer names.  Author and
    sign-off are git's user.name and user.email.
    """
    value(parser, "--tree", "N", "also lay the base with the first N series into out/series/tree,\n"
          "for rig/build --stock --linux out/series/tree", type=at_least_one)
    flag(parser, "--build", "also build the kernel after each patch (into out/build/series)")


@command("build", "kbuild", BUILD, KERNEL + ("RIG_ARCH",))
def _(parser):
    """the kernel: lays the tree, configures, compiles

    What is built is in out/build/NAME: bzImage, vmlinux, rig.ko, build.log.
    """
    variants(parser)


@command("deb", "deb", DEB, BASE + ("STOCK",))
def _(parser):
    """packages of our kernel, to be installed on a Debian

    Debian's own configuration for virtual machines, on the base tree with our files
    laid over; kernel, headers, and vmlinux for debuggers.  What differs from Debian's
    configuration is said, and listed in out/deb/NAME/differences.  The packages
    are in out/deb/NAME.  Takes hours; what was cut off goes on where it was.
    """
    flag(parser, "--quick", "of the modules only those that a QEMU guest has a use for, and "
         "without what takes long to compile: rig/config/deb/quick.config")
    value(parser, "--jobs", "N", "compilers at once (as many as CPUs)", type=at_least_one)


@command("tree", "tree", TREE, BASE + ("STOCK",))
def _(parser):
    """a complete kernel source tree in DIR, with our files laid over

    A second run updates DIR and touches only the files whose content differs.
    """
    parser.add_argument("directory", metavar="DIR", type=pathlib.Path)


@command("layers", "layers", ["binutils"])
def _(parser):
    """whether each file of the core calls only what lies below it

    Read from the symbol tables of a build.  Prints TAP, and the files floor by
    floor.
    """
    parser.add_argument("build", metavar="BUILD", help="a build directory")


def built(parser, *kinds):
    """Build directories; each is out/build/KIND unless told."""
    for kind in kinds:
        value(parser, f"--{kind}", "DIR", f"a build directory (out/build/{kind})")


def emulator(parser):
    value(parser, "--qemu", "PROGRAM", "one that has the SHA instructions, fetched unless named")


@command("purgatory test", "workshop", BUILD, ("OUT",))
def _(parser):
    """the purgatory's own objects, tested in a program on this CPU"""
    built(parser, "ours")


@command("purgatory boot", "workshop", GUEST, ("OUT",))
def _(parser):
    """the finished purgatory, in a machine with nothing else in it"""
    built(parser, "ours")
    emulator(parser)


@command("purgatory refusals", "workshop", BUILD, ("OUT",))
def _(parser):
    """whether a purgatory that the loader cannot use fails to build"""
    built(parser, "ours")


@command("purgatory bench", "workshop", BUILD, ("OUT",))
def _(parser):
    """how fast it checks an image on this CPU, beside stock's and openssl"""
    built(parser, "ours", "stock")
    value(parser, "--mib", "N", "size of the image (64)", type=at_least_one)
    value(parser, "--rounds", "N", "how often (15)", type=at_least_one)
    value(parser, "--csv", "FILE", "the table once more (out/bench/purgatory.csv)")
    flag(parser, "--goals", "say whether the goals are met, and exit 1 when not")


@command("purgatory mutants", "workshop", GUEST, ("OUT",))
def _(parser):
    """breaks it in one place at a time and sees which test notices"""
    built(parser, "ours")
    emulator(parser)
    value(parser, "--only", "PATTERN", "those that a shell pattern describes")


@command("purgatory configs", "workshop", BUILD + CLANG, ("OUT",))
def _(parser):
    """builds it under the configurations that have broken purgatories"""
    patterns(parser, "NAME", "configurations, or gcc, or clang")
    value(parser, "--tree", "DIR", "a tree that rig/tree laid (out/tree/ours)")


# from words to work

def find(words):
    """The command that the first words name, and the words that are left to it."""
    for length in (2, 1):
        if tuple(words[:length]) in COMMANDS:
            return COMMANDS[tuple(words[:length])], words[length:]
    return None, words


def overview(words):
    """What there is, one line each; of the commands that begin with these words."""
    chosen = [command for key, command in COMMANDS.items() if key[:len(words)] == tuple(words)]
    lines = [f"  {'rig/' + ' '.join(command.words):<24} {command.title}" for command in chosen]
    return "\n".join(["usage: rig/COMMAND [ARGUMENT]...", "", *lines, "",
                      "Each has a --help of its own, and begins by nothing else than reading "
                      "what it is asked for."])


def parse(words):
    """The command, its options, and what they say of the environment."""
    chosen, left = find(words)
    if not chosen:
        named = [word for word in words if not word.startswith("-")]
        known = any(key[:len(named)] == tuple(named) for key in COMMANDS)
        print(overview(named if known else []), file=sys.stdout if known else sys.stderr)
        sys.exit(0 if known and ("--help" in words or "-h" in words) else 2)
    options = chosen.parser().parse_intermixed_args(left)
    options.program = chosen.words[-1]
    said = {name: getattr(options, name) for name in chosen.names
            if getattr(options, name) is not None}
    return chosen, options, {name: " ".join(text) if isinstance(text, list) else str(text)
                             for name, text in said.items()}


def install(packages):
    """Has common.sh install those that are missing; it says what was wrong."""
    script = '. "$RIG/lib/common.sh" && need_packages "$@"'
    if packages and subprocess.run(["sh", "-c", script, "rig", *packages], check=False,
                                   env={**os.environ, "RIG": str(RIG)}).returncode:
        sys.exit(1)


def apart(name):
    """A directory for what must not be mixed up with the rest; the cache is shared."""
    out = RIG.parent / "out" / name
    (RIG.parent / "out/cache").mkdir(parents=True, exist_ok=True)
    out.mkdir(exist_ok=True)
    if not (out / "cache").exists():
        (out / "cache").symlink_to("../cache")
    return str(out)


def work(chosen, options):
    """Room, packages, and then the thing itself."""
    if not getattr(options, "list", False):
        importlib.import_module("space").need(chosen.module, options)
    install(chosen.needed(options))
    return importlib.import_module(chosen.module).command(options)


def command_line(words):
    chosen, options, said = parse(words)
    os.environ.update(said)
    if chosen.module == "mutants" and not options.list and not os.environ.get("OUT"):
        os.environ["OUT"] = apart("mutants")
    importlib.import_module("common").main(lambda: work(chosen, options))


if __name__ == "__main__":
    command_line(sys.argv[1:])
