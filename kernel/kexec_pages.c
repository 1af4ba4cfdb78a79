// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: pages of an image, and the entry list
 *
 * Each page of a segment is one of three things:
 *
 * - at home: the image owns the very page it is to run in.  Such a page is
 *   filled where it is and needs no entry.
 * - elsewhere: a source page holds the contents until the relocation code
 *   copies them, as the entry list tells it.
 * - zero, behind the contents: needs no memory until the jump.  All entries for
 *   such pages have the same source, one page of zeros.
 *
 * A segment is in place when all of its contents are at home.
 *
 * The relocation code copies in the list's order and no source page may be
 * overwritten before its turn.  That is so by construction: a page that the
 * page allocator hands out either lies in nobody's destination, then it becomes
 * a source, or it lies in one, then it is that page's home.  Nothing is ever
 * looked up or moved, so a page costs the same however many collide.
 *
 * Control pages (relocation code, page tables) and the pages of the list itself
 * are used while destinations are written, so they lie in none of them.  Pages
 * that turn up and are good for nothing are held back until the image is
 * sealed, lest the allocator hand them out again.
 *
 * Order of things: home bits are set while claiming (kexec_claim.c) and
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
#include <linux/swap.h>
#include <linux/vmstat.h>
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "kexec_internal.h"

#define ENTRIES_PER_PAGE	(PAGE_SIZE / sizeof(kimage_entry_t))

/* ---- how much there is ---- */

static unsigned long pages_to_be_swapped(void)
{
	unsigned long anon = global_node_page_state(NR_ACTIVE_ANON) +
			     global_node_page_state(NR_INACTIVE_ANON);

	return min_t(unsigned long, anon, max(get_nr_swap_pages(), 0L));
}

/**
 * kexec_pages_to_be_had() - how much memory a load may take
 * @in_cma: from CMA areas as well
 *
 * More than this cannot be had without somebody going short: below the watermarks
 * the next to ask for a page, whoever that is, wakes the OOM killer.  What the system
 * keeps for itself is left twice over, since this is an estimate, and there is more to
 * a load than its contents.
 *
 * Context: any.
 * Return: the number of pages.
 */
unsigned long kexec_pages_to_be_had(bool in_cma)
{
	long spare = si_mem_available() - (long)totalreserve_pages;
	unsigned long pages = max(spare, 0L) + pages_to_be_swapped();
	unsigned long cma = in_cma ? 0 : global_zone_page_state(NR_FREE_CMA_PAGES);

	KUNIT_STATIC_STUB_REDIRECT(kexec_pages_to_be_had, in_cma);
	return pages - min(pages, cma);
}

/**
 * kimage_expect_pages() - refuse an image that is going to need too much memory
 * @image: the image
 * @pages: how much more it is going to need, outside of CMA areas
 *
 * Context: process.
 * Return: 0, or -ENOMEM.
 */
int kimage_expect_pages(struct kimage *image, unsigned long pages)
{
	unsigned long limit = kexec_pages_to_be_had(false);

	if (pages <= limit)
		return 0;
	return kexec_refuse(image, -ENOMEM, "%lu MiB more are needed, at most %lu MiB can be had",
			    DIV_ROUND_UP(pages, SZ_1M / PAGE_SIZE), limit / (SZ_1M / PAGE_SIZE));
}

/* ---- pages, one block at a time ---- */

static struct kexec_range page_range(struct page *page, unsigned long nr_pages)
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

/* Fails while others still have what they need: who can use just some may take many. */
static struct page *get_block(gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (1UL << order > kexec_pages_to_be_had(false))
		return NULL;
	page = kexec_alloc_block(gfp, order);
	if (!page)
		return NULL;
	set_page_private(page, order);
	arch_kexec_post_alloc_pages(page_address(page), 1 << order, gfp);
	return page;
}

static void put_block(struct page *page)
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
		put_block(page);
	}
}

static bool in_destination(struct kimage *image, struct kexec_range range)
{
	return kimage_is_destination_range(image, range.start, range.end - 1);
}

/* ---- pages at home ---- */

static unsigned long segment_pages(const struct kimage *image, unsigned int idx)
{
	return image->segment[idx].memsz >> PAGE_SHIFT;
}

/**
 * kimage_pages_needed() - pages that a segment needs memory of its own for
 * @image: the image
 * @bufsz: bytes of contents
 * @memsz: bytes in all, whole pages
 *
 * What is behind the contents is zero and shares a page.  Not so for a segment
 * without any contents: that is memory which somebody is going to write to.
 *
 * Context: any.
 * Return: their number, at most that of the whole segment.
 */
