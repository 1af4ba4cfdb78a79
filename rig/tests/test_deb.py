# SPDX-License-Identifier: GPL-2.0-only
"""Debian's configuration, what we make of it, and what is said of the difference."""

import deb
import kbuild

DEBIAN = {"CONFIG_EXT4_FS": "y", "CONFIG_BTRFS_FS": "m", "CONFIG_VIRTIO_NET": "m",
          "CONFIG_XEN": "y", "CONFIG_NAME": '"m"', "CONFIG_GCC_VERSION": "140200", "CONFIG_KEXEC_JUMP": "n"}
OURS = {"CONFIG_MODULE_SIG_ALL": "y"}
QUICK = {"CONFIG_VIRTIO_NET": "m", "CONFIG_XEN": "n"}


def test_ours_is_laid_over_debians():
    assert deb.wanted(DEBIAN, OURS, False) == {**DEBIAN, **OURS}


def test_quick_keeps_the_modules_that_it_names():
    options = deb.wanted(DEBIAN, QUICK, True)
    assert options["CONFIG_BTRFS_FS"] == "n" and options["CONFIG_VIRTIO_NET"] == "m"
    assert options["CONFIG_EXT4_FS"] == "y" and options["CONFIG_XEN"] == "n"
    assert options["CONFIG_NAME"] == '"m"'


def test_a_difference_has_its_cause():
    have = {**DEBIAN, **OURS, "CONFIG_BTRFS_FS": "n", "CONFIG_KEXEC_DIRECT": "y",
            "CONFIG_GCC_VERSION": "120200"}
    assert deb.differences(DEBIAN, have, OURS, False) == {
        "asked": ["CONFIG_MODULE_SIG_ALL: n -> y"], "new": ["CONFIG_KEXEC_DIRECT: n -> y"],
        "quick": [], "lost": ["CONFIG_BTRFS_FS: m -> n"]}
    assert deb.differences(DEBIAN, have, OURS, True)["quick"] == ["CONFIG_BTRFS_FS: m -> n"]


def test_what_is_gone_is_a_difference():
    have = {name: value for name, value in DEBIAN.items() if name != "CONFIG_EXT4_FS"}
    assert deb.differences(DEBIAN, have, {}, False)["lost"] == ["CONFIG_EXT4_FS: y -> n"]
    assert not any(deb.differences(DEBIAN, DEBIAN, {}, False).values())


def test_what_is_asked_for_and_not_given_is_lost():
    assert deb.lost({"CONFIG_A": "y", "CONFIG_B": "n"}, {"CONFIG_A": "m"}) == ["CONFIG_A=y"]
    assert not deb.lost({"CONFIG_A": "y", "CONFIG_B": "n"}, {"CONFIG_A": "y"})


def test_the_fragments_say_each_thing_once_and_keep_what_loads_kernels():
    names = [line.partition("=")[0] for name in ("ours", "quick") for line in
             (deb.FRAGMENTS / f"{name}.config").read_text(encoding="utf-8").splitlines()
             if line.startswith("CONFIG_")]
    assert len(names) == len(set(names)) > 50
    options = kbuild.read_options([deb.FRAGMENTS / "quick.config"])
    off = {name for name, value in options.items() if value == "n"}
    assert not [name for name in off for word in
                ("KEXEC", "CRASH", "LOCKDOWN", "MODULE_SIG", "INTEGRITY", "IMA", "KEYRING",
                 "EFI", "TCG") if word in name]


def test_no_release_begins_with_another(monkeypatch):
    found = ["7.3.4+deb13-cloud-amd64"]
    for stock in (False, True):
        monkeypatch.setattr(deb, "STOCK", stock)
        found += [f"7.3.4-{deb.suffix(quick)}" for quick in (False, True)]
    assert not [(a, b) for a in found for b in found if a != b and b.startswith(a)]
