// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of claiming memory where a segment will run
 *
 * Destinations are given memory that was free a moment ago, with pages pinned here
 * and there; what is claimed, what is left, and what comes of it is then known.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pageblock-flags.h>
#include <linux/ptrace.h>
#include <linux/swap.h>
#include <trace/events/kexec.h>

#include "kexec_kunit.h"
#include "../available.h"
#include "../region.h"

#define BLOCK		(4 * pageblock_nr_pages)
/* More than a claim is tried. */
#define MANY		20

/* ---- one segment ---- */

/*
 * A destination that is free is claimed, and the segment in place: nothing is
 * relocated, the contents are there and zeros behind them (O3), and all of it is
 * given back.
 */
static void free_memory_is_claimed(struct kunit *test)
{
	struct kexec_model *model = kexec_model_new(test, 1);
	struct kexec_subject *subject = kexec_subject_counted(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	unsigned long pfn;

	kexec_subject_set_aside(subject, BLOCK);
	kexec_test_dirty_memory();
	pfn = kexec_test_free_block(test, BLOCK);
	kexec_subject_add(subject, BYTES(pfn), BYTES(BLOCK) - 7, BYTES(BLOCK));

	kimage_claim_segment(subject->image, 0);
	KUNIT_EXPECT_TRUE(test, kexec_test_in_place(subject->image, 0));
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), BLOCK);
	KUNIT_EXPECT_FALSE_MSG(test, kexec_test_can_be_had(pfn, BLOCK), "claimed, yet to be had");

	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	KUNIT_EXPECT_EQ(test, subject->image->head, IND_DONE);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
	kexec_subject_give_back(subject);
	KUNIT_EXPECT_TRUE_MSG(test, kexec_test_can_be_had(pfn, BLOCK), "not given back");
}

/*
 * Zeros behind the contents are not claimed, and come to their place by the list; the
 * segment is in place all the same.
 */
static void zeros_are_not_claimed(struct kunit *test)
{
	struct kexec_model *model = kexec_model_new(test, BLOCK);
	struct kexec_subject *subject;
	unsigned long pfn;

	if (!kexec_shares_zeros())
		kunit_skip(test, "this architecture does not share zeros");
	subject = kexec_subject_counted(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	kexec_subject_set_aside(subject, BLOCK);
	kexec_test_dirty_memory();
	pfn = kexec_test_free_block(test, BLOCK);
	kexec_subject_add(subject, BYTES(pfn), BYTES(BLOCK / 4) - 7, BYTES(BLOCK));

	kimage_claim_segment(subject->image, 0);
	KUNIT_EXPECT_TRUE(test, kexec_test_in_place(subject->image, 0));
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), BLOCK / 4);
	KUNIT_EXPECT_EQ(test, kimage_pages_in_place(subject->image, 0), BLOCK / 4);

	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
	KUNIT_EXPECT_EQ(test, model->moved, BLOCK - BLOCK / 4);
	kexec_subject_give_back(subject);
}

/*
 * Pages of a block that somebody holds, counted from its start.  The segment leaves
 * @margin pages at either end to others.
 */
struct obstacles {
	const char *name;
	unsigned int nr;
	unsigned int page[4];
	unsigned int margin;
};

#define BLOCK_PAGE(block, nr)	((block) * pageblock_nr_pages + (nr))

static const struct obstacles obstacles[] = {
	{ "the first page", 1, { 0 } },
	{ "the last page", 1, { BLOCK_PAGE(4, -1) } },
	{ "a page in the middle", 1, { BLOCK_PAGE(1, 77) } },
	{ "a pageblock's first page", 1, { BLOCK_PAGE(2, 0) } },
	{ "a pageblock's last page", 1, { BLOCK_PAGE(2, -1) } },
	{ "two next to each other", 2, { BLOCK_PAGE(3, -1), BLOCK_PAGE(3, 0) } },
	{ "here and there", 4, { 3, 30, BLOCK_PAGE(2, 1), BLOCK_PAGE(2, 100) } },
	{ "a page before the segment", 1, { 8 }, .margin = 9 },
	{ "a page behind the segment", 1, { BLOCK_PAGE(4, -9) }, .margin = 9 },
};

KUNIT_ARRAY_PARAM_DESC(obstacles, obstacles, name);

/*
 * The kernel isolates pageblocks as a whole, so those with a page that nobody can
 * move are lost, and no others.
 */
static unsigned int pages_to_be_had(const struct obstacles *obstacles, unsigned long *to_be_had)
{
	unsigned int i;

	bitmap_fill(to_be_had, BLOCK);
	for (i = 0; i < obstacles->nr; i++)
		bitmap_clear(to_be_had, rounddown(obstacles->page[i], pageblock_nr_pages),
			     pageblock_nr_pages);
	bitmap_shift_right(to_be_had, to_be_had, obstacles->margin, BLOCK);
	return bitmap_weight(to_be_had, BLOCK - 2 * obstacles->margin);
}

/* Tries in which, as far as can be seen, all was to be had that should be. */
static int peaceful_tries;

/*
 * Is memory in use by nobody but the test, which holds some pages, and its image?  Any
 * other page there makes its pageblock one that cannot be had.
 */
static bool is_undisturbed(unsigned long pfn, unsigned int nr_pages, unsigned int held)
{
	unsigned int page, used = 0;

	for (page = 0; page < nr_pages; page++)
		used += !!page_count(pfn_to_page(pfn + page));
	return used == held + kexec_test_owned_pages();
}

/*
 * Has nobody been in the way?  Others may also have had a page during the claim and have
 * given it back by now; it is missing, then, this time but not each time.
 */
