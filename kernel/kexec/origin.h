/* SPDX-License-Identifier: GPL-2.0-only */
/* origin.c: where an image comes from, for those who look at it later. */
#ifndef KERNEL_KEXEC_ORIGIN_H
#define KERNEL_KEXEC_ORIGIN_H

#include "image.h"

void kimage_begin_origin(struct kimage *image);
void kimage_end_step(struct kimage *image, enum kimage_step step, int err);
void kimage_note_layer(struct kimage *image, const char *name);
const char *kimage_step_name(enum kimage_step step);

#endif /* KERNEL_KEXEC_ORIGIN_H */
