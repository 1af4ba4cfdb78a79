/* SPDX-License-Identifier: GPL-2.0-only */
/* life.c: an image gets ready for the jump, and is taken apart. */
#ifndef KERNEL_KEXEC_LIFE_H
#define KERNEL_KEXEC_LIFE_H

struct kimage;

void kimage_unprepare(struct kimage *image);

#endif /* KERNEL_KEXEC_LIFE_H */
