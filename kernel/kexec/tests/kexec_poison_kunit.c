// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of poisoned memory
 *
 * Pages of the tests' own are marked as poisoned, and well again before they go back;
 * where a page matters that is not the test's, it is only said to be poisoned.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/elf.h>
#include <linux/mm.h>
#include <linux/pageblock-flags.h>
#include <linux/vmcore_info.h>

#include "../check.h"
#include "../poison.h"
#include "../poison_list.h"
#include "kexec_kunit.h"

/* ---- the list ---- */

static unsigned int times_noted(u64 address)
{
	struct kexec_range page;
	unsigned int entry = 0, times = 0;

	while (kexec_next_noted(&entry, &page))
		times += page.start == phys_to_boot_phys(address) &&
			 kexec_range_size(page) == PAGE_SIZE;
	return times;
}

/* A page is on the list from the moment it is noted until it is forgotten, and once. */
static void a_page_is_noted_once(struct kunit *test)
{
	unsigned long pfn = PHYS_PFN(kexec_test_nowhere());

	kexec_note_poison(pfn);
	kexec_note_poison(pfn + 1);
	kexec_note_poison(pfn);
	KUNIT_EXPECT_EQ(test, times_noted(PFN_PHYS(pfn)), 1);
	KUNIT_EXPECT_EQ(test, times_noted(PFN_PHYS(pfn + 1)), 1);

	kexec_forget_poison(pfn);
	KUNIT_EXPECT_EQ(test, times_noted(PFN_PHYS(pfn)), 0);
	KUNIT_EXPECT_EQ(test, times_noted(PFN_PHYS(pfn + 1)), 1);
	kexec_forget_poison(pfn + 1);
	KUNIT_EXPECT_EQ(test, times_noted(PFN_PHYS(pfn + 1)), 0);
}

/* Two CPUs that find the same page at the same time may both find it not noted. */
static void a_page_noted_twice_is_forgotten(struct kunit *test)
{
	struct kexec_poison_list *list = phys_to_virt(kexec_poison_list_address());
	unsigned long pfn = PHYS_PFN(kexec_test_nowhere());
	unsigned int i;

	kexec_note_poison(pfn);
	for (i = 0; i < KEXEC_POISON_MAX && atomic64_read(&list->page[i]); i++)
		;
	KUNIT_ASSERT_LT(test, i, KEXEC_POISON_MAX);
	atomic64_set(&list->page[i], PFN_PHYS(pfn) | KEXEC_POISON_HERE);
	KUNIT_EXPECT_EQ(test, times_noted(PFN_PHYS(pfn)), 2);

	kexec_forget_poison(pfn);
	KUNIT_EXPECT_EQ(test, times_noted(PFN_PHYS(pfn)), 0);
}

/* What the list has no room for is counted; a page that is forgotten makes room. */
static void a_full_list_counts_the_rest(struct kunit *test)
{
	struct kexec_poison_list *list = phys_to_virt(kexec_poison_list_address());
	unsigned long pfn = PHYS_PFN(kexec_test_nowhere());
	s64 lost = atomic64_read(&list->lost);
	struct kexec_range page;
	unsigned int i, before = 0, entry = 0;

	while (kexec_next_noted(&entry, &page))
		before++;
	KUNIT_EXPECT_EQ(test, list->nr, KEXEC_POISON_MAX);
	for (i = 0; i < KEXEC_POISON_MAX; i++)
		kexec_note_poison(pfn + i);
	KUNIT_EXPECT_EQ(test, atomic64_read(&list->lost) - lost, before);
	kexec_note_poison(pfn + i);
	KUNIT_EXPECT_EQ(test, atomic64_read(&list->lost) - lost, before + 1);
	kexec_forget_poison(pfn);
	kexec_note_poison(pfn + i);
	KUNIT_EXPECT_EQ(test, atomic64_read(&list->lost) - lost, before + 1);
	KUNIT_EXPECT_EQ(test, times_noted(PFN_PHYS(pfn + i)), 1);

	for (i = 0; i <= KEXEC_POISON_MAX; i++)
		kexec_forget_poison(pfn + i);
	atomic64_set(&list->lost, lost);
}

/* Memory that is unplugged leaves the list, and none beside it does. */
static void memory_that_goes_is_forgotten(struct kunit *test)
{
	unsigned long i, pfn = PHYS_PFN(kexec_test_nowhere());

	for (i = 0; i < 4; i++)
		kexec_note_poison(pfn + i);
	kexec_forget_poison_in(PFN_PHYS(pfn + 1), 2 * PAGE_SIZE);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, times_noted(PFN_PHYS(pfn + i)), i == 0 || i == 3);
	kexec_forget_poison(pfn);
	kexec_forget_poison(pfn + 3);
}

