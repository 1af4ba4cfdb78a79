// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: unwrapping a kernel file
 *
 * What people have is often not a kernel but a file with a kernel in it: a unified
 * kernel image, an EFI zboot image, a compressed file.  It is taken apart here, layer by
 * layer, before a format's loader is looked for; wrapped.c knows where things are.
 *
 * The signature of the whole file has been looked at by then (kimage_check_signature()),
 * and is not looked for inside: what is signed is all that is used, or nothing is.
 *
 * The kernel, or what is packed, stays where it is in the file until the load is over.
 * An initrd that came with it is in place already (shared.c), or is copied to where it will
 * be used, and what user space hands in is read in behind it, for early microcode has to be
 * first.  The command line is
 *
 *	the caller's	if there is one, and nothing requires a signature
 *	the file's own	else, if it has one
 *
 * so that signing a file means to say how it is to be run.
 *
 * What is odd about a file is -ENOEXEC.  Nothing of a file is changed.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/array_size.h>
#include <linux/kexec.h>
#include <linux/security.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "available.h"
#include "image.h"
#include "origin.h"
#include "pages.h"
#include "policy.h"
#include "refuse.h"
#include "unwrap.h"
#include "wrapped.h"

/**
 * struct layer - a kind of file with a kernel in it
 * @name:       what it is called in the log
 * @is_one:     is it such a file?
 * @take_apart: find its parts; NULL for
 * @find_packed: find what has to be unpacked
 */
struct layer {
	const char *name;
	bool (*is_one)(const u8 *file, size_t len);
	const char *(*take_apart)(const u8 *file, size_t len, struct kexec_parts *parts);
	const char *(*find_packed)(const u8 *file, size_t len, struct kexec_packed *packed);
};

static const struct layer layers[] = {
	{ "unified kernel image", kexec_is_uki, .take_apart = kexec_uki_parse },
	{ "EFI zboot image", kexec_is_zboot, .find_packed = kexec_zboot_parse },
	{ "compressed file", kexec_is_packed, .find_packed = kexec_packed_parse },
};

static const struct layer *find_layer(const struct kimage *image)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(layers); i++)
		if (layers[i].is_one(image->kernel_buf, image->kernel_buf_len))
			return &layers[i];
	return NULL;
}

/**
 * kimage_is_wrapped() - is the kernel inside another file?
 * @image: the image, its kernel file read
 *
 * Context: process.
 * Return: whether kimage_unwrap() has something to do.
 */
bool kimage_is_wrapped(const struct kimage *image)
{
	return find_layer(image);
}

/* ---- a layer ---- */

static int refuse_layer(struct kimage *image, const struct layer *layer, const char *why)
{
	return kexec_refuse(image, -ENOEXEC, "%s of %lu bytes: %s", layer->name,
			    image->kernel_buf_len, why);
}

/* The whole file is not where its kernel could stay. */
static void hold_file(struct kimage *image)
{
	struct kimage_core *core = kimage_core(image);

	if (core->nr_layer_bufs)
		return;
	core->layer_buf[core->nr_layer_bufs++] = image->kernel_buf;
	core->kernel.room = 0;
}

static int take_apart(struct kimage *image, const struct layer *layer)
{
	struct kexec_parts *parts = &kimage_core(image)->parts;
	const char *why;

	if (parts->kernel.data)
		return refuse_layer(image, layer, "it is inside of another one");
	why = layer->take_apart(image->kernel_buf, image->kernel_buf_len, parts);
	if (why)
		return refuse_layer(image, layer, why);
	hold_file(image);
	image->kernel_buf = (void *)parts->kernel.data;
	image->kernel_buf_len = parts->kernel.len;
	kexec_dprintk("%s: kernel of %zu bytes, initrd of %zu and %zu, command line of %zu\n",
		      layer->name, parts->kernel.len, parts->ucode.len, parts->initrd.len,
		      parts->cmdline.len);
	return 0;
}

static int refuse_packed(struct kimage *image, const struct layer *layer, int err,
			 const struct kexec_packed *packed)
{
	const char *format = kexec_packed_format(packed);

	if (err == -EINTR)
		return kexec_refuse(image, err, "killed while the kernel was unpacked");
	if (err == -ENOMEM)
		return kexec_refuse(image, err, "no memory to unpack the kernel's %zu bytes (%s)",
				    packed->size, format);
	if (err == -EOPNOTSUPP)
		return kexec_refuse(image, -ENOEXEC,
				    "%s: what would unpack its %zu bytes (%s) is not built into this kernel",
				    layer->name, packed->len, format);
	return kexec_refuse(image, -ENOEXEC, "%s: its %zu bytes (%s) do not unpack to %zu",
			    layer->name, packed->len, format, packed->size);
}

static int unwrap_unpack(struct kimage *image, const struct layer *layer)
{
	struct kimage_core *core = kimage_core(image);
	struct kexec_packed packed;
	const char *why = layer->find_packed(image->kernel_buf, image->kernel_buf_len, &packed);
	void *buf;
	int ret;

	if (why)
		return refuse_layer(image, layer, why);
	ret = kimage_expect_pages(image, PFN_UP(packed.size));
	if (ret)
		return ret;
	buf = __vmalloc(packed.size, GFP_KEXEC);
	ret = buf ? kexec_unpack(&packed, buf) : -ENOMEM;
	if (ret) {
		vfree(buf);
		return refuse_packed(image, layer, ret, &packed);
	}
	hold_file(image);
	core->layer_buf[core->nr_layer_bufs++] = buf;
	image->kernel_buf = buf;
	image->kernel_buf_len = packed.size;
	kexec_dprintk("%s: %zu bytes of %s unpacked to %zu\n", layer->name, packed.len,
		      kexec_packed_format(&packed), packed.size);
	return 0;
}

