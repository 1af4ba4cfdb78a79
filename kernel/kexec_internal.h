/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract among the kexec core's own files, and with the crash and the
 * handover code.
 *
 * The road of an image, and where to read about each stretch of it:
 *
 *   described	kexec.c (segments from user space), kexec_file.c (files)
 *   checked	kexec_check.c
 *   placed	kexec_place.c (where), kexec_claim.c (memory claimed there),
 *		kexec_pages.c (pages elsewhere and the entry list),
 *		kexec_region.c (crash images)
 *   filled	kexec_fill.c
 *   sealed	kexec_seal.c (digests), kexec_purgatory.c (who verifies them)
 *   armed	kexec_arm.c (and the locks)
 *   executed	kexec_core.c, kexec_jump.c, crash_core.c
 *   freed	kexec_core.c
 *
 * An image is valid for kimage_free() at every point of it.
 */
#ifndef LINUX_KEXEC_INTERNAL_H
#define LINUX_KEXEC_INTERNAL_H

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/gfp.h>
#include <linux/kexec.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "kexec_range.h"

/* ---- locks: kexec_arm.c describes them ---- */

extern struct mutex kexec_load_mutex;
extern struct mutex kexec_arm_mutex;
extern atomic_t __kexec_lock;

/**
 * kexec_trylock() - take the lock on what is armed, if it is free
 *
 * Context: any, NMI included.  Preemption is disabled by the caller and stays
 * so until kexec_unlock(); nothing sleeps, faults, allocates or waits between.
 * Return: true when taken.  Pairs with the release in kexec_unlock().
 */
static inline bool kexec_trylock(void)
{
	int unlocked = 0;

	return atomic_try_cmpxchg_acquire(&__kexec_lock, &unlocked, 1);
}

/** kexec_unlock() - let go of what kexec_trylock() took */
static inline void kexec_unlock(void)
{
	atomic_set_release(&__kexec_lock, 0);
}

/* The same from process context, waiting for the few instructions it is held. */
static inline void kexec_lock_armed(void)
{
	preempt_disable();
	while (!kexec_trylock())
		cpu_relax();
}

static inline void kexec_unlock_armed(void)
{
	kexec_unlock();
	preempt_enable();
}

DEFINE_LOCK_GUARD_0(kexec_armed, kexec_lock_armed(), kexec_unlock_armed())

int kexec_begin_turn(const char *call);
void kexec_end_turn(void);

/*
 * kexec_load_mutex until the end of the scope::
 *
 *	CLASS(kexec_turn, busy)("what I do");
 *	if (busy)
 *		return busy;
 */
DEFINE_CLASS(kexec_turn, int, if (!_T) kexec_end_turn(), kexec_begin_turn(call), const char *call)

/* ---- life: kexec_core.c ---- */

struct kimage *do_kimage_alloc_init(void);
void kimage_free(struct kimage *image);
void kimage_abandon(struct kimage *image);
int kimage_build(struct kimage *image);

#if IS_ENABLED(CONFIG_KUNIT)
void kexec_accept(phys_addr_t start, unsigned long size);
#endif

DEFINE_FREE(kimage, struct kimage *, kimage_abandon(_T))

#ifdef CONFIG_KEXEC_JUMP
int kexec_jump(struct kimage *image);
#else
static inline int kexec_jump(struct kimage *image) { return -EINVAL; }
#endif

static inline bool kimage_is_crash(const struct kimage *image)
{
	return IS_ENABLED(CONFIG_CRASH_DUMP) && image->type == KEXEC_TYPE_CRASH;
}

/* ---- who may load: kexec_policy.c, kexec_signature.c ---- */

bool kexec_load_permitted(int image_type);

#ifdef CONFIG_KEXEC_SIG
int kimage_check_signature(struct kimage *image);

#if IS_ENABLED(CONFIG_KUNIT)
extern bool kexec_sig_enforced;
#endif
#else
static inline int kimage_check_signature(struct kimage *image) { return 0; }
#endif

/* ---- check: kexec_check.c ---- */

#define KEXEC_NOTHING_RESERVED \
	"no memory is reserved for a crash kernel: boot with crashkernel=256M, or what it needs"

int sanity_check_segment_list(struct kimage *image);
int kimage_is_destination_range(struct kimage *image, unsigned long start, unsigned long end);

/* ---- place: kexec_place.c, kexec_claim.c, kexec_pages.c ---- */

