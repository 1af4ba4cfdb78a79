// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of contents that a loader makes itself
 *
 * They stay where they are made if they begin at an aligned address, else they are
 * moved; and what is behind them is not touched when nobody needs it zero.
 */
#include <kunit/test.h>
#include <linux/kexec_handover.h>
#include <linux/kexec_unpack.h>
#include <linux/sizes.h>

#include "kexec_kunit.h"

#define ROOM	(40 * PAGE_SIZE)
#define LEN	(20 * PAGE_SIZE + 99)
#define MEMSZ	(24 * PAGE_SIZE)

static struct kexec_subject *new_subject(struct kunit *test)
{
	struct kexec_subject *subject;

	kexec_test_count_pages(test);
	kexec_test_dirty_memory();
	subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	if (kho_is_enabled())
		kunit_skip(test, "handover is on, and decides where segments go");
	return subject;
}

static struct kexec_buf wish(struct kimage *image)
{
	return kexec_test_wish(image, NULL, ROOM, ROOM + MEMSZ);
}

/* Makes contents that begin @offset bytes into their memory. */
static int make(struct kexec_subject *subject, struct kexec_buf *kbuf, size_t offset)
{
	u8 *want = kexec_test_alloc(subject->test, kbuf->memsz);
	u8 *memory;

	guard(mutex)(&kexec_load_mutex);
	memory = kexec_alloc_contents(kbuf, true);
	KUNIT_ASSERT_NOT_NULL(subject->test, memory);
	kexec_test_fill(want, LEN, 5);
	memset(memory, 0xa5, ROOM);
	memcpy(memory + offset, want, LEN);
	subject->want[0] = want;
	kbuf->buffer = memory + offset;
	kbuf->bufsz = LEN;
	kbuf->memsz = MEMSZ;
	return kexec_add_buffer(kbuf);
}

static void drop(struct kimage *image)
{
	guard(mutex)(&kexec_load_mutex);
	kexec_free_contents(image);
}

/* The load is over: what no segment has taken over goes, and the rest is right. */
static void expect_right(struct kexec_subject *subject, struct kexec_model *model)
{
	struct kunit *test = subject->test;

	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	KUNIT_EXPECT_STREQ(test, "", kexec_model_wrong(model, subject, subject->image->head) ?: "");
	kexec_subject_give_back(subject);
}

static const size_t offsets[] = { 0, PAGE_SIZE, 3 * PAGE_SIZE, 100 };

static void describe_offset(const size_t *offset, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%zu bytes into it", *offset);
}

KUNIT_ARRAY_PARAM(offset, offsets, describe_offset);

static void they_stay_if_they_can(struct kunit *test)
{
	size_t offset = *(const size_t *)test->param_value;
	struct kexec_model *model = kexec_model_new(test, MEMSZ >> PAGE_SHIFT);
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = wish(subject->image);
	const struct kimage_file *made = kexec_test_made(subject->image);

	KUNIT_ASSERT_EQ(test, make(subject, &kbuf, offset), 0);
	KUNIT_EXPECT_PTR_EQ(test, kexec_test_took_over(subject->image, 0), made);
	KUNIT_EXPECT_TRUE(test, kexec_test_in_place(subject->image, 0));
	KUNIT_EXPECT_EQ(test, kbuf.mem,
			made->range.start + (PAGE_ALIGNED(offset) ? offset : 0));
	expect_right(subject, model);
}

/* A segment that does not reach as far as it was said to is a hole for others. */
static void they_are_copied_if_they_reach_too_far(struct kunit *test)
{
	struct kexec_model *model = kexec_model_new(test, MEMSZ >> PAGE_SHIFT);
	struct kexec_subject *subject = new_subject(test);
	struct kexec_buf kbuf = wish(subject->image);

	kbuf.memsz = ROOM;
	KUNIT_ASSERT_EQ(test, make(subject, &kbuf, ROOM - MEMSZ + PAGE_SIZE), 0);
	KUNIT_EXPECT_NULL(test, kexec_test_took_over(subject->image, 0));
	expect_right(subject, model);
}

