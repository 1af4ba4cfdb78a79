/* SPDX-License-Identifier: GPL-2.0-only */
/* The list by which the kernel after a crash knows what was poisoned. */
#ifndef KERNEL_KEXEC_POISON_LIST_H
#define KERNEL_KEXEC_POISON_LIST_H

#include <linux/atomic.h>
#include <linux/types.h>

#define KEXEC_POISON_MAX	1022

/* Physical addresses of pages leave this bit free; an entry that lacks it is no entry. */
#define KEXEC_POISON_NOTED	1

/**
 * struct kexec_poison_list - what a kernel knows to be poisoned, for the one after a crash
 * @nr:   how many entries there is room for
 * @lost: pages for which there was none
 * @page: physical addresses, %KEXEC_POISON_NOTED set
 *
 * An interface between kernels of different versions.
 */
struct kexec_poison_list {
	u64 nr;
	atomic64_t lost;
	atomic64_t page[KEXEC_POISON_MAX];
};

#endif /* KERNEL_KEXEC_POISON_LIST_H */
