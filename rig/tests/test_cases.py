# SPDX-License-Identifier: GPL-2.0-only
"""Headers of cases, and the names that stand in them."""

import pytest

import bugs
import cases
from common import RigError

HEADER = """\
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: something holds
# guest: memory=1G cpus=2 CALL=-c append="crashkernel=256M"
# plan: 3
# variant file: CALL=-s cpus=4 append="quiet"
# variant load:
# skip: sha-ni # this CPU has none
# console: allow WARNING: .*harmless
# stock: xfail O8 it holds*
# stock: may O10 runs to its end
"""


def read(tmp_path, text):
    path = tmp_path / "suite" / "name.sh"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + "\nstage1() { finish; }\n# guest: memory=9G\n")
    return list(cases.read_cases(path))


def test_a_header_is_read_to_its_end_and_no_further(tmp_path):
    first, second = read(tmp_path, HEADER)
    assert (first.name, second.name) == ("suite/name.file", "suite/name.load")
    assert first.settings["memory"] == "1G" and first.plan == "3"
    assert first.settings["cpus"] == "4" and second.settings["cpus"] == "2"
    assert first.variables == {"CALL": "-s"} and second.variables == {"CALL": "-c"}
    assert first.settings["append"] == "crashkernel=256M quiet"
    assert first.skips == ["sha-ni # this CPU has none"]
    assert first.allow == ["WARNING: .*harmless"]
    assert first.xfail == [(True, "O8", "it holds*"), (False, "O10", "runs to its end")]


def test_the_machine_is_what_was_asked_for(tmp_path):
    machine = read(tmp_path, HEADER)[0].machine(patience=2)
    assert machine.cpus == 4 and machine.memory == "1G"


def test_a_bug_that_nobody_has_written_down_is_an_error(tmp_path):
    with pytest.raises(RigError, match="O999"):
        read(tmp_path, HEADER.replace("O8", "O999"))


def test_every_case_there_is_can_be_read():
    found = cases.all_cases()
    assert len({case.name for case in found}) == len(found) > 100
    assert all(case.what for case in found)


def test_bugs_have_one_name_each():
    assert bugs.name("O8") == "O8 compat-positive-errno"


def test_a_pattern_that_names_nothing_is_an_error():
    with pytest.raises(RigError):
        cases.select(cases.all_cases(), ["no/such.case"])


def test_a_suite_on_demand_is_run_by_who_names_it(tmp_path):
    usual = read(tmp_path, HEADER)
    path = tmp_path / cases.ON_DEMAND[0] / "name.sh"
    path.parent.mkdir()
    path.write_text(HEADER)
    rare = list(cases.read_cases(path))
    everything = usual + rare

    def chosen(*words, **how):
        return cases.select(everything, words, **how)

    assert chosen() == usual and chosen(everything=True) == everything
    assert chosen("name") == chosen("*file", "load") == usual
    assert chosen("kernels") == rare and chosen("kernels/*.load", "suite") == [*usual, rare[1]]


def test_a_long_case_is_run_by_who_names_its_script(tmp_path):
    short, long = read(tmp_path, HEADER.replace("# variant load:", "# variant load: long=1"))

    def chosen(*words):
        return cases.select([short, long], words)

    assert chosen() == chosen("suite") == chosen("name.file") == [short]
    assert chosen("suite/name") == [short, long] and chosen("suite/name.load") == [long]
