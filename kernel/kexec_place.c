// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: placing what an image loader describes
 *
 * kexec_file_load(2) leaves it to the kernel where segments go.  A loader names
 * size, alignment and limits with kexec_add_buffer() and is told the address at
 * once, since it has to write it into other segments.
 *
 * In order of preference a segment goes
 *
 * 1. to where its bytes already are (a kernel or an initrd read into place);
 * 2. for a crash image, into the crash region, around an armed image there;
 * 3. under handover, into the scratch area;
 * 4. into the default CMA area, if the system has one;
 * 5. into any memory that can be claimed;
 * 6. to any address that is RAM: what is there now is overwritten at the jump,
 *    by the relocation code.
 *
 * After 1 to 5 the segment is in place, unless the crash region has no room beside
 * the armed image.  Nothing is placed twice and the caller's limits hold, but for a
 * segment whose loader names the address: whether that can be is seen by the checks.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/dma-map-ops.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <trace/events/kexec.h>

#include "kexec_internal.h"

/* ---- what is in the way ---- */

/* For tests, which run where nothing is excluded. */
VISIBLE_IF_KUNIT
int kexec_excluded_by_arch(struct kimage *image, unsigned long start, unsigned long last)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_excluded_by_arch, image, start, last);
	return arch_check_excluded_range(image, start, last);
}

/**
 * kimage_excluded() - does the architecture want nothing placed there?
 * @image:     the image; nothing is excluded for one whose places user space chose
 * @candidate: the place
 * @hit:       set to what is in the way
 *
 * What an architecture excludes may lie in the crash region as well.  It does not
 * say how far that reaches, so a search moves on by a page, whichever way it goes.
 *
 * Context: process; from the probe of the kernel file to the end of the load.
 * Return: true when it does.
 */
bool kimage_excluded(struct kimage *image, struct kexec_range candidate, struct kexec_range *hit)
{
	if (!image->file_mode ||
	    !kexec_excluded_by_arch(image, candidate.start, candidate.end - 1))
		return false;
	hit->start = candidate.end - PAGE_SIZE;
	hit->end = candidate.start + PAGE_SIZE;
	return true;
}

static bool in_the_way_or_excluded(void *ctx, struct kexec_range candidate, struct kexec_range *hit)
{
	return kimage_in_the_way(ctx, candidate, hit) || kimage_excluded(ctx, candidate, hit);
}

/* ---- one area of memory at a time ---- */

static struct kexec_hole wanted(const struct kexec_buf *kbuf, struct kexec_range area)
{
	struct kexec_range limits = kexec_range_inclusive(kbuf->buf_min, kbuf->buf_max);

	return (struct kexec_hole) {
		.within = kexec_range_common(area, limits),
		.size = kbuf->memsz,
		.align = kbuf->buf_align,
		.top_down = kbuf->top_down,
	};
}

static struct kexec_range resource_area(const struct resource *res)
{
	/* Memory that a driver added and may take away again is not for us. */
	if (res->flags & IORESOURCE_SYSRAM_DRIVER_MANAGED)
		return (struct kexec_range) {};
	return kexec_range_inclusive(phys_to_boot_phys(res->start), phys_to_boot_phys(res->end));
}

/* The slot of the segment that is being placed. */
static struct kimage_place *current_place(struct kexec_buf *kbuf)
{
	return &kbuf->image->place[kbuf->image->nr_segments];
}

static unsigned long pages_to_claim(const struct kexec_buf *kbuf)
{
	return kimage_pages_needed(kbuf->image, kbuf->bufsz, kbuf->memsz);
}

static void take_claim(struct kexec_buf *kbuf, struct kimage_block block)
{
	struct kimage_place *place = current_place(kbuf);

	place->block = block;
	place->claimed = block.nr_pages;
	kbuf->mem = page_to_boot_pfn(block.page) << PAGE_SHIFT;
}

static int claim_in(struct resource *res, struct kexec_buf *kbuf, bool scratch)
{
	struct kimage_block block;

	if (!kimage_claim_hole(kbuf->image, wanted(kbuf, resource_area(res)),
			       (u64)pages_to_claim(kbuf) << PAGE_SHIFT, scratch, &block))
		return 0;
	take_claim(kbuf, block);
	return 1;
}