static bool is_in_peace(unsigned long pfn, unsigned int nr_pages, unsigned int held,
			unsigned long to_be_had)
{
	if (!is_undisturbed(pfn, nr_pages, held))
		return false;
	peaceful_tries++;
	return kexec_test_owned_pages() >= to_be_had;
}

/* For as long as others get in the way, which they seldom do. */
static void try_in_peace(struct kunit *test, bool (*attempt)(struct kunit *test))
{
	int tries;

	peaceful_tries = 0;
	kexec_test_count_pages(test);
	for (tries = 0; tries < 8; tries++)
		if (attempt(test))
			return;
	KUNIT_ASSERT_EQ_MSG(test, peaceful_tries, 0, "less was claimed than is to be had");
	kunit_skip(test, "memory is in too much use");
}

/*
 * What lies on one has to be moved.  What cannot be claimed for one beside the segment may get
 * the page that it is to be in.
 */
static unsigned int obstacles_within(const struct obstacles *obstacles)
{
	unsigned int i, n = 0;

	for (i = 0; i < obstacles->nr; i++)
		n += obstacles->page[i] >= obstacles->margin &&
		     obstacles->page[i] < BLOCK - obstacles->margin;
	return n;
}

static bool claim_around_obstacles(struct kunit *test)
{
	const struct obstacles *obstacles = test->param_value;
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	unsigned long *to_be_had = kexec_test_alloc(test, BLOCK / 8);
	unsigned int pages = pages_to_be_had(obstacles, to_be_had);
	struct kexec_model *model = kexec_model_new(test, BLOCK);
	const unsigned long *owned;
	unsigned int size = BLOCK - 2 * obstacles->margin;
	unsigned long pfn;

	kexec_subject_set_aside(subject, BLOCK);
	pfn = kexec_test_block_but_for(test, BLOCK, obstacles->page, obstacles->nr);
	kexec_subject_add(subject, BYTES(pfn + obstacles->margin), BYTES(size), BYTES(size));

	kimage_claim_segment(subject->image, 0);
	if (!is_in_peace(pfn, BLOCK, obstacles->nr, pages)) {
		kexec_subject_free(subject);
		return false;
	}
	owned = kexec_test_owned(subject->image, 0);
	KUNIT_EXPECT_FALSE(test, kexec_test_in_place(subject->image, 0));
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), pages);
	KUNIT_EXPECT_TRUE(test, owned && bitmap_equal(owned, to_be_had, size));
	KUNIT_EXPECT_EQ(test, kimage_pages_in_place(subject->image, 0), pages);

	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
	KUNIT_EXPECT_GE(test, model->moved, obstacles_within(obstacles));
	kexec_subject_give_back(subject);
	return true;
}

/*
 * Around pages that cannot be had, all that can is claimed and nothing else; every
 * byte arrives all the same.
 */
static void claims_around_obstacles(struct kunit *test)
{
	try_in_peace(test, claim_around_obstacles);
}

static bool claim_around_many(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	unsigned int i, *held = kexec_test_alloc(test, MANY * sizeof(*held));
	const unsigned int pages = BLOCK_PAGE(2 * MANY, 0);
	unsigned long pfn;
	bool peace;

	for (i = 0; i < MANY; i++)
		held[i] = BLOCK_PAGE(2 * i, 5 * i);
	pfn = kexec_test_block_but_for(test, pages, held, MANY);
	kexec_subject_add(subject, BYTES(pfn), 0, 0);
	subject->image->segment[0].bufsz = BYTES(pages);
	subject->image->segment[0].memsz = BYTES(pages);
	kimage_claim_segment(subject->image, 0);
	peace = is_in_peace(pfn, pages, MANY, pages / 2);
	if (peace)
		KUNIT_EXPECT_EQ(test, kimage_pages_in_place(subject->image, 0), pages / 2);
	kexec_subject_free(subject);
	return peace;
}

/* Obstacles cost what is near them, however many there are. */
static void many_obstacles_are_no_more_than_many(struct kunit *test)
{
	try_in_peace(test, claim_around_many);
}

/* How often something was claimed, or would have been, and as what. */
static unsigned int claims;
static acr_flags_t claimed_as;

static int claim_in_vain(unsigned long start, unsigned long end, acr_flags_t flags, gfp_t gfp)
{
	claims++;
	claimed_as = flags;
	return -EBUSY;
}

static int claim_for_the_record(unsigned long start, unsigned long end, acr_flags_t flags,
				gfp_t gfp)
{
	claims++;
	claimed_as = flags;
	return 0;
}

static int fail_to_own(struct kimage *image, unsigned int idx, unsigned long first,
		       unsigned long nr_pages)
{
	return -ENOMEM;
}

static void free_nothing(struct page *page, unsigned long nr_pages) { }

static void describe_failure(const bool *noted, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, *noted ? "cannot be had" : "cannot be noted");
}

static const bool failures[] = { false, true };

KUNIT_ARRAY_PARAM(failure, failures, describe_failure);

/* Claims that fail, or that cannot be noted, are given up after a few. */
static void failed_claims_are_few(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	unsigned int i, *held = kexec_test_alloc(test, MANY * sizeof(*held));
	const unsigned int pages = BLOCK_PAGE(2 * MANY, 0);

	for (i = 0; i < MANY; i++)
		held[i] = BLOCK_PAGE(2 * i, 5 * i);
	kexec_subject_add(subject, BYTES(kexec_test_block_but_for(test, pages, held, MANY)), 0, 0);
	subject->image->segment[0].bufsz = BYTES(pages);
	subject->image->segment[0].memsz = BYTES(pages);
	kexec_test_stand_in(test, "kimage_own_pages", fail_to_own);
	kexec_test_stand_in(test, "kimage_free_run", free_nothing);
	kexec_test_stand_in(test, "alloc_contig_range_noprof",
			    *(const bool *)test->param_value ? claim_in_vain :
							       claim_for_the_record);
	claims = 0;
	kimage_claim_segment(subject->image, 0);
	KUNIT_EXPECT_LT(test, claims, MANY / 2);
	KUNIT_EXPECT_TRUE(test, claimed_as == ACR_FLAGS_NONE);
}

