/* SPDX-License-Identifier: GPL-2.0-only */
/* grow.c: a crash region without a reboot. */
#ifndef KERNEL_KEXEC_GROW_H
#define KERNEL_KEXEC_GROW_H

#include <linux/errno.h>

#include "range.h"
#include "refuse.h"

#ifdef CONFIG_KEXEC_CLAIM_CRASH_REGION
int kexec_grow_region(u64 bytes);

#if IS_ENABLED(CONFIG_KUNIT)
struct kexec_range kexec_growth_limits(struct kexec_range old, u64 end_of_memory);
struct kexec_range kexec_growth_window(struct kexec_range old, u64 size,
				       struct kexec_range limits);
bool kexec_is_plain_ram(struct kexec_range range);
#endif
#else
static inline int kexec_grow_region(u64 bytes)
{
	return kexec_refuse(NULL, -EINVAL, "crash_size: the region can only shrink");
}
#endif

#endif /* KERNEL_KEXEC_GROW_H */
