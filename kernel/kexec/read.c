// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: reading what a load is given
 *
 * Files are read to where they will be used, if memory can be had there, else to a
 * buffer.  An initrd that came with the kernel is in front of the one that is read, in
 * one piece as the next kernel wants it; its pages may be those of the kernel's file (shared.c).
 *
 * Buffers belong to the image, and are freed with what else is needed only while it is
 * loaded (files.c).
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ima.h>
#include <linux/kernel_read_file.h>
#include <linux/kexec.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "available.h"
#include "files.h"
#include "image.h"
#include "pages.h"
#include "place.h"
#include "refuse.h"
#include "shared.h"
#include "unwrap.h"

/* No kernel and no initrd is larger, and no ssize_t says so. */
#define FILE_SIZE_MAX	min_t(s64, 4LL << 30, SSIZE_MAX)

/* ---- files ---- */

/* What read_file() is going to need; 0 when that is for it to find out. */
static size_t size_to_expect(int fd)
{
	loff_t size;

	CLASS(fd, f)(fd);
	if (fd_empty(f) || !S_ISREG(file_inode(fd_file(f))->i_mode))
		return 0;
	size = i_size_read(file_inode(fd_file(f)));
	return size > 0 && size <= FILE_SIZE_MAX ? size : 0;
}

/*
 * Into *@buf with room for @size bytes; without a buffer or a size, the reader
 * allocates one or finds out what is wrong with the file.
 */
static ssize_t read_file(int fd, void **buf, size_t size, enum kernel_read_file_id id)
{
	return kernel_read_file_from_fd(fd, 0, buf, *buf ? size : FILE_SIZE_MAX, NULL, id);
}

static const char *why_not_read(int err)
{
	switch (err) {
	case -EBADF:
		return "not open for reading";
	case -EINVAL:
		return "empty, or not a regular file";
	case -ETXTBSY:
		return "open for writing";
	case -EFBIG:
		return "too large, or grew while it was read";
	case -EIO:
		return "shrank or failed while it was read";
	case -ENOMEM:
		return "no memory to read it to";
	case -EINTR:
		return "killed while it was read";
	case -EACCES:
	case -EPERM:
		return "a security module objects";
	default:
		return "cannot be read";
	}
}

static int refuse_file(struct kimage *image, int err, const char *what)
{
	return kexec_refuse(image, err, "%s: %s", what, why_not_read(err));
}

/* Page tables and a list of pages take less than one page for so many. */
#define VMALLOC_OVERHEAD	128

/*
 * Such a buffer had better not fail half-way: what it has got by then is given back
 * at some later time, and missed by others until then.
 */
static int alloc_buffer(struct kimage *image, size_t size, void **buf)
{
	unsigned long nr_pages = PFN_UP(size);
	int ret = kimage_expect_pages(image, nr_pages + nr_pages / VMALLOC_OVERHEAD);

	if (ret)
		return ret;
	*buf = size ? __vmalloc(PAGE_ALIGN(size), GFP_KEXEC) : NULL;
	return size && !*buf ? -ENOMEM : 0;
}

static ssize_t read_to_buffer(struct kimage *image, int fd, void **buf,
			      enum kernel_read_file_id id)
{
	size_t size = size_to_expect(fd);
	ssize_t len = alloc_buffer(image, size, buf);

	if (len)
		return len;
	len = read_file(fd, buf, size, id);
	if (len < 0) {
		vfree(*buf);
		*buf = NULL;
	}
	return len;
}

/* Finds a place for a file of that size before it is read, or returns NULL. */
typedef void *(*place_fn)(struct kimage *image, size_t size);

/* To where it will be used; -EFBIG when nowhere is, or it turns out too large there. */
static ssize_t read_into_place(struct kimage *image, int fd, struct kimage_file *file, void **buf,
			       place_fn place, enum kernel_read_file_id id)
{
	size_t size = size_to_expect(fd);
	ssize_t len;

	*buf = size ? place(image, size) : NULL;
	if (!*buf)
		return -EFBIG;
	len = read_file(fd, buf, size, id);
	if (len >= 0)
		return len;
	kimage_release_file(image, file);
	*buf = NULL;
	return len;
}

static ssize_t read_whole(struct kimage *image, int fd, struct kimage_file *file, void **buf,
			  place_fn place, enum kernel_read_file_id id)
{
	ssize_t len = read_into_place(image, fd, file, buf, place, id);

	return len == -EFBIG ? read_to_buffer(image, fd, buf, id) : len;
}

/* With the initrd that is in it where it will be used; -EFBIG as above. */
static ssize_t read_sharing(struct kimage *image, int fd, int initrd_fd)
{
	size_t size = size_to_expect(fd);
	void *buf = kimage_share_initrd(image, fd, size, size_to_expect(initrd_fd));
	ssize_t len;

	if (!buf)
		return -EFBIG;
	len = read_file(fd, &buf, size, READING_KEXEC_IMAGE);
	if (len < 0)
		kimage_unshare_initrd(image, buf);
	else
		image->kernel_buf = buf;
	return len;
}

