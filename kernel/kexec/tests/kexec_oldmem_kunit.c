// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of the copy of old memory
 *
 * A page that is not mapped takes the place of one that raises a machine check: the
 * copy is left in the same way, by another exception.
 */
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/kexec_poison.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uio.h>

#include <asm/cpufeature.h>
#include <asm/set_memory.h>

#include "kexec_kunit.h"

#define OLD	0xa5
#define BEFORE	0x5a

/* One page can be read, the one behind it cannot. */
struct memory {
	u8 *old;
	u8 *buf;
};

static void map_again(void *old)
{
	set_memory_p((unsigned long)old + PAGE_SIZE, 1);
	free_pages((unsigned long)old, 1);
}

static int make_memory(struct kunit *test)
{
	struct memory *memory = kunit_kzalloc(test, sizeof(*memory), GFP_KERNEL);

	if (!boot_cpu_has(X86_FEATURE_ERMS))
		kunit_skip(test, "this CPU has no copy that survives");
	KUNIT_ASSERT_NOT_NULL(test, memory);
	memory->buf = kunit_kzalloc(test, 2 * PAGE_SIZE, GFP_KERNEL);
	memory->old = (u8 *)__get_free_pages(GFP_KERNEL, 1);
	KUNIT_ASSERT_NOT_NULL(test, memory->buf);
	KUNIT_ASSERT_NOT_NULL(test, memory->old);
	memset(memory->buf, BEFORE, 2 * PAGE_SIZE);
	memset(memory->old, OLD, 2 * PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, set_memory_np((unsigned long)memory->old + PAGE_SIZE, 1), 0);
	test->priv = memory;
	return kunit_add_action_or_reset(test, map_again, memory->old);
}

static size_t copy(struct memory *memory, size_t offset, size_t len, size_t room)
{
	struct kvec kvec = { .iov_base = memory->buf, .iov_len = room };
	struct iov_iter iter;

	iov_iter_kvec(&iter, ITER_DEST, &kvec, 1, room);
	return kexec_copy_oldmem(&iter, memory->old + offset, len, 0);
}

/* What can be read is copied, what follows is zeros, and nothing is touched behind it. */
static void what_cannot_be_read_is_zeros(struct kunit *test)
{
	static const size_t readable[] = { 0, 1, 7, 64, 100, 4095, 4096 };
	struct kmsg_dump_iter *log = kexec_test_end_of_log(test);
	struct memory *memory = test->priv;
	size_t bad = 300;
	int i;

	copy(memory, 0, PAGE_SIZE, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, "zeros in its place"), 0);

	for (i = 0; i < ARRAY_SIZE(readable); i++) {
		size_t n = readable[i];

		memset(memory->buf, BEFORE, 2 * PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, copy(memory, PAGE_SIZE - n, n + bad, 2 * PAGE_SIZE), n + bad);
		KUNIT_EXPECT_NULL(test, memchr_inv(memory->buf, OLD, n));
		KUNIT_EXPECT_NULL(test, memchr_inv(memory->buf + n, 0, bad));
		KUNIT_EXPECT_NULL(test, memchr_inv(memory->buf + n + bad, BEFORE,
						   2 * PAGE_SIZE - n - bad));
	}
	KUNIT_EXPECT_GT(test, kexec_test_lines_with(log, "zeros in its place"), 0);
}

/* Where all can be read, no more is copied than there is room for. */
static void the_room_is_kept_to(struct kunit *test)
{
	struct memory *memory = test->priv;

	KUNIT_EXPECT_EQ(test, copy(memory, 0, PAGE_SIZE, PAGE_SIZE), PAGE_SIZE);
	KUNIT_EXPECT_NULL(test, memchr_inv(memory->buf, OLD, PAGE_SIZE));
	memset(memory->buf, BEFORE, 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, copy(memory, 0, PAGE_SIZE, 50), 50);
	KUNIT_EXPECT_EQ(test, copy(memory, PAGE_SIZE - 20, 100, 50), 50);
	KUNIT_EXPECT_NULL(test, memchr_inv(memory->buf, OLD, 20));
	KUNIT_EXPECT_NULL(test, memchr_inv(memory->buf + 20, 0, 30));
	KUNIT_EXPECT_EQ(test, memory->buf[50], BEFORE);
}

/* A reader whose buffer is not there is told so, and gets no zeros. */
static void a_reader_that_faults_gets_nothing(struct kunit *test)
{
	struct memory *memory = test->priv;
	struct iov_iter iter;

	iov_iter_ubuf(&iter, ITER_DEST, (void __user *)PAGE_SIZE, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, kexec_copy_oldmem(&iter, memory->old, PAGE_SIZE, 0), 0);
}

static struct kunit_case oldmem_cases[] = {
	KUNIT_CASE(what_cannot_be_read_is_zeros),
	KUNIT_CASE(the_room_is_kept_to),
	KUNIT_CASE(a_reader_that_faults_gets_nothing),
	{}
};

static struct kunit_suite oldmem_suite = {
	.name = "kexec_oldmem",
	.init = make_memory,
	.test_cases = oldmem_cases,
};

kunit_test_suite(oldmem_suite);

MODULE_DESCRIPTION("KUnit tests of the copy of old memory");
MODULE_LICENSE("GPL");
