// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: claiming memory where a segment will run
 *
 * Memory that the buddy allocator manages can be claimed by address: what is
 * free is taken, what is movable is moved away.  A segment whose destination is
 * claimed is filled there, and nothing of it is copied at the jump.
 *
 * Left alone are: a small ZONE_DMA, whose memory others cannot do without;
 * ZONE_MOVABLE, which must stay removable; CMA areas, whose owner would find them full (the
 * handover scratch area, a CMA area with no other owner, is asked for by name).
 *
 * Effort is bounded.  Pages that cannot be moved are found by looking before
 * anything is isolated; a claim that fails all the same is tried elsewhere a few
 * times, and then the caller does without.
 *
 * Nobody is waited for.  A folio may be locked for as long as a server on the other
 * side of a network, or a dead process, takes to answer; such folios are in the way
 * like any other that cannot be moved, and what turns out locked later makes the
 * claim fail.
 *
 * Nobody goes short.  Isolated pages are taken from below the watermarks as well,
 * so what is left for others is looked at before, on each node of its own; a node that
 * has not enough to spare is in the way as a whole.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/cma.h>
#include <linux/dma-map-ops.h>
#include <linux/gfp.h>
#include <linux/kexec.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/pageblock-flags.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <trace/events/kexec.h>
#include <kunit/visibility.h>

#include "arch.h"
#include "available.h"
#include "image.h"
#include "pages.h"
#include "poison.h"

#define CLAIM_TRIES	8

/* As much as that nobody keeps for a few old devices. */
#define SMALL_ZONE	(SZ_256M >> PAGE_SHIFT)

/* Pages of a segment claimed at a time: what a page costs that turns out to be pinned. */
#define CLAIM_PIECE	(64 * pageblock_nr_pages)

/* What is claimed at the start of a hole; pages of one zone, all CMA or none. */
struct claim {
	struct kimage *image;
	u64 size;
	bool scratch;
};

/* Where ZONE_DMA is most of memory, or all that 32 bits reach, it is nothing special. */
static bool zone_is_precious(const struct zone *zone)
{
	return kexec_zone_is_dma(zone) &&
	       zone_managed_pages(zone) < min(totalram_pages() / 2, SMALL_ZONE);
}

VISIBLE_IF_KUNIT
bool kexec_zone_may_give(const struct zone *zone)
{
	return !zone_is_precious(zone) && zone_idx(zone) != ZONE_MOVABLE &&
	       !zone_is_zone_device(zone);
}

static bool is_cma(struct page *page)
{
	return is_migrate_cma(get_pageblock_migratetype(page));
}

/*
 * Is this a page that is being read or written, which ends nobody knows when?  Flags
 * are looked at without a reference, so the answer may be out of date.
 */
VISIBLE_IF_KUNIT
bool kexec_page_is_in_transit(const struct page *page)
{
	unsigned long flags = READ_ONCE(page->flags.f);

	return flags & BIT(PG_writeback) ||
	       (flags & BIT(PG_locked) && !(flags & BIT(PG_uptodate)));
}

/* Can this page be had together with @first?  Sets how many pages that goes for. */
static bool page_can_be_had(struct page *first, struct page *page, bool scratch,
			    unsigned long *nr_pages)
{
	struct zone *zone = page_zone(page);

	*nr_pages = 1;
	if (zone != page_zone(first) || !kexec_zone_may_give(zone))
		return false;
	if (PageHighMem(page) || PageHuge(page))
		return false;
	/* A section may reach beyond the end of memory, and of its zone. */
	if (!zone_spans_pfn(zone, page_to_pfn(page)))
		return false;
	return is_cma(page) == scratch && !kexec_page_is_in_transit(page) &&
	       !page_is_unmovable(zone, page, PB_ISOLATE_MODE_OTHER, nr_pages);
}

/*
 * How many pages are had together or not at all.  Isolating looks at the whole of a
 * pageblock even where little of it is wanted, but takes all of CMA for movable.
 */
