// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of who may load, and how often
 *
 * Limits are written and read as user space does it, through the handlers of the
 * sysctls.  They can only be lowered, so they are put back behind their back when a
 * test is over.
 */
#include <kunit/test.h>
#include <linux/capability.h>
#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/kthread.h>
#include <linux/sysctl.h>

#include "../policy.h"
#include "kexec_kunit.h"

/* In the order of the table. */
enum knob { DISABLED, PANIC, REBOOT };

static int *value_of(enum knob knob)
{
	void *data = kexec_policy_sysctls[knob].data;

	return knob == DISABLED ? data : &((struct kexec_load_limit *)data)->calls_left;
}

struct saved {
	int value[REBOOT + 1];
};

static void restore(void *data)
{
	const struct saved *saved = data;
	int knob;

	for (knob = DISABLED; knob <= REBOOT; knob++)
		*value_of(knob) = saved->value[knob];
}

/* Each test begins with everything allowed. */
static int allow_everything(struct kunit *test)
{
	struct saved *saved = kunit_kzalloc(test, sizeof(*saved), GFP_KERNEL);
	int knob;

	KUNIT_ASSERT_NOT_NULL(test, saved);
	for (knob = DISABLED; knob <= REBOOT; knob++) {
		saved->value[knob] = *value_of(knob);
		*value_of(knob) = knob == DISABLED ? 0 : -1;
	}
	return kunit_add_action_or_reset(test, restore, saved);
}

static int write_knob(enum knob knob, const char *text)
{
	const struct ctl_table *table = &kexec_policy_sysctls[knob];
	size_t len = strlen(text);
	char buf[32];
	loff_t pos = 0;

	strscpy(buf, text);
	return table->proc_handler(table, 1, buf, &len, &pos);
}

static const char *read_knob(struct kunit *test, enum knob knob)
{
	const struct ctl_table *table = &kexec_policy_sysctls[knob];
	char *buf = kunit_kzalloc(test, 32, GFP_KERNEL);
	size_t len = 31;
	loff_t pos = 0;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_EXPECT_EQ(test, table->proc_handler(table, 0, buf, &len, &pos), 0);
	return strim(buf);
}

/* The names are ABI. */
static void the_sysctls_have_their_names(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, kexec_policy_sysctls[DISABLED].procname, "kexec_load_disabled");
	KUNIT_EXPECT_STREQ(test, kexec_policy_sysctls[PANIC].procname, "kexec_load_limit_panic");
	KUNIT_EXPECT_STREQ(test, kexec_policy_sysctls[REBOOT].procname, "kexec_load_limit_reboot");
	KUNIT_EXPECT_STREQ(test, read_knob(test, DISABLED), "0");
	KUNIT_EXPECT_STREQ(test, read_knob(test, PANIC), "-1");
	KUNIT_EXPECT_STREQ(test, read_knob(test, REBOOT), "-1");
}

/* With nothing set, any number of calls. */
static void without_limits_all_calls_are_permitted(struct kunit *test)
{
	int i;

	for (i = 0; i < 100; i++) {
		KUNIT_EXPECT_TRUE(test, kexec_load_permitted(KEXEC_TYPE_CRASH));
		KUNIT_EXPECT_TRUE(test, kexec_load_permitted(KEXEC_TYPE_DEFAULT));
	}
	KUNIT_EXPECT_STREQ(test, read_knob(test, PANIC), "-1");
}

struct quota {
	const char *name;
	enum knob knob;
	int type, other;
	const char *why;
};

static const struct quota quotas[] = {
	{ "panic", PANIC, KEXEC_TYPE_CRASH, KEXEC_TYPE_DEFAULT,
	  "load: kernel.kexec_load_limit_panic is used up; refused calls and unloads count too" },
	{ "reboot", REBOOT, KEXEC_TYPE_DEFAULT, KEXEC_TYPE_CRASH,
	  "load: kernel.kexec_load_limit_reboot is used up; refused calls and unloads count too" },
};

KUNIT_ARRAY_PARAM_DESC(quota, quotas, name);

/* So many calls of its type and no more, whatever is done with the other type. */
static void a_quota_is_used_up(struct kunit *test)
{
	const struct quota *quota = test->param_value;
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	int i;

	KUNIT_ASSERT_EQ(test, write_knob(quota->knob, "3\n"), 0);
	for (i = 3; i; i--) {
		KUNIT_EXPECT_EQ(test, *value_of(quota->knob), i);
		KUNIT_EXPECT_TRUE(test, kexec_load_permitted(quota->type));
	}
	KUNIT_EXPECT_STREQ(test, read_knob(test, quota->knob), "0");
	KUNIT_EXPECT_FALSE(test, kexec_load_permitted(quota->type));
	KUNIT_EXPECT_FALSE(test, kexec_load_permitted(quota->type));
	KUNIT_EXPECT_EQ(test, last->count, 2);
	KUNIT_EXPECT_EQ(test, last->err, -EPERM);
	KUNIT_EXPECT_STREQ(test, last->why, quota->why);
	KUNIT_EXPECT_TRUE(test, kexec_load_permitted(quota->other));
	KUNIT_EXPECT_EQ(test, last->count, 2);
}