unsigned long kimage_pages_needed(const struct kimage *image, size_t bufsz, size_t memsz)
{
	if (!kexec_shares_zeros() || image->preserve_context || kimage_is_crash(image) || !bufsz)
		return memsz >> PAGE_SHIFT;
	return PFN_UP(bufsz);
}

/* kimage_contents_pages() - the same for a segment that an image already has */
unsigned long kimage_contents_pages(const struct kimage *image, unsigned int idx)
{
	return kimage_pages_needed(image, image->segment[idx].bufsz, image->segment[idx].memsz);
}

static bool is_home(const struct kimage_place *place, unsigned long nr)
{
	return nr < place->claimed || (place->home && test_bit(nr, place->home));
}

/**
 * kimage_page_in_place() - is a page of a segment filled where it will run?
 * @image: the image, filled
 * @idx:   the segment
 * @nr:    the page, counted from the segment's start
 *
 * For an architecture whose relocation code looks after the caches of what it
 * copies, and of nothing else.
 *
 * Context: any.
 * Return: true when it is.
 */
bool kimage_page_in_place(const struct kimage *image, unsigned long idx, unsigned long nr)
{
	const struct kimage_place *place = &image->place[idx];

	return nr < kimage_contents_pages(image, idx) && (place->in_place || is_home(place, nr));
}

/**
 * kimage_set_home() - note that an image owns pages at their destination
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
int kimage_set_home(struct kimage *image, unsigned int idx, unsigned long first,
		    unsigned long nr_pages)
{
	struct kimage_place *place = &image->place[idx];
	unsigned long pages = segment_pages(image, idx);

	if (!place->home) {
		place->home = kvcalloc(BITS_TO_LONGS(pages), sizeof(long), GFP_KEXEC);
		if (!place->home)
			return -ENOMEM;
	}
	bitmap_set(place->home, first, nr_pages);
	place->nr_home += nr_pages;
	place->in_place = place->nr_home == kimage_contents_pages(image, idx);
	return 0;
}

/* The segment that is to be relocated to this page, if there is one. */
static int segment_at(const struct kimage *image, struct kexec_range page)
{
	int i;

	for (i = 0; i < image->nr_segments; i++)
		if (!image->place[i].in_place &&
		    kexec_range_overlaps(page, kexec_segment_range(&image->segment[i])))
			return i;
	return -ENOENT;
}

/*
 * Find a use for a single page that lies in a destination: it is the home of
 * what goes there, unless the list already says otherwise.
 */
static bool settle_at_home(struct kimage *image, struct page *page)
{
	struct kexec_range range = page_range(page, 1);
	int idx = segment_at(image, range);
	unsigned long nr;

	if (image->listed || idx < 0)
		return false;
	nr = (range.start - image->segment[idx].mem) >> PAGE_SHIFT;
	return nr < kimage_contents_pages(image, idx) && !kimage_set_home(image, idx, nr, 1);
}

static void hold_back(struct kimage *image, struct page *page)
{
	if (page_private(page) || !settle_at_home(image, page))
		list_add(&page->lru, &image->unusable_pages);
}

/* ---- what relocation code reaches; for tests, whose machine reaches all it has ---- */

VISIBLE_IF_KUNIT
u64 kexec_control_limit(void)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_control_limit);
	return KEXEC_CONTROL_MEMORY_LIMIT;
}

VISIBLE_IF_KUNIT
u64 kexec_source_limit(void)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_source_limit);
	return KEXEC_SOURCE_MEMORY_LIMIT;
}

/* ---- control pages ---- */

/* Blocks until one lies below the limit and in nobody's destination. */
static struct page *alloc_aside(struct kimage *image, gfp_t gfp, unsigned int order, u64 limit)
{
	struct page *page;

	while (!fatal_signal_pending(current)) {
		struct kexec_range range;

		page = get_block(gfp, order);
		if (!page)
			return NULL;
		range = page_range(page, 1UL << order);
		if (range.end <= limit && !in_destination(image, range))
			return page;
		hold_back(image, page);
		cond_resched();
	}
	return NULL;
}

/**
 * kimage_alloc_aside() - control pages that are nobody's destination
 * @image: the image, whatever its type
 * @order: as for kimage_alloc_control_pages()
 *
 * Context: process.
 * Return: the first page, or NULL.
 */
struct page *kimage_alloc_aside(struct kimage *image, unsigned int order)
{
	struct page *page = alloc_aside(image, KEXEC_CONTROL_MEMORY_GFP, order,
					kexec_control_limit());

