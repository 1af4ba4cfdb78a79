# SPDX-License-Identifier: GPL-2.0-only
"""rig/series: what rig/tree lays over the base, as patches to be mailed.

A repository in out/series/repository holds of the base just the files that any
series touches; each patch of rig/series.list becomes a commit of it, each series
a branch, and a directory of mails beside it.
"""

import collections
import dataclasses
import fnmatch
import os
import pathlib
import re
import subprocess
import tempfile
import textwrap

import gates
import kbuild
import tree
from common import OUT, RIG, ROOT, RigError, lock, remove, say, shown, write_if_different

LIST = RIG / "series.list"
SERIES = OUT / "series"
KEYS = ("files", "patches")
# Lines that belong together as they are: what is indented, and tags.
AS_IT_IS = (" ", "Fixes: ")
WIDTH = 72
# New files belong to whom MAINTAINERS says after the last series, scripts may be run that are
# not called .py, and the base is no repository that knows who broke what.
NO_FAULT = "FILE_PATH_CHANGES,EXECUTE_PERMISSIONS,UNKNOWN_COMMIT_ID"


@dataclasses.dataclass
class Entry:
    """A patch to be: its message, and what it brings."""
    subject: str
    body: list
    files: list = dataclasses.field(default_factory=list)
    patches: list = dataclasses.field(default_factory=list)
    apply: pathlib.Path = None

    @property
    def message(self):
        paragraphs = "\n".join(self.body).strip("\n").split("\n\n")
        return "\n\n".join([self.subject, *map(filled, paragraphs)]) + "\n"


Series = collections.namedtuple("Series", "cover entries")


def filled(paragraph):
    """A paragraph, or the item of a list, in lines that mail can quote."""
    if paragraph.startswith(AS_IT_IS):
        return paragraph
    return textwrap.fill(re.sub(r"\n *", " ", paragraph), WIDTH, break_long_words=False, break_on_hyphens=False,
                         subsequent_indent="  " if paragraph.startswith("- ") else "")


# the list

def read_list(text):
    """All series of a list; one that is broken is an error."""
    found = []
    entry = None
    for line in text.splitlines():
        key, _, rest = line.partition(":")
        if line.startswith("#"):
            continue
        if line and not found and key != "cover":
            raise RigError(f"{LIST.name}: before the first cover: {line}")
        if key == "cover":
            entry = Entry(rest.strip(), [])
            found.append(Series(entry, []))
        elif key in ("patch", "apply"):
            entry = Entry(rest.strip(), []) if key == "patch" else as_it_is(rest.strip())
            found[-1].entries.append(entry)
        elif key in KEYS:
            getattr(entry, key).extend(rest.split())
        elif entry:
            entry.body.append(line)
    if not found:
        raise RigError(f"{LIST.name}: no cover")
    for series in found:
        check(series)
    return found


def check(series):
    """Is all there that a series needs?"""
    if not series.entries:
        raise RigError(f"{LIST.name}: no patch below \"{series.cover.subject}\"")
    for entry in (series.cover, *series.entries):
        if not entry.subject:
            raise RigError(f"{LIST.name}: an entry has no subject")
        brings = bool(entry.files or entry.patches)
        if entry is series.cover and brings:
            raise RigError(f"{LIST.name}: \"{entry.subject}\" brings files, and is a cover")
        if entry.apply and (brings or any(entry.body)):
            raise RigError(f"{LIST.name}: \"{entry.subject}\" is applied as it is")
        if not (entry is series.cover or entry.apply or brings):
            raise RigError(f"{LIST.name}: \"{entry.subject}\" brings nothing")


def as_it_is(number):
    """The entry that is a patch of patches/, message and all."""
    patch = patch_of(number)
    subject = patch.read_text(encoding="utf-8").partition("\n")[0]
    return Entry(subject.removeprefix("Subject: [PATCH] "), [], apply=patch)


def patch_of(number):
    found = list((ROOT / "patches").glob(f"{number}-*.patch")) if number else []
    if len(found) != 1:
        raise RigError(f"{LIST.name}: there is no patches/{number}-*.patch")
    return found[0]


def patch_body(path):
    """What a patch says below its subject."""
    head = path.read_text(encoding="utf-8").partition("\n---\n")[0]
    return head.partition("\n\n")[2].strip("\n").split("\n")


