// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of where a larger crash region is looked for, and of what becomes of it
 */
#include <kunit/test.h>
#include <linux/crash_reserve.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/sizes.h>
#include <linux/tracepoint.h>
#include <trace/events/kexec.h>

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
	KUNIT_EXPECT_EQ(test, kexec_grow_region(size + SZ_1T + 1), -ENOMEM);
	KUNIT_EXPECT_NOT_NULL(test, strstr(last->why, "1048577 MiB more are needed"));
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

/* Bytes that the test's thread has claimed, and what of them it has not given back. */
static s64 claimed;

static void note_claim(void *data, phys_addr_t start, u64 size, int err, phys_addr_t obstacle)
{
	if (current == data && !err)
		claimed += size;
}

static void *note_freed(const char *name, struct pt_regs *regs, void *data)
{
	claimed -= PFN_PHYS(regs_get_kernel_argument(regs, 1));
	return NULL;
}

static void stop_noting(void *data)
{
	unregister_trace_kexec_claim(note_claim, data);
	tracepoint_synchronize_unregister();
}

static void note_claims(struct kunit *test)
{
	claimed = 0;
	if (register_trace_kexec_claim(note_claim, current))
		kunit_skip(test, "claims are told by a tracepoint, which this kernel has not");
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop_noting, current));
	kexec_test_detour(test, "free_contig_range", note_freed, NULL);
}

/* What was claimed and is not the region's has been given back. */
static int grow_by(struct kunit *test, u64 more)
{
	struct kexec_range old = kexec_region(), grown;
	int ret;

	claimed = 0;
	ret = kexec_grow_region(crash_get_memory_size() + more);
	grown = kexec_region();
	KUNIT_ASSERT_EQ(test, claimed, kexec_range_size(grown) -
			kexec_range_size(kexec_range_common(grown, old)));
	KUNIT_ASSERT_EQ(test, kexec_range_size(grown), kexec_range_size(old) + (ret ? 0 : more));
	return ret;
}

/* Is there memory that a region so much larger could be, as far as others let it? */
static bool could_be_had(struct kunit *test, u64 more)
{
	u64 size = kexec_range_size(kexec_region()) + more + CRASH_ALIGN;
	struct kexec_range block;

	block.start = phys_to_boot_phys(PFN_PHYS(kexec_test_free_block(test, PHYS_PFN(size))));
	block.end = block.start + size;
	return block.end <= CRASH_ADDR_LOW_MAX && kexec_is_plain_ram(block);
}

/* Others may be in the way, but hardly each time. */
#define TRIES	8

/* Grows the region by so much and gives that back; returns what it was meanwhile. */
static struct kexec_range grow_and_shrink(struct kunit *test, u64 more)
{
	u64 size = crash_get_memory_size();
	struct kexec_range grown;
	int try, ret = -ENOMEM;

	note_claims(test);
	for (try = 0; try < TRIES && ret == -ENOMEM; try++) {
		if (!could_be_had(test, more))
			kunit_skip(test, "memory is in too much use");
		ret = grow_by(test, more);
	}
	KUNIT_ASSERT_EQ(test, ret, 0);
	grown = kexec_region();
	KUNIT_ASSERT_EQ(test, crash_shrink_memory(size), 0);
	return grown;
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
	KUNIT_ASSERT_EQ(test, kexec_grow_region(crash_get_memory_size() + SZ_64M), -ENOMEM);
	if (kexec_range_empty(taking->got))
		kunit_skip(test, "memory is in too much use");
	KUNIT_EXPECT_EQ(test, taking->back, kexec_range_size(taking->got) >> PAGE_SHIFT);
	expect_nothing_changed(test, region, ram);
}