static int claim_in_ram(struct resource *res, void *kbuf)
{
	return claim_in(res, kbuf, false);
}

static int claim_in_scratch(struct resource *res, void *kbuf)
{
	return claim_in(res, kbuf, true);
}

static int hole_in(struct resource *res, void *arg)
{
	struct kexec_buf *kbuf = arg;
	struct kexec_range found;

	if (!kexec_find_hole(wanted(kbuf, resource_area(res)), in_the_way_or_excluded,
			     kbuf->image, &found))
		return 0;
	kbuf->mem = found.start;
	return 1;
}

/* ---- all of memory ---- */

typedef int (*area_fn)(struct resource *res, void *kbuf);

static int call_for(area_fn fn, struct kexec_buf *kbuf, phys_addr_t start, phys_addr_t end)
{
	struct resource res = { .start = start, .end = end - 1 };

	return fn(&res, kbuf);
}

/* Driver-managed ranges are not MEMBLOCK_NONE, so they do not turn up. */
static int walk_memblock(struct kexec_buf *kbuf, area_fn fn)
{
	phys_addr_t start, end;
	u64 i;
	int ret;

	if (kbuf->top_down) {
		for_each_free_mem_range_reverse(i, NUMA_NO_NODE, MEMBLOCK_NONE,
						&start, &end, NULL) {
			ret = call_for(fn, kbuf, start, end);
			if (ret)
				return ret;
		}
		return 0;
	}
	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL) {
		ret = call_for(fn, kbuf, start, end);
		if (ret)
			return ret;
	}
	return 0;
}

static int walk_ram(struct kexec_buf *kbuf, area_fn fn)
{
	if (IS_ENABLED(CONFIG_ARCH_KEEP_MEMBLOCK))
		return walk_memblock(kbuf, fn);
	if (kbuf->top_down)
		return walk_system_ram_res_rev(0, ULONG_MAX, kbuf, fn);
	return walk_system_ram_res(0, ULONG_MAX, kbuf, fn);
}

/* ---- the default CMA area ---- */

static bool within_limits(const struct kexec_buf *kbuf, struct kexec_range range)
{
	struct kexec_range limits = kexec_range_inclusive(kbuf->buf_min, kbuf->buf_max);
	struct kexec_range hit;

	return kexec_range_contains(limits, range) && IS_ALIGNED(range.start, kbuf->buf_align) &&
	       !in_the_way_or_excluded(kbuf->image, range, &hit);
}

/* What is behind the contents need not be claimed, but has to be memory. */
static bool is_ram(struct kexec_range range)
{
	return region_intersects(boot_phys_to_phys(range.start), kexec_range_size(range),
				 IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) == REGION_INTERSECTS;
}

/* The area's allocator takes no limits; what does not suit goes back. */
static bool claim_cma(struct kexec_buf *kbuf)
{
	unsigned long nr_pages = pages_to_claim(kbuf);
	struct kexec_range range;
	struct page *page;

	page = kexec_claim_cma(nr_pages, get_order(kbuf->buf_align));
	if (!page)
		return false;

	range.start = (u64)page_to_boot_pfn(page) << PAGE_SHIFT;
	range.end = range.start + kbuf->memsz;
	if (!within_limits(kbuf, range) || !is_ram(range)) {
		dma_release_from_contiguous(NULL, page, nr_pages);
		return false;
	}
	arch_kexec_post_alloc_pages(page_address(page), nr_pages, 0);
	take_claim(kbuf, (struct kimage_block) { page, nr_pages, true });
	return true;
}

/* ---- the order of preference ---- */

static bool claim(struct kexec_buf *kbuf)
{
	int ret;

	if (kbuf->image->scattered || !kexec_runs_in_place() || !kbuf->memsz)
		return false;
	ret = kho_locate_mem_hole(kbuf, claim_in_scratch);
	if (ret == 1)
		return claim_cma(kbuf) || walk_ram(kbuf, claim_in_ram) == 1;
	return !ret;
}

