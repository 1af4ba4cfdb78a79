# SPDX-License-Identifier: GPL-2.0-only
"""When a guest that says nothing is given up early, to be tried once more."""

import time
import types

import pytest

import guest

STICKS = "[    1.017873] vgaarb: loaded\r\n"
GOES_ON = STICKS + "[    1.018000] clocksource: Switched to clocksource tsc-early\r\n"


@pytest.fixture(name="silent")
def silent_guest(tmp_path, monkeypatch):
    """A guest that has come to its init and says nothing for a minute; its console can be set."""
    monkeypatch.setattr(guest, "main_thread_seconds", lambda pid: 0)
    silent = guest.Guest("silent", None, None, guest.Machine(), "")
    silent.directory = tmp_path
    silent.signs = [tmp_path / "console.log"]
    silent.process, silent.born = types.SimpleNamespace(pid=1), time.time()
    silent.lines = [guest.Line(0, "boot", "1 7.3.4")]

    def says(text):
        (tmp_path / "console.log").write_text(text)
        silent.stopwatch = types.SimpleNamespace(read=lambda: 10)
        silent.mute()
        silent.stopwatch = types.SimpleNamespace(read=lambda: 75)
        return silent
    return says


def test_a_later_kernel_is_where_all_get_stuck(silent):
    assert silent(STICKS).mute()


def test_a_later_kernel_hangs_elsewhere(silent):
    assert not silent(GOES_ON).mute()


def test_a_later_kernel_has_said_nothing(silent):
    assert not silent("").mute()


def test_the_first_kernel(silent):
    mute = silent(GOES_ON)
    mute.lines = []
    assert mute.mute()


def test_not_for_long(silent):
    quiet = silent(STICKS)
    quiet.stopwatch.read = lambda: 20
    assert not quiet.mute()
