/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the pure parts of the core, and their KUnit suites, want of a kernel, for user
 * space.  Included in front of everything; the tree's headers and tools/include have
 * the rest.  Pages are as large as PAGE_SHIFT says.
 */
#ifndef KEXEC_UNITS_H
#define KEXEC_UNITS_H

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/kconfig.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <linux/types.h>

/* ---- configured for all that there is to test ---- */

#define CONFIG_ARCH_SUPPORTS_KEXEC_FILE		1
#define CONFIG_CRASH_DUMP			1
#define CONFIG_KEXEC_CORE			1
#define CONFIG_KEXEC_FILE			1
#define CONFIG_KUNIT				1
#if __SIZEOF_LONG__ == 8
#define CONFIG_64BIT				1
#endif

/* ---- language ---- */

#undef min
#undef max
#undef min_t
#define min(x, y)		({ __auto_type a = (x); __auto_type b = (y); a < b ? a : b; })
#define max(x, y)		({ __auto_type a = (x); __auto_type b = (y); a > b ? a : b; })
#define min_t(type, x, y)	min((type)(x), (type)(y))

#define U64_MAX			UINT64_MAX
#define container_of_const(ptr, type, member)	container_of(ptr, type, member)
#define __percpu
#undef __printf
#define __printf(a, b)		__attribute__((format(printf, a, b)))

__printf(3, 4)
int scnprintf(char *buf, size_t size, const char *fmt, ...);

static inline size_t list_count_nodes(const struct list_head *list)
{
	const struct list_head *at;
	size_t nr = 0;

	for (at = list->next; at != list; at = at->next)
		nr++;
	return nr;
}

#define MODULE_LICENSE(text)
#define MODULE_DESCRIPTION(text)
#define DEFINE_CLASS(name, args...)
#define DEFINE_LOCK_GUARD_0(name, args...)
#define pr_err(fmt, args...)	do { } while (0)
#define pr_info(fmt, args...)	do { } while (0)

typedef Elf64_Ehdr Elf_Ehdr;
typedef Elf64_Shdr Elf_Shdr;
typedef int pid_t;
typedef int64_t time64_t;
typedef struct { int prot; } pgprot_t;
typedef u32 note_buf_t[1];

struct mutex { int held; };
struct pt_regs;
struct resource;
struct zone;

#define TASK_COMM_LEN		16

/* ---- what no test here comes to ---- */

#define atomic_try_cmpxchg_acquire(v, old, new)	((v)->counter == *(old))
#define atomic_set_release(v, i)		((v)->counter = (i))
#define preempt_disable()			do { } while (0)
#define preempt_enable()			do { } while (0)
#define cpu_relax()				do { } while (0)
#define cond_resched()				do { } while (0)
#define cc_platform_has(what)			false
#define pgprot_decrypted(prot)			(prot)
#define PAGE_KERNEL				((pgprot_t) { 0 })
#define free_reserved_page(page)		do { } while (0)
#define __GFP_NOWARN				0
#define __GFP_RETRY_MAYFAIL			0

#define WARN_ON_ONCE(wrong)	({ bool is = (wrong); if (is) abort(); is; })

static inline void arch_kexec_unprotect_crashkres(void) { }

/* ---- memory: a few megabytes that the sanitizer sees used after they were freed ---- */

#define PAGE_SIZE		(1UL << PAGE_SHIFT)
#define PAGE_MASK		(~(PAGE_SIZE - 1))
#define PAGE_ALIGNED(addr)	IS_ALIGNED((unsigned long)(addr), PAGE_SIZE)
#define PFN_UP(x)		(((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x)		((x) >> PAGE_SHIFT)
#define PFN_PHYS(x)		((u64)(x) << PAGE_SHIFT)

/**
 * struct page - a page of this memory
 * @lru:     for whoever has it
 * @private: the same
 * @taken:   somebody has it
 */
struct page {
	struct list_head lru;
	unsigned long private;
	bool taken;
};

#define UNITS_PAGES		8192
#define max_pfn			(units_first_pfn + UNITS_PAGES)

extern struct page units_page[UNITS_PAGES];
extern const unsigned long units_first_pfn;
void *units_memory(void);

static inline unsigned long page_to_pfn(const struct page *page)
{
	return units_first_pfn + (page - units_page);
}

static inline struct page *pfn_to_page(unsigned long pfn)
{
	return &units_page[pfn - units_first_pfn];
}

static inline void *phys_to_virt(unsigned long phys)
{
	return units_memory() + (phys - (units_first_pfn << PAGE_SHIFT));
}

static inline unsigned long __pa(unsigned long addr)
{
	return addr - (unsigned long)units_memory() + (units_first_pfn << PAGE_SHIFT);
}

static inline void *page_address(const struct page *page)
{
	return phys_to_virt(page_to_pfn(page) << PAGE_SHIFT);
}

#define clear_page(at)		memset(at, 0, PAGE_SIZE)
#define totalram_pages()	UNITS_PAGES

void __free_page(struct page *page);
void free_contig_range(unsigned long pfn, unsigned long nr_pages);

/* ---- the architecture: <asm/kexec.h> ---- */

#define KEXEC_SOURCE_MEMORY_LIMIT	ULONG_MAX
#define KEXEC_DESTINATION_MEMORY_LIMIT	ULONG_MAX
#define KEXEC_CONTROL_MEMORY_LIMIT	ULONG_MAX
#define KEXEC_CONTROL_PAGE_SIZE		PAGE_SIZE
#define KEXEC_ARCH			0

#endif /* KEXEC_UNITS_H */
