// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: a crash region without a reboot
 *
 * What crashkernel= reserves at boot can be claimed later: a range of the size that is
 * wanted, aligned and below the limits as at boot, is looked for among what can be
 * moved away (claim.c), piece by piece taken from the allocator, and made what memory
 * reserved at boot is: its pages are reserved and no longer managed.  From then on
 * nobody can tell the two apart; in particular it is given back the same way.
 *
 * The region there is counts as had already.  It is extended in place, above or below,
 * if that can be done, else it moves, to a range that may share some of it.  While an
 * image is armed only the former will do, since the image stays where it is; it goes
 * on to know the region as it was when it was loaded.
 *
 * It lies in one piece of System RAM as /proc/iomem lists it, and is not all of that, so
 * that it can be listed there.  What else is listed within, such as an initrd that is long
 * since free memory, is gone around.
 *
 * Effort is bounded by pages, not by time: what has been taken in all, the failures
 * among it, is at most a multiple of what is wanted, in place and again elsewhere.  A
 * piece that could not be taken, although it looked so, is gone around.  Until the last
 * piece is there nothing has changed, and what was taken goes back.
 *
 * kexec_load_mutex keeps loads, and others who resize, away; kexec_arm_mutex those
 * who look at the region while they rewrite what is armed.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/crash_reserve.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <kunit/visibility.h>

#include "../kexec_internal.h"
#include "available.h"
#include "grow.h"
#include "image.h"
#include "pages.h"
#include "policy.h"
#include "refuse.h"
#include "region.h"

/* What is taken at a time, and gone around when that fails. */
#define PIECE		SZ_16M

#define PASSES		3
#define FAILURES_MAX	64
#define EFFORT_FACTOR	8

/**
 * struct growth - a search for a larger region
 * @old:       the region there is
 * @size:      of the region that is wanted
 * @limits:    where it may be
 * @within:    where it is being looked for
 * @effort:    bytes that may still be taken, and be given back
 * @failed:    pieces that could not be taken
 * @nr_failed: how many of them
 */
struct growth {
	struct kexec_range old;
	u64 size;
	struct kexec_range limits;
	struct kexec_range within;
	u64 effort;
	struct kexec_range failed[FAILURES_MAX];
	unsigned int nr_failed;
};

/* ---- where to look ---- */

/* Limits are the same as at boot.  A region stays on its side of them. */
VISIBLE_IF_KUNIT
struct kexec_range kexec_growth_limits(struct kexec_range old, u64 end_of_memory)
{
	if (old.start >= CRASH_ADDR_LOW_MAX)
		return (struct kexec_range) { CRASH_ADDR_LOW_MAX,
					      min_t(u64, CRASH_ADDR_HIGH_MAX, end_of_memory) };
	return (struct kexec_range) { 0, min_t(u64, CRASH_ADDR_LOW_MAX, end_of_memory) };
}

/**
 * kexec_growth_window() - where a range of a size has to be to contain another
 * @old:    the other, not larger
 * @size:   bytes
 * @limits: where it may be at all
 *
 * Context: any.
 * Return: the window: whatever of @size lies in it contains @old.
 */
VISIBLE_IF_KUNIT
struct kexec_range kexec_growth_window(struct kexec_range old, u64 size, struct kexec_range limits)
{
	struct kexec_range window = {
		old.end - min(old.end, size),
		old.start + size,
	};

	return kexec_range_common(window, limits);
}
EXPORT_SYMBOL_IF_KUNIT(kexec_growth_window);

static void note_lower(struct kexec_range candidate, bool *found, struct kexec_range *lowest)
{
	if (!*found || candidate.start < lowest->start)
		*lowest = candidate;
	*found = true;
}

/* The piece that [@start, ...) of @range begins with; ends are aligned, so that none repeats. */
static struct kexec_range piece_at(struct kexec_range range, u64 start)
{
	return (struct kexec_range) { start, min(ALIGN(start + 1, (u64)PIECE), range.end) };
}