def complete(entry):
    """An entry with the messages of the patches that are in it."""
    for patch in [entry.apply] if entry.apply else map(patch_of, entry.patches):
        entry.body += ["", *patch_body(patch)]
    return entry


def shares(entries, want, base):
    """What each entry changes: a path to its File, or to None; after the last all is as wanted."""
    now = {}

    def of(files, path):
        return files[path] if path in files else tree.of_base(base, path)

    def left():
        return sorted(path for path in {*want, *now} if of(now, path) != of(want, path))

    for entry in entries:
        if entry.apply:
            changes = tree.patched([entry.apply], lambda path: of(now, path))
        else:
            named = {path for number in entry.patches for path in tree.patched_paths(patch_of(number))}
            changes = {path: of(want, path) for path in left() if path in named or
                       any(fnmatch.fnmatch(path, glob) for glob in entry.files)}
        if not changes:
            raise RigError(f"{LIST.name}: nothing is left for \"{entry.subject}\"")
        now.update(changes)
        yield changes
    if left():
        raise RigError(f"{LIST.name}: in no patch: {', '.join(left())}")


def planned(found, want, base):
    """The cover letter of each series with its steps, which are an entry and its changes."""
    changes = shares([entry for series in found for entry in series.entries], want, base)
    plan = [(series.cover, [(complete(entry), next(changes)) for entry in series.entries])
            for series in found]
    # What is in no patch is known after the last.
    next(changes, None)
    return plan


# git

def git(directory, *words, **more):
    done = subprocess.run(["git", "-C", directory, *words], text=True, check=False,
                          capture_output=True, **more)
    if done.returncode:
        raise RigError(f"git {words[0]}: {(done.stderr or done.stdout).strip()}")
    return done.stdout.strip()


def author():
    """Who git says is writing, as of the last commit: the same series each time."""
    who = {}
    for role in ("AUTHOR", "COMMITTER"):
        ident = re.match(r"(.*) <(.*)> ", git(ROOT, "var", f"GIT_{role}_IDENT"))
        who[f"GIT_{role}_NAME"], who[f"GIT_{role}_EMAIL"] = ident.groups()
        who[f"GIT_{role}_DATE"] = git(ROOT, "log", "-1", "--format=%cI")
    return {**os.environ, **who}


def commit(repository, changes, message, env):
    for path, target in changes.items():
        tree.set_file(repository, path, target)
    git(repository, "add", "--all", "--force")
    git(repository, "commit", "-q", "--no-verify", "-F", "-", env=env, input=message)


def make_repository(base, plan, env):
    """The base's files, a branch for each series, a commit for each step; returns the repository."""
    repository = SERIES / "repository"
    git(SERIES, "init", "-q", "-b", "base", repository)
    git(repository, "config", "core.autocrlf", "false")
    touched = {path: tree.read(base / path) for _, steps in plan for _, changes in steps
               for path in changes if (base / path).is_file()}
    commit(repository, touched, "base\n", env)
    for number, (cover, steps) in enumerate(plan, 1):
        git(repository, "checkout", "-q", "-b", branch(number))
        git(repository, "config", f"branch.{branch(number)}.description", cover.message)
        for entry, changes in steps:
            commit(repository, changes, entry.message, env)
    return repository


def branch(number):
    return f"series-{number}" if number else "base"


def write_patches(repository, number, env):
    """The mails of a series, the cover letter first."""
    directory = SERIES / str(number)
    git(repository, "format-patch", "-q", "-s", "-M", "--cover-letter",
        "--cover-from-description=auto", "-o", directory,
        f"{branch(number - 1)}..{branch(number)}", env=env)
    return sorted(directory.glob("*.patch"))


def applied(repository, patches, env):
    """The tree that all patches make of the base, as git names it."""
    with tempfile.TemporaryDirectory(dir=SERIES) as scratch:
        git(SERIES, "clone", "-q", "-b", "base", repository, scratch)
        git(scratch, "am", "-q", *patches, env=env)
        return git(scratch, "rev-parse", "HEAD^{tree}")


# the kernel's own scripts

