// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of the range arithmetic and of the search for a hole
 *
 * Predicates are compared with what counting points says, for all ranges of a
 * small model that is laid over both ends of the address space and across 4 GiB.
 * The search is compared with one that tries every place.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/sizes.h>

#include "kexec_pure_kunit.h"

/* ---- the model: POINTS addresses from a base on ---- */

#define POINTS	128

static const u64 bases[] = { 0, SZ_4G - POINTS / 2, U64_MAX - POINTS };

static void describe_base(const u64 *base, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "at %#llx", *base);
}

KUNIT_ARRAY_PARAM(base, bases, describe_base);

static struct kexec_range from_base(u64 base, unsigned int start, unsigned int end)
{
	return (struct kexec_range) { base + start, base + end };
}

static bool has_point(struct kexec_range r, u64 point)
{
	return point >= r.start && point < r.end;
}

/* ---- predicates ---- */

/*
 * Ranges overlap when they share a point.  An empty range has none, but one that
 * lies strictly inside another counts as in its way: a segment of no bytes in the
 * middle of another has always been refused.
 */
static bool overlap_by_points(u64 base, unsigned int points, struct kexec_range a,
			      struct kexec_range b)
{
	unsigned int i;

	if (a.start == a.end)
		return b.start < a.start && a.start < b.end;
	if (b.start == b.end)
		return a.start < b.start && b.start < a.end;
	for (i = 0; i <= points; i++)
		if (has_point(a, base + i) && has_point(b, base + i))
			return true;
	return false;
}

static bool contained_by_points(u64 base, unsigned int points, struct kexec_range outer,
				struct kexec_range inner)
{
	unsigned int i;

	for (i = 0; i <= points; i++)
		if (has_point(inner, base + i) && !has_point(outer, base + i))
			return false;
	return true;
}

static unsigned int common_by_points(u64 base, unsigned int points, struct kexec_range a,
				     struct kexec_range b)
{
	unsigned int i, nr = 0;

	for (i = 0; i <= points; i++)
		nr += has_point(a, base + i) && has_point(b, base + i);
	return nr;
}

/* From the first point that either has to the last. */
static unsigned int hull_by_points(u64 base, unsigned int points, struct kexec_range a,
				   struct kexec_range b)
{
	unsigned int i, first = points + 1, end = 0;

	for (i = 0; i <= points; i++) {
		if (!has_point(a, base + i) && !has_point(b, base + i))
			continue;
		first = min(first, i);
		end = i + 1;
	}
	return end ? end - first : 0;
}

static void compare_hull(struct kunit *test, u64 base, unsigned int points, struct kexec_range a,
			 struct kexec_range b)
{
	struct kexec_range hull = kexec_range_hull(a, b);

	KUNIT_EXPECT_EQ(test, kexec_range_size(hull), hull_by_points(base, points, a, b));
	KUNIT_EXPECT_TRUE(test, kexec_range_empty(a) || kexec_range_contains(hull, a));
	KUNIT_EXPECT_TRUE(test, kexec_range_empty(b) || kexec_range_contains(hull, b));
}

static void compare_pair(struct kunit *test, u64 base, unsigned int points, struct kexec_range a,
			 struct kexec_range b)
{
	struct kexec_range common = kexec_range_common(a, b);

	KUNIT_EXPECT_EQ_MSG(test, kexec_range_overlaps(a, b),
			    overlap_by_points(base, points, a, b), "[%llx %llx) [%llx %llx)",
			    a.start, a.end, b.start, b.end);
	KUNIT_EXPECT_EQ(test, kexec_range_size(common), common_by_points(base, points, a, b));
	compare_hull(test, base, points, a, b);
	if (b.start < b.end)
		KUNIT_EXPECT_EQ_MSG(test, kexec_range_contains(a, b),
				    contained_by_points(base, points, a, b),
				    "[%llx %llx) [%llx %llx)", a.start, a.end, b.start, b.end);
}

