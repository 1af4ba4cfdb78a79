// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: where a segment goes
 *
 * In order of preference a segment goes
 *
 * 1. to where its bytes already are (a kernel or an initrd read into place);
 * 2. for a crash image, into the crash region, around an armed image there;
 * 3. under handover, into the scratch area;
 * 4. into the default CMA area, if the system has one and there is no handover;
 * 5. into any memory that can be claimed, rather into what the next kernel is told of;
 * 6. to any address that is RAM, under handover of the scratch area: what is there now is
 *    overwritten at the jump, by the relocation code.
 *
 * Nothing that is handed over is ever overwritten.  It can come to lie anywhere but in the
 * scratch area until the jump, so that a segment beside that is claimed whole, with the
 * zeros behind its contents; and what is claimed is nobody's to hand over.  The next
 * kernel allocates from its scratch area until it knows what else it may use, and by then
 * it has reserved what it was given.
 *
 * After 1 to 5 the segment is in place, unless the crash region has no room beside
 * the armed image.  Nothing is placed twice and the caller's limits hold, but for a
 * segment whose loader names the address: whether that can be is seen by the checks.
 */
#include <linux/dma-map-ops.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sizes.h>

#include "../kexec_internal.h"
#include "arch.h"
#include "image.h"
#include "pages.h"
#include "place.h"
#include "poison.h"
#include "refuse.h"
#include "region.h"

/* ---- what is in the way ---- */

static bool locate_conflict(void *ctx, struct kexec_range candidate, struct kexec_range *hit)
{
	return kimage_in_the_way(ctx, candidate, hit) || kimage_excluded(ctx, candidate, hit) ||
	       kexec_poisoned(candidate, hit);
}

/* ---- one area of memory at a time ---- */

/**
 * kexec_buf_hole() - what a loader asks for, as a search for a hole
 * @kbuf: what it asks for; sizes and alignment in whole pages
 * @area: where to look
 *
 * Context: any.
 * Return: the hole wanted: the part of @area that is within the loader's limits.
 */
struct kexec_hole kexec_buf_hole(const struct kexec_buf *kbuf, struct kexec_range area)
{
	struct kexec_range limits = kexec_range_inclusive(kbuf->buf_min, kbuf->buf_max);

	return (struct kexec_hole) {
		.within = kexec_range_common(area, limits),
		.size = kbuf->memsz,
		.align = kbuf->buf_align,
		.top_down = kbuf->top_down,
	};
}

static struct kexec_range resource_area(const struct resource *res)
{
	/* Memory that a driver added and may take away again is not for us. */
	if (res->flags & IORESOURCE_SYSRAM_DRIVER_MANAGED)
		return (struct kexec_range) {};
	return kexec_range_inclusive(phys_to_boot_phys(res->start), phys_to_boot_phys(res->end));
}

static void take_claim(struct kexec_buf *kbuf, struct kimage_block block)
{
	struct kimage_place *place = kexec_buf_place(kbuf);

	place->block = block;
	place->claimed = kexec_buf_pages(kbuf);
	kbuf->mem = page_to_boot_pfn(block.page) << PAGE_SHIFT;
}

static int claim_in(struct resource *res, struct kexec_buf *kbuf, u64 size, bool scratch)
{
	struct kimage_block block;

	if (!kimage_claim_hole(kbuf->image, kexec_buf_hole(kbuf, resource_area(res)), size, scratch,
			       &block))
		return 0;
	take_claim(kbuf, block);
	return 1;
}

static int claim_in_ram(struct resource *res, void *kbuf)
{
	return claim_in(res, kbuf, (u64)kexec_buf_pages(kbuf) << PAGE_SHIFT, false);
}

static int claim_in_scratch(struct resource *res, void *kbuf)
{
	return claim_in(res, kbuf, (u64)kexec_buf_pages(kbuf) << PAGE_SHIFT, true);
}

static int claim_whole(struct resource *res, void *arg)
{
	struct kexec_buf *kbuf = arg;

	return claim_in(res, kbuf, kbuf->memsz, false);
}

static int hole_in(struct resource *res, void *arg)
{
	struct kexec_buf *kbuf = arg;
	struct kexec_range found;

	if (!kexec_find_hole(kexec_buf_hole(kbuf, resource_area(res)), locate_conflict,
			     kbuf->image, &found))
		return 0;
	kbuf->mem = found.start;
	return 1;
}

/* ---- all of memory ---- */

