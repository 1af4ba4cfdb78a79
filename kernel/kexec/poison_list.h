/* SPDX-License-Identifier: GPL-2.0-only */
/* The list by which the kernel after a crash knows what was poisoned. */
#ifndef KERNEL_KEXEC_POISON_LIST_H
#define KERNEL_KEXEC_POISON_LIST_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <asm/page.h>

#define KEXEC_POISON_MAX	1022

/*
 * Physical addresses of pages leave twelve bits free.  An entry that lacks the first is no
 * entry; four more say how large the page is, as a power of 2 times 4 KiB, since the kernel
 * that comes may have pages of another size.
 */
#define KEXEC_POISON_NOTED	1
#define KEXEC_POISON_SIZE_SHIFT	1
#define KEXEC_POISON_SIZE_BITS	4
#define KEXEC_POISON_ADDRESS	12

/* Below the address of a page of this kernel. */
#define KEXEC_POISON_HERE	((PAGE_SHIFT - KEXEC_POISON_ADDRESS) << KEXEC_POISON_SIZE_SHIFT | \
				 KEXEC_POISON_NOTED)

/**
 * struct kexec_poison_list - what a kernel knows to be poisoned, for the one after a crash
 * @nr:   how many entries there is room for
 * @lost: pages for which there was none
 * @page: physical addresses, with what is below them
 *
 * An interface between kernels of different versions.
 */
struct kexec_poison_list {
	u64 nr;
	atomic64_t lost;
	atomic64_t page[KEXEC_POISON_MAX];
};

#endif /* KERNEL_KEXEC_POISON_LIST_H */
