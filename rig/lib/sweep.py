# SPDX-License-Identifier: GPL-2.0-only
"""rig/test panic-sweep: panics at every point of the table, and counts the dumps.

Each point (points.py) has a guest of its own; see rig/cases/sweep/point.sh for
what runs in it.  A dump counts as right when the crash kernel finds in it the
release, the notes, all of the memory's ends, and the token that was written at
the instant of this very panic.  Our kernel and the base kernel are swept side
by side, the latter at a part of the points, which is all it takes to see.

Results go to out/test/panic-sweep, those of points asked for by name to
out/test/panic-point: points.csv as they come, then table.txt and sweep.svg.
"""

import collections
import concurrent.futures
import csv
import dataclasses
import fnmatch
import itertools
import random
import re
import time

import cases
import guest
import initramfs
import kbuild
import ktap
import points
import runner
import svg
from common import OUT, RIG, STOCK, say, shown

SCRIPT = RIG / "cases/sweep/point.sh"
PANIC = re.compile(r"Kernel panic - not syncing: rig: (process|hardirq|nmi)")
WORD = re.compile(r"kexec: no dump: (.*)")
STOCK_SHARE = 3     # every third point is tried on the base kernel


@dataclasses.dataclass
class Verdict:
    """What came of one panic."""
    kernel: str
    point: str
    operation: str
    expect: str         # "dump", or "word": nothing is armed, and the log says so
    window: bool        # while a staged image was being moved into the region
    injected: bool
    dumped: bool
    right: bool
    image: str          # which of the images the panic executed
    seconds: float
    why: str


FIELDS = [field.name for field in dataclasses.fields(Verdict)]


# one point

def judge(kernel, case, outcome):
    chosen = points.point(case.variant)
    console = guest.read_console(outcome.console)
    results = runner.gathered(outcome)
    dumped = any(line.text.startswith("2 ") for line in outcome.of("boot"))
    bad = [result.name for result in results if result.status == ktap.FAIL]
    word = WORD.search(console)
    problem = "" if outcome.ended else outcome.reason
    problem = ", ".join(bad) or problem or runner.console_problem(case, outcome)
    right = dumped and not problem
    if chosen.expect == "word":
        right, problem = bool(word) and not dumped, word[1] if word else "not a word"
    return Verdict(kernel, chosen.name, chosen.operation, chosen.expect, chosen.window,
                   bool(PANIC.search(console)), dumped, right,
                   outcome.values().get("image", ""), round(outcome.seconds, 1), problem)


def run_point(build, ramdisk, case):
    name = f"panic-sweep/{build.name}/{case.variant}"
    machine = case.machine(patience=2)
    for _ in range(2):      # an emulated machine does not always come up
        outcome = guest.Guest(name, build, ramdisk, machine, case.cmdline()).run()
        if outcome.of("boot"):
            break
    return judge(build.name, case, outcome)


# all of them

def chosen_points(build, patterns, share):
    """The points to try on a kernel: those that match, or every share-th of the table."""
    there = [chosen.name for chosen in points.of_kernel(build)]
    if not patterns:
        return there[::share]
    found = [fnmatch.filter(there, pattern) or [points.point(pattern).name]
             for pattern in patterns]
    return list(dict.fromkeys(itertools.chain(*found)))


def plan(builds, options):
    """(build, ramdisk, case) of every panic, mixed, so that any part is a fair sample."""
    jobs = []
    for build in builds:
        ramdisk = initramfs.make_initramfs(build, purpose="sweep", initrd=False,
                                           more=kbuild.plain_kernel(options.config))
        share = STOCK_SHARE if build.name.startswith("stock") else 1
        names = chosen_points(build, options.points, share)
        jobs += [(build, ramdisk, case) for case in cases.read_cases(SCRIPT, swept=names)]
    random.Random(0).shuffle(jobs)
    return jobs


