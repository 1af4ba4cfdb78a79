# SPDX-License-Identifier: GPL-2.0-only
"""tools/kexec/kexec-map, on files that were copied out of guests.

recorded/both: our kernel, an image for the reboot that is all to be copied, and one for a
panic.  recorded/arrived: our kernel that another of ours has rebooted into.
recorded/debian-6.1, recorded/debian-7.3: the distribution's, each with both images.
"""

import importlib.machinery
import importlib.util
import pathlib
import re
import shutil
import xml.etree.ElementTree as xml

import pytest

HERE = pathlib.Path(__file__).parent
RECORDED = HERE / "recorded"
ALL = sorted(path.name for path in RECORDED.iterdir())
STOCK = [name for name in ALL if name.startswith("debian")]


def load_tool():
    path = str(HERE.parents[1] / "tools/kexec/kexec-map")
    loader = importlib.machinery.SourceFileLoader("kexec_map", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("kexec_map", loader))
    loader.exec_module(module)
    return module


tool = load_tool()
Range = tool.Range


def run(capsys, *words):
    status = tool.main([str(word) for word in words])
    said = capsys.readouterr()
    return status, said.out, said.err


def map_of(name):
    return (RECORDED / name / "sys/kernel/debug/kexec/map").read_text(encoding="utf-8")


# reading

def test_every_line_about_a_segment_is_understood():
    machine = tool.read_machine(RECORDED / "both")
    lines = re.findall(r"(?m)^ +\d+ \[mem .*$", map_of("both"))
    segments = [segment for image in machine.images for segment in image.segments]
    assert len(segments) == len(lines) > 8
    for segment, line in zip(segments, lines):
        assert f"[mem {segment.range.start:#014x}-{segment.range.end - 1:#014x}]" in line
        assert f" {segment.bytes} bytes, {segment.role}, " in line
        assert segment.copied == (int(line.split(" of ")[0].split()[-1]) if " of " in line else 0)


def test_what_is_to_be_copied_adds_up_to_what_the_kernel_says():
    reboot, crash = tool.read_machine(RECORDED / "both").images
    facts = dict(reboot.facts)
    copied = sum(segment.copied for segment in reboot.segments)
    assert facts["memory"].endswith(f" {copied * 4} KiB to copy") and copied
    assert not any(segment.copied for segment in crash.segments)
    assert set(dict(crash.facts)) >= {"loaded", "kernel", "took", "digests", "room left"}


def test_what_waits_does_so_in_memory_outside_of_where_it_goes():
    machine = tool.read_machine(RECORDED / "both")
    for segment in machine.images[0].segments:
        pages = (segment.source.end - segment.source.start) // 4096
        assert pages >= segment.copied > 0
        assert any(area.start <= segment.source.start < segment.source.end <= area.end
                   for area in machine.memory)


def test_the_crash_image_is_in_the_region():
    machine = tool.read_machine(RECORDED / "both")
    [region] = machine.region
    assert region.end - region.start == machine.region_bytes == 256 << 20
    for segment in machine.images[1].segments:
        assert region.start <= segment.range.start < segment.range.end <= region.end


def test_a_time_line_adds_up():
    started_by, took = tool.read_machine(RECORDED / "arrived").timeline
    assert started_by == "reboot"
    assert sum(took[name] for name in tool.STRETCHES) == took["total"] > 0


@pytest.mark.parametrize("name", STOCK)
def test_stock_says_what_it_can(name, capsys):
    machine = tool.read_machine(RECORDED / name)
    assert [image.loaded for image in machine.images] == [True, True]
    assert machine.region_bytes == 256 << 20 and machine.region and not machine.timeline
    status, out, _ = run(capsys, "--root", RECORDED / name)
    assert status == 0 and "crash region: 0x" in out and "-" in out.splitlines()[1]
    assert out.count("image: loaded; where, this kernel does not say") == 2
    assert "time line: none" in out


