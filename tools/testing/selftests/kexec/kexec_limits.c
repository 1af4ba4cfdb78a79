// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel.kexec_load_limit_reboot and kernel.kexec_load_limit_panic count calls
 * down and never up, each for its type of image, and when none is left every
 * call is told EPERM.
 *
 * That cannot be undone before the next boot: only with KEXEC_TEST_LIMITS=1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "kexec_test.h"
#include "kexec_harness.h"

#define SYSCTL	"/proc/sys/kernel/kexec_load_limit_"

FIXTURE(quota)
{
	struct session session;
	bool files, others;
};

FIXTURE_VARIANT(quota)
{
	enum kind kind;
	const char *path, *other;
};

FIXTURE_VARIANT_ADD(quota, reboot) { REBOOT, SYSCTL "reboot", SYSCTL "panic" };
FIXTURE_VARIANT_ADD(quota, panic) { CRASH, SYSCTL "panic", SYSCTL "reboot" };

FIXTURE_SETUP(quota)
{
	const char *why = not_asked_for("KEXEC_TEST_LIMITS",
					"this ends loading until the next boot");

	if (!why && read_number(variant->path) == -ENOENT)
		why = "the kernel has no quotas";
	if (!why)
		why = begin(&self->session, variant->kind);
	if (why)
		SKIP(return, "%s", why);
	self->files = !begin_with_files(&self->session, variant->kind);
	self->others = !begin(&self->session, !variant->kind);
}

FIXTURE_TEARDOWN_PARENT(quota)
{
	end(&self->session);
}

static int set_limit(const char *path, int limit)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", limit);
	return write_text(path, text);
}

static long load_with_unknown_flag(enum kind kind)
{
	return kexec_load(0, 0, NULL, 0x4000 | (kind == CRASH ? KEXEC_ON_CRASH : 0));
}

static long load_as_user(enum kind kind)
{
	long result;

	if (seteuid(65534))
		return -ECANCELED;
	result = load_something(kind);
	return seteuid(0) ? -ECANCELED : result;
}

static bool is_refused(long result)
{
	return result == -EPERM || no_such_call(result);
}

static void cannot_be_raised(struct __test_metadata *_metadata, const char *path, int limit)
{
	EXPECT_EQ(-EINVAL, set_limit(path, limit + 1));
	EXPECT_EQ(-EINVAL, set_limit(path, limit));
	EXPECT_EQ(-EINVAL, set_limit(path, -1));
	EXPECT_EQ(-EINVAL, set_limit(path, -2));
	EXPECT_EQ(-EINVAL, write_text(path, "few"));
	EXPECT_EQ(limit, read_number(path));
}

/* Calls are what is counted, be they refused or unloads. */
TEST_F(quota, counts_down_to_the_end)
{
	const char *path = variant->path;
	enum kind kind = variant->kind;
	long long other = read_number(variant->other);

	ASSERT_EQ(-1, read_number(path));
	ASSERT_EQ(0, set_limit(path, 7));
	cannot_be_raised(_metadata, path, 7);

	EXPECT_EQ(0, load_something(kind));
	EXPECT_EQ(6, read_number(path));
	EXPECT_EQ(-EINVAL, load_with_unknown_flag(kind));
	EXPECT_EQ(5, read_number(path));
	EXPECT_EQ(-EPERM, load_as_user(kind));
	EXPECT_EQ(5, read_number(path));
	EXPECT_EQ(0, kexec_unload(kind));
	EXPECT_EQ(4, read_number(path));

	EXPECT_EQ(0, set_limit(path, 2));
	EXPECT_EQ(0, self->files ? load_some_file(kind) : load_something(kind));
	EXPECT_EQ(1, read_number(path));
	EXPECT_EQ(0, kexec_unload(kind));
	EXPECT_EQ(0, read_number(path));
	cannot_be_raised(_metadata, path, 0);

	EXPECT_EQ(-EPERM, load_something(kind));
	EXPECT_EQ(-EPERM, kexec_unload(kind));
	EXPECT_EQ(-EPERM, load_with_unknown_flag(kind));
	EXPECT_TRUE(is_refused(load_some_file(kind)));
	EXPECT_TRUE(is_refused(kexec_file_unload(kind)));
	EXPECT_EQ(0, read_number(path));
	EXPECT_EQ(other, read_number(variant->other));
	if (self->others)
		EXPECT_EQ(0, kexec_unload(!kind));
}

TEST_HARNESS_MAIN
