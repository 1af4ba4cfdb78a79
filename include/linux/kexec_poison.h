/* SPDX-License-Identifier: GPL-2.0-only */
/* Poisoned memory: what kexec is told of it, and what it tells others. */
#ifndef LINUX_KEXEC_POISON_H
#define LINUX_KEXEC_POISON_H

#include <linux/types.h>

#if defined(CONFIG_KEXEC_CORE) && defined(CONFIG_MEMORY_FAILURE)
void kexec_note_poison(unsigned long pfn);
void kexec_forget_poison(unsigned long pfn);
void kexec_forget_poison_in(phys_addr_t start, unsigned long size);
phys_addr_t kexec_poison_list_address(void);
phys_addr_t kexec_next_poison(phys_addr_t start, phys_addr_t end);
#else
static inline void kexec_note_poison(unsigned long pfn) { }
static inline void kexec_forget_poison(unsigned long pfn) { }
static inline void kexec_forget_poison_in(phys_addr_t start, unsigned long size) { }

static inline phys_addr_t kexec_poison_list_address(void)
{
	return 0;
}

static inline phys_addr_t kexec_next_poison(phys_addr_t start, phys_addr_t end)
{
	return end;
}
#endif

#if defined(CONFIG_KEXEC_CORE) && defined(CONFIG_PROC_VMCORE)
void kexec_skip_old_poison(const void *notes, size_t size);
#else
static inline void kexec_skip_old_poison(const void *notes, size_t size) { }
#endif

struct iov_iter;
size_t kexec_copy_oldmem(struct iov_iter *iter, const void *from, size_t len, unsigned long pfn);

#endif /* LINUX_KEXEC_POISON_H */