/* A limit goes down and never up; what is no number changes nothing. */
static void a_limit_only_goes_down(struct kunit *test)
{
	static const struct {
		const char *text;
		int ret, left;
	} steps[] = {
		{ "-1\n", -EINVAL, -1 }, { "-2\n", -EINVAL, -1 }, { "many\n", -EINVAL, -1 },
		{ "5\n", 0, 5 }, { "6\n", -EINVAL, 5 }, { "5\n", -EINVAL, 5 },
		{ "-1\n", -EINVAL, 5 }, { "4\n", 0, 4 }, { "many\n", -EINVAL, 4 },
		{ "0\n", 0, 0 }, { "0\n", -EINVAL, 0 }, { "1\n", -EINVAL, 0 },
		{ "-1\n", -EINVAL, 0 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		KUNIT_EXPECT_EQ_MSG(test, write_knob(PANIC, steps[i].text), steps[i].ret,
				    "step %d", i);
		KUNIT_EXPECT_EQ_MSG(test, *value_of(PANIC), steps[i].left, "step %d", i);
	}
	KUNIT_EXPECT_EQ(test, *value_of(REBOOT), -1);
}

/* Loading is given up for good, and calls are refused without using up a quota. */
static void disabled_is_for_good(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);

	KUNIT_EXPECT_EQ(test, write_knob(DISABLED, "0\n"), -EINVAL);
	KUNIT_EXPECT_EQ(test, write_knob(DISABLED, "2\n"), -EINVAL);
	KUNIT_EXPECT_TRUE(test, kexec_load_permitted(KEXEC_TYPE_CRASH));
	KUNIT_ASSERT_EQ(test, write_knob(PANIC, "2\n"), 0);
	KUNIT_ASSERT_EQ(test, write_knob(DISABLED, "1\n"), 0);
	KUNIT_EXPECT_EQ(test, write_knob(DISABLED, "0\n"), -EINVAL);
	KUNIT_EXPECT_FALSE(test, kexec_load_permitted(KEXEC_TYPE_CRASH));
	KUNIT_EXPECT_FALSE(test, kexec_load_permitted(KEXEC_TYPE_DEFAULT));
	KUNIT_EXPECT_STREQ(test, last->why, "load: kernel.kexec_load_disabled is set");
	KUNIT_EXPECT_EQ(test, *value_of(PANIC), 2);
}

/* Who lacks the capability is refused first, and cannot use up what others may. */
static void who_is_not_capable_may_not_load(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct cred *cred = prepare_creds();
	bool crash, reboot;

	KUNIT_ASSERT_NOT_NULL(test, cred);
	KUNIT_EXPECT_EQ(test, write_knob(PANIC, "2\n"), 0);
	KUNIT_EXPECT_EQ(test, write_knob(REBOOT, "0\n"), 0);
	KUNIT_EXPECT_EQ(test, write_knob(DISABLED, "1\n"), 0);
	cap_lower(cred->cap_effective, CAP_SYS_BOOT);
	scoped_with_creds(cred) {
		crash = kexec_load_permitted(KEXEC_TYPE_CRASH);
		reboot = kexec_load_permitted(KEXEC_TYPE_DEFAULT);
	}
	put_cred(cred);
	KUNIT_EXPECT_FALSE(test, crash);
	KUNIT_EXPECT_FALSE(test, reboot);
	KUNIT_EXPECT_STREQ(test, last->why, "load: CAP_SYS_BOOT is needed");
	KUNIT_EXPECT_EQ(test, *value_of(PANIC), 2);
}

#define CALLS	3000

struct rush {
	atomic_t permitted;
	struct completion done;
};

static int rush_thread(void *data)
{
	struct rush *rush = data;
	int i;

	for (i = 0; i < CALLS; i++) {
		/* While there is quota left, lest the log is flooded. */
		if (data_race(*value_of(PANIC)) && kexec_load_permitted(KEXEC_TYPE_CRASH))
			atomic_inc(&rush->permitted);
		if (!(i % 100))
			cond_resched();
	}
	complete(&rush->done);
	return 0;
}

/* Of calls that rush in together just so many get through. */
static void a_quota_holds_in_a_rush(struct kunit *test)
{
	struct rush *rush = kunit_kzalloc(test, sizeof(*rush), GFP_KERNEL);
	const int threads = 4;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, rush);
	init_completion(&rush->done);
	*value_of(PANIC) = 2 * CALLS;
	for (i = 0; i < threads; i++)
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(rush_thread, rush, "kexec_rush/%d",
							    i)));
	for (i = 0; i < threads; i++)
		wait_for_completion(&rush->done);
	KUNIT_EXPECT_EQ(test, atomic_read(&rush->permitted), 2 * CALLS);
	KUNIT_EXPECT_EQ(test, *value_of(PANIC), 0);
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE(the_sysctls_have_their_names),
	KUNIT_CASE(without_limits_all_calls_are_permitted),
	KUNIT_CASE_PARAM(a_quota_is_used_up, quota_gen_params),
	KUNIT_CASE(a_limit_only_goes_down),
	KUNIT_CASE(disabled_is_for_good),
	KUNIT_CASE(who_is_not_capable_may_not_load),
	KUNIT_CASE(a_quota_holds_in_a_rush),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "kexec_policy",
	.init = allow_everything,
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);

MODULE_DESCRIPTION("KUnit tests of who may load kexec images");
MODULE_LICENSE("GPL");
