// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: pages of an image
 *
 * Each page of a segment is one of three things:
 *
 * - in place: the image owns the very page it is to run in.  Such a page is
 *   filled where it is and needs no entry.
 * - elsewhere: a source page holds the contents until the relocation code
 *   copies them, as the entry list tells it.
 * - zero, behind the contents: needs no memory until the jump.  All entries for
 *   such pages have the same source, one page of zeros.
 *
 * A segment is in place when all of its contents are in place.
 *
 * The relocation code copies in the list's order and no source page may be
 * overwritten before its turn.  That is so by construction: a page that the
 * page allocator hands out either lies in nobody's destination, then it becomes
 * a source, or it lies in one, then it is filled there.  Nothing is ever
 * looked up or moved, so a page costs the same however many collide.
 *
 * Control pages (relocation code, page tables) and the pages of the list itself
 * are used while destinations are written, so they lie in none of them.  Pages
 * that turn up and are good for nothing are kept until the image is
 * digested, lest the allocator hand them out again.
 *
 * Order of things: bits of owned pages are set while claiming (claim.c) and
 * gathering; then kimage_build_list() writes the list and the bits are final.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/bitmap.h>
#include <linux/dma-map-ops.h>
#include <linux/find.h>
#include <linux/gfp.h>
#include <linux/kexec.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "../kexec_internal.h"
#include "available.h"
#include "image.h"
#include "pages.h"
#include "poison.h"
#include "refuse.h"
#include "region.h"

/* ---- pages, one block at a time ---- */

/**
 * kexec_page_range() - where pages are
 * @page:     the first
 * @nr_pages: how many
 *
 * Context: any.
 * Return: their range, boot-physical.
 */
struct kexec_range kexec_page_range(struct page *page, unsigned long nr_pages)
{
	u64 start = (u64)page_to_boot_pfn(page) << PAGE_SHIFT;

	return (struct kexec_range) { start, start + ((u64)nr_pages << PAGE_SHIFT) };
}

/* For tests, which choose what the allocator hands out. */
VISIBLE_IF_KUNIT struct page *kexec_alloc_block(gfp_t gfp, unsigned int order)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_alloc_block, gfp, order);
	return alloc_pages(gfp, order);
}

/* The allocator keeps a poisoned page when that is given back by itself. */
static void free_singly(struct page *block, unsigned int order)
{
	unsigned int i;

	split_page(block, order);
	for (i = 0; i < 1U << order; i++)
		__free_page(block + i);
}

/* A page may have gone bad while it waited to be handed out. */
static struct page *alloc_sound_block(gfp_t gfp, unsigned int order)
{
	struct kexec_range hit;
	struct page *page;

	while (!fatal_signal_pending(current)) {
		page = kexec_alloc_block(gfp, order);
		if (!page || !kexec_poisoned(kexec_page_range(page, 1UL << order), &hit))
			return page;
		free_singly(page, order);
	}
	return NULL;
}

static struct page *alloc_pages_block(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_sound_block(gfp, order);

	if (!page)
		return NULL;
	set_page_private(page, order);
	arch_kexec_post_alloc_pages(page_address(page), 1 << order, gfp);
	return page;
}

/**
 * kexec_alloc_pages_block() - a block of pages that an image can use
 * @gfp:   as for alloc_pages()
 * @order: 1 << @order pages
 *
 * Fails while others still have what they need: who can use just some may take many.
 *
 * Context: as @gfp says.
 * Return: the first page, with @order as its private, or NULL.
 */
struct page *kexec_alloc_pages_block(gfp_t gfp, unsigned int order)
{
	return kexec_may_take(1UL << order, false) ? alloc_pages_block(gfp, order) : NULL;
}

/**
 * kexec_free_pages_block() - give back what kexec_alloc_pages_block() gave
 * @page: the first page, with the order as its private
 *
 * Context: process.
 */
void kexec_free_pages_block(struct page *page)
{
	unsigned int order = page_private(page);

	set_page_private(page, 0);
	arch_kexec_pre_free_pages(page_address(page), 1 << order);
	__free_pages(page, order);
}

/**
 * kimage_free_page_list() - free the pages on a list
 * @list: blocks linked by their first page, which has the order as its private
 *
 * Context: process.
 */
void kimage_free_page_list(struct list_head *list)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru) {
		list_del(&page->lru);
		kexec_free_pages_block(page);
	}
}

