/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_KEXEC_TIMELINE_H
#define _LINUX_KEXEC_TIMELINE_H

/**
 * DOC: How long it took to get here
 *
 * Between the call for a reboot, or a panic, and the next kernel's first line in the
 * log no clock is kept.  What goes on is the CPU's counter.  It is read at each stretch
 * of the way, by the old kernel and the purgatory, and the next kernel tells what came
 * out.
 *
 * The readings travel on x86 as a node of the setup_data list, for three reasons: a
 * kernel walks that list before it has done anything else; it keeps the memory of every
 * node from being used, whatever the type; and a type that it does not know it
 * passes over, as all kernels have done since there is such a list.  (Those before 6.10
 * would keep that memory from their successors as well, and are handed none.)  The
 * command line, which would do as well, is user space's, and digested.
 *
 * The node lies in the purgatory.  That is the one segment which no digest covers, so
 * that it can be written to until the end, and the one whose code has readings to add.
 * It has whole pages there, the only ones that stay writable, and the purgatory puts its
 * place in the list right before it enters the next kernel.
 * Pages of their own would have needed both, and a segment of sixteen.
 *
 * A decompressor reads nothing.  Where it ends is where the next kernel's own code begins,
 * which reads the counter itself; the old kernel says whether there was one at all.
 *
 * Images of kexec_load(2) have no time line.  The list, the purgatory and the digests over
 * both are user space's there, and what the kernel adds to them they would take for damage.
 *
 * Old kernel, purgatory and next kernel read this header and nothing else about each
 * other.  They need not be of one version: what differs in magic or length is ignored.
 */

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/*
 * Types of setup_data are counted up from 1, and the top bit has a meaning of its own.
 * This is far from both: "KXTL".
 */
#define KEXEC_TIMELINE_TYPE	0x4c54584b

/* Changes whenever anything below does. */
#define KEXEC_TIMELINE_MAGIC	0x324d4954	/* "TIM2" */

/* A power of two, so that it lies in one page. */
#define KEXEC_TIMELINE_ALIGN	128

/**
 * enum kexec_stamp - moments at which the counter is read
 * @KEXEC_STAMP_CALL:      reboot(2) was called, or the kernel panics
 * @KEXEC_STAMP_QUIET:     devices are shut down; after a panic, all that came before
 *			   the crash image's turn has been done
 * @KEXEC_STAMP_JUMP:      other CPUs are stopped, the old kernel gives up
 * @KEXEC_STAMP_PURGATORY: all is where it will run, and the purgatory begins
 * @KEXEC_STAMP_VERIFIED:  digests are verified, the next kernel is entered
 * @KEXEC_STAMPS:          how many there are
 */
enum kexec_stamp {
	KEXEC_STAMP_CALL,
	KEXEC_STAMP_QUIET,
	KEXEC_STAMP_JUMP,
	KEXEC_STAMP_PURGATORY,
	KEXEC_STAMP_VERIFIED,
	KEXEC_STAMPS,
};

/* kexec_timeline.flags: it was a panic; the next kernel is entered at its decompressor. */
#define KEXEC_TIMELINE_CRASH	0x1
#define KEXEC_TIMELINE_PACKED	0x2

/**
 * struct kexec_timeline - what the counter said on the way
 * @next:  struct setup_data's, as are the next two
 * @type:  KEXEC_TIMELINE_TYPE
 * @len:   bytes behind these three
 * @magic: KEXEC_TIMELINE_MAGIC
 * @khz:   rate of the counter as the old kernel knows it; 0: nothing is to be read
 * @flags: KEXEC_TIMELINE_CRASH, KEXEC_TIMELINE_PACKED
 * @reserved: 0
 * @stamp: the readings, 0 for one that was not made
 */
struct kexec_timeline {
	u64 next;
	u32 type;
	u32 len;
	u32 magic;
	u32 khz;
	u32 flags;
	u32 reserved;
	u64 stamp[KEXEC_STAMPS];
};

#define KEXEC_TIMELINE_LEN	(sizeof(struct kexec_timeline) - \
				 offsetof(struct kexec_timeline, magic))

static_assert(offsetof(struct kexec_timeline, type) == 8);
static_assert(offsetof(struct kexec_timeline, magic) == 16);
static_assert(offsetof(struct kexec_timeline, stamp) == 32);
static_assert(sizeof(struct kexec_timeline) == 32 + 8 * KEXEC_STAMPS);
static_assert(sizeof(struct kexec_timeline) <= KEXEC_TIMELINE_ALIGN);

struct kimage;

#ifdef CONFIG_KEXEC_TIMELINE
/* ---- kernel/kexec/timeline.c ---- */

void kexec_timeline_panic(void);
void kexec_timeline_jump(struct kimage *image);
void kimage_carry_timeline(struct kimage *image, unsigned long mem);

/* ---- kernel/kexec/arrival.c ---- */

void kexec_timeline_arrived(const struct kexec_timeline *timeline, u64 entered, u64 started);

/* ---- the architecture: the counter, its rate in kHz if there is one to be used ---- */

u64 arch_kexec_counter(void);
u32 arch_kexec_counter_khz(void);
#else
static inline void kexec_timeline_panic(void) { }
static inline void kexec_timeline_jump(struct kimage *image) { }
#endif

#endif /* _LINUX_KEXEC_TIMELINE_H */
