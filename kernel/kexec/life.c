// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: the life of an image
 *
 * An image can be freed at every point of its road: what it has got so far is noted in
 * it, and kimage_free() takes it apart.
 */
#include <linux/kexec.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "../kexec_internal.h"
#include "files.h"
#include "image.h"
#include "life.h"
#include "origin.h"
#include "pages.h"
#include "region.h"
#include "timeline.h"

/**
 * do_kimage_alloc_init() - allocate an image with nothing in it
 *
 * Context: process.
 * Return: the image, or NULL.
 */
struct kimage *do_kimage_alloc_init(void)
{
	struct kimage_core *core = kzalloc_obj(*core, GFP_KEXEC);

	if (!core)
		return NULL;
	core->image.head = IND_DONE;
	core->entry = &core->list;
	core->last_entry = &core->list;
	INIT_LIST_HEAD(&core->control_pages);
	INIT_LIST_HEAD(&core->source_pages);
	INIT_LIST_HEAD(&core->unusable_pages);
	INIT_LIST_HEAD(&core->spare_pages);
	INIT_LIST_HEAD(&core->spare_tables);
	kimage_init_hotplug(&core->image, crash_hotplug_events());
	kimage_begin_origin(&core->image);
	return &core->image;
}

/* Every page outside the crash region. */
static void free_pages_of(struct kimage *image)
{
	unsigned int i;

	kimage_free_list(image);
	for (i = 0; i < KEXEC_SEGMENT_MAX; i++)
		kimage_free_place(image, i);
	kimage_free_files(image);
	kimage_free_page_list(&kimage_core(image)->source_pages);
	kimage_free_page_list(&kimage_core(image)->unusable_pages);
	kimage_free_page_list(&kimage_core(image)->control_pages);
	kimage_free_page_list(&kimage_core(image)->spare_pages);
	kimage_free_page_list(&kimage_core(image)->spare_tables);
}

/**
 * kimage_unprepare() - undo what the architecture did to get an image ready
 * @image: the image, at any point of its road
 *
 * Context: process; nobody can reach the image.
 */
void kimage_unprepare(struct kimage *image)
{
	vunmap(image->vmcoreinfo_data_copy);
	image->vmcoreinfo_data_copy = NULL;
	if (kimage_core(image)->prepared)
		machine_kexec_cleanup(image);
	kimage_core(image)->prepared = false;
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
	kimage_unmap_timeline(image);
	kimage_unprepare(image);
	if (image->file_mode)
		kimage_file_post_load_cleanup(image);
	free_pages_of(image);
	kfree(kimage_core(image)->control.range);
	kfree(kimage_core(image));
}