	if (page)
		list_add(&page->lru, &image->control_pages);
	return page;
}

/**
 * kimage_alloc_control_pages() - memory that survives the relocation
 * @image: the image; all of its segments are described
 * @order: 1 << @order pages, aligned to their size
 *
 * Outside every destination and below the architecture's limit; for a crash
 * image, inside the crash region.  Freed with the image.
 *
 * Context: process.
 * Return: the first page, or NULL.
 */
struct page *kimage_alloc_control_pages(struct kimage *image, unsigned int order)
{
	if (kimage_is_crash(image))
		return kimage_alloc_region_pages(image, order);
	return kimage_alloc_aside(image, order);
}

/* ---- source pages ---- */

/**
 * kimage_pages_at_home() - how much of a segment's contents need not be copied
 * @image: the image
 * @idx:   the segment
 *
 * Context: any.
 * Return: pages of its contents that are, or will be, filled in where they run.
 */
unsigned long kimage_pages_at_home(const struct kimage *image, unsigned int idx)
{
	const struct kimage_place *place = &image->place[idx];

	return place->in_place ? kimage_contents_pages(image, idx) : place->nr_home;
}

static unsigned long pages_to_relocate(const struct kimage *image)
{
	unsigned long i, pages = 0;

	for (i = 0; i < image->nr_segments; i++)
		pages += kimage_contents_pages(image, i) - kimage_pages_at_home(image, i);
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
		struct page *block = get_block(GFP_HIGHUSER | __GFP_NOWARN | effort, *order);

		if (block || !*order)
			return block;
		--*order;
	}
}

static bool reachable(struct page *page)
{
	return page_to_boot_pfn(page) <= kexec_source_limit() >> PAGE_SHIFT;
}

/* Returns how many pages fewer are wanted now that this one is there. */
static unsigned int sort_page(struct kimage *image, struct page *page)
{
	set_page_private(page, 0);
	if (!in_destination(image, page_range(page, 1))) {
		bool use = reachable(page);

		list_add_tail(&page->lru, use ? &image->source_pages : &image->unusable_pages);
		return use;
	}
	if (settle_at_home(image, page))
		return 1;
	list_add(&page->lru, &image->unusable_pages);
	return 0;
}

/**
 * kimage_gather_pages() - get a source page for every page that is not at home
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

	if (ret)
		return ret;
	while (need) {
		struct page *block;
		unsigned int i;

		if (fatal_signal_pending(current))
			return kexec_refuse(image, -EINTR, "killed while gathering pages");
		order = min_t(unsigned int, order, ilog2(need));
		block = get_source_block(&order);
		if (!block)
			return kexec_refuse(image, -ENOMEM, "no memory for the last %lu KiB",
					    need << (PAGE_SHIFT - 10));
		split_page(block, order);
		for (i = 0; i < 1U << order; i++)
			need -= min(need, sort_page(image, block + i));
		cond_resched();
	}
	return 0;
}

/* ---- the list ---- */

static kimage_entry_t *add_entry(struct kimage *image, kimage_entry_t entry)
{
	if (image->entry == image->last_entry) {
		struct page *page = alloc_aside(image, GFP_KEXEC, 0, U64_MAX);
		kimage_entry_t *table;

		if (!page)
			return NULL;
		table = page_address(page);
		clear_page(table);
		*image->entry = virt_to_boot_phys(table) | IND_INDIRECTION;
		image->entry = table;
		image->last_entry = table + ENTRIES_PER_PAGE - 1;
	}
	*image->entry = entry;
	return image->entry++;
}

static struct page *take_source(struct kimage *image, unsigned int idx, unsigned long nr)
{
	struct page *page;

	if (nr >= kimage_contents_pages(image, idx))
		return image->zero_page;
	page = list_first_entry_or_null(&image->source_pages, struct page, lru);
	if (page)
		list_del(&page->lru);
	return page;
}

static void give_back_source(struct kimage *image, struct page *page)
{
	if (page != image->zero_page)
		list_add(&page->lru, &image->source_pages);
}

static int list_page(struct kimage *image, unsigned int idx, unsigned long nr)
{
	struct kimage_place *place = &image->place[idx];
	kimage_entry_t *slot;
	struct page *source;

	/* The cursor follows by itself unless the page before needed no entry. */
	if (!nr || is_home(place, nr - 1)) {
		slot = add_entry(image, (image->segment[idx].mem + (nr << PAGE_SHIFT)) |
				 IND_DESTINATION);
		if (!slot)
			return -ENOMEM;
		if (!place->first)
			place->first = slot;
	}

	source = take_source(image, idx, nr);
	if (WARN_ON_ONCE(!source))
		return -ENOMEM;
	if (add_entry(image, page_range(source, 1).start | IND_SOURCE))
		return 0;
	give_back_source(image, source);
	return -ENOMEM;
}

