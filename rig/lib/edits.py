# SPDX-License-Identifier: GPL-2.0-only
"""Edits of C sources, as many as one kernel can carry, each switched on by its number.

To build a kernel for each takes nearly all of the time that trying it takes.  So the edits
of a value (a condition, what a variable begins with) or of a statement are woven in: beside
what there is stands what it becomes, and a parameter of the kernel says which of them counts.
"""

import collections
import random
import re

# What is put in the place of [start, end) of a source.
Change = collections.namedtuple("Change", "start end text")
# Where a change can be woven in: a value, or a statement with its semicolon.
Place = collections.namedtuple("Place", "is_value start end")

PARAMETER = "kexec_edit"
DECLARATION = f"extern int {PARAMETER};\n"
DEFINITION = f"""
#include <linux/moduleparam.h>
int {PARAMETER} __read_mostly;
core_param({PARAMETER}, {PARAMETER}, int, 0444);
"""

NOT_CODE = re.compile(r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|^[ \t]*\#(?:\\\n|[^\n])*""",
                      re.S | re.M)
BODY = re.compile(r"^\{\n(.*?)^\}", re.S | re.M)
HEAD = re.compile(r"(if|while|for|switch|\w*for_each\w*|scoped_\w+)\s*\(")
LEAD = re.compile(r"\s+|[{};]|(?:else|do)\b|default\s*:|case\b[^:;]*:|\w+:(?=\s)")
# What brings a name with it has to stay where it is.
SCOPED = re.compile(r"(?:guard|CLASS|DEFINE_\w+|DECLARE_\w+|KUNIT_STATIC_STUB_REDIRECT)\(|static\b")
TYPED = re.compile(r"(?!return\b)(?:(?:const|struct|union|enum|unsigned|signed|long|volatile)\b|"
                   r"\w+(?: \w+)* \**\w+(?:\[\w*\])?(?: = |;|,))")
BEGINS = re.compile(r" = (?!\{)")


# places

def blanked(source):
    """The source, as long as it is, with nothing in comments, strings and directives."""
    def blank(match):
        return re.sub(r"[^\n]", "x" if match[0][0] in "\"'" else " ", match[0])
    return NOT_CODE.sub(blank, source)


def end_of(code, at, stops):
    """Where one of the characters comes first, outside of brackets that open from here on."""
    depth = 0
    while depth or code[at] not in stops:
        depth += (code[at] in "([{") - (code[at] in ")]}")
        at += 1
    return at


def values_of(code, start, end):
    """What the variables of a declaration begin with."""
    begins = BEGINS.search(code, start, end)
    while begins:
        stop = end_of(code, begins.end(), ",;")
        yield Place(True, begins.end(), stop)
        begins = BEGINS.search(code, stop, end)


def places_in(code, at, end):
    while at < end:
        head, lead = HEAD.match(code, at), LEAD.match(code, at)
        if head:
            close = end_of(code, head.end(), ")")
            start = end_of(code, head.end(), ";)") + 1 if head[1] == "for" else head.end()
            if head[1] in ("if", "while", "for"):
                yield Place(True, start, end_of(code, start, ";)"))
            at = close + 1
        elif lead:
            at = lead.end()
        else:
            stop = end_of(code, at, ";") + 1
            if SCOPED.match(code, at):
                pass
            elif TYPED.match(code, at):
                yield from values_of(code, at, stop)
            else:
                yield Place(False, at, stop)
            at = stop


def places(source):
    """All of them, in the order of the source."""
    code = blanked(source)
    return [place for body in BODY.finditer(code)
            for place in places_in(code, body.start(1), body.end(1))]


# weaving

def difference(before, after):
    """The one change that makes the one text the other."""
    start = next((i for i, (old, new) in enumerate(zip(before, after)) if old != new),
                 min(len(before), len(after)))
    same = 0
    while same < min(len(before), len(after)) - start and before[-1 - same] == after[-1 - same]:
        same += 1
    return Change(start, len(before) - same, after[start:len(after) - same])


def changed(source, place, change):
    """What becomes of a place; None where it would not be one afterwards."""
    text = source[place.start:change.start] + change.text + source[change.end:place.end]
    if place.is_value:
        good = text.strip() and text.count("(") == text.count(")")
    else:
        good = text.endswith(";")
    return text if good else None


def alternative(place, number, text, otherwise):
    chosen = f"{PARAMETER} == {number}"
    return f"{chosen} ? ({text}) : ({otherwise})" if place.is_value else \
        f"{{ if ({chosen}) {{ {text} }} else {{ {otherwise} }} }}"


def weave(source, changes):
    """The source with the changes, a dictionary by number, and the numbers of those it has.

    All that a place may be is on one line, which is what a compiler names.
    """
    found = {place: {} for place in places(source)}
    for number, change in changes.items():
        place = next((place for place in found
                      if place.start <= change.start and change.end <= place.end), None)
        text = place and changed(source, place, change)
        if text:
            found[place][number] = text
    woven = source
    for place, texts in reversed(found.items()):
        if texts:
            text = source[place.start:place.end]
            lines = text.count("\n")
            for number, edited in texts.items():
                text = alternative(place, number, edited, text)
            woven = woven[:place.start] + text.replace("\n", " ") + "\n" * lines + \
                woven[place.end:]
    numbers = {number for texts in found.values() for number in texts}
    return (DECLARATION + woven if numbers else source), numbers


def numbers_on(line):
    """Which edits a line of a woven source has."""
    return {int(number) for number in re.findall(rf"\b{PARAMETER} == (\d+)", line)}


# edits by chance

OTHERS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||",
          "||": "&&", "+": "-", "-": "+"}
OPERATOR = re.compile(r" (<=|>=|==|!=|<|>|&&|\|\||[+-]) (?=[\w(!])")
SWAPPED = {"min": "max", "max": "min", "ALIGN": "ALIGN_DOWN", "ALIGN_DOWN": "ALIGN",
           "true": "false", "false": "true"}
WORD = re.compile(rf"\b({'|'.join(SWAPPED)})\b")
# What tells somebody something, or only how to go on.
TELLS = re.compile(r"(?:pr_|trace_|cond_resched|might_|lockdep|WARN|kexec_dbg|refuse_|break\b|"
                   r"continue\b|goto\b|return;)")
CALL = re.compile(r"(?:return )?!?\w+\(.*\);", re.S)


def variants(code, place):
    """What might be wrong at a place: operators, a test left out, a call that is not made."""
    text = code[place.start:place.end]
    for pattern, others in (OPERATOR, OTHERS), (WORD, SWAPPED):
        for match in pattern.finditer(text):
            yield Change(place.start + match.start(1), place.start + match.end(1),
                         others[match[1]])
    if place.is_value and re.search(r"\bif\s*\($", code[:place.start]):
        yield Change(place.start, place.end, "0")
    elif CALL.fullmatch(text):
        yield Change(place.start, place.end, "return 0;" if text.startswith("return") else ";")


def by_chance(sources, count, seed):
    """File and change, COUNT of them, one a place at most; the same for the same seed."""
    chance = random.Random(seed)
    found = []
    for name, source in sorted(sources.items()):
        code = blanked(source)
        for place in places(source):
            choice = [*variants(code, place)] if not TELLS.match(code, place.start) else []
            if choice:
                found.append((name, chance.choice(choice)))
    return chance.sample(found, min(count, len(found)))
