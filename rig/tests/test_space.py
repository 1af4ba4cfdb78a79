# SPDX-License-Identifier: GPL-2.0-only
"""What is asked of the disk, and when."""

import pytest

import cli
import space
import tree
from common import Lacking


@pytest.fixture(name="empty")
def fixture_empty(tmp_path, monkeypatch):
    """Nothing is there yet, and so much is free."""
    monkeypatch.setattr(space, "OUT", tmp_path / "out")
    monkeypatch.setattr(space, "CACHE", tmp_path / "out/cache")
    monkeypatch.setattr(space, "STOCK", False)
    monkeypatch.setattr(space.shutil, "which", lambda name: "/usr/bin/" + name)
    monkeypatch.delenv("LINUX", raising=False)
    return tmp_path / "out"


def wanted(*words):
    chosen, options, _ = cli.parse(list(words))
    return dict(space.parts(chosen.module, options))


def test_from_nothing_all_of_it_counts(empty):
    assert list(wanted("test")) == ["the base", "the tree ours", "the build ours",
                                    "the distribution's kernels", "what guests leave"]
    assert sum(wanted("test").values()) < 6
    assert not empty.exists()


def test_what_is_there_does_not(empty):
    for name in ("cache/linux-source-7.3_1/Makefile", "tree/ours/Makefile", "build/ours/vmlinux"):
        (empty / name).parent.mkdir(parents=True)
        (empty / name).write_text("")
    assert list(wanted("build")) == [] and list(wanted("run")) == ["what guests leave"]


def test_a_package_that_is_not_unpacked_is_no_base(empty):
    (empty / "cache").mkdir(parents=True)
    (empty / "cache/linux-source-7.3_1_all.deb").write_text("")
    assert "the base" in wanted("build")


@pytest.mark.parametrize("words, builds", [
    ("build --config kasan", ["ours-kasan"]), ("test --config kasan", ["ours-kasan", "ours"]),
    ("test --build out/build/ours", []), ("bench", ["ours", "stock"]),
    ("test panic-sweep", ["ours", "stock"]), ("series", []), ("series --build", ["series"]),
    ("configs", []), ("tree x", []), ("mutants", ["ours"]), ("layers x", []),
    ("purgatory test", [])])
def test_builds_are_those_of_the_command(empty, words, builds):
    assert [name[10:] for name in wanted(*words.split()) if name.startswith("the build")] == builds
    assert not empty.exists()


def test_a_kernel_in_packages_is_not_built(empty):
    assert list(wanted("test", "field/kdump")) == ["a disk", "what guests leave"]
    assert "the build ours" in wanted("test", "field/kdump", "e2e/hello")
    assert not empty.exists()


def test_a_tree_of_the_users_is_copied(empty, monkeypatch):
    assert wanted("build")["the tree ours"] == space.LINKS
    monkeypatch.setenv("LINUX", "/some/tree")
    assert wanted("build")["the tree ours"] == space.BASE and "the base" not in wanted("build")
    assert wanted("tree", str(empty / "../elsewhere"))["the tree elsewhere"] == space.BASE


def test_too_little_is_said_at_once_with_all_that_is_needed(empty, monkeypatch, capsys):
    monkeypatch.setattr(space, "free", lambda _: 3.0)
    chosen, options, _ = cli.parse(["test"])
    with pytest.raises(Lacking, match=r"3\.0 GB free, this takes about 5\.\d \(the base 2\.1, .*"):
        space.need(chosen.module, options)
    monkeypatch.setattr(space, "free", lambda _: 30.0)
    space.need(chosen.module, options)
    assert "about 5." in capsys.readouterr().err
    assert not empty.exists()


def test_a_tree_of_links_leaves_the_base_alone(tmp_path):
    base, laid = tmp_path / "base", tmp_path / "laid"
    base.mkdir()
    (base / "same").write_text("text")
    (base / "ours").write_text("theirs")
    (base / "gone").write_text("theirs")
    laid.mkdir()
    tree.copy_base(tree.Base(base, "debian 1", (7, 3, 4), ""), laid, linked=True)
    assert (laid / "same").samefile(base / "same")
    tree.set_file(laid, "ours", tree.File(b"ours", 0o755))
    tree.set_file(laid, "gone", None)
    assert (base / "ours").read_text() == "theirs" and (base / "gone").read_text() == "theirs"
    assert (laid / "ours").read_text() == "ours" and not (laid / "gone").exists()
    assert (base / "ours").stat().st_mode & 0o777 != 0o755


def test_packages_take_room_of_their_own(empty):
    assert list(wanted("deb", "--quick")) == ["the base", "the tree ours", "packages, quick"]
    assert wanted("deb")["packages, full"] > wanted("deb", "--quick")["packages, quick"]
    (empty / "deb/quick/build").mkdir(parents=True)
    (empty / "deb/quick/build/vmlinux").write_text("")
    assert "packages, quick" not in wanted("deb", "--quick")
