/* SPDX-License-Identifier: GPL-2.0-only */
/* files.c, read.c: what an image needs of its files while it is loaded. */
#ifndef KERNEL_KEXEC_FILES_H
#define KERNEL_KEXEC_FILES_H

#include "image.h"

#ifdef CONFIG_KEXEC_FILE
void kimage_release_file(struct kimage *image, struct kimage_file *file);
void kexec_free_buffer(void *buf);
void kimage_drop_file(struct kimage *image, struct kimage_file *file, void **buf);
void kimage_free_files(struct kimage *image);
void kimage_note_roles(struct kimage *image);

int kimage_read_kernel(struct kimage *image, int fd, int initrd_fd);
int kimage_read_initrd(struct kimage *image, int fd, bool more);
int kimage_read_cmdline(struct kimage *image, int kernel_fd, const char __user *cmdline,
			unsigned long len);

#if IS_ENABLED(CONFIG_KUNIT)
int kexec_find_loader(const struct kexec_file_ops * const *loaders, struct kimage *image,
		      const void *buf, unsigned long buf_len);
#endif
#else
static inline void kimage_free_files(struct kimage *image) { }
#endif

#endif /* KERNEL_KEXEC_FILES_H */
