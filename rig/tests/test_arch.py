# SPDX-License-Identifier: GPL-2.0-only
"""Guests of other architectures: what is known of them, and which cases are for them."""

import gzip
import pathlib
import subprocess

import pytest

import arch
import cases
import cli
import foreign
import guest
import kbuild
import packing
import points
import runner
from common import Lacking, RigError

RIG = pathlib.Path(__file__).parents[1]
HEADER = """\
# what: something holds
# guest: memory=1G append="crashkernel=256M"
# plan: 3
# on arm64: memory=2G plan=4
# variant plain: CALL=-c
# variant its_own: arch=x86
# variant fetched: prebuilt=bookworm
# variant plugged: memory=1G,slots=2,maxmem=4G
"""


@pytest.fixture(name="arm64")
def fixture_arm64(monkeypatch):
    monkeypatch.setattr(arch, "NAME", "arm64")


def read(tmp_path, text):
    path = tmp_path / "suite" / "name.sh"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return {case.variant: case for case in cases.read_cases(path)}


def test_each_has_a_configuration_and_a_flag():
    for name in arch.TABLE:
        assert (RIG / f"config/{name}.config").exists()
    assert set(cli.SWITCHES["RIG_ARCH"][1]["choices"]) == set(arch.TABLE)
    with pytest.raises(RigError, match="no such architecture"):
        arch.named("vax")


def test_x86_is_what_it_was():
    assert arch.make_settings() == [] and arch.apart("ours") == "ours"
    assert guest.Machine().console_words() == \
        "console=ttyS0 earlyprintk=ttyS0,115200 panic=-1 no_timer_check"
    assert guest.Machine(console="ttyS1").console_words() == \
        "console=ttyS1 panic=-1 no_timer_check"
    assert guest.Machine(console="ttyS1").serial_port() == 1


def test_another_is_kept_apart(arm64):
    assert arch.make_settings() == ["ARCH=arm64", "CROSS_COMPILE=aarch64-linux-gnu-"]
    assert arch.apart("ours") == "ours-arm64"
    build = kbuild.Build("ours-arm64", pathlib.Path("/b"), pathlib.Path("/t"))
    assert build.image == pathlib.Path("/b/arch/arm64/boot/Image")
    assert guest.Machine().console_words() == "console=ttyAMA0 earlycon panic=-1"
    assert [path.name for path in kbuild.fragments((), True)] == \
        ["base.config", "foreign.config", "arm64.config"]


def test_only_what_a_console_has_is_said(monkeypatch):
    monkeypatch.setattr(arch, "NAME", "ppc64le")
    assert guest.Machine().console_words() == "console=hvc0 panic=-1"


def console_of(tmp_path, monkeypatch, name):
    monkeypatch.setattr(arch, "NAME", name)
    monkeypatch.setattr(guest, "OUT", tmp_path)
    build = kbuild.Build("any", tmp_path, tmp_path)
    return guest.Guest("any", build, tmp_path / "ramdisk", guest.Machine(), "").writes_console()


def test_a_console_that_does_not_wait(tmp_path, monkeypatch):
    assert console_of(tmp_path, monkeypatch, "x86") == \
        ["-chardev", f"file,id=console,mux=off,path={tmp_path}/guests/any/console.log",
         "-serial", "chardev:console"]
    words = console_of(tmp_path, monkeypatch, "s390x")
    assert "mux=on" in words[1] and words[-1] == "virtconsole,bus=terminal.0,chardev=console"
    assert guest.Machine().console_words() == "console=hvc0 earlyprintk panic=-1"


def test_an_architecture_has_the_last_word_of_its_kernels(monkeypatch):
    monkeypatch.setattr(arch, "NAME", "riscv64")
    assert [path.name for path in kbuild.fragments((), False)] == \
        ["base.config", "foreign.config", "ours.config", "riscv64.config"]
    assert [path.name for path in kbuild.fragments((), True)] == \
        ["base.config", "foreign.config", "riscv64.config"]


def test_what_others_call_the_entries_of_system_calls(tmp_path):
    build = kbuild.Build("any", tmp_path, tmp_path)
    for prefix in ("__x64_sys_", "__arm64_sys_", "__riscv_sys_", "__s390x_sys_", "sys_"):
        (tmp_path / "System.map").write_text(f"c0 T {prefix}reboot\nc1 T not_sys_x\n",
                                             encoding="ascii")
        assert points.symbols(build)["__x64_sys_reboot"] == prefix + "reboot"
        assert "not_sys_x" in points.symbols(build)