/* Predicates agree with counting points, for every pair of ranges of a small model. */
static void predicates_agree_with_points(struct kunit *test)
{
	const u64 base = *(const u64 *)test->param_value;
	const unsigned int points = 7;
	unsigned int a, b, c, d;

	for (a = 0; a <= points; a++)
		for (b = a; b <= points; b++)
			for (c = 0; c <= points; c++)
				for (d = c; d <= points; d++)
					compare_pair(test, base, points, from_base(base, a, b),
						     from_base(base, c, d));
}

/* An empty range has size 0, whichever way it is empty. */
static void empty_ranges_have_no_size(struct kunit *test)
{
	static const struct kexec_range empty[] = {
		{ 0, 0 }, { U64_MAX, U64_MAX }, { 5, 4 }, { U64_MAX, 0 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(empty); i++) {
		KUNIT_EXPECT_TRUE(test, kexec_range_empty(empty[i]));
		KUNIT_EXPECT_EQ(test, kexec_range_size(empty[i]), 0);
	}
	KUNIT_EXPECT_FALSE(test, kexec_range_empty((struct kexec_range) { 0, U64_MAX }));
	KUNIT_EXPECT_EQ(test, kexec_range_size((struct kexec_range) { 0, U64_MAX }), U64_MAX);
}

/* What reaches over the end of the address space is not made a range. */
static void ranges_do_not_wrap(struct kunit *test)
{
	static const struct {
		u64 start, size;
		bool fits;
	} table[] = {
		{ 0, 0, true },
		{ 0, U64_MAX, true },
		{ 1, U64_MAX, false },
		{ U64_MAX, 0, true },
		{ U64_MAX, 1, false },
		{ U64_MAX - SZ_4K + 1, SZ_4K - 1, true },
		{ U64_MAX - SZ_4K + 1, SZ_4K, false },
		{ SZ_4G - SZ_4K, SZ_4K, true },
		{ SZ_4G - SZ_4K, SZ_8K, true },
	};
	struct kexec_range r;
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		KUNIT_EXPECT_EQ_MSG(test, kexec_range_from(table[i].start, table[i].size, &r),
				    table[i].fits, "line %d", i);
		if (!table[i].fits)
			continue;
		KUNIT_EXPECT_EQ(test, r.start, table[i].start);
		KUNIT_EXPECT_EQ(test, kexec_range_size(r), table[i].size);
	}
}

/* Inclusive ends gain a byte, but for the last one that there is. */
static void inclusive_ends_become_exclusive(struct kunit *test)
{
	static const u64 last[] = { 0, SZ_4K - 1, SZ_4G - 1, U64_MAX - 1 };
	struct kexec_range r;
	int i;

	for (i = 0; i < ARRAY_SIZE(last); i++) {
		r = kexec_range_inclusive(0, last[i]);
		KUNIT_EXPECT_EQ(test, r.start, 0);
		KUNIT_EXPECT_EQ(test, r.end, last[i] + 1);
	}
	r = kexec_range_inclusive(SZ_4K, U64_MAX);
	KUNIT_EXPECT_EQ(test, r.start, SZ_4K);
	KUNIT_EXPECT_EQ(test, r.end, U64_MAX);
	KUNIT_EXPECT_TRUE(test, kexec_range_empty(kexec_range_inclusive(U64_MAX, U64_MAX)));
	KUNIT_EXPECT_TRUE(test, kexec_range_empty(kexec_range_inclusive(1, 0)));
}

/* ---- a search among obstacles ---- */

#define MAX_OBSTACLES	24

/**
 * struct course - where a search has to find its way
 * @test:     for expectations
 * @chance:   chooses among several obstacles
 * @want:     what is searched
 * @nr:       obstacles
 * @obstacle: the obstacles
 * @calls:    how often the search has asked
 */
struct course {
	struct kunit *test;
	struct rnd_state *chance;
	struct kexec_hole want;
	unsigned int nr;
	struct kexec_range obstacle[MAX_OBSTACLES];
	unsigned int calls;
};