bool kimage_in_the_way(void *image, struct kexec_range candidate, struct kexec_range *hit);

#ifdef CONFIG_CONTIG_ALLOC
bool kimage_claim_hole(struct kimage *image, struct kexec_hole want, u64 size, bool scratch,
		       struct kimage_block *block);
void kimage_claim_segment(struct kimage *image, unsigned int idx);
struct page *kexec_claim_cma(unsigned long nr_pages, unsigned int order);

#if IS_ENABLED(CONFIG_KUNIT)
bool kexec_zone_may_give(const struct zone *zone);
#endif

static inline void kexec_free_contig(unsigned long pfn, unsigned long nr_pages)
{
	free_contig_range(pfn, nr_pages);
}
#else
static inline bool kimage_claim_hole(struct kimage *image, struct kexec_hole want, u64 size,
				     bool scratch, struct kimage_block *block)
{
	return false;
}

static inline void kimage_claim_segment(struct kimage *image, unsigned int idx) { }

static inline struct page *kexec_claim_cma(unsigned long nr_pages, unsigned int order)
{
	return NULL;
}

static inline void kexec_free_contig(unsigned long pfn, unsigned long nr_pages)
{
	while (nr_pages--)
		__free_page(pfn_to_page(pfn++));
}
#endif

/*
 * Do image loaders leave it to kexec_add_buffer() where segments go?  s390's count
 * from the start of memory, or of the crash region, whatever has been read there.
 */
static inline bool kexec_chooses_places(void)
{
	return !IS_ENABLED(CONFIG_S390);
}

#ifdef CONFIG_ZONE_DMA
static inline bool kexec_zone_is_dma(const struct zone *zone)
{
	return zone_idx(zone) == ZONE_DMA;
}
#else
static inline bool kexec_zone_is_dma(const struct zone *zone) { return false; }
#endif

/*
 * Does the architecture's relocation code take an image with nothing to
 * relocate?  Those that load files do, but for loongarch and parisc.
 */
static inline bool kexec_runs_in_place(void)
{
	return IS_ENABLED(CONFIG_ARCH_SUPPORTS_KEXEC_FILE) &&
	       !IS_ENABLED(CONFIG_LOONGARCH) && !IS_ENABLED(CONFIG_PARISC);
}

/*
 * May one page of zeros stand in for all that a list has to clear?  Only where
 * relocation code leaves its sources as they are; and where it does without an
 * entry list altogether when all is in place, that is worth more.
 */
static inline bool kexec_shares_zeros(void)
{
	return IS_ENABLED(CONFIG_X86_64);
}

unsigned long kexec_pages_to_be_had(bool in_cma);
int kimage_expect_pages(struct kimage *image, unsigned long pages);
#if IS_ENABLED(CONFIG_KUNIT)
u64 kexec_control_limit(void);
u64 kexec_source_limit(void);
#endif

unsigned long kimage_pages_needed(const struct kimage *image, size_t bufsz, size_t memsz);
unsigned long kimage_contents_pages(const struct kimage *image, unsigned int idx);
unsigned long kimage_pages_at_home(const struct kimage *image, unsigned int idx);
int kimage_gather_pages(struct kimage *image);
int kimage_build_list(struct kimage *image);
void kimage_terminate(struct kimage *image);
int kimage_set_home(struct kimage *image, unsigned int idx, unsigned long first,
		    unsigned long nr_pages);
struct page *kimage_next_source(kimage_entry_t **cursor);
struct page *kimage_segment_page(struct kimage *image, unsigned int idx, unsigned long nr,
				 kimage_entry_t **cursor);
struct page *kimage_alloc_aside(struct kimage *image, unsigned int order);
int kimage_alloc_spare(struct kimage *image, unsigned long nr_pages);
kimage_entry_t kimage_list_spare(struct kimage *image, struct kexec_range dest, const void *old,
				 const void *buf, size_t len);
void kimage_free_run(struct page *page, unsigned long nr_pages);
void kimage_free_block(struct kimage_block *block);
void kimage_free_list(struct kimage *image);
void kimage_free_page_list(struct list_head *list);
void kimage_free_place(struct kimage *image, unsigned int idx);
void kimage_free_pages(struct kimage *image);

#if IS_ENABLED(CONFIG_KUNIT)
struct page *kexec_alloc_block(gfp_t gfp, unsigned int order);
bool kexec_wants_list(void);
#endif

/* ---- the crash region: kexec_region.c ---- */