static int list_segment(struct kimage *image, unsigned int idx)
{
	unsigned long nr, pages = segment_pages(image, idx);

	for (nr = image->place[idx].claimed; nr < pages; nr++) {
		int ret;

		if (is_home(&image->place[idx], nr))
			continue;
		ret = list_page(image, idx, nr);
		if (ret)
			return kexec_refuse(image, ret, "no memory for the entry list");
		if (!(nr % ENTRIES_PER_PAGE))
			cond_resched();
	}
	return 0;
}

/* Does relocation code read a first entry, whether there is one or not?  For tests as well. */
VISIBLE_IF_KUNIT
bool kexec_wants_list(void)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_wants_list);
	return !kexec_runs_in_place();
}

/* All happens to be at home, or is empty: a list that copies nothing. */
static int list_nothing(struct kimage *image)
{
	if (add_entry(image, image->segment[0].mem | IND_DESTINATION))
		return 0;
	return kexec_refuse(image, -ENOMEM, "no memory for the entry list");
}

/**
 * kimage_build_list() - write the entry list
 * @image: the image, with a source page for every page that is not at home
 *
 * From here on kimage_segment_page() finds the pages of a segment.
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int kimage_build_list(struct kimage *image)
{
	unsigned int i;
	int ret = 0;

	image->listed = true;
	for (i = 0; i < image->nr_segments && !ret; i++)
		if (!kimage_is_crash(image) || !image->place[i].in_place)
			ret = list_segment(image, i);
	if (!ret && !kimage_is_crash(image) && image->entry == &image->list && kexec_wants_list())
		ret = list_nothing(image);
	return ret;
}

/**
 * kimage_terminate() - end the entry list
 * @image: the image
 *
 * Context: any.
 */
void kimage_terminate(struct kimage *image)
{
	*image->entry = IND_DONE;
}

/**
 * kimage_next_source() - step through the sources of an entry list
 * @cursor: where to go on; moved past the source that is returned
 *
 * Context: any.
 * Return: the page, or NULL at the end of the list.
 */
struct page *kimage_next_source(kimage_entry_t **cursor)
{
	kimage_entry_t entry;

	while ((entry = **cursor) && !(entry & IND_DONE)) {
		if (entry & IND_INDIRECTION) {
			*cursor = boot_phys_to_virt(entry & PAGE_MASK);
			continue;
		}
		++*cursor;
		if (entry & IND_SOURCE)
			return boot_pfn_to_page(entry >> PAGE_SHIFT);
	}
	return NULL;
}

/**
 * kimage_segment_page() - the page that holds a page of a segment's contents
 * @image:  the image, placed
 * @idx:    the segment
 * @nr:     which page of it; called for 0, 1, 2 and so on
 * @cursor: set to NULL before the first call
 *
 * Context: any.
 * Return: the page, or NULL when the segment has no such page.
 */
struct page *kimage_segment_page(struct kimage *image, unsigned int idx, unsigned long nr,
				 kimage_entry_t **cursor)
{
	struct kimage_place *place = &image->place[idx];

	if (nr >= kimage_contents_pages(image, idx))
		return NULL;
	if (kimage_page_in_place(image, idx, nr))
		return boot_pfn_to_page((image->segment[idx].mem >> PAGE_SHIFT) + nr);
	if (!*cursor)
		*cursor = place->first;
	return *cursor ? kimage_next_source(cursor) : NULL;
}

/* ---- spare pages ---- */

static int add_spare(struct list_head *list, unsigned long nr_pages)
{
	while (nr_pages--) {
		struct page *page = get_block(GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL, 0);

		if (!page)
			return -ENOMEM;
		list_add_tail(&page->lru, list);
	}
	return 0;
}

