# SPDX-License-Identifier: GPL-2.0-only
"""rig/mutants: breaks the core a line at a time and sees which test notices.

One kernel has nearly all of the edits, each behind its number.  What such a kernel cannot
have (headers, the purgatory, what a test on the host reads), and what nobody notices in it,
is tried in a kernel that has just that edit.

Only what the list names counts.  An edit moves code and data about, so that a test
of something else may fail by accident; so may a guest that does not even come up.
A hang or an alarm on the console is noticed by the suite that ran at that moment.
And a suite that fails with the unedited kernel notices nothing.
"""

import collections
import concurrent.futures
import contextlib
import dataclasses
import fnmatch
import re
import shutil
import subprocess

import cases
import edits
import guest
import kbuild
import ktap
import runner
from common import RIG, ROOT, RigError, lock, say, write_if_different

LIST = RIG / "mutants.list"
# A broken kernel may hang, and there are many of them.
PATIENCE = 120

Mutant = collections.namedtuple("Mutant", "file tests edit")


def read_list(patterns):
    """The mutants of the list that a pattern names."""
    mutants = [Mutant(*line.split(None, 2))
               for line in LIST.read_text(encoding="utf-8").splitlines()
               if line and not line.startswith("#")]
    chosen = [mutant for mutant in mutants
              if not patterns or any(pattern in mutant.file or pattern in mutant.edit
                                     for pattern in patterns)]
    if not chosen:
        raise RigError("no mutant of that name")
    return chosen


def edited(mutant, source):
    """The file with its line changed; the list has to keep up with the sources."""
    done = subprocess.run(["sed", mutant.edit], input=source, capture_output=True, check=True)
    before, after = source.splitlines(), done.stdout.splitlines()
    changed = sum(old != new for old, new in zip(before, after))
    if len(before) != len(after) or changed != 1:
        raise RigError(f"{mutant.file}: {changed} lines change by {mutant.edit}")
    return done.stdout


def compiles(build, *options):
    """Builds what is in the tree; false when the compiler refuses it."""
    try:
        kbuild.run_make(build, build.directory / "build.log", "bzImage", *options)
    except RigError:
        return False
    return True


# what counts

TIME = r"^(?:\[ *\d+\.\d+\] )?"
SUITE_BEGINS = re.compile(TIME + r"    # Subtest: (\w+)$")
SUITE_ENDS = re.compile(TIME + r"(?:not )?ok \d+ \w+")


def is_case(tests):
    """Of a guest; the others are KUnit's."""
    return "/" in tests


def is_named(tests, suite, test="*"):
    """Whether SUITE or SUITE.TEST, as KUnit's filter has it, names that test."""
    suites, _, single = tests.partition(".")
    return fnmatch.fnmatch(suite, suites) and \
        (test == "*" or fnmatch.fnmatch(test, single or "*"))


def is_result_of(tests, name):
    """Whether a result, "SUITE: TEST: PARAMETER" or "SUITE has run", is one that is named."""
    suite, _, rest = name.removesuffix(" has run").partition(": ")
    return is_named(tests, suite, rest.partition(": ")[0] or "*")


def suites_at(lines):
    """The KUnit suite that runs at each line of a console, "" where none does."""
    running = ""
    for line in lines:
        begins = SUITE_BEGINS.match(line)
        if begins:
            running = begins[1]
        yield running
        if SUITE_ENDS.match(line):
            running = ""


def broken_off(case, tests, outcome):
    """What was wrong with a guest while the suites ran that are named, or nothing."""
    lines = guest.read_console(outcome.console).splitlines()
    suites = list(suites_at(lines))
    for line, suite in zip(lines, suites):
        if runner.is_alarm(case, line) and suite and is_named(tests, suite):
            return f"{suite}: console: {line.strip()}"
    if not outcome.ended and suites and suites[-1] and is_named(tests, suites[-1]):
        return f"{suites[-1]}: {outcome.reason}"
    return ""


