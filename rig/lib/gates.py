# SPDX-License-Identifier: GPL-2.0-only
"""rig/check: what machines find in the sources without running them.

A gate has a tool read our files and makes findings of what it prints.  Each finding is
to be mended, or explained by a line of rig/findings.list; a line there that explains
nothing any more is a finding, too.
"""

import collections
import fnmatch
import functools
import os
import pathlib
import re
import shlex
import subprocess

import cli
import tree
from common import OUT, RIG, ROOT, RigError

LIST = RIG / "findings.list"
BUILT = OUT / "build/ours"
# What the kernel's Makefile tells sparse of x86-64; the last word is for sparse up to 0.6.4,
# which has no such operator.
SPARSE = ("-D__linux__ -Dlinux -D__STDC__ -Dunix -D__unix__ -Wbitwise -Wno-return-void "
          "-Wno-unknown-attribute --arch=x86 -mlittle-endian -m64 "
          "-D__typeof_unqual__=__typeof__").split()
PLACE = re.compile(r"(?:[Ww]arning: |[Ee]rror: )?(?P<path>[^\s:]+):(?P<line>\d+)"
                   r"(?::\d+(?:-\d+)?)?:? +(?P<text>\S.*)")
CODE = ("arch", "include", "kernel", "tools")
PROSE = (*CODE, "Documentation", "rig", ".ci", "README.md", "patches")
# What findings.list was made with.  Other versions find other things: tests, which run
# the quick gates, leave those out.
KNOWN = {"shellcheck": "0.9.0", "codespell": "2.2.2"}
# No prose: what others wrote, pictures, and what tests have wrong on purpose.
NO_PROSE = ("*.svg", "*/gdbmacros.txt", "*.pyc")

Finding = collections.namedtuple("Finding", "path line text")
Explanation = collections.namedtuple("Explanation", "gate pattern why")
Gate = collections.namedtuple("Gate", "name what packages quick run")

GATES = []


def gate(name, what, *packages, quick=False):
    """Registers a function that takes our tree and returns its findings."""
    def add(function):
        GATES.append(Gate(name, what, packages, quick, function))
        return function
    return add


# what a tool has printed

def findings(text, ours, roots=(), only=""):
    """Of a tool's output, what it says of our files, each thing once."""
    found = {}
    for line in text.splitlines():
        match = PLACE.fullmatch(line.strip())
        if not match or not re.search(only, match["text"]):
            continue
        path = relative(match["path"], roots)
        if path in ours:
            found[Finding(path, int(match["line"]), match["text"])] = True
    return list(found)


def relative(path, roots):
    """A path as it is below one of the directories."""
    for root in roots:
        if path.startswith(f"{root}/"):
            return os.path.normpath(path[len(str(root)) + 1:])
    return os.path.normpath(path)


def not_ok(text):
    """Of TAP, what has failed, with what was said before."""
    said, found = [], []
    for line in text.splitlines():
        if line.startswith("# "):
            said.append(line[2:])
        elif line.startswith("not ok"):
            name = re.sub(r"^not ok \d+ (- )?", "", line)
            found.append(Finding(name, 0, said[0] if said else "failed"))
        if not line.startswith("# "):
            said = []
    if not re.search(r"(?m)^ok ", text) and not found:
        found.append(Finding("TAP", 0, "no result at all"))
    return found


# what is explained

def read_list(text):
    """Lines "GATE PATTERN # WHY"; in a pattern just the star is special."""
    explanations = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r"(\S+) (\S.*\S) # (\S.*)", line.strip())
        if not match:
            raise RigError(f"{LIST.name}:{number}: not GATE PATTERN # WHY")
        explanations.append(Explanation(*match.groups()))
    return explanations


def explains(explanation, finding):
    pattern = ".*".join(map(re.escape, explanation.pattern.split("*")))
    return re.fullmatch(pattern, f"{finding.path}: {finding.text}") is not None


def sort_out(found, explanations):
    """Findings that nothing explains, and the explanations that explain nothing."""
    left = [finding for finding in found
            if not any(explains(explanation, finding) for explanation in explanations)]
    vain = [explanation for explanation in explanations
            if not any(explains(explanation, finding) for finding in found)]
    return left, vain


# our files

