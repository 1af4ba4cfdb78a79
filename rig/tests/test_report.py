# SPDX-License-Identifier: GPL-2.0-only
"""What a run says at its end."""

from ktap import FAIL, PASS
from report import SLOWEST, Finding, Report


def closed(capsys, findings):
    report = Report("rig/test")
    report.add(findings, None)
    good = report.close(60)
    return good, capsys.readouterr().out


def many(count):
    return [Finding(f"e2e/case{at}", "goes", PASS, seconds=at) for at in range(count)]


def test_the_slowest_cases_come_first(capsys):
    good, out = closed(capsys, many(2 * SLOWEST))
    named = out.split("slowest:\n")[1].splitlines()[:SLOWEST]
    assert good
    assert [line.split()[0] for line in named] == \
        [f"e2e/case{at}" for at in range(2 * SLOWEST - 1, SLOWEST - 1, -1)]


def test_a_few_cases_have_no_slowest(capsys):
    assert "slowest" not in closed(capsys, many(2 * SLOWEST - 1))[1]


def test_a_failure_is_named_and_counts(capsys):
    good, out = closed(capsys, many(3) + [Finding("e2e/case1", "stops", FAIL, "it did not")])
    assert not good
    assert "failed:\n  e2e/case1: stops (it did not)\n\n3 passed, 1 failed\n" in out
