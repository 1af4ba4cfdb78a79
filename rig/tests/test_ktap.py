# SPDX-License-Identifier: GPL-2.0-only
"""KTAP as kernels and selftests print it, and as it comes when they die."""

import ktap


def flat(text):
    return [(result.name, result.status) for result in ktap.parse(text.splitlines())]


GOOD = """\
KTAP version 1
1..2
    KTAP version 1
    # Subtest: kexec_range
    1..2
    ok 1 a hole is found
    ok 2 none is found # SKIP no memory
ok 1 kexec_range
ok 2 kexec_check
"""


def test_blocks_are_flattened():
    assert flat(GOOD) == [("kexec_range: a hole is found", "pass"),
                          ("kexec_range: none is found", "skip"), ("kexec_check", "pass")]


def test_a_failure_deep_inside_is_one_failure():
    text = GOOD.replace("    ok 1 a hole", "    not ok 1 a hole").replace("ok 1 kexec_range",
                                                                         "not ok 1 kexec_range")
    assert [status for _, status in flat(text)] == ["fail", "skip", "pass"]


def test_a_block_that_fails_by_itself_counts():
    text = GOOD.replace("\nok 1 kexec_range", "\nnot ok 1 kexec_range")
    assert ("kexec_range", "fail") in flat(text)


def test_results_that_are_missing_are_a_failure():
    text = GOOD.replace("    ok 1 a hole is found\n", "")
    assert ("kexec_range: plan", "fail") in flat(text)


def test_a_log_that_is_cut_off_is_a_failure():
    for cut in range(len("KTAP version 1\n1..2\n"), GOOD.index("ok 2 kexec_check")):
        assert any(status == "fail" for _, status in flat(GOOD[:cut])), GOOD[:cut]


def test_a_program_without_a_plan_is_a_failure():
    assert flat("ok 1 something\n")[-1] == ("plan", "fail")
    assert flat("")[-1] == ("plan", "fail")


def test_a_timeout_is_no_skip():
    assert flat("1..1\nok 1 slow # TIMEOUT 45 seconds\n") == [("slow", "fail")]


def test_the_kernel_talking_in_between_changes_nothing():
    text = GOOD.replace("    ok 2", "[    1.234567] kexec: refused: not ok at all (-EINVAL)\n    ok 2")
    assert flat(text) == flat(GOOD)


def test_what_was_said_before_a_failure_is_its_detail():
    result, = ktap.parse(["1..1", "# expected 0, got -22", "not ok 1 - load"])
    assert result.detail == "expected 0, got -22"