static bool claim_a_short_run(struct kunit *test)
{
	static const unsigned int held = BLOCK_PAGE(1, 0);
	const unsigned int least = pageblock_nr_pages / 4;
	unsigned long pfn = kexec_test_block_but_for(test, BLOCK_PAGE(2, 0), &held, 1);
	unsigned int nr;

	for (nr = least - 1; nr <= least; nr++) {
		struct kexec_subject *subject =
			kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
		bool peace;

		kexec_subject_add(subject, BYTES(pfn + held - nr), 0, 0);
		subject->image->segment[0].bufsz = BYTES(pageblock_nr_pages);
		subject->image->segment[0].memsz = BYTES(pageblock_nr_pages);
		kimage_claim_segment(subject->image, 0);
		peace = is_in_peace(pfn, BLOCK_PAGE(2, 0), 1, nr < least ? 0 : nr);
		if (peace)
			KUNIT_EXPECT_EQ(test, kimage_pages_in_place(subject->image, 0),
					nr < least ? 0 : nr);
		kexec_subject_free(subject);
		if (!peace)
			return false;
	}
	return true;
}

/* For the rest of a pageblock in front of an obstacle none is isolated if it is short. */
static void short_runs_are_left(struct kunit *test)
{
	try_in_peace(test, claim_a_short_run);
}

/*
 * Of small segments that share a pageblock the first is claimed, and thereby in the
 * others' way.  These are relocated, and arrive as well.
 */
static void neighbours_in_a_pageblock_arrive(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct kexec_model *model = kexec_model_new(test, 16);
	unsigned long pfn;

	kexec_subject_set_aside(subject, 16);
	pfn = kexec_test_free_block(test, pageblock_nr_pages);
	kexec_subject_add(subject, BYTES(pfn + 5), 9, BYTES(3));
	kexec_subject_add(subject, BYTES(pfn + 8), BYTES(2), BYTES(2));
	kimage_claim_segment(subject->image, 0);
	kimage_claim_segment(subject->image, 1);
	KUNIT_EXPECT_TRUE(test, kexec_test_in_place(subject->image, 0));
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
}

/* ---- what the tracepoint tells ---- */

/**
 * struct told - the claims that were told of
 * @nr:       how many
 * @start:    of the last: where
 * @size:     its bytes
 * @err:      how it ended
 * @obstacle: what was in its way
 */
struct told {
	unsigned int nr;
	phys_addr_t start;
	u64 size;
	int err;
	phys_addr_t obstacle;
};

static void note_claim(void *data, phys_addr_t start, u64 size, int err, phys_addr_t obstacle)
{
	struct told *told = data;

	*told = (struct told) { told->nr + 1, start, size, err, obstacle };
}

static void stop_listening(void *data)
{
	unregister_trace_kexec_claim(note_claim, data);
	tracepoint_synchronize_unregister();
}

static struct told *listen(struct kunit *test)
{
	struct told *told = kunit_kzalloc(test, sizeof(*told), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, told);
	if (register_trace_kexec_claim(note_claim, told))
		kunit_skip(test, "claims are told by a tracepoint, which this kernel has not");
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop_listening, told));
	return told;
}

/* Whoever traces learns what was tried, whether it was got, and what was in the way. */
static void claims_are_told(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	const u64 size = BYTES(pageblock_nr_pages);
	struct told *told = listen(test);
	struct kexec_range range;
	struct kexec_hole nowhere = {
		.size = size,
		.align = PAGE_SIZE,
		.within = { SZ_1M, SZ_1M + size - 1 },
	};
	struct kimage_block block;
	unsigned long pfn;

	kexec_subject_set_aside(subject, pageblock_nr_pages);
	pfn = kexec_test_free_block(test, pageblock_nr_pages);
	kexec_subject_add(subject, BYTES(pfn), size, size);
	range = kexec_segment_range(&subject->image->segment[0]);
	kimage_claim_segment(subject->image, 0);
	KUNIT_EXPECT_EQ(test, told->nr, 1);
	KUNIT_EXPECT_EQ(test, told->start, phys_to_boot_phys(BYTES(pfn)));
	KUNIT_EXPECT_EQ(test, told->size, size);
	KUNIT_EXPECT_EQ(test, told->err, 0);
	KUNIT_EXPECT_EQ(test, told->obstacle, 0);

	KUNIT_EXPECT_FALSE(test, kexec_claim_range(range));
	KUNIT_EXPECT_EQ(test, told->nr, 2);
	KUNIT_EXPECT_LT(test, told->err, 0);
	KUNIT_EXPECT_EQ(test, told->obstacle, phys_to_boot_phys(BYTES(pfn)));

	KUNIT_EXPECT_FALSE(test, kimage_claim_hole(subject->image, nowhere, size, false, &block));
	KUNIT_EXPECT_EQ(test, told->nr, 3);
	KUNIT_EXPECT_EQ(test, told->start, 0);
	KUNIT_EXPECT_EQ(test, told->size, size);
	KUNIT_EXPECT_EQ(test, told->err, -EADDRNOTAVAIL);
	kexec_subject_free(subject);
}

