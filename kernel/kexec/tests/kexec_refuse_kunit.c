// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of refusals
 *
 * What of the segments this machine takes, and the words in which it refuses others;
 * how often a refusal is said, and whose; and which loader knows a file.
 */
#include <kunit/test.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/kmsg_dump.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "kexec_kunit.h"

/* ---- on this machine ---- */

static int check_one(struct kexec_subject *subject, unsigned long mem, size_t memsz)
{
	kexec_test_hush(subject->image, false);
	subject->image->nr_segments = 1;
	subject->image->segment[0] = (struct kexec_segment) { .mem = mem, .memsz = memsz };
	return sanity_check_segment_list(subject->image);
}

/* The limits are those of this machine: what it can reach, and half of its memory. */
static void limits_of_this_machine(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_USER);
	unsigned long limit = KEXEC_DESTINATION_MEMORY_LIMIT;
	unsigned long half = totalram_pages() / 2;

	KUNIT_EXPECT_EQ(test, check_one(subject, ALIGN_DOWN(limit - 1, PAGE_SIZE) - PAGE_SIZE,
					PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, check_one(subject, ALIGN(limit, PAGE_SIZE) - PAGE_SIZE, PAGE_SIZE),
			-EADDRNOTAVAIL);
	KUNIT_EXPECT_EQ(test, check_one(subject, BYTES(1), half << PAGE_SHIFT), 0);
	KUNIT_EXPECT_EQ(test, check_one(subject, BYTES(1), (half + 1) << PAGE_SHIFT), -EINVAL);
}

/* How much it should be is said next to how much it may be. */
static void sizes_of_this_machine_in_words(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_USER);
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	unsigned long half = totalram_pages() / 2;
	char text[96];

	snprintf(text, sizeof(text), ": %lu MiB, larger than half of memory, %lu MiB",
		 DIV_ROUND_UP(half + 1, SZ_1M / PAGE_SIZE), half / (SZ_1M / PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, check_one(subject, BYTES(1), BYTES(half + 1)), -EINVAL);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, text), "%s", last->why);

	kexec_test_hush(subject->image, false);
	subject->image->nr_segments = 2;
	subject->image->segment[0].memsz = BYTES(half - 1);
	subject->image->segment[1] = (struct kexec_segment) {
		.mem = BYTES(half), .memsz = BYTES(2),
	};
	KUNIT_EXPECT_EQ(test, sanity_check_segment_list(subject->image), -EINVAL);
	KUNIT_EXPECT_EQ(test, strncmp(last->why, "all segments together: ", 23), 0);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, text), "%s", last->why);
}

/* A crash image has to lie in the region that is reserved, a reboot image need not. */
static void crash_images_lie_in_the_region(struct kunit *test)
{
	struct kexec_subject *crash = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);
	struct kexec_subject *reboot = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_USER);
	struct kexec_range region;

	kexec_test_need_region(test);
	region = kexec_region();
	KUNIT_EXPECT_EQ(test, check_one(crash, region.start, SZ_1M), 0);
	KUNIT_EXPECT_EQ(test, check_one(crash, region.end - SZ_1M, SZ_1M), 0);
	KUNIT_EXPECT_EQ(test, check_one(crash, region.start - PAGE_SIZE, SZ_1M), -EADDRNOTAVAIL);
	KUNIT_EXPECT_EQ(test, check_one(crash, region.end - SZ_1M, SZ_1M + PAGE_SIZE),
			-EADDRNOTAVAIL);
	KUNIT_EXPECT_EQ(test, check_one(reboot, region.start - PAGE_SIZE, SZ_1M), 0);
}

/* ---- refusals ---- */

/* A refusal is one line of the log, says which image, and hands its errno back. */
static void a_refusal_is_one_line(struct kunit *test)
{
	struct kexec_subject *crash = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);
	struct kexec_subject *reboot = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_USER);
	struct kmsg_dump_iter *log = kexec_test_end_of_log(test);

	KUNIT_EXPECT_EQ(test, kexec_refuse(crash->image, -EINVAL, "first %d", 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, "refused: crash image: first 1 ("), 1);
	KUNIT_EXPECT_EQ(test, kexec_refuse(reboot->image, -EBUSY, "second"), -EBUSY);
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, "refused: reboot image: second ("), 1);
	KUNIT_EXPECT_EQ(test, kexec_refuse(NULL, -EPERM, "third"), -EPERM);
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, "kexec: refused: third ("), 1);
}

