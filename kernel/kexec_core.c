// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interface of the core:
 * Copyright (C) 2002-2004 Eric Biederman  <ebiederm@xmission.com>
 */
/**
 * DOC: the road of an image
 *
 * Two system calls describe images, each in its own way (kexec.c, kexec_file.c).
 * From there on there is one road, kimage_build() and kimage_arm()::
 *
 *   check	can the segments be what they say they are?
 *   place	claim memory at their destinations, or find it elsewhere
 *   prepare	the architecture gets ready for the jump
 *   fill	copy the contents
 *   digest	digests, end of the list, the architecture's last word
 *   arm	one exchange of a pointer
 *
 * A step that fails says why and leaves an image that kimage_free() takes apart;
 * what was armed before has not been touched.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/kexec.h>
#include <linux/mm.h>
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "kexec_internal.h"
#include "kexec/arch.h"
#include "kexec/arm.h"
#include "kexec/digest.h"
#include "kexec/image.h"
#include "kexec/life.h"
#include "kexec/origin.h"
#include "kexec/pages.h"
#include "kexec/refuse.h"
#include "kexec/region.h"
#include "kexec/road.h"
#include "kexec/room.h"
#include "kexec/spare.h"
#include "kexec/timeline.h"

/* ---- the steps ---- */

/*
 * Destinations are addresses, not allocations; where memory has to be accepted
 * before it is used, nobody has done so for them.
 */
VISIBLE_IF_KUNIT
void kexec_accept(phys_addr_t start, unsigned long size)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_accept, start, size);
	accept_memory(start, size);
}

static void accept_destinations(const struct kimage *image)
{
	unsigned long i;

	for (i = 0; i < image->nr_segments; i++)
		kexec_accept(boot_phys_to_phys(image->segment[i].mem), image->segment[i].memsz);
}

/*
 * A preserve-context image swaps places with what runs now, so it needs both
 * places.
 */
static void claim_destinations(struct kimage *image)
{
	unsigned int i;

	if (kimage_core(image)->scattered || image->preserve_context || !kexec_runs_in_place())
		return;
	for (i = 0; i < image->nr_segments; i++)
		if (!kimage_core(image)->place[i].in_place)
			kimage_claim_segment(image, i);
}

static bool has_zeros_to_share(const struct kimage *image)
{
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++)
		if (kimage_contents_pages(image, i) < kimage_filled_pages(image, i))
			return true;
	return false;
}

static int refuse_control_pages(struct kimage *image, const char *what, size_t size)
{
	struct kexec_range region = kexec_region();

	if (!kimage_core(image)->region_full)
		return kexec_refuse(image, -ENOMEM, "no memory for %s, %zu bytes", what, size);
	return kexec_refuse(image, -ENOMEM,
			    "no room for %s, %zu bytes, in the crash region [mem %#llx-%#llx]",
			    what, size, region.start, region.end - 1);
}

static int place_zero_page(struct kimage *image)
{
	if (!has_zeros_to_share(image))
		return 0;
	kimage_core(image)->zero_page = kimage_alloc_control_pages(image, 0);
	if (!kimage_core(image)->zero_page)
		return refuse_control_pages(image, "a page of zeros", PAGE_SIZE);
	clear_page(page_address(kimage_core(image)->zero_page));
	return 0;
}

static int place_control_pages(struct kimage *image)
{
	image->control_code_page =
		kimage_alloc_control_pages(image, get_order(KEXEC_CONTROL_PAGE_SIZE));
	if (!image->control_code_page)
		return refuse_control_pages(image, "the control code", KEXEC_CONTROL_PAGE_SIZE);
	if (kimage_is_crash(image))
		return 0;
	image->swap_page = kimage_alloc_control_pages(image, 0);
	if (!image->swap_page)
		return refuse_control_pages(image, "the swap page", PAGE_SIZE);
	return 0;
}

static int road_place(struct kimage *image)
{
	int ret;

	accept_destinations(image);
	if (kimage_is_crash(image))
		kimage_place_in_region(image);
	else
		claim_destinations(image);
	ret = place_control_pages(image) ?: place_zero_page(image) ?:
		kimage_gather_pages(image) ?: kimage_build_list(image);
	if (!ret)
		kimage_place_spare(image);
	return ret;
}

