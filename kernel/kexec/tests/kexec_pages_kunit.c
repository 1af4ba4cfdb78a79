// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of an image's pages and of the entry list
 *
 * The list is walked as the relocation code walks it, on a model that copies
 * nothing; so segments may be given the very pages that images are going to be
 * handed, and any other memory there is.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/swap.h>
#include <linux/tracepoint.h>
#include <trace/events/kmem.h>

#include "kexec_kunit.h"
#include "../available.h"

#define ENTRIES_PER_PAGE	(PAGE_SIZE / sizeof(kimage_entry_t))

/* ---- the shape of a list ---- */

struct shape {
	unsigned int tables;
	unsigned int sources;
	unsigned int destinations;
	const char *wrong;
};

static bool is_destination(const struct kimage *image, unsigned long pfn)
{
	unsigned long i;

	for (i = 0; i < image->nr_segments; i++)
		if (BYTES(pfn) >= image->segment[i].mem &&
		    BYTES(pfn) < image->segment[i].mem + image->segment[i].memsz)
			return true;
	return false;
}

/* Tables are full but for the last, and nothing that is read is written before. */
static struct shape shape_of(struct kunit *test, const struct kimage *image)
{
	const kimage_entry_t *next = kexec_test_list(image), *first = next;
	struct shape shape = {};

	for (; !(*next & IND_DONE); next++) {
		if (!*next || hweight_long(*next & IND_FLAGS) != 1)
			shape.wrong = "an entry that is no entry";
		if (*next & (IND_SOURCE | IND_INDIRECTION) &&
		    is_destination(image, *next >> PAGE_SHIFT))
			shape.wrong = "a page is overwritten before it is read";
		if (shape.wrong)
			break;
		shape.sources += !!(*next & IND_SOURCE);
		shape.destinations += !!(*next & IND_DESTINATION);
		if (!(*next & IND_INDIRECTION))
			continue;
		if (shape.tables && next - first != ENTRIES_PER_PAGE - 1)
			shape.wrong = "a table is left before it is full";
		first = boot_phys_to_virt(*next & PAGE_MASK);
		next = first - 1;
		shape.tables++;
	}
	KUNIT_EXPECT_STREQ(test, shape.wrong ?: "", "");
	return shape;
}

static const unsigned int list_lengths[] = {
	0, 1, 2, ENTRIES_PER_PAGE - 3, ENTRIES_PER_PAGE - 2, ENTRIES_PER_PAGE - 1,
	ENTRIES_PER_PAGE, ENTRIES_PER_PAGE + 1, 2 * ENTRIES_PER_PAGE - 3,
	2 * ENTRIES_PER_PAGE - 2, 3 * ENTRIES_PER_PAGE + 17,
};

static void describe_length(const unsigned int *length, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u pages", *length);
}

KUNIT_ARRAY_PARAM(length, list_lengths, describe_length);

/*
 * A list of any length has an entry a page and one for the destination, in tables
 * that are full but for the last; brings every byte to its place; and is freed to
 * the last page.
 */
static void lists_across_tables(struct kunit *test)
{
	const unsigned int pages = *(const unsigned int *)test->param_value;
	struct kexec_model *model = kexec_model_new(test, pages);
	struct kexec_subject *subject;
	struct shape shape;

	kexec_test_count_pages(test);
	kexec_test_dirty_memory();
	subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	kexec_subject_add(subject, kexec_test_nowhere(), BYTES(pages) - (pages ? 5 : 0),
			  BYTES(pages));
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);

	shape = shape_of(test, subject->image);
	KUNIT_EXPECT_EQ(test, shape.sources, pages);
	KUNIT_EXPECT_EQ(test, shape.destinations, !!pages);
	KUNIT_EXPECT_EQ(test, shape.tables,
			pages ? DIV_ROUND_UP(pages + 1, ENTRIES_PER_PAGE - 1) : 0);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
	KUNIT_EXPECT_EQ(test, model->moved, pages);

	KUNIT_EXPECT_GE(test, kexec_test_owned_pages(), pages + shape.tables);
	kexec_subject_give_back(subject);
}

static bool list_is_wanted(void)
{
	return true;
}

/*
 * Relocation code that reads a first entry in any case finds one when there is
 * nothing to copy, and copies nothing.
 */