/* What one image has claimed no other gets. */
static void nothing_is_claimed_twice(struct kunit *test)
{
	struct kexec_subject *one = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct kexec_subject *other = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct kexec_model *model = kexec_model_new(test, 600);
	unsigned long pfn;

	kexec_subject_set_aside(one, pageblock_nr_pages);
	kexec_subject_set_aside(other, pageblock_nr_pages);
	pfn = kexec_test_free_block(test, pageblock_nr_pages);
	kexec_subject_add(one, BYTES(pfn), 99999, BYTES(pageblock_nr_pages));
	kexec_subject_add(other, BYTES(pfn), 77777, BYTES(pageblock_nr_pages));
	kimage_claim_segment(one->image, 0);
	kimage_claim_segment(other->image, 0);
	KUNIT_EXPECT_TRUE(test, kexec_test_in_place(one->image, 0));
	KUNIT_EXPECT_NULL(test, kexec_test_owned(other->image, 0));
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(one), 0);
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(other), 0);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, one, one->image->head) ?: "");
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, other, other->image->head) ?: "");
}

/* A pageblock of a small ZONE_DMA that anybody else could have, or 0. */
static unsigned long free_dma_block(void)
{
	unsigned long pfn;

	for (pfn = pageblock_nr_pages; pfn < SZ_16M >> PAGE_SHIFT; pfn += pageblock_nr_pages) {
		struct page *page = pfn_to_online_page(pfn);
		struct zone *zone = page ? page_zone(page) : NULL;

		if (zone && kexec_zone_is_dma(zone) && zone_managed_pages(zone) < SZ_16M >> PAGE_SHIFT &&
		    kexec_test_can_be_had(pfn, pageblock_nr_pages))
			return pfn;
	}
	return 0;
}

/* A small ZONE_DMA is left to those who cannot do without. */
static void the_dma_zone_is_left_alone(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	unsigned long pfn = free_dma_block();

	if (!pfn)
		kunit_skip(test, "there is no small ZONE_DMA with a free pageblock");
	kexec_subject_add(subject, BYTES(pfn), 0, BYTES(pageblock_nr_pages));
	kimage_claim_segment(subject->image, 0);
	KUNIT_EXPECT_NULL(test, kexec_test_owned(subject->image, 0));
}

/* Each kind of zone, with a part of memory: of a node that this machine does not have. */
static void zones_by_what_they_are_for(struct kunit *test)
{
	struct pglist_data *node = kexec_test_alloc(test, sizeof(*node));
	unsigned long enough = min(totalram_pages() / 2, SZ_256M >> PAGE_SHIFT);
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &node->node_zones[i];
		bool dma = IS_ENABLED(CONFIG_ZONE_DMA) && !i, gives = i != ZONE_MOVABLE;

		zone->zone_pgdat = node;
		gives = gives && !zone_is_zone_device(zone);
		atomic_long_set(&zone->managed_pages, enough - 1);
		KUNIT_EXPECT_EQ_MSG(test, kexec_zone_may_give(zone), gives && !dma, "zone %d", i);
		atomic_long_set(&zone->managed_pages, enough);
		KUNIT_EXPECT_EQ_MSG(test, kexec_zone_may_give(zone), gives, "zone %d", i);
	}
}

static int say_cma(void)
{
	return MIGRATE_CMA;
}

static void *is_cma_there(const char *name, struct pt_regs *regs, void *data)
{
	const struct kexec_range *pages = data;
	unsigned long pfn = regs_get_kernel_argument(regs, 1);

	return pfn >= pages->start && pfn < pages->end ? say_cma : NULL;
}

/* CMA areas are their owners', be a segment's place given or to be found: none is even tried. */
static void cma_areas_are_left_alone(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct kexec_range *pages = kunit_kzalloc(test, sizeof(*pages), GFP_KERNEL);
	struct kexec_hole want = { .size = BYTES(1), .align = PAGE_SIZE };
	struct kimage_block block;
	bool claimed;

	if (!IS_ENABLED(CONFIG_CMA))
		kunit_skip(test, "this kernel has no CMA areas");
	KUNIT_ASSERT_NOT_NULL(test, pages);
	kexec_subject_set_aside(subject, BLOCK);
	pages->start = kexec_test_free_block(test, BLOCK);
	pages->end = pages->start + BLOCK;
	kexec_subject_add(subject, BYTES(pages->start), 0, BYTES(BLOCK));
	kexec_test_detour(test, "get_pfnblock_migratetype", is_cma_there, pages);
	kexec_test_stand_in(test, "alloc_contig_range_noprof", claim_in_vain);
	claims = 0;
	kimage_claim_segment(subject->image, 0);
	KUNIT_EXPECT_NULL(test, kexec_test_owned(subject->image, 0));
	subject->image->nr_segments = 0;
	want.within = (struct kexec_range) { BYTES(pages->start), BYTES(pages->end) };
	claimed = kimage_claim_hole(subject->image, want, want.size, false, &block);
	KUNIT_EXPECT_FALSE(test, claimed);
	KUNIT_EXPECT_EQ(test, claims, 0);
}

/* Where there is no memory, or where it ends, what cannot be claimed is not. */
static void nothing_is_claimed_from_nowhere(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);

	kexec_test_count_pages(test);
	kexec_subject_add(subject, kexec_test_nowhere(), 0, BYTES(700));
	kexec_subject_add(subject, PFN_PHYS(max_pfn), 0, BYTES(700));
	kexec_subject_add(subject, kexec_test_nowhere(), 0, 0);
	kimage_claim_segment(subject->image, 0);
	kimage_claim_segment(subject->image, 1);
	kimage_claim_segment(subject->image, 2);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 0);
}

