// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system call:
 * Copyright (C) 2014 Red Hat Inc.
 * Author: Vivek Goyal <vgoyal@redhat.com>
 */
/**
 * DOC: kexec_file_load(2)
 *
 * User space hands in files, and the kernel describes the image: the kernel file
 * is read and its signature checked, a kernel inside another file is unwrapped
 * (unwrap.c), the initrd is read, straight into the place where it will be used if
 * that can be claimed (read.c), and the loader of the kernel's format adds the
 * segments (kexec_add_buffer(), place.c).
 *
 * All that can be wrong with a file comes out while nothing but the new image has
 * been touched.  The buffers that a load needs on its way are freed at its end,
 * whichever way it ends.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/ima.h>
#include <linux/kexec.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <linux/utsname.h>
#include <trace/events/kexec.h>
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "kexec_internal.h"
#include "kexec/arm.h"
#include "kexec/files.h"
#include "kexec/image.h"
#include "kexec/kind.h"
#include "kexec/place.h"
#include "kexec/policy.h"
#include "kexec/refuse.h"
#include "kexec/region.h"
#include "kexec/road.h"
#include "kexec/unwrap.h"

/*
 * A load ends so when what it brings has no room beside the armed image, and may have
 * it without.  No errno, since any may come from a file system or a security module.
 */
#define TRY_ALONE	1

/* ---- formats ---- */

/**
 * kexec_find_loader() - find the loader for a kernel file
 * @loaders: who is asked, up to a NULL
 * @image:   set to it: @image->fops
 * @buf:     the file
 * @buf_len: its bytes
 *
 * Loaders have several errnos for what is not theirs.  User space, which may have
 * another way to load it, has to know one.
 *
 * Context: process.
 * Return: 0; -ENOEXEC when no loader knows it; -ENOMEM when that could not be seen.
 */
VISIBLE_IF_KUNIT
int kexec_find_loader(const struct kexec_file_ops * const *loaders, struct kimage *image,
		      const void *buf, unsigned long buf_len)
{
	int ret = -ENOEXEC;

	for (; *loaders && (*loaders)->probe; loaders++) {
		int err = (*loaders)->probe(buf, buf_len);

		if (!err) {
			image->fops = *loaders;
			return 0;
		}
		if (err == -ENOMEM)
			ret = err;
	}
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_find_loader);

/**
 * kexec_image_probe_default() - find the architecture's loader for a kernel file
 * @image:   set to it: @image->fops
 * @buf:     the file
 * @buf_len: its bytes
 *
 * Context: process.
 * Return: as kexec_find_loader().
 */
int kexec_image_probe_default(struct kimage *image, void *buf, unsigned long buf_len)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_image_probe_default, image, buf, buf_len);
	return kexec_find_loader(kexec_file_loaders, image, buf, buf_len);
}

/* ---- describing ---- */

static int refuse_kind(struct kimage *image)
{
	const char *what = kimage_core(image)->nr_layer_bufs ? "what is inside of the file" : "the file";

	return kexec_refuse(image, -ENOEXEC,
			    "not a kernel that can be loaded here, which is %s: %s is %s; %lu bytes that begin with %*ph",
			    init_utsname()->machine, what,
			    kexec_kind_of(image->kernel_buf, image->kernel_buf_len),
			    image->kernel_buf_len, (int)min(image->kernel_buf_len, 8UL),
			    image->kernel_buf);
}

static int probe_kernel(struct kimage *image)
{
	int ret = arch_kexec_kernel_image_probe(image, image->kernel_buf, image->kernel_buf_len);

	if (ret == -ENOEXEC)
		return refuse_kind(image);
	if (ret)
		return kexec_refuse(image, ret, "the kernel's %lu bytes cannot be looked at",
				    image->kernel_buf_len);
	return 0;
}