/* What is mapped, copied or cleared without a pause. */
#define KEXEC_WINDOW	SZ_1M

#ifdef CONFIG_CRASH_DUMP
struct kexec_range kexec_region(void);
void kimage_init_crash(struct kimage *image, unsigned long flags);
bool kimage_region_has_room(struct kimage *image, struct kexec_hole want,
			    struct kexec_range *found);
int kimage_region_hole(struct kimage *image, struct kexec_hole want, struct kexec_range *found);
void kimage_place_in_region(struct kimage *image);
struct page *kimage_alloc_region_pages(struct kimage *image, unsigned int order);
void kimage_drop_region_pages(struct kimage *image);
int kimage_place_spare(struct kimage *image);
void *kexec_map_region(struct kexec_range range);
void kexec_unmap_region(void *vaddr, struct kexec_range range);
void kimage_settle(struct kimage *image);
void kexec_protect_region(void);
#else
static inline struct kexec_range kexec_region(void) { return (struct kexec_range) {}; }
static inline void kimage_init_crash(struct kimage *image, unsigned long flags) { }
bool kimage_region_has_room(struct kimage *image, struct kexec_hole want,
			    struct kexec_range *found);
int kimage_region_hole(struct kimage *image, struct kexec_hole want, struct kexec_range *found);
static inline void kimage_place_in_region(struct kimage *image) { }

static inline struct page *kimage_alloc_region_pages(struct kimage *image, unsigned int order)
{
	return NULL;
}

static inline void kimage_drop_region_pages(struct kimage *image) { }
static inline int kimage_place_spare(struct kimage *image) { return 0; }
static inline void *kexec_map_region(struct kexec_range range) { return NULL; }
static inline void kexec_unmap_region(void *vaddr, struct kexec_range range) { }
static inline void kimage_settle(struct kimage *image) { }
static inline void kexec_protect_region(void) { }
static inline ssize_t crash_get_memory_size(void) { return 0; }
static inline int crash_shrink_memory(unsigned long size) { return -ENODEV; }

#ifndef arch_kexec_unprotect_crashkres
static inline void arch_kexec_unprotect_crashkres(void) { }
#endif
#endif

#if !defined(CONFIG_CRASH_DUMP) && !defined(crash_get_elfcorehdr_size)
static inline unsigned int crash_get_elfcorehdr_size(void) { return 0; }
#endif

/* dm-crypt keys in the region are unmapped, and found through the image that is armed. */
#ifndef arch_kexec_uncover_keys
static inline void arch_kexec_uncover_keys(void)
{
	arch_kexec_unprotect_crashkres();
}
#endif

/*
 * Make pages of the protected region writable.  An architecture that cannot do
 * so page by page opens the whole region until the load is over.
 */
#ifndef arch_kexec_unprotect_crash_pages
static inline void arch_kexec_unprotect_crash_pages(void *vaddr, unsigned int nr_pages)
{
	if (kexec_crash_image)
		arch_kexec_unprotect_crashkres();
}
#endif

/* A crash image of which something waits in ordinary memory for its place. */
static inline bool kimage_is_staged(const struct kimage *image)
{
	return kimage_is_crash(image) && !(image->list & IND_DONE);
}

/* ---- fill: kexec_fill.c ---- */

int kimage_load_segment(struct kimage *image, struct kexec_segment *segment);

/* ---- arm: kexec_arm.c ---- */

void kimage_arm(struct kimage *image);
void kimage_disarm(int type);
struct kimage *kimage_take(void);
void kimage_put_back(struct kimage *image);
void kimage_oust(struct kimage *image);
int kimage_post_load(struct kimage *image);
bool kexec_relocates_crash_image(void);
struct kimage *kexec_crash_begin(void);
void kexec_crash_end(void);
void kexec_end_unarmed(void);

/* ---- images from files: kexec_file.c, kexec_purgatory.c, kexec_seal.c ---- */

#ifdef CONFIG_KEXEC_FILE
#include <linux/purgatory.h>
void kimage_file_post_load_cleanup(struct kimage *image);
void *kimage_place_initrd(struct kimage *image, size_t size);
void *kimage_place_kernel(struct kimage *image, size_t size);
void kimage_release_file(struct kimage *image, struct kimage_file *file);
bool kimage_file_in_the_way(const struct kimage *image, struct kexec_range candidate,
			    struct kexec_range *hit);