static void a_list_for_who_reads_one(struct kunit *test)
{
	struct kexec_model *model = kexec_model_new(test, 1);
	struct kexec_subject *subject;
	struct shape shape;

	kunit_activate_static_stub(test, kexec_wants_list, list_is_wanted);
	subject = kexec_subject_counted(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	kexec_subject_add(subject, kexec_test_nowhere(), 0, 0);
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);

	KUNIT_EXPECT_TRUE(test, subject->image->head & IND_INDIRECTION);
	shape = shape_of(test, subject->image);
	KUNIT_EXPECT_EQ(test, shape.tables, 1);
	KUNIT_EXPECT_EQ(test, shape.sources, 0);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
	KUNIT_EXPECT_EQ(test, model->moved, 0);

	kexec_subject_give_back(subject);
}

/* Segments of all sizes, next to each other and far away, come out in one list. */
static void lists_of_many_segments(struct kunit *test)
{
	static const unsigned int pages[] = { 3, 0, 1, 700, 2, 1, 0, 5, 300, 1, 1, 1, 0, 1, 9, 4 };
	struct kexec_model *model = kexec_model_new(test, 2048);
	unsigned long mem = kexec_test_nowhere();
	struct kexec_subject *subject;
	unsigned int i, all = 0, used = 0;
	struct shape shape;

	kexec_test_dirty_memory();
	subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		kexec_subject_add(subject, mem, BYTES(pages[i]) / 2, BYTES(pages[i]));
		mem += BYTES(pages[i]) + (i % 3 ? 0 : SZ_1M);
		all += pages[i];
		used += !!pages[i];
	}
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	shape = shape_of(test, subject->image);
	KUNIT_EXPECT_EQ(test, shape.sources, all);
	KUNIT_EXPECT_EQ(test, shape.destinations, used);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
}

/* A page of a segment is found where the list has it; behind the last there is none. */
static void pages_of_a_segment(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	const unsigned int pages[] = { 2, ENTRIES_PER_PAGE + 5, 1 };
	unsigned long at, mem = kexec_test_nowhere();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++, mem += SZ_16M)
		kexec_subject_add(subject, mem, BYTES(pages[i]), BYTES(pages[i]));
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		kimage_entry_t *cursor = NULL;
		struct page *page;

		for (at = 0; at < pages[i]; at++) {
			page = kimage_segment_page(subject->image, i, at, &cursor);
			KUNIT_ASSERT_NOT_NULL(test, page);
			KUNIT_ASSERT_MEMEQ(test, page_address(page), subject->want[i] + BYTES(at),
					   PAGE_SIZE);
		}
		KUNIT_EXPECT_NULL(test, kimage_segment_page(subject->image, i, at, &cursor));
	}
}

/* The sources of a list are passed in its order, and then there are none. */
static void sources_in_order(struct kunit *test)
{
	const unsigned int pages = 2 * ENTRIES_PER_PAGE + 3;
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	kimage_entry_t *cursor = kexec_test_list(subject->image);
	unsigned int i;

	KUNIT_EXPECT_NULL(test, kimage_next_source(&cursor));
	kexec_subject_add(subject, kexec_test_nowhere(), BYTES(pages), BYTES(pages));
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	for (i = 0; i < pages; i++) {
		struct page *page = kimage_next_source(&cursor);

		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_ASSERT_MEMEQ(test, page_address(page), subject->want[0] + BYTES(i),
				   PAGE_SIZE);
	}
	KUNIT_EXPECT_NULL(test, kimage_next_source(&cursor));
	KUNIT_EXPECT_NULL(test, kimage_next_source(&cursor));
}

/* An image can be freed at any point of its road, and gives all of it back. */
static void freed_at_any_point(struct kunit *test)
{
	const unsigned int pages = ENTRIES_PER_PAGE + 100;
	struct kexec_subject *subject;
	int steps;

	kexec_test_count_pages(test);
	for (steps = 0; steps < 5; steps++) {
		subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
		kexec_subject_add(subject, kexec_test_nowhere(), BYTES(pages) - 1, BYTES(pages));
		if (steps > 0)
			KUNIT_EXPECT_NOT_NULL(test, kimage_alloc_control_pages(subject->image, 1));
		if (steps > 1)
			KUNIT_EXPECT_EQ(test, kimage_gather_pages(subject->image), 0);
		if (steps > 2)
			KUNIT_EXPECT_EQ(test, kimage_build_list(subject->image), 0);
		if (steps > 3)
			kimage_terminate(subject->image);
		if (steps)
			KUNIT_EXPECT_GT(test, kexec_test_owned_pages(), 0);
		kexec_subject_free(subject);
		KUNIT_EXPECT_EQ_MSG(test, kexec_test_owned_pages(), 0, "after step %d", steps);
	}
}

