# SPDX-License-Identifier: GPL-2.0-only
"""The list of the series."""

import pytest

import series
import tree
from common import RIG, ROOT, RigError

LIST = """\
# What this is, which is no part of it.

cover: kexec: a title

The first paragraph, in lines
of any length.

- an item
  that goes on

patch: kexec: arithmetic: ranges

Why it is so.
note: this is no key, and belongs to the text

    indented   as   it   is

files: kernel/kexec/range.*
files: include/linux/range.h  kernel/range.c

apply: 0003

cover: x86: another

patch: x86: what comes last
patches: 0003 0007
"""


def test_a_list_is_read():
    first, last = series.read_list(LIST)
    assert first.cover.subject == "kexec: a title" and last.cover.subject == "x86: another"
    ranges, applied = first.entries
    assert ranges.subject == "kexec: arithmetic: ranges"
    assert ranges.files == ["kernel/kexec/range.*", "include/linux/range.h", "kernel/range.c"]
    assert [entry.subject for entry in last.entries] == ["x86: what comes last"]
    assert last.entries[0].patches == ["0003", "0007"] and not last.entries[0].files
    assert applied.apply == series.patch_of("0003") and not (applied.files or applied.patches)


def test_a_patch_that_is_applied_keeps_its_message():
    applied = series.complete(series.read_list(LIST)[0].entries[1])
    head = series.patch_of("0003").read_text(encoding="utf-8").partition("\n---\n")[0]
    assert " ".join(applied.message.split()) == " ".join(
        head.removeprefix("Subject: [PATCH] ").split())


def test_a_message_is_filled_but_for_what_is_indented():
    cover, entries = series.read_list(LIST)[0]
    assert cover.message == ("kexec: a title\n\nThe first paragraph, in lines of any length.\n\n"
                             "- an item that goes on\n")
    assert "\n\n    indented   as   it   is\n" in entries[0].message
    assert "note: this is no key" in entries[0].message
    assert "files:" not in entries[0].message


def test_tags_stay_in_lines_of_their_own():
    tags = f"Fixes: 123456789abc (\"{'long ' * 20}\")\nFixes: 0123456789ab (\"short\")"
    assert series.filled(tags) == tags


def test_long_lines_are_cut_where_mail_can_quote_them():
    text = series.filled("- " + "word " * 40)
    assert all(len(line) <= series.WIDTH for line in text.split("\n"))
    assert all(line.startswith("  ") for line in text.split("\n")[1:])


@pytest.mark.parametrize("text, why", [
    ("", "no cover"),
    ("files: kernel/*\ncover: c\npatch: p\nfiles: a\n", "before the first cover"),
    ("some words\ncover: c\npatch: p\nfiles: a\n", "before the first cover"),
    ("patch: p\nfiles: a\n", "before the first cover"),
    ("cover: c\n", "no patch"),
    ("cover: c\ncover: d\npatch: p\nfiles: a\n", "no patch below \"c\""),
    ("cover: c\npatch: p\nfiles: a\ncover: d\n", "no patch below \"d\""),
    ("cover: c\nfiles: a\npatch: p\nfiles: b\n", "is a cover"),
    ("cover: c\napply: 0003\nfiles: a\n", "applied as it is"),
    ("cover: c\napply: 0003\n\nwords\n", "applied as it is"),
    ("cover: c\napply: 9999\n", "no patches/9999"),
    ("cover: c\napply:\n", "no patches/"),
    ("cover: c\npatch: p\n\nwords\n", "brings nothing"),
    ("cover: c\npatch:\nfiles: a\n", "has no subject"),
])
def test_a_broken_list_is_an_error(text, why):
    with pytest.raises(RigError, match=why):
        series.read_list(text)


def test_the_list_that_there_is_can_be_read():
    found = series.read_list((RIG / "series.list").read_text(encoding="utf-8"))
    assert len(found) > 3 and all(one.cover.body for one in found)
    for entry in (entry for one in found for entry in one.entries):
        for patch in [entry.apply] if entry.apply else map(series.patch_of, entry.patches):
            assert series.patch_body(patch)


