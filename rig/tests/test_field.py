# SPDX-License-Identifier: GPL-2.0-only
"""The suite field: what its disks are named after, what lies on the second drive, its figures."""

import tarfile

import pytest

import field
import field_disk
import signing
from common import RigError
from guest import Line


@pytest.fixture(name="key", autouse=True)
def fixture_key(tmp_path, monkeypatch):
    """One that is there."""
    (tmp_path / "key.pem").write_text("key")
    monkeypatch.setattr(signing, "secure_boot", lambda: tmp_path / "key.pem")
    return tmp_path / "key.pem"


def lines(*texts):
    return [Line(0, *text.split(" ", 1)) for text in texts]


def test_a_downtime_is_counted_from_the_call_to_the_next_clock():
    # a thousand ticks a second; the second kernel's clock begins at tick 12500
    found = list(field.downtimes(lines(
        "boot 1 7.3.4", "mark init-1 1000000000 2000", "mark reboot-e 11000000000 12000",
        "boot 2 7.3.4", "mark init-2 3000000000 15500", "val systemd-2 1.25")))
    assert [name for name, *_ in found] == ["e"]
    assert found[0][1:] == (pytest.approx(0.5), pytest.approx(1.75))


def test_a_reboot_by_the_firmware_has_no_such_mark():
    assert not list(field.downtimes(lines(
        "boot 1 7.3.4", "mark init-1 1000000000 2000", "mark panic 2000000000 3000",
        "boot 2 7.3.4", "mark init-2 1000000000 500")))


def test_the_drive_has_files_and_contents(tmp_path):
    (tmp_path / "file").write_text("of the host's")
    field.write_drive(tmp_path / "drive", {"rig/a": tmp_path / "file", "rig/b": b"made"})
    with tarfile.open(tmp_path / "drive") as archive:
        assert {entry.name: archive.extractfile(entry).read() for entry in archive} == \
            {"rig/a": b"of the host's", "rig/b": b"made"}
        assert all(entry.mode == 0o755 for entry in archive)
    assert (tmp_path / "drive").stat().st_size % 512 == 0


def test_packages_of_the_whole_configuration_come_first(tmp_path, monkeypatch):
    monkeypatch.setattr(field, "OUT", tmp_path)
    with pytest.raises(RigError, match="rig/deb --quick"):
        field.packages()
    for kind in ("quick", "full"):
        (tmp_path / "deb" / kind).mkdir(parents=True)
        for name in (f"linux-image-7.3.4-{kind}_1_amd64.deb",
                     f"linux-image-7.3.4-{kind}-dbg_1_amd64.deb", "linux-headers-7.3.4_1_amd64.deb"):
            (tmp_path / "deb" / kind / name).write_text("")
        assert [path.name for path in field.packages()] == [f"linux-image-7.3.4-{kind}_1_amd64.deb"]


def test_a_disk_is_named_after_what_it_is_made_of(tmp_path, key):
    package = tmp_path / "package.deb"
    package.write_text("one")
    first = field_disk.digest([package])
    assert field_disk.digest([package]) == first != field_disk.digest([])
    package.write_text("two")
    second = field_disk.digest([package])
    assert second != first
    key.write_text("another key")
    assert field_disk.digest([package]) != second
