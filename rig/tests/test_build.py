# SPDX-License-Identifier: GPL-2.0-only
"""Tests of rig/build: what of an earlier build is kept."""

import types

import kbuild


def build_of(identity, directory):
    kbuild.keep_to_base(directory, types.SimpleNamespace(identity=identity))
    return (directory / "made.o").exists()


def test_what_was_built_of_another_base_is_not_kept(tmp_path):
    directory = tmp_path / "ours"
    assert not build_of("one", directory)
    (directory / "made.o").touch()
    assert build_of("one", directory)
    assert not build_of("other", directory)
    (directory / "made.o").touch()
    assert build_of("other", directory)
