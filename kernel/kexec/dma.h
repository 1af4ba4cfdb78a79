/* SPDX-License-Identifier: GPL-2.0-only */
/* dma.c: what devices still write when a machine panics. */
#ifndef KERNEL_KEXEC_DMA_H
#define KERNEL_KEXEC_DMA_H

#include <linux/types.h>

bool kexec_device_may_write(unsigned long pfn);

#endif /* KERNEL_KEXEC_DMA_H */
