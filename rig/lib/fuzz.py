# SPDX-License-Identifier: GPL-2.0-only
"""rig/fuzz: what reads files of other people's making, under libFuzzer.

The fuzzers are the tree's own, tools/testing/kexec; here they are built, given
inputs to begin with (fuzz_seeds.py), and run.  What they find is left in
out/fuzz/NAME/found, what they learned in .../corpus.

With --regression it is the same each time: a seed for libFuzzer's random numbers, a
number of executions, and no limit that a clock has a say in.  Bounds are then broken
one by one, in copies of the sources, for which the inputs to begin with have to be
enough to notice.
"""

import collections
import os
import pathlib
import shutil
import subprocess

import fuzz_seeds
import prebuilt
import tree
from common import OUT, RigError, lock, remove, say, shown

SOURCES = {"unpack": "kernel/kexec/unpack.c", "vmlinux": "arch/x86/kernel/kexec-vmlinux.c",
           "wrapped": "kernel/kexec/wrapped.c"}
LONGEST = {"unpack": 8192, "vmlinux": 4096, "wrapped": 8192}
RUNS, REGRESSION = 1000000, 4000

Broken = collections.namedtuple("Broken", "target line by")
BROKEN = (
    Broken("unpack", "if (n > in->left)", "if (0)"),
    Broken("unpack", "return sink.left ? -EBADMSG : 0;", "return 0;"),
    Broken("unpack", "len, min_t(size_t, out->left, LZ4_BLOCK)", "len, LZ4_BLOCK"),
    Broken("unpack", "size > min_t(size_t, out->left, LZOP_BLOCK_MAX)", "size > LZOP_BLOCK_MAX"),
    Broken("unpack", "out->at, out->left, block, n", "out->at, out->left + SZ_1M, block, n"),
    Broken("vmlinux", "size <= end && start <= end - size", "start <= end"),
    Broken("vmlinux", "(len - vmlinux->relocs) % sizeof(u32) ||", ""),
    Broken("vmlinux", "end > vmlinux->load[j].from", "0"),
    Broken("vmlinux", "within(to - load->to, n, load->filesz)", "within(to - load->to, 1, load->filesz)"),
    Broken("vmlinux", "!is_vmlinux(&ehdr) || !has_phdrs(&ehdr, len)", "!is_vmlinux(&ehdr)"),
    Broken("wrapped", "size <= end && start <= end - size", "start <= end"),
    Broken("wrapped", "if (section.data_addr < pe->headers)", "if (0)"),
    Broken("wrapped", "if (wrapped_overlap(&section, &other))", "if (0)"),
    Broken("wrapped", "section->virtual_size > section->raw_data_size", "0"),
    Broken("wrapped", "if (end > len)", "if (0)"),
)


class Workshop:
    """A tree whose fuzzers are built and run in a directory of out/fuzz."""

    def __init__(self, source, bzimage, name):
        self.tree, self.bzimage = source, bzimage
        self.directory = OUT / "fuzz" / name

    def make(self, place="build", **sources):
        """The programs; from other sources where some are named."""
        directory = self.directory / place
        directory.mkdir(parents=True, exist_ok=True)
        words = [f"{target.upper()}_SRC={path}" for target, path in sources.items()]
        goals = [f"{directory}/{target}-{kind}" for target in sources or SOURCES
                 for kind in ("fuzz", "verdict")]
        done = subprocess.run(["make", "-s", "-C", self.tree / "tools/testing/kexec",
                               f"O={directory}", *words, *goals],
                              check=False, capture_output=True, text=True)
        if done.returncode:
            raise RigError(f"the fuzzers do not build: {(done.stderr.splitlines() or ['?'])[0]}")
        return directory

    def seeds(self):
        remove(self.directory / "seeds")
        return fuzz_seeds.make(self.bzimage, self.directory / "seeds")

    def verdicts(self, programs, target, seeds):
        """What is wrong with what comes of the seeds, a line each."""
        done = subprocess.run([programs / f"{target}-verdict", *seeds], check=False,
                              capture_output=True, text=True)
        came = dict(line.split(": ", 1) for line in done.stdout.splitlines())
        wrong = [f"{path.name}: {came[str(path)]}, should be {wanted}"
                 for path, wanted in seeds.items()
                 if wanted and str(path) in came and came[str(path)] != wanted]
        if done.returncode or len(came) != len(seeds):
            wrong.append(next((line for line in done.stderr.splitlines()
                               if "ERROR" in line or "does not hold" in line or "error:" in line),
                              f"ended with {done.returncode}"))
        return wrong

    def fuzz(self, programs, target, corpus, arguments):
        """Runs one: how many executions, whether they were clean, the log."""
        found = self.directory / "found"
        for path in (corpus, found):
            path.mkdir(parents=True, exist_ok=True)
        log = self.directory / f"{target}.log"
        with open(log, "wb") as handle:
            done = subprocess.run(
                [programs / f"{target}-fuzz", f"-max_len={LONGEST[target]}", "-rss_limit_mb=0",
                 "-print_final_stats=1", f"-artifact_prefix={found}/{target}-", *arguments,
                 corpus, self.directory / "seeds" / target],
                check=False, stdout=handle, stderr=handle)
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        count = next((int(line.split()[1]) for line in lines
                      if line.startswith("stat::number_of_executed_units")), 0)
        return count, done.returncode == 0, log


