/* SPDX-License-Identifier: GPL-2.0-only */
/* poison.c, poison_old.c: poisoned memory, this kernel's and that of the one which crashed. */
#ifndef KERNEL_KEXEC_POISON_H
#define KERNEL_KEXEC_POISON_H

#include <linux/kexec_poison.h>

#include "range.h"

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
bool kexec_poison_listed(const u64 *list, unsigned int nr, unsigned long pfn);
#endif

#endif /* KERNEL_KEXEC_POISON_H */
