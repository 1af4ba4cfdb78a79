// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of an image's geometry
 *
 * What is in the way of what, and how many pages of what kind a segment has, asked of
 * images that are nothing but a description.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "../../kexec_internal.h"
#include "../arch.h"
#include "kexec_pure_kunit.h"

/* ---- is this a destination? ---- */

/* Both ends of the question are inclusive, and empty segments have no destination. */
static void destinations_with_inclusive_ends(struct kunit *test)
{
	static const struct {
		unsigned long start, end;
		int is;
	} table[] = {
		{ BYTES(0), BYTES(2) - 1, 0 },	{ BYTES(0), BYTES(2), 1 },
		{ BYTES(4) - 1, BYTES(9), 1 },	{ BYTES(4), BYTES(6) - 1, 0 },
		{ BYTES(3), BYTES(3), 1 },	{ BYTES(4), BYTES(8), 1 },
		{ 0, ULONG_MAX, 1 },		{ BYTES(9), ULONG_MAX, 0 },
		{ 0, 0, 0 },			{ BYTES(6), BYTES(8) - 1, 0 },
	};
	struct kimage *image = kexec_test_bare_image(test);
	static const struct kexec_segment list[] = {
		{ .mem = BYTES(2), .memsz = BYTES(2) }, { .mem = BYTES(6) },
		{ .mem = BYTES(8), .memsz = BYTES(1) }, {},
	};
	int i;

	memcpy(image->segment, list, sizeof(list));
	image->nr_segments = ARRAY_SIZE(list);
	for (i = 0; i < ARRAY_SIZE(table); i++)
		KUNIT_EXPECT_EQ_MSG(test, table[i].is,
				    kimage_is_destination_range(image, table[i].start, table[i].end),
				    "line %d", i);
}

/* ---- files that were read to where they may be used ---- */

static bool is_taken(struct kimage *image, unsigned long page)
{
	struct kexec_range candidate = { BYTES(page), BYTES(page + 1) }, hit;
	bool taken = kimage_in_the_way(image, candidate, &hit);

	return taken && kexec_range_overlaps(candidate, hit);
}

/* The pages below 64 that something is in the way of. */
static u64 pages_taken(struct kimage *image)
{
	unsigned long page;
	u64 taken = 0;

	for (page = 0; page < 64; page++)
		taken |= (u64)is_taken(image, page) << page;
	return taken;
}

/* Segments and each file keep their places clear, a file as much as it may grow to. */
static void places_that_are_taken(struct kunit *test)
{
	struct kimage *image = kexec_test_bare_image(test);
	struct kimage_core *core = kimage_core(image);

	KUNIT_EXPECT_EQ(test, pages_taken(image), 0);
	image->segment[0] = (struct kexec_segment) { .mem = BYTES(2), .memsz = BYTES(2) };
	image->segment[1] = (struct kexec_segment) { .mem = BYTES(9), .memsz = BYTES(1) };
	image->nr_segments = 2;
	KUNIT_EXPECT_EQ(test, pages_taken(image), GENMASK_ULL(3, 2) | BIT_ULL(9));
	core->kernel.range = (struct kexec_range) { BYTES(16), BYTES(18) };
	core->kernel.room = BYTES(4);
	core->initrd.range = (struct kexec_range) { BYTES(32), BYTES(34) };
	core->initrd.room = BYTES(2);
	KUNIT_EXPECT_EQ(test, pages_taken(image), GENMASK_ULL(3, 2) | BIT_ULL(9) |
			GENMASK_ULL(19, 16) | GENMASK_ULL(33, 32));
	core->initrd.kept = (struct kexec_range) { BYTES(40), BYTES(42) };
	KUNIT_EXPECT_EQ(test, pages_taken(image), GENMASK_ULL(3, 2) | BIT_ULL(9) |
			GENMASK_ULL(19, 16) | GENMASK_ULL(41, 40));
}

/*
 * A segment that takes over a file's memory is in the way itself; what is left of the
 * file only while that is memory of the image's own.  A kernel file with a kernel that
 * was taken out of it is done with once that is where it is used.
 */
static void files_that_were_used(struct kunit *test)
{
	struct kimage *image = kexec_test_bare_image(test);
	struct kimage_core *core = kimage_core(image);
	struct page *any = pfn_to_page(max_pfn - 1);

	core->kernel.range = (struct kexec_range) { BYTES(16), BYTES(20) };
	core->kernel.room = BYTES(8);
	core->place[0].file = &core->kernel;
	KUNIT_EXPECT_FALSE(test, kimage_file_is_reused(image, &core->kernel));
	image->segment[0] = (struct kexec_segment) { .mem = BYTES(16), .memsz = BYTES(2) };
	image->nr_segments = 1;
	KUNIT_EXPECT_TRUE(test, kimage_file_is_reused(image, &core->kernel));
	KUNIT_EXPECT_FALSE(test, kimage_file_is_reused(image, &core->initrd));
	KUNIT_EXPECT_EQ(test, pages_taken(image), GENMASK_ULL(17, 16));
	core->kernel.block.page = any;
	KUNIT_EXPECT_EQ(test, pages_taken(image), GENMASK_ULL(19, 16));

	core->made.range = (struct kexec_range) { BYTES(40), BYTES(41) };
	core->made.room = BYTES(3);
	core->place[0].file = NULL;
	KUNIT_EXPECT_EQ(test, pages_taken(image), GENMASK_ULL(23, 16) | GENMASK_ULL(42, 40));
	core->place[0].file = &core->made;
	KUNIT_EXPECT_EQ(test, pages_taken(image), GENMASK_ULL(19, 16));
	core->kernel.block.page = NULL;
	core->kernel.range = (struct kexec_range) { BYTES(30), BYTES(31) };
	KUNIT_EXPECT_EQ(test, pages_taken(image), GENMASK_ULL(17, 16) | BIT_ULL(30));
}

