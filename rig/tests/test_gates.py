# SPDX-License-Identifier: GPL-2.0-only
"""What linters print, what is explained of it, and that each gate notices a planted fault."""

import subprocess

import pytest

import gates
from common import RigError

OURS = {"kernel/kexec/arm.c", "kernel/kexec.c", "rig/lib/common.sh"}
FOUND = gates.Finding("kernel/kexec/arm.c", 7, "warning: unused variable 'x' [-Wunused]")
SAID = {
    "checkpatch": ("kernel/kexec/arm.c:12: CHECK:CAMELCASE: Avoid CamelCase: <uInt>",
                   12, "CHECK:CAMELCASE: Avoid CamelCase: <uInt>"),
    "gcc": ("/t/kernel/kexec/arm.c:7:14: warning: unused variable 'x' [-Wunused]",
            7, "warning: unused variable 'x' [-Wunused]"),
    "kernel-doc": ("Warning: kernel/kexec/arm.c:30 function parameter 'image' not described",
                   30, "function parameter 'image' not described"),
    "cppcheck": ("kernel/kexec/arm.c:5: nullPointer: Null pointer dereference",
                 5, "nullPointer: Null pointer dereference"),
    "coccicheck": ("./kernel/kexec/arm.c:9:2-8: WARNING opportunity for min()",
                   9, "WARNING opportunity for min()"),
    "codespell": ("kernel/kexec/arm.c:3: xyz ==> the", 3, "xyz ==> the"),
    "shellcheck": ("kernel/kexec/arm.c:4:1: note: Double quote. [SC2086]",
                   4, "note: Double quote. [SC2086]"),
}


@pytest.mark.parametrize("tool", SAID)
def test_a_finding_is_read(tool):
    line, number, text = SAID[tool]
    assert gates.findings(f"noise\n{line}\n{line}\n", OURS, ("/t", ".")) == \
        [gates.Finding("kernel/kexec/arm.c", number, text)]


def test_what_is_said_of_others_is_none():
    assert not gates.findings("mm/slub.c:1:2: warning: unused [-Wunused]", OURS)
    assert not gates.findings("In file included from kernel/kexec.c:3:\n", OURS)


def test_notes_of_compilers_are_none():
    said = "kernel/kexec.c:1:2: note: declared here\nkernel/kexec.c:1:2: warning: unused"
    assert [finding.text for finding in gates.findings(said, OURS, only="^(warning|error): ")] == \
        ["warning: unused"]


def test_what_fails_in_tap_is_a_finding():
    said = "# 1 file\nok 1 a\n# x.rst: WARNING\nnot ok 2 - the pages build\nnot ok 3 b\n1..3\n"
    assert gates.not_ok(said) == [gates.Finding("the pages build", 0, "x.rst: WARNING"),
                                  gates.Finding("b", 0, "failed")]


def test_no_result_is_a_finding():
    assert gates.not_ok("1..0\n")


def explanations(*lines):
    return gates.read_list("# a comment\n\n" + "\n".join(lines))


def test_an_explained_finding_is_none():
    listed = explanations("gcc kernel/kexec/arm.c: warning: unused * [-Wunused] # it is meant so")
    assert gates.sort_out([FOUND], listed) == ([], [])


def test_just_the_star_is_special():
    listed = explanations("gcc kernel/kexec/arm.c: warning: unused variable '?' [-Wunused] # no")
    assert gates.sort_out([FOUND], listed) == ([FOUND], listed)


def test_an_explanation_of_nothing_is_told():
    listed = explanations("gcc kernel/kexec/gone.c: * # was there once")
    assert gates.sort_out([], listed) == ([], listed)


@pytest.mark.parametrize("line", ("gcc kernel/kexec.c: *", "gcc # why", "gcc pattern #"),
                         ids=("no_why", "no_pattern", "empty"))
def test_an_explanation_says_why(line):
    with pytest.raises(RigError, match="not GATE PATTERN # WHY"):
        explanations(line)


def test_the_list_can_be_read_and_names_gates():
    listed = gates.read_list(gates.LIST.read_text(encoding="utf-8"))
    assert {entry.gate for entry in listed} <= {entry.name for entry in gates.GATES}


def test_a_tool_that_breaks_is_no_empty_list():
    with pytest.raises(RigError):
        gates.output(["sh", "-c", "echo no such option >&2; exit 2"], "/")


def test_scripts_are_found_by_what_they_begin_with():
    names = [name for name in gates.files(gates.PROSE) if gates.is_script(name)]
    assert {".ci/run", "rig/rig", "rig/review/docs", "rig/cases/e2e/guide.sh"} <= set(names)
    assert not [name for name in names if name.endswith(".py")]


def test_a_gate_that_nobody_has_is_refused():
    with pytest.raises(RigError, match="no such gate"):
        gates.chosen_gates(["sparce"], False)


def test_the_quick_ones_are_some_of_all():
    quick = gates.chosen_gates([], True)
    assert 0 < len(quick) < len(gates.chosen_gates([], False))


def test_a_recipe_is_the_compilers_part_of_it():
    text = ("savedcmd_kernel/kexec.o := gcc -Wp,-MMD,kernel/.kexec.o.d -DX='\"a b\"' -c "
            "-o kernel/kexec.o /t/kernel/kexec.c  ; ./tools/objtool/objtool kernel/kexec.o\n"
            "source_kernel/kexec.o := /t/kernel/kexec.c\n")
    assert gates.recipe(text) == ["gcc", '-DX="a b"', "-c", "-o", "kernel/kexec.o",
                                  "/t/kernel/kexec.c"]


def test_what_w_1_adds_and_leaves_out():
    text = """
KBUILD_CFLAGS += -Wall
ifneq ($(findstring 1, $(KBUILD_EXTRA_WARN)),)

KBUILD_CFLAGS += -Wunused-const-variable
KBUILD_CPPFLAGS += -DKBUILD_EXTRA_WARN1

else

KBUILD_CFLAGS += $(call cc-option, -Wno-format-overflow)

endif
ifneq ($(findstring 2, $(KBUILD_EXTRA_WARN)),)
KBUILD_CFLAGS += -Wshadow
"""
    assert gates.extra_warnings(text) == (["-Wunused-const-variable", "-DKBUILD_EXTRA_WARN1"],
                                          ["-Wno-format-overflow"])


@pytest.mark.skipif(subprocess.run(["sh", "-c", "command -v shellcheck"], check=False,
                                   stdout=subprocess.DEVNULL).returncode != 0,
                    reason="no shellcheck")
def test_a_planted_fault_is_found(tmp_path):
    (tmp_path / "x.sh").write_text("#!/bin/sh\necho $1\n")
    said = gates.output(["shellcheck", "-x", "-f", "gcc", "x.sh"], tmp_path)
    assert [finding.line for finding in gates.findings(said, {"x.sh"})] == [2]


def test_another_version_is_noticed(monkeypatch):
    monkeypatch.setattr(gates, "KNOWN", {"shellcheck": "0.9.0"})
    monkeypatch.setattr(gates, "output", lambda *_: "ShellCheck\nversion: 0.10.0\n")
    assert gates.other_version("shellcheck") == "0.9.0"
    assert gates.other_version("kernel-doc") is None
    monkeypatch.setattr(gates, "output", lambda *_: "ShellCheck\nversion: 0.9.0\n")
    assert gates.other_version("shellcheck") is None