/* Freeing the list alone leaves an image that has none, and can be freed. */
static void a_list_is_dropped_once(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_counted(test, KEXEC_TYPE_DEFAULT, BY_LOADER);

	kexec_subject_add(subject, kexec_test_nowhere(), BYTES(600), BYTES(700));
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	kimage_free_page_list(kexec_test_unusable(subject->image));
	kimage_free_list(subject->image);
	/* The page of zeros is no part of the list. */
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), kexec_shares_zeros());
	KUNIT_EXPECT_EQ(test, *kexec_test_list(subject->image), 0);
	kimage_free_list(subject->image);
	kexec_subject_give_back(subject);
}

/* ---- zeros ---- */

static unsigned int sources_that_are(const struct page *page, struct kimage *image)
{
	kimage_entry_t *cursor = kexec_test_list(image);
	unsigned int nr = 0;
	struct page *source;

	while ((source = kimage_next_source(&cursor)))
		nr += source == page;
	return nr;
}

/*
 * All that is zero behind the contents of all segments has one page for its source;
 * the image owns that, its contents and the tables, and nothing else.
 */
static void zeros_share_a_page(struct kunit *test)
{
	const unsigned int contents = 1 + 2 + 3, zeros = 699 + 898 + 0;
	struct kexec_model *model = kexec_model_new(test, contents + zeros);
	unsigned long mem = kexec_test_nowhere();
	struct kexec_subject *subject;
	struct shape shape;

	if (!kexec_shares_zeros())
		kunit_skip(test, "this architecture does not share zeros");
	kexec_test_count_pages(test);
	kexec_test_dirty_memory();
	subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	kexec_subject_add(subject, mem, 1, BYTES(700));
	kexec_subject_add(subject, mem + SZ_16M, BYTES(1) + 9, BYTES(900));
	kexec_subject_add(subject, mem + SZ_32M, 0, BYTES(3));
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);

	shape = shape_of(test, subject->image);
	KUNIT_EXPECT_EQ(test, shape.sources, contents + zeros);
	KUNIT_EXPECT_EQ(test,
			sources_that_are(kexec_test_zero_page(subject->image), subject->image),
			zeros);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), contents + shape.tables + 1);
	kexec_subject_give_back(subject);
}

/* A page of a segment is found as far as its contents go, and no page of zeros. */
static void zeros_have_no_page_of_their_own(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	kimage_entry_t *cursor = NULL;

	if (!kexec_shares_zeros())
		kunit_skip(test, "this architecture does not share zeros");
	kexec_subject_add(subject, kexec_test_nowhere(), BYTES(1) + 1, BYTES(5));
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	KUNIT_EXPECT_NOT_NULL(test, kimage_segment_page(subject->image, 0, 0, &cursor));
	KUNIT_EXPECT_NOT_NULL(test, kimage_segment_page(subject->image, 0, 1, &cursor));
	KUNIT_EXPECT_NULL(test, kimage_segment_page(subject->image, 0, 2, &cursor));
	/* So there is nothing that could be mapped and written to. */
	kunit_warning_suppress(test)
		KUNIT_EXPECT_NULL(test, kimage_map_segment(subject->image, 0));
}

/* ---- collisions ---- */

/* Of several sizes, the largest first, as images ask for them. */
static struct kexec_test_blocks *random_blocks(struct kunit *test, struct rnd_state *chance)
{
	unsigned int i, nr = 4 + kexec_test_below(chance, 8);
	unsigned int left = 3 + kexec_test_below(chance, 5);
	unsigned int order[KEXEC_TEST_BLOCKS];

	for (i = 0; i < nr; i++) {
		order[i] = left;
		left -= min(left, kexec_test_below(chance, 3));
	}
	return kexec_test_take_blocks(test, order, nr);
}

static unsigned int pages_of(const struct kexec_test_blocks *blocks)
{
	unsigned int i, pages = 0;

	for (i = 0; i < blocks->nr; i++)
		pages += 1 << blocks->order[i];
	return pages;
}

/* Segments on parts of the blocks, until there is none left; returns their pages. */
static unsigned int cover_blocks(struct rnd_state *chance, struct kexec_subject *subject,
				 const struct kexec_test_blocks *blocks)
{
	unsigned int i, at, run, pages = 0;

	for (i = 0; i < blocks->nr; i++)
		for (at = 0; at < 1 << blocks->order[i]; at += run + kexec_test_below(chance, 3)) {
			if (subject->image->nr_segments == KEXEC_SEGMENT_MAX)
				return pages;
			run = 1 + kexec_test_below(chance, (1 << blocks->order[i]) - at);
			kexec_subject_add(subject, BYTES(blocks->pfn[i] + at),
					  kexec_test_below(chance, BYTES(run) + 1), BYTES(run));
			pages += run;
		}
	return pages;
}

