// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of arm64's part
 *
 * The next kernel begins with its MMU off and reads past the data caches, so what was
 * written to its place has to be cleaned out of them; what is moved there in the end is
 * the relocation code's to clean.  A detour notes each page that
 * dcache_clean_inval_poc() is asked for, so that it shows on a machine without
 * caches, too.
 */
#include <kunit/test.h>
#include <linux/kexec.h>
#include <linux/sizes.h>

#include "kexec_kunit.h"

#define SEGMENTS	2
#define SEGMENT_PAGES	4

/**
 * struct cleaned - what was asked to be cleaned of an image
 * @subject:    the image
 * @times:      for each page of each segment, how often that was so when it was filled
 * @early:      pages that were cleaned before that
 * @relocation: the relocation code was cleaned
 */
struct cleaned {
	const struct kexec_subject *subject;
	unsigned int times[SEGMENTS][SEGMENT_PAGES];
	unsigned int early;
	bool relocation;
};

static void note_page(struct cleaned *cleaned, unsigned int i, unsigned int nr,
		      unsigned long start, unsigned long end)
{
	const struct kexec_subject *subject = cleaned->subject;
	unsigned long at = (unsigned long)phys_to_virt(subject->image->segment[i].mem) +
			   nr * PAGE_SIZE;

	if (start > at || end < at + PAGE_SIZE)
		return;
	if (memcmp((void *)at, subject->want[i] + nr * PAGE_SIZE, PAGE_SIZE))
		cleaned->early++;
	else
		cleaned->times[i][nr]++;
}

static void *note_range(const char *name, struct pt_regs *regs, void *ctx)
{
	unsigned long start = regs_get_kernel_argument(regs, 0);
	unsigned long end = regs_get_kernel_argument(regs, 1);
	struct cleaned *cleaned = ctx;
	const struct kimage *image = cleaned->subject->image;
	unsigned int i, nr;

	for (i = 0; i < image->nr_segments; i++)
		for (nr = 0; nr < SEGMENT_PAGES; nr++)
			note_page(cleaned, i, nr, start, end);
	if (image->control_code_page && start == (unsigned long)page_to_virt(image->control_code_page))
		cleaned->relocation = true;
	return NULL;
}

static struct cleaned *watch_cleaning(struct kunit *test, const struct kexec_subject *subject)
{
	struct cleaned *cleaned = kunit_kzalloc(test, sizeof(*cleaned), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, cleaned);
	cleaned->subject = subject;
	kexec_test_detour(test, "dcache_clean_inval_poc", note_range, cleaned);
	return cleaned;
}

static void expect_times(struct kunit *test, const struct cleaned *cleaned, unsigned int i,
			 unsigned int times)
{
	unsigned int nr;

	for (nr = 0; nr < SEGMENT_PAGES; nr++)
		KUNIT_EXPECT_EQ_MSG(test, cleaned->times[i][nr], times, "segment %u, page %u", i, nr);
}

/* Places in the region, far from control pages. */
static unsigned long slot(unsigned int nr)
{
	return kexec_region().start + SZ_64M + nr * SZ_1M;
}

/* Each has contents, and zeros behind them, which are written as well. */
static struct kexec_subject *describe_at(struct kunit *test, unsigned int a, unsigned int b)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);

	kexec_subject_add(subject, slot(a), 2 * PAGE_SIZE - 100, SEGMENT_PAGES * PAGE_SIZE);
	kexec_subject_add(subject, slot(b), SEGMENT_PAGES * PAGE_SIZE, SEGMENT_PAGES * PAGE_SIZE);
	subject->image->start = slot(a);
	return subject;
}

/* A crash image is filled where it will run, and each page of it cleaned, once. */
static void a_crash_image_is_cleaned(struct kunit *test)
{
	struct kexec_subject *subject = describe_at(test, 0, 1);
	const struct cleaned *cleaned = watch_cleaning(test, subject);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	for (i = 0; i < SEGMENTS; i++)
		expect_times(test, cleaned, i, 1);
	KUNIT_EXPECT_EQ(test, cleaned->early, 0);
	KUNIT_EXPECT_FALSE(test, cleaned->relocation);
}

/*
 * What is staged is not cleaned at its destination, where the armed image still is, until it
 * has been copied there.
 */
static void a_staged_image_is_cleaned_when_it_is_copied(struct kunit *test)
{
	struct kexec_subject *old = describe_at(test, 0, 1), *new;
	const struct cleaned *cleaned;

	KUNIT_ASSERT_EQ(test, kexec_subject_build(old), 0);
	kexec_subject_arm(old);
	new = describe_at(test, 1, 2);
	cleaned = watch_cleaning(test, new);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(new), 0);
	KUNIT_ASSERT_TRUE(test, kimage_is_staged(new->image));
	expect_times(test, cleaned, 0, 0);
	expect_times(test, cleaned, 1, 1);
	kexec_subject_arm(new);
	expect_times(test, cleaned, 0, 1);
	KUNIT_EXPECT_EQ(test, cleaned->early, 0);
}

/*
 * A reboot image of both kinds: what is in place is cleaned, and the relocation code that
 * moves the rest.  The destination of the rest is left alone: it need not be memory.
 */
static void what_is_in_place_beside_what_is_not(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	const struct cleaned *cleaned;

	kexec_subject_place(subject, 2 * PAGE_SIZE - 100, SEGMENT_PAGES * PAGE_SIZE);
	kexec_subject_add(subject, kexec_test_nowhere(), SEGMENT_PAGES * PAGE_SIZE,
			  SEGMENT_PAGES * PAGE_SIZE);
	subject->image->start = subject->image->segment[0].mem;
	cleaned = watch_cleaning(test, subject);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	KUNIT_ASSERT_TRUE(test, kexec_test_in_place(subject->image, 0));
	KUNIT_ASSERT_FALSE(test, kexec_test_in_place(subject->image, 1));
	expect_times(test, cleaned, 0, 1);
	expect_times(test, cleaned, 1, 0);
	KUNIT_EXPECT_EQ(test, cleaned->early, 0);
	KUNIT_EXPECT_TRUE(test, cleaned->relocation);
}

static struct kunit_case arm64_cases[] = {
	KUNIT_CASE(a_crash_image_is_cleaned),
	KUNIT_CASE(a_staged_image_is_cleaned_when_it_is_copied),
	KUNIT_CASE(what_is_in_place_beside_what_is_not),
	{}
};

static struct kunit_suite arm64_suite = {
	.name = "kexec_arm64",
	.init = kexec_test_need_region_and_peace,
	.test_cases = arm64_cases,
};

kunit_test_suite(arm64_suite);

MODULE_DESCRIPTION("KUnit tests of arm64's part of kexec");
MODULE_LICENSE("GPL");