/* ---- page flags ---- */

static void set_well(void *data)
{
	struct page *page = data;

	ClearPageHWPoison(page);
	kexec_forget_poison(page_to_pfn(page));
}

/* Until the test is over. */
static void set_poisoned(struct kunit *test, struct page *page)
{
	SetPageHWPoison(page);
	kexec_note_poison(page_to_pfn(page));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, set_well, page));
}

#define ORDER	5
#define PAGES	BIT(ORDER)

static void free_block(void *page)
{
	__free_pages(page, ORDER);
}

static struct page *new_block(struct kunit *test)
{
	struct page *block = alloc_pages(GFP_KERNEL, ORDER);

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_block, block));
	return block;
}

/* Of any range the first page that is marked is found, and where there is none, none. */
static void the_first_page_is_found(struct kunit *test)
{
	struct rnd_state *chance = kexec_test_chance(test);
	struct page *block = new_block(test);
	phys_addr_t base = page_to_phys(block);
	DECLARE_BITMAP(poisoned, PAGES) = {};
	unsigned int i, first, end, round;

	for (i = 0; i < 3; i++)
		__set_bit(kexec_test_below(chance, PAGES), poisoned);
	for_each_set_bit(i, poisoned, PAGES)
		set_poisoned(test, block + i);

	for (round = 0; round < 300; round++) {
		unsigned int cut = kexec_test_below(chance, 2) * 0x234;
		struct kexec_range hit, range;

		first = kexec_test_below(chance, PAGES);
		end = first + 1 + kexec_test_below(chance, PAGES - first);
		i = find_next_bit(poisoned, end, first);
		KUNIT_ASSERT_EQ(test,
				kexec_next_poison(base + BYTES(first) + cut, base + BYTES(end)),
				base + BYTES(i) + (i == first ? cut : 0));

		range.start = phys_to_boot_phys(base + BYTES(first));
		range.end = phys_to_boot_phys(base + BYTES(end));
		KUNIT_ASSERT_EQ(test, kexec_poisoned(range, &hit), i < end);
		if (i == end)
			continue;
		KUNIT_ASSERT_EQ(test, hit.start, phys_to_boot_phys(base + BYTES(i)));
		KUNIT_ASSERT_EQ(test, hit.end, hit.start + PAGE_SIZE);
	}
}

/* ---- places ---- */

static struct kexec_range bad_page;

/* As if a page were poisoned. */
static bool is_bad_page(struct kexec_range range, struct kexec_range *hit)
{
	if (!kexec_range_overlaps(range, bad_page))
		return false;
	*hit = bad_page;
	return true;
}

static void say_poisoned(struct kunit *test, u64 address)
{
	bad_page = (struct kexec_range) { address, address + PAGE_SIZE };
	kunit_activate_static_stub(test, kexec_poisoned, is_bad_page);
}

/* A segment is refused for any page of it, in words that name the page, and for no other. */
static void no_segment_has_a_poisoned_page(struct kunit *test)
{
	struct kimage *image = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_USER)->image;
	unsigned long mem = SZ_64M;
	unsigned int nr;

	image->nr_segments = 2;
	image->segment[0] = (struct kexec_segment) { .mem = SZ_32M, .memsz = PAGE_SIZE };
	image->segment[1] = (struct kexec_segment) { .mem = mem, .memsz = BYTES(4) };
	for (nr = 0; nr < 6; nr++) {
		bool inside = nr > 0 && nr < 5;

		say_poisoned(test, mem + BYTES(nr) - PAGE_SIZE);
		kexec_test_hush(image, false);
		KUNIT_EXPECT_EQ(test, sanity_check_segment_list(image),
				inside ? -EADDRNOTAVAIL : 0);
		kunit_deactivate_static_stub(test, kexec_poisoned);
	}
}

static void a_refusal_names_the_page(struct kunit *test)
{
	const struct kexec_segment segment = { .mem = 0x5000, .memsz = 0x4000 };
	const struct kexec_limits limits = { 0x40000, 16, .poisoned = is_bad_page };
	struct kexec_verdict verdict;
	char text[192];

	bad_page = (struct kexec_range) { 0x7000, 0x8000 };
	verdict = kexec_check_segments(&segment, 1, &limits);
	KUNIT_ASSERT_EQ(test, verdict.flaw, KEXEC_FLAW_POISON);
	kexec_describe_flaw(text, sizeof(text), &verdict, &segment, &limits);
	KUNIT_EXPECT_STREQ(test, text,
			   "segment 0 [mem 0x5000-0x8fff]: the page at 0x7000 is poisoned");
}

