/* SPDX-License-Identifier: GPL-2.0-only */
/* poison.c, poison_old.c: poisoned memory, this kernel's and that of the one which crashed. */
#ifndef KERNEL_KEXEC_POISON_H
#define KERNEL_KEXEC_POISON_H

#include <linux/atomic.h>
#include <linux/kexec_poison.h>

#include "range.h"

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

#ifdef CONFIG_MEMORY_FAILURE
bool kexec_poisoned(struct kexec_range range, struct kexec_range *hit);
bool kexec_next_noted(unsigned int *entry, struct kexec_range *page);
#else
static inline bool kexec_poisoned(struct kexec_range range, struct kexec_range *hit)
{
	return false;
}

static inline bool kexec_next_noted(unsigned int *entry, struct kexec_range *page)
{
	return false;
}
#endif

#if IS_ENABLED(CONFIG_KUNIT)
u64 kexec_find_poison_list(const void *notes, size_t size);
unsigned int kexec_sort_poison(u64 *page, unsigned int nr);
#endif

#endif /* KERNEL_KEXEC_POISON_H */
