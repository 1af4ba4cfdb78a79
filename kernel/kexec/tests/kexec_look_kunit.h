/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test may ask of an image, and what it may pretend: the suites look here, not at
 * what is private to the core.  rig/review/private sees to that.
 */
#ifndef KERNEL_KEXEC_TESTS_LOOK_KUNIT_H
#define KERNEL_KEXEC_TESTS_LOOK_KUNIT_H

#include "../image.h"

/* kexec_test_NAME(image, segment) */
#define LOOK_AT_SEGMENT(type, name, value)						\
static inline type kexec_test_##name(const struct kimage *image, unsigned int segment)	\
{											\
	const struct kimage_place *place = &kimage_core(image)->place[segment];		\
											\
	return value;									\
}

/* All of its contents are, or will be, filled in where they are used. */
LOOK_AT_SEGMENT(bool, in_place, place->in_place)
/* How many of its pages, from the first, are the image's there ... */
LOOK_AT_SEGMENT(unsigned long, claimed, place->claimed)
/* ... the memory that they were claimed with, whose page is NULL where there is none ... */
LOOK_AT_SEGMENT(struct kimage_block, block, place->block)
/* ... and which of those behind; NULL where none was tried by itself. */
LOOK_AT_SEGMENT(const unsigned long *, owned, place->owned)
/* The file whose memory it took over, or NULL. */
LOOK_AT_SEGMENT(const struct kimage_file *, took_over, place->file)
/* What it is called. */
LOOK_AT_SEGMENT(const char *, role, place->role)
/* Its place, to be asked kimage_place_owns(). */
LOOK_AT_SEGMENT(const struct kimage_place *, place, place)

/* kexec_test_NAME(image) */
#define LOOK_AT_IMAGE(type, name, value)						\
static inline type kexec_test_##name(const struct kimage *image)			\
{											\
	const struct kimage_core *core = kimage_core(image);				\
											\
	return value;									\
}

/* The files, and contents that the loader makes: where each came to lie. */
LOOK_AT_IMAGE(const struct kimage_file *, kernel, &core->kernel)
LOOK_AT_IMAGE(const struct kimage_file *, initrd, &core->initrd)
LOOK_AT_IMAGE(const struct kimage_file *, made, &core->made)
/* What was found in a file that has the kernel inside. */
LOOK_AT_IMAGE(const struct kexec_parts *, parts, &core->parts)

/* Where the entry list begins; not const, as kimage_next_source() goes on from there. */
LOOK_AT_IMAGE(kimage_entry_t *, list, (kimage_entry_t *)&core->list)
LOOK_AT_IMAGE(const struct page *, zero_page, core->zero_page)
/* Pages that are not yet in the list, and those kept so that they are not had again. */
LOOK_AT_IMAGE(struct list_head *, sources, (struct list_head *)&core->source_pages)
LOOK_AT_IMAGE(struct list_head *, unusable, (struct list_head *)&core->unusable_pages)

/* Control pages in the crash region, and whether there are any elsewhere. */
LOOK_AT_IMAGE(const struct kimage_ranges *, control, &core->control)
LOOK_AT_IMAGE(bool, has_control_outside, !list_empty(&core->control_pages))
/* The armed image that it leaves intact, and whether it fits only when that has gone. */
LOOK_AT_IMAGE(const struct kimage *, predecessor, core->predecessor)
LOOK_AT_IMAGE(bool, evicts, core->evicts)
/* What a segment is rewritten from: so many pages, these, and the tables for it. */
LOOK_AT_IMAGE(unsigned long, nr_spare, core->nr_spare)
LOOK_AT_IMAGE(const struct list_head *, spare_pages, &core->spare_pages)
LOOK_AT_IMAGE(const struct list_head *, spare_tables, &core->spare_tables)

/* Where it comes from, where its time line is, and what there was no room for. */
LOOK_AT_IMAGE(const struct kimage_origin *, origin, &core->origin)
LOOK_AT_IMAGE(const void *, timeline, core->timeline)
#ifdef CONFIG_KEXEC_FILE
LOOK_AT_IMAGE(const struct kexec_buf *, no_room, &core->no_room)
#endif

/* ---- what is pretended ---- */

/* It is to be scattered, or may have contiguous memory. */
static inline void kexec_test_scatter(struct kimage *image, bool scattered)
{
	kimage_core(image)->scattered = scattered;
}

/* It is placed as if no crash image were armed. */
static inline void kexec_test_place_alone(struct kimage *image)
{
	kimage_core(image)->alone = true;
}

/* It is to leave that image intact. */
static inline void kexec_test_build_around(struct kimage *image, struct kimage *armed)
{
	kimage_core(image)->predecessor = armed;
}

static inline void kexec_test_say_in_place(struct kimage *image, bool in_place)
{
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++)
		kimage_core(image)->place[i].in_place = in_place;
}

/* As if it had been refused already: hundreds of refusals need not be read.  Or they are. */
static inline void kexec_test_hush(struct kimage *image, bool quiet)
{
	kimage_core(image)->refused = quiet;
}

#endif /* KERNEL_KEXEC_TESTS_LOOK_KUNIT_H */
