// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interface for image loaders:
 * Copyright (C) 2014 Red Hat Inc.
 * Author: Vivek Goyal <vgoyal@redhat.com>
 */
/**
 * DOC: placing what an image loader describes
 *
 * kexec_file_load(2) leaves it to the kernel where segments go.  A loader names
 * size, alignment and limits with kexec_add_buffer() and is told the address at
 * once, since it has to write it into other segments.
 *
 * A kernel or an initrd is read to where it may be used, if memory can be had there,
 * and the segment that holds it is put there when the loader asks for it.  So it is
 * with contents that a loader makes, out of a compressed kernel.  For all others, and
 * when that guess was wrong, locate.c looks for a place.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/kexec.h>
#include <linux/kexec_unpack.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>
#include <trace/events/kexec.h>

#include "../kexec_internal.h"
#include "arch.h"
#include "available.h"
#include "files.h"
#include "image.h"
#include "pages.h"
#include "place.h"
#include "refuse.h"
#include "region.h"

/* ---- files that are read straight into place ---- */

static void *claim_for_file(struct kimage_file *file, struct kexec_buf *kbuf)
{
	struct kimage_place *place = kexec_buf_place(kbuf);

	if (!kexec_buf_claim(kbuf))
		return NULL;
	file->block = place->block;
	*place = (struct kimage_place) {};
	file->range.start = kbuf->mem;
	file->range.end = kbuf->mem + ((u64)file->block.nr_pages << PAGE_SHIFT);
	return page_address(file->block.page);
}

static void *map_for_file(struct kimage_file *file, struct kexec_buf *kbuf)
{
	struct kexec_hole want = kexec_buf_hole(kbuf, kexec_region());
	struct kexec_range range;

	if (kimage_core(kbuf->image)->alone) {
		if (!kimage_region_hole(kbuf->image, want, &range))
			file->kept = range;
		return NULL;
	}
	if (!kimage_region_has_room(kbuf->image, want, &range))
		return NULL;
	file->map = kexec_map_region(range);
	if (file->map)
		file->range = range;
	return file->map;
}

static void *place_file(struct kimage_file *file, struct kexec_buf *kbuf)
{
	if (!kbuf->bufsz || !kexec_chooses_places())
		return NULL;
	file->room = kbuf->memsz;
	return kimage_is_crash(kbuf->image) ? map_for_file(file, kbuf) : claim_for_file(file, kbuf);
}

/**
 * kimage_place_initrd() - find the initrd a place before it is read
 * @image: the image
 * @size:  bytes of the file
 *
 * The loader has not yet said where it wants the initrd, so this is a guess at
 * what every loader accepts; kexec_add_buffer() sees whether it was a good one.
 *
 * Context: process, kexec_load_mutex held.
 * Return: where to read the file to, with room for whole pages, or NULL when it has
 * to be read to somewhere else first.
 */
void *kimage_place_initrd(struct kimage *image, size_t size)
{
	struct kexec_buf kbuf = {
		.image = image,
		.bufsz = size,
		.memsz = PAGE_ALIGN(size),
		.buf_align = PAGE_SIZE,
		.buf_min = SZ_16M,
		.buf_max = ULONG_MAX,
		.top_down = true,
	};

	return place_file(&kimage_core(image)->initrd, &kbuf);
}

/* How much memory a kernel needs, at most, is some times the size of its file. */
#define KERNEL_UNPACKED	8

/**
 * kimage_place_kernel() - find the kernel a place before it is read
 * @image: the image
 * @size:  bytes of the file
 *
 * Most kernel files are a header and a payload that reaches to their end.  The
 * payload can stay where it is read to, but for being moved over the header, if
 * behind it there is room for what it will unpack to.
 *
 * Context: process, kexec_load_mutex held.
 * Return: as kimage_place_initrd().
 */
void *kimage_place_kernel(struct kimage *image, size_t size)
{
	struct kexec_buf kbuf = {
		.image = image,
		.bufsz = size,
		.memsz = PAGE_ALIGN(size) * KERNEL_UNPACKED,
		.buf_align = SZ_2M,
		.buf_min = SZ_16M,
		.buf_max = ULONG_MAX,
		.top_down = true,
	};

	/* Without shared zeros all of the guess would have to be claimed. */
	if (!kexec_shares_zeros() || kimage_is_crash(image))
		return NULL;
	return place_file(&kimage_core(image)->kernel, &kbuf);
}

/* ---- contents that a loader makes ---- */

