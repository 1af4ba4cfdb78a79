// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interface:
 * Copyright (C) 2002-2004 Eric Biederman  <ebiederm@xmission.com>
 */
/**
 * DOC: control pages
 *
 * Relocation code, its page tables and what else survives the jump: outside of every
 * destination and, for a crash image, inside the crash region.
 */
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "arch.h"
#include "image.h"
#include "pages.h"
#include "region.h"

VISIBLE_IF_KUNIT
u64 kexec_control_limit(void)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_control_limit);
	return KEXEC_CONTROL_MEMORY_LIMIT;
}

/* Nobody's destination, whatever the type of the image. */
static struct page *alloc_outside_pages(struct kimage *image, unsigned int order)
{
	struct page *page = kimage_alloc_outside(image, KEXEC_CONTROL_MEMORY_GFP, order,
					kexec_control_limit());

	if (page)
		list_add(&page->lru, &kimage_core(image)->control_pages);
	return page;
}

static int add_control_range(struct kimage_ranges *control, struct kexec_range range)
{
	struct kexec_range *grown;

	if (control->nr && control->range[control->nr - 1].end == range.start) {
		control->range[control->nr - 1].end = range.end;
		return 0;
	}
	if (control->nr == control->max) {
		unsigned int max = control->max + 16;

		grown = krealloc_array(control->range, max, sizeof(*grown), GFP_KEXEC);
		if (!grown)
			return -ENOMEM;
		control->range = grown;
		control->max = max;
	}
	control->range[control->nr++] = range;
	return 0;
}

/*
 * Where there is room for them in place of the armed image only, they are a rehearsal,
 * outside the region: the image can be made ready if that one goes (@evicts).
 */
static struct page *alloc_region_pages(struct kimage *image, unsigned int order)
{
	struct kexec_hole want = {
		.within = { 0, KEXEC_CRASH_CONTROL_MEMORY_LIMIT },
		.size = PAGE_SIZE << order,
		.align = PAGE_SIZE << order,
	};
	struct kexec_range found;
	struct page *page;

	if (!kimage_region_has_room(image, want, &found) &&
	    !kimage_find_in_region(image, want, &found)) {
		kimage_core(image)->region_full = true;
		return NULL;
	}
	if (add_control_range(&kimage_core(image)->control, found))
		return NULL;
	if (kimage_is_armed_place(image, found)) {
		kimage_core(image)->evicts = true;
		return alloc_outside_pages(image, order);
	}
	page = boot_pfn_to_page(found.start >> PAGE_SHIFT);
	/* As long as an image is armed; not the pointer, which updates take away. */
	if (kimage_core(image)->predecessor)
		arch_kexec_unprotect_crash_pages(page_address(page), 1 << order);
	arch_kexec_post_alloc_pages(page_address(page), 1 << order, 0);
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
		return alloc_region_pages(image, order);
	return alloc_outside_pages(image, order);
}

/**
 * kimage_drop_control_pages() - give back all control pages of a crash image
 * @image: the image, not prepared
 *
 * Context: process, kexec_load_mutex held.
 */
void kimage_drop_control_pages(struct kimage *image)
{
	kimage_free_page_list(&kimage_core(image)->control_pages);
	kimage_core(image)->control.nr = 0;
}
