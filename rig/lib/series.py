# SPDX-License-Identifier: GPL-2.0-only
"""rig/series: what rig/tree lays over the base, as patches to be mailed.

A repository in out/series/repository holds of the base just the files that the
series touches; each entry of rig/series.list becomes a commit of it.
"""

import dataclasses
import fnmatch
import os
import pathlib
import re
import subprocess
import tempfile
import textwrap

import kbuild
import tree
from common import OUT, RIG, ROOT, RigError, lock, remove, say, shown, write_if_different

LIST = RIG / "series.list"
SERIES = OUT / "series"
KEYS = ("files", "patches")
WIDTH = 72
# New files belong to whom MAINTAINERS says at the end of the series.
NO_FAULT = "FILE_PATH_CHANGES"


@dataclasses.dataclass
class Entry:
    """A patch to be: its message, and what it brings."""
    subject: str
    body: list
    files: list = dataclasses.field(default_factory=list)
    patches: list = dataclasses.field(default_factory=list)

    @property
    def message(self):
        paragraphs = "\n".join(self.body).strip("\n").split("\n\n")
        return "\n\n".join([self.subject, *map(filled, paragraphs)]) + "\n"


def filled(paragraph):
    """A paragraph, or the item of a list, in lines that mail can quote; not what is indented."""
    if paragraph.startswith(" "):
        return paragraph
    return textwrap.fill(re.sub(r"\n *", " ", paragraph), WIDTH, break_long_words=False, break_on_hyphens=False,
                         subsequent_indent="  " if paragraph.startswith("- ") else "")


# the list

def read_list(text):
    """The cover letter and the entries of a list; one that is broken is an error."""
    entries = []
    for line in text.splitlines():
        key, _, rest = line.partition(":")
        if line.startswith("#"):
            continue
        if key == "cover" and entries:
            raise RigError(f"{LIST.name}: a second cover")
        if not entries and line and key != "cover":
            raise RigError(f"{LIST.name}: before the cover: {line}")
        if key in ("cover", "patch"):
            entries.append(Entry(rest.strip(), []))
        elif key in KEYS:
            getattr(entries[-1], key).extend(rest.split())
        elif entries:
            entries[-1].body.append(line)
    return checked(entries)


def checked(entries):
    """The cover letter and the patches, if all is there that they need."""
    if len(entries) < 2:
        raise RigError(f"{LIST.name}: no {'patch' if entries else 'cover'}")
    cover, *patches = entries
    for entry in entries:
        if not entry.subject:
            raise RigError(f"{LIST.name}: an entry has no subject")
        if bool(entry.files or entry.patches) == (entry is cover):
            raise RigError(f"{LIST.name}: \"{entry.subject}\" " +
                           ("brings files, and is the cover" if entry is cover else "brings nothing"))
    return cover, patches


def patch_of(number):
    found = list((ROOT / "patches").glob(f"{number}-*.patch"))
    if len(found) != 1:
        raise RigError(f"{LIST.name}: there is no patches/{number}-*.patch")
    return found[0]


def patch_body(path):
    """What a patch says below its subject."""
    head = path.read_text(encoding="utf-8").partition("\n---\n")[0]
    return head.partition("\n\n")[2].strip("\n").split("\n")


def complete(entry):
    """An entry with the messages of the patches that are in it."""
    for number in entry.patches:
        entry.body += ["", *patch_body(patch_of(number))]
    return entry


def shares(entries, want, base):
    """What each entry changes: a path to its File, or to None; all of want, each once."""
    left = {path for path in want if not same(want[path], base, path)}
    for entry in entries:
        paths = {path for path in left
                 if any(fnmatch.fnmatch(path, glob) for glob in entry.files)}
        paths |= {path for number in entry.patches
                  for path in tree.patched_paths(patch_of(number)) if path in left}
        if not paths:
            raise RigError(f"{LIST.name}: nothing is left for \"{entry.subject}\"")
        left -= paths
        yield {path: want[path] for path in sorted(paths)}
    if left:
        raise RigError(f"{LIST.name}: in no patch: {', '.join(sorted(left))}")


def same(target, base, path):
    if not (base / path).is_file():
        return target is None
    return target == tree.read(base / path)


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