static unsigned long claim_unit(bool scratch)
{
	return scratch ? 1 : pageblock_nr_pages;
}

/*
 * Moves @pfn over what can be had together with @first, to @end or somewhat beyond;
 * false at a page that cannot.  Free pages change their size but under the zone's lock.
 */
static bool skip_movable(struct page *first, unsigned long *pfn, unsigned long end, bool scratch)
{
	unsigned long nr_pages;

	guard(spinlock_irqsave)(&page_zone(first)->lock);
	for (; *pfn < end; *pfn += nr_pages) {
		struct page *page = pfn_to_online_page(*pfn);

		if (!page || !page_can_be_had(first, page, scratch, &nr_pages))
			return false;
	}
	return true;
}

static bool has_poison(unsigned long pfn, unsigned long end)
{
	struct kexec_range hit, range = {
		phys_to_boot_phys(PFN_PHYS(pfn)), phys_to_boot_phys(PFN_PHYS(end))
	};

	return kexec_poisoned(range, &hit);
}

/* First unit that [pfn, end) reaches into and that cannot be had, or what is behind @end. */
static unsigned long first_obstacle(unsigned long pfn, unsigned long end, bool scratch)
{
	unsigned long unit = claim_unit(scratch);
	struct page *first;

	pfn = ALIGN_DOWN(pfn, unit);
	end = ALIGN(end, unit);
	first = pfn_to_online_page(pfn);
	while (pfn < end) {
		unsigned long stop = min(end, pageblock_end_pfn(pfn));

		if (!first || has_poison(pfn, stop) || !skip_movable(first, &pfn, stop, scratch))
			return ALIGN_DOWN(pfn, unit);
		cond_resched();
	}
	return end;
}

static u64 pfn_to_boot_phys(unsigned long pfn)
{
	return phys_to_boot_phys(PFN_PHYS(pfn));
}

static struct kexec_range frames(unsigned long pfn, unsigned long nr_pages)
{
	u64 start = pfn_to_boot_phys(pfn);

	return (struct kexec_range) { start, start + PFN_PHYS(nr_pages) };
}

static bool node_is_short(unsigned long pfn, unsigned long nr_pages)
{
	return !kexec_may_take_of_node(page_to_nid(pfn_to_page(pfn)), nr_pages);
}

/* What of [pfn, end) cannot be claimed: a unit of it, or the node that it is on. */
static bool claim_obstacle(unsigned long pfn, unsigned long end, bool scratch,
			   struct kexec_range *hit)
{
	unsigned long obstacle = first_obstacle(pfn, end, scratch);
	struct pglist_data *node;

	if (obstacle < end) {
		*hit = frames(obstacle, claim_unit(scratch));
		return true;
	}
	if (scratch || !node_is_short(pfn, end - pfn))
		return false;
	node = page_pgdat(pfn_to_page(pfn));
	*hit = frames(node->node_start_pfn, node->node_spanned_pages);
	return true;
}

static bool claim_conflict(void *ctx, struct kexec_range candidate, struct kexec_range *hit)
{
	struct claim *claim = ctx;
	unsigned long pfn;

	if (kimage_in_the_way(claim->image, candidate, hit))
		return true;
	if (kimage_excluded(claim->image, candidate, hit) || kexec_poisoned(candidate, hit))
		return true;

	pfn = boot_phys_to_phys(candidate.start) >> PAGE_SHIFT;
	return claim_obstacle(pfn, pfn + (claim->size >> PAGE_SHIFT), claim->scratch, hit);
}

/* ---- told to who traces ---- */

/*
 * What was in the way is looked for once more, and only if somebody wants to know; by now
 * it may have gone.
 */
