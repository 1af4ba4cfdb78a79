// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of places in the crash region
 *
 * A window of a few pages is laid out at random with what an armed image and the
 * new one use there, and places are compared with those that bitmaps of its pages
 * show.  Nothing is written to the region but through the core's own mappings.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/slab.h>

#include "kexec_kunit.h"

#define PAGES		64
#define MAX_HELD	6

/* ---- images that lie in a window of the region ---- */

/**
 * struct plot - who uses which page of the window
 * @test:  the test
 * @base:  where the window begins
 * @image: the new image
 * @armed: the one beside it
 * @own:   pages that @image uses
 * @other: pages that @armed uses
 */
struct plot {
	struct kunit *test;
	u64 base;
	struct kimage *image;
	struct kimage *armed;
	DECLARE_BITMAP(own, PAGES);
	DECLARE_BITMAP(other, PAGES);
};

static struct plot *new_plot(struct kunit *test)
{
	struct plot *plot = kunit_kzalloc(test, sizeof(*plot), GFP_KERNEL);

	kexec_test_need_region_and_peace(test);
	KUNIT_ASSERT_NOT_NULL(test, plot);
	plot->test = test;
	plot->base = kexec_region().start + SZ_32M;
	plot->image = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_LOADER)->image;
	plot->armed = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_LOADER)->image;
	return plot;
}

static struct kexec_range at(const struct plot *plot, unsigned int first, unsigned int nr)
{
	return (struct kexec_range) { plot->base + BYTES(first), plot->base + BYTES(first + nr) };
}

