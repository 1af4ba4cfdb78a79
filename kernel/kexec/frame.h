/* SPDX-License-Identifier: GPL-2.0-only */
/* frame.c: how much compressed data unpacks to. */
#ifndef KERNEL_KEXEC_FRAME_H
#define KERNEL_KEXEC_FRAME_H

#include <linux/types.h>

u64 kexec_frame_size(const u8 *buf, size_t len, bool *exact);

#endif /* KERNEL_KEXEC_FRAME_H */