static void trace_claim(unsigned long pfn, unsigned long nr_pages, int err, bool scratch)
{
	unsigned long end = pfn + nr_pages, obstacle;

	if (!trace_kexec_claim_enabled())
		return;
	obstacle = err ? first_obstacle(pfn, end, scratch) : end;
	trace_kexec_claim(pfn_to_boot_phys(pfn), PFN_PHYS(nr_pages), err,
			  obstacle < end ? pfn_to_boot_phys(obstacle) : 0);
}

static bool claim_nothing(u64 size, int err)
{
	trace_kexec_claim(0, size, err, 0);
	return false;
}

/* ---- claims ---- */

/* Without retries, locked folios are not waited for. */
#define CLAIM_GFP	(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY)

static struct page *claim_run(unsigned long pfn, unsigned long nr_pages, bool scratch)
{
	struct page *page = pfn_to_page(pfn);
	int err = alloc_contig_range(pfn, pfn + nr_pages,
				     scratch ? ACR_FLAGS_CMA : ACR_FLAGS_NONE, CLAIM_GFP);

	trace_claim(pfn, nr_pages, err, scratch);
	if (err)
		return NULL;
	arch_kexec_post_alloc_pages(page_address(page), nr_pages, GFP_KERNEL);
	return page;
}

/* After a claim failed that looked good, go on a pageblock further. */
static void step_aside(struct kexec_hole *want, struct kexec_range tried)
{
	u64 step = (u64)pageblock_nr_pages << PAGE_SHIFT;

	if (want->top_down)
		want->within.end = tried.end > step ? ALIGN_DOWN(tried.end - 1, step) : 0;
	else
		want->within.start = ALIGN(tried.start + 1, step);
}

/**
 * kimage_claim_hole() - find memory that can be claimed, and claim it
 * @image:   for whom; nothing is claimed where its segments are
 * @want:    size, alignment, window and direction
 * @size:    bytes to claim at the start of it; the rest is only kept clear of
 * @scratch: in the handover scratch area
 * @block:   set to what was claimed
 *
 * Context: process.
 * Return: true when claimed.
 */
bool kimage_claim_hole(struct kimage *image, struct kexec_hole want, u64 size, bool scratch,
		       struct kimage_block *block)
{
	struct claim claim = { image, size, scratch };
	unsigned long nr_pages = size >> PAGE_SHIFT;
	struct kexec_range found;
	int try;

	if (!kexec_may_take(nr_pages, scratch))
		return claim_nothing(size, -ENOMEM);
	for (try = 0; try < CLAIM_TRIES && !fatal_signal_pending(current); try++) {
		struct page *page;

		if (!kexec_find_hole(want, claim_conflict, &claim, &found))
			return claim_nothing(size, -EADDRNOTAVAIL);
		page = claim_run(boot_phys_to_phys(found.start) >> PAGE_SHIFT, nr_pages, scratch);
		if (page) {
			*block = (struct kimage_block) { page, nr_pages };
			return true;
		}
		step_aside(&want, found);
	}
	return false;
}

/**
 * kexec_claim_obstacle() - what of a range cannot be claimed, as it looks
 * @range: the range
 * @hit:   set to the first such part
 *
 * Context: process.
 * Return: true when there is such a part.
 */
bool kexec_claim_obstacle(struct kexec_range range, struct kexec_range *hit)
{
	unsigned long pfn = boot_phys_to_phys(range.start) >> PAGE_SHIFT;

	return claim_obstacle(pfn, pfn + (kexec_range_size(range) >> PAGE_SHIFT), false, hit);
}

/**
 * kexec_claim_range() - claim just this
 * @range: whole pages, in one zone
 *
 * They are as the allocator gives them, a reference to each.
 *
 * Context: process.
 * Return: true when they are the caller's, who gives them back by kexec_free_contig().
 */
bool kexec_claim_range(struct kexec_range range)
{
	unsigned long pfn = boot_phys_to_phys(range.start) >> PAGE_SHIFT;
	unsigned long nr_pages = kexec_range_size(range) >> PAGE_SHIFT;
	int err = alloc_contig_range(pfn, pfn + nr_pages, ACR_FLAGS_NONE, CLAIM_GFP);

	trace_claim(pfn, nr_pages, err, false);
	return !err;
}

