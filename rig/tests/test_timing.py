# SPDX-License-Identifier: GPL-2.0-only
"""What rig/run says of time."""

import re

import pytest

import timing
from common import RIG, RigError
from guest import Line

SCRIPT = (RIG / "guest/run.sh").read_text(encoding="utf-8")
TIMED = [("load", "loaded"), ("arm", "armed"), ("dump", "dumped")]

# Marks of two kernels, at a counter of 1 GHz: the second began 5 s after the first.
MARKS = """\
boot 1
mark init-1 1000000000 11000000000
mark load 2000000000 12000000000
mark loaded 2300000000 12300000000
boot 2
mark init-2 500000000 15500000000
"""


def lines(text):
    return [Line(0, *line.split(" ", 1)) for line in text.splitlines()]


@pytest.mark.parametrize("first, last", TIMED)
def test_what_is_timed_is_the_thing_alone(first, last):
    between = re.search(rf"\tmark {first}\n(.*?)\tmark {last}\n", SCRIPT, re.S)[1]
    assert between.count("check ") == 1 and "$(" not in between and "`" not in between
    assert "|" not in between


def test_all_kernels_are_on_one_axis():
    clock = timing.Clock(lines(MARKS))
    assert clock.rate == 1e9
    assert clock.at(0, "loaded") - clock.at(0, "load") == pytest.approx(0.3)
    assert clock.start(0) == pytest.approx(0) and clock.start(1) == pytest.approx(5)


@pytest.mark.parametrize("text", ["", "boot 1\n", "boot 1\nmark one 5 5\n", "mark early 1 1\n"])
def test_too_few_marks_are_an_error(text):
    with pytest.raises(RigError, match="no marks"):
        timing.Clock(lines(text))


def test_a_mark_that_did_not_come_is_an_error():
    with pytest.raises(RigError, match="mark armed"):
        timing.Clock(lines(MARKS)).at(1, "armed")


def test_the_shutdown_is_between_two_lines_of_the_console():
    console = ("[    2.300000] rig: reboot\r\n[    2.312500] kvm: exiting\r\n"
               "[    2.312800] kexec_core: Starting new kernel\r\n[    0.000000] Linux version\r\n")
    assert timing.shutdown_seconds(console) == pytest.approx(0.0128)
    with pytest.raises(RigError, match="Starting new kernel"):
        timing.shutdown_seconds(console.replace("Starting", "Stopping"))