/* A top for the search that cannot be guessed, if there is memory below it. */
static void *place_at_random(struct kimage_file *file, struct kexec_buf kbuf)
{
	struct kexec_range memory = { 0, PFN_PHYS(max_pfn) };
	struct kexec_range within;
	unsigned long slack;

	if (kimage_is_crash(kbuf.image))
		memory = kexec_region();
	within = kexec_buf_hole(&kbuf, memory).within;
	if (kexec_range_size(within) < kbuf.memsz + PAGE_SIZE)
		return NULL;
	slack = PHYS_PFN(kexec_range_size(within) - kbuf.memsz);
	kbuf.buf_max = within.start + kbuf.memsz - 1 + PFN_PHYS(get_random_u32_below(slack));
	return place_file(file, &kbuf);
}

static void *place_contents(struct kimage_file *file, struct kexec_buf kbuf, bool random)
{
	void *buf = random ? place_at_random(file, kbuf) : NULL;

	if (buf || !kexec_range_empty(file->kept))
		return buf;
	return place_file(file, &kbuf);
}

/*
 * What is not in place is copied, and so is an initrd that is not.  There has to be
 * memory for all of it now: later there is no way back to the file as it is.
 */
static void *alloc_buffer(struct kimage *image, size_t size)
{
	unsigned long nr_pages = 2 * PFN_UP(size);

	if (kexec_range_empty(kimage_core(image)->initrd.range))
		nr_pages += PFN_UP(image->initrd_buf_len);
	return kexec_may_take(nr_pages, false) ? __vmalloc(size, GFP_KEXEC) : NULL;
}

/**
 * kexec_alloc_contents() - get memory for contents that a loader makes itself
 * @kbuf:   the segment they will be: @bufsz bytes to make it of, @memsz that it is going to
 *	    have, its alignment and limits; @memsz becomes what there is room for
 * @random: rather at an address that cannot be guessed
 *
 * That is where they will run, if it can be had before they are made, else a buffer.
 * There is one such piece of memory for an image.  kexec_add_buffer() with contents
 * that lie in it puts the segment where they lie, if they begin at an address that is
 * aligned, else moves them to its start.  What no segment takes over is freed at the
 * end of the load.
 *
 * Context: process, kexec_load_mutex held, from kexec_file_ops.load.
 * Return: the memory, with room for whole pages; NULL when there is none.
 */
void *kexec_alloc_contents(struct kexec_buf *kbuf, bool random)
{
	struct kimage_core *core = kimage_core(kbuf->image);

	kbuf->memsz = PAGE_ALIGN(max(kbuf->memsz, kbuf->bufsz));
	kbuf->buf_align = max(kbuf->buf_align, PAGE_SIZE);
	core->made_len = PAGE_ALIGN(kbuf->bufsz);
	core->made_buf = place_contents(&core->made, *kbuf, random) ?:
			 alloc_buffer(kbuf->image, core->made_len);
	return core->made_buf;
}

/**
 * kexec_free_contents() - give back what kexec_alloc_contents() got
 * @image: the image, no segment of which has the contents
 *
 * Context: process, kexec_load_mutex held.
 */
void kexec_free_contents(struct kimage *image)
{
	struct kimage_core *core = kimage_core(image);

	kimage_drop_file(image, &core->made, &core->made_buf);
	core->made = (struct kimage_file) {};
}

/* ---- ... and what becomes of them ---- */

/* A longer header is more than a header. */
#define HEADER_MAX	SZ_64K

/* Is a segment's contents all of a file, but for a header? */
static bool is_contents_of(const struct kexec_buf *kbuf, const void *file, size_t size)
{
	return kbuf->buffer >= file && kbuf->buffer <= file + HEADER_MAX &&
	       kbuf->buffer + kbuf->bufsz == file + size;
}

static bool lies_within(const struct kexec_buf *kbuf, const void *memory, size_t size)
{
	return memory && kbuf->buffer >= memory && kbuf->buffer + kbuf->bufsz <= memory + size;
}

static struct kimage_file *file_of(struct kexec_buf *kbuf)
{
	struct kimage *image = kbuf->image;

	if (is_contents_of(kbuf, image->kernel_buf, image->kernel_buf_len))
		return &kimage_core(image)->kernel;
	if (is_contents_of(kbuf, image->initrd_buf, image->initrd_buf_len))
		return &kimage_core(image)->initrd;
	if (lies_within(kbuf, kimage_core(image)->made_buf, kimage_core(image)->made_len))
		return &kimage_core(image)->made;
	return NULL;
}

/* A header is skipped by moving what follows it, but where that is aligned anyway. */
static u64 offset_of(const struct kexec_buf *kbuf, const struct kimage_file *file)
{
	const struct kimage *image = kbuf->image;
	u64 offset;

	if (file != &kimage_core(image)->made)
		return 0;
	offset = kbuf->buffer - kimage_core(image)->made_buf;
	return IS_ALIGNED(offset, kbuf->buf_align) ? offset : 0;
}

