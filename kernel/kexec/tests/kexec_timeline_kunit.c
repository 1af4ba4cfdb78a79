// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of the time line from one kernel to the next
 *
 * What is told of readings is asked of a pure function; that images take readings along is
 * seen in the memory that the next kernel would find them in.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "../timeline.h"
#include "kexec_kunit.h"

/* ---- what is told ---- */

#define KHZ	2000000
#define MS	((u64)KHZ)

/* The stretch of number nr takes nr + 1 milliseconds, from the counter's 1000 on. */
static const struct kexec_timeline sound = {
	.type = KEXEC_TIMELINE_TYPE,
	.len = KEXEC_TIMELINE_LEN,
	.magic = KEXEC_TIMELINE_MAGIC,
	.khz = KHZ,
	.flags = KEXEC_TIMELINE_PACKED,
	.stamp = { 1000, 1000 + MS, 1000 + 3 * MS, 1000 + 6 * MS, 1000 + 10 * MS },
};

#define ENTERED		(1000 + 15 * MS)
#define NOW		(1000 + 21 * MS)
#define BY_THIS_KERNEL	(BIT(KEXEC_DECOMPRESS) | BIT(KEXEC_ENTER))
#define AFTER_JUMP	(BIT(KEXEC_RELOCATE) | BIT(KEXEC_VERIFY) | BY_THIS_KERNEL)

/* A reading that is replaced, if any, what is read now, and what cannot be told then. */
struct line_row {
	const char *name;
	int nr;
	u64 stamp;
	u64 now;
	u32 khz;
	unsigned long unknown;
};

static const struct line_row lines[] = {
	{ "all is well", -1, 0, NOW, KHZ, 0 },
	{ "the call was not noted", KEXEC_STAMP_CALL, 0, NOW, KHZ, BIT(KEXEC_SHUTDOWN) },
	{ "the jump was not noted", KEXEC_STAMP_JUMP, 0, NOW, KHZ,
	  BIT(KEXEC_LEAVE) | BIT(KEXEC_RELOCATE) },
	{ "the purgatory noted nothing", KEXEC_STAMP_VERIFIED, 0, NOW, KHZ,
	  BIT(KEXEC_VERIFY) | BIT(KEXEC_DECOMPRESS) },
	{ "this kernel has no counter", -1, 0, 0, 0, AFTER_JUMP },
	{ "reset before the purgatory", KEXEC_STAMP_PURGATORY, 7, NOW, KHZ, BIT(KEXEC_RELOCATE) },
	{ "reset by the purgatory", KEXEC_STAMP_VERIFIED, 7, NOW, KHZ, BIT(KEXEC_VERIFY) },
	{ "reset by the decompressor", KEXEC_STAMP_VERIFIED, ENTERED + 7, NOW, KHZ,
	  BIT(KEXEC_DECOMPRESS) },
	{ "reset before this kernel", -1, 0, 7, KHZ, BIT(KEXEC_ENTER) },
	{ "set forward", -1, 0, NOW + 7200 * 1000 * MS, KHZ, BIT(KEXEC_ENTER) },
	{ "set to its end", KEXEC_STAMP_QUIET, U64_MAX, NOW, KHZ,
	  BIT(KEXEC_SHUTDOWN) | BIT(KEXEC_LEAVE) },
	{ "faster since", -1, 0, NOW, KHZ + KHZ / 20, AFTER_JUMP },
	{ "slower since", -1, 0, NOW, KHZ - KHZ / 20, AFTER_JUMP },
	{ "measured anew, upper end", -1, 0, NOW, KHZ + KHZ / 64, 0 },
	{ "measured anew, lower end", -1, 0, NOW, KHZ - KHZ / 64, 0 },
	{ "nobody knows the rate now", -1, 0, NOW, 0, AFTER_JUMP },
};

KUNIT_ARRAY_PARAM_DESC(line, lines, name);

/* Just what cannot be known is not told; the sum is known when all is. */
static void what_is_known_is_told(struct kunit *test)
{
	const struct line_row *row = test->param_value;
	const struct kexec_arrival here = { ENTERED, row->now, row->khz };
	struct kexec_timeline line = sound;
	int i;

	if (row->nr >= 0)
		line.stamp[row->nr] = row->stamp;
	for (i = 0; i < KEXEC_TOTAL; i++) {
		u64 ns = kexec_timeline_ns(&line, &here, i);

		KUNIT_EXPECT_EQ_MSG(test, ns == KEXEC_UNKNOWN, !!(row->unknown & BIT(i)), "%d", i);
		if (row->nr < 0 && ns != KEXEC_UNKNOWN)
			KUNIT_EXPECT_EQ_MSG(test, ns, (i + 1) * NSEC_PER_MSEC, "%d", i);
	}
	KUNIT_EXPECT_EQ(test, kexec_timeline_ns(&line, &here, KEXEC_TOTAL),
			row->unknown ? KEXEC_UNKNOWN : 21 * NSEC_PER_MSEC);
}