def test_a_loader_that_is_in_another_directory(monkeypatch):
    text = "      [Requesting program interpreter: /lib64/ld64.so.2]\n" \
           " 0x01 (NEEDED)  Shared library: [libc.so.6]\n"
    monkeypatch.setattr(foreign.subprocess, "run",
                        lambda *_, **__: subprocess.CompletedProcess((), 0, text))
    assert foreign.wanted_by("program") == ["libc.so.6", "ld64.so.2"]


def test_packages_that_the_release_has_none_of(monkeypatch, tmp_path):
    def fetch(suite, *_, **__):
        raise Lacking(f"all of {suite}")
    monkeypatch.setattr(arch, "NAME", "riscv64")
    monkeypatch.setattr(foreign, "CACHE", tmp_path)
    monkeypatch.setattr(foreign.debian, "libraries", lambda *_: [])
    monkeypatch.setattr(foreign.debian, "fetch", fetch)
    with pytest.raises(Lacking, match=f"all of {arch.guests().suite}"):
        foreign.root()


def test_a_kernel_is_packed_where_it_can_be_loaded_so(monkeypatch, tmp_path):
    image = tmp_path / "Image"
    image.write_bytes(b"kernel" * 100)
    for name, packed in (("arm64", True), ("riscv64", True), ("s390x", False), ("ppc64le", False)):
        monkeypatch.setattr(arch, "NAME", name)
        contents = packing.for_guest(image, ["lz4"])[packing.NAME]
        assert (gzip.decompress(contents) if packed else contents) == image.read_bytes()


def test_a_case_is_for_x86_unless_it_says_more(tmp_path, monkeypatch):
    for text, here, there in (("", True, False), ("# arch: any\n", True, True),
                              ("# arch: arm64\n", False, True)):
        case = read(tmp_path, HEADER + text)["plain"]
        assert case.runs_here is here
        with monkeypatch.context() as patch:
            patch.setattr(arch, "NAME", "arm64")
            assert case.runs_here is there


def test_a_variant_may_be_for_one(tmp_path, arm64):
    found = read(tmp_path, HEADER + "# arch: any\n")
    assert found["plain"].runs_here and not found["its_own"].runs_here


def test_a_case_has_its_settings_on_an_architecture(tmp_path, monkeypatch):
    case = read(tmp_path, HEADER + "# arch: any\n")["plain"]
    assert (case.under(()).machine().memory, case.under(()).plan) == ("1G", "3")
    monkeypatch.setattr(arch, "NAME", "arm64")
    assert (case.under(()).machine().memory, case.under(()).plan) == ("2G", "4")


def test_what_the_machine_lacks_is_said(tmp_path, monkeypatch):
    found = read(tmp_path, HEADER + "# arch: any\n")
    assert not any(runner.machine_lacks(case) for case in found.values())
    monkeypatch.setattr(arch, "NAME", "arm64")
    assert {name for name, case in found.items() if runner.machine_lacks(case)} == \
        {"fetched", "plugged"}


def test_points_that_ask_for_what_it_has(arm64):
    assert points.runs_here(points.point("unload.when.exchange.process"))
    assert not points.runs_here(points.point("reload_file.when.exchange.nmi"))
    assert not points.runs_here(points.point("memory.when.kexec_map_region.process"))


def test_a_sweep_of_twenty_points_where_there_are_no_nmis(monkeypatch):
    assert points.short() == points.SHORT
    monkeypatch.setattr(arch, "NAME", "arm64")
    here = [name for name in points.short() if points.runs_here(points.point(name))]
    assert len(here) >= 20 and not any(name.endswith(".nmi") for name in here)
    assert not points.runs_here(points.point("reload_load.when.kimage_copy_staged.process"))


def test_the_end_of_a_function_is_found(monkeypatch, arm64):
    for end in ("ret", "blr", "br\t%r14"):
        lines = ((0, "nop"), (4, end))
        monkeypatch.setattr(points, "instructions", lambda *_, lines=lines: lines)
        assert ("exchanged", "exchange_armed+0x4") in points.named_exchanges(None)


def test_packages_of_the_other_architecture(monkeypatch):
    def needed():
        chosen, options, _ = cli.parse(["test"])
        return chosen.needed(options)
    assert "qemu-system-arm" not in needed()
    monkeypatch.setattr(arch, "NAME", "arm64")
    assert "qemu-system-arm" in needed()


def test_a_library_that_is_nowhere_is_said(monkeypatch, tmp_path, arm64):
    monkeypatch.setattr(foreign, "root", lambda: tmp_path)
    monkeypatch.setattr(foreign, "wanted_by", lambda path: ["libnone.so.1"])
    with pytest.raises(Lacking, match="libnone.so.1"):
        foreign.libraries([tmp_path / "program"])
