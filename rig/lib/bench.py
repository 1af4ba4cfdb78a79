# SPDX-License-Identifier: GPL-2.0-only
"""rig/bench: measures our core against the stock one, both in the same run.

A measurement is a guest that loads an image of a given size in a given way (see
rig/bench.d/load.sh) and, if it can, executes it.  Under -icount virtual time counts
instructions, at two nanoseconds each, so that the same build gives the same figures
to the digit, whatever else the machine does; wall time is what people wait for, and
is taken from several rounds, the kernels in turn.
"""

import collections
import concurrent.futures
import csv
import itertools
import os
import statistics
import subprocess
import sys

import guest
import initramfs
import jump
import kbuild
import packing
import states
import svg
from common import OUT, RIG, RigError, say

RESULTS = OUT / "bench"
SECTIONS = ("exact", "jump", "wall", "purgatory")
# Long, and has no stock beside it: only when it is named.
ON_DEMAND = ("states",)
SIZES = (1, 16, 64, 256, 1024)
ROUNDS = 5
WAYS = {
    "file": "kexec_file_load",
    "packed": "kexec_file_load, a kernel that unpacks itself",
    "uki": "kexec_file_load, both in one file",
    "parts": "kexec_file_load, with that file in memory too",
    "load": "kexec_load",
    "collide": "kexec_load, destinations where free pages are",
    "fragmented": "kexec_file_load, every other page free",
}
# Beyond these sizes stock takes hours, or the guest has no such room.
LARGEST = {"file": 1024, "packed": 1024, "uki": 1024, "parts": 1024, "load": 1024,
           "collide": 64, "fragmented": 256}
# What stock need not do, or cannot.
OURS_ALONE = ("packed", "uki", "parts")
# What a way is for load.sh, and what the guest is told besides.
SAYS = {"packed": ("file", "kexec.direct=0"), "fragmented": ("fragmented", "kexec.direct=0")}
# With an initrd of 256 MiB, how many times as long as to copy the files a load takes at most.
MEMCPYS = {"packed": 3, "load": 5}
# Name of a plot: title, field of a figure, unit.
PLOTS = {
    "load": ("Time to load", "load", "ms"),
    "downtime": ("Downtime: reboot call to the next kernel's init", "downtime", "ms"),
    "peak": ("Memory at the peak of a load, as a multiple of the files", "peak", ""),
    "unload": ("Time to unload", "unload", "ms"),
}
# Stock where memory is reserved for what it loads, which is not copied at the jump either.
RESERVED = "stock cma="
SCRIPT = {"rig/cases/bench/load": RIG / "bench.d/load.sh"}

# One measurement: milliseconds, and memory as multiples of the files, which are in KiB.
Figure = collections.namedtuple(
    "Figure", "mode kernel way mib load unload memcpy peak kept downtime files")


# a measurement

def machine(mode, mib):
    """2 GiB, as everybody's, or what two copies of the initrd need.

    All of it is the guest's before it starts: else whoever is first to touch a page
    waits for the host to find one, and that is what would be measured.
    """
    memory = "2G" if mib <= 256 else f"{mib * 4 + 2048}M"
    return guest.Machine(memory=memory, cpus=2, icount=mode == "exact",
                         timeout=300 + 4 * mib, qemu=(
                             "-object", f"memory-backend-ram,id=all,size={memory},prealloc=on",
                             "-machine", "memory-backend=all"))


def ticks_per_second(marks):
    """Of the time stamp counter, as two moments of the next kernel have it."""
    (ns, tsc), (later_ns, later_tsc) = marks["arrived"], marks["stayed"]
    return (later_tsc - tsc) / (later_ns - ns) * 1e9


def downtime(marks):
    """From the reboot call to the next kernel's init, in seconds.

    A kernel's clock goes by ticks at first and is some 100 ms off by the time it has
    something better, so when it started cannot be told from it; that counter can.
    """
    if "arrived" not in marks:
        return None
    return (marks["arrived"][1] - marks["reboot"][1]) / ticks_per_second(marks)


def read_marks(outcome):
    marks = {}
    for line in outcome.of("mark"):
        name, ns, tsc = line.text.split()
        marks[name] = (int(ns), int(tsc))
    return marks