static int locate_in_ram(struct kexec_buf *kbuf)
{
	int ret;

	if (claim(kbuf))
		return 0;
	ret = kho_locate_mem_hole(kbuf, hole_in);
	if (ret != 1)
		return ret;
	ret = walk_ram(kbuf, hole_in);
	if (ret == 1)
		return 0;
	/* Walking from the top needs memory, and says -1 when there is none. */
	return ret < 0 ? -ENOMEM : -EADDRNOTAVAIL;
}

/* A start that cannot be guessed, if there is a hole behind it. */
static bool locate_at_random(struct kexec_buf *kbuf, struct kexec_hole want,
			     struct kexec_range *found)
{
	u64 slack = kexec_range_size(want.within);

	if (!kexec_buf_random(kbuf) || slack <= want.size)
		return false;
	want.within.start += get_random_u64() % (slack - want.size);
	return !kimage_region_hole(kbuf->image, want, found);
}

static int locate_in_region(struct kexec_buf *kbuf)
{
	struct kexec_hole want = wanted(kbuf, kexec_region());
	struct kexec_range found;
	int ret;

	if (!locate_at_random(kbuf, want, &found)) {
		ret = kimage_region_hole(kbuf->image, want, &found);
		if (ret)
			return ret;
	}
	kbuf->mem = found.start;
	return 0;
}

/**
 * kexec_locate_mem_hole() - find a place for a segment
 * @kbuf: what is wanted; sizes and alignment in whole pages
 *
 * Sets @kbuf->mem unless the architecture already has.
 *
 * Context: process, kexec_load_mutex held.
 * Return: 0; -EADDRNOTAVAIL when there is no such place, -ENOMEM when there is no
 * memory to look for one, -EINVAL when the image has no segment left.
 */
int kexec_locate_mem_hole(struct kexec_buf *kbuf)
{
	if (kbuf->image->nr_segments >= KEXEC_SEGMENT_MAX)
		return -EINVAL;
	if (kbuf->mem != KEXEC_BUF_MEM_UNKNOWN)
		return 0;
	if (kimage_is_crash(kbuf->image))
		return locate_in_region(kbuf);
	return locate_in_ram(kbuf);
}

/* ---- files that are read straight into place ---- */

static void *claim_for_file(struct kimage_file *file, struct kexec_buf *kbuf)
{
	struct kimage_place *place = current_place(kbuf);

	if (!claim(kbuf))
		return NULL;
	file->block = place->block;
	*place = (struct kimage_place) {};
	file->range.start = kbuf->mem;
	file->range.end = kbuf->mem + ((u64)file->block.nr_pages << PAGE_SHIFT);
	return page_address(file->block.page);
}

static void *map_for_file(struct kimage_file *file, struct kexec_buf *kbuf)
{
	struct kexec_hole want = wanted(kbuf, kexec_region());
	struct kexec_range range;

	if (kbuf->image->alone) {
		if (!kimage_region_hole(kbuf->image, want, &range))
			file->kept = range;
		return NULL;
	}
	if (!kimage_region_has_room(kbuf->image, want, &range))
		return NULL;
	file->map = kexec_map_region(range);
	if (file->map)
		file->range = range;
	return file->map;
}

static void *place_file(struct kimage_file *file, struct kexec_buf *kbuf)
{
	if (!kbuf->bufsz || !kexec_chooses_places())
		return NULL;
	file->room = kbuf->memsz;
	return kimage_is_crash(kbuf->image) ? map_for_file(file, kbuf) : claim_for_file(file, kbuf);
}

/**
 * kimage_place_initrd() - find the initrd a place before it is read
 * @image: the image
 * @size:  bytes of the file
 *
 * The loader has not yet said where it wants the initrd, so this is a guess at
 * what every loader accepts; kexec_add_buffer() sees whether it was a good one.
 *
 * Context: process, kexec_load_mutex held.
 * Return: where to read the file to, with room for whole pages, or NULL when it has
 * to be read to somewhere else first.
 */
void *kimage_place_initrd(struct kimage *image, size_t size)
{
	struct kexec_buf kbuf = {
		.image = image,
		.bufsz = size,
		.memsz = PAGE_ALIGN(size),
		.buf_align = PAGE_SIZE,
		.buf_min = SZ_16M,
		.buf_max = ULONG_MAX,
		.top_down = true,
	};

	return place_file(&image->initrd, &kbuf);
}

