# SPDX-License-Identifier: GPL-2.0-only
"""The command line: read before anything is done, and complete."""

import os
import pathlib
import re
import subprocess

import pytest

import cli
import common
import workshop

RIG = pathlib.Path(__file__).parents[1]
COMMANDS = [" ".join(words) for words in cli.COMMANDS]
LISTS = [name for name in COMMANDS
         if "--list" in cli.COMMANDS[tuple(name.split())].parser().format_help()]
# Of the environment, what is no switch of ours.
OTHERS = {"PATH", "RIG", "ARCH", "CROSS_COMPILE"}


@pytest.fixture(name="bare")
def fixture_bare(tmp_path):
    """A machine on which asking for a package, or building, leaves a trace."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("apt-get", "dpkg-query", "make", "gcc", "sudo", "rsync"):
        tool = tools / name
        tool.write_text(f"#!/bin/sh\necho {name} >>{tmp_path}/trace\nexit 1\n")
        tool.chmod(0o755)
    env = {**os.environ, "PATH": f"{tools}:/usr/bin:/bin", "OUT": str(tmp_path / "out")}

    def run(*words):
        done = subprocess.run([str(word) for word in words], env=env, check=False, text=True,
                              capture_output=True, cwd=tmp_path)
        traces = (tmp_path / "trace").exists(), (tmp_path / "out").exists()
        return done, traces
    return run


@pytest.mark.parametrize("name", COMMANDS)
def test_help_does_nothing_else(bare, name):
    first, *rest = name.split()
    done, traces = bare(RIG / first, *rest, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: rig/" + name)
    assert traces == (False, False)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_does_nothing_else(bare, name):
    first, *rest = name.split()
    done, traces = bare(RIG / first, *rest, "--list")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") > 5
    assert traces == (False, False)


def test_what_is_wrong_is_said_before_anything_is_done(bare):
    for words in (("test", "--jobs", "0"), ("test", "--nonsense"), ("run", "--initrd", "x"),
                  ("tree",), ("test", "--accel", "warp"), ("bench", "--size", "1")):
        done, traces = bare(RIG / words[0], *words[1:])
        assert done.returncode == 2 and "usage" in done.stderr, words
        assert traces == (False, False), words


def test_the_machine_of_these_tests_would_notice(bare):
    _, traces = bare(RIG / "build")
    assert traces[0]


def test_each_command_has_its_link(bare):
    for name in {name.split()[0] for name in COMMANDS}:
        assert os.readlink(RIG / name) == "rig"
    done, _ = bare(RIG / "rig", "--help")
    assert done.returncode == 0
    assert all(f"rig/{name} " in done.stdout for name in COMMANDS)
    done, _ = bare(RIG / "rig", "nonsense")
    assert done.returncode == 2


def test_every_switch_of_the_environment_is_a_flag():
    used = set()
    for path in (RIG / "lib").glob("*.py"):
        used |= set(re.findall(r'environ(?:\.get\(|\[)"(\w+)"', path.read_text(encoding="utf-8")))
    assert used - OTHERS == set(cli.SWITCHES)
    helps = "".join(command.parser().format_help() for command in cli.COMMANDS.values())
    for name, (flag, _, _) in cli.SWITCHES.items():
        assert flag in helps and f"{name}=" in helps


def test_flags_say_what_the_environment_would():
    _, options, said = cli.parse(["test", "--stock", "e2e", "--patience", "3", "kunit",
                                  "--fragment", "a", "--fragment", "b", "--jobs", "1"])
    assert said == {"STOCK": "1", "PATIENCE": "3.0", "CONFIG_FRAGMENTS": "a b"}
    assert options.patterns == ["e2e", "kunit"] and options.jobs == 1
    assert cli.parse(["test"])[2] == {}


def test_the_environment_still_counts(bare):
    done, traces = bare("env", "PATIENCE=2", "STOCK=1", RIG / "test", "--list", "e2e/crash")
    assert done.returncode == 0 and traces == (False, False)
    stock = "import common; print(common.STOCK)"
    for text, meant in (("1", "True"), ("0", "False"), ("", "False")):
        done, _ = bare("env", f"STOCK={text}", f"PYTHONPATH={RIG}/lib", "python3", "-B", "-c", stock)
        assert done.stdout.strip() == meant


def test_packages_follow_what_is_asked():
    def needed(*words):
        chosen, options, _ = cli.parse(list(words))
        return chosen.needed(options)
    assert "clang-19" not in needed("test")
    assert "clang-19" in needed("test", "--config", "clang")
    assert needed("test", "--list", "--config", "clang") == []
    assert "qemu-system-x86" not in needed("build")


def test_the_longer_name_counts():
    assert cli.parse(["test", "panic-sweep", "kernel_*"])[0].module == "sweep"
    assert cli.parse(["test", "e2e"])[0].module == "runner"


def test_the_workshop_is_told_what_was_said():
    _, options, _ = cli.parse(["purgatory", "bench", "--goals", "--mib", "4"])
    assert workshop.words(options) == ["--mib", "4", "--goals"]
    _, options, _ = cli.parse(["purgatory", "configs", "plain", "--tree", "x"])
    assert workshop.words(options) == ["--tree", "x", "plain"]


def test_paths_are_said_as_they_are_from_here(tmp_path, monkeypatch, capsys):
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    common.say(f"see {tmp_path}/out/log and /elsewhere/log")
    assert capsys.readouterr().err == "rig: see out/log and /elsewhere/log\n"
    monkeypatch.chdir(tmp_path / "out")
    assert common.from_here(f"{tmp_path}/out/log {tmp_path}/log") == f"log {tmp_path}/log"
    monkeypatch.chdir("/")
    assert common.from_here("/usr/bin") == "/usr/bin"


def test_an_error_of_the_user_is_one_line(capsys):
    def wrong():
        raise common.RigError("no such thing")
    with pytest.raises(SystemExit) as ended:
        common.main(wrong)
    assert ended.value.code == 1
    assert capsys.readouterr().err == "rig: no such thing\n"