def test_every_interim_patch_is_in_the_list():
    found = series.read_list((RIG / "series.list").read_text(encoding="utf-8"))
    assert {entry.apply for one in found for entry in one.entries} >= \
        set((ROOT / "patches/fixes").iterdir())


def test_a_patch_that_is_not_there_is_an_error():
    with pytest.raises(RigError, match="patches/9999"):
        series.patch_of("9999")


# what each patch brings

def share(tmp_path, *globs, base=()):
    for name, text in base:
        (tmp_path / name).write_text(text)
    want = {name: tree.File(b"new", 0o644) for name in ("a.c", "b.c", "b.h")}
    entries = [series.Entry(f"patch {number}", [], files=glob.split())
               for number, glob in enumerate(globs)]
    return [sorted(paths) for paths in series.shares(entries, want, tmp_path)]


def test_each_path_is_in_the_first_patch_that_names_it(tmp_path):
    assert share(tmp_path, "b.c", "*") == [["b.c"], ["a.c", "b.h"]]


def test_what_is_as_the_base_has_it_is_in_none(tmp_path):
    assert share(tmp_path, "*", base=[("a.c", "new")]) == [["b.c", "b.h"]]


def test_what_is_in_no_patch_is_an_error(tmp_path):
    with pytest.raises(RigError, match=r"in no patch: b\.c, b\.h"):
        share(tmp_path, "a.*")


def test_a_patch_for_which_nothing_is_left_is_an_error(tmp_path):
    with pytest.raises(RigError, match="nothing is left"):
        share(tmp_path, "*", "a.c")


# patches that are applied on the way

def diff(path, old, new):
    return (f"Subject: [PATCH] it\n\n---\n--- a/{path}\n+++ b/{path}\n"
            f"@@ -1 +1 @@\n-{old}\n+{new}\n")


def steps(tmp_path, want, *entries):
    """What each entry makes of a base where a.c is "old"; one is a glob, or a diff's (path, old, new)."""
    base = tmp_path / "base"
    base.mkdir()
    (base / "a.c").write_text("old\n")
    made = []
    for number, entry in enumerate(entries):
        if isinstance(entry, str):
            made.append(series.Entry("files", [], files=[entry]))
        else:
            patch = series.ROOT / "patches" / f"{number}.patch"
            patch.parent.mkdir(exist_ok=True)
            patch.write_text(diff(*entry))
            made.append(series.Entry("patch", [], apply=patch))
    want = {path: tree.File(text.encode(), 0o644) for path, text in want.items()}
    return [{path: target and target.data.decode().strip() for path, target in changes.items()}
            for changes in series.shares(made, want, base)]


@pytest.fixture
def own_root(tmp_path, monkeypatch):
    monkeypatch.setattr(series, "ROOT", tmp_path)
    monkeypatch.setattr(tree, "ROOT", tmp_path)


def test_a_patch_is_applied_to_what_there_is_by_then(tmp_path, own_root):
    assert steps(tmp_path, {"a.c": "last\n"}, ("a.c", "old", "mended"), ("a.c", "mended", "better"),
                 "*") == [{"a.c": "mended"}, {"a.c": "better"}, {"a.c": "last"}]


def test_nobody_has_to_bring_what_patches_have_made_as_it_is_wanted(tmp_path, own_root):
    assert steps(tmp_path, {"a.c": "mended\n"}, ("a.c", "old", "mended")) == [{"a.c": "mended"}]


def test_what_a_patch_changed_for_the_time_being_has_to_be_brought_back(tmp_path, own_root):
    with pytest.raises(RigError, match=r"in no patch: a\.c"):
        steps(tmp_path, {"b.c": "new\n"}, ("a.c", "old", "mended"), "b.c")


def test_it_is_brought_back(tmp_path, own_root):
    assert steps(tmp_path, {}, ("a.c", "old", "mended"), "a.c") == [{"a.c": "mended"}, {"a.c": "old"}]


def test_a_patch_that_does_not_apply_is_an_error(tmp_path, own_root):
    with pytest.raises(RigError, match="does not apply"):
        steps(tmp_path, {"a.c": "last\n"}, ("a.c", "older", "mended"), "*")