def noticed_by_kunit(case, tests, outcome, findings):
    """The first failure of a named suite."""
    for finding in findings:
        if finding.status == ktap.FAIL and is_result_of(tests, finding.name):
            return finding.name
    return broken_off(case, tests, outcome)


def noticed_by_case(case, _, outcome, findings):
    """The first failure of a case whose guest has come as far as to begin with it."""
    if not case.host and not outcome.of("boot"):
        return ""
    for finding in findings:
        if finding.status == ktap.FAIL:
            return f"{finding.name}: {finding.detail}" if "runs to" in finding.name \
                else finding.name
    return ""


def cases_for(tests, number=0):
    """A pattern of cases, or a glob of KUnit suites, with an edit of the kernel switched on."""
    if is_case(tests):
        return [switched_on(case, number) for case in cases.select(cases.all_cases(), [tests])]
    case = cases.select(cases.all_cases(), ["kunit/builtin"])[0]
    append = f"{case.settings['append']} kunit.filter_glob={tests}"
    settings = {**case.settings, "append": append, "timeout": str(PATIENCE)}
    return [switched_on(dataclasses.replace(case, settings=settings), number)]


def switched_on(case, number):
    if not number:
        return case
    append = f"{case.settings['append']} {edits.PARAMETER}={number}"
    return dataclasses.replace(case, variant=f"{case.variant}-{number}",
                               settings={**case.settings, "append": append})


def first_failure(tests, build, number=0):
    """The name of the first of the tests that fails, or nothing."""
    supplies = runner.Supplies(build, {})
    notice = noticed_by_case if is_case(tests) else noticed_by_kunit
    for case in cases_for(tests, number):
        outcome = runner.run_case(case, build, supplies.of(case), 1)
        noticed = notice(case, tests, outcome, runner.judge(case, build, outcome, False))
        if number:
            shutil.rmtree(outcome.directory)
        if noticed:
            return noticed
    return ""


# many in one kernel

def can_be_woven(mutant):
    """Whether a kernel may have it beside others: its own code, looked at in a guest."""
    return mutant.file.endswith(".c") and "/purgatory/" not in mutant.file and \
        not any(case.host for case in cases_for(mutant.tests))


def change_of(mutant, source):
    """What an edit of the list, or one made by chance, changes in the file."""
    if isinstance(mutant.edit, edits.Change):
        return mutant.edit
    return edits.difference(source, edited(mutant, source.encode()).decode())


def weave(mutants, sources):
    """The files with those of the mutants, a dictionary by number, that they can have."""
    files = collections.defaultdict(dict)
    for number, mutant in mutants.items():
        files[mutant.file][number] = change_of(mutant, sources[mutant.file])
    return {name: edits.weave(sources[name], changes)[0] for name, changes in files.items()}


def not_compiled(log, files):
    """Numbers of the edits on the lines that the compiler did not like."""
    wrong = set()
    for name, line in re.findall(r"^(\S+?):(\d+):\d+: error: ", log, re.M):
        text = next((text for file, text in files.items() if name.endswith(f"/{file}")), "")
        wrong |= edits.numbers_on("".join(text.splitlines()[int(line) - 1:int(line)]))
    return wrong


@contextlib.contextmanager
def woven(mutants, build):
    """The numbers of those mutants, a dictionary by number, that the kernel has meanwhile."""
    core = "kernel/kexec_core.c"
    sources = {name: (build.tree / name).read_text(encoding="utf-8")
               for name in {core, *(mutant.file for mutant in mutants.values())}}
    files, left, built = {}, dict(mutants), False
    try:
        while not built:
            files = {core: sources[core], **weave(left, sources)}
            files[core] += edits.DEFINITION
            for name, text in files.items():
                write_if_different(build.tree / name, text.encode())
            built = compiles(build, "-k")
            log = (build.directory / "build.log").read_text(encoding="utf-8", errors="replace")
            wrong = set() if built else not_compiled(log, files)
            if not built and not wrong:
                raise RigError(f"the edits do not compile, see {build.directory}/build.log")
            left = {number: mutant for number, mutant in left.items() if number not in wrong}
        yield edits.numbers_on("".join(files.values()))
    finally:
        for name, text in sources.items():
            write_if_different(build.tree / name, text.encode())


