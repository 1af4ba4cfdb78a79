/* SPDX-License-Identifier: GPL-2.0-only */
/* timeline.c and arrival.c: how long it took from one kernel to the next. */
#ifndef KERNEL_KEXEC_TIMELINE_H
#define KERNEL_KEXEC_TIMELINE_H

#include <linux/kexec_timeline.h>
#include <linux/kobject.h>

#include "image.h"

/* Stretches of the way; each but the last lies between two moments. */
enum kexec_stretch {
	KEXEC_SHUTDOWN,
	KEXEC_LEAVE,
	KEXEC_RELOCATE,
	KEXEC_VERIFY,
	KEXEC_DECOMPRESS,
	KEXEC_ENTER,
	KEXEC_TOTAL,
	KEXEC_STRETCHES,
};

/**
 * struct kexec_arrival - what this kernel has read itself
 * @entered: the counter when its own code began, behind its decompressor; 0 if it was not read
 * @started: the counter at start_kernel()
 * @khz:     the counter's rate as this kernel knows it, 0 if it does not
 */
struct kexec_arrival {
	u64 entered;
	u64 started;
	u32 khz;
};

/* No length in nanoseconds. */
#define KEXEC_UNKNOWN	U64_MAX

#ifdef CONFIG_KEXEC_TIMELINE
void kimage_map_timeline(struct kimage *image);
void kimage_unmap_timeline(struct kimage *image);
void kexec_timeline_reboot(void);
void kexec_timeline_quiet(void);
void kexec_timeline_crash(void);

bool kexec_timeline_valid(const struct kexec_timeline *timeline);
u64 kexec_timeline_ns(const struct kexec_timeline *timeline, const struct kexec_arrival *here,
		      enum kexec_stretch stretch);
int kexec_timeline_show_in(struct kobject *dir);
#else
static inline void kimage_map_timeline(struct kimage *image) { }
static inline void kimage_unmap_timeline(struct kimage *image) { }
static inline void kexec_timeline_reboot(void) { }
static inline void kexec_timeline_quiet(void) { }
static inline void kexec_timeline_crash(void) { }
static inline int kexec_timeline_show_in(struct kobject *dir) { return 0; }
#endif

#endif /* KERNEL_KEXEC_TIMELINE_H */
