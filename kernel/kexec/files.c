// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: what an image needs of its files while it is loaded
 *
 * Buffers, and memory that a file was read to, with the ways to give them back:
 * at the end of a load, or wherever it is given up.  While they are there they tell
 * which segment is what.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/kexec.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "../kexec_internal.h"
#include "files.h"
#include "image.h"
#include "pages.h"
#include "region.h"

/* ---- which segment is what ---- */

static bool lies_in(const void *contents, const void *file, size_t len)
{
	return file && contents >= file && contents < file + len;
}

static bool is_of_kernel(const struct kimage *image, const void *contents)
{
	const struct kimage_core *core = kimage_core(image);

	return lies_in(contents, image->kernel_buf, image->kernel_buf_len) ||
	       lies_in(contents, core->made_buf, core->made_len);
}

static const char *role_of(const struct kimage *image, unsigned long i)
{
	const struct kexec_segment *segment = &image->segment[i];

	if (kimage_is_purgatory(image, i))
		return "purgatory";
	if (is_of_kernel(image, segment->kbuf))
		return "kernel";
	if (lies_in(segment->kbuf, image->initrd_buf, image->initrd_buf_len))
		return "initrd";
	if (lies_in(segment->kbuf, image->elf_headers, image->elf_headers_sz))
		return "elfcorehdr";
	if (kimage_is_ima_segment(image, i))
		return "measurements";
	if (segment == image->kho.scratch)
		return "scratch";
	if (image->kho.fdt && segment->mem == image->kho.fdt)
		return "handover";
	if (image->dm_crypt_keys_addr && segment->mem == image->dm_crypt_keys_addr)
		return "keys";
	return NULL;
}

/**
 * kimage_note_roles() - note what each segment is, as far as that can be told
 * @image: the image, described; its buffers are still there to tell by
 *
 * Context: process, kexec_load_mutex held.
 */
void kimage_note_roles(struct kimage *image)
{
	unsigned long i;

	for (i = 0; i < image->nr_segments; i++)
		kimage_core(image)->place[i].role = role_of(image, i) ?:
						    kimage_core(image)->place[i].role;
}

/* ---- what goes at the end of a load ---- */

/**
 * kimage_release_file() - end the kernel's access to a file read into place
 * @image: the image
 * @file:  its kernel or initrd
 *
 * Memory that no segment has taken over goes back.
 *
 * Context: process.
 */
void kimage_release_file(struct kimage *image, struct kimage_file *file)
{
	if (file->map)
		kexec_unmap_region(file->map, file->range);
	file->map = NULL;
	if (kimage_file_is_reused(image, file))
		return;
	kimage_free_block(&file->block);
	file->range = (struct kexec_range) {};
}

/**
 * kimage_free_files() - give back the memory that files were read to
 * @image: the image
 *
 * Context: process.
 */
void kimage_free_files(struct kimage *image)
{
	kimage_free_block(&kimage_core(image)->kernel.block);
	kimage_free_block(&kimage_core(image)->initrd.block);
	kimage_free_block(&kimage_core(image)->made.block);
}

/**
 * kexec_image_post_load_cleanup_default() - have the loader free its data
 * @image: the image
 *
 * Context: process.
 * Return: what the loader says, 0 if it has nothing to say.
 */
int kexec_image_post_load_cleanup_default(struct kimage *image)
{
	if (image->fops && image->fops->cleanup)
		return image->fops->cleanup(image->image_loader_data);
	return 0;
}

/**
 * kexec_free_buffer() - free a buffer
 * @buf: anywhere in it; or NULL
 *
 * Context: process.
 */
void kexec_free_buffer(void *buf)
{
	struct vm_struct *area;

	if (!buf)
		return;
	area = find_vm_area(buf);
	if (!WARN_ON_ONCE(!area))
		vfree(area->addr);
}

/**
 * kimage_drop_file() - give back a file's memory, in place or not
 * @image: the image
 * @file:  its place
 * @buf:   where it is; set to NULL
 *
 * Context: process.
 */
void kimage_drop_file(struct kimage *image, struct kimage_file *file, void **buf)
{
	if (kexec_range_empty(file->range))
		kexec_free_buffer(*buf);
	else
		kimage_release_file(image, file);
	*buf = NULL;
}

/* The kernel, or the file that it was inside and what was unpacked of that. */
static void drop_kernel(struct kimage *image)
{
	struct kimage_core *core = kimage_core(image);

	if (!core->nr_layer_bufs) {
		kimage_drop_file(image, &core->kernel, &image->kernel_buf);
		return;
	}
	image->kernel_buf = NULL;
	while (--core->nr_layer_bufs)
		vfree(core->layer_buf[core->nr_layer_bufs]);
	kimage_drop_file(image, &core->kernel, &core->layer_buf[0]);
}

/* An initrd that is used where it lies in the kernel's file goes with that. */
static void drop_initrd(struct kimage *image)
{
	struct kimage_core *core = kimage_core(image);

	if (image->initrd_buf == core->parts.initrd.data)
		image->initrd_buf = NULL;
	kimage_drop_file(image, &core->initrd, &image->initrd_buf);
}

/**
 * kimage_file_post_load_cleanup() - free what an image needs only while loading
 * @image: the image; may be called again
 *
 * Context: process.
 */
void kimage_file_post_load_cleanup(struct kimage *image)
{
	struct purgatory_info *pi = &image->purgatory_info;

	drop_kernel(image);
	drop_initrd(image);
	kimage_drop_file(image, &kimage_core(image)->made, &kimage_core(image)->made_buf);
	kfree(image->cmdline_buf);
	image->cmdline_buf = NULL;

	vfree(pi->purgatory_buf);
	pi->purgatory_buf = NULL;
	vfree(pi->sechdrs);
	pi->sechdrs = NULL;

	arch_kimage_file_post_load_cleanup(image);
	kfree(image->image_loader_data);
	image->image_loader_data = NULL;
}
