// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: the geometry of an image
 *
 * What of an image goes where, and what is in the way of what: pure functions on its
 * description, which change nothing and may be called at any time.
 */
#include <linux/bitmap.h>
#include <linux/kexec.h>
#include <linux/mm.h>

#include "../kexec_internal.h"
#include "arch.h"
#include "image.h"

/**
 * kimage_is_destination_range() - does anything of an image go here?
 * @image: the image
 * @start: first byte, boot-physical
 * @end:   last byte
 *
 * Context: any.
 * Return: 1 if a segment's destination overlaps [@start, @end], else 0.
 */
int kimage_is_destination_range(struct kimage *image, unsigned long start, unsigned long end)
{
	struct kexec_range range = kexec_range_inclusive(start, end);
	unsigned long i;

	for (i = 0; i < image->nr_segments; i++)
		if (kexec_range_overlaps(range, kexec_segment_range(&image->segment[i])))
			return 1;
	return 0;
}

/**
 * kimage_file_is_reused() - has a segment taken over the memory that a file was read to?
 * @image: the image
 * @file:  its kernel or initrd
 *
 * Context: any.
 * Return: true when one has.
 */
bool kimage_file_is_reused(const struct kimage *image, const struct kimage_file *file)
{
	unsigned long i;

	for (i = 0; i < image->nr_segments; i++)
		if (kimage_core(image)->place[i].file == file)
			return true;
	return false;
}

/* A file with a kernel that was taken out of it. */
static bool file_is_done_with(const struct kimage *image, const struct kimage_file *file)
{
	const struct kimage_core *core = kimage_core(image);

	return file == &core->kernel && kimage_file_is_reused(image, &core->made);
}

/*
 * Until a segment takes it over, a file's place is as large as that might be.  From then
 * on what is left of it is in nobody's way, unless it is memory that the image owns.
 */
static struct kexec_range file_extent(const struct kimage *image, const struct kimage_file *file)
{
	struct kexec_range range = kexec_range_empty(file->kept) ? file->range : file->kept;

	if (kimage_file_is_reused(image, file))
		return file->block.page ? range : (struct kexec_range) {};
	if (!kexec_range_empty(range) && !file_is_done_with(image, file))
		range.end = range.start + file->room;
	return range;
}

static bool file_in_the_way(const struct kimage *image, struct kexec_range candidate,
			    struct kexec_range *hit)
{
	const struct kimage_file *files[] = {
		&kimage_core(image)->kernel,
		&kimage_core(image)->initrd,
		&kimage_core(image)->made,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		*hit = file_extent(image, files[i]);
		if (kexec_range_overlaps(candidate, *hit))
			return true;
	}
	return false;
}

/**
 * kimage_in_the_way() - is a place taken by what an image has described so far?
 * @image:     the image
 * @candidate: the place
 * @hit:       set to what is in the way
 *
 * A kexec_conflict_t.
 *
 * Context: any.
 * Return: true when it is.
 */
bool kimage_in_the_way(void *image, struct kexec_range candidate, struct kexec_range *hit)
{
	struct kimage *self = image;
	unsigned long i;

	for (i = 0; i < self->nr_segments; i++) {
		*hit = kexec_segment_range(&self->segment[i]);
		if (kexec_range_overlaps(candidate, *hit))
			return true;
	}
	return file_in_the_way(self, candidate, hit);
}

/**
 * kimage_pages_needed() - pages that a segment needs memory of its own for
 * @image: the image
 * @bufsz: bytes of contents
 * @memsz: bytes in all, whole pages
 * @uncleared: what is behind the contents need not be zero
 *
 * What is behind the contents is zero and shares a page, or is nothing at all.  Not
 * so for a segment without any contents: that is memory which somebody is going to
 * write to.
 *
 * Context: any.
 * Return: their number, at most that of the whole segment.
 */
unsigned long kimage_pages_needed(const struct kimage *image, size_t bufsz, size_t memsz,
				  bool uncleared)
{
	bool zeros_take_pages = !kexec_shares_zeros() || image->preserve_context ||
				kimage_is_crash(image);

	if (!bufsz || (zeros_take_pages && !uncleared))
		return memsz >> PAGE_SHIFT;
	return PFN_UP(bufsz);
}

/**
 * kimage_contents_pages() - kimage_pages_needed() for a segment that an image has
 * @image: the image
 * @idx:   the segment
 *
 * Context: any.
 * Return: their number, at most that of the whole segment.
 */
unsigned long kimage_contents_pages(const struct kimage *image, unsigned int idx)
{
	return kimage_pages_needed(image, image->segment[idx].bufsz, image->segment[idx].memsz,
				   kimage_core(image)->place[idx].uncleared);
}

/**
 * kimage_filled_pages() - how many pages of a segment are to have a certain content
 * @image: the image
 * @idx:   the segment
 *
 * Context: any.
 * Return: their number from its start, the zeros behind its contents among them; the
 * rest need not be written.
 */
unsigned long kimage_filled_pages(const struct kimage *image, unsigned int idx)
{
	if (kimage_core(image)->place[idx].uncleared)
		return kimage_contents_pages(image, idx);
	return kimage_segment_pages(image, idx);
}

/**
 * kimage_place_owns() - does an image own a page of a segment at its destination?
 * @place: how the segment comes there
 * @nr:    the page, counted from the segment's start
 *
 * Context: any.
 * Return: true when it does.
 */
bool kimage_place_owns(const struct kimage_place *place, unsigned long nr)
{
	return nr < place->claimed || (place->owned && test_bit(nr, place->owned));
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
	const struct kimage_place *place = &kimage_core(image)->place[idx];

	return nr < kimage_contents_pages(image, idx) &&
	       (place->in_place || kimage_place_owns(place, nr));
}

/**
 * kimage_pages_in_place() - how much of a segment's contents need not be copied
 * @image: the image
 * @idx:   the segment
 *
 * Context: any.
 * Return: pages of its contents that are, or will be, filled in where they run.
 */
unsigned long kimage_pages_in_place(const struct kimage *image, unsigned int idx)
{
	const struct kimage_place *place = &kimage_core(image)->place[idx];

	return place->in_place ? kimage_contents_pages(image, idx) : place->nr_owned;
}