static void hold(struct plot *plot, struct kimage *image, struct kexec_range range)
{
	const struct kimage_ranges *held = kexec_test_control(image);

	if (!held->range) {
		kimage_core(image)->control.max = MAX_HELD;
		kimage_core(image)->control.range = kcalloc(MAX_HELD, sizeof(range), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(plot->test, held->range);
	}
	held->range[held->nr] = range;
	kimage_core(image)->control.nr = held->nr + 1;
}

static void lay_out(struct plot *plot, struct kimage *image, unsigned long *used,
		    struct rnd_state *chance)
{
	unsigned int i, nr = kexec_test_below(chance, 5);

	image->nr_segments = 0;
	kimage_core(image)->control.nr = 0;
	bitmap_zero(used, PAGES);
	for (i = 0; i < nr + 2; i++) {
		unsigned int size = 1 + kexec_test_below(chance, 6);
		unsigned int first = kexec_test_below(chance, PAGES - size);
		struct kexec_range range = at(plot, first, size);

		bitmap_set(used, first, size);
		if (i >= nr)
			hold(plot, image, range);
		else
			image->segment[image->nr_segments++] = (struct kexec_segment) {
				.mem = range.start,
				.memsz = kexec_range_size(range),
			};
	}
}

/* Both images; whether the one under test is to leave the armed one intact. */
static bool lay_out_both(struct plot *plot, struct rnd_state *chance)
{
	bool follows;

	lay_out(plot, plot->image, plot->own, chance);
	lay_out(plot, plot->armed, plot->other, chance);
	follows = kexec_test_below(chance, 4);
	kexec_test_build_around(plot->image, follows ? plot->armed : NULL);
	return follows;
}

/* The first place whose pages are not in @used, from the preferred end. */
static bool find_in_bitmap(const struct plot *plot, const unsigned long *used,
			   const struct kexec_hole *want, struct kexec_range *found)
{
	unsigned int n, size = want->size >> PAGE_SHIFT;

	for (n = 0; n + size <= PAGES; n++) {
		unsigned int first = want->top_down ? PAGES - size - n : n;

		*found = at(plot, first, size);
		if (IS_ALIGNED(found->start, want->align) &&
		    find_next_bit(used, first + size, first) >= first + size)
			return true;
	}
	return false;
}

static struct kexec_hole random_wish(const struct plot *plot, struct rnd_state *chance)
{
	return (struct kexec_hole) {
		.within = at(plot, 0, PAGES),
		.size = BYTES(1 + kexec_test_below(chance, 12)),
		.align = PAGE_SIZE << kexec_test_below(chance, 4),
		.top_down = kexec_test_below(chance, 2),
	};
}

static void find_places(struct kunit *test, const unsigned long *excluded)
{
	struct rnd_state *chance = kexec_test_chance(test);
	struct plot *plot = new_plot(test);
	DECLARE_BITMAP(both, PAGES);
	unsigned int round, around = 0, instead = 0;

	for (round = 0; round < 1500; round++) {
		struct kexec_hole want = random_wish(plot, chance);
		struct kexec_range best, found;
		bool follows, alone, has_room, has_hole;

		follows = lay_out_both(plot, chance);
		alone = !kexec_test_below(chance, 8);
		kimage_core(plot->image)->alone = alone;
		bitmap_or(plot->own, plot->own, excluded, PAGES);
		bitmap_or(both, plot->own, plot->other, PAGES);

		has_room = find_in_bitmap(plot, follows ? both : plot->own, &want, &best);
		KUNIT_ASSERT_EQ_MSG(test, has_room,
				    kimage_region_has_room(plot->image, want, &found),
				    "round %u", round);
		if (has_room)
			KUNIT_ASSERT_EQ_MSG(test, found.start, best.start, "round %u", round);

		has_hole = (has_room && !alone) ||
			   find_in_bitmap(plot, plot->own, &want, &best);
		KUNIT_ASSERT_EQ_MSG(test, has_hole ? 0 : -EADDRNOTAVAIL,
				    kimage_region_hole(plot->image, want, &found),
				    "round %u", round);
		if (has_hole)
			KUNIT_ASSERT_EQ_MSG(test, found.start, best.start, "round %u", round);
		around += has_room && follows;
		instead += has_hole && !has_room;
	}
	KUNIT_EXPECT_GT(test, around, 20);
	KUNIT_EXPECT_GT(test, instead, 20);
	kexec_test_build_around(plot->image, NULL);
}

/*
 * A new image is placed around the armed one; only if there is no such room in its
 * place, or wherever there is a place at all if it is to be as when it is alone.  It never
 * overlaps itself.
 */
static void rather_around_the_armed_image(struct kunit *test)
{
	DECLARE_BITMAP(nothing, PAGES) = {};

	find_places(test, nothing);
}

#define EXCLUDED_EVERY	16

/* The last page of every few. */
static int exclude_some(struct kimage *image, unsigned long start, unsigned long last)
{
	return ALIGN((start >> PAGE_SHIFT) + 1, EXCLUDED_EVERY) - 1 <= last >> PAGE_SHIFT;
}

/* The same where the architecture excludes some of the region. */
static void around_what_is_excluded(struct kunit *test)
{
	DECLARE_BITMAP(some, PAGES) = {};
	unsigned int nr;

	for (nr = EXCLUDED_EVERY - 1; nr < PAGES; nr += EXCLUDED_EVERY)
		bitmap_set(some, nr, 1);
	kunit_activate_static_stub(test, kexec_excluded_by_arch, exclude_some);
	find_places(test, some);
}

/* Segments are staged exactly where the armed image uses a page of their place. */
static void staged_where_the_armed_image_is(struct kunit *test)
{
	struct rnd_state *chance = kexec_test_chance(test);
	struct plot *plot = new_plot(test);
	unsigned int round, i, staged = 0, in_place = 0;

	for (round = 0; round < 500; round++) {
		bool follows = lay_out_both(plot, chance);

		kimage_place_in_region(plot->image);
		for (i = 0; i < plot->image->nr_segments; i++) {
			const struct kexec_segment *s = &plot->image->segment[i];
			unsigned int first = (s->mem - plot->base) >> PAGE_SHIFT;
			unsigned int end = first + (s->memsz >> PAGE_SHIFT);
			bool used = follows && find_next_bit(plot->other, end, first) < end;

			KUNIT_ASSERT_EQ_MSG(test, kexec_test_in_place(plot->image, i),
					    !used, "round %u", round);
			staged += used;
			in_place += !used;
		}
	}
	KUNIT_EXPECT_GT(test, staged, 50);
	KUNIT_EXPECT_GT(test, in_place, 50);
	kexec_test_build_around(plot->image, NULL);
}

/* Marks those pages of the window that are in a range. */
static void mark(const struct plot *plot, unsigned long *pages, struct kexec_range range)
{
	struct kexec_range common = kexec_range_common(range, at(plot, 0, PAGES));

	if (!kexec_range_empty(common))
		bitmap_set(pages, (common.start - plot->base) >> PAGE_SHIFT,
			   kexec_range_size(common) >> PAGE_SHIFT);
}

/* Each page of the region that neither image uses is passed, once; no other is. */
static void unused_is_what_nobody_uses(struct kunit *test)
{
	struct rnd_state *chance = kexec_test_chance(test);
	struct plot *plot = new_plot(test);
	struct kexec_range region = kexec_region();
	unsigned int round, parts = 0;

	for (round = 0; round < 500; round++) {
		DECLARE_BITMAP(passed, PAGES) = {};
		struct kexec_range unused = {};
		u64 end = region.start, sum = 0;

		if (lay_out_both(plot, chance))
			bitmap_or(plot->own, plot->own, plot->other, PAGES);

		while (kimage_next_unused(plot->image, &unused.start, &unused.end)) {
			KUNIT_ASSERT_GE_MSG(test, unused.start, end, "round %u", round);
			KUNIT_ASSERT_GT_MSG(test, unused.end, unused.start, "round %u", round);
			end = unused.end;
			sum += kexec_range_size(unused);
			mark(plot, passed, unused);
			parts++;
		}
		KUNIT_ASSERT_LE(test, end, region.end);
		KUNIT_ASSERT_FALSE_MSG(test, bitmap_intersects(passed, plot->own, PAGES),
				       "round %u", round);
		KUNIT_ASSERT_EQ_MSG(test, sum, kexec_range_size(region) -
				    BYTES(bitmap_weight(plot->own, PAGES)), "round %u", round);
	}
	KUNIT_EXPECT_GT(test, parts, 1000);
	kexec_test_build_around(plot->image, NULL);
}

/* ---- control pages ---- */

/* Leaves free but a few pages of the region: those of the window. */
static void fill_all_but_the_window(struct plot *plot)
{
	struct kexec_range region = kexec_region(), window = at(plot, 0, PAGES);

	plot->image->segment[0] = (struct kexec_segment) {
		.mem = region.start, .memsz = window.start - region.start,
	};
	plot->image->segment[1] = (struct kexec_segment) {
		.mem = window.end, .memsz = region.end - window.end,
	};
	plot->image->nr_segments = 2;
}

static struct page *alloc_control(struct kimage *image, unsigned int order)
{
	guard(mutex)(&kexec_load_mutex);
	return kimage_alloc_control_pages(image, order);
}

/* A rehearsal takes nothing away. */
static void dropped_control_pages_are_had_again(struct kunit *test)
{
	struct kimage *image;
	struct page *page;

	kexec_test_need_region_and_peace(test);
	image = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_LOADER)->image;
	page = alloc_control(image, 0);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_NOT_NULL(test, alloc_control(image, 1));
	scoped_guard(mutex, &kexec_load_mutex)
		kimage_drop_control_pages(image);
	KUNIT_EXPECT_PTR_EQ(test, alloc_control(image, 0), page);
}

