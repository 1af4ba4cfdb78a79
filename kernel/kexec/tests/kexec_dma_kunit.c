// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of what devices may still write to
 *
 * The pages are those of a file in memory, in each state that a crash may find one in.
 */
#include <kunit/test.h>
#include <linux/buffer_head.h>
#include <linux/crash_reserve.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/pagemap.h>
#include <linux/range.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/swap.h>

#include "../../kexec_internal.h"
#include "../dma.h"
#include "kexec_kunit.h"

static void close_file(void *file)
{
	fput(file);
}

/* The first folio of a file that was just written, with no reference of the test's own. */
static struct folio *written_folio(struct kunit *test)
{
	struct file *file = shmem_file_setup("kexec_dma", PAGE_SIZE, EMPTY_VMA_FLAGS);
	struct folio *folio;
	loff_t at = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, close_file, file), 0);
	KUNIT_ASSERT_EQ(test, kernel_write(file, "x", 1, &at), 1);
	folio = filemap_get_folio(file->f_mapping, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(folio));
	folio_put(folio);
	return folio;
}

static void expect_doubt(struct kunit *test, const struct folio *folio, const char *what)
{
	KUNIT_EXPECT_TRUE_MSG(test, kexec_device_may_write(folio_pfn(folio)), "%s", what);
}

/* Compaction may hold any page for a moment, and rightly counts; not for ten seconds. */
static void expect_none(struct kunit *test, const struct folio *folio, const char *what)
{
	unsigned int i;

	for (i = 0; kexec_device_may_write(folio_pfn(folio)) && i < 1000; i++)
		msleep(10);
	KUNIT_EXPECT_FALSE_MSG(test, kexec_device_may_write(folio_pfn(folio)), "%s", what);
}

/* As at a panic. */
static bool is_quiet(void)
{
	guard(irqsave)();
	return kexec_cma_is_quiet();
}

static bool becomes_quiet(void)
{
	unsigned int i;

	for (i = 0; !is_quiet() && i < 100; i++)
		msleep(100);
	return is_quiet();
}

/* A file's page that nobody uses, in a batch of the LRU or past it. */
static void a_page_of_a_file_is_left_alone(struct kunit *test)
{
	struct folio *folio = written_folio(test);

	expect_none(test, folio, "just written");
	lru_add_drain_all();
	KUNIT_EXPECT_TRUE(test, folio_test_lru(folio));
	expect_none(test, folio, "on the LRU");
	/* Twice, so that it is activated: it goes through a batch without leaving the LRU. */
	folio_mark_accessed(folio);
	folio_mark_accessed(folio);
	expect_none(test, folio, "in a batch, and on the LRU");
	lru_add_drain_all();
}

/* The references that batches have are told from those of others. */
static void batches_are_looked_into(struct kunit *test)
{
	struct folio *folio = folio_alloc(GFP_KERNEL, 0);

	KUNIT_ASSERT_NOT_NULL(test, folio);
	KUNIT_EXPECT_EQ(test, lru_cache_refs(folio), 0);
	/* It stays in the batch until that is full, or somebody has all of them emptied. */
	folio_add_lru(folio);
	KUNIT_EXPECT_EQ(test, lru_cache_refs(folio), folio_test_lru(folio) ? 0 : 1);
	expect_doubt(test, folio, "a page of nobody's file");
	lru_add_drain_all();
	KUNIT_EXPECT_EQ(test, lru_cache_refs(folio), 0);
	folio_put(folio);
}

/* What is being read, pinned or held may be written to. */
static void a_page_in_use_is_in_doubt(struct kunit *test)
{
	struct folio *folio = written_folio(test);

	folio_lock(folio);
	expect_doubt(test, folio, "locked");
	folio_unlock(folio);
	expect_none(test, folio, "unlocked");

	folio_clear_uptodate(folio);
	expect_doubt(test, folio, "not up to date");
	folio_mark_uptodate(folio);

	folio_get(folio);
	expect_doubt(test, folio, "held once more");
	folio_put(folio);

	folio_ref_add(folio, GUP_PIN_COUNTING_BIAS);
	expect_doubt(test, folio, "pinned");
	folio_ref_sub(folio, GUP_PIN_COUNTING_BIAS);
	expect_none(test, folio, "let go");
}