static void swap_segments(struct kexec_subject *subject, unsigned int a, unsigned int b)
{
	swap(subject->image->segment[a], subject->image->segment[b]);
	swap(subject->want[a], subject->want[b]);
}

static unsigned int count_in_place(const struct kimage *image)
{
	unsigned int i, pages = 0;

	for (i = 0; i < image->nr_segments; i++)
		if (kexec_test_owned(image, i))
			pages += bitmap_weight(kexec_test_owned(image, i),
					       image->segment[i].memsz >> PAGE_SHIFT);
	return pages;
}

static unsigned int collide(struct kunit *test, struct rnd_state *chance)
{
	struct kexec_test_blocks *blocks = random_blocks(test, chance);
	struct kexec_model *model = kexec_model_new(test, pages_of(blocks));
	struct kexec_subject *subject;
	unsigned int i, pages, in_place;
	struct shape shape;

	subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	pages = cover_blocks(chance, subject, blocks);
	for (i = subject->image->nr_segments; i > 1; i--)
		swap_segments(subject, i - 1, kexec_test_below(chance, i));
	kexec_test_offer(test, blocks);
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);

	shape = shape_of(test, subject->image);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
	in_place = count_in_place(subject->image);
	KUNIT_EXPECT_EQ(test, in_place + shape.sources, pages);
	kexec_subject_give_back(subject);
	return in_place;
}

/*
 * Whatever source pages lie in destinations, and in whatever order, each byte
 * arrives, and no page is written before it is read.  Every page is in place or
 * in the list, and all are given back.
 */
static void colliding_pages_arrive(struct kunit *test)
{
	struct rnd_state *chance = kexec_test_chance(test);
	unsigned int round, in_place = 0;

	kexec_test_count_pages(test);
	for (round = 0; round < 6; round++)
		in_place += collide(test, chance);
	KUNIT_EXPECT_GT_MSG(test, in_place, 0, "nothing has collided");
}

static struct kexec_test_blocks *take_blocks(struct kunit *test, unsigned int nr,
					     unsigned int order)
{
	unsigned int i, orders[KEXEC_TEST_BLOCKS];

	for (i = 0; i < nr; i++)
		orders[i] = order;
	return kexec_test_take_blocks(test, orders, nr);
}

/*
 * Pages that are needed for the list itself keep out of destinations too, and do
 * not become places any more: what goes there has its entry already.
 */
static void tables_keep_out_of_destinations(struct kunit *test)
{
	const unsigned int nr = 3 * ENTRIES_PER_PAGE, early = 5, late = 10;
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct kexec_test_blocks *sources = take_blocks(test, early, 0);
	struct kexec_test_blocks *tables = take_blocks(test, late, 0);
	struct kexec_model *model = kexec_model_new(test, nr + early + late);
	struct kimage *image = subject->image;
	struct shape shape;
	unsigned int i;

	kexec_subject_add(subject, kexec_test_nowhere(), BYTES(nr), BYTES(nr));
	for (i = 0; i < early; i++)
		kexec_subject_add(subject, BYTES(sources->pfn[i]), PAGE_SIZE, PAGE_SIZE);
	for (i = 0; i < late; i++)
		kexec_subject_add(subject, BYTES(tables->pfn[i]), PAGE_SIZE, PAGE_SIZE);
	kexec_test_offer(test, sources);
	KUNIT_ASSERT_EQ(test, kimage_gather_pages(image), 0);
	KUNIT_EXPECT_EQ(test, count_in_place(image), early);
	kexec_test_offer(test, tables);
	KUNIT_ASSERT_EQ(test, kimage_build_list(image), 0);
	for (i = 0; i < image->nr_segments; i++)
		KUNIT_ASSERT_EQ(test, kimage_load_segment(image, &image->segment[i]), 0);
	for (i = 0; i < 64; i++)
		KUNIT_ASSERT_NOT_NULL(test, kimage_alloc_control_pages(image, 0));
	kimage_terminate(image);
	image->head = *kexec_test_list(image);

	shape = shape_of(test, image);
	KUNIT_EXPECT_EQ(test, count_in_place(image), early);
	KUNIT_EXPECT_EQ(test, bitmap_weight(tables->given, late), late);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, image->head) ?: "");
}