def copy_of(name, tmp_path, file, text):
    """A recording with one file changed."""
    root = tmp_path / "root"
    shutil.copytree(RECORDED / name, root)
    (root / file).write_text(text, encoding="utf-8")
    return root


def test_hidden_addresses_are_said_to_be(tmp_path, capsys):
    hidden = "00000000-00000000 : System RAM\n  00000000-00000000 : Crash kernel\n"
    root = copy_of(STOCK[0], tmp_path, "proc/iomem", hidden)
    status, out, err = run(capsys, "--root", root)
    assert status == 0 and "addresses" in err and "|" not in out
    assert "crash region: 256.0 MiB" in out


def test_what_is_unknown_is_not_zero(tmp_path, capsys):
    root = copy_of("arrived", tmp_path, "sys/kernel/kexec/timeline/verify_ns", "unknown\n")
    _, out, _ = run(capsys, "--root", root, "--timeline")
    assert re.search(r"(?m)^  verify +unknown$", out)


def test_nothing_to_draw_is_a_failure(tmp_path, capsys):
    status, out, err = run(capsys, "--root", tmp_path)
    assert status == 1 and not out and "neither" in err


# drawing

def bar(part, width, *paints):
    return tool.columns(tool.Row("", Range(*part), [tool.Paint(Range(*area), kind, "")
                                                    for area, kind in paints]), width)


def test_a_column_shows_what_has_a_part_in_it():
    assert bar((0, 100), 10, ((0, 100), "memory"), ((50, 70), "reboot")) == ".....RR..."
    assert bar((0, 100), 10, ((0, 41), "memory")) == ".....     "
    assert bar((0, 100), 10, ((0, 40), "memory")) == "....      "


def test_little_is_seen_and_the_last_word_counts():
    assert bar((0, 1 << 40), 20, ((0, 1 << 40), "memory"),
               ((1 << 39, (1 << 39) + 1), "crash")) == "." * 10 + "C" + "." * 9
    assert bar((0, 20), 20, ((0, 20), "region"), ((0, 20), "crash")) == "C" * 20


def test_what_reaches_beyond_a_bar_is_cut_off():
    assert bar((100, 200), 10, ((0, 120), "reboot"), ((190, 900), "crash")) == "RR       C"


@pytest.mark.parametrize("name", ALL)
def test_bars_have_the_width_that_was_asked_for(name, capsys):
    _, out, _ = run(capsys, "--root", RECORDED / name, "--map", "--width", "33")
    bars = [line for line in out.splitlines() if line.startswith("|")]
    assert bars and all(len(line) == 35 and line.endswith("|") for line in bars)


def test_every_letter_is_explained(capsys):
    _, out, _ = run(capsys, "--root", RECORDED / "both", "--map")
    letters = set("".join(line for line in out.splitlines() if line.startswith("|"))) - set("| ")
    _, manual, _ = run(capsys, "--help")
    assert letters >= set("KsrC-")
    for letter in letters:
        assert re.search(rf"(?m)^  {re.escape(letter)} \w", out)
        assert re.search(rf"(?m)^ +(?:\w .*  )?{re.escape(letter)}  \w", manual)


@pytest.mark.parametrize("name", ALL)
def test_the_crash_image_is_shown_in_all_of_its_region(name):
    """Whether anybody says where in it the image is, or not."""
    machine = tool.read_machine(RECORDED / name)
    known = bool(machine.images[1].segments)
    [row] = [row for row in tool.rows_of(machine) if row.name.startswith("crash")]
    assert row.name == ("crash image" if known else "crash region")
    assert [row.range] == machine.region
    assert {paint.kind for paint in row.paints} >= {"region"} | ({"crash"} if known else set())