def complaints(base, patch):
    """What checkpatch says of a patch, a line each, but for what rig/findings.list explains."""
    done = subprocess.run(
        ["perl", base / "scripts/checkpatch.pl", f"--root={base}", "--terse", "--show-types",
         "--showfile", "--no-summary", f"--ignore={NO_FAULT}", patch],
        capture_output=True, text=True, check=False)
    found = [gates.Finding(*line.split(":", 1), text.strip()) for line, _, text in
             (line.partition(": ") for line in done.stdout.splitlines()) if text]
    explained = gates.read_list(gates.LIST.read_text(encoding="utf-8"))
    left, _ = gates.sort_out(found, [one for one in explained if one.gate == "checkpatch"])
    return [f"{finding.path}:{finding.line}: {finding.text}" for finding in left]


def recipients(laid, patch):
    """Whom get_maintainer names."""
    done = subprocess.run(
        ["perl", "scripts/get_maintainer.pl", "--no-git", "--no-git-fallback",
         "--no-rolestats", patch], cwd=laid, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RigError(f"get_maintainer: {done.stderr.strip()}")
    return [line for line in done.stdout.splitlines() if "@" in line]


def address(patch, people):
    """Writes them into the patch's header."""
    head, gap, rest = patch.read_text(encoding="utf-8").partition("\n\n")
    copies = ",\n\t".join(people)
    patch.write_text(f"{head}\nCc: {copies}{gap}{rest}", encoding="utf-8")


# building after each patch

def lay(base, steps, directory):
    """A whole tree: the base with these steps."""
    tree.copy_base(base, directory, linked=tree.CACHE in base.path.parents)
    for _, changes in steps:
        for path, target in changes.items():
            tree.set_file(directory, path, target)


def build_each(base, steps):
    """Builds after each step; a file that nothing builds yet takes no time."""
    build = kbuild.Build("series", OUT / "build/series", OUT / "tree/series")
    build.directory.mkdir(parents=True, exist_ok=True)
    with lock("kbuild"), lock("tree"):
        lay(base, (), build.tree)
        for number, (entry, changes) in enumerate(steps, 1):
            for path, target in changes.items():
                tree.set_file(build.tree, path, target)
            kunit = (build.tree / "kernel/kexec/tests/Makefile").exists()
            kbuild.configure(build, kbuild.fragments((), stock=not kunit))
            done = kbuild.compile_kernel(build).done
            say(f"builds after {number}/{len(steps)}, {done} steps: {entry.subject}")


# the command

def report(patches, found):
    for patch in patches:
        print(patch.relative_to(SERIES))
        for line in found[patch]:
            print(f"    {line}")


def send_to(laid, patches):
    """Addresses the mails of a series; returns whom."""
    everyone = {}
    for patch in patches[1:]:
        people = recipients(laid, patch)
        everyone.update(dict.fromkeys(people))
        address(patch, people)
    address(patches[0], list(everyone))
    return everyone


def make_series(found, env, options):
    base = tree.find_base()
    want, _ = tree.wanted_files(base.path)
    plan = planned(found, want, base.path)
    steps = [step for _, steps in plan for step in steps]
    for old in SERIES.iterdir():
        remove(old)
    repository = make_repository(base.path, plan, env)
    mails = [write_patches(repository, number, env) for number in range(1, len(plan) + 1)]
    patches = [patch for series in mails for patch in series[1:]]
    if applied(repository, patches, env) != git(repository, "rev-parse", "HEAD^{tree}"):
        raise RigError("applied to the base, the series make another tree")
    laid = pathlib.Path(OUT / "tree/ours")
    tree.lay(laid, stock=False)
    people = {}
    complained = {patch: complaints(base.path, patch) for series in mails for patch in series}
    for series in mails:
        people.update(send_to(laid, series))
        report(series, complained)
    if options.tree:
        lay(base, [step for _, steps in plan[:options.tree] for step in steps], SERIES / "tree")
    if options.build:
        build_each(base, steps)
    lines = [line for lines in complained.values() for line in lines]
    errors = sum(": ERROR:" in line for line in lines)
    print(f"{len(patches)} patches in {len(mails)} series to {len(people)} people and lists, in "
          f"{shown(SERIES)}: checkpatch has {errors} errors, {len(lines) - errors} warnings")
    return errors


def command(options):
    found = read_list(LIST.read_text(encoding="utf-8"))
    SERIES.mkdir(parents=True, exist_ok=True)
    with lock("series"):
        errors = make_series(found, author(), options)
    return 1 if errors else 0