/* In the crash region places are found around the page. */
static void the_crash_region_goes_on_around_it(struct kunit *test)
{
	struct kexec_hole want = { .size = BYTES(3), .align = PAGE_SIZE };
	struct kexec_range found;
	struct kimage *image;
	u64 base;

	kexec_test_need_region_and_peace(test);
	image = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_LOADER)->image;
	base = kexec_region().start + SZ_32M;
	want.within = (struct kexec_range) { base, base + BYTES(8) };
	say_poisoned(test, base + BYTES(2));
	KUNIT_ASSERT_TRUE(test, kimage_region_has_room(image, want, &found));
	KUNIT_EXPECT_EQ(test, found.start, base + BYTES(3));
	KUNIT_ASSERT_TRUE(test, kimage_find_in_region(image, want, &found));
	KUNIT_EXPECT_EQ(test, found.start, base + BYTES(3));
	want.within.end = base + BYTES(5);
	KUNIT_EXPECT_FALSE(test, kimage_find_in_region(image, want, &found));
}

/* Nothing is claimed where it is, nor does a region grow over it. */
static void nothing_is_claimed_there(struct kunit *test)
{
	unsigned long nr_pages = 2 * pageblock_nr_pages;
	struct kimage *image = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER)->image;
	unsigned long pfn = kexec_test_free_block(test, nr_pages);
	u64 base = phys_to_boot_phys(PFN_PHYS(pfn));
	struct kexec_hole want = {
		.within = { base, base + BYTES(nr_pages) },
		.size = BYTES(nr_pages),
		.align = PAGE_SIZE,
	};
	struct kimage_block block;
	struct kexec_range hit;

	say_poisoned(test, base + BYTES(nr_pages - 1));
	KUNIT_ASSERT_TRUE(test, kexec_claim_obstacle(want.within, &hit));
	KUNIT_EXPECT_TRUE(test, kexec_range_contains(hit, bad_page));
	KUNIT_EXPECT_FALSE(test, kimage_claim_hole(image, want, want.size, false, &block));
}

/* ---- pages ---- */

/* A page that goes bad while it is free is used for nothing, though it is handed out. */
static void no_page_of_an_image_is_poisoned(struct kunit *test)
{
	static const unsigned int orders[] = { 0, 0, 0 };
	struct kexec_test_blocks *blocks = kexec_test_take_blocks(test, orders, 3);
	struct page *bad = pfn_to_page(blocks->pfn[1]), *page;
	LIST_HEAD(pages);
	unsigned int i;

	SetPageHWPoison(bad);
	kexec_note_poison(page_to_pfn(bad));
	kexec_test_offer(test, blocks);
	for (i = 0; i < 2; i++) {
		page = kexec_alloc_pages_block(GFP_KERNEL, 0);
		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_EXPECT_EQ(test, page_to_pfn(page), blocks->pfn[2 * i]);
		list_add(&page->lru, &pages);
	}
	kimage_free_page_list(&pages);

	/* The allocator did not take it back. */
	KUNIT_EXPECT_EQ(test, page_count(bad), 0);
	KUNIT_EXPECT_FALSE(test, PageBuddy(bad));
	set_well(bad);
	init_page_count(bad);
	__free_page(bad);
}

/* ---- of the crashed kernel ---- */

#define INFO	"OSRELEASE=7\nNUMBER(kexec_poison_list)=1f000\nCRASHTIME=1\n"

static size_t put_note(u8 *notes, const char *name, const char *text)
{
	return (u8 *)append_elf_note((u32 *)notes, (char *)name, 0, (void *)text, strlen(text)) -
	       notes;
}

/* The list is found in notes that are whole, and only there. */
static void the_list_is_found(struct kunit *test)
{
	u8 *notes = kexec_test_alloc(test, 512);
	size_t cut, size = put_note(notes, "CORE", INFO);

	memset(notes + size, 0, 512 - size);
	KUNIT_EXPECT_EQ(test, kexec_find_poison_list(notes, 512), 0);
	size += put_note(notes + size, VMCOREINFO_NOTE_NAME, INFO);
	KUNIT_EXPECT_EQ(test, kexec_find_poison_list(notes, 512), 0x1f000);
	KUNIT_EXPECT_EQ(test, kexec_find_poison_list(notes, size), 0x1f000);
	for (cut = 0; cut < size - 4; cut++) {
		u8 *copy = kunit_kmalloc(test, cut ?: 1, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, copy);
		memcpy(copy, notes, cut);
		KUNIT_EXPECT_EQ(test, kexec_find_poison_list(copy, cut), 0);
		kunit_kfree(test, copy);
	}
}