/**
 * kimage_unwrap() - take a kernel file apart until the kernel is found
 * @image: the image, its signature checked; @image->kernel_buf is set to what is inside
 *
 * Context: process, kexec_load_mutex held.
 * Return: 0; -ENOEXEC when a layer is odd, or too many of them are found; -ENOMEM; -EINTR
 * when the caller is killed.
 */
int kimage_unwrap(struct kimage *image)
{
	const struct layer *layer;
	int i, ret = 0;

	for (i = 0; i < KEXEC_LAYERS_MAX && !ret; i++) {
		layer = find_layer(image);
		if (!layer)
			return 0;
		kimage_note_layer(image, layer->name);
		ret = layer->take_apart ? take_apart(image, layer) : unwrap_unpack(image, layer);
	}
	return ret ?: kexec_refuse(image, -ENOEXEC, "kernel file: %d layers or more are too many",
				   KEXEC_LAYERS_MAX);
}

/* ---- what came with the kernel ---- */

/**
 * kimage_own_initrd_len() - how much of an initrd came with the kernel?
 * @image: the image, unwrapped
 *
 * Context: any.
 * Return: bytes that kimage_copy_own_initrd() makes.
 */
size_t kimage_own_initrd_len(const struct kimage *image)
{
	return kexec_own_initrd_len(&kimage_core(image)->parts);
}

/**
 * kimage_has_changed() - is the initrd elsewhere in the file than its headers said?
 * @image: the image, unwrapped
 *
 * Context: any.
 * Return: whether it is, so that what shares its pages is something else.
 */
bool kimage_has_changed(const struct kimage *image)
{
	const struct kimage_core *core = kimage_core(image);
	const struct kimage_shared *shared = &core->shared;
	const void *file = core->layer_buf[0];

	return shared->len && (!file || core->parts.initrd.data != file + shared->at ||
			       kexec_ucode_room(&core->parts) != shared->front ||
			       kexec_own_initrd_len(&core->parts) != shared->own);
}

/**
 * kimage_initrd_in_file() - may the initrd be used where it lies in the kernel's file?
 * @image: the image, unwrapped
 *
 * Context: any.
 * Return: where that is, or NULL when something has to be in front of it.
 */
void *kimage_initrd_in_file(const struct kimage *image)
{
	const struct kexec_parts *parts = &kimage_core(image)->parts;

	return parts->ucode.len ? NULL : (void *)parts->initrd.data;
}

static void put_archive(void *to, const void *archive, size_t len, size_t room)
{
	if (len)
		memcpy(to, archive, len);
	memset(to + len, 0, room - len);
}

/**
 * kimage_copy_own_initrd() - have the initrd that came with the kernel
 * @image: the image, unwrapped
 * @to:    where; what of it is there already is not copied
 *
 * Context: process.
 */
void kimage_copy_own_initrd(const struct kimage *image, void *to)
{
	const struct kexec_parts *parts = &kimage_core(image)->parts;
	size_t there = kimage_core(image)->shared.len;
	size_t front = kexec_ucode_room(parts), rest = parts->initrd.len - there;

	put_archive(to, parts->ucode.data, parts->ucode.len, front);
	put_archive(to + front + there, parts->initrd.data + there, rest,
		    ALIGN(rest, KEXEC_ARCHIVE_ALIGN));
}

/* No kernel takes a longer one. */
#define CMDLINE_MAX	SZ_64K

static bool has_cmdline(const struct kimage *image)
{
	return image->cmdline_buf_len > 1;
}

static bool signature_required(void)
{
	return kexec_sig_is_enforced() || security_locked_down(LOCKDOWN_KEXEC);
}

static char *copy_cmdline(const struct kexec_bytes *bytes)
{
	char *copy = kmemdup_nul((const char *)bytes->data, bytes->len, GFP_KERNEL);

	if (copy)
		strim(copy);
	return copy;
}

/**
 * kimage_choose_cmdline() - the caller's command line, or the file's own
 * @image: the image, unwrapped, the caller's command line read
 *
 * Context: process.
 * Return: 0; -EINVAL when the file's own is too long for any kernel; -ENOMEM.
 */
int kimage_choose_cmdline(struct kimage *image)
{
	const struct kexec_bytes *own = &kimage_core(image)->parts.cmdline;
	char *copy;

	if (!own->len)
		return 0;
	if (has_cmdline(image) && !signature_required())
		return 0;
	if (own->len > CMDLINE_MAX)
		return kexec_refuse(image, -EINVAL,
				    "the kernel image's own command line has %zu bytes", own->len);
	copy = copy_cmdline(own);
	if (!copy)
		return kexec_refuse(image, -ENOMEM,
				    "no memory for the kernel image's command line");
	if (has_cmdline(image))
		pr_notice("signatures count: the kernel image's own command line is used, not the caller's\n");
	kfree(image->cmdline_buf);
	image->cmdline_buf = copy;
	image->cmdline_buf_len = strlen(copy) + 1;
	return 0;
}
