// SPDX-License-Identifier: GPL-2.0-only
/*
 * The format of the list:
 * Copyright (C) 2002-2004 Eric Biederman  <ebiederm@xmission.com>
 */
/**
 * DOC: the entry list
 *
 * The list tells the architecture's relocation code what to copy where
 * (include/linux/kexec.h).  It is written once, when each page of the image that is
 * not filled at its destination has a source page; from then on it says where the
 * contents of such a page are.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/gfp.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "../kexec_internal.h"
#include "arch.h"
#include "image.h"
#include "pages.h"
#include "refuse.h"

static kimage_entry_t *add_entry(struct kimage *image, kimage_entry_t entry)
{
	if (kimage_core(image)->entry == kimage_core(image)->last_entry) {
		struct page *page = kimage_alloc_outside(image, GFP_KEXEC, 0, U64_MAX);
		kimage_entry_t *table;

		if (!page)
			return NULL;
		table = page_address(page);
		clear_page(table);
		*kimage_core(image)->entry = virt_to_boot_phys(table) | IND_INDIRECTION;
		kimage_core(image)->entry = table;
		kimage_core(image)->last_entry = table + ENTRIES_PER_PAGE - 1;
	}
	*kimage_core(image)->entry = entry;
	return kimage_core(image)->entry++;
}

static struct page *take_source(struct kimage *image, unsigned int idx, unsigned long nr)
{
	struct page *page;

	if (nr >= kimage_contents_pages(image, idx))
		return kimage_core(image)->zero_page;
	page = list_first_entry_or_null(&kimage_core(image)->source_pages, struct page, lru);
	if (page)
		list_del(&page->lru);
	return page;
}

static void give_back_source(struct kimage *image, struct page *page)
{
	if (page != kimage_core(image)->zero_page)
		list_add(&page->lru, &kimage_core(image)->source_pages);
}

static int list_page(struct kimage *image, unsigned int idx, unsigned long nr)
{
	struct kimage_place *place = &kimage_core(image)->place[idx];
	struct kexec_range range;
	kimage_entry_t *slot;
	struct page *source;

	/* The cursor follows by itself unless the page before needed no entry. */
	if (!nr || kimage_place_owns(place, nr - 1)) {
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
	range = kexec_page_range(source, 1);
	if (!add_entry(image, range.start | IND_SOURCE)) {
		give_back_source(image, source);
		return -ENOMEM;
	}
	/* For those who want to see where contents wait; zeros may be anywhere. */
	if (source != kimage_core(image)->zero_page)
		place->sources = kexec_range_hull(place->sources, range);
	return 0;
}

static int list_segment(struct kimage *image, unsigned int idx)
{
	unsigned long nr, pages = kimage_filled_pages(image, idx);

	for (nr = kimage_core(image)->place[idx].claimed; nr < pages; nr++) {
		int ret;

		if (kimage_place_owns(&kimage_core(image)->place[idx], nr))
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

/* All happens to be in place, or is empty: a list that copies nothing. */
static int list_nothing(struct kimage *image)
{
	if (add_entry(image, image->segment[0].mem | IND_DESTINATION))
		return 0;
	return kexec_refuse(image, -ENOMEM, "no memory for the entry list");
}

/**
 * kimage_build_list() - write the entry list
 * @image: the image, with a source page for every page that is not in place
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

	kimage_core(image)->listed = true;
	for (i = 0; i < image->nr_segments && !ret; i++)
		if (!kimage_is_crash(image) || !kimage_core(image)->place[i].in_place)
			ret = list_segment(image, i);
	if (!ret && !kimage_is_crash(image) &&
	    kimage_core(image)->entry == &kimage_core(image)->list && kexec_wants_list())
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
	*kimage_core(image)->entry = IND_DONE;
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
	struct kimage_place *place = &kimage_core(image)->place[idx];

	if (nr >= kimage_contents_pages(image, idx))
		return NULL;
	if (kimage_page_in_place(image, idx, nr))
		return boot_pfn_to_page((image->segment[idx].mem >> PAGE_SHIFT) + nr);
	if (!*cursor)
		*cursor = place->first;
	return *cursor ? kimage_next_source(cursor) : NULL;
}

static void free_source(struct kimage *image, struct page *page)
{
	if (page != kimage_core(image)->zero_page)
		kexec_free_pages_block(page);
}

/**
 * kimage_free_list() - free the entry list and the source pages in it
 * @image: the image, which has no list afterwards
 *
 * Context: process.
 */
void kimage_free_list(struct kimage *image)
{
	kimage_entry_t entry, *ptr = &kimage_core(image)->list;
	struct page *table = NULL;

	while ((entry = *ptr) && !(entry & IND_DONE)) {
		ptr++;
		if (entry & IND_SOURCE)
			free_source(image, boot_pfn_to_page(entry >> PAGE_SHIFT));
		if (entry & IND_INDIRECTION) {
			if (table)
				kexec_free_pages_block(table);
			table = boot_pfn_to_page(entry >> PAGE_SHIFT);
			ptr = page_address(table);
			cond_resched();
		}
	}
	if (table)
		kexec_free_pages_block(table);

	kimage_core(image)->list = 0;
	kimage_core(image)->entry = &kimage_core(image)->list;
	kimage_core(image)->last_entry = &kimage_core(image)->list;
}