/* The architecture says no more than an errno, and some say why in lines of their own. */
static const char *why_arch_cannot(const struct kimage *image, int err)
{
	switch (err) {
	case -ENOMEM:
		if (kimage_core(image)->region_full)
			return "no room for its control pages in the crash region";
		return "not enough memory";
	case -EBUSY:
		return "something that it needs is in use";
	case -ETXTBSY:
		return "a segment is where it has to run itself";
	case -EINVAL:
		return "it does not take these segments";
	default:
		return "it gives no reason";
	}
}

static int refuse_for_arch(struct kimage *image, int err, const char *what)
{
	return kexec_refuse(image, err, "the architecture cannot %s the image of %lu segments: %s",
			    what, image->nr_segments, why_arch_cannot(image, err));
}

static int road_prepare(struct kimage *image)
{
	int ret;

	kimage_core(image)->prepared = true;
	ret = machine_kexec_prepare(image);
	if (ret)
		return refuse_for_arch(image, ret, "get ready for the jump to");
	/* Some architectures touch the crash region up to here. */
	ret = kimage_crash_copy_vmcoreinfo(image);
	if (ret)
		return refuse_control_pages(image, "the copy of vmcoreinfo", VMCOREINFO_BYTES);
	return 0;
}

typedef bool (*segment_test_t)(const struct kimage *image, unsigned long i);

static int fill_those(struct kimage *image, segment_test_t wanted)
{
	unsigned long i;
	int ret = 0;

	for (i = 0; i < image->nr_segments && !ret; i++)
		if (wanted(image, i))
			ret = kimage_load_segment(image, &image->segment[i]);
	return ret;
}

static bool is_reused(const struct kimage *image, unsigned long i)
{
	return kimage_core(image)->place[i].file;
}

static bool is_plain(const struct kimage *image, unsigned long i)
{
	return !is_reused(image, i) && !kimage_is_purgatory(image, i);
}

/*
 * A file that was read into place may be moved a little, so that comes when
 * nobody reads it any more.  The digests go into the purgatory, so that is filled
 * when they are known.
 */
static int road_fill(struct kimage *image)
{
	return fill_those(image, is_plain) ?: fill_those(image, is_reused);
}

static int fill_purgatory(struct kimage *image)
{
	return fill_those(image, kimage_is_purgatory);
}

/*
 * The control pages of an image that fits just in place of the armed one are a
 * rehearsal so far.  By now nothing else is left that may fail, so that one goes; it
 * is the same that is got ready again, and in less memory.
 */
static int road_take_over(struct kimage *image)
{
	if (!kimage_core(image)->evicts)
		return 0;
	pr_notice("crash image: no room beside the armed one, which goes first\n");
	kimage_unprepare(image);
	kimage_drop_control_pages(image);
	kimage_evict_armed(image);
	return place_control_pages(image) ?: road_prepare(image);
}

static int post_load(struct kimage *image)
{
	int ret = kimage_post_load(image);

	if (ret)
		return refuse_for_arch(image, ret, "finish");
	kimage_map_measurements(image);
	kimage_map_timeline(image);
	return 0;
}

static int road_digest(struct kimage *image)
{
	int ret = kimage_store_digests(image) ?: fill_purgatory(image);

	if (ret)
		return ret;
	kimage_terminate(image);
	/* A staged crash image gets its list when it is armed. */
	if (!kimage_is_crash(image))
		image->head = kimage_core(image)->list;
	ret = road_take_over(image) ?: post_load(image);
	if (ret)
		return ret;
	kimage_free_page_list(&kimage_core(image)->unusable_pages);
	return 0;
}

/**
 * kimage_build() - take an image from its description to where it can be armed
 * @image: the image, described
 *
 * Context: process, kexec_load_mutex held.
 * Return: 0, or a negative errno; the log says why.
 */
int kimage_build(struct kimage *image)
{
	static const struct {
		enum kimage_step nr;
		int (*step)(struct kimage *image);
	} road[] = {
		{ KIMAGE_CHECK, sanity_check_segment_list },
		{ KIMAGE_PLACE, road_place },
		{ KIMAGE_PREPARE, road_prepare },
		{ KIMAGE_FILL, road_fill },
		{ KIMAGE_DIGEST, road_digest },
	};
	u64 unpacked = kimage_initrd_unpacked(image);
	int i, ret = 0;

	kimage_core(image)->region_size = kexec_range_size(kexec_region());
	kimage_end_step(image, KIMAGE_DESCRIBE, 0);
	for (i = 0; i < ARRAY_SIZE(road) && !ret; i++) {
		ret = road[i].step(image);
		kimage_end_step(image, road[i].nr, ret);
	}
	if (!ret)
		kimage_say_room(image, unpacked);
	return ret;
}