typedef int (*area_fn)(struct resource *res, void *kbuf);

static int call_for(area_fn fn, struct kexec_buf *kbuf, phys_addr_t start, phys_addr_t end)
{
	struct resource res = { .start = start, .end = end - 1 };

	return fn(&res, kbuf);
}

/* Driver-managed ranges are not MEMBLOCK_NONE, so they do not turn up. */
static int walk_memblock(struct kexec_buf *kbuf, area_fn fn)
{
	phys_addr_t start, end;
	u64 i;
	int ret;

	if (kbuf->top_down) {
		for_each_free_mem_range_reverse(i, NUMA_NO_NODE, MEMBLOCK_NONE,
						&start, &end, NULL) {
			ret = call_for(fn, kbuf, start, end);
			if (ret)
				return ret;
		}
		return 0;
	}
	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL) {
		ret = call_for(fn, kbuf, start, end);
		if (ret)
			return ret;
	}
	return 0;
}

static int walk_limits(struct kexec_buf *kbuf, area_fn fn)
{
	if (IS_ENABLED(CONFIG_ARCH_KEEP_MEMBLOCK))
		return walk_memblock(kbuf, fn);
	if (kbuf->top_down)
		return walk_system_ram_res_rev(0, ULONG_MAX, kbuf, fn);
	return walk_system_ram_res(0, ULONG_MAX, kbuf, fn);
}

/*
 * Memory that was plugged in is added again by the next kernel, and whatever it has not copied
 * from there by then is given away: that memory is for what has no room elsewhere.
 */
static int walk_ram(struct kexec_buf *kbuf, area_fn fn)
{
	unsigned long last = kbuf->buf_max;
	int ret;

	kbuf->buf_max = min(last, kexec_last_known());
	ret = walk_limits(kbuf, fn);
	swap(kbuf->buf_max, last);
	return !ret && last < kbuf->buf_max ? walk_limits(kbuf, fn) : ret;
}

/* ---- the default CMA area ---- */

static bool within_limits(const struct kexec_buf *kbuf, struct kexec_range range)
{
	struct kexec_range limits = kexec_range_inclusive(kbuf->buf_min, kbuf->buf_max);
	struct kexec_range hit;

	return kexec_range_contains(limits, range) && IS_ALIGNED(range.start, kbuf->buf_align) &&
	       !locate_conflict(kbuf->image, range, &hit);
}

/* What is behind the contents need not be claimed, but has to be memory. */
static bool is_ram(struct kexec_range range)
{
	return region_intersects(boot_phys_to_phys(range.start), kexec_range_size(range),
				 IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) == REGION_INTERSECTS;
}

/* The area's allocator takes no limits; what does not suit goes back. */
static bool claim_cma(struct kexec_buf *kbuf)
{
	unsigned long nr_pages = kexec_buf_pages(kbuf);
	struct kexec_range range;
	struct page *page;

	page = kexec_claim_cma(nr_pages, get_order(kbuf->buf_align));
	if (!page)
		return false;

	range.start = (u64)page_to_boot_pfn(page) << PAGE_SHIFT;
	range.end = range.start + kbuf->memsz;
	if (!within_limits(kbuf, range) || !is_ram(range)) {
		dma_release_from_contiguous(NULL, page, nr_pages);
		return false;
	}
	arch_kexec_post_alloc_pages(page_address(page), nr_pages, 0);
	take_claim(kbuf, (struct kimage_block) { page, nr_pages, true });
	return true;
}

/* ---- the order of preference ---- */

/**
 * kexec_buf_claim() - claim memory for the segment that is being placed
 * @kbuf: what is wanted; @kbuf->mem is set
 *
 * Context: process, kexec_load_mutex held.
 * Return: true when claimed; the segment's place then has the memory.
 */
bool kexec_buf_claim(struct kexec_buf *kbuf)
{
	int ret;

	if (kimage_core(kbuf->image)->scattered || !kexec_runs_in_place() || !kbuf->memsz)
		return false;
	ret = kho_locate_mem_hole(kbuf, claim_in_scratch);
	if (ret == 1)
		return claim_cma(kbuf) || walk_ram(kbuf, claim_in_ram) == 1;
	return !ret || walk_ram(kbuf, claim_whole) == 1;
}