/* A caller that is being killed claims nothing more. */
static void a_killed_caller_claims_nothing(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct kexec_hole want = {
		.within = { SZ_16M, PFN_PHYS(max_pfn) },
		.size = PAGE_SIZE,
		.align = PAGE_SIZE,
	};
	struct kimage_block block;
	unsigned long pfn;
	bool claimed;

	kexec_subject_set_aside(subject, BLOCK);
	pfn = kexec_test_free_block(test, BLOCK);
	kexec_subject_add(subject, BYTES(pfn), 0, BYTES(BLOCK));
	kexec_test_kill();
	kimage_claim_segment(subject->image, 0);
	claimed = kimage_claim_hole(subject->image, want, want.size, false, &block);
	kexec_test_revive();
	KUNIT_EXPECT_NULL(test, kexec_test_owned(subject->image, 0));
	KUNIT_EXPECT_FALSE(test, claimed);
}

/* ---- a hole that is claimed ---- */

static struct kexec_hole random_wish(struct rnd_state *chance)
{
	u64 start, size;

	size = BYTES(1 + kexec_test_below(chance, 1 << kexec_test_below(chance, 11)));
	start = BYTES(kexec_test_below(chance, max_pfn));
	return (struct kexec_hole) {
		.within = { start, start + size + BYTES(kexec_test_below(chance, max_pfn)) },
		.size = size,
		.align = PAGE_SIZE << kexec_test_below(chance, 11),
		.top_down = kexec_test_below(chance, 2),
	};
}

static void check_claimed(struct kunit *test, struct kimage *image, struct kexec_hole want,
			  u64 size, struct kimage_block block)
{
	struct kexec_range range, hit;
	unsigned long i;

	range.start = (u64)page_to_boot_pfn(block.page) << PAGE_SHIFT;
	range.end = range.start + want.size;
	KUNIT_EXPECT_EQ(test, BYTES(block.nr_pages), size);
	KUNIT_EXPECT_TRUE(test, kexec_range_contains(want.within, range));
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(range.start, want.align));
	KUNIT_EXPECT_FALSE(test, kimage_in_the_way(image, range, &hit));
	for (i = 0; i < block.nr_pages; i++) {
		struct zone *zone = page_zone(block.page + i);

		KUNIT_ASSERT_EQ(test, page_count(block.page + i), 1);
		KUNIT_ASSERT_PTR_EQ(test, zone, page_zone(block.page));
		KUNIT_ASSERT_NE(test, zone_idx(zone), ZONE_MOVABLE);
	}
}

/*
 * What is claimed lies within the limits (O5), is aligned, in nobody's way, of one
 * zone, and goes back with the block.  Where but the start of a hole is claimed, the
 * limits hold for all of it.
 */
static void claimed_holes_keep_to_the_limits(struct kunit *test)
{
	struct rnd_state *chance = kexec_test_chance(test);
	struct kexec_subject *subject = kexec_subject_counted(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	unsigned int round, claimed = 0;

	/* Most of memory is taken by segments, for the sake of the argument. */
	for (round = 0; round < 8; round++)
		kexec_subject_add(subject, SZ_16M + round * SZ_64M, 0, 0);
	for (round = 0; round < 8; round++)
		subject->image->segment[round].memsz = SZ_32M;

	for (round = 0; round < 24; round++) {
		struct kexec_hole want = random_wish(chance);
		u64 size = BYTES(1 + kexec_test_below(chance, want.size >> PAGE_SHIFT));
		struct kimage_block block = {};

		if (!kimage_claim_hole(subject->image, want, size, false, &block))
			continue;
		claimed++;
		KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), block.nr_pages);
		check_claimed(test, subject->image, want, size, block);
		kimage_free_block(&block);
		KUNIT_EXPECT_NULL(test, block.page);
		KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 0);
	}
	KUNIT_EXPECT_GT_MSG(test, claimed, 3, "hardly anything was claimed");
}

/*
 * In memory with but one hole that is large enough, that hole is claimed, from
 * either end; and a page more than it has is not.
 */
static void the_only_hole_is_claimed(struct kunit *test)
{
	static const unsigned int held[] = {
		BLOCK_PAGE(0, 70), BLOCK_PAGE(2, -1), BLOCK_PAGE(3, 0), BLOCK_PAGE(3, 300),
	};
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct kexec_hole want = { .size = BYTES(pageblock_nr_pages), .align = PAGE_SIZE };
	unsigned long pfn = kexec_test_block_but_for(test, BLOCK, held, ARRAY_SIZE(held));
	struct kimage_block block;

	want.within = (struct kexec_range) { BYTES(pfn), BYTES(pfn + BLOCK) };
	do {
		KUNIT_ASSERT_TRUE(test, kimage_claim_hole(subject->image, want, want.size, false,
							  &block));
		KUNIT_EXPECT_EQ(test, page_to_pfn(block.page), pfn + BLOCK_PAGE(2, 0));
		kimage_free_block(&block);
		want.top_down = !want.top_down;
	} while (want.top_down);
	want.size += PAGE_SIZE;
	KUNIT_EXPECT_FALSE(test, kimage_claim_hole(subject->image, want, want.size, false,
						   &block));
}

/*
 * A page beside a hole that nobody can move, in the pageblock that would have to be
 * isolated, is seen by looking; tries are for what cannot be seen.
 */
static void a_spoiled_pageblock_costs_no_try(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct kexec_hole want = { .size = PAGE_SIZE, .align = PAGE_SIZE };
	struct kimage_block block;
	unsigned int i, *held = kexec_test_alloc(test, MANY * sizeof(*held));
	unsigned long pfn;

	for (i = 0; i < MANY; i++)
		held[i] = BLOCK_PAGE(i, 17);
	pfn = kexec_test_block_but_for(test, BLOCK_PAGE(i + 1, 0), held, i);
	want.within = (struct kexec_range) { BYTES(pfn), BYTES(pfn + BLOCK_PAGE(i + 1, 0)) };
	KUNIT_ASSERT_TRUE(test, kimage_claim_hole(subject->image, want, want.size, false, &block));
	KUNIT_EXPECT_EQ(test, page_to_pfn(block.page), pfn + BLOCK_PAGE(i, 0));
	kimage_free_block(&block);
}

