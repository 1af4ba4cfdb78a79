// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: what devices still write when a machine panics
 *
 * Nobody quiesces devices at a panic.  A crash region is nobody's memory until then, so
 * that no device writes there; memory of crashkernel=...,cma was in use, and what a device
 * was told to put there may come after the crash kernel has begun to live in it.  All that
 * can be done against it is to wait, for so long as no device should take; or to know that
 * none has been told anything.
 *
 * Memory of that kind is movable, which excludes what drivers allocate for themselves and
 * what is pinned for long.  What is left shows in struct page, since the CPUs that would
 * change it stand still:
 *
 * - A page that is read into belongs to a folio that is locked or not up to date.
 * - A page that direct I/O writes to is pinned, so that its folio has more references than
 *   page tables, caches and batches of the LRU account for; so has one that somebody holds
 *   in another way (Documentation/core-api/pin_user_pages.rst).
 * - Free pages have no references at all, and zsmalloc's are written by CPUs alone.
 *
 * Whatever else a page is, it is in doubt.  Writes that no page shows are those of devices
 * that share page tables with processes, by an IOMMU's shared virtual addressing or by HMM;
 * both ask for MMU notifiers.  If ever one was registered, KVM's included, every page is
 * in doubt.
 *
 * Nothing here follows a pointer but for that from a tail page to its head, and only to
 * where a head can be: what made the machine panic may have damaged anything.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/crash_reserve.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mmzone.h>
#include <linux/range.h>
#include <linux/swap.h>

#include "../kexec_internal.h"
#include "dma.h"

/* The folio of a page, or NULL when what the page says of it cannot be. */
static struct folio *folio_of(unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);
	struct page *head = (struct page *)_compound_head(page);
	unsigned long nr = page - head;

	if (nr >= MAX_FOLIO_NR_PAGES || nr > pfn || !pfn_valid(pfn - nr) ||
	    pfn_to_page(pfn - nr) != head)
		return NULL;
	return (struct folio *)head;
}

/* Are all of a folio's references accounted for?  The batches are looked at last, being many. */
static bool nobody_else_holds(const struct folio *folio)
{
	int more = folio_ref_count(folio) - folio_expected_ref_count(folio);

	return !more || more == lru_cache_refs(folio);
}

static bool in_use_by_cpus_alone(const struct folio *folio)
{
	if (page_has_type(&folio->page) && !folio_test_hugetlb(folio))
		return folio_test_zsmalloc(folio);
	return !folio_test_locked(folio) && folio_test_uptodate(folio) &&
	       nobody_else_holds(folio);
}

/**
 * kexec_device_may_write() - may a device still write to a page?
 * @pfn: a page of movable memory, which is in the memory map
 *
 * The answer is right while nobody changes the page: at a panic, with the other CPUs
 * stopped, or for a page that is the caller's.
 *
 * Context: any, NMI included; takes no lock.
 * Return: false when it is known that none does.
 */
bool kexec_device_may_write(unsigned long pfn)
{
	struct folio *folio = folio_of(pfn);

	return !folio || (folio_ref_count(folio) && !in_use_by_cpus_alone(folio));
}

static unsigned long pages_in_doubt(const struct range *cma)
{
	unsigned long pfn, nr = 0;

	for (pfn = PHYS_PFN(cma->start); pfn <= PHYS_PFN(cma->end); pfn++)
		nr += kexec_device_may_write(pfn);
	return nr;
}

/**
 * kexec_cma_is_quiet() - is it known that no device writes to the crash kernel's CMA memory?
 *
 * To be asked at a panic, once the other CPUs are stopped; see the DOC block.  Looks at
 * each page, and says what it found.
 *
 * Context: any, NMI included; takes no lock.
 * Return: true when the crash kernel can be started at once.
 */
bool kexec_cma_is_quiet(void)
{
	unsigned long nr = 0;
	int i;

	if (mmu_notifiers_were_used()) {
		pr_info("crash kernel's CMA memory: devices may share page tables with processes\n");
		return false;
	}
	for (i = 0; i < crashk_cma_cnt; i++)
		nr += pages_in_doubt(&crashk_cma_ranges[i]);
	if (nr)
		pr_info("crash kernel's CMA memory: devices may write to %lu pages\n", nr);
	else
		pr_info("crash kernel's CMA memory: no device writes to it\n");
	return !nr;
}
