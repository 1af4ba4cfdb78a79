// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: the crash region
 *
 * A crash image lives in the region that was reserved at boot, and while one is
 * armed there the next is built around it: its segments and its control pages
 * keep clear of whatever the armed image uses.  When the region has no such
 * room, or when user space names addresses that the armed image occupies, the
 * segments concerned are *staged*: filled in ordinary memory, with an entry list
 * as for a reboot, and moved into the region when the image is armed
 * (arm.c).  Control pages cannot be staged.  If they do not fit beside the
 * armed image, that goes before the new one is finished (kexec_core.c).
 *
 * The region is write-protected in the kernel's own mapping as long as an image
 * is armed.  Contents are therefore written through mappings of their own, made
 * for the pages concerned and only as long as they are being written.  Control
 * pages are the architecture's to write, through the kernel's mapping; of the
 * region they alone are opened, and closed again when the load is over.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/crash_reserve.h>
#include <linux/elf.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "../kexec_internal.h"
#include "arch.h"
#include "image.h"
#include "pages.h"
#include "poison.h"
#include "region.h"

/**
 * kexec_region() - the memory that crash images are loaded into
 *
 * Return: the range, empty when nothing is reserved.
 */
struct kexec_range kexec_region(void)
{
	if (!crashk_res.end)
		return (struct kexec_range) {};
	return kexec_range_inclusive(phys_to_boot_phys(crashk_res.start),
				     phys_to_boot_phys(crashk_res.end));
}

/**
 * kimage_init_crash() - have an image built around the one that is armed
 * @image: the image; nothing is done if it is no crash image
 * @flags: of the system call
 *
 * Context: process, kexec_load_mutex held; takes kexec_arm_mutex.
 */
void kimage_init_crash(struct kimage *image, unsigned long flags)
{
	if (!kimage_is_crash(image))
		return;
	/* Rewriting the armed image may take it out of reach for a moment. */
	scoped_guard(mutex, &kexec_arm_mutex)
		kimage_core(image)->predecessor = kexec_crash_image;
	kimage_set_hotplug_support(image, flags);
}

/* ---- who uses what ---- */

static bool ranges_in_the_way(const struct kimage_ranges *ranges, struct kexec_range candidate,
			      struct kexec_range *hit)
{
	unsigned int i;

	for (i = 0; i < ranges->nr; i++) {
		if (!kexec_range_overlaps(candidate, ranges->range[i]))
			continue;
		*hit = ranges->range[i];
		return true;
	}
	return false;
}

static bool image_in_the_way(void *ctx, struct kexec_range candidate, struct kexec_range *hit)
{
	struct kimage *image = ctx;

	return kimage_in_the_way(image, candidate, hit) ||
	       ranges_in_the_way(&kimage_core(image)->control, candidate, hit);
}

static bool self_in_the_way(void *ctx, struct kexec_range candidate, struct kexec_range *hit)
{
	return image_in_the_way(ctx, candidate, hit) || kimage_excluded(ctx, candidate, hit) ||
	       kexec_poisoned(candidate, hit);
}

static bool anything_in_the_way(void *ctx, struct kexec_range candidate, struct kexec_range *hit)
{
	struct kimage *predecessor = kimage_core((struct kimage *)ctx)->predecessor;

	return self_in_the_way(ctx, candidate, hit) ||
	       (predecessor && image_in_the_way(predecessor, candidate, hit));
}

/**
 * kimage_region_has_room() - find a place around the armed image
 * @image: for whom
 * @want:  size, alignment, window and direction
 * @found: set to the place
 *
 * Context: process, kexec_load_mutex held.
 * Return: true when there is one.
 */
bool kimage_region_has_room(struct kimage *image, struct kexec_hole want,
			    struct kexec_range *found)
{
	want.within = kexec_range_common(want.within, kexec_region());
	return kexec_find_hole(want, anything_in_the_way, image, found);
}

/**
 * kimage_find_in_region() - find a place that the armed image may have to leave
 * @image: for whom
 * @want:  size, alignment, window and direction
 * @found: set to the place
 *
 * Context: process, kexec_load_mutex held.
 * Return: true when there is one.
 */
bool kimage_find_in_region(struct kimage *image, struct kexec_hole want, struct kexec_range *found)
{
	want.within = kexec_range_common(want.within, kexec_region());
	return kexec_find_hole(want, self_in_the_way, image, found);
}