/**
 * kexec_is_plain_ram() - can a range be listed within System RAM, and nothing within it?
 * @range: the range
 *
 * Only the tree of resources knows, so ask it by listing the range there for a moment.
 *
 * Context: process.
 * Return: true when nothing else is listed there.
 */
VISIBLE_IF_KUNIT
bool kexec_is_plain_ram(struct kexec_range range)
{
	struct resource probe = {
		.name = "kexec",	/* which nobody takes for the region */
		.start = boot_phys_to_phys(range.start),
		.end = boot_phys_to_phys(range.end) - 1,
		.flags = crashk_res.flags,
	};
	bool plain;

	if (insert_resource(&iomem_resource, &probe))
		return false;
	plain = !probe.child && probe.parent->flags & IORESOURCE_SYSRAM;
	remove_resource(&probe);
	return plain;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_is_plain_ram);

/* The first piece of @range that something else is listed in. */
static bool listed_in_the_way(struct kexec_range range, struct kexec_range *hit)
{
	u64 at;

	for (at = range.start; at < range.end; at = hit->end) {
		*hit = piece_at(range, at);
		if (!kexec_is_plain_ram(*hit))
			return true;
	}
	return false;
}

/* The lowest thing in the way of a part of a place that is not had yet. */
static void part_in_the_way(const struct growth *growth, struct kexec_range part, bool *found,
			    struct kexec_range *lowest)
{
	struct kexec_range hit;
	unsigned int i;

	for (i = 0; i < growth->nr_failed; i++)
		if (kexec_range_overlaps(part, growth->failed[i]))
			note_lower(growth->failed[i], found, lowest);
	if (kexec_claim_obstacle(part, &hit))
		note_lower(hit, found, lowest);
	if (listed_in_the_way(part, &hit))
		note_lower(hit, found, lowest);
}

static bool growth_in_the_way(void *ctx, struct kexec_range candidate, struct kexec_range *hit)
{
	struct growth *growth = ctx;
	struct kexec_range part[2];
	unsigned int i, nr = kexec_range_without(candidate, growth->old, part);
	bool found = false;

	for (i = 0; i < nr; i++)
		part_in_the_way(growth, part[i], &found, hit);
	return found;
}

/* How much there is in one piece, aligned. */
static u64 longest_run(struct growth *growth)
{
	u64 longest = 0, start = ALIGN(growth->limits.start, CRASH_ALIGN);

	while (start < growth->limits.end && !fatal_signal_pending(current)) {
		struct kexec_range hit, rest = { start, growth->limits.end };

		if (!growth_in_the_way(growth, rest, &hit))
			hit = (struct kexec_range) { rest.end, rest.end };
		if (hit.start > start)
			longest = max(longest, hit.start - start);
		start = ALIGN(max(hit.end, start + 1), CRASH_ALIGN);
	}
	return longest;
}

/* ---- taking it ---- */

static struct page *first_page_of(struct kexec_range range)
{
	return boot_pfn_to_page(range.start >> PAGE_SHIFT);
}

static void grow_drop(struct kexec_range range)
{
	if (!kexec_range_empty(range))
		kexec_free_contig(page_to_pfn(first_page_of(range)),
				  kexec_range_size(range) >> PAGE_SHIFT);
}

static bool may_go_on(const struct growth *growth, u64 still_wanted)
{
	return !fatal_signal_pending(current) && growth->effort &&
	       kexec_may_take(still_wanted >> PAGE_SHIFT, false);
}

static bool take_part(struct growth *growth, struct kexec_range part)
{
	struct kexec_range piece;
	u64 at;

	for (at = part.start; at < part.end; at = piece.end) {
		piece = piece_at(part, at);
		if (may_go_on(growth, part.end - at) && kexec_claim_range(piece)) {
			growth->effort -= min(growth->effort, kexec_range_size(piece));
			cond_resched();
			continue;
		}
		growth->failed[growth->nr_failed++] = piece;
		growth->effort -= min(growth->effort, kexec_range_size(piece));
		grow_drop((struct kexec_range) { part.start, at });
		return false;
	}
	return true;
}