static void note_held(const struct plot *plot, unsigned long *used)
{
	const struct kimage_ranges *held = kexec_test_control(plot->image);
	unsigned int i;

	bitmap_zero(used, PAGES);
	for (i = 0; i < held->nr; i++)
		bitmap_set(used, (held->range[i].start - plot->base) >> PAGE_SHIFT,
			   kexec_range_size(held->range[i]) >> PAGE_SHIFT);
}

/* Whether those are pages of the window, and just these. */
static bool is_at(const struct plot *plot, const struct page *page, unsigned int first)
{
	return PFN_PHYS(page_to_boot_pfn((struct page *)page)) == at(plot, first, 1).start;
}

/*
 * Control pages of a crash image lie in the region, aligned to their size, outside
 * segments and control pages of both images.  When there is no such room they are a
 * rehearsal elsewhere for a place that the armed image has to leave; and when there is
 * no more of that either, there are none.
 */
static void control_pages_lie_in_the_region(struct kunit *test)
{
	struct rnd_state *chance = kexec_test_chance(test);
	struct plot *plot = new_plot(test);
	DECLARE_BITMAP(before, PAGES);
	DECLARE_BITMAP(fresh, PAGES);
	unsigned int i;

	lay_out(plot, plot->armed, plot->other, chance);
	fill_all_but_the_window(plot);
	kexec_test_build_around(plot->image, plot->armed);
	for (i = 0; i < 2 * PAGES; i++) {
		unsigned int order = kexec_test_below(chance, i < PAGES ? 3 : 1), first;
		struct page *page = alloc_control(plot->image, order);

		if (!page)
			continue;
		bitmap_copy(before, plot->own, PAGES);
		note_held(plot, plot->own);
		bitmap_andnot(fresh, plot->own, before, PAGES);
		first = find_first_bit(fresh, PAGES);
		KUNIT_ASSERT_TRUE(test, IS_ALIGNED(first, 1 << order));
		KUNIT_ASSERT_EQ(test, bitmap_weight(fresh, PAGES), 1 << order);
		KUNIT_ASSERT_EQ(test, find_next_zero_bit(fresh, PAGES, first),
				min(first + (1 << order), PAGES));
		KUNIT_ASSERT_EQ(test, is_at(plot, page, first),
				!bitmap_intersects(fresh, plot->other, PAGES));
		if (!is_at(plot, page, first))
			KUNIT_ASSERT_TRUE(test, kexec_test_evicts(plot->image));
	}
	KUNIT_EXPECT_TRUE(test, bitmap_full(plot->own, PAGES));
	KUNIT_EXPECT_NE(test, kexec_test_evicts(plot->image),
			bitmap_empty(plot->other, PAGES));
	KUNIT_EXPECT_NULL(test, alloc_control(plot->image, 0));
	kexec_test_build_around(plot->image, NULL);
}

