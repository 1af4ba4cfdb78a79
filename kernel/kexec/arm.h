/* SPDX-License-Identifier: GPL-2.0-only */
/* lock.c and arm.c: what is armed, and who may touch it. */
#ifndef KERNEL_KEXEC_ARM_H
#define KERNEL_KEXEC_ARM_H

#include "../kexec_internal.h"
#include "image.h"

void kimage_arm(struct kimage *image);
void kimage_discard(struct kimage *image);
void kimage_evict_armed(struct kimage *image);
int kimage_post_load(struct kimage *image);
void kexec_end_unarmed(void);
void kimage_disarm(int type);
struct kimage *kimage_take(void);
void kimage_put_back(struct kimage *image);

DEFINE_FREE(kimage, struct kimage *, kimage_discard(_T))

#endif /* KERNEL_KEXEC_ARM_H */
