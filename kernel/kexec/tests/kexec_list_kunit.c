// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of how the entry list is written
 *
 * Images that are nothing but a description get their source pages and a list.  Each
 * page that is not in place has to be in it once, behind its destination; and where
 * there is no memory for the rest of a list, nothing may be lost and nothing be given
 * back that was not taken.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "../../kexec_internal.h"
#include "../arch.h"
#include "../pages.h"
#include "kexec_pure_kunit.h"

/* ---- images ---- */

/* Which pages are at their destination; whatever is there, it is not looked at. */
struct owned {
	DECLARE_BITMAP(page, 64);
};

static unsigned int add_segment(struct kimage *image, unsigned long pages, size_t bufsz)
{
	unsigned int idx = image->nr_segments++;

	image->segment[idx] = (struct kexec_segment) {
		.mem = kexec_test_nowhere() + (unsigned long)idx * SZ_32M,
		.memsz = BYTES(pages),
		.bufsz = bufsz,
	};
	return idx;
}

static void random_place(struct rnd_state *chance, struct kimage *image, unsigned int idx,
			 struct owned *owned)
{
	struct kimage_place *place = &kimage_core(image)->place[idx];
	unsigned long nr, contents;

	place->uncleared = !kexec_test_below(chance, 4);
	contents = kimage_contents_pages(image, idx);
	if (!kexec_test_below(chance, 3))
		place->claimed = kexec_test_below(chance, contents + 1);
	if (kexec_test_below(chance, 3))
		return;
	place->owned = owned->page;
	for (nr = place->claimed; nr < contents; nr++)
		if (kexec_test_below(chance, 2))
			__set_bit(nr, owned->page);
	place->nr_owned = bitmap_weight(owned->page, contents);
}

static unsigned long pages_to_list(const struct kimage *image, unsigned int idx, unsigned long end)
{
	unsigned long nr, pages = 0;

	for (nr = 0; nr < end; nr++)
		pages += !kimage_place_owns(kexec_test_place(image, idx), nr);
	return pages;
}

/* As gathering leaves it: a source for each page of contents, and one for all zeros. */
static unsigned long get_sources(struct kunit *test, struct kimage *image)
{
	struct kimage_core *core = kimage_core(image);
	unsigned long i, sources = 0;
	struct page *page;

	for (i = 0; i < image->nr_segments; i++)
		sources += pages_to_list(image, i, kimage_contents_pages(image, i));
	for (i = 0; i <= sources; i++) {
		page = kexec_alloc_pages_block(GFP_KERNEL, 0);
		KUNIT_ASSERT_NOT_NULL(test, page);
		if (i)
			list_add(&page->lru, &core->source_pages);
		else
			core->zero_page = page;
	}
	return sources;
}

static unsigned long sources_left(struct kimage *image)
{
	return list_count_nodes(kexec_test_sources(image));
}

static void free_all(struct kimage *image)
{
	struct kimage_core *core = kimage_core(image);
	struct page *page, *next;

	kimage_free_list(image);
	list_for_each_entry_safe(page, next, &core->source_pages, lru)
		kexec_free_pages_block(page);
	kexec_free_pages_block(core->zero_page);
}

/* ---- a list that is complete ---- */

/**
 * struct reader - reads a list as relocation code does
 * @entry:  the next
 * @cursor: where the next source goes
 */
struct reader {
	const kimage_entry_t *entry;
	unsigned long cursor;
};

/* The next source, and where it goes; NULL at the end of the list. */
static struct page *next_page(struct reader *reader, unsigned long *to)
{
	for (;;) {
		kimage_entry_t entry = *reader->entry++;

		if (entry & IND_DONE)
			return NULL;
		if (entry & IND_DESTINATION)
			reader->cursor = entry & PAGE_MASK;
		if (entry & IND_INDIRECTION)
			reader->entry = boot_phys_to_virt(entry & PAGE_MASK);
		if (entry & IND_SOURCE) {
			*to = reader->cursor;
			reader->cursor += PAGE_SIZE;
			return boot_pfn_to_page(entry >> PAGE_SHIFT);
		}
	}
}

static void expect_segment(struct kunit *test, struct kimage *image, unsigned int idx,
			   struct reader *reader)
{
	unsigned long nr, to, contents = kimage_contents_pages(image, idx);
	kimage_entry_t *cursor = NULL;

	for (nr = 0; nr < kimage_filled_pages(image, idx); nr++) {
		struct page *page;

		if (kimage_place_owns(kexec_test_place(image, idx), nr))
			continue;
		page = next_page(reader, &to);
		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_ASSERT_EQ(test, to, image->segment[idx].mem + BYTES(nr));
		KUNIT_ASSERT_EQ(test, page == kexec_test_zero_page(image), nr >= contents);
		if (nr < contents)
			KUNIT_ASSERT_TRUE(test,
					  page == kimage_segment_page(image, idx, nr, &cursor));
	}
	KUNIT_EXPECT_NULL(test, kimage_segment_page(image, idx, contents, &cursor));
}