/* What lies where there are going to be zeros holds no contents. */
static void pages_among_zeros_are_kept(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct kexec_test_blocks *block = take_blocks(test, 1, 0);

	kexec_subject_add(subject, BYTES(block->pfn[0] - 1), PAGE_SIZE, BYTES(2));
	kexec_test_offer(test, block);
	KUNIT_ASSERT_NOT_NULL(test, kimage_alloc_control_pages(subject->image, 0));
	KUNIT_EXPECT_EQ(test, list_count_nodes(kexec_test_unusable(subject->image)),
			kexec_shares_zeros());
	KUNIT_EXPECT_EQ(test, kimage_page_in_place(subject->image, 0, 1), !kexec_shares_zeros());
}

/* ---- control pages ---- */

static const unsigned int orders[] = { 0, 1, 3, 5 };

static void describe_order(const unsigned int *order, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "order %u", *order);
}

KUNIT_ARRAY_PARAM(order, orders, describe_order);

/*
 * Control pages lie in no destination, not with one page of several either, also
 * when destinations are all that the allocator would like to give.
 */
static void control_pages_keep_out_of_destinations(struct kunit *test)
{
	const unsigned int order = *(const unsigned int *)test->param_value;
	struct kexec_test_blocks *blocks = take_blocks(test, KEXEC_SEGMENT_MAX, order);
	struct kexec_subject *subject = kexec_subject_counted(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	unsigned int i, at;

	/* The last page of every other block, so that a look at the first is not enough. */
	for (i = 0; i < blocks->nr; i++) {
		at = i % 2 ? (1U << order) - 1 : 0;
		kexec_subject_add(subject, BYTES(blocks->pfn[i] + at), 0, PAGE_SIZE);
	}
	kexec_test_offer(test, blocks);

	for (i = 0; i < 64; i++) {
		struct page *page = kimage_alloc_control_pages(subject->image, order);

		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED(page_to_pfn(page), 1UL << order));
		for (at = 0; at < 1UL << order; at++)
			KUNIT_EXPECT_FALSE(test, is_destination(subject->image,
								page_to_pfn(page) + at));
	}
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), (64L + KEXEC_SEGMENT_MAX) << order);
	if (order)
		KUNIT_EXPECT_EQ(test,
				list_count_nodes(kexec_test_unusable(subject->image)),
				KEXEC_SEGMENT_MAX);
	else
		KUNIT_EXPECT_EQ(test, count_in_place(subject->image), KEXEC_SEGMENT_MAX);

	kexec_subject_give_back(subject);
}

/* A segment of no bytes at address 0 makes no page a destination (O7). */
static void an_empty_segment_is_in_nobodys_way(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_counted(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	unsigned int i;

	kexec_subject_add(subject, 0, 0, 0);
	for (i = 0; i < 16; i++)
		KUNIT_ASSERT_NOT_NULL(test, kimage_alloc_control_pages(subject->image, i % 3));
	KUNIT_EXPECT_TRUE(test, list_empty(kexec_test_unusable(subject->image)));
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 6 * 1 + 5 * 2 + 5 * 4);
}

/* ---- what relocation code reaches ---- */

static u64 reach;

static u64 reach_so_far(void)
{
	return reach;
}

/* Which of these blocks has the highest address. */
static unsigned int highest(const struct kexec_test_blocks *blocks)
{
	unsigned int i, found = 0;

	for (i = 1; i < blocks->nr; i++)
		if (blocks->pfn[i] > blocks->pfn[found])
			found = i;
	return found;
}

static u64 start_of_last(const struct kexec_test_blocks *blocks)
{
	return BYTES(blocks->pfn[highest(blocks)]);
}

static const unsigned int reach_orders[] = { 0, 1 };

KUNIT_ARRAY_PARAM(reach_order, reach_orders, describe_order);