static bool grow_take(struct growth *growth, struct kexec_range place)
{
	struct kexec_range part[2];
	unsigned int i, nr = kexec_range_without(place, growth->old, part);

	for (i = 0; i < nr; i++) {
		if (take_part(growth, part[i]))
			continue;
		if (i)
			grow_drop(part[0]);
		return false;
	}
	return true;
}

static bool find_and_take(struct growth *growth, struct kexec_range *found)
{
	struct kexec_hole want = { growth->within, growth->size, CRASH_ALIGN, .top_down = true };

	growth->nr_failed = 0;
	while (may_go_on(growth, 0) && growth->nr_failed < FAILURES_MAX &&
	       kexec_find_hole(want, growth_in_the_way, growth, found))
		if (grow_take(growth, *found))
			return true;
	return false;
}

/* What fails once, being in use for a moment, may be had later. */
static bool find_and_take_somehow(struct growth *growth, struct kexec_range *found)
{
	int pass;

	for (pass = 0; pass < PASSES; pass++) {
		if (find_and_take(growth, found))
			return true;
		if (!growth->nr_failed)
			return false;
	}
	return false;
}

/**
 * struct growth_window - one resource after the other
 * @growth: the search
 * @window: where it may be this time
 * @found:  set
 */
struct growth_window {
	struct growth *growth;
	struct kexec_range window;
	struct kexec_range *found;
};

static int find_in_resource(struct resource *res, void *arg)
{
	struct growth_window *in = arg;
	struct kexec_range ram = kexec_range_inclusive(phys_to_boot_phys(res->start),
						       phys_to_boot_phys(res->end));

	/* What a driver has brought it may take away again. */
	if (res->flags & IORESOURCE_SYSRAM_DRIVER_MANAGED)
		return 0;
	if (kexec_range_size(ram) <= in->growth->size)
		return 0;
	in->growth->within = kexec_range_common(in->window, ram);
	return find_and_take_somehow(in->growth, in->found);
}

static bool find_in(struct growth *growth, struct kexec_range window, struct kexec_range *found)
{
	struct growth_window in = { growth, window, found };

	growth->effort = EFFORT_FACTOR * growth->size;
	return walk_system_ram_res_rev(0, ULONG_MAX, &in, find_in_resource) > 0;
}

/* In place costs least, and leaves an armed image alone. */
static bool find_larger(struct growth *growth, bool armed, struct kexec_range *found)
{
	struct kexec_range around = kexec_growth_window(growth->old, growth->size, growth->limits);

	if (!kexec_range_empty(growth->old) && find_in(growth, around, found))
		return true;
	return !armed && find_in(growth, growth->limits, found);
}

/* ---- making it the region ---- */

/* From here on it is as if it had never been given to the allocator. */
static void grow_reserve(struct kexec_range range)
{
	struct page *page = first_page_of(range);
	unsigned long i, nr_pages = kexec_range_size(range) >> PAGE_SHIFT;

	for (i = 0; i < nr_pages; i++) {
		__SetPageReserved(page + i);
		adjust_managed_page_count(page + i, -1);
	}
}

static void give_back(struct kexec_range range)
{
	crash_free_reserved_phys_range(boot_phys_to_phys(range.start),
				       boot_phys_to_phys(range.end) - 1);
}

static int set_resource(struct kexec_range range)
{
	if (crashk_res.parent)
		release_resource(&crashk_res);
	crashk_res.start = boot_phys_to_phys(range.start);
	crashk_res.end = boot_phys_to_phys(range.end) - 1;
	return insert_resource(&iomem_resource, &crashk_res);
}

static int grow_publish(struct kexec_range old, struct kexec_range new)
{
	int ret;

	guard(mutex)(&kexec_arm_mutex);
	ret = set_resource(new);
	if (!ret) {
		kexec_protect_region();
		return 0;
	}
	crashk_res.start = 0;
	crashk_res.end = 0;
	if (!kexec_range_empty(old))
		WARN_ON_ONCE(set_resource(old));
	return ret;
}

