# SPDX-License-Identifier: GPL-2.0-only
"""rig/mutants: breaks the core a line at a time and sees which test notices."""

import argparse
import collections
import dataclasses
import subprocess

import cases
import kbuild
import ktap
import runner
from common import RIG, RigError, lock, main, say, write_if_different

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


def cases_for(mutant, build):
    """A pattern of cases, or a glob of KUnit suites."""
    if "/" in mutant.tests:
        return cases.select(cases.all_cases(), [mutant.tests])
    case = cases.select(cases.all_cases(), ["kunit/builtin"])[0]
    append = f"{case.settings['append']} kunit.filter_glob={mutant.tests}"
    settings = {**case.settings, "append": append, "timeout": str(PATIENCE)}
    return [dataclasses.replace(case, settings=settings)]


def first_failure(mutant, build):
    """The name of the first test that fails, or nothing."""
    supplies = runner.Supplies(build, {})
    for case in cases_for(mutant, build):
        outcome = runner.run_case(case, build, supplies.of(case), 1)
        for finding in runner.judge(case, build, outcome, False):
            if finding.status == ktap.FAIL:
                return f"{finding.name}: {finding.detail}" if "runs to" in finding.name \
                    else finding.name
    return ""


def try_mutant(mutant, build):
    """Its verdict: a test's name, nothing, or None when it does not even compile."""
    path = build.tree / mutant.file
    source = path.read_bytes()
    try:
        write_if_different(path, edited(mutant, source))
        return first_failure(mutant, build) if compiles(build) else None
    finally:
        write_if_different(path, source)


def command(arguments):
    parser = argparse.ArgumentParser(prog="rig/mutants", description=__doc__)
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    mutants = read_list(parser.parse_args(arguments).patterns)
    build = kbuild.build_kernel()
    caught = missed = 0
    print(f"TAP version 13\n1..{len(mutants)}", flush=True)
    with lock("mutants"):
        for number, mutant in enumerate(mutants, 1):
            by = try_mutant(mutant, build)
            caught += bool(by)
            missed += not by
            how = "does not compile" if by is None else by or "NO TEST FAILS"
            print(f"{'ok' if by else 'not ok'} {number} - {mutant.file}: {mutant.edit} # {how}",
                  flush=True)
    say(f"the kernel in {build.directory} is the last mutant's: build it again")
    print(f"\n{caught} caught, {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    main(command)
