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
 * (kexec_arm.c).  Control pages cannot be staged.  If they do not fit beside the
 * armed image, that goes before the new one is finished (kexec_core.c).
 *
 * The region is write-protected in the kernel's own mapping as long as an image
 * is armed.  Contents are therefore written through mappings of their own, made
 * for the pages concerned and only as long as they are being written.  Control
 * pages are the architecture's to write, through the kernel's mapping; of the
 * region they alone are opened, and closed again when the load is over.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/cc_platform.h>
#include <linux/crash_reserve.h>
#include <linux/delay.h>
#include <linux/elf.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "kexec_internal.h"

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
 * kimage_init_crash() - have an image built beside the one that is armed
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
		image->beside = kexec_crash_image;
	kimage_set_hotplug_support(image, flags);
}

/* ---- who uses what ---- */

static bool held_in_the_way(const struct kimage_held *held, struct kexec_range candidate,
			    struct kexec_range *hit)
{
	unsigned int i;

	for (i = 0; i < held->nr; i++) {
		if (!kexec_range_overlaps(candidate, held->range[i]))
			continue;
		*hit = held->range[i];
		return true;
	}
	return false;
}

static bool image_in_the_way(void *ctx, struct kexec_range candidate, struct kexec_range *hit)
{
	struct kimage *image = ctx;

	return kimage_in_the_way(image, candidate, hit) ||
	       held_in_the_way(&image->held, candidate, hit);
}

static bool self_in_the_way(void *ctx, struct kexec_range candidate, struct kexec_range *hit)
{
	return image_in_the_way(ctx, candidate, hit) || kimage_excluded(ctx, candidate, hit);
}

static bool anything_in_the_way(void *ctx, struct kexec_range candidate, struct kexec_range *hit)
{
	struct kimage *image = ctx;

	return self_in_the_way(image, candidate, hit) ||
	       (image->beside && image_in_the_way(image->beside, candidate, hit));
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

/* A place that the armed image may have to leave. */
static bool find_in_region(struct kimage *image, struct kexec_hole want, struct kexec_range *found)
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
	if (!image->alone && kimage_region_has_room(image, want, found))
		return 0;
	return find_in_region(image, want, found) ? 0 : -EADDRNOTAVAIL;
}

/* Does the armed image have to go before this is used? */
static bool is_armed_place(const struct kimage *image, struct kexec_range range)
{
	struct kexec_range hit;

	return image->beside && image_in_the_way(image->beside, range, &hit);
}

static struct kexec_range first_page(struct kexec_range range)
{
	return (struct kexec_range) { range.start, range.start + PAGE_SIZE };
}

/**
 * kimage_next_unused() - step through the parts of the crash region that nobody uses
 * @image: a crash image, placed; it may be filled already
 * @unused: empty before the first call; set to the next such part, of whole pages
 *
 * For an architecture that gives memory back to the machine's owner before it is
 * used anew.  Used is what belongs to @image or to the armed image, whose contents
 * are needed.
 *
 * Context: process, kexec_load_mutex held.
 * Return: true when there is one more.
 */
bool kimage_next_unused(struct kimage *image, struct kexec_range *unused)
{
	struct kexec_range region = kexec_region(), hit;

	*unused = (struct kexec_range) { max(unused->end, region.start), region.end };
	while (unused->start < region.end && anything_in_the_way(image, first_page(*unused), &hit))
		unused->start = hit.end;
	if (unused->start >= region.end)
		return false;
	while (anything_in_the_way(image, *unused, &hit))
		unused->end = hit.start;
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
		image->place[i].in_place =
			!is_armed_place(image, kexec_segment_range(&image->segment[i]));
}

/* ---- control pages ---- */

static int hold(struct kimage_held *held, struct kexec_range range)
{
	struct kexec_range *grown;

	if (held->nr && held->range[held->nr - 1].end == range.start) {
		held->range[held->nr - 1].end = range.end;
		return 0;
	}
	if (held->nr == held->max) {
		unsigned int max = held->max + 16;

		grown = krealloc_array(held->range, max, sizeof(*grown), GFP_KEXEC);
		if (!grown)
			return -ENOMEM;
		held->range = grown;
		held->max = max;
	}
	held->range[held->nr++] = range;
	return 0;
}

/**
 * kimage_alloc_region_pages() - control pages for a crash image
 * @image: the image; all of its segments are described
 * @order: 1 << @order pages, aligned to their size
 *
 * Where there is room for them in place of the armed image only, they are a rehearsal,
 * outside the region: the image can be made ready if that one goes (@image->ousts).
 *
 * Context: process, kexec_load_mutex held.
 * Return: the first page, or NULL when the region has no room for them.
 */