static void for_parts_without(struct kexec_range range, struct kexec_range other,
			      void (*act)(struct kexec_range part))
{
	struct kexec_range part[2];
	unsigned int i, nr = kexec_range_without(range, other, part);

	for (i = 0; i < nr; i++)
		act(part[i]);
}

static int refuse_growth(struct growth *growth, bool armed)
{
	u64 run;

	if (fatal_signal_pending(current))
		return kexec_refuse(NULL, -EINTR, "crash_size: killed while memory was claimed");
	if (armed)
		return kexec_refuse(NULL, -EBUSY,
				    "crash_size: [mem %#llx-%#llx] cannot be extended to %llu MiB in place, and a crash image is loaded there; unload it first",
				    growth->old.start, growth->old.end - 1, growth->size / SZ_1M);
	run = longest_run(growth);
	return kexec_refuse(NULL, -ENOMEM,
			    "crash_size: %llu MiB cannot be had in one piece in [mem %#llx-%#llx], at most %llu MiB",
			    growth->size / SZ_1M, growth->limits.start, growth->limits.end - 1,
			    min(run, growth->size - 1) / SZ_1M);
}

static int refuse_size(u64 size)
{
	return kexec_refuse(NULL, -ENOMEM,
			    "crash_size: %llu MiB more are needed, at most %lu MiB can be had",
			    size / SZ_1M + !!(size % SZ_1M),
			    kexec_pages_to_be_had(false) / (SZ_1M / PAGE_SIZE));
}

static int grow_region(struct growth *growth, bool armed)
{
	struct kexec_range new, old = growth->old;
	int ret;

	if (!find_larger(growth, armed, &new))
		return refuse_growth(growth, armed);
	ret = grow_publish(old, new);
	if (ret) {
		for_parts_without(new, old, grow_drop);
		return kexec_refuse(NULL, ret, "crash_size: [mem %#llx-%#llx] is not plain memory",
				    new.start, new.end - 1);
	}
	for_parts_without(new, old, grow_reserve);
	for_parts_without(old, new, give_back);
	pr_info("the crash region is [mem %#llx-%#llx], %llu MiB\n", new.start, new.end - 1,
		kexec_range_size(new) / SZ_1M);
	return 0;
}

static bool crash_image_is_armed(void)
{
	guard(mutex)(&kexec_arm_mutex);
	return kexec_crash_image;
}

/**
 * kexec_grow_region() - claim memory for crash images
 * @bytes: how much there is to be in all, the low part of a region above 4 GiB included
 *
 * Context: process; takes kexec_load_mutex and kexec_arm_mutex.
 * Return: 0; -EPERM for who may not load; -EBUSY when it is somebody else's turn, or a
 * crash image is loaded and the region cannot grow where it is; -ENOMEM when there is
 * not so much; -EINTR when the caller is killed.  Nothing has changed then, and the log
 * says why.
 */
int kexec_grow_region(u64 bytes)
{
	u64 there, more;

	if (!kexec_change_permitted("crash_size"))
		return -EPERM;

	struct growth *growth __free(kfree) = kzalloc_obj(*growth);
	CLASS(kexec_turn, busy)("crash_size");
	if (busy)
		return busy;
	there = crash_get_memory_size();
	if (bytes <= there)
		return kexec_refuse(NULL, -EBUSY, "crash_size: somebody else has just changed it");
	if (!growth || bytes - there > (u64)totalram_pages() << PAGE_SHIFT)
		return refuse_size(bytes - there);
	more = ALIGN(bytes - there, (u64)pageblock_nr_pages << PAGE_SHIFT);
	if (!kexec_may_take(more >> PAGE_SHIFT, false))
		return refuse_size(more);

	growth->old = kexec_region();
	growth->size = kexec_range_size(growth->old) + more;
	growth->limits = kexec_growth_limits(growth->old, (u64)max_pfn << PAGE_SHIFT);
	return grow_region(growth, crash_image_is_armed());
}
