// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of the mark that an attempt at a reboot leaves
 *
 * Firmware is played by a few bytes here, which may also refuse to be written.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/crc32.h>
#include <linux/string.h>

#include "../attempt.h"
#include "../image.h"

#define WHEN	1795806131	/* 2026-11-27 */

/* ---- what is a mark ---- */

static void what_is_filled_in_is_valid(struct kunit *test)
{
	struct kexec_attempt attempt;

	kexec_attempt_fill(&attempt, "7.3.4-rig", WHEN, KEXEC_REACHED_QUIET);
	KUNIT_EXPECT_TRUE(test, kexec_attempt_valid(&attempt, sizeof(attempt)));
	KUNIT_EXPECT_STREQ(test, attempt.into, "7.3.4-rig");
	KUNIT_EXPECT_EQ(test, attempt.when, WHEN);
	KUNIT_EXPECT_EQ(test, attempt.reached, KEXEC_REACHED_QUIET);
}

/* Whatever bit of it is another. */
static void what_is_damaged_is_not(struct kunit *test)
{
	struct kexec_attempt attempt;
	unsigned long bit;

	kexec_attempt_fill(&attempt, "7.3.4", WHEN, KEXEC_REACHED_CALL);
	for (bit = 0; bit < sizeof(attempt) * BITS_PER_BYTE; bit++) {
		u8 *byte = (u8 *)&attempt + bit / BITS_PER_BYTE;

		*byte ^= BIT(bit % BITS_PER_BYTE);
		KUNIT_EXPECT_FALSE_MSG(test, kexec_attempt_valid(&attempt, sizeof(attempt)),
				       "bit %lu", bit);
		*byte ^= BIT(bit % BITS_PER_BYTE);
	}
	KUNIT_EXPECT_TRUE(test, kexec_attempt_valid(&attempt, sizeof(attempt)));
}

static void what_has_another_size_is_not(struct kunit *test)
{
	struct kexec_attempt attempt;

	kexec_attempt_fill(&attempt, "7.3.4", WHEN, KEXEC_REACHED_CALL);
	KUNIT_EXPECT_FALSE(test, kexec_attempt_valid(&attempt, 0));
	KUNIT_EXPECT_FALSE(test, kexec_attempt_valid(&attempt, sizeof(attempt) - 1));
	KUNIT_EXPECT_FALSE(test, kexec_attempt_valid(&attempt, sizeof(attempt) + 1));
}

/* The sum over what follows it, as whoever forges a mark would make it. */
static void forge_sum(struct kexec_attempt *attempt)
{
	attempt->crc = crc32_le(~0, (const void *)&attempt->when,
				sizeof(*attempt) - offsetof(struct kexec_attempt, when));
}

/* A sum that is right makes no words out of what would garble the log. */
static void what_is_forged_is_not(struct kunit *test)
{
	struct kexec_attempt attempt;

	kexec_attempt_fill(&attempt, "7.3.4", WHEN, KEXEC_REACHED_CALL);
	forge_sum(&attempt);
	KUNIT_EXPECT_TRUE(test, kexec_attempt_valid(&attempt, sizeof(attempt)));
	attempt.into[1] = '\n';
	forge_sum(&attempt);
	KUNIT_EXPECT_FALSE(test, kexec_attempt_valid(&attempt, sizeof(attempt)));
	attempt.into[1] = '\xe9';
	forge_sum(&attempt);
	KUNIT_EXPECT_FALSE(test, kexec_attempt_valid(&attempt, sizeof(attempt)));
	memset(attempt.into, 'x', sizeof(attempt.into));
	forge_sum(&attempt);
	KUNIT_EXPECT_FALSE(test, kexec_attempt_valid(&attempt, sizeof(attempt)));
	strscpy(attempt.into, "7.3.4");
	attempt.reached = KEXEC_REACHED_MAX;
	forge_sum(&attempt);
	KUNIT_EXPECT_FALSE(test, kexec_attempt_valid(&attempt, sizeof(attempt)));
}

