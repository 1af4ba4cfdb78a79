# SPDX-License-Identifier: GPL-2.0-only
"""Whether edits are woven into C so that the rest stays what it is."""

import pytest

import edits

SOURCE = """\
#define TWICE(x) \\
	if (x) return

/* if (comment) */
static int find(struct list *list, int want)
{
	struct list *at = list->first, *seen = NULL;
	static int calls = 1;
	int sum[2] = { 1, 2 };

	guard(mutex)(&list->lock);
	for (calls = 0; calls < want; calls++)
		pr_info("if (text; %d)", calls);
	list_for_each(at, list) {
		if (at->key == want &&
		    at->live)
			return use(at, "}");
		else if (at->dead)
			drop(at);
	}
again:
	do {
		seen = at;
	} while (at);
	switch (want) {
	case 1:
		list->hits++;
		break;
	default:
		return -ENOENT;
	}
}
"""
PLACES = ["list->first", "NULL", " calls < want", 'pr_info("if (text; %d)", calls);',
          "at->key == want &&\n		    at->live", 'return use(at, "}");', "at->dead",
          "drop(at);", "seen = at;", "at", "list->hits++;", "break;", "return -ENOENT;"]


def at(text, new, source=SOURCE):
    start = source.index(text)
    return edits.Change(start, start + len(text), new)


def test_places_are_values_and_statements():
    assert [SOURCE[place.start:place.end] for place in edits.places(SOURCE)] == PLACES


@pytest.mark.parametrize("before, after, change", [
    ("a == b", "a != b", (2, 3, "!")), ("drop(at);", ";", (0, 8, "")), ("aa", "aaa", (2, 2, "a")),
])
def test_a_change_is_what_differs(before, after, change):
    assert edits.difference(before, after) == change


@pytest.mark.parametrize("old, new, want", [
    ("at->dead", "0", "else if (kexec_edit == 7 ? (0) : (at->dead))\n"),
    ("drop(at)", "",
     "\t\t\t{ if (kexec_edit == 7) { ; } else { drop(at); } }\n"),
    ("list->first", "NULL", "at = kexec_edit == 7 ? (NULL) : (list->first), *seen = NULL;"),
    ("< want", "<= want", "for (calls = 0;kexec_edit == 7 ? ( calls <= want) : ( calls < want); c"),
])
def test_beside_what_there_is_stands_what_it_becomes(old, new, want):
    woven, numbers = edits.weave(SOURCE, {7: at(old, new)})
    assert numbers == {7} and want in woven and woven.startswith("extern int kexec_edit;\n")


def test_a_place_has_several_edits_on_one_line_and_no_line_moves():
    woven, numbers = edits.weave(SOURCE, {1: at("== want", "!= want"), 2: at("at->live", "1")})
    line = next(line for line in woven.splitlines() if "kexec_edit" in line and "?" in line)
    assert numbers == {1, 2} == edits.numbers_on(line)
    assert woven.splitlines()[1:][SOURCE.splitlines().index("again:")] == "again:"


@pytest.mark.parametrize("old, new", [
    ("static int calls = 1", "static int calls = 2"), ("guard(mutex)(&list->lock);", ";"),
    ("{ 1, 2 }", "{ 2, 1 }"), ("drop(at);", "drop(at)"), ("at->dead", "at->dead)"),
    ("else if", "if"),
])
def test_what_is_no_place_or_would_be_none_is_left_out(old, new):
    change = edits.difference(SOURCE, SOURCE.replace(old, new))
    assert edits.weave(SOURCE, {7: change}) == (SOURCE, set())


def test_chance_is_the_same_for_the_same_seed():
    first, again = (edits.by_chance({"a.c": SOURCE}, 4, 1) for _ in range(2))
    assert first == again and len(first) == 4
    everything = edits.by_chance({"a.c": SOURCE}, 99, 1)
    for _, change in everything:
        before = SOURCE[change.start:change.end]
        assert before != change.text and "pr_info" not in before and "comment" not in before
        assert edits.weave(SOURCE, {7: change})[1] == {7}