/* ---- pages ---- */

struct need {
	const char *name;
	size_t bufsz, pages, need;
};

static const struct need needs[] = {
	{ "nothing", 0, 0, 0 },
	{ "nothing yet, but somebody is going to write to it", 0, 3, 3 },
	{ "a byte", 1, 3, 1 },
	{ "a page", PAGE_SIZE, 3, 1 },
	{ "a page and a byte", PAGE_SIZE + 1, 3, 2 },
	{ "all but a byte", BYTES(3) - 1, 3, 3 },
	{ "all", BYTES(3), 3, 3 },
};

KUNIT_ARRAY_PARAM_DESC(need, needs, name);

/*
 * Zeros behind the contents need no memory; unless the image is to come back, is a
 * crash image, or the architecture cannot share a page of them.
 */
static void pages_that_are_needed(struct kunit *test)
{
	const struct need *need = test->param_value;
	struct kimage *image = kexec_test_bare_image(test);
	size_t memsz = BYTES(need->pages);

	KUNIT_EXPECT_EQ(test, kimage_pages_needed(image, need->bufsz, memsz, false),
			kexec_shares_zeros() ? need->need : need->pages);
	image->preserve_context = true;
	KUNIT_EXPECT_EQ(test, kimage_pages_needed(image, need->bufsz, memsz, false), need->pages);
	image->preserve_context = false;
	if (!IS_ENABLED(CONFIG_CRASH_DUMP))
		return;
	image->type = KEXEC_TYPE_CRASH;
	KUNIT_EXPECT_EQ(test, kimage_pages_needed(image, need->bufsz, memsz, false), need->pages);
}

/* What is behind the contents is somebody's own business: neither filled nor in need of memory. */
static void pages_that_are_not_cleared(struct kunit *test)
{
	struct kimage *image = kexec_test_bare_image(test);

	image->nr_segments = 1;
	image->segment[0] = (struct kexec_segment) { .bufsz = BYTES(2) - 1, .memsz = BYTES(5) };
	KUNIT_EXPECT_EQ(test, kimage_filled_pages(image, 0), 5);
	kimage_core(image)->place[0].uncleared = true;
	KUNIT_EXPECT_EQ(test, kimage_contents_pages(image, 0), 2);
	KUNIT_EXPECT_EQ(test, kimage_filled_pages(image, 0), 2);
}

static u64 pages_in_place_of(const struct kimage *image)
{
	unsigned long nr;
	u64 in_place = 0;

	for (nr = 0; nr < 7; nr++)
		in_place |= (u64)kimage_page_in_place(image, 0, nr) << nr;
	return in_place;
}

/* A page with contents is in place where it is in place; one of zeros never is. */
static void pages_in_place(struct kunit *test)
{
	struct kimage *image = kexec_test_bare_image(test);
	struct kimage_place *place = &kimage_core(image)->place[0];
	DECLARE_BITMAP(owned, 6) = {};
	u64 contents;

	image->segment[0] = (struct kexec_segment) { .bufsz = BYTES(3) - 1, .memsz = BYTES(6) };
	image->nr_segments = 1;
	contents = GENMASK_ULL(kimage_contents_pages(image, 0) - 1, 0);
	KUNIT_EXPECT_EQ(test, pages_in_place_of(image), 0);
	place->claimed = 2;
	KUNIT_EXPECT_EQ(test, pages_in_place_of(image), 3);
	place->claimed = 6;
	KUNIT_EXPECT_EQ(test, pages_in_place_of(image), contents);
	place->claimed = 0;
	place->owned = owned;
	place->nr_owned = 1;
	__set_bit(1, owned);
	KUNIT_EXPECT_EQ(test, pages_in_place_of(image), 2);
	KUNIT_EXPECT_EQ(test, kimage_pages_in_place(image, 0), 1);
	place->in_place = true;
	KUNIT_EXPECT_EQ(test, pages_in_place_of(image), contents);
	KUNIT_EXPECT_EQ(test, kimage_pages_in_place(image, 0), kimage_contents_pages(image, 0));
}

static struct kunit_case geometry_cases[] = {
	KUNIT_CASE(destinations_with_inclusive_ends),
	KUNIT_CASE(places_that_are_taken),
	KUNIT_CASE(files_that_were_used),
	KUNIT_CASE_PARAM(pages_that_are_needed, need_gen_params),
	KUNIT_CASE(pages_that_are_not_cleared),
	KUNIT_CASE(pages_in_place),
	{}
};

static struct kunit_suite geometry_suite = {
	.name = "kexec_geometry",
	.test_cases = geometry_cases,
};

kunit_test_suite(geometry_suite);

MODULE_DESCRIPTION("KUnit tests of the geometry of kexec's images");
MODULE_LICENSE("GPL");
