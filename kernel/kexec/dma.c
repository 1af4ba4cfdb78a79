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
 * - A page that is read into belongs to a folio that is locked or not up to date; or, where
 *   it has buffers, to one of which a buffer is locked.  A block device's metadata is up to
 *   date buffer by buffer, without the folio's being told.
 * - A page that direct I/O writes to is pinned, so that its folio has more references than
 *   page tables, caches and batches of the LRU account for; so has one that somebody holds
 *   in another way (Documentation/core-api/pin_user_pages.rst).  A reference that a CPU was
 *   just taking out of a batch when it was stopped may hide one of those others.
 * - Free pages have no references at all, and zsmalloc's are written by CPUs alone.
 *
 * Whatever else a page is, it is in doubt.  Some writes no page shows.  Devices share page
 * tables with processes, by an IOMMU's shared virtual addressing or by HMM; both ask for MMU
 * notifiers.  If ever one was registered, KVM's included, every page is in doubt, as it always
 * is where an architecture has devices that do without.  Free pages are told to a hypervisor,
 * which takes back what is in them.  And user space may have a device write anywhere, without
 * an IOMMU (UIO): against that ten seconds would not help either.
 *
 * Looking comes after the other CPUs were stopped, with whatever locks they had, and what
 * made the machine panic may have damaged anything.  So no pointer is followed but from a
 * tail page to its head, and only to where a head can be; buffers are read as what may not
 * be there.  If looking ends in a panic all the same, the next attempt does without.  What is
 * found goes to the log, and to no console whose lock somebody may hold.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/buffer_head.h>
#include <linux/cc_platform.h>
#include <linux/crash_reserve.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mmzone.h>
#include <linux/page_reporting.h>
#include <linux/range.h>
#include <linux/swap.h>
#include <linux/uaccess.h>

#include "../kexec_internal.h"
#include "arch.h"
#include "dma.h"

/* The folio of a page, or NULL when what the page says of it cannot be. */
static struct folio *folio_of(unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);
	struct page *head = (struct page *)_compound_head(page);
	unsigned long nr = page - head;

	if (nr >= MAX_FOLIO_NR_PAGES || nr > pfn || !pfn_valid(pfn - nr) ||
	    pfn_to_page(pfn - nr) != head || PageTail(head))
		return NULL;
	return (struct folio *)head;
}

/*
 * Are all of a folio's references accounted for?  The batches are looked at last, being
 * many, and not for what can only be a pin.
 */
static bool nobody_else_holds(const struct folio *folio)
{
	int more = folio_ref_count(folio) - folio_expected_ref_count(folio);

	if (folio_has_pincount(folio) && atomic_read(&folio->_pincount))
		return false;
	return !more || (more < GUP_PIN_COUNTING_BIAS && more == lru_cache_refs(folio));
}

/* Reads a buffer of a folio; false if it is none, whatever the folio keeps there. */
static bool dma_read_buffer(const struct folio *folio, const struct buffer_head *at,
			    struct buffer_head *buffer)
{
	return !copy_from_kernel_nofault(buffer, at, sizeof(*buffer)) &&
	       buffer->b_folio == folio;
}

/* Is none of the buffers, which begin with @first, being read?  They are in a ring. */
static bool buffers_are_idle(const struct folio *folio, struct buffer_head first)
{
	const struct buffer_head *end = folio->private;
	struct buffer_head buffer = first;
	size_t nr, most = folio_size(folio) / SECTOR_SIZE;

	for (nr = 0; nr < most && !buffer_locked(&buffer); nr++) {
		if (buffer.b_this_page == end)
			return true;
		if (!dma_read_buffer(folio, buffer.b_this_page, &buffer))
			return false;
	}
	return false;
}

/* Is it known that nothing is being read into a folio? */
static bool nothing_is_read_into(const struct folio *folio)
{
	struct buffer_head first;

	if (folio_test_locked(folio))
		return false;
	if (folio_test_private(folio) && dma_read_buffer(folio, folio->private, &first))
		return buffers_are_idle(folio, first);
	return folio_test_uptodate(folio);
}

static bool in_use_by_cpus_alone(const struct folio *folio)
{
	if (page_has_type(&folio->page) && !folio_test_hugetlb(folio))
		return folio_test_zsmalloc(folio);
	return nothing_is_read_into(folio) && nobody_else_holds(folio);
}

/* The kernel's own objects have no references either. */
static bool folio_is_free(const struct folio *folio)
{
	return !folio_ref_count(folio) && !folio_test_slab(folio) &&
	       !folio_test_large_kmalloc(folio);
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

	return !folio || !(folio_is_free(folio) || in_use_by_cpus_alone(folio));
}

static bool any_in_doubt(const struct range *cma)
{
	unsigned long pfn;

	for (pfn = PHYS_PFN(cma->start); pfn <= PHYS_PFN(cma->end); pfn++)
		if (kexec_device_may_write(pfn))
			return true;
	return false;
}

static bool any_page_in_doubt(void)
{
	int i;

	for (i = 0; i < crashk_cma_cnt; i++)
		if (any_in_doubt(&crashk_cma_ranges[i]))
			return true;
	return false;
}

/* Why there may be something to wait for, or NULL. */
static const char *reason_to_wait(void)
{
	static bool looking;
	bool found;

	if (kexec_devices_share_page_tables() || mmu_notifiers_were_used())
		return "devices may share page tables with processes";
	if (page_reporting_under_way())
		return "free pages are being told to the hypervisor";
	if (looking)
		return "looking at it has ended in a panic";
	looking = true;
	barrier();
	found = any_page_in_doubt();
	barrier();
	looking = false;
	return found ? "a device may write to it" : NULL;
}

/*
 * A console's lock may be with a CPU that was stopped, so what cannot do without waits for
 * later, which will not come.  An encrypted guest has already given up what it talks to its
 * host by.
 */
static void dma_say(const char *reason)
{
	if (cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT))
		return;
	printk_deferred_enter();
	pr_info("crash kernel's CMA memory: %s\n",
		reason ?: "no device is known to write to it");
	printk_deferred_exit();
}

/**
 * kexec_cma_is_quiet() - is it known that no device writes to the crash kernel's CMA memory?
 *
 * To be asked at a panic, once the other CPUs are stopped; see the DOC block.  Looks at
 * each page until one is in doubt, and has what it found in the log.
 *
 * Context: any with interrupts off, NMI included; takes no lock.
 * Return: true when the crash kernel can be started at once.
 */
bool kexec_cma_is_quiet(void)
{
	const char *reason = reason_to_wait();

	dma_say(reason);
	return !reason;
}
