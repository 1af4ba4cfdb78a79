# SPDX-License-Identifier: GPL-2.0-only
"""Reads KTAP, nested to any depth, into a flat list of single results.

A result line that closes a block of indented results stands for the block: it
is not counted itself, unless it says "not ok" while none of the block's does.
A plan that does not agree with what came is a failure of its own, and so is a
program that printed no plan at all.
"""

import collections
import re

Result = collections.namedtuple("Result", "name status detail", defaults=("",))
PASS, FAIL, SKIP = "pass", "fail", "skip"

RESULT = re.compile(r"^(?P<indent>\s*)(?P<not>not )?ok\b\s*\d*\s*(?:- )?(?P<name>.*?)"
                    r"(?:\s*#\s*(?P<directive>SKIP|TODO|XFAIL|TIMEOUT)\b:?\s*(?P<why>.*))?$", re.I)
PLAN = re.compile(r"^(\s*)1\.\.(\d+)")
NOTE = re.compile(r"^\s*#\s?(.*)")
CHATTER = re.compile(r"^(Subtest:|module:|\S*:? pass:|Totals:|RUN|OK|Starting|PASSED|selftests:)")


class Reader:
    """The state between the lines: open blocks by their indentation."""

    def __init__(self):
        self.open, self.counts, self.plans, self.notes = {}, {}, {}, []

    def line(self, text):
        result, plan, note = RESULT.match(text), PLAN.match(text), NOTE.match(text)
        if result:
            self.result(result)
        elif plan:
            self.plans[len(plan[1])] = int(plan[2])
        elif note:
            if not CHATTER.match(note[1].strip()):
                self.notes.append(note[1])
        elif text.strip():
            self.notes.append(text.strip())

    def result(self, match):
        depth, name = len(match["indent"]), match["name"].strip() or "unnamed"
        self.counts[depth] = self.counts.get(depth, 0) + 1
        inner = self.close(depth)
        status = FAIL if match["not"] else PASS
        if match["directive"]:
            status = FAIL if match["directive"].upper() == "TIMEOUT" else SKIP
        if inner:
            leaves = [leaf._replace(name=f"{name}: {leaf.name}") for leaf in inner]
            if status == FAIL and all(leaf.status != FAIL for leaf in inner):
                leaves.append(Result(name, FAIL, self.told()))
        else:
            detail = match["why"] or (self.told() if status == FAIL else "")
            leaves = [Result(name, status, detail)]
        self.notes = []
        self.open.setdefault(depth, []).extend(leaves)

    def told(self):
        return " | ".join(self.notes[-6:])

    def close(self, depth):
        """The results of the blocks deeper than depth, with their plans checked."""
        inner = []
        for deeper in sorted(at for at in {*self.open, *self.plans} if at > depth):
            inner += self.open.pop(deeper, [])
            planned, came = self.plans.pop(deeper, None), self.counts.pop(deeper, 0)
            if planned is not None and planned != came:
                inner.append(Result("plan", FAIL, f"{came} results of {planned}"))
        return inner

    def end(self):
        planned = self.plans.get(0)
        leaves = self.close(-1)
        if planned is None:
            leaves.append(Result("plan", FAIL, f"no plan came; last words: {self.told()}"))
        return leaves


def parse(lines):
    """The results in the KTAP lines."""
    reader = Reader()
    for line in lines:
        reader.line(line)
    return reader.end()