bool kimage_excluded(struct kimage *image, struct kexec_range candidate, struct kexec_range *hit);
void kimage_free_files(struct kimage *image);

#if IS_ENABLED(CONFIG_KUNIT)
int kexec_find_loader(const struct kexec_file_ops * const *loaders, struct kimage *image,
		      const void *buf, unsigned long buf_len);
int kexec_excluded_by_arch(struct kimage *image, unsigned long start, unsigned long last);
#endif

extern char kexec_purgatory[];
extern size_t kexec_purgatory_size;

static inline bool kimage_is_purgatory(const struct kimage *image, unsigned long i)
{
	const void *purgatory = image->purgatory_info.purgatory_buf;

	return image->file_mode && purgatory && image->segment[i].kbuf == purgatory;
}
#else
static inline void kimage_file_post_load_cleanup(struct kimage *image) { }

static inline bool kimage_file_in_the_way(const struct kimage *image,
					  struct kexec_range candidate, struct kexec_range *hit)
{
	return false;
}

static inline bool kimage_excluded(struct kimage *image, struct kexec_range candidate,
				   struct kexec_range *hit)
{
	return false;
}

static inline void kimage_free_files(struct kimage *image) { }

static inline bool kimage_is_purgatory(const struct kimage *image, unsigned long i)
{
	return false;
}
#endif

#if defined(CONFIG_KEXEC_FILE) && defined(CONFIG_ARCH_SUPPORTS_KEXEC_PURGATORY)
int kimage_store_digests(struct kimage *image);
bool kexec_purgatory_has_symbol(struct kimage *image, const char *name);

#if IS_ENABLED(CONFIG_KUNIT)
extern bool kexec_halt_on_mismatch;
int kexec_load_purgatory_object(struct kimage *image, struct kexec_buf *kbuf,
				const Elf_Ehdr *ehdr, size_t size);
#endif
#else
static inline int kimage_store_digests(struct kimage *image) { return 0; }
#endif

/* What the architecture knows that a purgatory with seals should. */
#ifndef arch_kexec_prepare_seals
struct kexec_seals;
static inline void arch_kexec_prepare_seals(struct kexec_seals *seals) { }
#endif

#if defined(CONFIG_KEXEC_FILE) && defined(CONFIG_CRASH_DUMP)
static inline bool kexec_buf_random(const struct kexec_buf *kbuf) { return kbuf->random; }
#elif defined(CONFIG_KEXEC_FILE)
static inline bool kexec_buf_random(const struct kexec_buf *kbuf) { return false; }
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

/* ---- crash hotplug: crash_core.c ---- */

#ifdef CONFIG_CRASH_HOTPLUG
void crash_hotplug_catch_up(struct kimage *image);
unsigned int crash_hotplug_events(void);

static inline void kimage_init_hotplug(struct kimage *image)
{
	image->hp_action = KEXEC_CRASH_HP_NONE;
	image->elfcorehdr_index = -1;
	image->hotplug_seen = crash_hotplug_events();
}

static inline void kimage_set_hotplug_support(struct kimage *image, unsigned long flags)
{
	image->hotplug_support = !!arch_crash_hotplug_support(image, flags);
}

static inline bool kimage_is_elfcorehdr(const struct kimage *image, unsigned long i)
{
	return i == image->elfcorehdr_index;
}

static inline bool kimage_is_hotplugged(const struct kimage *image)
{
	return image->hotplug_support;
}
#else
static inline void crash_hotplug_catch_up(struct kimage *image) { }
static inline void kimage_init_hotplug(struct kimage *image) { }
static inline void kimage_set_hotplug_support(struct kimage *image, unsigned long flags) { }
static inline bool kimage_is_elfcorehdr(const struct kimage *image, unsigned long i)
{
	return false;
}

static inline bool kimage_is_hotplugged(const struct kimage *image) { return false; }
#endif

/* ---- handover: kernel/liveupdate/kexec_handover.c ---- */

struct kexec_buf;

#ifdef CONFIG_KEXEC_HANDOVER
int kho_locate_mem_hole(struct kexec_buf *kbuf, int (*func)(struct resource *, void *));
int kho_fill_kimage(struct kimage *image);
#else
static inline int kho_locate_mem_hole(struct kexec_buf *kbuf,
				      int (*func)(struct resource *, void *))
{
	return 1;
}

static inline int kho_fill_kimage(struct kimage *image) { return 0; }
#endif

#endif /* LINUX_KEXEC_INTERNAL_H */