/* What they are made of may take more room than what they become, in a crash region as well. */
static void there_is_room_for_what_they_are_made_of(struct kunit *test)
{
	static const int types[] = { KEXEC_TYPE_DEFAULT, KEXEC_TYPE_CRASH };
	int i;

	kexec_test_need_region(test);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct kexec_subject *subject = kexec_subject_new(test, types[i], BY_LOADER);
		struct kexec_buf kbuf = wish(subject->image);
		const struct kimage_file *made = kexec_test_made(subject->image);

		kbuf.bufsz = SZ_2M + 1;
		kbuf.memsz = SZ_1M;
		scoped_guard(mutex, &kexec_load_mutex)
			KUNIT_ASSERT_NOT_NULL(test, kexec_alloc_contents(&kbuf, false));
		KUNIT_EXPECT_GE(test, kbuf.memsz, kbuf.bufsz);
		if (!kexec_range_empty(made->range))
			KUNIT_EXPECT_GE(test, kexec_range_size(made->range), kbuf.bufsz);
		drop(subject->image);
		kexec_subject_free(subject);
	}
}

/* Whole pages, or what is wished for beyond that. */
static void they_are_aligned_as_wished(struct kunit *test)
{
	static const unsigned long aligns[] = { 0, 1, PAGE_SIZE, SZ_64K, SZ_2M };
	struct kexec_subject *subject = new_subject(test);
	const struct kimage_file *made = kexec_test_made(subject->image);
	int i;

	for (i = 0; i < ARRAY_SIZE(aligns); i++) {
		struct kexec_buf kbuf = wish(subject->image);
		unsigned long want = max(aligns[i], PAGE_SIZE);

		kbuf.buf_align = aligns[i];
		scoped_guard(mutex, &kexec_load_mutex)
			kexec_alloc_contents(&kbuf, false);
		KUNIT_EXPECT_EQ_MSG(test, kbuf.buf_align, want, "%#lx", aligns[i]);
		KUNIT_EXPECT_TRUE_MSG(test, IS_ALIGNED(made->range.start, want), "%#lx", aligns[i]);
		drop(subject->image);
	}
	kexec_subject_give_back(subject);
}

static void what_nobody_takes_goes_back(struct kunit *test)
{
	struct kexec_subject *subject = new_subject(test);
	const struct kimage_file *made = kexec_test_made(subject->image);
	struct kexec_buf kbuf = wish(subject->image);

	scoped_guard(mutex, &kexec_load_mutex)
		KUNIT_ASSERT_NOT_NULL(test, kexec_alloc_contents(&kbuf, false));
	KUNIT_EXPECT_GT(test, kexec_test_owned_pages(), 0);
	drop(subject->image);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 0);
	KUNIT_EXPECT_TRUE(test, mem_is_zero(made, sizeof(*made)));
	kexec_subject_give_back(subject);
}

/* Contents that have to be relocated, and nothing behind them. */
static void what_is_behind_is_left_alone(struct kunit *test)
{
	struct kexec_subject *subject = new_subject(test);
	struct kimage *image = subject->image;
	struct kexec_buf kbuf = wish(image);
	kimage_entry_t *cursor = kexec_test_list(image);
	unsigned long sources = 0;

	kexec_test_scatter(image, true);
	kbuf.uncleared = true;
	KUNIT_ASSERT_EQ(test, make(subject, &kbuf, 0), 0);
	KUNIT_EXPECT_EQ(test, kimage_filled_pages(image, 0), PFN_UP(LEN));
	KUNIT_EXPECT_EQ(test, kimage_contents_pages(image, 0), PFN_UP(LEN));
	KUNIT_ASSERT_EQ(test, kexec_subject_assemble(subject), 0);
	while (kimage_next_source(&cursor))
		sources++;
	KUNIT_EXPECT_EQ(test, sources, PFN_UP(LEN));
	KUNIT_EXPECT_EQ(test, image->segment[0].memsz, MEMSZ);
	kexec_subject_give_back(subject);
}

static struct kunit_case contents_cases[] = {
	KUNIT_CASE_PARAM(they_stay_if_they_can, offset_gen_params),
	KUNIT_CASE(they_are_copied_if_they_reach_too_far),
	KUNIT_CASE(there_is_room_for_what_they_are_made_of),
	KUNIT_CASE(they_are_aligned_as_wished),
	KUNIT_CASE(what_nobody_takes_goes_back),
	KUNIT_CASE(what_is_behind_is_left_alone),
	{}
};

static struct kunit_suite contents_suite = {
	.name = "kexec_contents",
	.test_cases = contents_cases,
};

kunit_test_suite(contents_suite);

MODULE_DESCRIPTION("KUnit tests of contents that a loader makes");
MODULE_LICENSE("GPL");