static void what_cannot_be_printed_is_replaced(struct kunit *test)
{
	char into[2 * sizeof_field(struct kexec_attempt, into)];
	struct kexec_attempt attempt;

	kexec_attempt_fill(&attempt, "a\nb\xe9" "c", WHEN, KEXEC_REACHED_CALL);
	KUNIT_EXPECT_STREQ(test, attempt.into, "a?b?c");
	memset(into, 'y', sizeof(into) - 1);
	into[sizeof(into) - 1] = '\0';
	kexec_attempt_fill(&attempt, into, WHEN, KEXEC_REACHED_CALL);
	KUNIT_EXPECT_TRUE(test, kexec_attempt_valid(&attempt, sizeof(attempt)));
	KUNIT_EXPECT_EQ(test, strlen(attempt.into), sizeof(attempt.into) - 1);
}

/* ---- what firmware keeps ---- */

/**
 * struct store - a variable
 * @attempt:  its bytes
 * @size:     how many, 0 when it is not there
 * @err:      what writing says
 * @writes:   how often that was tried
 * @blocking: how often of these it would have waited
 */
struct store {
	struct kexec_attempt attempt;
	size_t size;
	int err;
	int writes;
	int blocking;
};

static size_t store_read(struct kexec_attempt *attempt)
{
	struct store *store = kunit_get_current_test()->priv;

	*attempt = store->attempt;
	return store->size;
}

static int store_write(const struct kexec_attempt *attempt, size_t size, bool nonblocking)
{
	struct store *store = kunit_get_current_test()->priv;

	store->writes++;
	store->blocking += !nonblocking;
	if (store->err)
		return store->err;
	store->size = size;
	if (size)
		store->attempt = *attempt;
	return 0;
}

static void mark_no_more(void *unused)
{
	kexec_mark_attempts = false;
}

static struct store *use_store(struct kunit *test, bool mark)
{
	struct store *store = kunit_kzalloc(test, sizeof(*store), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, store);
	test->priv = store;
	kunit_activate_static_stub(test, kexec_attempt_read, store_read);
	kunit_activate_static_stub(test, kexec_attempt_write, store_write);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, mark_no_more, NULL), 0);
	kexec_mark_attempts = mark;
	return store;
}

static struct kimage *image_of(struct kunit *test, const char *release, const char *kind)
{
	struct kimage_core *core = kunit_kzalloc(test, sizeof(*core), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, core);
	strscpy(core->origin.release, release);
	core->origin.kind = kind;
	return &core->image;
}

/* ---- the way down ---- */

static void an_attempt_leaves_its_mark(struct kunit *test)
{
	struct store *store = use_store(test, true);

	kexec_attempt_begin(image_of(test, "7.3.4", "bzImage"));
	KUNIT_ASSERT_TRUE(test, kexec_attempt_valid(&store->attempt, store->size));
	KUNIT_EXPECT_STREQ(test, store->attempt.into, "7.3.4");
	KUNIT_EXPECT_EQ(test, store->attempt.reached, KEXEC_REACHED_CALL);
	KUNIT_EXPECT_EQ(test, store->blocking, 1);
	kexec_attempt_quiet();
	KUNIT_EXPECT_TRUE(test, kexec_attempt_valid(&store->attempt, store->size));
	KUNIT_EXPECT_EQ(test, store->attempt.reached, KEXEC_REACHED_QUIET);
	KUNIT_EXPECT_EQ(test, store->writes, 2);
	KUNIT_EXPECT_EQ_MSG(test, store->blocking, 1, "nobody is waited for");
}

static void what_has_no_release_has_a_kind(struct kunit *test)
{
	struct store *store = use_store(test, true);

	kexec_attempt_begin(image_of(test, "", "vmlinux"));
	KUNIT_EXPECT_STREQ(test, store->attempt.into, "vmlinux");
	kexec_attempt_begin(image_of(test, "", NULL));
	KUNIT_EXPECT_STREQ(test, store->attempt.into, "an image of kexec_load");
}

