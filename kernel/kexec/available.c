// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: how much memory a load may take
 *
 * Loads take what is free, or given up for the asking, and no more: whoever asks for a page
 * after that, a bystander maybe, would have the OOM killer come.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/cma.h>
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

/*
 * What CPUs keep at hand of a node, or of all, they give back before anybody goes short.
 * Where there is a CMA area, some of it may be of that, which only movable pages can use:
 * then it counts for nothing.
 */
static unsigned long pages_at_hand(int nid)
{
	unsigned long pages = 0;
	unsigned int cpu;
	struct zone *zone;

	if (totalcma_pages)
		return 0;
	for_each_populated_zone(zone)
		if (nid == NUMA_NO_NODE || zone_to_nid(zone) == nid)
			for_each_online_cpu(cpu)
				pages += READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset, cpu)->count);
	return pages;
}

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
 * kexec_pages_to_be_had() - how much memory a load may take
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
	long spare = si_mem_available() + pages_at_hand(NUMA_NO_NODE) - totalreserve_pages;

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
	unsigned long free = sum_zone_node_page_state(nid, NR_FREE_PAGES) + pages_at_hand(nid);
	unsigned long cma = kexec_free_cma(nid);
	unsigned long idle = node_pages(nid, NR_ACTIVE_FILE) + node_pages(nid, NR_INACTIVE_FILE) +
			     node_pages(nid, NR_SLAB_RECLAIMABLE_B) +
			     node_pages(nid, NR_KERNEL_MISC_RECLAIMABLE);

	return free - min(free, cma) + idle / 2;
}

/**
 * kexec_node_pages_to_be_had() - how much memory of a node a load may take
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
	unsigned long limit = kexec_pages_to_be_had(false);

	if (pages <= limit)
		return 0;
	return kexec_refuse(image, -ENOMEM, "%lu MiB more are needed, at most %lu MiB can be had",
			    DIV_ROUND_UP(pages, SZ_1M / PAGE_SIZE), limit / (SZ_1M / PAGE_SIZE));
}
