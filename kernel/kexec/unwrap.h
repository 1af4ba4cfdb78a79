/* SPDX-License-Identifier: GPL-2.0-only */
/* unwrap.c: kernels that are loaded out of other files. */
#ifndef KERNEL_KEXEC_UNWRAP_H
#define KERNEL_KEXEC_UNWRAP_H

#include <linux/kexec.h>

#include "image.h"

#ifdef CONFIG_KEXEC_UNWRAP
bool kimage_is_wrapped(const struct kimage *image);
int kimage_unwrap(struct kimage *image);

size_t kimage_own_initrd_len(const struct kimage *image);
void kimage_copy_own_initrd(const struct kimage *image, void *to);
int kimage_choose_cmdline(struct kimage *image);
#else
static inline bool kimage_is_wrapped(const struct kimage *image) { return false; }
static inline int kimage_unwrap(struct kimage *image) { return 0; }
static inline size_t kimage_own_initrd_len(const struct kimage *image) { return 0; }
static inline void kimage_copy_own_initrd(const struct kimage *image, void *to) { }
static inline int kimage_choose_cmdline(struct kimage *image) { return 0; }
#endif

#endif /* KERNEL_KEXEC_UNWRAP_H */