/* Gives a folio a ring of buffers, as a file system does with its metadata. */
static struct buffer_head *give_buffers(struct kunit *test, struct folio *folio)
{
	struct buffer_head *first, *last;

	if (!IS_ENABLED(CONFIG_BUFFER_HEAD))
		kunit_skip(test, "no file system has buffers");
	first = folio_alloc_buffers(folio, SECTOR_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, first);
	for (last = first; last->b_this_page; last = last->b_this_page)
		;
	last->b_this_page = first;
	folio_attach_private(folio, first);
	return first;
}

static void take_buffers(struct folio *folio)
{
	struct buffer_head *first = folio_detach_private(folio), *buffer = first, *next;

	do {
		next = buffer->b_this_page;
		free_buffer_head(buffer);
		buffer = next;
	} while (buffer != first);
}

/* Where there are buffers, each of them tells what its folio need not know. */
static void buffers_tell_what_is_read(struct kunit *test)
{
	struct folio *folio = written_folio(test);
	struct buffer_head *last, *first = give_buffers(test, folio);

	for (last = first; last->b_this_page != first; last = last->b_this_page)
		;
	expect_none(test, folio, "up to date, and so are the buffers");
	folio_clear_uptodate(folio);
	expect_none(test, folio, "of a block device");
	lock_buffer(last);
	expect_doubt(test, folio, "the last buffer is read");
	folio_mark_uptodate(folio);
	expect_doubt(test, folio, "it is read again");
	unlock_buffer(last);
	lock_buffer(first);
	expect_doubt(test, folio, "the first buffer is read");
	unlock_buffer(first);

	last->b_this_page = last;
	expect_doubt(test, folio, "a ring that does not close");
	last->b_this_page = (void *)8;
	expect_doubt(test, folio, "a ring that leads nowhere");
	last->b_this_page = first;
	expect_none(test, folio, "a ring");
	take_buffers(folio);
}

/* What a folio of several pages notes of its pins counts, whatever its references are. */
static void a_pinned_large_folio_is_in_doubt(struct kunit *test)
{
	struct folio *folio = folio_alloc(GFP_KERNEL, 2);

	KUNIT_ASSERT_NOT_NULL(test, folio);
	folio_mark_uptodate(folio);
	/* That has a reference, which is accounted for; then the test's own can go. */
	folio_attach_private(folio, test);
	folio_put(folio);
	expect_none(test, folio, "not pinned");
	atomic_inc(&folio->_pincount);
	expect_doubt(test, folio, "pinned");
	atomic_dec(&folio->_pincount);
	folio_get(folio);
	folio_detach_private(folio);
	folio_put(folio);
}

/* The kernel's own objects have no references and are not free. */
static void objects_are_no_free_pages(struct kunit *test)
{
	void *small = kmalloc(64, GFP_KERNEL);
	void *large = kmalloc(4 * KMALLOC_MAX_CACHE_SIZE, GFP_KERNEL);

	KUNIT_EXPECT_TRUE(test, kexec_device_may_write(PHYS_PFN(virt_to_phys(small))));
	KUNIT_EXPECT_TRUE(test, kexec_device_may_write(PHYS_PFN(virt_to_phys(large))));
	kfree(large);
	kfree(small);
}

/* A page of nobody known, whole or a tail, and one that is free. */
static void pages_of_others_are_in_doubt(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
	unsigned long pfn;

	KUNIT_ASSERT_NOT_NULL(test, page);
	pfn = page_to_pfn(page);
	SetPageUptodate(page);
	KUNIT_EXPECT_TRUE(test, kexec_device_may_write(pfn));
	KUNIT_EXPECT_TRUE(test, kexec_device_may_write(pfn + 3));
	/* As a page is that lies in no list, which is nobody's. */
	page_ref_freeze(page, 1);
	KUNIT_EXPECT_FALSE(test, kexec_device_may_write(pfn));
	KUNIT_EXPECT_FALSE(test, kexec_device_may_write(pfn + 3));
	page_ref_unfreeze(page, 1);
	ClearPageUptodate(page);
	__free_pages(page, 2);
}