/* How much memory a kernel needs, at most, is some times the size of its file. */
#define KERNEL_UNPACKED	8

/**
 * kimage_place_kernel() - find the kernel a place before it is read
 * @image: the image
 * @size:  bytes of the file
 *
 * Most kernel files are a header and a payload that reaches to their end.  The
 * payload can stay where it is read to, but for being moved over the header, if
 * behind it there is room for what it will unpack to.
 *
 * Context: process, kexec_load_mutex held.
 * Return: as kimage_place_initrd().
 */
void *kimage_place_kernel(struct kimage *image, size_t size)
{
	struct kexec_buf kbuf = {
		.image = image,
		.bufsz = size,
		.memsz = PAGE_ALIGN(size) * KERNEL_UNPACKED,
		.buf_align = SZ_2M,
		.buf_min = SZ_16M,
		.buf_max = ULONG_MAX,
		.top_down = true,
	};

	/* Without shared zeros all of the guess would have to be claimed. */
	if (!kexec_shares_zeros() || kimage_is_crash(image))
		return NULL;
	return place_file(&image->kernel, &kbuf);
}

/* ---- ... and what becomes of them ---- */

static bool is_adopted(const struct kimage *image, const struct kimage_file *file)
{
	unsigned long i;

	for (i = 0; i < image->nr_segments; i++)
		if (image->place[i].adopted == file)
			return true;
	return false;
}

/**
 * kimage_release_file() - end the kernel's access to a file read into place
 * @image: the image
 * @file:  its kernel or initrd
 *
 * Memory that no segment has adopted goes back.
 *
 * Context: process.
 */
void kimage_release_file(struct kimage *image, struct kimage_file *file)
{
	if (file->map)
		kexec_unmap_region(file->map, file->range);
	file->map = NULL;
	if (is_adopted(image, file))
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
	kimage_free_block(&image->kernel.block);
	kimage_free_block(&image->initrd.block);
}

/* Until a segment takes it over, a file's place is as large as that might be. */
static struct kexec_range extent(const struct kimage *image, const struct kimage_file *file)
{
	struct kexec_range range = kexec_range_empty(file->kept) ? file->range : file->kept;

	if (!kexec_range_empty(range) && !is_adopted(image, file))
		range.end = range.start + file->room;
	return range;
}

/**
 * kimage_file_in_the_way() - is a place taken by a file that was read there?
 * @image:     the image
 * @candidate: the place
 * @hit:       set to what is in the way
 *
 * Context: any.
 * Return: true when it is.
 */
bool kimage_file_in_the_way(const struct kimage *image, struct kexec_range candidate,
			    struct kexec_range *hit)
{
	*hit = extent(image, &image->kernel);
	if (kexec_range_overlaps(candidate, *hit))
		return true;
	*hit = extent(image, &image->initrd);
	return kexec_range_overlaps(candidate, *hit);
}

/* A longer header is more than a header. */
#define HEADER_MAX	SZ_64K

/* Is a segment's contents all of a file, but for a header? */
static bool is_contents_of(const struct kexec_buf *kbuf, const void *file, size_t size)
{
	return kbuf->buffer >= file && kbuf->buffer <= file + HEADER_MAX &&
	       kbuf->buffer + kbuf->bufsz == file + size;
}

static struct kimage_file *file_of(struct kexec_buf *kbuf)
{
	struct kimage *image = kbuf->image;

	if (is_contents_of(kbuf, image->kernel_buf, image->kernel_buf_len))
		return &image->kernel;
	if (is_contents_of(kbuf, image->initrd_buf, image->initrd_buf_len))
		return &image->initrd;
	return NULL;
}

/* May a segment be where its file was read to? */
static bool can_adopt(struct kexec_buf *kbuf, const struct kimage_file *file,
		      struct kexec_range range)
{
	struct kexec_range limits = kexec_range_inclusive(kbuf->buf_min, kbuf->buf_max);

