// SPDX-License-Identifier: GPL-2.0-only
/*
 * While a load is under way, which may be for as long as a page fault or a file
 * takes: a second one is told EBUSY, what is loaded stays loaded and visible,
 * and the load can be killed without a trace or go on to its end.
 *
 * The load waits for a page that userfaultfd holds back.
 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "kexec_test.h"
#include "kexec_harness.h"

#define MAP	"/sys/kernel/debug/kexec/map"

FIXTURE(busy)
{
	struct session session;
	struct slow_load slow;
};

FIXTURE_VARIANT(busy)
{
	load_fn load;
	enum kind kind;
	bool file;
};

FIXTURE_VARIANT_ADD(busy, segments) { load_with_slow_segment, REBOOT };
FIXTURE_VARIANT_ADD(busy, files) { load_with_slow_cmdline, REBOOT, true };
FIXTURE_VARIANT_ADD(busy, crash_segments) { load_with_slow_segment, CRASH };
FIXTURE_VARIANT_ADD(busy, crash_files) { load_with_slow_cmdline, CRASH, true };

FIXTURE_SETUP(busy)
{
	const char *why = begin(&self->session, REBOOT);

	if (!why)
		why = begin(&self->session, variant->kind);
	if (!why && variant->file)
		why = begin_with_files(&self->session, variant->kind);
	if (!why)
		why = cannot_hold_back();
	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN_PARENT(busy)
{
	end(&self->session);
}

TEST_F(busy, second_load)
{
	ASSERT_EQ(0, start_slow_load(&self->slow, variant->load, variant->kind));
	EXPECT_EQ(-EBUSY, load_something(REBOOT));
	EXPECT_EQ(-EBUSY, load_something(variant->kind));
	EXPECT_FALSE(is_loaded(REBOOT));
}

TEST_F(busy, second_file_load)
{
	const char *why = begin_with_files(&self->session, REBOOT);

	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, start_slow_load(&self->slow, variant->load, variant->kind));
	EXPECT_EQ(-EBUSY, load_some_file(REBOOT));
	EXPECT_EQ(-EBUSY, load_some_file(variant->kind));
	EXPECT_FALSE(is_loaded(REBOOT));
}

TEST_F(busy, unload)
{
	ASSERT_EQ(0, load_something(variant->kind));
	ASSERT_EQ(0, start_slow_load(&self->slow, variant->load, variant->kind));
	EXPECT_EQ(-EBUSY, kexec_unload(variant->kind));
	if (!no_such_call(kexec_file_unload(variant->kind)))
		EXPECT_EQ(-EBUSY, kexec_file_unload(variant->kind));
}

/* What is wrong with the call itself is told whether or not anybody is loading. */
TEST_F(busy, bad_calls)
{
	ASSERT_EQ(0, start_slow_load(&self->slow, variant->load, variant->kind));
	EXPECT_EQ(-EINVAL, kexec_load(0, 1, missing_page(), 0x4000));
	EXPECT_EQ(-EINVAL, kexec_load(0, KEXEC_SEGMENT_MAX + 1, missing_page(), 0));
	EXPECT_EQ(-EFAULT, kexec_load(0, 1, missing_page(), 0));
	if (variant->file)
		EXPECT_EQ(-EINVAL, kexec_file_load(-1, -1, 0, NULL, 0x4000));
}

TEST_F(busy, state_can_be_read)
{
	ASSERT_EQ(0, start_slow_load(&self->slow, variant->load, variant->kind));
	EXPECT_EQ(0, kexec_state("loaded"));
	if (variant->kind == CRASH)
		EXPECT_EQ(0, kexec_state("crash_loaded"));
}

TEST_F(busy, crash_size_can_be_read)
{
	long long size = kexec_state("crash_size");

	if (size < 0)
		SKIP(return, "the kernel has no crash_size");
	ASSERT_EQ(0, start_slow_load(&self->slow, variant->load, variant->kind));
	EXPECT_EQ(size, kexec_state("crash_size"));
}

TEST_F(busy, map_can_be_read)
{
	if (access(MAP, R_OK))
		SKIP(return, "the kernel has no " MAP);
	ASSERT_EQ(0, start_slow_load(&self->slow, variant->load, variant->kind));
	EXPECT_TRUE(file_has(MAP, "reboot: none"));
}

TEST_F(busy, keeps_what_was_loaded)
{
	ASSERT_EQ(0, load_something(variant->kind));
	ASSERT_EQ(0, start_slow_load(&self->slow, variant->load, variant->kind));
	EXPECT_TRUE(is_loaded(variant->kind));
}

TEST_F(busy, goes_on_to_its_end)
{
	ASSERT_EQ(0, start_slow_load(&self->slow, variant->load, variant->kind));
	EXPECT_EQ(0, finish_slow_load(&self->slow));
	EXPECT_TRUE(is_loaded(variant->kind));
}

TEST_F(busy, replaces_what_was_loaded)
{
	ASSERT_EQ(0, load_something(variant->kind));
	ASSERT_EQ(0, start_slow_load(&self->slow, variant->load, variant->kind));
	EXPECT_EQ(0, finish_slow_load(&self->slow));
	EXPECT_TRUE(is_loaded(variant->kind));
	EXPECT_EQ(0, kexec_unload(variant->kind));
	EXPECT_FALSE(is_loaded(variant->kind));
}

TEST_F(busy, can_be_killed)
{
	ASSERT_EQ(0, start_slow_load(&self->slow, variant->load, variant->kind));
	EXPECT_TRUE(kill_slow_load(&self->slow));
	EXPECT_FALSE(is_loaded(variant->kind));
	EXPECT_EQ(0, load_something(variant->kind));
}

TEST_F(busy, killed_keeps_what_was_loaded)
{
	ASSERT_EQ(0, load_something(variant->kind));
	ASSERT_EQ(0, start_slow_load(&self->slow, variant->load, variant->kind));
	EXPECT_TRUE(kill_slow_load(&self->slow));
	EXPECT_TRUE(is_loaded(variant->kind));
}

/* ---- before it is under way ---- */

FIXTURE(list)
{
	struct session session;
	struct slow_load slow;
};

FIXTURE_SETUP(list)
{
	const char *why = begin(&self->session, REBOOT);

	if (!why)
		why = cannot_hold_back();
	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, start_slow_load(&self->slow, load_with_slow_list, REBOOT));
}

FIXTURE_TEARDOWN_PARENT(list)
{
	end(&self->session);
}

/* Who still waits for its list of segments keeps nobody from loading. */
TEST_F(list, is_read_with_nothing_locked)
{
	EXPECT_EQ(0, load_something(REBOOT));
	EXPECT_EQ(0, kexec_unload(REBOOT));
	EXPECT_TRUE(kill_slow_load(&self->slow));
}

/* ---- many at once ---- */

#define RACERS		4
#define RACE_SECONDS	2

FIXTURE(many)
{
	struct session session;
};

FIXTURE_SETUP(many)
{
	const char *why = begin(&self->session, REBOOT);

	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN_PARENT(many)
{
	end(&self->session);
}

TEST_F(many, succeed_or_are_told_to_wait)
{
	struct race race = { .kind = REBOOT, .seconds = RACE_SECONDS };

	race.files = !begin_with_files(&self->session, REBOOT);
	EXPECT_EQ(0, run_race(&race, RACERS))
		TH_LOG("somebody was told %s", outcome(race.odd_result));
	EXPECT_LT(0, race.successes);
	EXPECT_EQ(0, kexec_unload(REBOOT));
	EXPECT_FALSE(is_loaded(REBOOT));
}

TEST_HARNESS_MAIN
