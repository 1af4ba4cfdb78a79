/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the crash and the handover code may know of the kexec core.  What its own
 * files know of each other is in kernel/kexec/; image.h there says which does what.
 */
#ifndef LINUX_KEXEC_INTERNAL_H
#define LINUX_KEXEC_INTERNAL_H

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/kexec.h>
#include <linux/mutex.h>
#include <linux/preempt.h>

/* ---- images ---- */

struct kimage *do_kimage_alloc_init(void);
void kimage_free(struct kimage *image);
void kimage_free_page_list(struct list_head *list);
int sanity_check_segment_list(struct kimage *image);
int kimage_load_segment(struct kimage *image, struct kexec_segment *segment);
void kimage_terminate(struct kimage *image);
int kimage_is_destination_range(struct kimage *image, unsigned long start, unsigned long end);

#ifdef CONFIG_KEXEC_FILE
#include <linux/purgatory.h>

void kimage_file_post_load_cleanup(struct kimage *image);
extern char kexec_purgatory[];
extern size_t kexec_purgatory_size;
#else
static inline void kimage_file_post_load_cleanup(struct kimage *image) { }
#endif

/* ---- locks: kexec/lock.c describes them ---- */

extern struct mutex kexec_load_mutex;
extern struct mutex kexec_arm_mutex;
extern atomic_t __kexec_lock;

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

/* __kexec_lock from process context, waiting for the few instructions it is held. */
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

/* ---- crash: kexec/arm.c, kexec/dma.c, crash_core.c ---- */

struct kimage *kexec_crash_begin(void);
void kexec_crash_end(void);
bool kexec_cma_is_quiet(void);

#ifndef CONFIG_CRASH_DUMP
static inline ssize_t crash_get_memory_size(void) { return 0; }
static inline int crash_shrink_memory(unsigned long size) { return -ENODEV; }

#ifndef crash_get_elfcorehdr_size
static inline unsigned int crash_get_elfcorehdr_size(void) { return 0; }
#endif
#endif

#ifdef CONFIG_CRASH_HOTPLUG
void crash_hotplug_catch_up(struct kimage *image, unsigned int seen);
unsigned int crash_hotplug_events(void);
#else
static inline void crash_hotplug_catch_up(struct kimage *image, unsigned int seen) { }
static inline unsigned int crash_hotplug_events(void) { return 0; }
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