/* Control pages lie below what can be reached, to the last byte. */
static void control_pages_lie_within_reach(struct kunit *test)
{
	const unsigned int order = *(const unsigned int *)test->param_value;
	struct kexec_test_blocks *blocks = take_blocks(test, 16, order);
	struct kexec_subject *subject = kexec_subject_counted(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct page *page;
	unsigned int i;

	reach = start_of_last(blocks) + (PAGE_SIZE << order) - 1;
	kexec_test_offer(test, blocks);
	kunit_activate_static_stub(test, kexec_control_limit, reach_so_far);
	for (i = 0; i < blocks->nr - 1; i++) {
		page = kimage_alloc_control_pages(subject->image, order);
		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_EXPECT_LE(test, BYTES(page_to_pfn(page) + (1UL << order)), reach);
	}
	kexec_subject_give_back(subject);
}

#define SOURCES		(KEXEC_TEST_BLOCKS / 2)

/*
 * A segment, and pages for it of which one is beyond reach.  That comes when a list has
 * been begun, and there are enough pages on offer for all that the image takes.
 */
static void offer_one_beyond_reach(struct kexec_subject *subject, struct kexec_test_blocks *blocks)
{
	kexec_subject_add(subject, kexec_test_nowhere(), BYTES(SOURCES), BYTES(SOURCES));
	reach = start_of_last(blocks) - 1;
	swap(blocks->pfn[highest(blocks)], blocks->pfn[SOURCES / 2]);
	kexec_test_offer(subject->test, blocks);
	kunit_activate_static_stub(subject->test, kexec_source_limit, reach_so_far);
}

/* A source beyond reach is held back, and goes when the image goes. */
static void sources_lie_within_reach(struct kunit *test)
{
	struct kexec_test_blocks *blocks = take_blocks(test, KEXEC_TEST_BLOCKS, 0);
	struct kexec_model *model = kexec_model_new(test, SOURCES);
	struct kexec_subject *subject = kexec_subject_counted(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	kimage_entry_t *cursor;
	struct page *page;

	offer_one_beyond_reach(subject, blocks);
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	KUNIT_EXPECT_EQ(test, list_count_nodes(kexec_test_unusable(subject->image)), 1);
	cursor = kexec_test_list(subject->image);
	while ((page = kimage_next_source(&cursor)))
		KUNIT_EXPECT_LE(test, BYTES(page_to_pfn(page)), reach);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
	kexec_subject_give_back(subject);
}

/* What was held back is of no use to an image that is complete. */
static void nothing_is_held_back_in_the_end(struct kunit *test)
{
	struct kexec_test_blocks *blocks = take_blocks(test, KEXEC_TEST_BLOCKS, 0);
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_USER);

	offer_one_beyond_reach(subject, blocks);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	KUNIT_EXPECT_TRUE(test, test_bit(SOURCES / 2, blocks->given));
	KUNIT_EXPECT_TRUE(test, list_empty(kexec_test_unusable(subject->image)));
}

/* ---- how hard memory is asked for ---- */

struct asked {
	struct task_struct *task;
	unsigned int blocks, pages, strange;
};

/* With neither flag the OOM killer is called before a page is refused. */
static void see_asked(void *data, struct page *page, unsigned int order, gfp_t gfp, int migratetype)
{
	gfp_t mild = order ? __GFP_NORETRY : __GFP_NORETRY | __GFP_RETRY_MAYFAIL;
	struct asked *asked = data;

	if (current != asked->task)
		return;
	if (order)
		asked->blocks++;
	else
		asked->pages++;
	asked->strange += !(gfp & mild) || !(gfp & __GFP_NOWARN);
}

static void ask_no_more(void *asked)
{
	unregister_trace_mm_page_alloc(see_asked, asked);
	tracepoint_synchronize_unregister();
}

/* Blocks are taken when they come easily; not even a page has the OOM killer called. */
static void memory_is_nobodys_death(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct asked *asked = kunit_kzalloc(test, sizeof(*asked), GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, asked);
	kexec_subject_add(subject, kexec_test_nowhere(), BYTES(1025), BYTES(1025));
	if (register_trace_mm_page_alloc(see_asked, asked))
		kunit_skip(test, "allocations are seen by a tracepoint, which this kernel has not");
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, ask_no_more, asked));
	asked->task = current;
	ret = kimage_gather_pages(subject->image) ?: kimage_build_list(subject->image);
	asked->task = NULL;
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_GT(test, asked->blocks, 0);
	KUNIT_EXPECT_GT(test, asked->pages, 0);
	KUNIT_EXPECT_EQ(test, asked->strange, 0);
}

/* ---- contents ---- */

struct amount {
	const char *name;
	size_t bufsz, memsz;
};

static const struct amount amounts[] = {
	{ "nothing in nothing", 0, 0 },
	{ "nothing in a page", 0, PAGE_SIZE },
	{ "a byte", 1, PAGE_SIZE },
	{ "all but a byte", PAGE_SIZE - 1, PAGE_SIZE },
	{ "a page", PAGE_SIZE, PAGE_SIZE },
	{ "a page and a byte", PAGE_SIZE + 1, 2 * PAGE_SIZE },
	{ "a page in three", PAGE_SIZE, 3 * PAGE_SIZE },
	{ "more than a window", KEXEC_WINDOW + 77, KEXEC_WINDOW + 3 * PAGE_SIZE },
	{ "less than a window in more", 3, KEXEC_WINDOW + PAGE_SIZE },
	{ "two windows", 2 * KEXEC_WINDOW, 2 * KEXEC_WINDOW },
};