static const char * const no_lists[] = {
	"",
	"NUMBER(kexec_poison_list)=1f000\n",
	"A=1\nNUMBER(kexec_poison_list)=",
	"A=1\nNUMBER(kexec_poison_list)=\n",
	"A=1\nNUMBER(kexec_poison_list)=1g000\n",
	"A=1\nNUMBER(kexec_poison_list)=11223344556677889900aabbcc\n",
	"A=1\nNUMBER(kexec_poison_lists)=1f000\n",
};

static void other_text_is_no_list(struct kunit *test)
{
	u8 *notes = kexec_test_alloc(test, 512);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(no_lists); i++) {
		size_t size = put_note(notes, VMCOREINFO_NOTE_NAME, no_lists[i]);

		KUNIT_EXPECT_EQ_MSG(test, kexec_find_poison_list(notes, size), 0, "%u", i);
	}
}

#define NOTED(page)	(BYTES(page) | KEXEC_POISON_HERE)

/* What is on it comes in order; entries of another form are none. */
static void the_list_is_put_in_order(struct kunit *test)
{
	u64 page[] = {
		NOTED(9), 0, NOTED(4), BYTES(5), NOTED(6) | SZ_2K, U64_MAX, NOTED(7),
		BYTES(1) | 15 << KEXEC_POISON_SIZE_SHIFT | KEXEC_POISON_NOTED,
	};

	KUNIT_ASSERT_EQ(test, kexec_sort_poison(page, ARRAY_SIZE(page)), 3);
	KUNIT_EXPECT_EQ(test, page[0], NOTED(4));
	KUNIT_EXPECT_EQ(test, page[1], NOTED(7));
	KUNIT_EXPECT_EQ(test, page[2], NOTED(9));
}

/* Larger than this kernel's, smaller, or as large: no byte of a poisoned page is missed. */
static void pages_may_have_another_size(struct kunit *test)
{
	static const struct {
		u64 start;
		unsigned int power;
	} pages[] = { { SZ_16M, 0 }, { SZ_32M, 4 }, { SZ_64M + SZ_4K, 0 }, { SZ_128M, 15 } };
	u64 page[ARRAY_SIZE(pages)], start, end;
	int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++)
		page[i] = pages[i].start | pages[i].power << KEXEC_POISON_SIZE_SHIFT |
			  KEXEC_POISON_NOTED;
	KUNIT_ASSERT_EQ(test, kexec_sort_poison(page, ARRAY_SIZE(page)), ARRAY_SIZE(pages));
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		start = ALIGN_DOWN(pages[i].start, PAGE_SIZE);
		end = ALIGN(pages[i].start + ((u64)SZ_4K << pages[i].power), PAGE_SIZE);
		KUNIT_EXPECT_FALSE(test, kexec_poison_listed(page, i + 1, PHYS_PFN(start) - 1));
		KUNIT_EXPECT_TRUE(test, kexec_poison_listed(page, i + 1, PHYS_PFN(start)));
		KUNIT_EXPECT_TRUE(test, kexec_poison_listed(page, i + 1, PHYS_PFN(end) - 1));
		KUNIT_EXPECT_FALSE(test, kexec_poison_listed(page, i + 1, PHYS_PFN(end)));
	}
}

static struct kunit_case poison_cases[] = {
	KUNIT_CASE(a_page_is_noted_once),
	KUNIT_CASE(a_page_noted_twice_is_forgotten),
	KUNIT_CASE(a_full_list_counts_the_rest),
	KUNIT_CASE(memory_that_goes_is_forgotten),
	KUNIT_CASE_PARAM(the_first_page_is_found, kexec_test_seeds),
	KUNIT_CASE(no_segment_has_a_poisoned_page),
	KUNIT_CASE(a_refusal_names_the_page),
	KUNIT_CASE(the_crash_region_goes_on_around_it),
	KUNIT_CASE(nothing_is_claimed_there),
	KUNIT_CASE(no_page_of_an_image_is_poisoned),
	KUNIT_CASE(the_list_is_found),
	KUNIT_CASE(other_text_is_no_list),
	KUNIT_CASE(the_list_is_put_in_order),
	KUNIT_CASE(pages_may_have_another_size),
	{}
};

static struct kunit_suite poison_suite = {
	.name = "kexec_poison",
	.test_cases = poison_cases,
};

kunit_test_suite(poison_suite);

MODULE_DESCRIPTION("KUnit tests of poisoned memory");
MODULE_LICENSE("GPL");