static bool range_is_in_transit(unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn++) {
		struct page *page = pfn_to_online_page(pfn);

		if (page && kexec_page_is_in_transit(page))
			return true;
		if (pageblock_aligned(pfn))
			cond_resched();
	}
	return false;
}

/**
 * kexec_claim_cma() - claim memory from the default CMA area
 * @nr_pages: how many pages
 * @order:    aligned to 1 << @order pages
 *
 * Where in the area is its allocator's to say.  That would try every place that a
 * page is in the way of, so while there is one the area is left alone.
 *
 * Context: process.
 * Return: the first page, to be freed by dma_release_from_contiguous(), or NULL.
 */
struct page *kexec_claim_cma(unsigned long nr_pages, unsigned int order)
{
	struct cma *cma = dev_get_cma_area(NULL);
	unsigned long pfn, end;
	struct page *page;

	if (!IS_ENABLED(CONFIG_DMA_CMA) || !cma || !kexec_may_take(nr_pages, true))
		return NULL;
	pfn = PHYS_PFN(cma_get_base(cma));
	end = pfn + (cma_get_size(cma) >> PAGE_SHIFT);
	if (range_is_in_transit(pfn, end) || has_poison(pfn, end))
		return NULL;
	page = cma_try_alloc(cma, nr_pages, order);
	if (page)
		trace_claim(page_to_pfn(page), nr_pages, 0, true);
	else
		claim_nothing(PFN_PHYS(nr_pages), -EADDRNOTAVAIL);
	return page;
}

/* Runs shorter than this are not worth isolating a pageblock for. */
static bool worth_claiming(unsigned long nr_pages, unsigned long of)
{
	return nr_pages >= min(of, pageblock_nr_pages / 4);
}

static bool claim_part(struct kimage *image, unsigned int idx, unsigned long first,
		       unsigned long nr_pages)
{
	unsigned long pfn = boot_phys_to_phys(image->segment[idx].mem) >> PAGE_SHIFT;
	struct page *page;

	if (!kexec_may_take(nr_pages, false) || node_is_short(pfn + first, nr_pages))
		return claim_nothing(PFN_PHYS(nr_pages), -ENOMEM);
	page = claim_run(pfn + first, nr_pages, false);
	if (!page)
		return false;
	if (kimage_own_pages(image, idx, first, nr_pages)) {
		kimage_free_run(page, nr_pages);
		return false;
	}
	return true;
}

/**
 * kimage_claim_segment() - claim as much of a segment's destination as can be had
 * @image: the image, checked
 * @idx:   the segment
 *
 * What is claimed is where its pages are filled; if that is all of them, the
 * segment is in place.
 *
 * Context: process.
 */
void kimage_claim_segment(struct kimage *image, unsigned int idx)
{
	struct kexec_segment *segment = &image->segment[idx];
	unsigned long start = boot_phys_to_phys(segment->mem) >> PAGE_SHIFT;
	unsigned long nr_pages = kimage_contents_pages(image, idx);
	unsigned long pfn, next, end = start + nr_pages;
	int tries = CLAIM_TRIES;

	for (pfn = start; pfn < end && tries && !fatal_signal_pending(current); pfn = next) {
		unsigned long stop = min(end, ALIGN_DOWN(pfn + CLAIM_PIECE, pageblock_nr_pages));
		unsigned long obstacle = first_obstacle(pfn, stop, false);

		next = stop;
		if (obstacle < stop) {
			trace_claim(pfn, stop - pfn, -EBUSY, false);
			next = obstacle + pageblock_nr_pages;
			stop = obstacle;
		}
		if (stop > pfn && worth_claiming(stop - pfn, nr_pages) &&
		    !claim_part(image, idx, pfn - start, stop - pfn))
			tries--;
	}
}