@functools.lru_cache(maxsize=None)
def files(places=CODE):
    """Names of our files, as in the tree."""
    paths = [path for place in places for path in
             ([ROOT / place] if (ROOT / place).is_file() else sorted((ROOT / place).rglob("*")))]
    return [str(path.relative_to(ROOT)) for path in paths
            if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts]


def matching(*patterns, places=CODE):
    return [name for name in files(places)
            if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]


def is_script(name):
    head = (ROOT / name).read_bytes()[:80].split(b"\n")
    return name.endswith(".sh") or head[0] in (b"#!/bin/sh", b"#! /bin/sh") or \
        b"# shellcheck shell=sh" in head


def output(words, where):
    """All that a program prints; linters say by their exit status just that they did."""
    done = subprocess.run([str(word) for word in words], cwd=where, check=False, text=True,
                          capture_output=True, errors="replace", stdin=subprocess.DEVNULL)
    if done.returncode not in (0, 1, 65):
        raise RigError(f"{words[0]}: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")
    return done.stdout + done.stderr


# the gates; the quick ones take seconds

@gate("shellcheck", "of every shell script", "shellcheck", quick=True)
def _(_laid):
    names = [name for name in files(PROSE) if is_script(name)]
    return findings(output(["shellcheck", "-x", "-f", "gcc", *names], ROOT), set(names))


@gate("codespell", "of all that we wrote", "codespell", quick=True)
def _(_laid):
    names = [name for name in files(PROSE)
             if not any(fnmatch.fnmatch(name, pattern) for pattern in NO_PROSE)]
    return findings(output(["codespell", *names], ROOT), set(names))


@gate("kernel-doc", "of the comments", "python3", quick=True)
def _(laid):
    names = matching("*.[ch]")
    return findings(output(["python3", "-B", "scripts/kernel-doc", "-none", *names], laid),
                    set(names), (laid,))


# Told of no tree, it does not ask get_maintainer.pl of each file.
@gate("checkpatch", "--strict, of our files", "perl")
def _(laid):
    names = matching("*.[chS]", "*.sh", "*/Makefile", "*/Kconfig")
    return findings(output(["perl", laid / "scripts/checkpatch.pl", "--no-tree", "--strict",
                            "--terse", "--show-types", "--no-summary", "-f", *names], ROOT),
                    set(names))


# Macros that begin blocks or make functions, and that it cannot look up; no semicolon in them.
MACROS = [f"-D{name}(...)={text}" for names, text in (
    ("DEFINE_CLASS DEFINE_FREE DEFINE_GUARD DEFINE_LOCK_GUARD_0 DEFINE_LOCK_GUARD_1 scoped_guard "
     "kunit_warning_suppress", ""), ("for_each_set_bitrange", "while (1)"),
) for name in names.split()]


@gate("cppcheck", "of the kernel's and the tests' C files", "cppcheck")
def _(laid):
    names = matching("*.c")
    return findings(output(["cppcheck", "--quiet", "--enable=warning,portability,performance",
                            "--inline-suppr", "-D__KERNEL__", "-D__x86_64__", *MACROS,
                            "--template={file}:{line}: {id}: {message}", *names], laid),
                    set(files()), (laid,), r"^\w+: ")


@gate("coccicheck", "by the tree's own semantic patches", "coccinelle", "make")
def _(laid):
    names = matching("kernel/*.c", "arch/*.c")
    said = [output(["spatch", "-D", "report", "--no-show-diff", "--very-quiet", "--cocci-file",
                    script, "--include-headers", "-I", "include", "--patch", ".", *names], laid)
            for script in semantic_patches(laid)]
    return findings("\n".join(said), set(names), (laid, "."))


def semantic_patches(laid):
    """Those that know how to report, want no options of their own, and no OCaml."""
    return [path for path in sorted((laid / "scripts/coccinelle").rglob("*.cocci"))
            if "virtual report" in (text := path.read_text(encoding="utf-8"))
            and ":ocaml" not in text
            and not re.search(r"(?m)^(//\s*)?# ?Options: .*--(?!no-includes|include-headers)", text)]


def recipe(text):
    """The compiler's command in what kbuild notes of an object; it leaves no note itself."""
    command = text.split("\n", 1)[0].partition(" := ")[2].partition(" ; ")[0]
    return [word for word in shlex.split(command) if not word.startswith("-Wp,-MMD")]


