/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What only the core knows of an image, and the questions that can be asked of
 * its geometry.
 *
 * The road of an image, and where to read about each stretch of it:
 *
 *   described	../kexec.c (segments from user space), ../kexec_file.c (files)
 *   unwrapped	unwrap.c, wrapped.c (a kernel inside another file), shared.c (its initrd)
 *   unpacked	unpack.c (by a loader, for what it describes)
 *   checked	check.c
 *   placed	locate.c, place.c (where, for loaders), claim.c (memory claimed
 *		there), pages.c (pages elsewhere), list.c (the entry list),
 *		region.c (crash images)
 *   filled	fill.c
 *   digested	digest.c, purgatory.c (who verifies them)
 *   armed	arm.c, lock.c (and the locks)
 *   executed	reboot.c, jump.c, ../crash_core.c
 *   freed	life.c, files.c
 *
 * Where it comes from is noted on the way (origin.c), and shown with the rest (map.c).
 * How long it took from one kernel to the next: timeline.c, arrival.c; that it never
 * arrived: attempt.c.
 *
 * ../kexec_core.c is the road itself.  Each file calls only what lies below it.
 */
#ifndef KERNEL_KEXEC_IMAGE_H
#define KERNEL_KEXEC_IMAGE_H

#include <linux/kexec.h>
#include <linux/sched.h>

#include "range.h"
#include "wrapped.h"

struct kexec_timeline;

/**
 * struct kimage_block - physically contiguous memory that an image owns
 * @page:     first page, NULL when there is no block
 * @nr_pages: length
 * @cma:      taken from the default CMA area, to be given back there
 */
struct kimage_block {
	struct page *page;
	unsigned long nr_pages;
	bool cma;
};

/**
 * struct kimage_file - a file, or other contents, that came to where it may be used
 * @range: where that is, empty if it was read to a buffer
 * @kept:  where it would be had there been no armed image, until a segment is put there
 * @room:  how far a segment that begins there may reach
 * @block: the memory there, when claimed
 * @map:   its mapping, when in the crash region
 */
struct kimage_file {
	struct kexec_range range;
	struct kexec_range kept;
	u64 room;
	struct kimage_block block;
	void *map;
};

/**
 * struct kimage_shared - pages of a kernel's file that are the initrd's as well
 * @at:    where in the file the first begins
 * @len:   bytes, whole pages; 0 when there are none
 * @place: where the initrd begins
 * @front: bytes there in front of these pages
 * @own:   bytes there that came with the kernel
 * @more:  bytes there for what is read behind
 */
struct kimage_shared {
	size_t at;
	size_t len;
	void *place;
	size_t front;
	size_t own;
	size_t more;
};

/**
 * struct kimage_place - how a segment comes to its destination
 * @in_place: all of its contents are filled in there; none is relocated
 * @uncleared: what is behind its contents need not be zero
 * @file:     it took over the memory that this file was read to
 * @claimed:  pages from its start that the image owns there
 * @block:    those pages, unless they are @file's
 * @owned:    a bit for each further page that the image owns at its destination
 * @nr_owned: how many of these bits are set
 * @first:    where in the entry list its entries begin
 * @sources:  what the list has for its contents is all in there
 * @role:     what it is called, NULL when nobody knows
 */
struct kimage_place {
	bool in_place;
	bool uncleared;
	struct kimage_file *file;
	unsigned long claimed;
	struct kimage_block block;
	unsigned long *owned;
	unsigned long nr_owned;
	kimage_entry_t *first;
	struct kexec_range sources;
	const char *role;
};

/**
 * struct kimage_ranges - pages of the crash region that an image uses besides its segments
 * @nr:    ranges in use
 * @max:   ranges allocated
 * @range: the ranges; neighbours are merged
 */
struct kimage_ranges {
	unsigned int nr;
	unsigned int max;
	struct kexec_range *range;
};

/* A kernel is not inside of more files than this. */
#define KEXEC_LAYERS_MAX	4

/* The steps of a load, as they are timed. */
enum kimage_step {
	KIMAGE_DESCRIBE,
	KIMAGE_CHECK,
	KIMAGE_PLACE,
	KIMAGE_PREPARE,
	KIMAGE_FILL,
	KIMAGE_DIGEST,
	KIMAGE_ARM,
	KIMAGE_STEPS,
};

