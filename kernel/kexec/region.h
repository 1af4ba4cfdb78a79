/* SPDX-License-Identifier: GPL-2.0-only */
/* region.c: the memory reserved for crash images. */
#ifndef KERNEL_KEXEC_REGION_H
#define KERNEL_KEXEC_REGION_H

#include <linux/sizes.h>

#include "image.h"

/* What is mapped, copied or cleared without a pause. */
#define KEXEC_WINDOW	SZ_1M

bool kimage_region_has_room(struct kimage *image, struct kexec_hole want,
			    struct kexec_range *found);
bool kimage_find_in_region(struct kimage *image, struct kexec_hole want, struct kexec_range *found);
int kimage_region_hole(struct kimage *image, struct kexec_hole want, struct kexec_range *found);
bool kimage_is_armed_place(const struct kimage *image, struct kexec_range range);

#ifdef CONFIG_CRASH_DUMP
struct kexec_range kexec_region(void);
void kimage_init_crash(struct kimage *image, unsigned long flags);
void kimage_place_in_region(struct kimage *image);
void *kexec_map_region(struct kexec_range range);
void kexec_unmap_region(void *vaddr, struct kexec_range range);
void kexec_protect_region(void);
#else
static inline struct kexec_range kexec_region(void) { return (struct kexec_range) {}; }
static inline void kimage_init_crash(struct kimage *image, unsigned long flags) { }
static inline void kimage_place_in_region(struct kimage *image) { }

static inline void *kexec_map_region(struct kexec_range range) { return NULL; }
static inline void kexec_unmap_region(void *vaddr, struct kexec_range range) { }
static inline void kexec_protect_region(void) { }
#endif

#endif /* KERNEL_KEXEC_REGION_H */
