// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: poisoned memory
 *
 * A page of memory that the machine has reported as bad is marked (PG_hwpoison) and
 * touched no more: reading it may stop the machine.  Such a page is no destination, no
 * source and no control page; placement goes around it, in the crash region as well,
 * and the crash kernel is not told of it as of memory.  A page that goes bad after an
 * image was loaded stays in the image, which has to be loaded again.
 *
 * Page flags answer that.  They are looked at only once a page has been reported, so
 * that a machine without any pays nothing.
 *
 * Besides, there is a list of the pages, for the kernel that comes after a crash.  That
 * one would have to walk the page tables of the old one to see its page flags, which is
 * different on each architecture, trusts what may be damaged, and finds only the head of
 * a huge page marked.  The list is found by its address, which is in VMCOREINFO.  It is of
 * fixed size, since a machine check, where nothing can be allocated, adds to it.
 */
#include <linux/export.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "arch.h"
#include "poison.h"
#include "poison_list.h"

static struct kexec_poison_list noted = { .nr = KEXEC_POISON_MAX };

/* Has there ever been a poisoned page? */
static bool noted_any;

static s64 entry_of(unsigned long pfn)
{
	return PFN_PHYS(pfn) | KEXEC_POISON_HERE;
}

/* Sets the first entry that is @old to @new, if there is one. */
static bool replace_entry(s64 old, s64 new)
{
	unsigned int i;

	for (i = 0; i < KEXEC_POISON_MAX; i++)
		if (atomic64_read(&noted.page[i]) == old &&
		    atomic64_cmpxchg(&noted.page[i], old, new) == old)
			return true;
	return false;
}

/**
 * kexec_note_poison() - a page has been found to be poisoned
 * @pfn: the page; it may be noted already
 *
 * Context: any, a machine check included.
 */
void kexec_note_poison(unsigned long pfn)
{
	WRITE_ONCE(noted_any, true);
	if (!replace_entry(entry_of(pfn), entry_of(pfn)) && !replace_entry(0, entry_of(pfn)))
		atomic64_inc(&noted.lost);
}
EXPORT_SYMBOL_IF_KUNIT(kexec_note_poison);

/**
 * kexec_forget_poison() - a page is not poisoned any more
 * @pfn: the page
 *
 * Context: any.
 */
void kexec_forget_poison(unsigned long pfn)
{
	/* CPUs that found it at the same time have each noted it. */
	while (replace_entry(entry_of(pfn), 0))
		;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_forget_poison);

/**
 * kexec_forget_poison_in() - memory goes, and what was poisoned of it with it
 * @start: physical address of the memory
 * @size:  bytes
 *
 * Context: any.
 */
void kexec_forget_poison_in(phys_addr_t start, unsigned long size)
{
	unsigned int i;

	for (i = 0; i < KEXEC_POISON_MAX; i++) {
		s64 entry = atomic64_read(&noted.page[i]);

		if (entry && (u64)entry - start < size)
			atomic64_cmpxchg(&noted.page[i], entry, 0);
	}
}
EXPORT_SYMBOL_IF_KUNIT(kexec_forget_poison_in);

/**
 * kexec_poison_list_address() - where the next kernel finds the list
 *
 * Return: the physical address of a struct kexec_poison_list.
 */
phys_addr_t kexec_poison_list_address(void)
{
	return __pa_symbol(&noted);
}

/**
 * kexec_next_poison() - the first poisoned page in a range
 * @start: first byte of the range
 * @end:   the byte after it
 *
 * Context: process.
 * Return: the physical address at which it begins within the range; @end if there is none.
 */
phys_addr_t kexec_next_poison(phys_addr_t start, phys_addr_t end)
{
	unsigned long pfn, last = PFN_UP(end);

	if (!READ_ONCE(noted_any))
		return end;
	for (pfn = PHYS_PFN(start); pfn < last; pfn++) {
		struct page *page = pfn_to_online_page(pfn);

		if (page && is_page_hwpoison(page))
			return max(PFN_PHYS(pfn), start);
		if (pageblock_aligned(pfn))
			cond_resched();
	}
	return end;
}

/**
 * kexec_poisoned() - is there a poisoned page in a range?
 * @range: whole pages, boot-physical
 * @hit:   set to the first such page
 *
 * Context: process.
 * Return: true when there is.
 */
bool kexec_poisoned(struct kexec_range range, struct kexec_range *hit)
{
	phys_addr_t end = boot_phys_to_phys(range.end), page;

	KUNIT_STATIC_STUB_REDIRECT(kexec_poisoned, range, hit);
	page = kexec_next_poison(boot_phys_to_phys(range.start), end);
	if (page >= end)
		return false;
	hit->start = phys_to_boot_phys(page);
	hit->end = hit->start + PAGE_SIZE;
	return true;
}

/**
 * kexec_next_noted() - step through what is on the list
 * @entry: 0 before the first call
 * @page:  set to the next page, boot-physical
 *
 * Context: any.
 * Return: true when there is one more.
 */
bool kexec_next_noted(unsigned int *entry, struct kexec_range *page)
{
	while (*entry < KEXEC_POISON_MAX) {
		u64 value = atomic64_read(&noted.page[(*entry)++]);

		if (!value)
			continue;
		page->start = phys_to_boot_phys(value & ~(u64)KEXEC_POISON_HERE);
		page->end = page->start + PAGE_SIZE;
		return true;
	}
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_next_noted);