/* ---- pages that somebody reads or writes ---- */

struct transit {
	const char *name;
	unsigned long flags;
	bool seen;
};

static const struct transit transits[] = {
	{ "being read", BIT(PG_locked), true },
	{ "being written", BIT(PG_writeback) | BIT(PG_uptodate), true },
	{ "just locked", BIT(PG_locked) | BIT(PG_uptodate), false },
};

KUNIT_ARRAY_PARAM_DESC(transit, transits, name);

static void end_transit(void *page)
{
	set_mask_bits(&((struct page *)page)->flags.f, BIT(PG_locked) | BIT(PG_writeback) |
		      BIT(PG_uptodate), 0);
}

/* Asked by itself, since a page of the kernel's own may come to lie in the same pageblock. */
static void transit_is_told_by_flags(struct kunit *test)
{
	const struct transit *transit = test->param_value;
	struct page page = { .flags.f = transit->flags };

	KUNIT_EXPECT_EQ(test, kexec_page_is_in_transit(&page), transit->seen);
}

/* Makes a page look as if it could be moved, if it were not for its flags. */
static void begin_transit(struct kunit *test, struct page *page, unsigned long flags)
{
	set_mask_bits(&page->flags.f, 0, flags);
	folio_add_lru(page_folio(page));
	lru_add_drain_all();
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, end_transit, page));
	KUNIT_ASSERT_TRUE(test, PageLRU(page));
}

/*
 * Nobody is waited for: what is being read or written costs its pageblock, like any
 * page that cannot be moved, and what turns out to be locked but a claim that fails.
 */
static void nobody_is_waited_for(struct kunit *test)
{
	static const unsigned int held = BLOCK_PAGE(1, 77);
	const struct transit *transit = test->param_value;
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	unsigned long pfn = kexec_test_block_but_for(test, BLOCK, &held, 1);

	begin_transit(test, pfn_to_page(pfn + held), transit->flags);
	kexec_subject_add(subject, BYTES(pfn), 0, 0);
	subject->image->segment[0].bufsz = BYTES(BLOCK);
	subject->image->segment[0].memsz = BYTES(BLOCK);
	kimage_claim_segment(subject->image, 0);
	KUNIT_EXPECT_FALSE(test, kexec_test_in_place(subject->image, 0));
	if (transit->seen)
		KUNIT_EXPECT_EQ(test, kimage_pages_in_place(subject->image, 0),
				BLOCK - pageblock_nr_pages);
}

/* The same where there is a choice: another place is claimed. */
static void a_page_in_transit_is_gone_around(struct kunit *test)
{
	static const unsigned int held = BLOCK_PAGE(0, 9);
	const struct transit *transit = test->param_value;
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct kexec_hole want = { .size = BYTES(pageblock_nr_pages), .align = PAGE_SIZE };
	unsigned long pfn = kexec_test_block_but_for(test, BLOCK_PAGE(2, 0), &held, 1);
	struct kimage_block block;

	begin_transit(test, pfn_to_page(pfn + held), transit->flags);
	want.within = (struct kexec_range) { BYTES(pfn), BYTES(pfn + BLOCK_PAGE(2, 0)) };
	KUNIT_ASSERT_TRUE(test, kimage_claim_hole(subject->image, want, want.size, false, &block));
	KUNIT_EXPECT_EQ(test, page_to_pfn(block.page), pfn + BLOCK_PAGE(1, 0));
	kimage_free_block(&block);
}

/* ---- memory that others need ---- */

static unsigned long few_pages;

static unsigned long few_pages_on(int nid)
{
	return few_pages;
}

static void limit_node(struct kunit *test, unsigned long nr_pages)
{
	few_pages = nr_pages;
	kunit_activate_static_stub(test, kexec_node_pages_to_be_had, few_pages_on);
}

static unsigned long more_than_is_free(int nid)
{
	return 2 * totalram_pages();
}

/* A count that lags behind another is no memory. */
static void counters_may_be_out_of_step(struct kunit *test)
{
	int nid = first_memory_node;

	kunit_activate_static_stub(test, kexec_free_cma, more_than_is_free);
	KUNIT_EXPECT_LE(test, kexec_pages_of_node(nid), node_present_pages(nid));
}

static const struct {
	long spare;
	unsigned long swapped, cma, left;
} sums[] = {
	{ 100, 0, 0, 100 }, { 100, 7, 0, 107 }, { 100, 7, 30, 77 }, { 100, 7, 107, 0 },
	{ 100, 7, 108, 0 }, { 0, 7, 3, 4 }, { -1, 7, 0, 7 }, { -100, 7, 3, 4 }, { -1, 0, 1, 0 },
};

/* What others have too little of is no debt, and what is in CMA areas only some can use. */
static void what_is_left_is_never_less_than_nothing(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(sums); i++)
		KUNIT_EXPECT_EQ_MSG(test, sums[i].left,
				    kexec_pages_left(sums[i].spare, sums[i].swapped, sums[i].cma),
				    "row %d", i);
	KUNIT_EXPECT_GT(test, kexec_pages_to_be_had(false), 0);
	kunit_activate_static_stub(test, kexec_free_cma, more_than_is_free);
	KUNIT_EXPECT_EQ(test, kexec_pages_to_be_had(false), 0);
	KUNIT_EXPECT_GT(test, kexec_pages_to_be_had(true), 0);
}

static bool may_take(unsigned long nr_pages)
{
	return kexec_may_take(nr_pages, false);
}

