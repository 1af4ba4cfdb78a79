// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: the initrd in a unified kernel image
 *
 * Such a file is mostly its initrd.  That is not copied out of the buffer that the file is
 * read to: its pages, where the next kernel is to find it, are pages of this buffer::
 *
 *	file	| headers | .cmdline |    .initrd      ^ | .linux     |
 *	pages	  any                | the initrd's    | any
 *	initrd	           .ucode, 0 | the same pages  | ^, and what is read behind
 *
 * For that it has to be known before the file is read where the initrd in it is going to
 * be.  So the headers are looked at, in advance.  They are not believed: when the whole file
 * is there, and its signature has been checked, they are looked at once more, and a file
 * that has changed meanwhile is refused (unwrap.c).
 *
 * The buffer begins somewhere in a page, such that the initrd begins with one.  A page in
 * which it ends has bytes of something else behind it; so that rest is copied.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/cc_platform.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "available.h"
#include "image.h"
#include "pages.h"
#include "place.h"
#include "files.h"
#include "shared.h"
#include "unwrap.h"

static ssize_t read_headers(int fd, void *headers)
{
	loff_t pos = 0;

	CLASS(fd, f)(fd);
	if (fd_empty(f) || !(fd_file(f)->f_mode & FMODE_READ))
		return -EBADF;
	return kernel_read(fd_file(f), headers, KEXEC_HEADERS_READ, &pos);
}

/* The parts of a file of @size bytes, as far as its headers tell; is there an initrd? */
static bool find_initrd(int fd, size_t size, struct kimage_shared *shared)
{
	u8 *headers __free(kfree) = kmalloc(KEXEC_HEADERS_READ, GFP_KERNEL);
	ssize_t len = headers ? read_headers(fd, headers) : -ENOMEM;
	struct kexec_parts parts;

	if (len < 0 || kexec_uki_find(headers, len, size, &parts) || !parts.initrd.len)
		return false;
	*shared = (struct kimage_shared) {
		.at = parts.initrd.data - headers,
		.len = PAGE_ALIGN_DOWN(parts.initrd.len),
		.front = kexec_ucode_room(&parts),
		.own = kexec_own_initrd_len(&parts),
	};
	return shared->len;
}

/* ---- a buffer of pages from here and there ---- */

/* Interrupts are off while so many are allocated. */
#define PAGES_AT_ONCE	100UL

/* Return: how many there are of @nr_pages. */
static unsigned long alloc_pages_into(struct page **pages, unsigned long nr_pages)
{
	unsigned long done = 0, n = 1;

	for (; n && done < nr_pages; done += n) {
		n = alloc_pages_bulk(GFP_KEXEC, min(nr_pages - done, PAGES_AT_ONCE),
				     pages + done);
		cond_resched();
	}
	return done;
}

/* Addresses for @size bytes, and @nr_pages pages that vfree() gives back with them. */
static struct vm_struct *alloc_area(size_t size, unsigned long nr_pages)
{
	struct vm_struct *area = get_vm_area(size, VM_MAP | VM_MAP_PUT_PAGES);

	if (!area)
		return NULL;
	area->pages = kvcalloc(nr_pages, sizeof(*area->pages), GFP_KEXEC);
	if (area->pages)
		area->nr_pages = alloc_pages_into(area->pages, nr_pages);
	if (area->nr_pages == nr_pages)
		return area;
	vfree(area->addr);
	return NULL;
}

static int map_own(unsigned long addr, struct page **pages, unsigned long nr_pages)
{
	return nr_pages ? vmap_pages_range(addr, addr + (nr_pages << PAGE_SHIFT), PAGE_KERNEL,
					   pages, PAGE_SHIFT) : 0;
}

/* The area's own pages but for the initrd's place, of which @before are in front of it. */
static int map_buffer(unsigned long addr, const struct vm_struct *area, unsigned long before,
		      struct kexec_range place)
{
	unsigned long start = addr + (before << PAGE_SHIFT);
	unsigned long end = start + kexec_range_size(place);

	return map_own(addr, area->pages, before) ?:
	       vmap_page_range(start, end, boot_phys_to_phys(place.start), PAGE_KERNEL) ?:
	       map_own(end, area->pages + before, area->nr_pages - before);
}

/*
 * For @size bytes, of which those of @shared are in the initrd's place.  Most of them are:
 * they are mapped by large pages, for which their addresses have to be alike in both.
 */
static void *make_buffer(const struct kimage_shared *shared, size_t size, u64 place)
{
	struct kexec_range range = { place + shared->front, place + shared->front + shared->len };
	size_t skip = -shared->at & ~PAGE_MASK;
	unsigned long nr_own = PFN_UP(skip + size) - PHYS_PFN(shared->len);
	unsigned long before = PHYS_PFN(skip + shared->at), addr;
	struct vm_struct *area;

	if (!kexec_may_take(nr_own, false))
		return NULL;
	area = alloc_area(PAGE_ALIGN(skip + size) + PMD_SIZE, nr_own);
	if (!area)
		return NULL;
	addr = (unsigned long)area->addr;
	addr += (boot_phys_to_phys(range.start) - addr - (before << PAGE_SHIFT)) & ~PMD_MASK;
	if (!map_buffer(addr, area, before, range))
		return (void *)addr + skip;
	vfree(area->addr);
	return NULL;
}

/* ---- a file with an initrd in it ---- */

/**
 * kimage_share_initrd() - get a buffer for a kernel's file that has its initrd in place
 * @image: the image
 * @fd:    the kernel's file
 * @size:  its bytes; 0 when that is not known
 * @more:  bytes of an initrd that is going to be behind the one in it
 *
 * Context: process, kexec_load_mutex held.
 * Return: the buffer, for kexec_free_buffer(); NULL when there is nothing to be shared.
 */
void *kimage_share_initrd(struct kimage *image, int fd, size_t size, size_t more)
{
	struct kimage_core *core = kimage_core(image);
	struct kimage_shared shared;
	void *buf;

	/* One mapping is either encrypted or not, and their pages differ in that. */
	if (!size || cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT) || !find_initrd(fd, size, &shared))
		return NULL;
	shared.more = more;
	shared.place = kimage_place_initrd(image, shared.own + more);
	if (!shared.place)
		return NULL;
	buf = make_buffer(&shared, size, core->initrd.range.start);
	if (buf)
		core->shared = shared;
	else
		kimage_release_file(image, &core->initrd);
	return buf;
}

/**
 * kimage_unshare_initrd() - give back what kimage_share_initrd() got
 * @image: the image
 * @buf:   the buffer
 *
 * Context: process, kexec_load_mutex held.
 */
void kimage_unshare_initrd(struct kimage *image, void *buf)
{
	struct kimage_core *core = kimage_core(image);

	core->shared = (struct kimage_shared) {};
	kexec_free_buffer(buf);
	kimage_release_file(image, &core->initrd);
}
