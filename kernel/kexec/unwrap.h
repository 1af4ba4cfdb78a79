/* SPDX-License-Identifier: GPL-2.0-only */
/* unwrap.c: kernels that are loaded out of other files. */
#ifndef KERNEL_KEXEC_UNWRAP_H
#define KERNEL_KEXEC_UNWRAP_H

#include <linux/kexec.h>

#include "image.h"

/* So much of a file is looked at before it is read. */
#define KEXEC_HEADERS_READ	4096

/* An archive has to begin at such an offset. */
#define KEXEC_ARCHIVE_ALIGN	4

/* Bytes for early microcode, in front of the initrd: whole pages, so that can be in place. */
static inline size_t kexec_ucode_room(const struct kexec_parts *parts)
{
	return PAGE_ALIGN(parts->ucode.len);
}

/* ... and for all of what came with the kernel. */
static inline size_t kexec_own_initrd_len(const struct kexec_parts *parts)
{
	return kexec_ucode_room(parts) + ALIGN(parts->initrd.len, KEXEC_ARCHIVE_ALIGN);
}

#ifdef CONFIG_KEXEC_UNWRAP
bool kimage_is_wrapped(const struct kimage *image);
int kimage_unwrap(struct kimage *image);

size_t kimage_own_initrd_len(const struct kimage *image);
bool kimage_has_changed(const struct kimage *image);
void *kimage_initrd_in_file(const struct kimage *image);
void kimage_copy_own_initrd(const struct kimage *image, void *to);
int kimage_choose_cmdline(struct kimage *image);
#else
static inline bool kimage_is_wrapped(const struct kimage *image) { return false; }
static inline int kimage_unwrap(struct kimage *image) { return 0; }
static inline size_t kimage_own_initrd_len(const struct kimage *image) { return 0; }
static inline bool kimage_has_changed(const struct kimage *image) { return false; }
static inline void *kimage_initrd_in_file(const struct kimage *image) { return NULL; }
static inline void kimage_copy_own_initrd(const struct kimage *image, void *to) { }
static inline int kimage_choose_cmdline(struct kimage *image) { return 0; }
#endif

#endif /* KERNEL_KEXEC_UNWRAP_H */
