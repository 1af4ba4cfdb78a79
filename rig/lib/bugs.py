# SPDX-License-Identifier: GPL-2.0-only
"""The known bugs of the stock core: what the short names in the cases' headers stand for."""

import functools
import re

from common import RIG, RigError

PAGE = RIG / "KNOWN_BUGS.md"
ROW = re.compile(r"^\| (\w+) ([\w-]+) \| (.+?) \| (.+?) \|$", re.M)


@functools.lru_cache(maxsize=None)
def known():
    """Short name to whole name, "O8" to "O8 compat-positive-errno"."""
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    names = {short: f"{short} {title}" for short, title, *_ in rows}
    if len(names) != len(rows):
        raise RigError(f"{PAGE.name}: a name stands there twice")
    return names


def name(short):
    """The whole name, for reports; an error if nobody has written it down."""
    try:
        return known()[short]
    except KeyError:
        raise RigError(f"{short} is no known bug ({PAGE.name} lists them)") from None