class Log:
    """points.csv, and a line about how far it has come."""

    def __init__(self, directory, resume):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory, self.path, self.verdicts = directory, directory / "points.csv", []
        if resume and self.path.exists():
            self.verdicts = read_verdicts(self.path)
        else:
            with open(self.path, "w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerow(FIELDS)

    def has(self, kernel, name):
        return any((verdict.kernel, verdict.point) == (kernel, name)
                   for verdict in self.verdicts)

    def add(self, verdict, total):
        self.verdicts.append(verdict)
        with open(self.path, "a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(dataclasses.astuple(verdict))
        state = "ok" if verdict.right else "not reached" if not verdict.injected else "LOST"
        print(f"{len(self.verdicts):>4}/{total}  {verdict.kernel:<6} {state:<12}"
              f"{verdict.point}{verdict.why and '  # ' + verdict.why}", flush=True)


def read_verdicts(path):
    def value(field, text):
        return text == "True" if field.type is bool else field.type(text)
    with open(path, encoding="utf-8", newline="") as file:
        return [Verdict(*(value(field, row[field.name])
                          for field in dataclasses.fields(Verdict)))
                for row in csv.DictReader(file)]


def sweep(jobs, options, log):
    todo = [job for job in jobs if not log.has(job[0].name, job[2].variant)]
    total = len(log.verdicts) + len(todo)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = [pool.submit(run_point, *job) for job in todo]
        try:
            for future in concurrent.futures.as_completed(futures):
                log.add(future.result(), total)
        except BaseException:
            guest.stop_all()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


# the report

def count(verdicts):
    """Panics, dumps, and dumps with the right content."""
    injected = [verdict for verdict in verdicts if verdict.injected]
    return (len(injected), sum(verdict.dumped for verdict in injected),
            sum(verdict.right for verdict in injected))


def select(verdicts, kernel, **wanted):
    return [verdict for verdict in verdicts if verdict.kernel == kernel
            and all(getattr(verdict, name) == value for name, value in wanted.items())]


def rows(verdicts, kernels):
    """(title, counts of each kernel) for each operation and for what is reported apart."""
    def row(title, **wanted):
        return title, [count(select(verdicts, kernel, **wanted)) for kernel in kernels]

    present = {verdict.operation for verdict in verdicts}
    for name, operation in points.TABLE.items():
        if name in present:
            yield row(operation.title, operation=name, expect="dump", window=False)
    yield row("all but the copy window", expect="dump", window=False)
    yield row("in the copy window", expect="dump", window=True)


def table(verdicts, kernels):
    width = 58
    lines = [f"{'':{width}}" + "".join(f"{kernel:^28}" for kernel in kernels),
             f"{'panic during':{width}}" + f"{'panics':>10}{'dumps':>8}{'right':>8}  " * len(kernels)]
    for title, counts in rows(verdicts, kernels):
        cells = "".join(f"{n:>10}{dumps:>8}{right:>8}  " for n, dumps, right in counts)
        lines.append(f"{title:{width}}{cells}")
    lines += ["", "Nothing armed (before the first load, after an unload), so the log has to say so:"]
    for kernel in kernels:
        words = select(verdicts, kernel, expect="word")
        lines.append(f"  {kernel}: {count(words)[0]} panics, {count(words)[2]} with a word")
    lines += listing("Points that were not reached:", verdicts, lambda v: not v.injected)
    lines += listing("Dumps lost or not right on our kernel:", verdicts,
                     lambda v: v.injected and not v.right and not is_stock(v))
    return "\n".join(lines) + "\n"


def is_stock(verdict):
    return verdict.kernel.startswith("stock")


def listing(title, verdicts, wanted):
    found = [verdict for verdict in verdicts if wanted(verdict)]
    return ["", title, *(f"  {verdict.kernel} {verdict.point} ({verdict.why})"
                         for verdict in found)] if found else []


def picture(verdicts, kernels):
    """The share of panics that were dumped, a bar for each operation and kernel."""
    drawing, top = svg.Drawing(), 24
    drawing.text(20, top, "Panics that ended in a dump of that panic", size=16)
    for number, kernel in enumerate(kernels):
        drawing.rectangle(620 + 120 * number, top - 11, 14, 14, svg.COLOURS[number])
        drawing.text(642 + 120 * number, top, kernel)
    for title, counts in rows(verdicts, kernels):
        top += 14
        drawing.text(400, top + 16, title, "end", 11)
        for number, (panics, _, right) in enumerate(counts):
            if panics:
                drawing.rectangle(410, top, 600, 10, "#eeeeee")
                drawing.rectangle(410, top, 600 * right / panics, 10, svg.COLOURS[number])
                drawing.text(1016, top + 9, f"{right} of {panics}", size=10)
            top += 12
    return drawing.svg()


def conclude(directory, verdicts):
    """Writes what was found; True when our kernel lost nothing."""
    kernels = sorted({verdict.kernel for verdict in verdicts}, key=lambda name: "stock" in name)
    text = table(verdicts, kernels)
    (directory / "table.txt").write_text(text, encoding="utf-8")
    (directory / "sweep.svg").write_text(picture(verdicts, kernels), encoding="utf-8")
    print(f"\n{text}\nresults: {shown(directory)}")
    mine = [verdict for verdict in verdicts if not is_stock(verdict)] or verdicts
    good = sum(verdict.right for verdict in mine)
    print(f"{good} passed, {len(mine) - good} failed")
    return good == len(mine)


# the command

def builds_to_sweep(options):
    if options.build:
        return [kbuild.existing_build(directory) for directory in options.build]
    if options.config or STOCK:
        return [kbuild.build_kernel(options.config)]
    return [kbuild.build_kernel(stock=stock) for stock in (False, True)]


def command(options):
    if options.list:
        print("\n".join(points.NAMES))
        return 0
    began = time.monotonic()
    builds = builds_to_sweep(options)
    jobs = plan(builds, options)
    counts = collections.Counter(job[0].name for job in jobs)
    say("panics to come: " + ", ".join(f"{number} on {name}" for name, number in counts.items()))
    log = Log(OUT / ("test/panic-point" if options.points else "test/panic-sweep"),
              options.resume)
    try:
        sweep(jobs, options, log)
    finally:
        good = conclude(log.directory, log.verdicts)
        say(f"{time.monotonic() - began:.0f} s")
    return 0 if good else 1