/* What begins where a decompressor would have ended is not asked where there was none. */
static void entered_directly_there_is_no_decompressor(struct kunit *test)
{
	struct kexec_arrival here = { ENTERED, NOW, KHZ };
	struct kexec_timeline line = sound;

	line.flags = 0;
	KUNIT_EXPECT_EQ(test, kexec_timeline_ns(&line, &here, KEXEC_DECOMPRESS), 0);
	KUNIT_EXPECT_EQ(test, kexec_timeline_ns(&line, &here, KEXEC_ENTER), 11 * NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, kexec_timeline_ns(&line, &here, KEXEC_TOTAL), 21 * NSEC_PER_MSEC);
	here.entered = 0;
	KUNIT_EXPECT_EQ(test, kexec_timeline_ns(&line, &here, KEXEC_TOTAL), 21 * NSEC_PER_MSEC);
	line.flags = KEXEC_TIMELINE_PACKED;
	KUNIT_EXPECT_EQ(test, kexec_timeline_ns(&line, &here, KEXEC_DECOMPRESS), KEXEC_UNKNOWN);
	KUNIT_EXPECT_EQ(test, kexec_timeline_ns(&line, &here, KEXEC_ENTER), KEXEC_UNKNOWN);
}

/* What is not one as this kernel knows them is not looked at. */
static void others_are_not_believed(struct kunit *test)
{
	struct kexec_timeline line = sound;

	KUNIT_EXPECT_TRUE(test, kexec_timeline_valid(&line));
	line.len++;
	KUNIT_EXPECT_FALSE(test, kexec_timeline_valid(&line));
	line = sound;
	line.magic ^= 1;
	KUNIT_EXPECT_FALSE(test, kexec_timeline_valid(&line));
	line = sound;
	line.type = 1;
	KUNIT_EXPECT_FALSE(test, kexec_timeline_valid(&line));
	line = sound;
	line.khz = 0;
	KUNIT_EXPECT_FALSE(test, kexec_timeline_valid(&line));
}

/* ---- what is taken along ---- */

#define OFFSET	(2 * PAGE_SIZE + 3 * KEXEC_TIMELINE_ALIGN)

static struct kexec_subject *build(struct kunit *test, int type, unsigned long mem,
				   unsigned long timeline)
{
	struct kexec_subject *subject = kexec_subject_new(test, type, BY_USER);

	kexec_subject_add(subject, mem, 5, PAGE_SIZE);
	kexec_subject_add(subject, mem + SZ_1M, 3 * PAGE_SIZE, 4 * PAGE_SIZE);
	subject->image->start = mem;
	kimage_carry_timeline(subject->image, timeline);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	return subject;
}

static void expect_readings(struct kunit *test, const struct kexec_timeline *line)
{
	KUNIT_EXPECT_NE(test, line->stamp[KEXEC_STAMP_CALL], 0);
	KUNIT_EXPECT_LE(test, line->stamp[KEXEC_STAMP_CALL], line->stamp[KEXEC_STAMP_QUIET]);
	KUNIT_EXPECT_LE(test, line->stamp[KEXEC_STAMP_QUIET], line->stamp[KEXEC_STAMP_JUMP]);
}

/* The page that goes there, wherever it is now. */
static void *contents_of(struct kimage *image, unsigned int idx, unsigned long nr)
{
	kimage_entry_t *cursor = NULL;
	struct page *page = NULL;
	unsigned long i;

	for (i = 0; i <= nr; i++)
		page = kimage_segment_page(image, idx, i, &cursor);
	return page_address(page);
}

/* So long devices take, at least; the counter's rate is not known to the last digit. */
#define SHUTDOWN_MS	10