/**
 * kimage_region_hole() - find a place for a segment in the crash region
 * @image: for whom
 * @want:  size, alignment, window and direction
 * @found: set to the place
 *
 * Rather around the armed image than in its place, unless that has been tried.
 *
 * Context: process, kexec_load_mutex held.
 * Return: 0 or -EADDRNOTAVAIL.
 */
int kimage_region_hole(struct kimage *image, struct kexec_hole want, struct kexec_range *found)
{
	if (!kimage_core(image)->alone && kimage_region_has_room(image, want, found))
		return 0;
	return kimage_find_in_region(image, want, found) ? 0 : -EADDRNOTAVAIL;
}

/**
 * kimage_is_armed_place() - does the armed image have to go before a place is used?
 * @image: for whom
 * @range: the place
 *
 * Context: process, kexec_load_mutex held.
 * Return: true when it does.
 */
bool kimage_is_armed_place(const struct kimage *image, struct kexec_range range)
{
	struct kexec_range hit;

	return kimage_core(image)->predecessor &&
	       image_in_the_way(kimage_core(image)->predecessor, range, &hit);
}

static struct kexec_range first_page(struct kexec_range range)
{
	return (struct kexec_range) { range.start, range.start + PAGE_SIZE };
}

/**
 * kimage_next_unused() - step through the parts of the crash region that nobody uses
 * @image: a crash image, placed; it may be filled already
 * @start: 0 before the first call; set to the first byte of the next such part
 * @end:   0 before the first call; set to the first byte after it; both page aligned
 *
 * For an architecture that gives memory back to the machine's owner before it is
 * used anew.  Used is what belongs to @image or to the armed image, whose contents
 * are needed.
 *
 * Context: process, kexec_load_mutex held.
 * Return: true when there is one more.
 */
bool kimage_next_unused(struct kimage *image, u64 *start, u64 *end)
{
	struct kexec_range unused, hit, region = kexec_region();

	unused = (struct kexec_range) { max(*end, region.start), region.end };
	while (unused.start < region.end && anything_in_the_way(image, first_page(unused), &hit))
		unused.start = hit.end;
	if (unused.start >= region.end)
		return false;
	while (anything_in_the_way(image, unused, &hit))
		unused.end = hit.start;
	*start = unused.start;
	*end = unused.end;
	return true;
}

/**
 * kimage_place_in_region() - see which segments of a crash image have to be staged
 * @image: the image, checked
 *
 * Context: process, kexec_load_mutex held.
 */
void kimage_place_in_region(struct kimage *image)
{
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++)
		kimage_core(image)->place[i].in_place =
			!kimage_is_armed_place(image, kexec_segment_range(&image->segment[i]));
}

/* ---- writing to it ---- */

static struct page *region_page(struct kexec_range range, unsigned long nr)
{
	return boot_pfn_to_page((range.start >> PAGE_SHIFT) + nr);
}

/**
 * kexec_map_region() - map a part of the crash region for writing
 * @range: whole pages
 *
 * Context: process.
 * Return: the mapping, or NULL.
 */
void *kexec_map_region(struct kexec_range range)
{
	unsigned long i, nr_pages = kexec_range_size(range) >> PAGE_SHIFT;
	struct page **pages __free(kvfree) = kvmalloc_array(nr_pages, sizeof(*pages), GFP_KEXEC);
	void *vaddr;

	if (!pages)
		return NULL;
	for (i = 0; i < nr_pages; i++)
		pages[i] = region_page(range, i);
	arch_kexec_post_alloc_pages(page_address(pages[0]), nr_pages, 0);
	vaddr = vmap(pages, nr_pages, VM_MAP, kexec_page_prot());
	if (!vaddr)
		arch_kexec_pre_free_pages(page_address(pages[0]), nr_pages);
	return vaddr;
}

/**
 * kexec_unmap_region() - end what kexec_map_region() began
 * @vaddr: the mapping
 * @range: as it was mapped
 *
 * Context: process.
 */
void kexec_unmap_region(void *vaddr, struct kexec_range range)
{
	vunmap(vaddr);
	arch_kexec_pre_free_pages(page_address(region_page(range, 0)),
				  kexec_range_size(range) >> PAGE_SHIFT);
}

/**
 * kexec_protect_region() - close what was opened in the region, if an image is armed
 *
 * Context: process, kexec_load_mutex and kexec_arm_mutex held.
 */
void kexec_protect_region(void)
{
	if (kexec_crash_image)
		arch_kexec_protect_crashkres();
}
