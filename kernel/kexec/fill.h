/* SPDX-License-Identifier: GPL-2.0-only */
/* fill.c: contents to where they run, or to where they wait for it. */
#ifndef KERNEL_KEXEC_FILL_H
#define KERNEL_KEXEC_FILL_H

struct kimage;

void kimage_copy_staged(struct kimage *image);

#endif /* KERNEL_KEXEC_FILL_H */