def figure_of(mode, kernel, way, mib, outcome):
    failed = [line.text for line in outcome.of("no")]
    # Known bug O24: what stock loads into such memory does not always come up.
    jumped = kernel == RESERVED and "reboot" in read_marks(outcome)
    if failed or not (outcome.ended or jumped):
        why = failed or [outcome.reason]
        raise RigError(f"{kernel}, {WAYS[way]}, {mib} MiB: {why[0]} (see {outcome.console})")
    values = {name: int(text) for name, text in outcome.values().items()}
    files = values["files_kib"]
    down = downtime(read_marks(outcome))
    unload = values.get("unload_ns")
    return Figure(mode, kernel, way, mib, values["load_ns"] / 1e6, unload and unload / 1e6,
                  values["memcpy_ns"] / 1e6, values["peak_kib"] / files,
                  values["kept_kib"] / files, down and down * 1e3, files)


def measure(mode, build, ramdisk, way, mib, kernel=""):
    kernel = kernel or build.name.partition("-")[0]
    name = guest.plain_name(f"bench/{mode}-{kernel}-{way}-{mib}")
    what, words = SAYS.get(way, (way, ""))
    if kernel == RESERVED:
        words = f"cma={mib + 256}M"
    cmdline = f"nokaslr {words} rig.case=bench/load rig.stage=1 rig.set=WHAT:{what},MIB:{mib}"
    outcome = guest.Guest(name, build, ramdisk, machine(mode, mib), cmdline).run()
    figure = figure_of(mode, kernel, way, mib, outcome)
    say(f"{figure.kernel:10} {WAYS[way]}, {mib} MiB: load {figure.load:.1f} ms"
        + (f", downtime {figure.downtime:.0f} ms" if figure.downtime else ""))
    return figure


# what is measured

def wanted(ways, sizes):
    """What is to be loaded, and how."""
    return [(way, mib) for way, mib in itertools.product(ways, sizes) if mib <= LARGEST[way]]


def stock_too(figures):
    """All kernels that stock loads unpack themselves: one measurement stands for both ways."""
    for figure in figures:
        yield figure
        if (figure.kernel, figure.way) == ("stock", "file"):
            yield figure._replace(way="packed")