struct page *kimage_alloc_region_pages(struct kimage *image, unsigned int order)
{
	struct kexec_hole want = {
		.within = { 0, KEXEC_CRASH_CONTROL_MEMORY_LIMIT },
		.size = PAGE_SIZE << order,
		.align = PAGE_SIZE << order,
	};
	struct kexec_range found;
	struct page *page;

	if (!kimage_region_has_room(image, want, &found) && !find_in_region(image, want, &found))
		return NULL;
	if (hold(&image->held, found))
		return NULL;
	if (is_armed_place(image, found)) {
		image->ousts = true;
		return kimage_alloc_aside(image, order);
	}
	page = boot_pfn_to_page(found.start >> PAGE_SHIFT);
	arch_kexec_unprotect_crash_pages(page_address(page), 1 << order);
	arch_kexec_post_alloc_pages(page_address(page), 1 << order, 0);
	return page;
}

/**
 * kimage_drop_region_pages() - give back all control pages of a crash image
 * @image: the image, not prepared
 *
 * Context: process, kexec_load_mutex held.
 */
void kimage_drop_region_pages(struct kimage *image)
{
	kimage_free_page_list(&image->control_pages);
	image->held.nr = 0;
}

/* ---- what is needed to change it later on ---- */

/* Where the code for hotplug will find it, as it does: by its contents. */
static bool will_be_elfcorehdr(const struct kimage *image, unsigned int idx)
{
	const struct kexec_segment *segment = &image->segment[idx];
	char magic[SELFMAG];

	if (image->file_mode)
		return kimage_is_elfcorehdr(image, idx);
	return segment->bufsz >= SELFMAG && !copy_from_user(magic, segment->buf, SELFMAG) &&
	       !memcmp(magic, ELFMAG, SELFMAG);
}

/**
 * kimage_place_spare() - have memory ready for changes of CPUs and memory
 * @image: a crash image, described
 *
 * Context: process, kexec_load_mutex held.
 * Return: 0 or -ENOMEM.
 */
int kimage_place_spare(struct kimage *image)
{
	unsigned long i, pages = 0, most = PFN_UP(crash_get_elfcorehdr_size());

	if (!kimage_is_hotplugged(image) || !kexec_relocates_crash_image())
		return 0;
	for (i = 0; i < image->nr_segments; i++)
		if (will_be_elfcorehdr(image, i))
			pages = max(pages, min(most, image->segment[i].memsz >> PAGE_SHIFT));
	if (pages && kimage_alloc_spare(image, pages))
		return kexec_refuse(image, -ENOMEM, "no memory to rewrite %lu pages from", pages);
	return 0;
}

/* ---- writing to it ---- */

static pgprot_t region_prot(void)
{
	/* The next kernel starts without memory encryption. */
	if (cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT))
		return pgprot_decrypted(PAGE_KERNEL);
	return PAGE_KERNEL;
}

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
	vaddr = vmap(pages, nr_pages, VM_MAP, region_prot());
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
	unsigned long i, nr_pages = kexec_range_size(range) >> PAGE_SHIFT;

	vunmap(vaddr);
	for (i = 0; i < nr_pages; i++)
		kexec_flush_icache_page(region_page(range, i));
	arch_kexec_pre_free_pages(page_address(region_page(range, 0)), nr_pages);
}

/* A mapping this small is a matter of time only. */
static void *map_window(struct kexec_range window)
{
	void *vaddr;

	while (!(vaddr = kexec_map_region(window)))
		msleep(20);
	return vaddr;
}

static void settle_segment(struct kimage *image, unsigned int idx)
{
	struct kexec_range segment = kexec_segment_range(&image->segment[idx]);
	kimage_entry_t *cursor = NULL;
	unsigned long nr = 0;
	u64 at;

	for (at = segment.start; at < segment.end; at += KEXEC_WINDOW) {
		struct kexec_range window = { at, min(at + KEXEC_WINDOW, segment.end) };
		void *dst, *vaddr = map_window(window);
		struct page *page;

		for (dst = vaddr; dst < vaddr + kexec_range_size(window); dst += PAGE_SIZE) {
			page = kimage_segment_page(image, idx, nr++, &cursor);
			memcpy_from_page(dst, page, 0, PAGE_SIZE);
		}
		kexec_unmap_region(vaddr, window);
		cond_resched();
	}
}

/**
 * kimage_settle() - move what was staged into the crash region
 * @image: the image; nobody uses the image it takes the place of any more
 *
 * Cannot fail.  May be cut short at any instant by a panic that executes @image
 * by its entry list.
 *
 * Context: process, kexec_arm_mutex held.
 */
void kimage_settle(struct kimage *image)
{
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++)
		if (!image->place[i].in_place)
			settle_segment(image, i);
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