	if (kbuf->memsz > file->room || !kexec_range_contains(limits, range))
		return false;
	if (!IS_ALIGNED(range.start, kbuf->buf_align))
		return false;
	if (kexec_range_empty(file->kept) &&
	    (u64)pages_to_claim(kbuf) << PAGE_SHIFT > kexec_range_size(file->range))
		return false;
	return !kimage_is_destination_range(kbuf->image, range.start, range.end - 1) &&
	       !kexec_excluded_by_arch(kbuf->image, range.start, range.end - 1);
}

/* Does the loader want the contents of a file where they already are? */
static bool adopt_file(struct kexec_buf *kbuf)
{
	struct kimage_file *file = file_of(kbuf);
	struct kexec_range range;

	if (!file || kexec_range_empty(file->range) || kbuf->mem != KEXEC_BUF_MEM_UNKNOWN)
		return false;
	range.start = file->range.start;
	range.end = range.start + kbuf->memsz;
	if (!can_adopt(kbuf, file, range))
		return false;
	kbuf->mem = range.start;
	current_place(kbuf)->adopted = file;
	current_place(kbuf)->claimed = pages_to_claim(kbuf);
	return true;
}

/* ... or where it would have been read to? */
static bool use_kept_place(struct kexec_buf *kbuf)
{
	struct kimage_file *file = file_of(kbuf);
	struct kexec_range range;

	if (!file || kexec_range_empty(file->kept) || kbuf->mem != KEXEC_BUF_MEM_UNKNOWN)
		return false;
	range.start = file->kept.start;
	range.end = range.start + kbuf->memsz;
	if (!can_adopt(kbuf, file, range))
		return false;
	kbuf->mem = range.start;
	file->kept = (struct kexec_range) {};
	return true;
}

/* ---- the loaders' entrance ---- */

static void add_segment(struct kexec_buf *kbuf)
{
	struct kimage *image = kbuf->image;
	struct kimage_place *place = current_place(kbuf);

	place->in_place = place->claimed && place->claimed >= pages_to_claim(kbuf);
	image->segment[image->nr_segments++] = (struct kexec_segment) {
		.kbuf = kbuf->buffer,
		.bufsz = kbuf->bufsz,
		.mem = kbuf->mem,
		.memsz = kbuf->memsz,
	};
	trace_kexec_place(image->type, image->nr_segments - 1, kbuf->mem, kbuf->memsz,
			  place->in_place);
}

/**
 * kexec_add_buffer() - add a segment to an image and find it a place
 * @kbuf: contents and wishes; @kbuf->mem is set to the destination,
 *	  @kbuf->memsz and @kbuf->buf_align are rounded up to pages
 *
 * The contents are read when the image is filled and stay the caller's.
 *
 * Context: process, kexec_load_mutex held, from kexec_file_ops.load or before it.
 * Return: 0; -EINVAL when the image is not a loader's, already has
 * KEXEC_SEGMENT_MAX segments or control pages; -EADDRNOTAVAIL when there is no
 * place within the limits, -ENOMEM when there is no memory to look for one.
 */
int kexec_add_buffer(struct kexec_buf *kbuf)
{
	struct kimage *image = kbuf->image;
	int ret;

	if (!image->file_mode)
		return kexec_refuse(image, -EINVAL, "its segments are user space's to place");
	if (image->nr_segments >= KEXEC_SEGMENT_MAX)
		return kexec_refuse(image, -EINVAL, "more than %d segments", KEXEC_SEGMENT_MAX);
	if (WARN_ON_ONCE(image->control_code_page))
		return kexec_refuse(image, -EINVAL, "a segment after the control pages");

	/* A loader may have dropped its last segment to try another place. */
	kimage_free_place(image, image->nr_segments);

	kbuf->memsz = PAGE_ALIGN(kbuf->memsz);
	kbuf->buf_align = max(kbuf->buf_align, PAGE_SIZE);
	kbuf->cma = NULL;

	if (!adopt_file(kbuf) && !use_kept_place(kbuf)) {
		ret = arch_kexec_locate_mem_hole(kbuf);
		if (ret) {
			/* No refusal yet: loaders try again with other limits. */
			image->no_room = *kbuf;
			return ret;
		}
	}
	add_segment(kbuf);
	return 0;
}
