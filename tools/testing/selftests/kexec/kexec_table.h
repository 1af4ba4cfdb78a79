/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of a system call: each row is a call that is good but for a change,
 * and says what the kernel answers.  What is loaded afterwards follows from that:
 * the new image where the answer is 0, and otherwise what was loaded before.
 *
 * Who includes this defines what it declares, and then adds rows:
 *
 *	FIXTURE_VARIANT_ADD(accepted, NAME) { change };
 *	FIXTURE_VARIANT_ADD(refused, NAME) { change, errno };
 *	FIXTURE_VARIANT_ADD(priority, NAME) { change, another, errno, kind };
 *	FIXTURE_VARIANT_ADD(flag, NAME) { flag, major, minor };
 */
#ifndef KEXEC_TABLE_H
#define KEXEC_TABLE_H

#include "kexec_test.h"
#include "kexec_harness.h"

struct call;
typedef void (*change_fn)(struct call *call);

/* A good call with up to two changes. */
static long call_with(change_fn change, change_fn another, enum kind kind);
/* One that has a flag. */
static long load_with_flag(enum kind kind, unsigned long flag);
/* A change that makes it a good call for an image of another shape. */
static void another_image(struct call *call);
/* A session for such calls, or a reason to skip. */
static const char *begin_calls(struct session *session, enum kind kind);
/* Something of the same kind, loaded before and unloaded after. */
static long load_before(enum kind kind);
static long unload_after(enum kind kind);

/* Begins the test's session, or skips the test. */
static bool begins(struct __test_metadata *_metadata, struct session *session, enum kind kind)
{
	const char *why = begin_calls(session, kind);

	if (why)
		SKIP(return false, "%s", why);
	return true;
}

/* ---- what is accepted ---- */

FIXTURE(accepted)
{
	struct session session;
};

FIXTURE_VARIANT(accepted)
{
	change_fn change;
};

FIXTURE_SETUP(accepted)
{
}

FIXTURE_TEARDOWN_PARENT(accepted)
{
	end(&self->session);
}

static void comes_and_goes(struct __test_metadata *_metadata, change_fn change, enum kind kind)
{
	EXPECT_EQ(0, call_with(change, NULL, kind));
	EXPECT_TRUE(is_loaded(kind));
	EXPECT_FALSE(is_loaded(!kind));
	EXPECT_EQ(0, unload_after(kind));
	EXPECT_FALSE(is_loaded(kind));
}

TEST_F(accepted, reboot)
{
	if (!begins(_metadata, &self->session, REBOOT))
		return;
	comes_and_goes(_metadata, variant->change, REBOOT);
}

TEST_F(accepted, crash)
{
	if (!begins(_metadata, &self->session, CRASH))
		return;
	comes_and_goes(_metadata, variant->change, CRASH);
}

/* ---- what is refused ---- */

FIXTURE(refused)
{
	struct session session;
};

FIXTURE_VARIANT(refused)
{
	change_fn change;
	int error;
};

FIXTURE_SETUP(refused)
{
}

FIXTURE_TEARDOWN_PARENT(refused)
{
	end(&self->session);
}

static void says_why(struct __test_metadata *_metadata, long result, int error, enum kind kind)
{
	EXPECT_EQ(-error, result);
	EXPECT_FALSE(is_loaded(kind));
}

static void refused_and_kept(struct __test_metadata *_metadata, change_fn change, int error,
			     enum kind kind)
{
	ASSERT_EQ(0, load_before(kind));
	EXPECT_EQ(-error, call_with(change, NULL, kind));
	EXPECT_TRUE(is_loaded(kind))
		TH_LOG("what was loaded is gone");
}

TEST_F(refused, says_why)
{
	if (!begins(_metadata, &self->session, REBOOT))
		return;
	says_why(_metadata, call_with(variant->change, NULL, REBOOT), variant->error, REBOOT);
}

TEST_F(refused, keeps_reboot_image)
{
	if (!begins(_metadata, &self->session, REBOOT))
		return;
	refused_and_kept(_metadata, variant->change, variant->error, REBOOT);
}

TEST_F(refused, keeps_crash_image)
{
	if (!begins(_metadata, &self->session, CRASH))
		return;
	refused_and_kept(_metadata, variant->change, variant->error, CRASH);
}

