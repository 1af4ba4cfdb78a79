// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: the life of an image
 *
 * Two system calls describe images, each in its own way (kexec.c, kexec_file.c).
 * From there on there is one road, kimage_build() and kimage_arm():
 *
 *   check	can the segments be what they say they are?
 *   place	claim memory at their destinations, or find it elsewhere
 *   prepare	the architecture gets ready for the jump
 *   fill	copy the contents
 *   seal	digests, end of the list, the architecture's last word
 *   arm	one exchange of a pointer
 *
 * A step that fails says why and leaves an image that kimage_free() takes apart;
 * what was armed before has not been touched.
 *
 * A panic executes the armed crash image (crash_core.c), reboot(2) the other
 * one, here.  Executing takes the image out of everybody's reach first; what is
 * loaded or unloaded in the meantime is none of its business, and a panic on the
 * way down finds the crash image as before.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/kexec.h>
#include <linux/kmsg_dump.h>
#include <linux/liveupdate.h>
#include <linux/mm.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/syscore_ops.h>
#include <linux/vmalloc.h>
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#define CREATE_TRACE_POINTS
#include <trace/events/kexec.h>

#include "kexec_internal.h"

bool kexec_in_progress;
struct kimage *kexec_reboot_image;
bool kexec_file_dbg_print;

/* ---- allocation and release ---- */

/**
 * do_kimage_alloc_init() - allocate an image with nothing in it
 *
 * Context: process.
 * Return: the image, or NULL.
 */
struct kimage *do_kimage_alloc_init(void)
{
	struct kimage *image = kzalloc_obj(*image, GFP_KEXEC);

	if (!image)
		return NULL;
	image->head = IND_DONE;
	image->entry = &image->list;
	image->last_entry = &image->list;
	INIT_LIST_HEAD(&image->control_pages);
	INIT_LIST_HEAD(&image->source_pages);
	INIT_LIST_HEAD(&image->unusable_pages);
	INIT_LIST_HEAD(&image->spare_pages);
	INIT_LIST_HEAD(&image->spare_tables);
	kimage_init_hotplug(image);
	return image;
}

/* Undoes prepare(), as far as that has come. */
static void unprepare(struct kimage *image)
{
	vunmap(image->vmcoreinfo_data_copy);
	image->vmcoreinfo_data_copy = NULL;
	if (image->prepared)
		machine_kexec_cleanup(image);
	image->prepared = false;
}

/**
 * kimage_free() - free an image and all that hangs on it
 * @image: the image, at any point of its road; may be NULL
 *
 * Context: process; nobody can reach the image any more.
 */
void kimage_free(struct kimage *image)
{
	if (!image)
		return;
	kimage_unmap_measurements(image);
	unprepare(image);
	if (image->file_mode)
		kimage_file_post_load_cleanup(image);
	kimage_free_pages(image);
	kfree(image->held.range);
	kfree(image);
}

/**
 * kimage_abandon() - free an image that does not get as far as to be armed
 * @image: the image; may be NULL
 *
 * Context: process, kexec_load_mutex held; takes kexec_arm_mutex.
 */
void kimage_abandon(struct kimage *image)
{
	bool crash = image && kimage_is_crash(image);

	kimage_free(image);
	if (!crash)
		return;
	guard(mutex)(&kexec_arm_mutex);
	kexec_end_unarmed();
	kexec_protect_region();
}

/* ---- the steps ---- */

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
	return kimage_file_in_the_way(self, candidate, hit);
}

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

	if (image->scattered || image->preserve_context || !kexec_runs_in_place())
		return;
	for (i = 0; i < image->nr_segments; i++)
		if (!image->place[i].in_place)
			kimage_claim_segment(image, i);
}

static bool has_zeros_to_share(const struct kimage *image)
{
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++)
		if (kimage_contents_pages(image, i) < image->segment[i].memsz >> PAGE_SHIFT)
			return true;
	return false;
}

static int refuse_control_pages(struct kimage *image, const char *what, size_t size)
{
	struct kexec_range region = kexec_region();

	if (!kimage_is_crash(image))
		return kexec_refuse(image, -ENOMEM, "no memory for %s, %zu bytes", what, size);
	return kexec_refuse(image, -ENOMEM,
			    "no room for %s, %zu bytes, in the crash region [mem %#llx-%#llx]%s",
			    what, size, region.start, region.end - 1,
			    image->beside ? " beside the armed image" : "");
}