/* May a segment be where its file was read to? */
static bool can_reuse(struct kexec_buf *kbuf, const struct kimage_file *file,
		      struct kexec_range range, u64 offset)
{
	struct kexec_range limits = kexec_range_inclusive(kbuf->buf_min, kbuf->buf_max);

	if (offset + kbuf->memsz > file->room || !kexec_range_contains(limits, range))
		return false;
	if (!IS_ALIGNED(range.start, kbuf->buf_align))
		return false;
	if (kexec_range_empty(file->kept) &&
	    offset + ((u64)kexec_buf_pages(kbuf) << PAGE_SHIFT) > kexec_range_size(file->range))
		return false;
	return !kimage_is_destination_range(kbuf->image, range.start, range.end - 1) &&
	       !kexec_excluded_by_arch(kbuf->image, range.start, range.end - 1);
}

/* Does the loader want the contents of a file where they already are? */
static bool reuse_file(struct kexec_buf *kbuf)
{
	struct kimage_file *file = file_of(kbuf);
	struct kexec_range range;
	u64 offset;

	if (!file || kexec_range_empty(file->range) || kbuf->mem != KEXEC_BUF_MEM_UNKNOWN)
		return false;
	offset = offset_of(kbuf, file);
	range.start = file->range.start + offset;
	range.end = range.start + kbuf->memsz;
	if (!can_reuse(kbuf, file, range, offset))
		return false;
	kbuf->mem = range.start;
	kexec_buf_place(kbuf)->file = file;
	kexec_buf_place(kbuf)->claimed = kexec_buf_pages(kbuf);
	return true;
}

/* ... or where it would have been read to? */
static bool use_kept_place(struct kexec_buf *kbuf)
{
	struct kimage_file *file = file_of(kbuf);
	struct kexec_range range;
	u64 offset;

	if (!file || kexec_range_empty(file->kept) || kbuf->mem != KEXEC_BUF_MEM_UNKNOWN)
		return false;
	offset = offset_of(kbuf, file);
	range.start = file->kept.start + offset;
	range.end = range.start + kbuf->memsz;
	if (!can_reuse(kbuf, file, range, offset))
		return false;
	kbuf->mem = range.start;
	file->kept = (struct kexec_range) {};
	return true;
}

/* ---- the loaders' entrance ---- */

static void add_segment(struct kexec_buf *kbuf)
{
	struct kimage *image = kbuf->image;
	struct kimage_place *place = kexec_buf_place(kbuf);

	place->uncleared = kbuf->uncleared;
	place->in_place = place->claimed && place->claimed >= kexec_buf_pages(kbuf);
	image->segment[image->nr_segments++] = (struct kexec_segment) {
		.kbuf = kbuf->buffer,
		.bufsz = kbuf->bufsz,
		.mem = kbuf->mem,
		.memsz = kbuf->memsz,
	};
	trace_kexec_place(image->type, image->nr_segments - 1, kbuf->mem, kbuf->memsz,
			  place->in_place);
}

/**
 * kexec_add_buffer() - add a segment to an image and find it a place
 * @kbuf: contents and wishes; @kbuf->mem is set to the destination,
 *	  @kbuf->memsz and @kbuf->buf_align are rounded up to pages
 *
 * The contents are read when the image is filled and stay the caller's.
 *
 * Context: process, kexec_load_mutex held, from kexec_file_ops.load or before it.
 * Return: 0; -EINVAL when the image is not a loader's, already has
 * KEXEC_SEGMENT_MAX segments or control pages; -EADDRNOTAVAIL when there is no
 * place within the limits, -ENOMEM when there is no memory to look for one.
 */
int kexec_add_buffer(struct kexec_buf *kbuf)
{
	struct kimage *image = kbuf->image;
	int ret;

	if (!image->file_mode)
		return kexec_refuse(image, -EINVAL, "its segments are user space's to place");
	if (image->nr_segments >= KEXEC_SEGMENT_MAX)
		return kexec_refuse(image, -EINVAL, "more than %d segments", KEXEC_SEGMENT_MAX);
	if (WARN_ON_ONCE(image->control_code_page))
		return kexec_refuse(image, -EINVAL, "a segment after the control pages");

	/* A loader may have dropped its last segment to try another place. */
	kimage_free_place(image, image->nr_segments);

	kbuf->memsz = PAGE_ALIGN(kbuf->memsz);
	kbuf->buf_align = max(kbuf->buf_align, PAGE_SIZE);
	kbuf->cma = NULL;

	if (!reuse_file(kbuf) && !use_kept_place(kbuf)) {
		ret = arch_kexec_locate_mem_hole(kbuf);
		if (ret) {
			/* No refusal yet: loaders try again with other limits. */
			kimage_core(image)->no_room = *kbuf;
			return ret;
		}
	}
	add_segment(kbuf);
	return 0;
}