def exact(kernels, sizes):
    """Each once: it would be the same the next time.  And whatever else runs."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(measure, "exact", *kernel, way, mib)
                   for way, mib in wanted(WAYS, sizes) for kernel in kernels
                   if kernel[0].name != "stock" or way not in OURS_ALONE]
        running += [pool.submit(measure, "exact", *kernels[0], "file", mib, RESERVED)
                    for _, mib in wanted(("file",), sizes)]
        try:
            yield from (future.result() for future in running)
        except BaseException:
            guest.stop_all()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def wall(kernels, sizes, rounds):
    """The kernels in turn, so that what disturbs one disturbs the other."""
    for way, mib in wanted(("file", "packed", "load"), sizes):
        taken = {build.name: [] for build, _ in kernels}
        for _ in range(rounds):
            for build, ramdisk in kernels:
                taken[build.name].append(measure("wall", build, ramdisk, way, mib))
        yield from (median(figures) for figures in taken.values())


def median(figures):
    """The middle of several rounds, figure by figure."""
    def middle(values):
        present = [value for value in values if value is not None]
        return statistics.median(present) if present else None
    columns = list(zip(*figures))
    return Figure(*figures[0][:4], *(middle(column) for column in columns[4:]))


def purgatory(quick):
    """Has its own harness, which prints its own table; says whether its claims hold."""
    stock, ours = (kbuild.build_kernel(stock=stock).directory for stock in (True, False))
    done = subprocess.run(
        [RIG / "bench.d/purgatory/bench", "--goals", "--stock", stock, "--ours", ours,
         "--csv", RESULTS / "purgatory.csv", "--rounds", "5" if quick else "15"], check=False)
    return done.returncode == 0


# what comes of it

def pairs(figures):
    """(stock, ours) of the same measurement."""
    found = {figure[:4]: figure for figure in figures}
    for (mode, kernel, way, mib), figure in found.items():
        for stock in ("stock", RESERVED):
            if kernel == "ours" and (mode, stock, way, mib) in found:
                yield found[mode, stock, way, mib], figure


def table(figures):
    head = ("", "MiB", "load stock", "ours", "ratio", "of memcpy", "peak stock", "ours",
            "kept stock", "ours", "downtime stock", "ours", "unload stock", "ours")
    rows = [head]
    for stock, ours in pairs(figures):
        rows.append((
            f"{ours.mode} {ours.way}" + " (cma=)" * (stock.kernel == RESERVED), ours.mib, f"{stock.load:.1f}", f"{ours.load:.1f}",
            f"{stock.load / ours.load:.1f}", f"{ours.load / ours.memcpy:.2f}",
            f"{stock.peak:.2f}", f"{ours.peak:.2f}", f"{stock.kept:.2f}", f"{ours.kept:.2f}",
            f"{stock.downtime:.0f}" if stock.downtime else "-",
            f"{ours.downtime:.0f}" if ours.downtime else "-",
            f"{stock.unload:.1f}" if stock.unload else "-",
            f"{ours.unload:.1f}" if ours.unload else "-"))
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(head))]
    return "\n".join("  ".join(str(cell).rjust(width) for cell, width in zip(row, widths))
                     for row in rows)


def write_csv(figures, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(figures[0]._fields)
        writer.writerows(figures)


def points_of(figures, mode, kernel, way, field):
    """The points of one line of a plot, smallest first."""
    chosen = [f for f in figures if (f.mode, f.kernel, f.way) == (mode, kernel, way)]
    return sorted((f.mib, getattr(f, field)) for f in chosen if getattr(f, field) is not None)


def draw(figures, directory):
    """A plot for each quantity and mode that was measured."""
    for mode in sorted({figure.mode for figure in figures}):
        for name, (title, field, unit) in PLOTS.items():
            lines = {f"{kernel}, {WAYS[way]}": points_of(figures, mode, kernel, way, field)
                     for way in ("file", "load") for kernel in ("stock", RESERVED, "ours")}
            if name == "load":
                lines["memcpy"] = points_of(figures, mode, "ours", "file", "memcpy")
            lines = {title: points for title, points in lines.items() if points}
            if lines:
                (directory / f"{mode}-{name}.svg").write_text(
                    svg.chart(f"{title} ({mode})", unit, lines), encoding="utf-8")


class Claim(collections.namedtuple("Claim", "text holds")):
    """Something that must hold."""

    def __str__(self):
        return f"{'holds ' if self.holds else 'BROKEN'}  {self.text}"


def peak_of(figure):
    """In KiB."""
    return figure.peak * figure.files


def like_parts(files, uki):
    """An initrd in the kernel's file costs no more than one in a file of its own.

    Either way all three are in memory: what has to be moved out of the way is the same.
    """
    yield Claim(f"load, {uki.mib} MiB, in one file: {uki.load:.1f} ms, at most a hundredth more"
                f" than of two, {files.load:.1f}", uki.load <= 1.01 * files.load)
    yield Claim(f"peak memory, {uki.mib} MiB, in one file: {peak_of(uki):.0f} KiB, at most a"
                f" hundredth more than of two, {peak_of(files):.0f}",
                peak_of(uki) <= 1.01 * peak_of(files))


def claims(figures, unpacked):
    """What must hold, as far as it was measured; unpacked: KiB that our kernel is then."""
    by = {(f.mode, f.kernel, f.way, f.mib): f for f in figures}

    def of(mode, way, mib):
        return by.get((mode, "stock", way, mib)), by.get((mode, "ours", way, mib))

    for mib in SIZES:
        _, ours = of("exact", "file", mib)
        _, packed = of("exact", "packed", mib)
        if ours and packed:
            most = packed.load + 1.1 * (packed.downtime - ours.downtime)
            yield Claim(f"load, {mib} MiB, unpacked: {ours.load:.0f} ms, at most a tenth more"
                        f" than unpacking takes, {most:.0f}", ours.load <= most)
        if ours:
            peak = peak_of(ours) / (ours.files + unpacked)
            yield Claim(f"peak memory, {mib} MiB, unpacked: {peak:.2f} x files and kernel,"
                        " at most 1.05", peak <= 1.05)
        _, parts = of("exact", "parts", mib)
        _, uki = of("exact", "uki", mib)
        if parts and uki:
            yield from like_parts(parts, uki)
        ours = packed
        if ours and mib >= 16:
            yield Claim(f"peak memory, {mib} MiB: {ours.peak:.2f} x the files, at most 1.15",
                        ours.peak <= 1.15)
            yield Claim(f"kept memory, {mib} MiB: {ours.kept:.2f} x the files, at most 1.05",
                        ours.kept <= 1.05)
    for way, most in MEMCPYS.items():
        _, ours = of("exact", way, 256)
        if ours:
            yield Claim(f"instructions for {WAYS[way]}, 256 MiB:"
                        f" {ours.load / ours.memcpy:.2f} x memcpy, at most {most}",
                        ours.load <= most * ours.memcpy)
    stock, ours = of("exact", "packed", 256)
    if ours:
        yield Claim(f"instructions to load 256 MiB: a {stock.load / ours.load:.0f}th of stock's,"
                    " at most a 30th", ours.load * 30 <= stock.load)
    _, ours = of("wall", "packed", 256)
    if ours:
        yield Claim(f"wall time to load 256 MiB: {ours.load / ours.memcpy:.2f} x memcpy,"
                    " at most 2", ours.load <= 2 * ours.memcpy)
    for stock, ours in pairs(figures):
        if ours.downtime and stock.downtime:
            yield Claim(f"downtime ({ours.mode}), {ours.way}, {ours.mib} MiB: {ours.downtime:.0f} ms,"
                        f" {stock.kernel}: {stock.downtime:.0f}",
                        ours.downtime < stock.downtime)
        if ours.way in ("fragmented", "collide"):
            yield Claim(f"{ours.way}, {ours.mib} MiB: {ours.load / stock.load:.2f} x stock's load,"
                        " at most 1.05", ours.load <= 1.05 * stock.load)


def report(figures, bzimage):
    print(table(figures))
    print()
    broken = judge(claims(figures, len(packing.unpacked(bzimage)[0]) / 1024))
    write_csv(figures, RESULTS / "figures.csv")
    draw(figures, RESULTS)
    say(f"figures and plots are in {RESULTS}")
    return broken


def report_jumps(jumps, bzimage):
    print(jump.table(jumps))
    print()
    write_csv(jumps, RESULTS / "jumps.csv")
    return judge(itertools.starmap(Claim, jump.claims(jumps, packing.contents(bzimage))))


def report_states(found, at_boot):
    print(states.table(found, at_boot))
    print()
    write_csv(found, RESULTS / "states.csv")
    return judge(itertools.starmap(Claim, states.claims(found)))


def judge(made):
    """Prints claims; how many do not hold."""
    made = list(made)
    print("".join(f"{claim}\n" for claim in made))
    return sum(not claim.holds for claim in made)


def with_ramdisk(build):
    scripts = {**SCRIPT, **jump.SCRIPT, **states.SCRIPT}
    return build, initramfs.make_initramfs(build, scripts, "bench")


def ours():
    return with_ramdisk(kbuild.build_kernel(stock=False))


def both_kernels():
    return [with_ramdisk(kbuild.build_kernel(stock=True)), ours()]


def chosen_sizes(options):
    if not options.sizes:
        return (16, 64) if options.quick else SIZES
    sizes = [int(word) if word.isdigit() else 0 for word in options.sizes.split(",")]
    if set(sizes) - set(SIZES):
        raise RigError(f"--sizes: some of {', '.join(map(str, SIZES))}")
    return sizes


def command(options):
    sections = options.section or SECTIONS
    unknown = set(sections) - {*SECTIONS, *ON_DEMAND}
    if unknown:
        raise RigError(f"no such section: {', '.join(sorted(unknown))}")

    sizes = chosen_sizes(options)
    kernels, figures, jumps = [], [], []
    if set(sections) & {"exact", "jump", "wall"}:
        kernels = both_kernels()
        if "exact" in sections:
            figures += stock_too(exact(kernels, sizes))
        if "jump" in sections:
            jumps = list(jump.measure_all(kernels))
        if "wall" in sections:
            figures += wall(kernels, sizes, 2 if options.quick else ROUNDS)
    bzimage = kernels[-1][0].image if kernels else None
    broken = report(figures, bzimage) if figures else 0
    broken += report_jumps(jumps, bzimage) if jumps else 0
    if "states" in sections:
        broken += report_states(*states.measure(*ours(), states.EACH * 2 if options.quick
                                                else states.STATES))
    sys.stdout.flush()
    if "purgatory" in sections:
        broken += not purgatory(options.quick)
    return 1 if broken else 0