static int exclude_all(struct kimage *image, unsigned long start, unsigned long last)
{
	return 1;
}

/* The architecture knows what to exclude for what a loader places, and only for that. */
static void nothing_is_excluded_for_user_space(struct kunit *test)
{
	struct kimage *image = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER)->image;

	kexec_test_need_region_and_peace(test);
	kunit_activate_static_stub(test, kexec_excluded_by_arch, exclude_all);
	KUNIT_EXPECT_NOT_NULL(test, alloc_control(image, 0));
}

/* Ranges in use are remembered, however many, and merged when they touch. */
static void held_ranges_are_remembered(struct kunit *test)
{
	struct plot *plot = new_plot(test);
	struct kimage *image = plot->image;
	unsigned int i;

	fill_all_but_the_window(plot);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_NOT_NULL(test, alloc_control(image, 0));
	KUNIT_EXPECT_EQ(test, kexec_test_control(image)->nr, 1);
	KUNIT_EXPECT_EQ(test, kexec_range_size(kexec_test_control(image)->range[0]), BYTES(3));

	/* With every other page taken no two touch. */
	for (i = 0; i < MAX_HELD; i++)
		hold(plot, plot->armed, at(plot, 4 + 2 * i, 1));
	kexec_test_build_around(image, plot->armed);
	for (i = 0; i < PAGES - 3 - MAX_HELD; i++)
		KUNIT_ASSERT_NOT_NULL(test, alloc_control(image, 0));
	KUNIT_EXPECT_EQ(test, kexec_test_control(image)->nr, 1 + MAX_HELD);
	KUNIT_EXPECT_LE(test, kexec_test_control(image)->nr, kexec_test_control(image)->max);
	KUNIT_EXPECT_FALSE(test, kexec_test_evicts(image));
	for (i = 0; i < MAX_HELD; i++)
		KUNIT_ASSERT_NOT_NULL(test, alloc_control(image, 0));
	KUNIT_EXPECT_TRUE(test, kexec_test_evicts(image));
	KUNIT_EXPECT_NULL(test, alloc_control(image, 0));
	kexec_test_build_around(image, NULL);
}

static const size_t leftovers[] = { 0, KEXEC_CONTROL_PAGE_SIZE };

static void describe_leftover(const size_t *left, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%zu bytes are left", *left);
}

KUNIT_ARRAY_PARAM(leftover, leftovers, describe_leftover);

