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
	KEXEC_ENTER,
	KEXEC_TOTAL,
	KEXEC_STRETCHES,
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
u64 kexec_timeline_ns(const struct kexec_timeline *timeline, u64 now, u32 khz,
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