/* What could be had, were it not for something that is listed there, is gone around. */
static void it_goes_around_what_is_listed(struct kunit *test)
{
	struct resource listed = { .name = "a test", .flags = IORESOURCE_MEM };
	u64 size = crash_get_memory_size();
	struct kexec_range grown;
	int ret;

	kexec_test_need_peace(test);
	grown = grow_and_shrink(test, SZ_16M);
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

/* The only memory that is listed, as far as the test's thread can see. */
static struct resource only_memory;

static int walk_only_memory(u64 start, u64 end, void *arg, int (*func)(struct resource *, void *))
{
	return func(&only_memory, arg);
}

static void only_memory_is(struct kunit *test, struct kexec_range range)
{
	only_memory = (struct resource) {
		.start = boot_phys_to_phys(range.start),
		.end = boot_phys_to_phys(range.end) - 1,
	};
	kexec_test_stand_in(test, "walk_system_ram_res_rev", walk_only_memory);
}

/* A region is listed within what it is of, so it is never all of that. */
static void it_is_not_all_of_its_memory(struct kunit *test)
{
	u64 size = crash_get_memory_size();
	struct kexec_range grown;

	kexec_test_need_peace(test);
	grown = grow_and_shrink(test, SZ_16M);
	only_memory_is(test, grown);
	KUNIT_EXPECT_EQ(test, kexec_grow_region(size + SZ_16M), -ENOMEM);
	KUNIT_ASSERT_EQ(test, crash_shrink_memory(size), 0);
	/* What a driver has brought is not looked at, be it as large as it may. */
	only_memory.start -= SZ_16M;
	only_memory.flags = IORESOURCE_SYSRAM_DRIVER_MANAGED;
	KUNIT_EXPECT_EQ(test, kexec_grow_region(size + SZ_16M), -ENOMEM);
	KUNIT_EXPECT_EQ(test, crash_shrink_memory(size), 0);
}

static bool fail_once(struct kexec_range piece)
{
	return false;
}

static void *the_first_time(const char *name, struct pt_regs *regs, void *times)
{
	return !(*(unsigned int *)times)++ ? fail_once : NULL;
}

static int refuse_resource(struct resource *parent, struct resource *new)
{
	return -EBUSY;
}

/* The region cannot be listed where it has grown to; where it was it can. */
static void *the_larger_region(const char *name, struct pt_regs *regs, void *times)
{
	bool region = regs_get_kernel_argument(regs, 1) == (unsigned long)&crashk_res;

	return region && !(*(unsigned int *)times)++ ? refuse_resource : NULL;
}

/* What cannot be listed as the region goes back, and the region is what it was. */
static void what_cannot_be_listed_goes_back(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	unsigned int *times = kunit_kzalloc(test, sizeof(*times), GFP_KERNEL);
	struct kexec_range region;

	kexec_test_need_peace(test);
	KUNIT_ASSERT_NOT_NULL(test, times);
	grow_and_shrink(test, SZ_16M);
	region = kexec_region();
	kexec_test_detour(test, "insert_resource", the_larger_region, times);
	KUNIT_EXPECT_EQ(test, grow_by(test, SZ_16M), -EBUSY);
	KUNIT_EXPECT_EQ(test, *times, 2);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, "is not plain memory"), "%s", last->why);
	KUNIT_EXPECT_EQ(test, kexec_region().start, region.start);
	KUNIT_EXPECT_EQ(test, kexec_region().end, region.end);
}

/* Has somebody come to use what the region would grow to? */
static bool is_in_use(struct kexec_range grown)
{
	struct kexec_range hit, part[2];
	unsigned int i, nr = kexec_range_without(grown, kexec_region(), part);

	for (i = 0; i < nr; i++)
		if (kexec_claim_obstacle(part[i], &hit))
			return true;
	return false;
}

/* A piece that could not be had for a moment is tried again, and is not in the way any more. */
static void what_fails_once_may_be_had_later(struct kunit *test)
{
	unsigned int *times = kunit_kzalloc(test, sizeof(*times), GFP_KERNEL);
	u64 size = crash_get_memory_size();
	struct kexec_range grown;
	int try, ret = -ENOMEM;

	kexec_test_need_peace(test);
	KUNIT_ASSERT_NOT_NULL(test, times);
	grown = grow_and_shrink(test, SZ_16M);
	grown.start -= PAGE_SIZE;
	only_memory_is(test, grown);
	kexec_test_detour(test, "kexec_claim_range", the_first_time, times);
	for (try = 0; try < TRIES && ret; try++) {
		*times = 0;
		ret = kexec_grow_region(size + SZ_16M);
	}
	if (ret && is_in_use((struct kexec_range) { grown.start + PAGE_SIZE, grown.end }))
		kunit_skip(test, "memory is in too much use");
	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_EXPECT_GT(test, *times, 1);
	KUNIT_EXPECT_EQ(test, kexec_region().end, grown.end);
	KUNIT_EXPECT_EQ(test, crash_shrink_memory(size), 0);
}

/* All that is to be had, and what of it somebody holds. */
static struct {
	struct kexec_range range, held;
} free_pieces;