def failing_unedited(mutants, build):
    """What fails by itself: tests, as the list names them, to the first failure."""
    tests = sorted({mutant.tests for mutant in mutants})
    say(f"runs {len(tests)} suites and cases with no edit switched on")
    return {name: first_failure(name, build) for name in tests}


def try_woven(mutants, build, jobs, tell):
    """Tells of those that are noticed in a kernel with all; returns the others, and what fails."""
    with woven({number: mutant for number, mutant in mutants.items()
                if can_be_woven(mutant)}, build) as numbers:
        say(f"{len(numbers)} of {len(mutants)} edits are in one kernel")
        failing = failing_unedited(mutants.values(), build)
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            running = {number: pool.submit(first_failure, mutants[number].tests, build, number)
                       for number in sorted(numbers) if not failing[mutants[number].tests]}
            for number, future in running.items():
                if future.result():
                    tell(mutants[number], future.result())
    noticed = {number for number, future in running.items() if future.result()}
    return {number: mutant for number, mutant in mutants.items() if number not in noticed}, failing


# one at a time

def try_mutant(mutant, build):
    """The test that notices, or nothing; and in words what came of it."""
    path = build.tree / mutant.file
    source = path.read_bytes()
    try:
        write_if_different(path, edited(mutant, source))
        if not compiles(build):
            return "", "does not compile"
        by = first_failure(mutant.tests, build)
        return by, by or "NO TEST FAILS"
    finally:
        write_if_different(path, source)


# by chance

def by_chance(count, seed):
    """Edits that are in no list, of the core's own files; every suite counts."""
    names = [*ROOT.glob("kernel/kexec*.c"), *ROOT.glob("kernel/kexec/*.c"),
             *ROOT.glob("arch/x86/kernel/kexec*.c")]
    sources = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in names}
    return [Mutant(name, "kexec*", change)
            for name, change in edits.by_chance(sources, count, seed)]


def described(mutant):
    """An edit, for people."""
    if not isinstance(mutant.edit, edits.Change):
        return f"{mutant.file}: {mutant.edit}"
    start, end, text = mutant.edit
    source = (ROOT / mutant.file).read_text(encoding="utf-8")
    line = source.count("\n", 0, start) + 1
    return f"{mutant.file}:{line}: {' '.join(source[start:end].split())} -> {text}"


class Report:
    """A line of TAP for each, as it comes."""

    def __init__(self, count):
        self.caught = self.missed = 0
        print(f"TAP version 13\n1..{count}", flush=True)

    def tell(self, mutant, by, how=""):
        self.caught += bool(by)
        self.missed += not by
        print(f"{'ok' if by else 'not ok'} {self.caught + self.missed} - "
              f"{described(mutant)} # {how or by}", flush=True)


def command(options):
    mutants = by_chance(options.by_chance, options.seed) if options.by_chance else \
        read_list(options.patterns)
    if options.list:
        for mutant in mutants:
            print(f"{described(mutant)} # {mutant.tests}")
        return 0
    build = kbuild.build_kernel()
    report = Report(len(mutants))
    with lock("mutants"):
        left, failing = try_woven(dict(enumerate(mutants, 1)), build, options.jobs, report.tell)
        for mutant in left.values():
            if failing[mutant.tests]:
                report.tell(mutant, "", f"UNEDITED IT FAILS TOO: {failing[mutant.tests]}")
            elif options.by_chance:
                report.tell(mutant, "", "NO TEST FAILS")
            else:
                report.tell(mutant, *try_mutant(mutant, build))
    say(f"the kernel in {build.directory} is a mutant's: build it again")
    print(f"\n{report.caught} caught, {report.missed} missed")
    return 1 if report.missed else 0
