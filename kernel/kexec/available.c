// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: how much memory a load may take
 *
 * Loads take what is free, or given up for the asking, and no more: whoever asks for a page
 * after that, a bystander maybe, would have the OOM killer come.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/gfp.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/swap.h>
#include <linux/vmstat.h>
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "available.h"
#include "image.h"
#include "refuse.h"

static unsigned long pages_to_be_swapped(void)
{
	unsigned long anon = global_node_page_state(NR_ACTIVE_ANON) +
			     global_node_page_state(NR_INACTIVE_ANON);

	return min_t(unsigned long, anon, max(get_nr_swap_pages(), 0L));
}

/* For tests, whose counters are in step, and which have areas where the machine has none. */
VISIBLE_IF_KUNIT
unsigned long kexec_free_cma(int nid)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_free_cma, nid);
	if (nid == NUMA_NO_NODE)
		return global_zone_page_state(NR_FREE_CMA_PAGES);
	return sum_zone_node_page_state(nid, NR_FREE_CMA_PAGES);
}

/* Where others have less than is theirs, only what can be swapped is left. */
VISIBLE_IF_KUNIT
unsigned long kexec_pages_left(long spare, unsigned long swapped, unsigned long cma)
{
	unsigned long pages = max(spare, 0L) + swapped;

	return pages - min(pages, cma);
}

/**
 * kexec_pages_to_be_had() - how much memory a load may take, as it looks
 * @in_cma: from CMA areas as well
 *
 * More than this cannot be had without somebody going short: below the watermarks
 * the next to ask for a page, whoever that is, wakes the OOM killer.  What the system
 * keeps for itself is left twice over, since this is an estimate, and there is more to
 * a load than its contents.
 *
 * Context: any.
 * Return: the number of pages.
 */
unsigned long kexec_pages_to_be_had(bool in_cma)
{
	long spare = si_mem_available() - totalreserve_pages;

	KUNIT_STATIC_STUB_REDIRECT(kexec_pages_to_be_had, in_cma);
	return kexec_pages_left(spare, pages_to_be_swapped(),
				in_cma ? 0 : kexec_free_cma(NUMA_NO_NODE));
}

static unsigned long node_pages(int nid, enum node_stat_item item)
{
	return node_page_state_pages(NODE_DATA(nid), item);
}

/*
 * Free, or given up for the asking: as si_mem_available(), but half of what may be in use.
 * Each CPU has some of a count for itself, so that less may be counted as free than is
 * of it in CMA areas: just where nearly nothing else is.
 */
VISIBLE_IF_KUNIT
unsigned long kexec_pages_of_node(int nid)
{
	unsigned long free = sum_zone_node_page_state(nid, NR_FREE_PAGES);
	unsigned long cma = kexec_free_cma(nid);
	unsigned long idle = node_pages(nid, NR_ACTIVE_FILE) + node_pages(nid, NR_INACTIVE_FILE) +
			     node_pages(nid, NR_SLAB_RECLAIMABLE_B) +
			     node_pages(nid, NR_KERNEL_MISC_RECLAIMABLE);

	return free - min(free, cma) + idle / 2;
}

/**
 * kexec_node_pages_to_be_had() - how much memory of a node a load may take, as it looks
 * @nid: the node
 *
 * As kexec_pages_to_be_had(): there is who may use this node alone, by a policy or a
 * cpuset, and goes short however much others have.
 *
 * Context: any.
 * Return: the number of pages outside of CMA areas; no limit where it is the only node.
 */
unsigned long kexec_node_pages_to_be_had(int nid)
{
	unsigned long reserve = 2 * NODE_DATA(nid)->totalreserve_pages;
	unsigned long pages = kexec_pages_of_node(nid);

	KUNIT_STATIC_STUB_REDIRECT(kexec_node_pages_to_be_had, nid);
	if (num_node_state(N_MEMORY) == 1)
		return ULONG_MAX;
	return pages - min(pages, reserve);
}

/*
 * A CPU keeps free pages at hand, 8 MiB and more, that nobody gets who asks on another:
 * there the OOM killer comes first.  So they do not count until they are given back.
 */
VISIBLE_IF_KUNIT
void kexec_give_back_at_hand(void)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_give_back_at_hand);
	drain_all_pages(NULL);
}

/**
 * kexec_may_take() - may a load take so much memory?
 * @nr_pages: how many pages more
 * @in_cma:   from CMA areas as well
 *
 * Context: process.
 * Return: true when nobody goes short of it.
 */
bool kexec_may_take(unsigned long nr_pages, bool in_cma)
{
	if (nr_pages <= kexec_pages_to_be_had(in_cma))
		return true;
	kexec_give_back_at_hand();
	return nr_pages <= kexec_pages_to_be_had(in_cma);
}

/**
 * kexec_leave_the_rest() - let others have what a load's CPUs have at hand
 *
 * A CPU's list is filled by the thousand.  After pages have been taken down to what others
 * need, what is left of its last filling may be most of that, and is had on one CPU only.
 *
 * Context: process.
 */
void kexec_leave_the_rest(void)
{
	if (!kexec_pages_to_be_had(false))
		kexec_give_back_at_hand();
}

/**
 * kexec_may_take_of_node() - may a load take so much of a node's memory?
 * @nid:      the node
 * @nr_pages: how many pages more, outside of CMA areas
 *
 * Context: process.
 * Return: true when nobody goes short of it.
 */
bool kexec_may_take_of_node(int nid, unsigned long nr_pages)
{
	if (nr_pages <= kexec_node_pages_to_be_had(nid))
		return true;
	kexec_give_back_at_hand();
	return nr_pages <= kexec_node_pages_to_be_had(nid);
}

/**
 * kimage_expect_pages() - refuse an image that is going to need too much memory
 * @image: the image
 * @pages: how much more it is going to need, outside of CMA areas
 *
 * Context: process.
 * Return: 0, or -ENOMEM.
 */
int kimage_expect_pages(struct kimage *image, unsigned long pages)
{
	if (kexec_may_take(pages, false))
		return 0;
	return kexec_refuse(image, -ENOMEM, "%lu MiB more are needed, at most %lu MiB can be had",
			    DIV_ROUND_UP(pages, SZ_1M / PAGE_SIZE),
			    kexec_pages_to_be_had(false) / (SZ_1M / PAGE_SIZE));
}