static void nobody_has_asked_for_one(struct kunit *test)
{
	struct store *store = use_store(test, false);

	kexec_attempt_begin(image_of(test, "7.3.4", "bzImage"));
	kexec_attempt_quiet();
	KUNIT_EXPECT_EQ(test, store->writes, 0);
}

/* Firmware that refuses once is not asked again, nor for what was another attempt's. */
static void firmware_refuses(struct kunit *test)
{
	struct store *store = use_store(test, true);

	kexec_attempt_begin(image_of(test, "7.3.4", "bzImage"));
	store->err = -EIO;
	kexec_attempt_begin(image_of(test, "7.3.5", "bzImage"));
	kexec_attempt_quiet();
	KUNIT_EXPECT_EQ(test, store->writes, 2);
	KUNIT_EXPECT_STREQ(test, store->attempt.into, "7.3.4");
}

/* ---- the next boot ---- */

static void firmwares_kernel_tells_it_once(struct kunit *test)
{
	struct store *store = use_store(test, true);

	KUNIT_EXPECT_FALSE(test, kexec_attempt_look(false));
	KUNIT_EXPECT_EQ(test, store->writes, 0);
	kexec_attempt_begin(image_of(test, "7.3.4", "bzImage"));
	KUNIT_EXPECT_TRUE(test, kexec_attempt_look(false));
	KUNIT_EXPECT_EQ(test, store->size, 0);
	KUNIT_EXPECT_FALSE(test, kexec_attempt_look(false));
}

static void whoever_arrives_removes_it(struct kunit *test)
{
	struct store *store = use_store(test, true);

	KUNIT_EXPECT_FALSE(test, kexec_attempt_look(true));
	KUNIT_EXPECT_EQ_MSG(test, store->writes, 0, "there is nothing to remove");
	kexec_attempt_begin(image_of(test, "7.3.4", "bzImage"));
	KUNIT_EXPECT_FALSE(test, kexec_attempt_look(true));
	KUNIT_EXPECT_EQ(test, store->size, 0);
	/* Even one of a later version, which this one cannot read. */
	store->size = sizeof(store->attempt) + 8;
	KUNIT_EXPECT_FALSE(test, kexec_attempt_look(true));
	KUNIT_EXPECT_EQ(test, store->size, 0);
}

static void what_is_no_mark_is_left_alone(struct kunit *test)
{
	struct store *store = use_store(test, true);

	kexec_attempt_begin(image_of(test, "7.3.4", "bzImage"));
	store->attempt.into[0]++;
	KUNIT_EXPECT_FALSE(test, kexec_attempt_look(false));
	KUNIT_EXPECT_EQ(test, store->writes, 1);
	KUNIT_EXPECT_EQ(test, store->size, sizeof(store->attempt));
}

static struct kunit_case attempt_cases[] = {
	KUNIT_CASE(what_is_filled_in_is_valid),
	KUNIT_CASE(what_is_damaged_is_not),
	KUNIT_CASE(what_has_another_size_is_not),
	KUNIT_CASE(what_is_forged_is_not),
	KUNIT_CASE(what_cannot_be_printed_is_replaced),
	KUNIT_CASE(an_attempt_leaves_its_mark),
	KUNIT_CASE(what_has_no_release_has_a_kind),
	KUNIT_CASE(nobody_has_asked_for_one),
	KUNIT_CASE(firmware_refuses),
	KUNIT_CASE(firmwares_kernel_tells_it_once),
	KUNIT_CASE(whoever_arrives_removes_it),
	KUNIT_CASE(what_is_no_mark_is_left_alone),
	{}
};

static struct kunit_suite attempt_suite = {
	.name = "kexec_attempt",
	.test_cases = attempt_cases,
};

kunit_test_suite(attempt_suite);

MODULE_DESCRIPTION("KUnit tests of the mark that an attempt at a reboot leaves");
MODULE_LICENSE("GPL");