KUNIT_ARRAY_PARAM_DESC(amount, amounts, name);

static void expect_filled(struct kunit *test, enum kexec_test_mode mode)
{
	const struct amount *amount = test->param_value;
	struct kexec_model *model = kexec_model_new(test, amount->memsz >> PAGE_SHIFT);
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, mode);

	kexec_subject_add(subject, kexec_test_nowhere(), amount->bufsz, amount->memsz);
	kexec_test_dirty_memory();
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
}

/* A segment holds its contents, and zeros behind them, on pages that held other things. */
static void contents_by_a_loader(struct kunit *test)
{
	expect_filled(test, BY_LOADER);
}

static void contents_by_user_space(struct kunit *test)
{
	expect_filled(test, BY_USER);
}

/* A buffer that faults, at once or half way, refuses the load and says so. */
static void contents_that_fault(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct kexec_subject *subject;
	int half;

	for (half = 0; half < 2; half++) {
		struct kexec_segment *segment;

		subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_USER);
		kexec_subject_add(subject, kexec_test_nowhere(), 2 * PAGE_SIZE, 4 * PAGE_SIZE);
		segment = &subject->image->segment[0];
		if (half)
			KUNIT_ASSERT_EQ(test, vm_munmap((unsigned long)segment->buf + PAGE_SIZE,
							PAGE_SIZE), 0);
		else
			segment->buf = (void __user *)-PAGE_SIZE;
		KUNIT_EXPECT_EQ(test, kexec_subject_assemble(subject), -EFAULT);
		KUNIT_EXPECT_EQ(test, last->count, half + 1);
		KUNIT_EXPECT_NOT_NULL(test, strstr(last->why, ": its buffer faults"));
	}
}

/* A caller that is being killed is not kept. */
static void a_killed_caller_gets_away(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_counted(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct page *page;
	int ret;

	kexec_subject_add(subject, kexec_test_nowhere(), BYTES(100), BYTES(100));
	kexec_test_kill();
	ret = kimage_gather_pages(subject->image);
	page = kimage_alloc_control_pages(subject->image, 0);
	kexec_test_revive();
	KUNIT_EXPECT_EQ(test, ret, -EINTR);
	KUNIT_EXPECT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 0);

	KUNIT_ASSERT_EQ(test, kimage_gather_pages(subject->image) ?:
			      kimage_build_list(subject->image), 0);
	kexec_test_kill();
	ret = kimage_load_segment(subject->image, &subject->image->segment[0]);
	kexec_test_revive();
	KUNIT_EXPECT_EQ(test, ret, -EINTR);
	kexec_subject_give_back(subject);
}

/* More than the machine could ever give is refused before anything is taken. */
static void too_much_is_refused_at_once(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct kexec_subject *subject = kexec_subject_counted(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct kexec_segment *segment;

	segment = &subject->image->segment[0];
	subject->image->nr_segments = 1;
	segment->mem = kexec_test_nowhere();
	segment->memsz = BYTES(totalram_pages() + get_nr_swap_pages());
	KUNIT_EXPECT_EQ(test, kimage_gather_pages(subject->image), -ENOMEM);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 0);
	KUNIT_EXPECT_EQ(test, last->count, 1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(last->why, " MiB more are needed, at most "));
}

/* What others need is not taken, not for the sake of one page in the right place either. */
static void what_others_need_is_left(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_counted(test, KEXEC_TYPE_DEFAULT, BY_LOADER);

	kexec_subject_add(subject, kexec_test_nowhere(), BYTES(8), BYTES(8));
	kexec_test_limit_memory(test, 7);
	KUNIT_EXPECT_EQ(test, kimage_gather_pages(subject->image), -ENOMEM);
	kexec_test_limit_memory(test, 0);
	KUNIT_EXPECT_NULL(test, kimage_alloc_control_pages(subject->image, 0));
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 0);
	kexec_test_limit_memory(test, 8);
	KUNIT_EXPECT_EQ(test, kimage_gather_pages(subject->image), 0);
	KUNIT_EXPECT_NOT_NULL(test, kimage_alloc_control_pages(subject->image, 0));
}

static unsigned long all_until_one_block_is_had(bool in_cma)
{
	return kexec_test_owned_pages() < MAX_ORDER_NR_PAGES ? ULONG_MAX : 0;
}

static unsigned int times_given_back;

static void give_nothing_back(void)
{
	times_given_back++;
}