static int place_zero_page(struct kimage *image)
{
	if (!has_zeros_to_share(image))
		return 0;
	image->zero_page = kimage_alloc_control_pages(image, 0);
	if (!image->zero_page)
		return refuse_control_pages(image, "a page of zeros", PAGE_SIZE);
	clear_page(page_address(image->zero_page));
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

static int place(struct kimage *image)
{
	accept_destinations(image);
	if (kimage_is_crash(image))
		kimage_place_in_region(image);
	else
		claim_destinations(image);
	return place_control_pages(image) ?: place_zero_page(image) ?:
		kimage_gather_pages(image) ?: kimage_build_list(image) ?:
		kimage_place_spare(image);
}

/* The architecture says no more than an errno, and some say why in lines of their own. */
static const char *why_arch_cannot(const struct kimage *image, int err)
{
	switch (err) {
	case -ENOMEM:
		if (kimage_is_crash(image))
			return "no room for its control pages in the crash region";
		return "no memory for its control pages";
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

static int prepare(struct kimage *image)
{
	int ret;

	image->prepared = true;
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

static bool is_adopted(const struct kimage *image, unsigned long i)
{
	return image->place[i].adopted;
}

static bool is_plain(const struct kimage *image, unsigned long i)
{
	return !is_adopted(image, i) && !kimage_is_purgatory(image, i);
}

/*
 * A file that was read into place may be moved a little, so that comes when
 * nobody reads it any more.  The digests go into the purgatory, so that is filled
 * when they are known.
 */
static int fill(struct kimage *image)
{
	return fill_those(image, is_plain) ?: fill_those(image, is_adopted);
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
static int take_over(struct kimage *image)
{
	if (!image->ousts)
		return 0;
	pr_notice("crash image: no room beside the armed one, which goes first\n");
	unprepare(image);
	kimage_drop_region_pages(image);
	kimage_oust(image);
	return place_control_pages(image) ?: prepare(image);
}

static int post_load(struct kimage *image)
{
	int ret = kimage_post_load(image);

	if (ret)
		return refuse_for_arch(image, ret, "finish");
	kimage_map_measurements(image);
	return 0;
}

static int seal(struct kimage *image)
{
	int ret = kimage_store_digests(image) ?: fill_purgatory(image);

	if (ret)
		return ret;
	kimage_terminate(image);
	/* A staged crash image gets its list when it is armed. */
	if (!kimage_is_crash(image))
		image->head = image->list;
	ret = take_over(image) ?: post_load(image);
	if (ret)
		return ret;
	kimage_free_page_list(&image->unusable_pages);
	kimage_free_page_list(&image->source_pages);
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
		const char *name;
		int (*step)(struct kimage *image);
	} road[] = {
		{ "check", sanity_check_segment_list },
		{ "place", place },
		{ "prepare", prepare },
		{ "fill", fill },
		{ "seal", seal },
	};
	int i, ret = 0;

	for (i = 0; i < ARRAY_SIZE(road) && !ret; i++) {
		trace_kexec_step(image->type, road[i].name);
		ret = road[i].step(image);
	}
	return ret;
}

/* ---- reboot ---- */

static int reboot_into(struct kimage *image)
{
	int ret = liveupdate_reboot();

	if (ret)
		return kexec_refuse(NULL, ret,
				    "reboot: live update cannot save what it preserves, and has undone what it did");

	/* IMA adds what it has measured since the load to this image, and to no other. */
	kexec_reboot_image = image;
	kexec_in_progress = true;
	kernel_restart_prepare("kexec reboot");
	migrate_to_reboot_cpu();
	syscore_shutdown();
	/* migrate_to_reboot_cpu() has forbidden CPU hotplug, machine_shutdown() needs it. */
	cpu_hotplug_enable();
	pr_notice("Starting new kernel\n");
	machine_shutdown();
	kmsg_dump(KMSG_DUMP_SHUTDOWN);
	machine_kexec(image);
	return 0;
}

/**
 * kernel_kexec() - execute the loaded reboot image
 *
 * Context: process, system_transition_mutex held.
 * Return: only when nothing was executed or a preserve-context image came back:
 * 0 in the latter case; -EINVAL when no image is loaded; -EBUSY when tasks cannot
 * be frozen; what live update or a device says that cannot go along.
 */
int kernel_kexec(void)
{
	struct kimage *image = kimage_take();
	int ret;

	if (!image)
		return kexec_refuse(NULL, -EINVAL, "reboot: no image is loaded");
	ret = image->preserve_context ? kexec_jump(image) : reboot_into(image);
	kimage_put_back(image);
	return ret;
}