/* ---- of two things that are wrong, which one is told ---- */

FIXTURE(priority)
{
	struct session session;
};

FIXTURE_VARIANT(priority)
{
	change_fn change, another;
	int error;
	enum kind kind;
};

FIXTURE_SETUP(priority)
{
}

FIXTURE_TEARDOWN_PARENT(priority)
{
	end(&self->session);
}

TEST_F(priority, says_why)
{
	if (!begins(_metadata, &self->session, variant->kind))
		return;
	says_why(_metadata, call_with(variant->change, variant->another, variant->kind),
		 variant->error, variant->kind);
}

/* ---- flags that came with some release ---- */

FIXTURE(flag)
{
	struct session session;
};

FIXTURE_VARIANT(flag)
{
	unsigned long flag;
	int major, minor;
};

FIXTURE_SETUP(flag)
{
}

FIXTURE_TEARDOWN_PARENT(flag)
{
	end(&self->session);
}

static void is_known(struct __test_metadata *_metadata, unsigned long flag, enum kind kind)
{
	EXPECT_EQ(0, load_with_flag(kind, flag));
	EXPECT_TRUE(is_loaded(kind));
}

static bool is_new_enough(struct __test_metadata *_metadata, int major, int minor)
{
	if (!kernel_at_least(major, minor))
		SKIP(return false, "the kernel is older than this flag");
	return true;
}

TEST_F(flag, is_known)
{
	if (!is_new_enough(_metadata, variant->major, variant->minor) ||
	    !begins(_metadata, &self->session, REBOOT))
		return;
	is_known(_metadata, variant->flag, REBOOT);
}

TEST_F(flag, is_known_for_crash)
{
	if (!is_new_enough(_metadata, variant->major, variant->minor) ||
	    !begins(_metadata, &self->session, CRASH))
		return;
	is_known(_metadata, variant->flag, CRASH);
}

/* ---- coming and going ---- */

FIXTURE(life)
{
	struct session session;
};

FIXTURE_SETUP(life)
{
	begins(_metadata, &self->session, REBOOT);
}

FIXTURE_TEARDOWN_PARENT(life)
{
	end(&self->session);
}

static void takes_the_place_of_another(struct __test_metadata *_metadata, enum kind kind)
{
	ASSERT_EQ(0, load_before(kind));
	EXPECT_EQ(0, call_with(another_image, NULL, kind));
	EXPECT_TRUE(is_loaded(kind));
	EXPECT_EQ(0, load_before(kind));
	EXPECT_TRUE(is_loaded(kind));
	EXPECT_EQ(0, unload_after(kind));
	EXPECT_FALSE(is_loaded(kind));
}

TEST_F(life, unload_of_nothing)
{
	EXPECT_EQ(0, unload_after(REBOOT));
	EXPECT_EQ(0, unload_after(REBOOT));
	EXPECT_FALSE(is_loaded(REBOOT));
}

TEST_F(life, unload_of_no_crash_image)
{
	if (!begins(_metadata, &self->session, CRASH))
		return;
	EXPECT_EQ(0, unload_after(CRASH));
	EXPECT_FALSE(is_loaded(CRASH));
}

TEST_F(life, load_takes_the_place_of_another)
{
	takes_the_place_of_another(_metadata, REBOOT);
}

TEST_F(life, crash_load_takes_the_place_of_another)
{
	if (!begins(_metadata, &self->session, CRASH))
		return;
	takes_the_place_of_another(_metadata, CRASH);
}

TEST_F(life, reboot_and_crash_image_do_not_meet)
{
	if (!begins(_metadata, &self->session, CRASH))
		return;
	ASSERT_EQ(0, load_before(REBOOT));
	ASSERT_EQ(0, load_before(CRASH));
	EXPECT_EQ(0, unload_after(REBOOT));
	EXPECT_TRUE(is_loaded(CRASH));
	ASSERT_EQ(0, load_before(REBOOT));
	EXPECT_EQ(0, unload_after(CRASH));
	EXPECT_TRUE(is_loaded(REBOOT));
	EXPECT_FALSE(is_loaded(CRASH));
}

#endif /* KEXEC_TABLE_H */