static bool is_free(const struct course *course, struct kexec_range place)
{
	unsigned int i;

	for (i = 0; i < course->nr; i++)
		if (kexec_range_overlaps(place, course->obstacle[i]))
			return false;
	return true;
}

/* Names any of the obstacles, as the contract allows. */
static bool any_obstacle(void *ctx, struct kexec_range candidate, struct kexec_range *hit)
{
	struct course *course = ctx;
	unsigned int i, first = kexec_test_below(course->chance, max(course->nr, 1));

	course->calls++;
	KUNIT_EXPECT_TRUE(course->test, kexec_range_contains(course->want.within, candidate));
	KUNIT_EXPECT_TRUE(course->test, IS_ALIGNED(candidate.start, course->want.align));
	KUNIT_EXPECT_EQ(course->test, kexec_range_size(candidate), course->want.size);
	for (i = 0; i < course->nr; i++) {
		*hit = course->obstacle[(first + i) % course->nr];
		if (kexec_range_overlaps(candidate, *hit))
			return true;
	}
	return false;
}

/* Tries every place, from the preferred end. */
static bool find_by_trying(const struct course *course, struct kexec_range *found)
{
	const struct kexec_hole *want = &course->want;
	u64 n, places = kexec_range_size(want->within) - want->size + 1;

	if (kexec_range_size(want->within) < want->size)
		return false;
	for (n = 0; n < places; n++) {
		found->start = want->top_down ? want->within.end - want->size - n :
						want->within.start + n;
		found->end = found->start + want->size;
		if (IS_ALIGNED(found->start, want->align) && is_free(course, *found))
			return true;
	}
	return false;
}

static struct kexec_range random_range(struct rnd_state *chance, u64 base, unsigned int longest)
{
	unsigned int start = kexec_test_below(chance, POINTS + 1);
	unsigned int end = min(start + kexec_test_below(chance, longest + 1), POINTS);

	return from_base(base, start, end);
}

static void random_course(struct course *course)
{
	struct rnd_state *chance = course->chance;
	u64 base = bases[kexec_test_below(chance, ARRAY_SIZE(bases))];
	unsigned int i;

	course->want = (struct kexec_hole) {
		.within = random_range(chance, base, POINTS),
		.size = 1 + kexec_test_below(chance, 20),
		.align = 1ULL << kexec_test_below(chance, 6),
		.top_down = kexec_test_below(chance, 2),
	};
	if (!kexec_test_below(chance, 4))
		course->want.within = from_base(base, 0, POINTS);
	course->nr = kexec_test_below(chance, MAX_OBSTACLES + 1);
	for (i = 0; i < course->nr; i++)
		course->obstacle[i] = random_range(chance, base, 12);
	course->calls = 0;
}

/*
 * The search finds the place that trying them all finds, the lowest or the
 * highest; and asks no more often than there are obstacles, and once.
 */
static void finds_what_trying_finds(struct kunit *test)
{
	struct course course = { .test = test, .chance = kexec_test_chance(test) };
	struct kexec_range found, best;
	int round;

	for (round = 0; round < 2000; round++) {
		bool is_there;

		random_course(&course);
		is_there = find_by_trying(&course, &best);
		KUNIT_ASSERT_EQ_MSG(test, is_there,
				    kexec_find_hole(course.want, any_obstacle, &course, &found),
				    "round %d", round);
		KUNIT_ASSERT_LE_MSG(test, course.calls, course.nr + 1, "round %d", round);
		if (!is_there)
			continue;
		KUNIT_ASSERT_EQ_MSG(test, found.start, best.start, "round %d", round);
		KUNIT_ASSERT_EQ_MSG(test, found.end, best.end, "round %d", round);
	}
}

/* ---- the edges of a window, nothing in the way ---- */

struct edge {
	const char *name;
	struct kexec_hole want;
	u64 at;
	bool none;
};

#define WINDOW(first, behind)	.within = { (first), (behind) }
#define LAST_PAGE		(U64_MAX - SZ_4K + 1)