static bool piece_is_free(u64 at)
{
	struct kexec_range piece = { at, at + CRASH_ALIGN };

	return kexec_range_contains(free_pieces.range, piece) &&
	       !kexec_range_overlaps(free_pieces.held, piece);
}

static bool see_obstacle(struct kexec_range range, struct kexec_range *hit)
{
	u64 at;

	for (at = range.start; at < range.end; at += CRASH_ALIGN) {
		if (piece_is_free(at))
			continue;
		*hit = (struct kexec_range) { at, at + CRASH_ALIGN };
		return true;
	}
	return false;
}

static struct kexec_range no_region(void)
{
	return (struct kexec_range) {};
}

/* The longest run of what is free, without what is listed. */
static u64 longest_free(struct kexec_range listed)
{
	u64 at, run = 0, longest = 0;

	for (at = 0; at < PFN_PHYS(max_pfn); at += CRASH_ALIGN) {
		struct kexec_range piece = { at, at + CRASH_ALIGN };

		run += CRASH_ALIGN;
		if (!piece_is_free(at) || kexec_range_overlaps(listed, piece))
			run = 0;
		longest = max(longest, run);
	}
	return longest;
}

/* The pieces, counted from the start and from the end, that are held, and listed. */
static const struct {
	unsigned int held, listed;
} in_the_way[] = { { 9, 3 }, { 3, 9 }, { 1, 12 }, { 12, 1 }, { 16, 15 }, { 5, 5 } };

/* Where there is not so much in one piece the refusal says how much there is. */
static void how_much_there_is_is_told(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	u64 size = crash_get_memory_size();
	unsigned int told = 0;
	char text[32];
	int i;

	kexec_test_need_peace(test);
	free_pieces.range = grow_and_shrink(test, SZ_16M);
	if (kexec_range_size(free_pieces.range) >= SZ_512M || PFN_PHYS(totalram_pages()) < SZ_512M)
		kunit_skip(test, "the region is too large, or memory too small");
	kexec_test_limit_memory(test, PHYS_PFN(SZ_512M));
	kexec_test_stand_in(test, "kexec_region", no_region);
	kexec_test_stand_in(test, "kexec_claim_obstacle", see_obstacle);
	for (i = 0; i < ARRAY_SIZE(in_the_way); i++) {
		u64 start = free_pieces.range.start;
		struct kexec_range place;
		struct resource listed = { .name = "a test", .flags = IORESOURCE_MEM };

		place.start = start + in_the_way[i].listed * CRASH_ALIGN;
		place.end = place.start + CRASH_ALIGN;
		free_pieces.held.start = start + in_the_way[i].held * CRASH_ALIGN;
		free_pieces.held.end = free_pieces.held.start + CRASH_ALIGN;
		if (!kexec_range_contains(free_pieces.range, place) || !kexec_is_plain_ram(place))
			continue;
		listed.start = boot_phys_to_phys(place.start) + PAGE_SIZE;
		listed.end = listed.start + PAGE_SIZE - 1;
		KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &listed), 0);
		KUNIT_EXPECT_EQ(test, kexec_grow_region(size + SZ_512M), -ENOMEM);
		KUNIT_EXPECT_EQ(test, remove_resource(&listed), 0);
		snprintf(text, sizeof(text), "at most %llu MiB", longest_free(place) / SZ_1M);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, text), "row %d, %s: %s", i, text,
					  last->why);
		told++;
	}
	if (!told)
		kunit_skip(test, "the region grows where other things are listed");
}

static struct kunit_case grow_cases[] = {
	KUNIT_CASE_PARAM(a_window_has_all_that_contain_it, kexec_test_seeds),
	KUNIT_CASE(a_region_stays_on_its_side),
	KUNIT_CASE(what_is_listed_is_in_the_way),
	KUNIT_CASE(what_is_not_there_is_refused),
	KUNIT_CASE(it_waits_for_its_turn),
	KUNIT_CASE(what_was_taken_in_vain_goes_back),
	KUNIT_CASE(it_goes_around_what_is_listed),
	KUNIT_CASE(it_is_not_all_of_its_memory),
	KUNIT_CASE(what_cannot_be_listed_goes_back),
	KUNIT_CASE(what_fails_once_may_be_had_later),
	KUNIT_CASE(how_much_there_is_is_told),
	{}
};

static struct kunit_suite grow_suite = {
	.name = "kexec_grow",
	.test_cases = grow_cases,
};

kunit_test_suite(grow_suite);

MODULE_DESCRIPTION("KUnit tests of the crash region's growth");
MODULE_LICENSE("GPL");