def recipes():
    """How rig/build has compiled each of our objects, in its directory."""
    noted = [BUILT / source.parent / f".{source.stem}.o.cmd"
             for source in map(pathlib.Path, matching("kernel/*.c", "arch/*.c"))]
    found = [recipe(path.read_text(encoding="utf-8")) for path in noted if path.exists()]
    if not found:
        raise RigError("nothing is built that could be compiled again: rig/build")
    return found


def extra_warnings(text):
    """Of scripts/Makefile.warn: what W=1 adds to the flags, and what it leaves out."""
    block = text.partition("ifneq ($(findstring 1, $(KBUILD_EXTRA_WARN)),)")[2]
    more, _, less = block.partition("ifneq ($(findstring 2,")[0].partition("\nelse\n")
    return tuple(re.findall(r"(?m)^KBUILD_C\w*FLAGS \+= .*?(-[WD][\w-]+)", part)
                 for part in (more, less))


def compiled(laid, change):
    """What is said when each object is compiled by a changed command, to nowhere."""
    said = "\n".join(output(change(words), BUILT) for words in recipes())
    # what comes behind an error in a header that is not ours has not been read
    for line in re.findall(r"(?m)^\S+: error: .*", said):
        if relative(line.partition(":")[0], (laid, BUILT)) not in files():
            raise RigError(line)
    return findings(said, set(files()), (laid, BUILT), r"^(warning|error): ")


@gate("gcc", "W=1, of what rig/build has built", "gcc")
def _(laid):
    more, less = extra_warnings((laid / "scripts/Makefile.warn").read_text(encoding="utf-8"))
    return compiled(laid, lambda words: [word for word in words if word not in less] +
                    more + ["-o", "/dev/null"])


@gate("sparse", "of the same", "sparse")
def _(laid):
    return compiled(laid, lambda words: ["sparse", *SPARSE, *words[1:], "-o", "/dev/null"])


@gate("pages", "Sphinx, with warnings", "python3-sphinx", "python3-yaml",
      "make", "gcc")
def _(laid):
    return not_ok(output([RIG / "review/docs", laid], ROOT))


@gate("maintainers", "for each file", "perl")
def _(laid):
    return not_ok(output([RIG / "review/maintainers", laid], ROOT))


# the command

def chosen_gates(patterns, quick):
    chosen = [gate for gate in GATES if (gate.quick or not quick) and
              (not patterns or any(fnmatch.fnmatch(gate.name, pattern) for pattern in patterns))]
    if not chosen:
        raise RigError(f"no such gate; there are {', '.join(gate.name for gate in GATES)}")
    return chosen


def other_version(name):
    """What the list was made with, when that is not what is installed here."""
    known = KNOWN.get(name)
    return known if known and known not in output([name, "--version"], ROOT).split() else None


def verdict(number, chosen, laid, explanations):
    """Runs a gate, prints what it means; whether it is passed."""
    mine = [explanation for explanation in explanations if explanation.gate == chosen.name]
    found = chosen.run(laid)
    left, vain = sort_out(found, mine)
    for finding in left:
        print(f"# {finding.path}:{finding.line}: {finding.text}")
    for explanation in vain:
        print(f"# {LIST.name}: explains nothing: {explanation.pattern}")
    print(f"# {chosen.name}: {len(left)} findings, {len(found) - len(left)} explained")
    passed = not left and not vain
    print(f"{'ok' if passed else 'not ok'} {number} {chosen.name}", flush=True)
    return passed


def command(options):
    chosen = chosen_gates(options.patterns, options.quick)
    if options.list:
        for entry in chosen:
            print(f"{entry.name}: {entry.what}")
        return 0
    explanations = read_list(LIST.read_text(encoding="utf-8"))
    unknown = {explanation.gate for explanation in explanations} - {gate.name for gate in GATES}
    if unknown:
        raise RigError(f"{LIST.name}: no such gate: {', '.join(sorted(unknown))}")
    cli.install(sorted({package for entry in chosen for package in entry.packages}))
    laid = OUT / "tree/ours"
    tree.lay(laid, stock=False)
    print(f"TAP version 13\n1..{len(chosen)}", flush=True)
    failed = 0
    for number, entry in enumerate(chosen, 1):
        known = options.quick and other_version(entry.name)
        if known:
            print(f"ok {number} {entry.name} # SKIP findings.list was made with {known}")
        else:
            failed += not verdict(number, entry, laid, explanations)
    return 1 if failed else 0