static const struct edge edges[] = {
	{ "fills the window", { WINDOW(SZ_8K, SZ_16K), SZ_8K, SZ_4K }, SZ_8K },
	{ "fills the window, top down", { WINDOW(SZ_8K, SZ_16K), SZ_8K, SZ_4K, true }, SZ_8K },
	{ "a byte too large", { WINDOW(SZ_8K, SZ_16K), SZ_8K + 1, 1 }, .none = true },
	{ "a byte too large, top down", { WINDOW(SZ_8K, SZ_16K), SZ_8K + 1, 1, true },
	  .none = true },
	{ "larger than all below the window", { WINDOW(0, SZ_4K), SZ_8K, SZ_4K, true },
	  .none = true },
	{ "empty window", { WINDOW(SZ_4K, SZ_4K), 1, 1 }, .none = true },
	{ "window of negative size", { WINDOW(SZ_8K, SZ_4K), 1, 1, true }, .none = true },
	{ "aligned up", { WINDOW(1, SZ_16K), SZ_4K, SZ_4K }, SZ_4K },
	{ "aligned down", { WINDOW(0, SZ_16K - 1), SZ_4K, SZ_4K, true }, SZ_8K },
	{ "nothing aligned in it", { WINDOW(1, SZ_8K - 1), SZ_4K, SZ_4K }, .none = true },
	{ "nothing aligned in it, top down", { WINDOW(1, SZ_8K - 1), SZ_4K, SZ_4K, true },
	  .none = true },
	{ "aligned down would leave the window", { WINDOW(SZ_4K, SZ_8K), SZ_1K, SZ_8K, true },
	  .none = true },
	{ "at address 0", { WINDOW(0, U64_MAX), SZ_4K, SZ_1G }, 0 },
	{ "at the upper end", { WINDOW(0, U64_MAX), SZ_4K - 1, SZ_4K, true }, LAST_PAGE },
	{ "the last page cannot be named", { WINDOW(0, U64_MAX), SZ_4K, SZ_4K, true },
	  LAST_PAGE - SZ_4K },
	{ "aligned up wraps", { WINDOW(U64_MAX - 16, U64_MAX), 1, SZ_1G }, .none = true },
	{ "all there is", { WINDOW(0, U64_MAX), U64_MAX, 1 }, 0 },
};

KUNIT_ARRAY_PARAM_DESC(edge, edges, name);

static bool nothing_in_the_way(void *ctx, struct kexec_range candidate, struct kexec_range *hit)
{
	return false;
}

/* At its edges a window gives what fits and nothing else, and no sum wraps (O11). */
static void edges_of_a_window(struct kunit *test)
{
	const struct edge *edge = test->param_value;
	struct kexec_range found;

	KUNIT_ASSERT_EQ(test, !edge->none,
			kexec_find_hole(edge->want, nothing_in_the_way, NULL, &found));
	if (edge->none)
		return;
	KUNIT_EXPECT_EQ(test, found.start, edge->at);
	KUNIT_EXPECT_EQ(test, kexec_range_size(found), edge->want.size);
}

/* ---- pages that an architecture excludes without saying how far ---- */

#define PAGES	64

struct excluded {
	DECLARE_BITMAP(page, PAGES);
	unsigned int calls;
};

static bool is_excluded(const struct excluded *excluded, struct kexec_range place)
{
	unsigned int end = PFN_UP(place.end);

	return find_next_bit(excluded->page, end, PFN_DOWN(place.start)) < end;
}

static bool excluded_in_the_way(void *ctx, struct kexec_range candidate, struct kexec_range *hit)
{
	struct excluded *excluded = ctx;

	excluded->calls++;
	/* A page further, whichever way the search goes; as in place.c. */
	hit->start = candidate.end - PAGE_SIZE;
	hit->end = candidate.start + PAGE_SIZE;
	return is_excluded(excluded, candidate);
}

static bool find_page_by_page(const struct excluded *excluded, const struct kexec_hole *want,
			      struct kexec_range *found)
{
	unsigned int n;