static int locate_in_ram(struct kexec_buf *kbuf)
{
	int ret;

	if (kexec_buf_claim(kbuf))
		return 0;
	ret = kho_locate_mem_hole(kbuf, hole_in);
	if (ret != 1)
		return ret;
	ret = walk_ram(kbuf, hole_in);
	if (ret == 1)
		return 0;
	/* Walking from the top needs memory, and says -1 when there is none. */
	return ret < 0 ? -ENOMEM : -EADDRNOTAVAIL;
}

/* A start that cannot be guessed, if there is a hole behind it. */
static bool locate_at_random(struct kexec_buf *kbuf, struct kexec_hole want,
			     struct kexec_range *found)
{
	u64 slack = kexec_range_size(want.within);

	if (!kexec_buf_random(kbuf) || slack <= want.size)
		return false;
	want.within.start += get_random_u64() % (slack - want.size);
	return !kimage_region_hole(kbuf->image, want, found);
}

static int locate_in_region(struct kexec_buf *kbuf)
{
	struct kexec_hole want = kexec_buf_hole(kbuf, kexec_region());
	struct kexec_range found;
	int ret;

	if (!locate_at_random(kbuf, want, &found)) {
		ret = kimage_region_hole(kbuf->image, want, &found);
		if (ret)
			return ret;
	}
	kbuf->mem = found.start;
	return 0;
}

/**
 * kexec_locate_mem_hole() - find a place for a segment
 * @kbuf: what is kexec_buf_hole; sizes and alignment in whole pages
 *
 * Sets @kbuf->mem unless the architecture already has.
 *
 * Context: process, kexec_load_mutex held.
 * Return: 0; -EADDRNOTAVAIL when there is no such place, -ENOMEM when there is no
 * memory to look for one, -EINVAL when the image has no segment left.
 */
int kexec_locate_mem_hole(struct kexec_buf *kbuf)
{
	if (kbuf->image->nr_segments >= KEXEC_SEGMENT_MAX)
		return -EINVAL;
	if (kbuf->mem != KEXEC_BUF_MEM_UNKNOWN)
		return 0;
	if (kimage_is_crash(kbuf->image))
		return locate_in_region(kbuf);
	return locate_in_ram(kbuf);
}

/* ---- when there is none ---- */

/* As kho_locate_mem_hole() passes it on: the largest part of the scratch area. */
struct scratch_view {
	struct kexec_buf kbuf;
	struct kexec_range largest;
};

static int look_at_scratch(struct resource *res, void *kbuf)
{
	struct scratch_view *view = container_of(kbuf, struct scratch_view, kbuf);
	struct kexec_range area = resource_area(res);

	if (kexec_range_size(area) > kexec_range_size(view->largest))
		view->largest = area;
	return 0;
}

/* The longest part of an area that the image leaves free. */
static u64 longest_gap(struct kimage *image, struct kexec_range area)
{
	u64 longest = 0;

	while (!kexec_range_empty(area)) {
		struct kexec_range hit, gap = area, next = { area.end, area.end };

		while (!kexec_range_empty(gap) && kimage_in_the_way(image, gap, &hit)) {
			gap.end = max(hit.start, gap.start);
			next = hit;
		}
		longest = max(longest, kexec_range_size(gap));
		area.start = next.end;
	}
	return longest;
}

/**
 * kimage_refuse_beside_scratch() - say that handover leaves no room for a segment
 * @image: the image
 * @err:   what is going to be returned
 *
 * Context: process, kexec_load_mutex held.
 * Return: @err; 0 when there is no handover, and nothing was said.
 */
int kimage_refuse_beside_scratch(struct kimage *image, int err)
{
	const struct kexec_buf *wish = &kimage_core(image)->no_room;
	struct scratch_view view = { .kbuf = *wish };
	u64 gap;

	if (kho_locate_mem_hole(&view.kbuf, look_at_scratch) == 1)
		return 0;
	gap = longest_gap(image, view.largest);
	return kexec_refuse(image, err,
			    "no room for %#lx bytes, aligned to %#lx, in [mem %#lx-%#lx]: the scratch area of handover, [mem %#llx-%#llx], %llu MiB, has %llu MiB free, %llu MiB are missing; and beside it they cannot be claimed",
			    wish->memsz, wish->buf_align, wish->buf_min, wish->buf_max,
			    view.largest.start, view.largest.end - 1,
			    kexec_range_size(view.largest) / SZ_1M, gap / SZ_1M,
			    DIV_ROUND_UP_ULL(wish->memsz - min(gap, wish->memsz), SZ_1M));
}