static bool may_take_of_node(unsigned long nr_pages)
{
	return kexec_may_take_of_node(first_memory_node, nr_pages);
}

/* An image that needs just what can be had is not refused. */
static void what_can_be_had_is_enough(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct kimage *image = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER)->image;
	const unsigned long pages = 3 * SZ_1M / PAGE_SIZE + 1;

	kexec_test_limit_memory(test, pages);
	KUNIT_EXPECT_EQ(test, kimage_expect_pages(image, pages), 0);
	KUNIT_EXPECT_EQ(test, kimage_expect_pages(image, pages + 1), -ENOMEM);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, "4 MiB more are needed, at most 3 MiB"),
				  "%s", last->why);
}

static const struct others {
	const char *name;
	void (*limit)(struct kunit *test, unsigned long nr_pages);
	bool (*may_take)(unsigned long nr_pages);
} others[] = {
	{ "memory", kexec_test_limit_memory, may_take },
	{ "a node", limit_node, may_take_of_node },
};

KUNIT_ARRAY_PARAM_DESC(others, others, name);

static unsigned int times_given_back;

/* CPUs had seven pages at hand. */
static void give_back_seven(void)
{
	struct kunit *test = kunit_get_current_test();
	const struct others *others = test->param_value;

	times_given_back++;
	others->limit(test, 107);
}

/* What CPUs keep at hand is nobody else's, until they give it back: to who needs it. */
static void what_is_at_hand_is_given_back(struct kunit *test)
{
	const struct others *others = test->param_value;

	times_given_back = 0;
	kunit_activate_static_stub(test, kexec_give_back_at_hand, give_back_seven);
	others->limit(test, 100);
	KUNIT_EXPECT_TRUE(test, others->may_take(100));
	KUNIT_EXPECT_EQ(test, times_given_back, 0);
	KUNIT_EXPECT_TRUE(test, others->may_take(107));
	KUNIT_EXPECT_EQ(test, times_given_back, 1);
	KUNIT_EXPECT_FALSE(test, others->may_take(108));
	KUNIT_EXPECT_EQ(test, times_given_back, 2);
}

static void give_nothing_back(void)
{
	times_given_back++;
}

/* Only where others go short is it worth the trouble. */
static void the_rest_is_for_others(struct kunit *test)
{
	times_given_back = 0;
	kunit_activate_static_stub(test, kexec_give_back_at_hand, give_nothing_back);
	kexec_test_limit_memory(test, 1);
	kexec_leave_the_rest();
	KUNIT_EXPECT_EQ(test, times_given_back, 0);
	kexec_test_limit_memory(test, 0);
	kexec_leave_the_rest();
	KUNIT_EXPECT_EQ(test, times_given_back, 1);
}

static void drain(struct zone *zone)
{
	if (!zone)
		times_given_back++;
}

/* Of all zones: which of them somebody else asks next is not known. */
static void what_is_given_back_is_not_at_hand(struct kunit *test)
{
	times_given_back = 0;
	kexec_test_stand_in(test, "drain_all_pages", drain);
	kexec_give_back_at_hand();
	KUNIT_EXPECT_EQ(test, times_given_back, 1);
}

/*
 * Isolated pages are had however little is left, so who claims looks before; at the
 * node as well, which others may be bound to.
 */
static void what_others_need_is_not_claimed(struct kunit *test)
{
	const struct others *others = test->param_value;
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	struct kexec_hole want = { .size = BYTES(pageblock_nr_pages), .align = PAGE_SIZE };
	unsigned long pfn = kexec_test_free_block(test, BLOCK);
	struct kimage_block block;

	kexec_subject_add(subject, BYTES(pfn), 0, 0);
	subject->image->segment[0].bufsz = BYTES(pageblock_nr_pages);
	subject->image->segment[0].memsz = BYTES(pageblock_nr_pages);
	want.within = (struct kexec_range) { BYTES(pfn + BLOCK_PAGE(1, 0)), BYTES(pfn + BLOCK) };

	others->limit(test, pageblock_nr_pages - 1);
	kimage_claim_segment(subject->image, 0);
	KUNIT_EXPECT_NULL(test, kexec_test_owned(subject->image, 0));
	KUNIT_EXPECT_FALSE(test, kimage_claim_hole(subject->image, want, want.size, false,
						   &block));

	others->limit(test, pageblock_nr_pages);
	kimage_claim_segment(subject->image, 0);
	KUNIT_EXPECT_TRUE(test, kexec_test_in_place(subject->image, 0));
	KUNIT_ASSERT_TRUE(test, kimage_claim_hole(subject->image, want, want.size, false, &block));
	kimage_free_block(&block);
}

/* A node with too little is gone around as a whole, not a pageblock at a time. */
static void a_short_node_is_one_obstacle(struct kunit *test)
{
	unsigned long pfn = kexec_test_free_block(test, BLOCK);
	struct kexec_range block = { BYTES(pfn), BYTES(pfn + BLOCK) }, hit;

	KUNIT_EXPECT_FALSE(test, kexec_claim_obstacle(block, &hit));
	limit_node(test, BLOCK - 1);
	KUNIT_ASSERT_TRUE(test, kexec_claim_obstacle(block, &hit));
	KUNIT_EXPECT_TRUE(test, kexec_range_contains(hit, block));
	KUNIT_EXPECT_EQ(test, kexec_range_size(hit),
			PFN_PHYS(page_pgdat(pfn_to_page(pfn))->node_spanned_pages));
}

/* ---- all of the road ---- */

struct road {
	const char *name;
	bool scattered, preserve_context, in_place;
};

static const struct road roads[] = {
	{ "as a rule", .in_place = true },
	{ "NO_CMA", .scattered = true },
	{ "PRESERVE_CONTEXT", .preserve_context = true },
};

