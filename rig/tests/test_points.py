# SPDX-License-Identifier: GPL-2.0-only
"""The points of the sweep: what their places hang on."""

import re

import pytest

import points
from common import RIG, RigError

TREE = RIG.parent
# Static functions, or declared in the core, under the name that they have in stock.
STOCK_TOO = {"do_kexec_load", "kexec_load_permitted", "crash_size_store", "kimage_free_pages"}


def text(*paths):
    return "".join(path.read_text(encoding="utf-8") for path in paths)


def test_only_what_no_event_stands_for_is_private():
    public = text(TREE / "include/linux/kexec.h", TREE / "kernel/kexec_internal.h")
    headers = text(*TREE.glob("kernel/kexec/*.h"))
    sources = text(*TREE.glob("kernel/kexec*.c"), *TREE.glob("kernel/kexec/*.c"))

    def is_private(name):
        return not re.search(rf"\b{name}\(", public) and not name.startswith("arch_") and \
            (re.search(rf"^\S.*\b{name}\(", headers, re.M) or
             re.search(rf"^static .*\b{name}\(", sources, re.M))

    used = set(map(points.symbol_of, map(points.point, [*points.NAMES, *points.SHORT]))) - {""}
    assert set(filter(is_private, used)) - STOCK_TOO == set(points.INSIDE)


def test_events_are_those_that_there_are():
    events = text(TREE / "include/trace/events/kexec.h")
    assert set(re.findall(r"^TRACE_EVENT\((\w+)", events, re.M)) == set(points.EVENTS)


def test_an_event_is_one_place_however_a_point_comes_by_it():
    assert points.way("when", "kexec_step-fill.2") == "trace.kexec_step-fill.2"
    assert points.way("return", "kexec_loaded") == "trace.kexec_loaded"
    assert points.way("when", "kexec_load_permitted") == "when.kexec_load_permitted"
    assert points.point("reload_file.trace.kexec_step-fill.3.nmi").at == \
        "trace/nmi/3/kexec_step-fill"


def test_an_operation_that_there_is_not():
    with pytest.raises(RigError, match="no such point"):
        points.point("nothing.trace.kexec_arm.process")
