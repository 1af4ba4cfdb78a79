/* SPDX-License-Identifier: GPL-2.0-only */
/* spare.c: pages to rewrite a segment of the armed crash image from. */
#ifndef KERNEL_KEXEC_SPARE_H
#define KERNEL_KEXEC_SPARE_H

#include "image.h"

bool kexec_relocates_crash_image(void);

void kimage_place_spare(struct kimage *image);
int kimage_alloc_spare(struct kimage *image, unsigned long nr_pages);
kimage_entry_t kimage_list_spare(struct kimage *image, struct kexec_range dest, const void *old,
				 const void *buf, size_t len);

#endif /* KERNEL_KEXEC_SPARE_H */