/* Of one load only the first reason is logged and traced, the one closest to the cause. */
static void the_first_reason_counts(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct kmsg_dump_iter *log = kexec_test_end_of_log(test);

	KUNIT_EXPECT_EQ(test, kexec_refuse(subject->image, -ENOMEM, "the cause"), -ENOMEM);
	KUNIT_EXPECT_EQ(test, kexec_refuse(subject->image, -EINTR, "what came of it"), -EINTR);
	KUNIT_EXPECT_EQ(test, last->count, 1);
	KUNIT_EXPECT_EQ(test, last->type, KEXEC_TYPE_CRASH);
	KUNIT_EXPECT_EQ(test, last->err, -ENOMEM);
	KUNIT_EXPECT_STREQ(test, last->why, "the cause");
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, "kexec: refused:"), 1);

	kexec_refuse(NULL, -EPERM, "no image");
	kexec_refuse(NULL, -EPERM, "nor here");
	KUNIT_EXPECT_EQ(test, last->count, 3);
	KUNIT_EXPECT_EQ(test, last->type, -1);
}

/* What sanity_check_segment_list() finds is said in the words for it. */
static void a_flaw_is_refused_in_its_words(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_USER);
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);

	KUNIT_EXPECT_EQ(test, check_one(subject, 0x1800, 0x1000), -EADDRNOTAVAIL);
	KUNIT_EXPECT_EQ(test, last->count, 1);
	KUNIT_EXPECT_EQ(test, last->err, -EADDRNOTAVAIL);
	KUNIT_EXPECT_STREQ(test, last->why,
			   "segment 0 at 0x1800, 0x1000 bytes: not made of whole pages");
}

static void who_may_not_load_cannot_flood_the_log(struct kunit *test)
{
	struct kmsg_dump_iter *log = kexec_test_end_of_log(test);
	struct cred *cred = prepare_creds();
	int i;

	KUNIT_ASSERT_NOT_NULL(test, cred);
	cap_lower(cred->cap_effective, CAP_SYS_BOOT);
	scoped_with_creds(cred)
		for (i = 0; i < 20; i++)
			kexec_refuse(NULL, -EPERM, "incapable");
	put_cred(cred);
	KUNIT_EXPECT_LE(test, kexec_test_lines_with(log, "refused: incapable"), 3);

	for (i = 0; i < 20; i++)
		kexec_refuse(NULL, -EPERM, "capable");
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, "refused: capable"), 20);
}

/* ---- loaders ---- */

/* What each loader asked says of the file: its bytes, in order. */
static const s8 *next_answer;

static int answer(const char *buf, unsigned long len)
{
	return *next_answer++;
}

static const struct kexec_file_ops one = { .probe = answer }, two = { .probe = answer };
static const struct kexec_file_ops * const none_of_them[] = { NULL };
static const struct kexec_file_ops * const both_of_them[] = { &one, &two, NULL };

static const struct loader_case {
	const char *name;
	const struct kexec_file_ops * const *loaders;
	s8 answers[2];
	int ret;
	const struct kexec_file_ops *found;
} loader_cases[] = {
	{ "there is no loader", none_of_them, {}, -ENOEXEC },
	{ "the first knows it", both_of_them, { 0, -ENOEXEC }, 0, &one },
	{ "the second knows it", both_of_them, { -ENOEXEC, 0 }, 0, &two },
	{ "nobody knows it", both_of_them, { -ENOEXEC, -ENOEXEC }, -ENOEXEC },
	{ "the last says EINVAL", both_of_them, { -ENOEXEC, -EINVAL }, -ENOEXEC },
	{ "the first says EINVAL", both_of_them, { -EINVAL, -ENOEXEC }, -ENOEXEC },
	{ "EINVAL and known", both_of_them, { -EINVAL, 0 }, 0, &two },
	{ "no memory to look, then nobody", both_of_them, { -ENOMEM, -ENOEXEC }, -ENOMEM },
	{ "no memory to look, then known", both_of_them, { -ENOMEM, 0 }, 0, &two },
};

KUNIT_ARRAY_PARAM_DESC(loader, loader_cases, name);

/* A file that no loader knows is ENOEXEC, whatever errno a loader has for it. */
static void loaders_are_found(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER);
	const struct loader_case *c = test->param_value;

	next_answer = c->answers;
	KUNIT_EXPECT_EQ(test, kexec_find_loader(c->loaders, subject->image, "text", 4), c->ret);
	KUNIT_EXPECT_PTR_EQ(test, subject->image->fops, c->found);
}

static struct kunit_case refuse_cases[] = {
	KUNIT_CASE(limits_of_this_machine),
	KUNIT_CASE(sizes_of_this_machine_in_words),
	KUNIT_CASE(crash_images_lie_in_the_region),
	KUNIT_CASE(a_refusal_is_one_line),
	KUNIT_CASE(the_first_reason_counts),
	KUNIT_CASE(a_flaw_is_refused_in_its_words),
	KUNIT_CASE(who_may_not_load_cannot_flood_the_log),
	KUNIT_CASE_PARAM(loaders_are_found, loader_gen_params),
	{}
};

static struct kunit_suite refuse_suite = {
	.name = "kexec_refuse",
	.test_cases = refuse_cases,
};

kunit_test_suite(refuse_suite);

MODULE_DESCRIPTION("KUnit tests of kexec's refusals");
MODULE_LICENSE("GPL");
