# SPDX-License-Identifier: GPL-2.0-only
"""rig/mutants: breaks the core a line at a time and sees which test notices.

Only what the list names counts.  An edit moves code and data about, so that a test
of something else may fail by accident; so may a guest that does not even come up.
A hang or an alarm on the console is noticed by the suite that ran at that moment.
And a suite that fails with the unedited kernel notices nothing.
"""

import collections
import dataclasses
import fnmatch
import re
import subprocess

import cases
import guest
import kbuild
import ktap
import runner
from common import RIG, RigError, lock, say, write_if_different

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


def compiles(build):
    """Builds what is in the tree; false when the compiler refuses it."""
    try:
        kbuild.run_make(build, build.directory / "build.log", "bzImage")
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


def cases_for(tests):
    """A pattern of cases, or a glob of KUnit suites."""
    if is_case(tests):
        return cases.select(cases.all_cases(), [tests])
    case = cases.select(cases.all_cases(), ["kunit/builtin"])[0]
    append = f"{case.settings['append']} kunit.filter_glob={tests}"
    settings = {**case.settings, "append": append, "timeout": str(PATIENCE)}
    return [dataclasses.replace(case, settings=settings)]


def first_failure(tests, build):
    """The name of the first of the tests that fails, or nothing."""
    supplies = runner.Supplies(build, {})
    notice = noticed_by_case if is_case(tests) else noticed_by_kunit
    for case in cases_for(tests):
        outcome = runner.run_case(case, build, supplies.of(case), 1)
        noticed = notice(case, tests, outcome, runner.judge(case, build, outcome, False))
        if noticed:
            return noticed
    return ""


# one mutant

def failing_unedited(mutants, build):
    """What fails by itself: tests, as the list names them, to the first failure."""
    tests = sorted({mutant.tests for mutant in mutants})
    say(f"runs {len(tests)} suites and cases with the kernel as it is")
    return {name: first_failure(name, build) for name in tests}


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


def command(options):
    mutants = read_list(options.patterns)
    if options.list:
        for mutant in mutants:
            print(f"{mutant.file}: {mutant.edit} # {mutant.tests}")
        return 0
    build = kbuild.build_kernel()
    caught = missed = 0
    print(f"TAP version 13\n1..{len(mutants)}", flush=True)
    with lock("mutants"):
        failing = failing_unedited(mutants, build)
        for number, mutant in enumerate(mutants, 1):
            by, how = try_mutant(mutant, build) if not failing[mutant.tests] else \
                ("", f"UNEDITED IT FAILS TOO: {failing[mutant.tests]}")
            caught += bool(by)
            missed += not by
            print(f"{'ok' if by else 'not ok'} {number} - {mutant.file}: {mutant.edit} # {how}",
                  flush=True)
    say(f"the kernel in {build.directory} is the last mutant's: build it again")
    print(f"\n{caught} caught, {missed} missed")
    return 1 if missed else 0