def test_little_in_a_region_is_shown_in_all_of_it():
    crash = tool.Image("crash", True, "0x0", [], [tool.Segment(Range(30, 40), 9, "", 0, 0, None)])
    reboot = crash._replace(name="reboot")
    machine = tool.Machine([], [], [Range(20, 90)], 70, [reboot, crash], None)
    assert tool.closer(machine, crash) == (20, 90) and tool.closer(machine, reboot) == (30, 40)


def test_what_is_not_there_is_not_explained(capsys):
    _, out, _ = run(capsys, "--root", RECORDED / STOCK[0], "--map")
    assert re.findall(r"(?m)^  (\S) \w", out) == [".", "K", "-"]
    _, out, _ = run(capsys, "--root", RECORDED / STOCK[0], "--map", "--svg", "-")
    assert tool.KINDS["region"][2] in out and tool.KINDS["reboot"][2] not in out


def test_both_parts_are_drawn_or_one(capsys):
    root = RECORDED / "arrived"
    _, both, _ = run(capsys, "--root", root)
    _, memory, _ = run(capsys, "--root", root, "--map")
    _, times, _ = run(capsys, "--root", root, "--timeline")
    assert both == f"{memory}\n{times}"
    assert "time line" not in memory and "crash region" not in times


def test_the_longest_stretch_has_the_longest_bar(capsys):
    _, out, _ = run(capsys, "--root", RECORDED / "arrived", "--timeline", "--width", "80")
    took = tool.read_machine(RECORDED / "arrived").timeline[1]
    bars = {line.split()[0]: line.count("=") for line in out.splitlines()[1:]}
    for one in tool.STRETCHES:
        assert bars[one] == took[one] * 50 // max(took[name] for name in tool.STRETCHES)


@pytest.mark.parametrize("name", ALL)
def test_the_picture_is_well_formed_and_has_all_of_it(name, capsys):
    _, out, _ = run(capsys, "--root", RECORDED / name, "--svg", "-")
    root = xml.fromstring(out)
    width, height = int(root.get("width")), int(root.get("height"))
    assert not out.startswith("|")
    for shape in root.iter("{http://www.w3.org/2000/svg}rect"):
        if shape.get("width") == "100%":
            continue
        assert 0 <= float(shape.get("x")) <= width - float(shape.get("width")) + 1
        assert 0 <= float(shape.get("y")) <= height - float(shape.get("height"))
    for image in tool.read_machine(RECORDED / name).images:
        for segment in image.segments:
            assert f"{image.name}: {segment.role} {tool.span(segment.range)}" in out


def test_a_picture_is_written_beside_the_text(tmp_path, capsys):
    status, out, _ = run(capsys, "--root", RECORDED / "both", "--svg", tmp_path / "map.svg")
    assert status == 0 and "reboot image: entered at" in out
    xml.parse(tmp_path / "map.svg")
    status, _, err = run(capsys, "--root", RECORDED / "both", "--svg", tmp_path / "no/map.svg")
    assert status == 1 and "no/map.svg" in err


def test_names_may_be_anything(tmp_path, capsys):
    text = map_of("both").replace("(kx)", "(<&>)")
    root = copy_of("both", tmp_path, "sys/kernel/debug/kexec/map", text)
    _, out, _ = run(capsys, "--root", root, "--svg", "-")
    assert "(<&>)" in "".join(xml.fromstring(out).itertext())


# the command

def test_help_is_a_manual(capsys):
    status, out, _ = run(capsys, "--help")
    assert status == 0
    for heading in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "FILES", "EXIT STATUS", "EXAMPLES"):
        assert f"\n{heading}\n" in f"\n{out}"
    assert max(map(len, out.splitlines())) <= 92


@pytest.mark.parametrize("words", [["--map", "--timeline"], ["--width", "19"], ["--width", "x"],
                                   ["--no-such"], ["more"]])
def test_wrong_options_are_said_to_be(words):
    with pytest.raises(SystemExit) as ended:
        tool.main(words)
    assert ended.value.code == 2