/**
 * struct kimage_origin - where an image comes from
 * @pid:         who loaded it
 * @comm:        ... and the name he went by
 * @when:        the time of day, in seconds, when that began
 * @since:       when the current step began, ktime_get_ns()
 * @took:        nanoseconds that each step took, 0 for one that was not made
 * @layer:       what the kernel was inside of, outermost first
 * @nr_layers:   how many of these
 * @kind:        kind of kernel file, NULL when it is segments of user space
 * @release:     how the kernel calls itself, "" when its file does not say
 * @entry_known: the loader has said how the kernel is entered
 * @why_packed:  why not without its decompressor, NULL if it is
 */
struct kimage_origin {
	pid_t pid;
	char comm[TASK_COMM_LEN];
	time64_t when;
	u64 since;
	u64 took[KIMAGE_STEPS];
	const char *layer[KEXEC_LAYERS_MAX];
	unsigned int nr_layers;
	const char *kind;
	char release[KEXEC_RELEASE_MAX];
	bool entry_known;
	const char *why_packed;
};

/**
 * struct kimage_core - an image as the core knows it
 * @image:          what others may read
 * @prepared:       machine_kexec_prepare() was called
 * @scattered:      claim no contiguous memory
 * @refused:        the log already says why
 * @listed:         the entry list is being or has been written
 * @alone:          placed as if no crash image were armed
 * @evicts:         fits only when the armed crash image has gone
 * @region_full:    there was no room for a control page in the crash region
 * @region_size:    bytes that the crash region had when it was built
 * @place:          for each segment, how it comes to its destination
 * @zero_page:      source of everything that is zero
 * @list:           first entry of the list under construction
 * @entry:          its next free slot
 * @last_entry:     the last slot of that page
 * @control_pages:  pages that survive the relocation, outside the crash region
 * @source_pages:   source pages that are not yet in the list
 * @unusable_pages: kept from the allocator until the image is complete
 * @control:        control pages inside the crash region
 * @predecessor:    armed crash image to be kept intact while this one is built
 * @hotplug_seen:   hotplug events before it was described
 * @spare_pages:    to rewrite a segment of the armed image from
 * @spare_tables:   for the list that says so
 * @nr_spare:       how many of the former
 * @kernel:         the kernel file, if it was read into place
 * @initrd:         the initrd, if it was read into place
 * @made:           contents that the loader makes, if they are made in place
 * @made_buf:       where they are made
 * @made_len:       bytes there
 * @layer_buf:      the kernel's file and what was unpacked of it, if the kernel was inside
 * @nr_layer_bufs:  how many buffers these are
 * @parts:          what was found inside
 * @shared:         ... and is where it will be used
 * @origin:         where it comes from
 * @timeline_mem:   where it takes its time line along, 0 if it does not
 * @timeline:       ... mapped
 * @no_room:        what no place was found for
 */
struct kimage_core {
	struct kimage image;

	unsigned int prepared : 1;
	unsigned int scattered : 1;
	unsigned int refused : 1;
	unsigned int listed : 1;
	unsigned int alone : 1;
	unsigned int evicts : 1;
	unsigned int region_full : 1;
	u64 region_size;

	struct kimage_place place[KEXEC_SEGMENT_MAX];
	struct page *zero_page;

	kimage_entry_t list;
	kimage_entry_t *entry;
	kimage_entry_t *last_entry;

	struct list_head control_pages;
	struct list_head source_pages;
	struct list_head unusable_pages;
	struct kimage_ranges control;
	struct kimage *predecessor;
	unsigned int hotplug_seen;

	struct list_head spare_pages;
	struct list_head spare_tables;
	unsigned long nr_spare;

	struct kimage_file kernel;
	struct kimage_file initrd;
	struct kimage_file made;
	void *made_buf;
	size_t made_len;
	void *layer_buf[KEXEC_LAYERS_MAX + 1];
	unsigned int nr_layer_bufs;
	struct kexec_parts parts;
	struct kimage_shared shared;
	struct kimage_origin origin;
	unsigned long timeline_mem;
	struct kexec_timeline *timeline;
#ifdef CONFIG_KEXEC_FILE
	struct kexec_buf no_room;
#endif
};

#define kimage_core(ptr) container_of_const(ptr, struct kimage_core, image)

static inline bool kimage_is_crash(const struct kimage *image)
{
	return IS_ENABLED(CONFIG_CRASH_DUMP) && image->type == KEXEC_TYPE_CRASH;
}