/* A tail page whose head cannot be one is in doubt, and not followed. */
static void a_damaged_head_is_not_followed(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 1);
	unsigned long info;

	KUNIT_ASSERT_NOT_NULL(test, page);
	info = page[1].compound_info;
	page_ref_freeze(page, 1);
	page[1].compound_info = 1;
	KUNIT_EXPECT_TRUE(test, kexec_device_may_write(page_to_pfn(page) + 1));
	if (!compound_info_has_mask()) {
		page[1].compound_info = (unsigned long)(page + 2) | 1;
		KUNIT_EXPECT_TRUE(test, kexec_device_may_write(page_to_pfn(page) + 1));
	}
	page[1].compound_info = info;
	KUNIT_EXPECT_FALSE(test, kexec_device_may_write(page_to_pfn(page) + 1));
	page_ref_unfreeze(page, 1);
	__free_pages(page, 1);
}

static void forget_areas(void *unused)
{
	crashk_cma_cnt = 0;
	memset(crashk_cma_ranges, 0, 2 * sizeof(*crashk_cma_ranges));
}

/* One page in doubt, anywhere in any of the areas, is a reason to wait. */
static void every_page_of_every_area_counts(struct kunit *test)
{
	struct folio *folio[2] = { written_folio(test), written_folio(test) };
	unsigned int i;

	if (crashk_cma_cnt)
		kunit_skip(test, "the crash kernel has areas of its own");
	if (mmu_notifiers_were_used())
		kunit_skip(test, "devices may share page tables with processes");
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, forget_areas, NULL), 0);
	for (i = 0; i < 2; i++) {
		u64 start = PFN_PHYS(folio_pfn(folio[i]));

		crashk_cma_ranges[i] = (struct range) { start, start + PAGE_SIZE - 1 };
	}
	crashk_cma_cnt = 2;
	KUNIT_EXPECT_TRUE(test, becomes_quiet());
	for (i = 0; i < 2; i++) {
		folio_get(folio[i]);
		KUNIT_EXPECT_FALSE(test, is_quiet());
		folio_put(folio[i]);
	}
	KUNIT_EXPECT_TRUE(test, becomes_quiet());
}

static struct {
	bool inside, quiet;
	int nr;
} again;

/* As an attempt that comes while looking has ended in a panic. */
static long look_again(void *dst, const void *src, size_t size)
{
	if (!again.inside) {
		again.inside = true;
		again.quiet = kexec_cma_is_quiet();
		again.inside = false;
		again.nr++;
	}
	return -EFAULT;
}

/* The next attempt does without looking, and those after it look. */
static void looking_is_not_tried_twice(struct kunit *test)
{
	struct folio *folio = written_folio(test);
	u64 start = PFN_PHYS(folio_pfn(folio));

	if (crashk_cma_cnt)
		kunit_skip(test, "the crash kernel has areas of its own");
	if (mmu_notifiers_were_used())
		kunit_skip(test, "devices may share page tables with processes");
	give_buffers(test, folio);
	kexec_test_stand_in(test, "copy_from_kernel_nofault", look_again);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, forget_areas, NULL), 0);
	crashk_cma_ranges[0] = (struct range) { start, start + PAGE_SIZE - 1 };
	crashk_cma_cnt = 1;
	again.nr = 0;
	KUNIT_EXPECT_TRUE(test, becomes_quiet());
	KUNIT_EXPECT_GT(test, again.nr, 0);
	KUNIT_EXPECT_FALSE(test, again.quiet);
	take_buffers(folio);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_page_of_a_file_is_left_alone),
	KUNIT_CASE(batches_are_looked_into),
	KUNIT_CASE(a_page_in_use_is_in_doubt),
	KUNIT_CASE(buffers_tell_what_is_read),
	KUNIT_CASE(a_pinned_large_folio_is_in_doubt),
	KUNIT_CASE(objects_are_no_free_pages),
	KUNIT_CASE(pages_of_others_are_in_doubt),
	KUNIT_CASE(a_damaged_head_is_not_followed),
	KUNIT_CASE(every_page_of_every_area_counts),
	KUNIT_CASE(looking_is_not_tried_twice),
	{}
};

static struct kunit_suite suite = {
	.name = "kexec_dma",
	.test_cases = cases,
};
kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit tests of what devices may still write to");
MODULE_LICENSE("GPL");