def make_repository(base, cover, steps, env):
    """The base's files and a commit for each step; returns the repository."""
    repository = SERIES / "repository"
    git(SERIES, "init", "-q", "-b", "series", repository)
    git(repository, "config", "core.autocrlf", "false")
    touched = {path: tree.read(base / path) for _, changes in steps for path in changes
               if (base / path).is_file()}
    commit(repository, touched, "base\n", env)
    git(repository, "tag", "base")
    for entry, changes in steps:
        commit(repository, changes, entry.message, env)
    git(repository, "config", "branch.series.description", cover.message)
    return repository


def write_patches(repository, env):
    git(repository, "format-patch", "-q", "-s", "-M", "--cover-letter",
        "--cover-from-description=auto", "-o", SERIES, "base", env=env)
    return sorted(SERIES.glob("*.patch"))


def applied(repository, patches, env):
    """The tree that the patches make of the base, as git names it."""
    with tempfile.TemporaryDirectory(dir=SERIES) as scratch:
        git(SERIES, "clone", "-q", "-b", "base", repository, scratch)
        git(scratch, "am", "-q", *patches, env=env)
        return git(scratch, "rev-parse", "HEAD^{tree}")


# the kernel's own scripts

def complaints(base, patch):
    """What checkpatch says of a patch, a line each."""
    done = subprocess.run(
        ["perl", base / "scripts/checkpatch.pl", f"--root={base}", "--terse", "--show-types",
         "--no-summary", f"--ignore={NO_FAULT}", patch],
        capture_output=True, text=True, check=False)
    return [line.partition(f"{patch}:")[2] for line in done.stdout.splitlines() if line]


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

def build_each(base, steps):
    """Builds after each step; a file that nothing builds yet takes no time."""
    build = kbuild.Build("series", OUT / "build/series", OUT / "tree/series")
    build.directory.mkdir(parents=True, exist_ok=True)
    with lock("kbuild"), lock("tree"):
        tree.copy_base(base, build.tree, linked=tree.CACHE in base.path.parents)
        for number, (entry, changes) in enumerate(steps, 1):
            for path, target in changes.items():
                tree.set_file(build.tree, path, target)
            kunit = (build.tree / "kernel/kexec/tests/Makefile").exists()
            kbuild.configure(build, kbuild.fragments((), stock=not kunit))
            done = kbuild.compile_kernel(build).done
            say(f"builds after {number}/{len(steps)}, {done} steps: {entry.subject}")


# the command

def report(patches, found, people):
    for patch in patches:
        print(patch.relative_to(SERIES))
        for line in found[patch]:
            print(f"    {line}")
    errors = sum(": ERROR:" in line or line.startswith("ERROR")
                 for lines in found.values() for line in lines)
    warnings = sum(map(len, found.values())) - errors
    print(f"{len(patches) - 1} patches to {len(people)} people and lists, in {shown(SERIES)}: "
          f"checkpatch has {errors} errors, {warnings} warnings")
    return errors


def make_series(cover, entries, env, build):
    base = tree.find_base()
    want, _ = tree.wanted_files(base.path)
    changes = list(shares(entries, want, base.path))
    steps = list(zip(map(complete, entries), changes))
    for old in [*SERIES.glob("*.patch"), SERIES / "repository"]:
        remove(old)
    repository = make_repository(base.path, cover, steps, env)
    patches = write_patches(repository, env)
    if applied(repository, patches[1:], env) != git(repository, "rev-parse", "HEAD^{tree}"):
        raise RigError("applied to the base, the series makes another tree")
    laid = pathlib.Path(OUT / "tree/ours")
    tree.lay(laid, stock=False)
    found = {patch: complaints(base.path, patch) for patch in patches}
    everyone = {}
    for patch in patches[1:]:
        people = recipients(laid, patch)
        everyone.update(dict.fromkeys(people))
        address(patch, people)
    address(patches[0], list(everyone))
    if build:
        build_each(base, steps)
    return report(patches, found, everyone)


def command(options):
    cover, entries = read_list(LIST.read_text(encoding="utf-8"))
    SERIES.mkdir(parents=True, exist_ok=True)
    with lock("series"):
        errors = make_series(cover, entries, author(), options.build)
    return 1 if errors else 0