	for (n = 0; n < PAGES; n++) {
		u64 start = (u64)(want->top_down ? PAGES - 1 - n : n) << PAGE_SHIFT;

		*found = (struct kexec_range) { start, start + want->size };
		if (IS_ALIGNED(start, want->align) && kexec_range_contains(want->within, *found) &&
		    !is_excluded(excluded, *found))
			return true;
	}
	return false;
}

/* Stepping by a page past what is excluded misses no place, either way. */
static void steps_past_excluded_pages(struct kunit *test)
{
	struct rnd_state *chance = kexec_test_chance(test);
	struct kexec_range found, best;
	int round, i;

	for (round = 0; round < 1000; round++) {
		struct excluded excluded = {};
		u32 first = kexec_test_below(chance, PAGES / 2);
		struct kexec_hole want = {
			.within = { (u64)first << PAGE_SHIFT, (u64)PAGES << PAGE_SHIFT },
			.size = (1 + kexec_test_below(chance, 6)) << PAGE_SHIFT,
			.align = PAGE_SIZE << kexec_test_below(chance, 3),
			.top_down = kexec_test_below(chance, 2),
		};
		bool is_there;

		for (i = kexec_test_below(chance, PAGES); i; i--)
			__set_bit(kexec_test_below(chance, PAGES), excluded.page);
		is_there = find_page_by_page(&excluded, &want, &best);
		KUNIT_ASSERT_EQ_MSG(test, is_there,
				    kexec_find_hole(want, excluded_in_the_way, &excluded, &found),
				    "round %d", round);
		KUNIT_ASSERT_LE(test, excluded.calls, PAGES + 1);
		if (is_there)
			KUNIT_ASSERT_EQ_MSG(test, found.start, best.start, "round %d", round);
	}
}

/* Each point of one range that is not in the other is in one of the parts, and no other is. */
static void what_is_left_is_what_was_not_taken(struct kunit *test)
{
	struct rnd_state *chance = kexec_test_chance(test);
	int round, point;

	for (round = 0; round < 2000; round++) {
		struct kexec_range part[2], range, other;
		unsigned int i, in, nr;

		range.start = kexec_test_below(chance, 8);
		range.end = kexec_test_below(chance, 8);
		other.start = kexec_test_below(chance, 8);
		other.end = kexec_test_below(chance, 8);
		nr = kexec_range_without(range, other, part);
		KUNIT_ASSERT_LE(test, nr, 2);
		for (i = 0; i < nr; i++)
			KUNIT_ASSERT_FALSE(test, kexec_range_empty(part[i]));
		for (point = 0; point < 8; point++) {
			struct kexec_range at = { point, point + 1 };

			for (i = 0, in = 0; i < nr; i++)
				in += kexec_range_contains(part[i], at);
			KUNIT_ASSERT_EQ_MSG(test, in,
					    kexec_range_contains(range, at) &&
					    !kexec_range_contains(other, at),
					    "[%llu, %llu) without [%llu, %llu): %d", range.start,
					    range.end, other.start, other.end, point);
		}
	}
}

static struct kunit_case range_cases[] = {
	KUNIT_CASE_PARAM(predicates_agree_with_points, base_gen_params),
	KUNIT_CASE(empty_ranges_have_no_size),
	KUNIT_CASE(ranges_do_not_wrap),
	KUNIT_CASE(inclusive_ends_become_exclusive),
	KUNIT_CASE_PARAM(finds_what_trying_finds, kexec_test_seeds),
	KUNIT_CASE_PARAM(what_is_left_is_what_was_not_taken, kexec_test_seeds),
	KUNIT_CASE_PARAM(edges_of_a_window, edge_gen_params),
	KUNIT_CASE_PARAM(steps_past_excluded_pages, kexec_test_seeds),
	{}
};

static struct kunit_suite range_suite = {
	.name = "kexec_range",
	.test_cases = range_cases,
};

kunit_test_suite(range_suite);

MODULE_DESCRIPTION("KUnit tests of kexec's range arithmetic and hole search");
MODULE_LICENSE("GPL");
