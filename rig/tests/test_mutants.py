# SPDX-License-Identifier: GPL-2.0-only
"""What counts as noticed when a line of the core is broken."""

import pathlib

import pytest

import cases
import guest
import ktap
import mutants
from common import ROOT, RigError
from report import Finding

CONSOLE = """\
[    0.100000] Linux version 7.3.4
[    1.200000]     # Subtest: kexec_claim
[    1.300000]         # Subtest: claims_around_obstacles
[    1.400000] WARNING: mm/page_alloc.c:1 at somewhere
[    1.500000]     ok 3 claims_around_obstacles
[    1.600000] ok 1 kexec_claim
[    1.700000] something else
[    1.800000]     # Subtest: kexec_pages
"""


@pytest.fixture(name="outcome")
def outcome_fixture(tmp_path):
    """Makes the outcome of a guest with that console; it has come to its init, or not."""
    def make(console="", ended=True, init=True):
        (tmp_path / "console.log").write_text(console)
        lines = [guest.Line(0, "boot", "1 7.3.4")] * init
        return guest.Outcome(lines, ended, "in time" if ended else "still running", 1,
                             pathlib.Path(tmp_path))
    return make


def case(name="kunit/builtin"):
    return cases.select(cases.all_cases(), [name])[0]


def failed(name, of="kunit/builtin"):
    return Finding(of, name, ktap.FAIL, "why")


def test_a_suite_runs_from_its_first_line_to_its_last():
    assert list(mutants.suites_at(CONSOLE.splitlines())) == \
        [""] + 5 * ["kexec_claim"] + ["", "kexec_pages"]


@pytest.mark.parametrize("tests, name, good", [
    ("kexec_claim", "kexec_claim: free_memory_is_claimed", True),
    ("kexec_claim", "kexec_claim: claims_around_obstacles: the last page", True),
    ("kexec_claim", "kexec_claim has run", True),
    ("kexec_claim", "kexec_pages: seed 2", False),
    ("kexec_claim", "kexec_claims: of another suite", False),
    ("kexec_claim", "runs to its end", False),
    ("kexec_[cp]*", "kexec_pages: seed 2", True),
    ("kexec_claim.claims*", "kexec_claim: claims_around_obstacles: the last page", True),
    ("kexec_claim.free*", "kexec_claim: claims_around_obstacles: the last page", False),
])
def test_a_result_counts_that_is_named(tests, name, good):
    assert mutants.is_result_of(tests, name) == good


def test_the_failure_of_another_suite_is_not_noticed(outcome):
    findings = [failed("kexec_pages: seed 2"), failed("kexec_claim: first"),
                failed("kexec_claim: second")]
    quiet = outcome(CONSOLE.replace("WARNING", "all is well"))
    assert mutants.noticed_by_kunit(case(), "kexec_claim", quiet, findings) == \
        "kexec_claim: first"
    assert mutants.noticed_by_kunit(case(), "kexec_arm", quiet, findings) == ""


def test_an_alarm_is_noticed_by_the_suite_that_ran(outcome):
    findings = [failed("runs to its end")]
    assert "WARNING" in mutants.noticed_by_kunit(case(), "kexec_claim", outcome(CONSOLE), findings)
    assert not mutants.noticed_by_kunit(case(), "kexec_pages", outcome(CONSOLE), findings)


def test_a_hang_is_noticed_by_the_suite_that_ran(outcome):
    findings = [failed("runs to its end")]
    hang = outcome(CONSOLE, ended=False)
    assert mutants.noticed_by_kunit(case(), "kexec_pages", hang, findings) == \
        "kexec_pages: still running"
    assert not mutants.noticed_by_kunit(case(), "kexec_arm", hang, findings)
    assert not mutants.noticed_by_kunit(case(), "kexec_pages",
                                        outcome("[    0.1] Linux", ended=False), findings)


def test_a_case_notices_nothing_before_it_begins(outcome):
    findings = [failed("runs to its end", "e2e/hello")]
    assert mutants.noticed_by_case(case("e2e/hello"), "e2e/hello", outcome(), findings) == \
        "runs to its end: why"
    assert mutants.noticed_by_case(case("e2e/hello"), "e2e/hello",
                                   outcome(init=False, ended=False), findings) == ""


def test_every_mutant_of_the_list_has_its_tests():
    for mutant in mutants.read_list([]):
        assert mutants.cases_for(mutant.tests)


def problem(mutant):
    """What is wrong with an edit of one of our files; the base tree's are not here."""
    path = ROOT / mutant.file
    try:
        return path.exists() and mutants.edited(mutant, path.read_bytes()) and None
    except RigError as error:
        return str(error)


def test_the_list_keeps_up_with_the_sources():
    assert [*filter(None, map(problem, mutants.read_list([])))] == []
