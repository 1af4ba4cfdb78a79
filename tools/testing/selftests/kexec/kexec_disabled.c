// SPDX-License-Identifier: GPL-2.0-only
/*
 * Once kernel.kexec_load_disabled is set it stays so, and every call is told
 * EPERM, whatever else is wrong with it.  What is loaded stays: here, an image that
 * resets the machine.
 *
 * That cannot be undone before the next boot: only with KEXEC_TEST_LIMITS=1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "kexec_test.h"
#include "kexec_harness.h"

#define DISABLED	"/proc/sys/kernel/kexec_load_disabled"

static bool is_refused(long result)
{
	return result == -EPERM || no_such_call(result);
}

FIXTURE(disabled)
{
	struct session session;
};

FIXTURE_SETUP(disabled)
{
	const char *why = not_asked_for("KEXEC_TEST_LIMITS",
					"this ends loading until the next boot");

	if (!why && read_number(DISABLED))
		why = "the kernel has no kexec_load_disabled, or it is set already";
	if (!why)
		why = begin(&self->session, REBOOT);
	if (why)
		SKIP(return, "%s", why);
	begin(&self->session, CRASH);
}

FIXTURE_TEARDOWN_PARENT(disabled)
{
	end(&self->session);
}

TEST_F(disabled, for_good)
{
	enum kind kind;

	EXPECT_EQ(-EINVAL, write_text(DISABLED, "2"));
	EXPECT_EQ(-EINVAL, write_text(DISABLED, "0"));
	ASSERT_EQ(0, load_something(REBOOT));
	EXPECT_EQ(0, write_text(DISABLED, "1"));
	EXPECT_EQ(-EINVAL, write_text(DISABLED, "0"));
	EXPECT_EQ(1, read_number(DISABLED));

	for (kind = REBOOT; kind <= CRASH; kind++) {
		if (!self->session.mine[kind])
			continue;
		EXPECT_EQ(-EPERM, load_something(kind));
		EXPECT_EQ(-EPERM, kexec_unload(kind));
		EXPECT_TRUE(is_refused(load_some_file(kind)));
		EXPECT_TRUE(is_refused(kexec_file_unload(kind)));
	}
	EXPECT_EQ(-EPERM, kexec_load(0, KEXEC_SEGMENT_MAX + 1, missing_page(), 0x4000));
	if (has_compat_calls())
		EXPECT_EQ(-EPERM, compat_kexec_load(0, 0, 0, KEXEC_ARCH_X86_64));
	EXPECT_TRUE(is_loaded(REBOOT));
	EXPECT_FALSE(is_loaded(CRASH));
}

TEST_HARNESS_MAIN
