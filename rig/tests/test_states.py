# SPDX-License-Identifier: GPL-2.0-only
"""What rig/bench states makes of its guests' answers."""

import types

import states
from states import Try

SAID = {"1-0-32": "40 0 600 0 5000000", "1-0-256": "40 0 600 12 9000000"}
ENOMEM = 12


def tries(*changes):
    return [Try("1-0", 32, 40, 0, 600, 0, 5.0)._replace(**change) for change in changes]


def broken(found):
    return [text for text, holds in states.claims(found) if not holds]


def test_a_guest_s_lines_are_tries():
    outcome = types.SimpleNamespace(values=lambda: SAID)
    assert list(states.tries(outcome)) == [
        Try("1-0", 32, 40, 0, 600, 0, 5.0), Try("1-0", 256, 40, 0, 600, ENOMEM, 9.0)]


def test_each_share_is_between_two_bounds():
    bins = list(states.between((0, 2, 100)))
    assert [name for name, _ in bins] == ["0", "1-2", "3-100"]
    for share in range(101):
        assert sum(inside(share) for _, inside in bins) == 1


def test_the_table_counts_what_fits():
    found = tries({}, {"error": ENOMEM}, {"free": 40, "error": ENOMEM}, {"mib": 64, "used": 80})
    rows = [line.split() for line in states.table(found, dict.fromkeys(states.SIZES, True)).splitlines()]
    assert ["0-50", "0", "1/2", "-", "-", "-"] in rows
    assert ["76-90", "0", "-", "1/1", "-", "-"] in rows
    assert ["all", "1/2", "1/1", "-", "-"] in rows


def test_nothing_but_want_of_memory_is_a_reason():
    assert not broken(tries({}, {"error": ENOMEM}))
    assert len(broken(tries({}, {"error": 22}))) == 1
