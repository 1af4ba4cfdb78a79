/* SPDX-License-Identifier: GPL-2.0-only */
/* jump.c: an image that comes back. */
#ifndef KERNEL_KEXEC_REBOOT_H
#define KERNEL_KEXEC_REBOOT_H

#include <linux/errno.h>

struct kimage;

#ifdef CONFIG_KEXEC_JUMP
int kexec_jump(struct kimage *image);
#else
static inline int kexec_jump(struct kimage *image) { return -EINVAL; }
#endif

#endif /* KERNEL_KEXEC_REBOOT_H */