static bool in_destination(struct kimage *image, struct kexec_range range)
{
	return kimage_is_destination_range(image, range.start, range.end - 1);
}

/* ---- pages in place ---- */

/**
 * kimage_own_pages() - note that an image owns pages at their destination
 * @image:    the image; its entry list is not built yet
 * @idx:      segment
 * @first:    first page, counted from the segment's start
 * @nr_pages: how many; contents, and none of them noted before
 *
 * Called for single pages, as many as the segment has: nothing here may look at all
 * of the segment.
 *
 * Context: process.
 * Return: 0, or -ENOMEM; the pages are then still the caller's.
 */
int kimage_own_pages(struct kimage *image, unsigned int idx, unsigned long first,
		     unsigned long nr_pages)
{
	struct kimage_place *place = &kimage_core(image)->place[idx];
	unsigned long pages = kimage_segment_pages(image, idx);

	if (!place->owned) {
		place->owned = kvcalloc(BITS_TO_LONGS(pages), sizeof(long), GFP_KEXEC);
		if (!place->owned)
			return -ENOMEM;
	}
	bitmap_set(place->owned, first, nr_pages);
	place->nr_owned += nr_pages;
	place->in_place = place->nr_owned == kimage_contents_pages(image, idx);
	return 0;
}

/* The segment that is to be relocated to this page, if there is one. */
static int segment_at(const struct kimage *image, struct kexec_range page)
{
	int i;

	for (i = 0; i < image->nr_segments; i++)
		if (!kimage_core(image)->place[i].in_place &&
		    kexec_range_overlaps(page, kexec_segment_range(&image->segment[i])))
			return i;
	return -ENOENT;
}

/*
 * Find a use for a single page that lies in a destination: it is where
 * that is filled, unless the list already says otherwise.
 */
static bool use_at_destination(struct kimage *image, struct page *page)
{
	struct kexec_range range = kexec_page_range(page, 1);
	int idx = segment_at(image, range);
	unsigned long nr;

	if (kimage_core(image)->listed || idx < 0)
		return false;
	nr = (range.start - image->segment[idx].mem) >> PAGE_SHIFT;
	return nr < kimage_contents_pages(image, idx) && !kimage_own_pages(image, idx, nr, 1);
}

static void keep_unusable(struct kimage *image, struct page *page)
{
	if (page_private(page) || !use_at_destination(image, page))
		list_add(&page->lru, &kimage_core(image)->unusable_pages);
}

/* ---- what relocation code reaches; for tests, whose machine reaches all it has ---- */

VISIBLE_IF_KUNIT
u64 kexec_source_limit(void)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_source_limit);
	return KEXEC_SOURCE_MEMORY_LIMIT;
}

/* ---- outside of all destinations ---- */

/**
 * kimage_alloc_outside() - memory that is nobody's destination
 * @image: the image; all of its segments are described
 * @gfp:   where from, and with what effort
 * @order: 1 << @order pages
 * @limit: it ends below this boot-physical address
 *
 * Context: process.
 * Return: the first page, with @order as its private, or NULL.
 */
struct page *kimage_alloc_outside(struct kimage *image, gfp_t gfp, unsigned int order, u64 limit)
{
	struct page *page;

	while (!fatal_signal_pending(current)) {
		struct kexec_range range;

		page = kexec_alloc_pages_block(gfp, order);
		if (!page)
			return NULL;
		range = kexec_page_range(page, 1UL << order);
		if (range.end <= limit && !in_destination(image, range))
			return page;
		keep_unusable(image, page);
		cond_resched();
	}
	return NULL;
}

/* ---- source pages ---- */

static unsigned long pages_to_relocate(const struct kimage *image)
{
	unsigned long i, pages = 0;

	for (i = 0; i < image->nr_segments; i++)
		pages += kimage_contents_pages(image, i) - kimage_pages_in_place(image, i);
	return pages;
}

/*
 * Large blocks when they come without effort; the single page at the end of it
 * may cost reclaim, but never somebody's life to the OOM killer.
 */
static struct page *get_source_block(unsigned int *order)
{
	for (;;) {
		gfp_t effort = *order ? __GFP_NORETRY : __GFP_RETRY_MAYFAIL;
		struct page *block;

		block = alloc_pages_block(GFP_HIGHUSER | __GFP_NOWARN | effort, *order);
		if (block || !*order)
			return block;
		--*order;
	}
}

