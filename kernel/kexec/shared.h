/* SPDX-License-Identifier: GPL-2.0-only */
/* shared.c: pages of a kernel's file that are the initrd's as well. */
#ifndef KERNEL_KEXEC_SHARED_H
#define KERNEL_KEXEC_SHARED_H

#include <linux/kexec.h>

#ifdef CONFIG_KEXEC_UNWRAP
void *kimage_share_initrd(struct kimage *image, int fd, size_t size, size_t more);
void kimage_unshare_initrd(struct kimage *image, void *buf);
#else
static inline void *kimage_share_initrd(struct kimage *image, int fd, size_t size, size_t more)
{
	return NULL;
}

static inline void kimage_unshare_initrd(struct kimage *image, void *buf) { }
#endif

#endif /* KERNEL_KEXEC_SHARED_H */