/* A reboot image's is where its contents wait to be copied. */
static void a_reboot_image_takes_it_along(struct kunit *test)
{
	unsigned long mem = kexec_test_nowhere();
	struct kexec_subject *subject =
		build(test, KEXEC_TYPE_DEFAULT, mem, mem + SZ_1M + OFFSET);
	const void *timeline = kexec_test_timeline(subject->image);
	const struct kexec_timeline *line;
	u64 since;

	KUNIT_ASSERT_NOT_NULL(test, timeline);
	kexec_timeline_reboot();
	since = ktime_get_ns();
	do
		msleep(SHUTDOWN_MS);
	while (ktime_get_ns() - since < SHUTDOWN_MS * NSEC_PER_MSEC);
	kexec_timeline_quiet();
	kexec_timeline_jump(subject->image);
	line = contents_of(subject->image, 1, 2) + OFFSET % PAGE_SIZE;
	expect_readings(test, line);
	KUNIT_EXPECT_GE_MSG(test,
			    line->stamp[KEXEC_STAMP_QUIET] - line->stamp[KEXEC_STAMP_CALL],
			    SHUTDOWN_MS / 2 * (u64)arch_kexec_counter_khz(),
			    "as long as it took");
	KUNIT_EXPECT_FALSE(test, line->flags & KEXEC_TIMELINE_PACKED);
	kexec_tell_kernel(subject->image, "bzImage", "kexec.direct=0");
	kexec_timeline_jump(subject->image);
	KUNIT_EXPECT_TRUE(test, line->flags & KEXEC_TIMELINE_PACKED);
	kexec_subject_free(subject);
	KUNIT_EXPECT_NULL(test, find_vm_area(timeline));
}

/* A crash image's is where it will run, which nobody may write to otherwise. */
static void a_crash_image_takes_it_along(struct kunit *test)
{
	const struct kexec_timeline *timeline;
	unsigned long mem;
	struct kimage *image;
	u64 call;

	kexec_test_need_region_and_peace(test);
	mem = kexec_region().start + SZ_64M;
	kexec_subject_arm(build(test, KEXEC_TYPE_CRASH, mem, mem + SZ_1M + OFFSET));
	image = kexec_crash_image;
	KUNIT_ASSERT_NOT_NULL(test, kexec_test_timeline(image));
	timeline = phys_to_virt(mem + SZ_1M + OFFSET);
	kexec_timeline_crash();
	kexec_timeline_jump(image);
	KUNIT_EXPECT_EQ_MSG(test, timeline->stamp[KEXEC_STAMP_CALL], 0, "an oops is no panic");
	kexec_timeline_panic();
	kexec_timeline_crash();
	kexec_timeline_jump(image);
	expect_readings(test, timeline);
	call = timeline->stamp[KEXEC_STAMP_CALL];
	kexec_timeline_panic();
	kexec_timeline_crash();
	kexec_timeline_jump(image);
	KUNIT_EXPECT_EQ_MSG(test, timeline->stamp[KEXEC_STAMP_CALL], call,
			    "the first panic counts");
}

/* That of one which takes another's place, too: what was staged is gone by then. */
static void a_staged_image_takes_it_along(struct kunit *test)
{
	const struct kexec_timeline *timeline;
	unsigned long mem;
	u64 before;

	kexec_test_need_region_and_peace(test);
	mem = kexec_region().start + SZ_64M;
	kexec_subject_arm(build(test, KEXEC_TYPE_CRASH, mem, 0));
	kexec_subject_arm(build(test, KEXEC_TYPE_CRASH, mem, mem + SZ_1M + OFFSET));
	timeline = phys_to_virt(mem + SZ_1M + OFFSET);
	before = timeline->stamp[KEXEC_STAMP_JUMP];
	kexec_timeline_crash();
	kexec_timeline_jump(kexec_crash_image);
	KUNIT_EXPECT_NE(test, timeline->stamp[KEXEC_STAMP_JUMP], before);
}

/* Where there is no place for one, none is written. */
static void no_place_no_time_line(struct kunit *test)
{
	unsigned long mem = kexec_test_nowhere();
	unsigned long places[] = {
		0, mem - KEXEC_TIMELINE_ALIGN, mem + PAGE_SIZE, mem + SZ_1M + 4 * PAGE_SIZE - 8,
		mem + SZ_1M + PAGE_SIZE - 8,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		struct kexec_subject *subject = build(test, KEXEC_TYPE_DEFAULT, mem, places[i]);

		KUNIT_EXPECT_NULL_MSG(test, kexec_test_timeline(subject->image), "%d", i);
		kexec_timeline_jump(subject->image);
		kexec_subject_free(subject);
	}
}

static struct kunit_case timeline_cases[] = {
	KUNIT_CASE_PARAM(what_is_known_is_told, line_gen_params),
	KUNIT_CASE(entered_directly_there_is_no_decompressor),
	KUNIT_CASE(others_are_not_believed),
	KUNIT_CASE(a_reboot_image_takes_it_along),
	KUNIT_CASE(a_crash_image_takes_it_along),
	KUNIT_CASE(a_staged_image_takes_it_along),
	KUNIT_CASE(no_place_no_time_line),
	{}
};

static struct kunit_suite timeline_suite = {
	.name = "kexec_timeline",
	.test_cases = timeline_cases,
};

kunit_test_suite(timeline_suite);

MODULE_DESCRIPTION("KUnit tests of the time line from one kernel to the next");
MODULE_LICENSE("GPL");
