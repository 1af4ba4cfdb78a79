# SPDX-License-Identifier: GPL-2.0-only
"""Merges our MAINTAINERS entries into the tree's file, by their titles.

An entry is a paragraph whose second line has the form "M:<tab>text"; its first
line is its title.  What comes before the first entry stays as it is.
"""

import re

ENTRY = re.compile(r"(?m)^(\S.*)\n((?:[A-Z]:\t.*(?:\n|\Z))+)")


def entries(text):
    """Title to body, in the order of the text."""
    return {match[1]: match[2] for match in ENTRY.finditer(text)}


def merge(theirs, ours):
    """Their text with our entries in the place of theirs, new ones in order."""
    wanted = entries(ours)
    merged = ENTRY.sub(lambda match: f"{match[1]}\n{wanted.pop(match[1], match[2])}", theirs)
    for title, body in wanted.items():
        before = max((match for match in ENTRY.finditer(merged)
                      if match[1].lower() < title.lower()),
                     key=lambda match: match[1].lower(), default=None)
        place = before.end() + 1 if before else ENTRY.search(merged).start()
        merged = f"{merged[:place]}{title}\n{body}\n{merged[place:]}"
    return merged