/* A crash image of which something waits in ordinary memory for its place. */
static inline bool kimage_is_staged(const struct kimage *image)
{
	return kimage_is_crash(image) && !(kimage_core(image)->list & IND_DONE);
}

/* ---- which segment is what ---- */

#ifdef CONFIG_KEXEC_FILE
static inline bool kimage_is_purgatory(const struct kimage *image, unsigned long i)
{
	const void *purgatory = image->purgatory_info.purgatory_buf;

	return image->file_mode && purgatory && image->segment[i].kbuf == purgatory;
}

/* The initrd as it was read: its bytes, while loading, and how many. */
static inline size_t kimage_initrd(const struct kimage *image, const void **buf)
{
	*buf = image->initrd_buf;
	return image->initrd_buf ? image->initrd_buf_len : 0;
}
#else
static inline bool kimage_is_purgatory(const struct kimage *image, unsigned long i)
{
	return false;
}

static inline size_t kimage_initrd(const struct kimage *image, const void **buf)
{
	*buf = NULL;
	return 0;
}
#endif

#ifdef CONFIG_CRASH_HOTPLUG
static inline void kimage_init_hotplug(struct kimage *image, unsigned int events)
{
	image->hp_action = KEXEC_CRASH_HP_NONE;
	image->elfcorehdr_index = -1;
	kimage_core(image)->hotplug_seen = events;
}

static inline void kimage_set_hotplug_support(struct kimage *image, unsigned long flags)
{
	image->hotplug_support = !!arch_crash_hotplug_support(image, flags);
}

static inline bool kimage_is_hotplugged(const struct kimage *image)
{
	return image->hotplug_support;
}

static inline bool kimage_is_elfcorehdr(const struct kimage *image, unsigned long i)
{
	return i == image->elfcorehdr_index;
}
#else
static inline bool kimage_is_hotplugged(const struct kimage *image) { return false; }
static inline void kimage_init_hotplug(struct kimage *image, unsigned int events) { }
static inline void kimage_set_hotplug_support(struct kimage *image, unsigned long flags) { }

static inline bool kimage_is_elfcorehdr(const struct kimage *image, unsigned long i)
{
	return false;
}
#endif

#ifdef CONFIG_IMA_KEXEC
#include <linux/ima.h>

/* IMA writes to its segment until the jump, so the mapping lives as long as the image. */
static inline void kimage_map_measurements(struct kimage *image)
{
	ima_kexec_post_load(image);
}

static inline void kimage_unmap_measurements(struct kimage *image)
{
	kimage_unmap_segment(image->ima_buffer);
	image->ima_buffer = NULL;
}

static inline bool kimage_is_ima_segment(const struct kimage *image, unsigned long i)
{
	return image->is_ima_segment_index_set && i == image->ima_segment_index;
}
#else
/* linux/ima.h has a stub for this, but not without CONFIG_IMA. */
static inline void kimage_map_measurements(struct kimage *image) { }
static inline void kimage_unmap_measurements(struct kimage *image) { }

static inline bool kimage_is_ima_segment(const struct kimage *image, unsigned long i)
{
	return false;
}
#endif

/* ---- geometry.c ---- */

static inline unsigned long kimage_segment_pages(const struct kimage *image, unsigned int idx)
{
	return image->segment[idx].memsz >> PAGE_SHIFT;
}

bool kimage_in_the_way(void *image, struct kexec_range candidate, struct kexec_range *hit);
bool kimage_file_is_reused(const struct kimage *image, const struct kimage_file *file);
unsigned long kimage_pages_needed(const struct kimage *image, size_t bufsz, size_t memsz,
				  bool uncleared);
unsigned long kimage_contents_pages(const struct kimage *image, unsigned int idx);
unsigned long kimage_filled_pages(const struct kimage *image, unsigned int idx);
unsigned long kimage_pages_in_place(const struct kimage *image, unsigned int idx);
bool kimage_place_owns(const struct kimage_place *place, unsigned long nr);

/* ---- excluded.c ---- */

#ifdef CONFIG_KEXEC_FILE
bool kimage_excluded(struct kimage *image, struct kexec_range candidate, struct kexec_range *hit);
#else
static inline bool kimage_excluded(struct kimage *image, struct kexec_range candidate,
				   struct kexec_range *hit)
{
	return false;
}
#endif

#endif /* KERNEL_KEXEC_IMAGE_H */
