// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of where a larger crash region is looked for, and of what becomes of it
 */
#include <kunit/test.h>
#include <linux/crash_reserve.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "../../kexec_internal.h"
#include "../grow.h"
#include "../region.h"
#include "kexec_kunit.h"

#define POINTS	24

/* Whatever of the size is in the window contains what there is, and nothing else does. */
static void a_window_has_all_that_contain_it(struct kunit *test)
{
	struct rnd_state *chance = kexec_test_chance(test);
	int round;
	u64 start;

	for (round = 0; round < 1000; round++) {
		struct kexec_range old, window, limits = { 2, POINTS };
		u64 size;

		old.start = 2 + kexec_test_below(chance, POINTS / 2);
		old.end = old.start + 1 + kexec_test_below(chance, 6);
		size = kexec_range_size(old) + kexec_test_below(chance, 8);
		window = kexec_growth_window(old, size, limits);
		for (start = 0; start < POINTS; start++) {
			struct kexec_range place = { start, start + size };

			KUNIT_ASSERT_EQ_MSG(test, kexec_range_contains(window, place),
					    kexec_range_contains(limits, place) &&
					    kexec_range_contains(place, old),
					    "[%llu, %llu), %llu at %llu", old.start, old.end, size,
					    start);
		}
	}
}

static void expect_nothing_changed(struct kunit *test, struct kexec_range region, unsigned long ram)
{
	KUNIT_EXPECT_EQ(test, kexec_region().start, region.start);
	KUNIT_EXPECT_EQ(test, kexec_region().end, region.end);
	KUNIT_EXPECT_EQ(test, totalram_pages(), ram);
}

/* There is only so much, however much there seems to be. */
static void what_is_not_there_is_refused(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct kexec_range region = kexec_region();
	unsigned long ram = totalram_pages();
	u64 size = crash_get_memory_size();

	kexec_test_need_peace(test);
	kexec_test_limit_memory(test, SZ_16M / PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, kexec_grow_region(size + SZ_32M), -ENOMEM);
	KUNIT_EXPECT_NOT_NULL(test, strstr(last->why, "32 MiB more are needed, at most 16 MiB"));
	KUNIT_EXPECT_EQ(test, kexec_grow_region(U64_MAX), -ENOMEM);
	KUNIT_EXPECT_EQ(test, kexec_grow_region(size), -EBUSY);
	expect_nothing_changed(test, region, ram);
}

/* While somebody loads, it is not his turn. */
static void it_waits_for_its_turn(struct kunit *test)
{
	struct kexec_range region = kexec_region();
	unsigned long ram = totalram_pages();

	kexec_test_need_peace(test);
	KUNIT_ASSERT_EQ(test, kexec_begin_turn("a test"), 0);
	KUNIT_EXPECT_EQ(test, kexec_grow_region(crash_get_memory_size() + SZ_16M), -EBUSY);
	kexec_end_turn();
	expect_nothing_changed(test, region, ram);
}

static struct kunit_case grow_cases[] = {
	KUNIT_CASE_PARAM(a_window_has_all_that_contain_it, kexec_test_seeds),
	KUNIT_CASE(what_is_not_there_is_refused),
	KUNIT_CASE(it_waits_for_its_turn),
	{}
};

static struct kunit_suite grow_suite = {
	.name = "kexec_grow",
	.test_cases = grow_cases,
};

kunit_test_suite(grow_suite);

MODULE_DESCRIPTION("KUnit tests of the crash region's growth");
MODULE_LICENSE("GPL");