static int refuse_room(struct kimage *image, int err)
{
	const struct kexec_buf *wish = &kimage_core(image)->no_room;
	struct kexec_range region = kexec_region();

	if (kimage_refuse_beside_scratch(image, err))
		return err;
	if (!kimage_is_crash(image))
		return kexec_refuse(image, err,
				    "no room for %#lx bytes, aligned to %#lx, in [mem %#lx-%#lx]",
				    wish->memsz, wish->buf_align, wish->buf_min, wish->buf_max);
	if (kexec_range_empty(region))
		return kexec_refuse(image, err, KEXEC_NOTHING_RESERVED);
	return kexec_refuse(image, err,
			    "no room for %#lx bytes, aligned to %#lx, where [mem %#lx-%#lx] and the crash region [mem %#llx-%#llx] meet",
			    wish->memsz, wish->buf_align, wish->buf_min, wish->buf_max,
			    region.start, region.end - 1);
}

static int refuse_loader(struct kimage *image, int err)
{
	/* In the gaps around the armed image; load_files() tries without it. */
	if (err == -EADDRNOTAVAIL && kimage_core(image)->predecessor && !kimage_core(image)->alone)
		return TRY_ALONE;
	if (err == -EADDRNOTAVAIL && kimage_core(image)->no_room.memsz)
		return refuse_room(image, err);
	return kexec_refuse(image, err,
			    "the loader %s: kernel of %lu bytes, initrd of %lu, command line of %lu",
			    err == -ENOMEM ? "has not enough memory" : "does not take these files",
			    image->kernel_buf_len, image->initrd_buf_len, image->cmdline_buf_len);
}

/* For those who look later: by then the files are gone. */
static void note_contents(struct kimage *image)
{
	struct kimage_origin *origin = &kimage_core(image)->origin;

	kimage_note_roles(image);
	if (!origin->kind)
		origin->kind = kexec_kind_of(image->kernel_buf, image->kernel_buf_len);
	kexec_release_of(image->kernel_buf, image->kernel_buf_len, origin->release);
}

static int call_loader(struct kimage *image)
{
	void *data;

	if (!image->fops || !image->fops->load)
		return kexec_refuse(image, -ENOEXEC, "no loader for this kernel");
	data = image->fops->load(image, image->kernel_buf, image->kernel_buf_len,
				 image->initrd_buf, image->initrd_buf_len,
				 image->cmdline_buf, image->cmdline_buf_len);
	if (IS_ERR(data))
		return refuse_loader(image, PTR_ERR(data));
	image->image_loader_data = data;
	note_contents(image);
	return 0;
}

/* What is passed on besides the files comes first, so that it finds room. */
static int add_extras(struct kimage *image)
{
	int ret;

	ima_add_kexec_buffer(image);
	ret = kho_fill_kimage(image);
	if (ret == -EADDRNOTAVAIL && kimage_core(image)->no_room.memsz)
		return refuse_room(image, ret);
	return ret ? kexec_refuse(image, ret, "the handover's data cannot be added") : 0;
}

/* What is inside another file is not looked at before that one's signature is. */
static int find_kernel(struct kimage *image)
{
	if (kimage_is_wrapped(image))
		return kimage_check_signature(image) ?: kimage_unwrap(image) ?: probe_kernel(image);
	return probe_kernel(image) ?: kimage_check_signature(image);
}

static int describe_files(struct kimage *image, int kernel_fd, int initrd_fd,
			  unsigned long cmdline_len, const char __user *cmdline,
			  unsigned long flags)
{
	bool has_initrd = !(flags & KEXEC_FILE_NO_INITRAMFS);
	int ret = kimage_read_kernel(image, kernel_fd, has_initrd ? initrd_fd : -1) ?:
		  find_kernel(image) ?: kimage_read_initrd(image, initrd_fd, has_initrd);

	return ret ?: kimage_read_cmdline(image, kernel_fd, cmdline, cmdline_len) ?:
		add_extras(image) ?: call_loader(image);
}

static int image_type(unsigned long flags)
{
	return flags & KEXEC_FILE_ON_CRASH ? KEXEC_TYPE_CRASH : KEXEC_TYPE_DEFAULT;
}

