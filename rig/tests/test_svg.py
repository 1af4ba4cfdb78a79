# SPDX-License-Identifier: GPL-2.0-only
"""Pictures: that what is in the figures is where it should be."""

import re
import xml.etree.ElementTree as xml

import pytest

import bench
import svg
from timing import Phase

FIGURES = [bench.Figure("exact", kernel, "file", mib, load, None, mib, 1.0 + mib / 1000, 1.0, None, 1)
           for kernel, mib, load in (("ours", 16, 10), ("ours", 1, 1), ("stock", 1, 100),
                                     ("stock", 16, 1000))]


def marks(text):
    """What is said of each point, and where it is."""
    found = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="6.00".*?<title>(.*?)</title>', text)
    return {title: (float(x), float(y)) for x, y, title in found}


@pytest.mark.parametrize("unit", ["ms", ""])
def test_points_are_in_order_on_both_axes(unit):
    text = svg.chart("title", unit, {"a": [(1, 2.0), (4, 8.0), (16, 900.0)], "b": [(4, 8.0)]})
    xml.fromstring(text)
    places = marks(text)
    low, middle, high = (places[f"a: {value} {unit}".strip()] for value in (2, 8, 900))
    assert low[0] < middle[0] < high[0] and low[1] > middle[1] > high[1]
    assert middle[0] - low[0] == pytest.approx(high[0] - middle[0], abs=0.1), "powers of two"
    assert places[f"b: 8 {unit}".strip()] == middle
    assert all(svg.LEFT - 4 <= x <= svg.WIDTH - svg.RIGHT for x, _ in places.values())
    assert all(46 <= y <= 424 for _, y in places.values())


def test_ten_times_as_much_is_as_far_everywhere():
    places = marks(svg.chart("title", "ms", {"a": [(1, 1.0), (2, 10.0), (4, 100.0)]}))
    first, second, third = sorted((y for _, y in places.values()), reverse=True)
    assert first - second == pytest.approx(second - third, abs=0.2)


def test_one_point_is_a_picture_too():
    xml.fromstring(svg.chart("title", "ms", {"a": [(16, 10.0)]}))


def test_a_picture_for_each_quantity_that_was_measured(tmp_path):
    bench.draw(FIGURES, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["exact-load.svg", "exact-peak.svg"]
    text = (tmp_path / "exact-load.svg").read_text(encoding="utf-8")
    assert {"stock, kexec_file_load: 1000 ms", "memcpy: 16 ms"} <= set(marks(text))


def test_a_timeline_is_well_formed():
    xml.fromstring(svg.timeline("a & b", [Phase("one", 0, 1.5, "1st"), Phase("two", 1.5, 2, "2nd")]))