# ---- for as long as one likes ----

def fuzz(shop, targets, options):
    programs, clean = shop.make(), True
    shop.seeds()
    for target in targets:
        arguments = ["-timeout=600", f"-runs={options.runs or (-1 if options.seconds else RUNS)}"]
        if options.seconds:
            arguments.append(f"-max_total_time={options.seconds}")
        say(f"{target}: {shown(shop.directory / target)}.log tells how far it is")
        count, fine, log = shop.fuzz(programs, target, shop.directory / "corpus" / target, arguments)
        print(f"{target}: {count} executions, " +
              ("clean" if fine else f"NOT clean: {shown(log)}"), flush=True)
        clean = clean and fine
    return 0 if clean else 1


# ---- the same each time ----

def broken_copy(shop, broken):
    """A copy of the source with one line changed."""
    name = SOURCES[broken.target]
    text = (shop.tree / name).read_text(encoding="utf-8")
    if text.count(broken.line) != 1:
        raise RigError(f"{name}: not once in it: {broken.line}")
    path = shop.directory / "broken" / pathlib.Path(name).name
    path.write_text(text.replace(broken.line, broken.by), encoding="utf-8")
    return path


class Results:
    """TAP."""

    def __init__(self, plan):
        print(f"TAP version 13\n1..{plan}", flush=True)
        self.number, self.failed = 0, False

    def add(self, good, name, notes=()):
        self.number += 1
        self.failed = self.failed or not good
        for note in notes:
            print(f"# {note}")
        print(f"{'' if good else 'not '}ok {self.number} - {name}", flush=True)


def regression(shop, targets):
    chosen = [broken for broken in BROKEN if broken.target in targets]
    results = Results(2 * len(targets) + len(chosen))
    programs, seeds = shop.make(), shop.seeds()
    for target in targets:
        wrong = shop.verdicts(programs, target, seeds[target])
        results.add(not wrong, f"{target}: what is good is taken, what is not is refused", wrong)
        corpus = shop.directory / "scratch"
        remove(corpus)
        count, fine, log = shop.fuzz(programs, target, corpus,
                                     ["-timeout=0", "-seed=1", f"-runs={REGRESSION}"])
        results.add(fine and count >= REGRESSION, f"{target}: {REGRESSION} executions are clean",
                    [] if fine else [f"see {shown(log)}"])
    remove(shop.directory / "broken")
    shutil.copytree(programs, shop.directory / "broken", symlinks=True)
    for broken in chosen:
        shop.make("broken", **{broken.target: broken_copy(shop, broken)})
        wrong = shop.verdicts(shop.directory / "broken", broken.target, seeds[broken.target])
        results.add(bool(wrong), f"{broken.target}: notices {broken.by or 'nothing'} "
                                 f"in place of {broken.line}", wrong[:1])
    return 1 if results.failed else 0


# ---- with what ----

def find_kernel():
    """Ours where it is built, else the distribution's."""
    ours = OUT / "build/ours/arch/x86/boot/bzImage"
    return ours if ours.exists() else prebuilt.get("bookworm").image


def workshop(options):
    if options.build:
        build = pathlib.Path(options.build).resolve()
        return Workshop((build / "source").resolve(), build / "arch/x86/boot/bzImage", build.name)
    tree.lay(OUT / "tree/ours", stock=False)
    return Workshop(OUT / "tree/ours", find_kernel(), "ours")


def command(options):
    unknown = set(options.targets) - set(SOURCES)
    if unknown:
        raise RigError(f"no target {min(unknown)}; there are {', '.join(SOURCES)}")
    targets = [name for name in SOURCES if not options.targets or name in options.targets]
    os.environ.pop("ASAN_OPTIONS", None)
    shop = workshop(options)
    with lock(f"fuzz-{shop.directory.name}"):
        return regression(shop, targets) if options.regression else fuzz(shop, targets, options)
