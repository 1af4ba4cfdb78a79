# SPDX-License-Identifier: GPL-2.0-only
"""What documents are held against."""

import documents


def test_plain_log():
    """Of any version of makedumpfile: the time, the words, and no more."""
    assert documents.plain_log([
        "[    0.000000] Linux version 7.3.4",
        "[    0.000000] [      T0] Linux version 7.3.4",
        "[   12.345678] [     C1] [mem 0x0-0xfff]",
        "[   12.345678] [mem 0x0-0xfff]",
        "              indented",
    ]) == [
        "[    0.000000] Linux version 7.3.4",
        "[    0.000000] Linux version 7.3.4",
        "[   12.345678] [mem 0x0-0xfff]",
        "[   12.345678] [mem 0x0-0xfff]",
        "indented",
    ]