static struct kimage *alloc_image(unsigned long flags, bool alone)
{
	struct kimage *image = do_kimage_alloc_init();

	if (!image)
		return NULL;
	image->file_mode = true;
	image->type = image_type(flags);
	kimage_core(image)->scattered = !!(flags & KEXEC_FILE_NO_CMA);
	image->force_dtb = !!(flags & KEXEC_FILE_FORCE_DTB);
	kimage_core(image)->alone = alone;
	kimage_init_crash(image, flags);
	return image;
}

static void show_segments(const struct kimage *image)
{
	unsigned long i;

	for (i = 0; i < image->nr_segments; i++)
		kexec_dprintk("segment %lu: [mem %#lx-%#lx], %#zx bytes of contents, %s\n", i,
			      image->segment[i].mem,
			      image->segment[i].mem + image->segment[i].memsz - 1,
			      image->segment[i].bufsz,
			      kimage_core(image)->place[i].in_place ? "in place" :
								      "to be relocated");
	kexec_dprintk("type %u, start %#lx, head %#lx\n", image->type, image->start, image->head);
}

static int try_load(int kernel_fd, int initrd_fd, unsigned long cmdline_len,
		    const char __user *cmdline, unsigned long flags, bool alone)
{
	struct kimage *image __free(kimage) = alloc_image(flags, alone);
	int ret;

	if (!image)
		return kexec_refuse(NULL, -ENOMEM,
				    "kexec_file_load: no memory to describe an image");
	ret = describe_files(image, kernel_fd, initrd_fd, cmdline_len, cmdline, flags) ?:
		kimage_build(image);
	if (ret)
		return ret;
	show_segments(image);
	kimage_file_post_load_cleanup(image);
	kimage_arm(no_free_ptr(image));
	return 0;
}

/* Whatever fits into the empty crash region can be loaded, whatever is armed there. */
static int load_files(int kernel_fd, int initrd_fd, unsigned long cmdline_len,
		      const char __user *cmdline, unsigned long flags)
{
	int ret = try_load(kernel_fd, initrd_fd, cmdline_len, cmdline, flags, false);

	if (ret != TRY_ALONE)
		return ret;
	return try_load(kernel_fd, initrd_fd, cmdline_len, cmdline, flags, true);
}

static int do_kexec_file_load(int kernel_fd, int initrd_fd, unsigned long cmdline_len,
			      const char __user *cmdline, unsigned long flags)
{
	int ret;

	CLASS(kexec_turn, busy)("kexec_file_load");
	if (busy)
		return busy;

	if (flags & KEXEC_FILE_UNLOAD) {
		kimage_disarm(image_type(flags));
		return 0;
	}
	trace_kexec_load(image_type(flags), "kexec_file_load", flags);
	kexec_file_dbg_print = !!(flags & KEXEC_FILE_DEBUG);
	ret = load_files(kernel_fd, initrd_fd, cmdline_len, cmdline, flags);
	kexec_file_dbg_print = false;
	trace_kexec_loaded(image_type(flags), ret);
	return ret;
}

/* What is wrong with the flags, NULL if nothing is. */
static const char *why_not_these(unsigned long flags)
{
	if (flags & ~(unsigned long)KEXEC_FILE_FLAGS)
		return "some are unknown";
	if (!IS_ENABLED(CONFIG_CRASH_DUMP) && flags & KEXEC_FILE_ON_CRASH)
		return "this kernel is built without CONFIG_CRASH_DUMP";
	return NULL;
}

SYSCALL_DEFINE5(kexec_file_load, int, kernel_fd, int, initrd_fd,
		unsigned long, cmdline_len, const char __user *, cmdline_ptr,
		unsigned long, flags)
{
	const char *why = why_not_these(flags);

	if (!kexec_load_permitted(image_type(flags)))
		return -EPERM;
	if (why)
		return kexec_refuse(NULL, -EINVAL, "kexec_file_load: flags %#lx: %s", flags, why);
	return do_kexec_file_load(kernel_fd, initrd_fd, cmdline_len, cmdline_ptr, flags);
}