/* A load for whose control pages there is no room is told that the region is too small. */
static void a_full_region_is_told(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	const size_t *left = test->param_value;
	struct kexec_range region = kexec_region(), *held = kmalloc_obj(*held);

	kexec_test_need_region_and_peace(test);
	kexec_subject_add(subject, region.start, PAGE_SIZE, PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, held);
	*held = (struct kexec_range) { region.start, region.end - *left };
	kimage_core(subject->image)->control = (struct kimage_ranges) { 1, 1, held };
	KUNIT_EXPECT_EQ(test, kexec_subject_build(subject), -ENOMEM);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, "no room for "), "%s", last->why);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, " in the crash region"), "%s",
				  last->why);
}

static int has_no_memory(struct kimage *image)
{
	return -ENOMEM;
}

/* ... but not when it was something else that there was not enough of. */
static void a_lack_of_memory_is_told(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);

	kexec_test_need_region_and_peace(test);
	kexec_subject_add(subject, kexec_region().start, PAGE_SIZE, PAGE_SIZE);
	kexec_test_stand_in(test, "machine_kexec_prepare", has_no_memory);
	KUNIT_EXPECT_EQ(test, kexec_subject_build(subject), -ENOMEM);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, "not enough memory"), "%s", last->why);
}

/* ---- writing ---- */

/* What is written to a mapping of the region is what is in the region. */
static void a_mapping_writes_to_the_region(struct kunit *test)
{
	struct kexec_range range = { kexec_region().start + SZ_32M };
	u8 *want = kexec_test_alloc(test, BYTES(3)), *map;

	kexec_test_need_region_and_peace(test);
	range.end = range.start + BYTES(3);
	kexec_test_fill(want, BYTES(3), 5);
	map = kexec_map_region(range);
	KUNIT_ASSERT_NOT_NULL(test, map);
	memcpy(map, want, BYTES(3));
	kexec_unmap_region(map, range);
	KUNIT_EXPECT_MEMEQ(test, boot_phys_to_virt(range.start), want, BYTES(3));
}

/* What is mapped is taken for as long as it is mapped, control pages for good. */
static void what_is_used_is_told_the_architecture(struct kunit *test)
{
	struct kexec_range range = { kexec_region().start + SZ_32M };
	struct plot *plot;
	void *map;

	kexec_test_count_pages(test);
	plot = new_plot(test);
	range.end = range.start + BYTES(3);
	map = kexec_map_region(range);
	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 3);
	kexec_unmap_region(map, range);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 0);
	KUNIT_ASSERT_NOT_NULL(test, alloc_control(plot->image, 2));
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 4);
}

/* The region is what was reserved, ends exclusive. */
static void the_region_is_what_was_reserved(struct kunit *test)
{
	struct kexec_range region = kexec_region();

	kexec_test_need_region(test);
	KUNIT_EXPECT_EQ(test, region.start, phys_to_boot_phys(crashk_res.start));
	KUNIT_EXPECT_EQ(test, region.end, phys_to_boot_phys(crashk_res.end) + 1);
}

static struct kunit_case region_cases[] = {
	KUNIT_CASE(the_region_is_what_was_reserved),
	KUNIT_CASE_PARAM(rather_around_the_armed_image, kexec_test_seeds),
	KUNIT_CASE_PARAM(around_what_is_excluded, kexec_test_seeds),
	KUNIT_CASE_PARAM(staged_where_the_armed_image_is, kexec_test_seeds),
	KUNIT_CASE_PARAM(unused_is_what_nobody_uses, kexec_test_seeds),
	KUNIT_CASE_PARAM(control_pages_lie_in_the_region, kexec_test_seeds),
	KUNIT_CASE(dropped_control_pages_are_had_again),
	KUNIT_CASE(nothing_is_excluded_for_user_space),
	KUNIT_CASE(held_ranges_are_remembered),
	KUNIT_CASE_PARAM(a_full_region_is_told, leftover_gen_params),
	KUNIT_CASE(a_lack_of_memory_is_told),
	KUNIT_CASE(a_mapping_writes_to_the_region),
	KUNIT_CASE(what_is_used_is_told_the_architecture),
	{}
};

static struct kunit_suite region_suite = {
	.name = "kexec_region",
	.test_cases = region_cases,
};

kunit_test_suite(region_suite);

MODULE_DESCRIPTION("KUnit tests of places in the crash region");
MODULE_LICENSE("GPL");