static unsigned long none_when_all_are_had(bool in_cma)
{
	return kexec_test_owned_pages() < 8 ? ULONG_MAX : 0;
}

/* What the CPU has at hand after its last pages is left to others. */
static void the_rest_is_left(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_counted(test, KEXEC_TYPE_DEFAULT, BY_LOADER);

	kexec_subject_add(subject, kexec_test_nowhere(), BYTES(8), BYTES(8));
	times_given_back = 0;
	kunit_activate_static_stub(test, kexec_give_back_at_hand, give_nothing_back);
	kunit_activate_static_stub(test, kexec_pages_to_be_had, none_when_all_are_had);
	KUNIT_EXPECT_EQ(test, kimage_gather_pages(subject->image), 0);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 8);
	KUNIT_EXPECT_EQ(test, times_given_back, 1);
}

/* Others may come to need it while pages are gathered. */
static void it_is_looked_again_while_pages_are_gathered(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_counted(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	size_t size = BYTES(MAX_ORDER_NR_PAGES + 1);

	kexec_subject_add(subject, kexec_test_nowhere(), size, size);
	kunit_activate_static_stub(test, kexec_pages_to_be_had, all_until_one_block_is_had);
	KUNIT_EXPECT_EQ(test, kimage_gather_pages(subject->image), -ENOMEM);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), MAX_ORDER_NR_PAGES);
}

/* ---- mappings ---- */

/* What is written to a mapped segment is what the next kernel finds. */
static void a_mapping_reaches_the_next_kernel(struct kunit *test)
{
	struct kexec_model *model = kexec_model_new(test, 600);
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	unsigned long mem = kexec_test_nowhere();
	unsigned int i;

	for (i = 0; i < 3; i++, mem += SZ_16M) {
		size_t size = BYTES(i == 1 ? ENTRIES_PER_PAGE + 9 : 2);

		kexec_subject_add(subject, mem, size - 100, size);
	}
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	for (i = 0; i < 3; i++) {
		size_t size = subject->image->segment[i].memsz;
		u8 *map = kimage_map_segment(subject->image, i);

		KUNIT_ASSERT_NOT_NULL(test, map);
		KUNIT_EXPECT_MEMEQ(test, map, subject->want[i], size);
		kexec_test_fill(map, size, 4000 + i);
		kexec_test_fill(subject->want[i], size, 4000 + i);
		kimage_unmap_segment(map);
	}
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
}

static struct kunit_case pages_cases[] = {
	KUNIT_CASE_PARAM(lists_across_tables, length_gen_params),
	KUNIT_CASE(a_list_for_who_reads_one),
	KUNIT_CASE(lists_of_many_segments),
	KUNIT_CASE(pages_of_a_segment),
	KUNIT_CASE(sources_in_order),
	KUNIT_CASE(freed_at_any_point),
	KUNIT_CASE(a_list_is_dropped_once),
	KUNIT_CASE(zeros_share_a_page),
	KUNIT_CASE(zeros_have_no_page_of_their_own),
	KUNIT_CASE_PARAM(colliding_pages_arrive, kexec_test_seeds),
	KUNIT_CASE(tables_keep_out_of_destinations),
	KUNIT_CASE(pages_among_zeros_are_kept),
	KUNIT_CASE_PARAM(control_pages_keep_out_of_destinations, order_gen_params),
	KUNIT_CASE(an_empty_segment_is_in_nobodys_way),
	KUNIT_CASE_PARAM(control_pages_lie_within_reach, reach_order_gen_params),
	KUNIT_CASE(sources_lie_within_reach),
	KUNIT_CASE(nothing_is_held_back_in_the_end),
	KUNIT_CASE(memory_is_nobodys_death),
	KUNIT_CASE_PARAM(contents_by_a_loader, amount_gen_params),
	KUNIT_CASE_PARAM(contents_by_user_space, amount_gen_params),
	KUNIT_CASE(contents_that_fault),
	KUNIT_CASE(a_killed_caller_gets_away),
	KUNIT_CASE(too_much_is_refused_at_once),
	KUNIT_CASE(what_others_need_is_left),
	KUNIT_CASE(it_is_looked_again_while_pages_are_gathered),
	KUNIT_CASE(the_rest_is_left),
	KUNIT_CASE(a_mapping_reaches_the_next_kernel),
	{}
};

static struct kunit_suite pages_suite = {
	.name = "kexec_pages",
	.test_cases = pages_cases,
};

kunit_test_suite(pages_suite);

MODULE_DESCRIPTION("KUnit tests of kexec's pages and entry list");
MODULE_LICENSE("GPL");
