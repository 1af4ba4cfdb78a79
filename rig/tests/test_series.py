# SPDX-License-Identifier: GPL-2.0-only
"""The list of the series."""

import pytest

import series
import tree
from common import RIG, RigError

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

patch: x86: what comes last
patches: 0003 0007
"""


def test_a_list_is_read():
    cover, entries = series.read_list(LIST)
    assert cover.subject == "kexec: a title"
    assert [entry.subject for entry in entries] == ["kexec: arithmetic: ranges",
                                                    "x86: what comes last"]
    assert entries[0].files == ["kernel/kexec/range.*", "include/linux/range.h", "kernel/range.c"]
    assert entries[1].patches == ["0003", "0007"] and not entries[1].files


def test_a_message_is_filled_but_for_what_is_indented():
    cover, entries = series.read_list(LIST)
    assert cover.message == ("kexec: a title\n\nThe first paragraph, in lines of any length.\n\n"
                             "- an item that goes on\n")
    assert "\n\n    indented   as   it   is\n" in entries[0].message
    assert "note: this is no key" in entries[0].message
    assert "files:" not in entries[0].message


def test_long_lines_are_cut_where_mail_can_quote_them():
    text = series.filled("- " + "word " * 40)
    assert all(len(line) <= series.WIDTH for line in text.split("\n"))
    assert all(line.startswith("  ") for line in text.split("\n")[1:])


@pytest.mark.parametrize("text, why", [
    ("", "no cover"),
    ("files: kernel/*\ncover: c\npatch: p\nfiles: a\n", "before the cover"),
    ("some words\ncover: c\npatch: p\nfiles: a\n", "before the cover"),
    ("patch: p\nfiles: a\n", "before the cover"),
    ("cover: c\n", "no patch"),
    ("cover: c\npatch: p\nfiles: a\ncover: d\npatch: q\nfiles: b\n", "a second cover"),
    ("cover: c\nfiles: a\npatch: p\nfiles: b\n", "is the cover"),
    ("cover: c\npatch: p\n\nwords\n", "brings nothing"),
    ("cover: c\npatch:\nfiles: a\n", "has no subject"),
])
def test_a_broken_list_is_an_error(text, why):
    with pytest.raises(RigError, match=why):
        series.read_list(text)


def test_the_list_that_there_is_can_be_read():
    cover, entries = series.read_list((RIG / "series.list").read_text(encoding="utf-8"))
    assert cover.body and len(entries) > 5
    for number in {number for entry in entries for number in entry.patches}:
        assert series.patch_body(series.patch_of(number))


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
