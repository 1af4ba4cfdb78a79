/* SPDX-License-Identifier: GPL-2.0-only */
/* room.c: what a crash image leaves of its region. */
#ifndef KERNEL_KEXEC_ROOM_H
#define KERNEL_KEXEC_ROOM_H

#include <linux/types.h>

struct kimage;

#ifdef CONFIG_CRASH_DUMP
u64 kimage_initrd_unpacked(const struct kimage *image);
u64 kimage_room_left(const struct kimage *image);
void kimage_say_room(const struct kimage *image, u64 unpacked);
#else
static inline u64 kimage_initrd_unpacked(const struct kimage *image) { return 0; }
static inline u64 kimage_room_left(const struct kimage *image) { return 0; }
static inline void kimage_say_room(const struct kimage *image, u64 unpacked) { }
#endif

#if IS_ENABLED(CONFIG_KUNIT)
u64 kexec_unpacked_size(const u8 *buf, size_t len);
#endif

#endif /* KERNEL_KEXEC_ROOM_H */