KUNIT_ARRAY_PARAM_DESC(road, roads, name);

/*
 * A built image is in place unless the caller wants it elsewhere or back; its
 * contents arrive, and nothing the jump needs is overwritten.
 */
static void images_are_built_in_place(struct kunit *test)
{
	const struct road *road = test->param_value;
	struct kexec_model *model = kexec_model_new(test, 4 * BLOCK);
	struct kexec_subject *subject = kexec_subject_counted(test, KEXEC_TYPE_DEFAULT, BY_USER);
	struct kimage *image;
	unsigned long pfn, control;

	image = subject->image;
	kexec_test_scatter(image, road->scattered);
	image->preserve_context = road->preserve_context;
	kexec_subject_set_aside(subject, 2 * BLOCK);
	kexec_test_dirty_memory();
	pfn = kexec_test_free_block(test, BLOCK);
	kexec_subject_add(subject, BYTES(pfn), 5, BYTES(1));
	kexec_subject_add(subject, BYTES(pfn + pageblock_nr_pages), BYTES(1800) - 9, BYTES(1800));
	image->start = BYTES(pfn);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);

	KUNIT_EXPECT_EQ(test, kexec_test_in_place(image, 0), road->in_place);
	KUNIT_EXPECT_EQ(test, kexec_test_in_place(image, 1), road->in_place);
	if (road->in_place)
		KUNIT_EXPECT_EQ(test, image->head, IND_DONE);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, image->head) ?: "");
	KUNIT_ASSERT_NOT_NULL(test, image->control_code_page);
	KUNIT_ASSERT_NOT_NULL(test, image->swap_page);
	control = page_to_pfn(image->control_code_page);
	KUNIT_EXPECT_FALSE(test, kimage_is_destination_range(image, BYTES(control),
							     BYTES(control) +
							     KEXEC_CONTROL_PAGE_SIZE - 1));
	KUNIT_EXPECT_TRUE(test, list_empty(kexec_test_sources(image)));
	KUNIT_EXPECT_TRUE(test, list_empty(kexec_test_unusable(image)));
	kexec_subject_give_back(subject);
}

/* Nothing is written behind a segment's end, whatever the pieces that it is filled in. */
static void what_is_behind_a_segment_stays(struct kunit *test)
{
	static const unsigned int held = BLOCK_PAGE(2, 0);
	const unsigned int pages = (KEXEC_WINDOW >> PAGE_SHIFT) + 1;
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_USER);
	unsigned long pfn;
	u8 *behind;

	kexec_subject_set_aside(subject, pages);
	pfn = kexec_test_block_but_for(test, BLOCK, &held, 1);
	behind = page_address(pfn_to_page(pfn + held));
	memset(behind, 0xa5, PAGE_SIZE);
	subject->image->start = BYTES(pfn + held - pages);
	kexec_subject_add(subject, subject->image->start, BYTES(pages) - 9, BYTES(pages));
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	KUNIT_EXPECT_TRUE(test, kexec_test_in_place(subject->image, 0));
	KUNIT_EXPECT_NULL(test, memchr_inv(behind, 0xa5, PAGE_SIZE));
	kexec_subject_give_back(subject);
}

static struct kunit_case claim_cases[] = {
	KUNIT_CASE(free_memory_is_claimed),
	KUNIT_CASE(zeros_are_not_claimed),
	KUNIT_CASE_PARAM(claims_around_obstacles, obstacles_gen_params),
	KUNIT_CASE(many_obstacles_are_no_more_than_many),
	KUNIT_CASE_PARAM(failed_claims_are_few, failure_gen_params),
	KUNIT_CASE(short_runs_are_left),
	KUNIT_CASE(neighbours_in_a_pageblock_arrive),
	KUNIT_CASE(claims_are_told),
	KUNIT_CASE(nothing_is_claimed_twice),
	KUNIT_CASE(the_dma_zone_is_left_alone),
	KUNIT_CASE(zones_by_what_they_are_for),
	KUNIT_CASE(cma_areas_are_left_alone),
	KUNIT_CASE(nothing_is_claimed_from_nowhere),
	KUNIT_CASE(a_killed_caller_claims_nothing),
	KUNIT_CASE_PARAM(claimed_holes_keep_to_the_limits, kexec_test_seeds),
	KUNIT_CASE(the_only_hole_is_claimed),
	KUNIT_CASE(a_spoiled_pageblock_costs_no_try),
	KUNIT_CASE_PARAM(transit_is_told_by_flags, transit_gen_params),
	KUNIT_CASE_PARAM(nobody_is_waited_for, transit_gen_params),
	KUNIT_CASE_PARAM(a_page_in_transit_is_gone_around, transit_gen_params),
	KUNIT_CASE(counters_may_be_out_of_step),
	KUNIT_CASE(what_is_left_is_never_less_than_nothing),
	KUNIT_CASE_PARAM(what_is_at_hand_is_given_back, others_gen_params),
	KUNIT_CASE(the_rest_is_for_others),
	KUNIT_CASE(what_is_given_back_is_not_at_hand),
	KUNIT_CASE(what_can_be_had_is_enough),
	KUNIT_CASE_PARAM(what_others_need_is_not_claimed, others_gen_params),
	KUNIT_CASE(a_short_node_is_one_obstacle),
	KUNIT_CASE(what_is_behind_a_segment_stays),
	KUNIT_CASE_PARAM(images_are_built_in_place, road_gen_params),
	{}
};

static struct kunit_suite claim_suite = {
	.name = "kexec_claim",
	.test_cases = claim_cases,
};

kunit_test_suite(claim_suite);

MODULE_DESCRIPTION("KUnit tests of claiming memory for kexec images");
MODULE_LICENSE("GPL");
