// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of where a larger crash region is looked for, and of what becomes of it
 */
#include <kunit/test.h>
#include <linux/crash_reserve.h>
#include <linux/ioport.h>
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

/* A region stays on its side of what 32 bits address, and within the memory there is. */
static void a_region_stays_on_its_side(struct kunit *test)
{
	const u64 low = CRASH_ADDR_LOW_MAX, high = CRASH_ADDR_HIGH_MAX;
	const struct {
		u64 start, end_of_memory;
		struct kexec_range limits;
	} rows[] = {
		{ 0, SZ_1G, { 0, min_t(u64, low, SZ_1G) } },
		{ SZ_16M, low + SZ_1G, { 0, low } },
		{ low - CRASH_ALIGN, low + SZ_1G, { 0, low } },
		{ low, low + SZ_1G, { low, min(high, low + SZ_1G) } },
		{ low + SZ_1G, high + SZ_1G, { low, high } },
	};
	struct kexec_range limits;
	int i;

	if (low >= high || high + SZ_1G < high)
		kunit_skip(test, "there is but one side");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		limits = kexec_growth_limits((struct kexec_range) { rows[i].start,
								    rows[i].start + CRASH_ALIGN },
					     rows[i].end_of_memory);
		KUNIT_EXPECT_EQ_MSG(test, limits.start, rows[i].limits.start, "row %d", i);
		KUNIT_EXPECT_EQ_MSG(test, limits.end, rows[i].limits.end, "row %d", i);
	}
}

static struct kexec_range frames_of(u64 start, unsigned int first, unsigned int end)
{
	return (struct kexec_range) { start + first * PAGE_SIZE, start + end * PAGE_SIZE };
}

/* What begins, ends or lies in a range, or has it within, is in the way; what is next is not. */
static void what_is_listed_is_in_the_way(struct kunit *test)
{
	static const struct {
		unsigned int first, end;
		bool plain;
	} rows[] = {
		{ 0, 8, false }, { 2, 4, false }, { 3, 6, false }, { 4, 5, false }, { 5, 8, false },
		{ 0, 3, true }, { 6, 8, true },
	};
	struct resource listed = { .name = "a test", .flags = IORESOURCE_MEM };
	void *memory = kunit_kmalloc(test, 8 * PAGE_SIZE, GFP_KERNEL);
	u64 start = phys_to_boot_phys(virt_to_phys(memory));
	int i;

	KUNIT_ASSERT_NOT_NULL(test, memory);
	if (!kexec_is_plain_ram(frames_of(start, 0, 8)))
		kunit_skip(test, "something is listed there");
	listed.start = virt_to_phys(memory) + 3 * PAGE_SIZE;
	listed.end = virt_to_phys(memory) + 6 * PAGE_SIZE - 1;
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &listed), 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		KUNIT_EXPECT_EQ_MSG(test, rows[i].plain,
				    kexec_is_plain_ram(frames_of(start, rows[i].first, rows[i].end)),
				    "row %d", i);
	KUNIT_EXPECT_EQ(test, remove_resource(&listed), 0);
	KUNIT_EXPECT_TRUE(test, kexec_is_plain_ram(frames_of(start, 0, 8)));
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

/**
 * struct taking - what is taken by somebody who gets one piece and no more
 * @got:    that piece
 * @back:   pages that were given back
 * @inside: the test itself is in what it stands in for
 */
struct taking {
	struct kexec_range got;
	unsigned long back;
	bool inside;
};

static struct taking *taking;

static bool take_one_piece(struct kexec_range piece)
{
	if (!kexec_range_empty(taking->got))
		return false;
	taking->inside = true;
	if (kexec_claim_range(piece))
		taking->got = piece;
	taking->inside = false;
	return !kexec_range_empty(taking->got);
}

static void count_back(unsigned long pfn, unsigned long nr_pages)
{
	taking->back += nr_pages;
	taking->inside = true;
	free_contig_range(pfn, nr_pages);
	taking->inside = false;
}

static void *unless_inside(const char *name, struct pt_regs *regs, void *instead)
{
	return taking->inside ? NULL : instead;
}

/* What has been taken of a place when the next piece is not to be had goes back. */
static void what_was_taken_in_vain_goes_back(struct kunit *test)
{
	struct kexec_range region = kexec_region();
	unsigned long ram = totalram_pages();

	kexec_test_need_peace(test);
	taking = kunit_kzalloc(test, sizeof(*taking), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, taking);
	kexec_test_detour(test, "kexec_claim_range", unless_inside, take_one_piece);
	kexec_test_detour(test, "free_contig_range", unless_inside, count_back);
	KUNIT_EXPECT_EQ(test, kexec_grow_region(crash_get_memory_size() + SZ_64M), -ENOMEM);
	KUNIT_EXPECT_EQ(test, taking->back, kexec_range_size(taking->got) >> PAGE_SHIFT);
	expect_nothing_changed(test, region, ram);
	if (kexec_range_empty(taking->got))
		kunit_skip(test, "memory is in too much use");
}

/* What could be had, were it not for something that is listed there, is gone around. */
static void it_goes_around_what_is_listed(struct kunit *test)
{
	struct resource listed = { .name = "a test", .flags = IORESOURCE_MEM };
	u64 size = crash_get_memory_size();
	struct kexec_range grown;
	int ret;

	kexec_test_need_peace(test);
	if (kexec_grow_region(size + SZ_16M))
		kunit_skip(test, "memory is in too much use");
	grown = kexec_region();
	KUNIT_ASSERT_EQ(test, crash_shrink_memory(size), 0);

	listed.start = boot_phys_to_phys(grown.end) - 2 * PAGE_SIZE;
	listed.end = listed.start + PAGE_SIZE - 1;
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &listed), 0);
	ret = kexec_grow_region(size + SZ_16M);
	KUNIT_EXPECT_TRUE_MSG(test, !ret || ret == -ENOMEM, "%d", ret);
	grown.start = grown.end - 2 * PAGE_SIZE;
	KUNIT_EXPECT_FALSE(test, kexec_range_overlaps(kexec_region(), grown));
	KUNIT_EXPECT_EQ(test, remove_resource(&listed), 0);
	KUNIT_EXPECT_EQ(test, crash_shrink_memory(size), 0);
}

static struct kunit_case grow_cases[] = {
	KUNIT_CASE_PARAM(a_window_has_all_that_contain_it, kexec_test_seeds),
	KUNIT_CASE(a_region_stays_on_its_side),
	KUNIT_CASE(what_is_listed_is_in_the_way),
	KUNIT_CASE(what_is_not_there_is_refused),
	KUNIT_CASE(it_waits_for_its_turn),
	KUNIT_CASE(what_was_taken_in_vain_goes_back),
	KUNIT_CASE(it_goes_around_what_is_listed),
	{}
};

static struct kunit_suite grow_suite = {
	.name = "kexec_grow",
	.test_cases = grow_cases,
};

kunit_test_suite(grow_suite);

MODULE_DESCRIPTION("KUnit tests of the crash region's growth");
MODULE_LICENSE("GPL");
