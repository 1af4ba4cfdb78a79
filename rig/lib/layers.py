# SPDX-License-Identifier: GPL-2.0-only
"""Whether each file of the core calls only what lies below it, as built.

    rig/layers BUILD      prints TAP, and a drawing of the floors

Read from the symbol tables of the objects: who defines a name, and who wants it.
Tracepoints do not count: they are defined in one file and fired from all.
"""

import collections
import pathlib
import re
import subprocess

from common import RigError

OBJECTS = ("kernel/kexec*.o", "kernel/kexec/*.o")
TRACE = re.compile(r"__(tracepoint|traceiter|SCK__tp|SCT__tp|probestub)_")
SYMBOL = re.compile(r"^(?:[0-9a-f]+)? +([A-Za-z]) (\S+)$")
DEFINED = set("TDBRVWSG")


def objects(build):
    """The core's, as kbuild made them; not what holds other objects."""
    found = [path for pattern in OBJECTS for path in sorted(pathlib.Path(build).glob(pattern))
             if path.name != "built-in.o"]
    if not found:
        raise RigError(f"{build} has no objects of the core")
    return found


def symbols(text):
    """What nm printed, as names defined and names wanted."""
    defined, wanted = set(), set()
    for match in filter(None, map(SYMBOL.match, text.splitlines())):
        kind, name = match.groups()
        if TRACE.match(name):
            continue
        if kind == "U":
            wanted.add(name)
        elif kind in DEFINED:
            defined.add(name)
    return defined, wanted


def read(path):
    return symbols(subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout)


def arrows(tables):
    """Of {file: (defined, wanted)}, file to {file it calls: names}."""
    home = {name: file for file, (defined, _) in tables.items() for name in defined}
    calls = {file: collections.defaultdict(list) for file in tables}
    for file, (_, wanted) in tables.items():
        for name in sorted(wanted):
            if home.get(name, file) != file:
                calls[file][home[name]].append(name)
    return calls


def floors(calls):
    """Files by height, those that call nobody first; and those that have none, being in a circle."""
    left, height = dict(calls), {}
    while True:
        ready = [file for file, callees in left.items() if not set(callees) & set(left)]
        if not ready:
            return height, left
        for file in ready:
            height[file] = 1 + max((height[callee] for callee in calls[file]), default=-1)
        for file in ready:
            del left[file]


def draw(height):
    for floor in range(max(height.values(), default=-1), -1, -1):
        print(f"# {floor:2} {'  '.join(sorted(file for file, at in height.items() if at == floor))}")


def command(options):
    tables = {path.stem: read(path) for path in objects(options.build)}
    calls = arrows(tables)
    height, circle = floors(calls)
    mutual = [(a, b) for a in calls for b in calls[a] if a < b and a in calls[b]]
    print("TAP version 13\n1..2")
    draw(height)
    for a in sorted(circle):
        for b in sorted(set(calls[a]) & set(circle)):
            print(f"# {a} -> {b}: {', '.join(calls[a][b])}")
    print(f"{'not ' if circle else ''}ok 1 - each file of the core calls only what lies below it")
    print(f"{'not ' if mutual else ''}ok 2 - no two call each other")
    return 0