static bool pages_reachable(struct page *page)
{
	return page_to_boot_pfn(page) <= kexec_source_limit() >> PAGE_SHIFT;
}

/* Returns how many pages fewer are wanted now that this one is there. */
static unsigned int sort_page(struct kimage *image, struct page *page)
{
	struct kimage_core *core = kimage_core(image);

	set_page_private(page, 0);
	if (!in_destination(image, kexec_page_range(page, 1))) {
		bool use = pages_reachable(page);

		list_add_tail(&page->lru, use ? &core->source_pages : &core->unusable_pages);
		return use;
	}
	if (use_at_destination(image, page))
		return 1;
	list_add(&page->lru, &core->unusable_pages);
	return 0;
}

/* Gets so many pages, and takes from @need what these are good for. */
static int gather(struct kimage *image, unsigned long nr_pages, unsigned int *order,
		  unsigned long *need)
{
	unsigned int i;

	while (nr_pages) {
		struct page *block;

		if (fatal_signal_pending(current))
			return kexec_refuse(image, -EINTR, "killed while gathering pages");
		*order = min_t(unsigned int, *order, ilog2(nr_pages));
		block = get_source_block(order);
		if (!block)
			return kexec_refuse(image, -ENOMEM, "no memory for the last %lu KiB",
					    *need << (PAGE_SHIFT - 10));
		split_page(block, *order);
		for (i = 0; i < 1U << *order; i++)
			*need -= min(*need, sort_page(image, block + i));
		nr_pages -= 1UL << *order;
		cond_resched();
	}
	return 0;
}

/**
 * kimage_gather_pages() - get a source page for every page that is not in place
 * @image: the image; what can be claimed has been claimed
 *
 * Context: process.
 * Return: 0; -ENOMEM when there are not enough, -EINTR when the caller is killed.
 */
int kimage_gather_pages(struct kimage *image)
{
	unsigned long need = pages_to_relocate(image);
	unsigned int order = MAX_PAGE_ORDER;
	int ret = kimage_expect_pages(image, need);

	while (need && !ret) {
		unsigned long some = min_t(unsigned long, need, MAX_ORDER_NR_PAGES);

		ret = kimage_expect_pages(image, some) ?: gather(image, some, &order, &need);
	}
	kexec_leave_the_rest();
	return ret;
}

/* ---- giving it all back ---- */

/**
 * kimage_free_run() - give back pages that an image owned at their destination
 * @page:     the first
 * @nr_pages: how many, physically contiguous
 *
 * Context: process.
 */
void kimage_free_run(struct page *page, unsigned long nr_pages)
{
	arch_kexec_pre_free_pages(page_address(page), nr_pages);
	kexec_free_contig(page_to_pfn(page), nr_pages);
}

/**
 * kimage_free_block() - give back memory that was claimed for a whole segment
 * @block: the block, empty afterwards; may be empty
 *
 * Context: process.
 */
void kimage_free_block(struct kimage_block *block)
{
	if (!block->page)
		return;
	if (block->cma) {
		arch_kexec_pre_free_pages(page_address(block->page), block->nr_pages);
		dma_release_from_contiguous(NULL, block->page, block->nr_pages);
	} else {
		kimage_free_run(block->page, block->nr_pages);
	}
	*block = (struct kimage_block) {};
}

static void free_owned(struct kimage *image, unsigned int idx)
{
	unsigned long first, end, pfn = image->segment[idx].mem >> PAGE_SHIFT;
	unsigned long *owned = kimage_core(image)->place[idx].owned;

	for_each_set_bitrange(first, end, owned, kimage_segment_pages(image, idx))
		kimage_free_run(boot_pfn_to_page(pfn + first), end - first);
	kvfree(owned);
}

/**
 * kimage_free_place() - give back what was claimed for a segment
 * @image: the image
 * @idx:   the segment, or one that a loader has dropped
 *
 * Context: process.
 */
void kimage_free_place(struct kimage *image, unsigned int idx)
{
	if (kimage_core(image)->place[idx].owned)
		free_owned(image, idx);
	kimage_free_block(&kimage_core(image)->place[idx].block);
	kimage_core(image)->place[idx] = (struct kimage_place) {};
}