/**
 * kimage_read_kernel() - read the kernel's file
 * @image:     the image
 * @fd:        the file
 * @initrd_fd: the file that kimage_read_initrd() is going to read, -1 when there is none
 *
 * Context: process, kexec_load_mutex held.
 * Return: 0; what the file system or a security module says; -ENOMEM.
 */
int kimage_read_kernel(struct kimage *image, int fd, int initrd_fd)
{
	ssize_t len = read_sharing(image, fd, initrd_fd);

	if (len == -EFBIG)
		len = read_whole(image, fd, &kimage_core(image)->kernel, &image->kernel_buf,
				 kimage_place_kernel, READING_KEXEC_IMAGE);
	if (len < 0)
		return refuse_file(image, len, "kernel");
	image->kernel_buf_len = len;
	kexec_dprintk("kernel: %zd bytes, read to [mem %#llx-%#llx]\n", len,
		      kimage_core(image)->kernel.range.start, kimage_core(image)->kernel.range.end);
	return 0;
}

/* ---- an initrd, of two parts perhaps ---- */

/* What came with the kernel, as it is; 0 when it has to be copied. */
static size_t use_own_initrd(struct kimage *image)
{
	image->initrd_buf = kimage_initrd_in_file(image);
	return image->initrd_buf ? kimage_core(image)->parts.initrd.len : 0;
}

static void *place_own_initrd(struct kimage *image, size_t size)
{
	const struct kimage_shared *shared = &kimage_core(image)->shared;

	return shared->len ? shared->place : kimage_place_initrd(image, size);
}

static size_t size_behind(const struct kimage *image, int fd)
{
	const struct kimage_shared *shared = &kimage_core(image)->shared;

	return shared->len ? shared->more : size_to_expect(fd);
}

/* What is read is no longer than its file was; a file that has grown is refused. */
static ssize_t read_behind(struct kimage *image, size_t own, int fd, bool more)
{
	size_t size = more ? size_behind(image, fd) : 0;
	ssize_t len = 0;
	void *tail;

	image->initrd_buf = place_own_initrd(image, own + size);
	if (!image->initrd_buf && !more)
		len = use_own_initrd(image);
	if (!image->initrd_buf)
		len = alloc_buffer(image, own + size, &image->initrd_buf);
	if (len)
		return len;
	kimage_copy_own_initrd(image, image->initrd_buf);
	if (!more)
		return own;
	tail = image->initrd_buf + own;
	len = read_file(fd, &tail, size, READING_KEXEC_INITRAMFS);
	return len < 0 ? len : own + len;
}

/**
 * kimage_read_initrd() - read the initrd
 * @image: the image, its kernel read and unwrapped
 * @fd:    the file
 * @more:  whether there is one, besides what came with the kernel
 *
 * Context: process, kexec_load_mutex held.
 * Return: as kimage_read_kernel().
 */
int kimage_read_initrd(struct kimage *image, int fd, bool more)
{
	size_t own = kimage_own_initrd_len(image);
	ssize_t len;

	if (kimage_has_changed(image))
		return kexec_refuse(image, -EIO, "kernel: its headers changed while it was read");
	if (!own && !more)
		return 0;
	if (own)
		len = read_behind(image, own, fd, more);
	else
		len = read_whole(image, fd, &kimage_core(image)->initrd, &image->initrd_buf,
				 kimage_place_initrd, READING_KEXEC_INITRAMFS);
	if (len < 0)
		return refuse_file(image, len, "initrd");
	image->initrd_buf_len = len;
	kexec_dprintk("initrd: %zd bytes, read to [mem %#llx-%#llx]\n", len,
		      kimage_core(image)->initrd.range.start, kimage_core(image)->initrd.range.end);
	return 0;
}

/* ---- the command line ---- */

static int copy_cmdline(struct kimage *image, const char __user *cmdline, unsigned long len)
{
	char *copy;

	if (!len)
		return 0;
	copy = memdup_user(cmdline, len);
	if (IS_ERR(copy))
		return kexec_refuse(image, PTR_ERR(copy), "command line of %lu bytes at %#lx: %s",
				    len, (unsigned long)cmdline,
				    PTR_ERR(copy) == -EFAULT ? "it cannot be read" :
							       "no memory to read it to");
	image->cmdline_buf = copy;
	image->cmdline_buf_len = len;
	if (copy[len - 1])
		return kexec_refuse(image, -EINVAL,
				    "command line of %lu bytes: does not end in a NUL", len);
	return 0;
}

/**
 * kimage_read_cmdline() - read the command line, and have it measured
 * @image:     the image, its kernel read and unwrapped
 * @kernel_fd: the kernel's file
 * @cmdline:   the caller's, in user space
 * @len:       its bytes, with a NUL at the end; 0 when there is none
 *
 * Context: process, kexec_load_mutex held.
 * Return: 0, -EFAULT, -EINVAL or -ENOMEM.
 */
int kimage_read_cmdline(struct kimage *image, int kernel_fd, const char __user *cmdline,
			unsigned long len)
{
	int ret = copy_cmdline(image, cmdline, len) ?: kimage_choose_cmdline(image);

	if (!ret && image->cmdline_buf_len)
		ima_kexec_cmdline(kernel_fd, image->cmdline_buf, image->cmdline_buf_len - 1);
	return ret;
}