/**
 * kimage_alloc_spare() - have pages ready to rewrite a segment from
 * @image:    a crash image, not yet prepared
 * @nr_pages: the largest part that can be rewritten
 *
 * Whoever executes the armed image while a segment is rewritten copies the new contents
 * himself, by a list as kimage_list_spare() makes it.  He sees no memory but what there
 * was when the architecture got the image ready, so the pages are taken before.
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int kimage_alloc_spare(struct kimage *image, unsigned long nr_pages)
{
	/* One more entry for the destination; the last of a table leads on, or ends. */
	unsigned long tables = DIV_ROUND_UP(nr_pages + 1, ENTRIES_PER_PAGE - 1);
	int ret = add_spare(&image->spare_pages, nr_pages) ?:
		  add_spare(&image->spare_tables, tables);

	if (!ret)
		image->nr_spare = nr_pages;
	return ret;
}

static void fill_spare(struct kimage *image, const void *old, const void *buf, size_t len)
{
	struct page *page = list_first_entry(&image->spare_pages, struct page, lru);
	size_t at, n;

	for (at = 0; at < len; at += PAGE_SIZE) {
		n = min(len - at, PAGE_SIZE);
		memcpy(page_address(page), buf + at, n);
		memcpy(page_address(page) + n, old + at + n, PAGE_SIZE - n);
		page = list_next_entry(page, lru);
	}
}

/**
 * kimage_list_spare() - make an entry list that rewrites a part of a segment
 * @image: the image, with as many spare pages
 * @dest:  the part, whole pages
 * @old:   what is there now
 * @buf:   the new contents
 * @len:   bytes; what is behind them stays
 *
 * Context: process; nobody uses the last such list any more.
 * Return: the list's first entry.
 */
kimage_entry_t kimage_list_spare(struct kimage *image, struct kexec_range dest, const void *old,
				 const void *buf, size_t len)
{
	struct page *table = list_first_entry(&image->spare_tables, struct page, lru);
	struct page *page = list_first_entry(&image->spare_pages, struct page, lru);
	kimage_entry_t *entry = page_address(table), *last = entry + ENTRIES_PER_PAGE - 1;
	kimage_entry_t first = virt_to_boot_phys(entry) | IND_INDIRECTION;
	u64 at;

	fill_spare(image, old, buf, len);
	*entry++ = dest.start | IND_DESTINATION;
	for (at = dest.start; at < dest.end; at += PAGE_SIZE) {
		if (entry == last) {
			table = list_next_entry(table, lru);
			entry = page_address(table);
			*last = virt_to_boot_phys(entry) | IND_INDIRECTION;
			last = entry + ENTRIES_PER_PAGE - 1;
		}
		*entry++ = page_range(page, 1).start | IND_SOURCE;
		page = list_next_entry(page, lru);
	}
	*entry = IND_DONE;
	return first;
}

/* ---- giving it all back ---- */

/**
 * kimage_free_list() - free the entry list and the source pages in it
 * @image: the image, which has no list afterwards
 *
 * Context: process.
 */
void kimage_free_list(struct kimage *image)
{
	kimage_entry_t entry, *ptr = &image->list;
	struct page *table = NULL;

	while ((entry = *ptr) && !(entry & IND_DONE)) {
		struct page *page = boot_pfn_to_page(entry >> PAGE_SHIFT);

		ptr++;
		if (entry & IND_SOURCE && page != image->zero_page)
			put_block(page);
		if (entry & IND_INDIRECTION) {
			if (table)
				put_block(table);
			table = page;
			ptr = page_address(table);
			cond_resched();
		}
	}
	if (table)
		put_block(table);

	image->list = 0;
	image->entry = &image->list;
	image->last_entry = &image->list;
}

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

static void free_home(struct kimage *image, unsigned int idx)
{
	unsigned long first, end, pfn = image->segment[idx].mem >> PAGE_SHIFT;
	unsigned long *home = image->place[idx].home;

	for_each_set_bitrange(first, end, home, segment_pages(image, idx))
		kimage_free_run(boot_pfn_to_page(pfn + first), end - first);
	kvfree(home);
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
	if (image->place[idx].home)
		free_home(image, idx);
	kimage_free_block(&image->place[idx].block);
	image->place[idx] = (struct kimage_place) {};
}

/**
 * kimage_free_pages() - give back every page outside the crash region
 * @image: the image, at any point of its road
 *
 * Context: process.
 */
void kimage_free_pages(struct kimage *image)
{
	unsigned int i;

	kimage_free_list(image);
	for (i = 0; i < KEXEC_SEGMENT_MAX; i++)
		kimage_free_place(image, i);
	kimage_free_files(image);
	kimage_free_page_list(&image->source_pages);
	kimage_free_page_list(&image->unusable_pages);
	kimage_free_page_list(&image->control_pages);
	kimage_free_page_list(&image->spare_pages);
	kimage_free_page_list(&image->spare_tables);
}