static void expect_list(struct kunit *test, struct kimage *image)
{
	struct reader reader = { kexec_test_list(image) };
	unsigned long to;
	unsigned int idx;

	for (idx = 0; idx < image->nr_segments; idx++)
		expect_segment(test, image, idx, &reader);
	KUNIT_EXPECT_NULL(test, next_page(&reader, &to));
	KUNIT_EXPECT_EQ(test, sources_left(image), 0);
}

/* Each page that is not in place is in the list, and found again; no other is. */
static void lists_of_all_that_is_elsewhere(struct kunit *test)
{
	struct owned *owned = kunit_kzalloc(test, KEXEC_SEGMENT_MAX * sizeof(*owned), GFP_KERNEL);
	struct rnd_state *chance = kexec_test_chance(test);
	int round;

	KUNIT_ASSERT_NOT_NULL(test, owned);
	for (round = 0; round < 20; round++) {
		struct kimage *image = kexec_test_bare_image(test);
		unsigned int nr = 1 + kexec_test_below(chance, KEXEC_SEGMENT_MAX);

		memset(owned, 0, KEXEC_SEGMENT_MAX * sizeof(*owned));
		while (nr--) {
			unsigned long pages = kexec_test_below(chance, 64);
			unsigned int idx = add_segment(image, pages,
						       kexec_test_below(chance, BYTES(pages) + 1));

			random_place(chance, image, idx, &owned[idx]);
		}
		get_sources(test, image);
		KUNIT_ASSERT_EQ(test, kimage_build_list(image), 0);
		kimage_terminate(image);
		expect_list(test, image);
		free_all(image);
	}
}

/* ---- a list for which there is no memory ---- */

#define TABLES_MAX	4

/* What the allocator has, and how much of it. */
static struct page *tables[TABLES_MAX];
static unsigned int nr_tables;

static struct page *give_table(gfp_t gfp, unsigned int order)
{
	return nr_tables ? tables[--nr_tables] : NULL;
}

static void build_with(struct kunit *test, struct kimage *image, unsigned int nr, int err)
{
	for (nr_tables = 0; nr_tables < nr; nr_tables++) {
		tables[nr_tables] = kexec_alloc_pages_block(GFP_KERNEL, 0);
		KUNIT_ASSERT_NOT_NULL(test, tables[nr_tables]);
	}
	kunit_activate_static_stub(test, kexec_alloc_block, give_table);
	KUNIT_EXPECT_EQ(test, kimage_build_list(image), err);
	kunit_deactivate_static_stub(test, kexec_alloc_block);
	KUNIT_EXPECT_EQ(test, nr_tables, 0);
}

/* How many sources the list has that are not the page of zeros. */
static unsigned int sources_in_list(struct kimage *image)
{
	kimage_entry_t *cursor = kexec_test_list(image);
	unsigned int nr = 0;
	struct page *page;

	while ((page = kimage_next_source(&cursor)))
		nr += page != kexec_test_zero_page(image);
	return nr;
}

static bool is_left(const struct kimage *image, const struct page *wanted)
{
	struct page *page;

	list_for_each_entry(page, kexec_test_sources(image), lru)
		if (page == wanted)
			return true;
	return false;
}

/* The page whose entry finds no room is one of contents, or one of zeros. */
static const struct shortage {
	const char *name;
	bool zeros;
} shortages[] = { { "contents" }, { "zeros", true } };

KUNIT_ARRAY_PARAM_DESC(shortage, shortages, name);

/* A page more than so many tables have entries for; not where pages are huge. */
static unsigned long pages_for(unsigned int nr)
{
	unsigned long pages = nr * (ENTRIES_PER_PAGE - 1) + 1;

	return BYTES(pages) <= SZ_16M ? pages : 0;
}

/*
 * A list that cannot be finished has lost no source: each is in it or still to be had,
 * and the page of zeros, which is the source of many, is not among those.
 */
static void no_source_is_lost(struct kunit *test)
{
	const struct shortage *shortage = test->param_value;
	unsigned long pages, sources;
	unsigned int nr;

	for (nr = 0; nr < TABLES_MAX && (pages = pages_for(nr)); nr++) {
		struct kimage *image = kexec_test_bare_image(test);

		add_segment(image, pages, shortage->zeros ? 1 : BYTES(pages));
		sources = get_sources(test, image);
		build_with(test, image, nr, -ENOMEM);
		KUNIT_EXPECT_EQ(test, sources_in_list(image) + sources_left(image), sources);
		KUNIT_EXPECT_FALSE_MSG(test, is_left(image, kexec_test_zero_page(image)),
				       "with %u tables", nr);
		free_all(image);
	}
}

static struct kunit_case list_cases[] = {
	KUNIT_CASE_PARAM(lists_of_all_that_is_elsewhere, kexec_test_seeds),
	KUNIT_CASE_PARAM(no_source_is_lost, shortage_gen_params),
	{}
};

static struct kunit_suite list_suite = {
	.name = "kexec_list",
	.test_cases = list_cases,
};

kunit_test_suite(list_suite);

MODULE_DESCRIPTION("KUnit tests of how kexec writes entry lists");
MODULE_LICENSE("GPL");
