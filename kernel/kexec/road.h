/* SPDX-License-Identifier: GPL-2.0-only */
/* ../kexec_core.c: the road of an image, for the system calls in front of it. */
#ifndef KERNEL_KEXEC_ROAD_H
#define KERNEL_KEXEC_ROAD_H

#include <linux/types.h>

struct kimage;

int kimage_build(struct kimage *image);

#if IS_ENABLED(CONFIG_KUNIT)
void kexec_accept(phys_addr_t start, unsigned long size);
#endif

#endif /* KERNEL_KEXEC_ROAD_H */
