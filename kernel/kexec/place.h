/* SPDX-License-Identifier: GPL-2.0-only */
/* locate.c and place.c: where segments go that a loader describes. */
#ifndef KERNEL_KEXEC_PLACE_H
#define KERNEL_KEXEC_PLACE_H

#include "image.h"

/* The slot of the segment that is being placed. */
static inline struct kimage_place *kexec_buf_place(struct kexec_buf *kbuf)
{
	return &kimage_core(kbuf->image)->place[kbuf->image->nr_segments];
}

static inline unsigned long kexec_buf_pages(const struct kexec_buf *kbuf)
{
	return kimage_pages_needed(kbuf->image, kbuf->bufsz, kbuf->memsz, kbuf->uncleared);
}

struct kexec_hole kexec_buf_hole(const struct kexec_buf *kbuf, struct kexec_range area);
bool kexec_buf_claim(struct kexec_buf *kbuf);
int kimage_refuse_beside_scratch(struct kimage *image, int err);

unsigned long kexec_last_known(void);
int kexec_excluded_by_arch(struct kimage *image, unsigned long start, unsigned long last);

void *kimage_place_initrd(struct kimage *image, size_t size);
void *kimage_place_kernel(struct kimage *image, size_t size);

#ifdef CONFIG_CRASH_DUMP
static inline bool kexec_buf_random(const struct kexec_buf *kbuf) { return kbuf->random; }
#else
static inline bool kexec_buf_random(const struct kexec_buf *kbuf) { return false; }
#endif

#endif /* KERNEL_KEXEC_PLACE_H */
