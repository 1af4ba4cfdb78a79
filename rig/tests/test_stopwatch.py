# SPDX-License-Identifier: GPL-2.0-only
"""Time limits: what a process has waited for a CPU does not count."""

import os

import pytest

import stopwatch
from common import RigError


def test_the_wait_for_a_cpu_is_taken_off(tmp_path):
    watch = stopwatch.Stopwatch(os.getpid())
    watch.tasks = tmp_path
    watch.began -= 100
    for name, waited in (("1", 5), ("2", 60)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "schedstat").write_text(f"7000000000 {waited}000000000 12\n")
    assert 40 <= watch.read() < 99
    # a thread that is gone has waited all the same
    (tmp_path / "2/schedstat").unlink()
    assert 40 <= watch.read() < 99


@pytest.mark.parametrize("text", ["", "0\n"])
def test_a_kernel_that_does_not_count_is_no_obstacle(tmp_path, text):
    (tmp_path / "schedstat").write_text(text)
    assert stopwatch.run_delay(tmp_path / "schedstat") == 0
    assert stopwatch.run_delay(tmp_path / "none") == 0


def test_a_program_is_run():
    done = stopwatch.run(["sh", "-c", "echo out; echo err >&2; exit 3"], 60)
    assert (done.stdout, done.stderr, done.returncode) == ("out\n", "err\n", 3)


def test_a_program_that_hangs_is_ended():
    with pytest.raises(RigError, match="still runs"):
        stopwatch.run(["sleep", "1000"], 0.1)
