// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: filling an image
 *
 * The bytes of a segment go straight to where its place is: claimed memory, the
 * crash region, or source pages.  Contents are copied once, what is left of the
 * segment behind them is cleared, and nothing is cleared that is about to be
 * overwritten.
 *
 * Reading user memory may fault, and a fault may take for ever; nothing that is
 * armed is touched or locked meanwhile.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/delay.h>
#include <linux/highmem.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "../kexec_internal.h"
#include "fill.h"
#include "image.h"
#include "pages.h"
#include "refuse.h"
#include "region.h"

/* Bytes [@offset, @offset + @n) of a segment, contents first, then zeros. */
static int copy_part(const struct kimage *image, const struct kexec_segment *segment,
		     void *dst, size_t offset, size_t n)
{
	size_t contents = offset < segment->bufsz ? min(n, segment->bufsz - offset) : 0;

	if (image->file_mode)
		memcpy(dst, segment->kbuf + offset, contents);
	else if (copy_from_user(dst, segment->buf + offset, contents))
		return -EFAULT;
	memset(dst + contents, 0, n - contents);
	return 0;
}

/* Be nice between two pieces, and give up when the caller is killed. */
static int pause_killable(void)
{
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

static int fill_linear(struct kimage *image, const struct kexec_segment *segment, size_t size,
		       void *dst)
{
	size_t offset, n;
	int ret = 0;

	for (offset = 0; offset < size && !ret; offset += n) {
		n = min_t(size_t, size - offset, KEXEC_WINDOW);
		ret = copy_part(image, segment, dst + offset, offset, n) ?: pause_killable();
	}
	return ret;
}

static int fill_region(struct kimage *image, const struct kexec_segment *segment, size_t size)
{
	size_t offset, n;
	int ret = 0;

	for (offset = 0; offset < size && !ret; offset += n) {
		struct kexec_range window;
		void *dst;

		n = min_t(size_t, size - offset, KEXEC_WINDOW);
		window.start = (u64)segment->mem + offset;
		window.end = window.start + n;
		dst = kexec_map_region(window);
		if (!dst)
			return -ENOMEM;
		ret = copy_part(image, segment, dst, offset, n) ?: pause_killable();
		kexec_unmap_region(dst, window);
	}
	return ret;
}

static int fill_pages(struct kimage *image, const struct kexec_segment *segment)
{
	unsigned int idx = segment - image->segment;
	unsigned long nr, pages = kimage_contents_pages(image, idx);
	kimage_entry_t *cursor = NULL;
	int ret = 0;

	for (nr = 0; nr < pages && !ret; nr++) {
		struct page *page = kimage_segment_page(image, idx, nr, &cursor);
		void *dst = kmap_local_page(page);

		ret = copy_part(image, segment, dst, nr << PAGE_SHIFT, PAGE_SIZE);
		kunmap_local(dst);
		if (!ret && !(nr % (KEXEC_WINDOW >> PAGE_SHIFT)))
			ret = pause_killable();
	}
	return ret;
}

/*
 * What came into place lacks the zeros up to the end of its last page, and is moved
 * down over what precedes it in the file if the segment begins there.
 */
static int fill_reused(struct kexec_segment *segment, size_t size, const struct kimage_file *file)
{
	void *start = (file->map ?: page_address(file->block.page)) +
		      (segment->mem - file->range.start);

	if (segment->kbuf != start)
		memmove(start, segment->kbuf, segment->bufsz);
	memset(start + segment->bufsz, 0, size - segment->bufsz);
	segment->kbuf = start;
	return 0;
}

/* Pages that were gathered one by one in place may be highmem. */
static bool is_linear(const struct kimage_place *place, size_t size)
{
	return size && place->in_place &&
	       (!IS_ENABLED(CONFIG_HIGHMEM) || place->claimed >= size >> PAGE_SHIFT);
}

static int fill_segment(struct kimage *image, struct kexec_segment *segment)
{
	unsigned int idx = segment - image->segment;
	struct kimage_place *place = &kimage_core(image)->place[idx];
	size_t size = kimage_contents_pages(image, idx) << PAGE_SHIFT;

	if (place->file)
		return fill_reused(segment, size, place->file);
	if (kimage_is_crash(image) && place->in_place)
		return fill_region(image, segment, size);
	if (is_linear(place, size))
		return fill_linear(image, segment, size, boot_phys_to_virt(segment->mem));
	return fill_pages(image, segment);
}

static const char *why_not_filled(int err)
{
	switch (err) {
	case -EFAULT:
		return "its buffer faults";
	case -EINTR:
		return "killed while it was copied";
	default:
		return "no memory to map it";
	}
}

/**
 * kimage_load_segment() - copy a segment's contents to its place
 * @image:   the image, placed
 * @segment: one of its segments
 *
 * Context: process; may fault.
 * Return: 0; -EFAULT when user space's buffer cannot be read, -EINTR when the
 * caller is killed, -ENOMEM.
 */
int kimage_load_segment(struct kimage *image, struct kexec_segment *segment)
{
	int ret = fill_segment(image, segment);

	if (!ret)
		return 0;
	return kexec_refuse(image, ret, "segment %td [mem %#lx-%#lx]: %s",
			    segment - image->segment, segment->mem,
			    segment->mem + segment->memsz - 1, why_not_filled(ret));
}

/* ---- a segment seen from the kernel ---- */

/**
 * kimage_map_segment() - map the memory that holds a segment until the jump
 * @image: a reboot image, placed
 * @idx:   the segment
 *
 * What is written to the mapping is what the next kernel finds.
 *
 * Context: process.
 * Return: the address, or NULL.
 */
void *kimage_map_segment(struct kimage *image, int idx)
{
	unsigned long nr, nr_pages = image->segment[idx].memsz >> PAGE_SHIFT;
	struct page **pages __free(kvfree) = NULL;
	kimage_entry_t *cursor = NULL;

	if (WARN_ON_ONCE(nr_pages != kimage_contents_pages(image, idx)))
		return NULL;
	if (kimage_core(image)->place[idx].in_place)
		return boot_phys_to_virt(image->segment[idx].mem);

	pages = kvmalloc_array(nr_pages, sizeof(*pages), GFP_KEXEC);
	if (!pages)
		return NULL;
	for (nr = 0; nr < nr_pages; nr++) {
		pages[nr] = kimage_segment_page(image, idx, nr, &cursor);
		if (WARN_ON_ONCE(!pages[nr]))
			return NULL;
	}
	return vmap(pages, nr_pages, VM_MAP, kexec_page_prot());
}

/**
 * kimage_unmap_segment() - end what kimage_map_segment() began
 * @buffer: what it returned
 *
 * Context: process.
 */
void kimage_unmap_segment(void *buffer)
{
	if (is_vmalloc_addr(buffer))
		vunmap(buffer);
}

/* ---- into the crash region, when the image is armed ---- */

/* A mapping this small is a matter of time only. */
static void *map_window(struct kexec_range window)
{
	void *vaddr;

	while (!(vaddr = kexec_map_region(window)))
		msleep(20);
	return vaddr;
}

static void copy_staged_segment(struct kimage *image, unsigned int idx)
{
	u64 start = image->segment[idx].mem;
	u64 end = start + ((u64)kimage_filled_pages(image, idx) << PAGE_SHIFT);
	kimage_entry_t *cursor = NULL;
	unsigned long nr = 0;
	u64 at;

	for (at = start; at < end; at += KEXEC_WINDOW) {
		struct kexec_range window = { at, min(at + KEXEC_WINDOW, end) };
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
 * kimage_copy_staged() - move what was staged into the crash region
 * @image: the image; nobody uses the image it takes the place of any more
 *
 * Cannot fail.  May be cut short at any instant by a panic that executes @image
 * by its entry list.
 *
 * Context: process, kexec_arm_mutex held.
 */
void kimage_copy_staged(struct kimage *image)
{
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++)
		if (!kimage_core(image)->place[i].in_place)
			copy_staged_segment(image, i);
}
