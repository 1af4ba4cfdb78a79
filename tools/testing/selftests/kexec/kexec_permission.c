// SPDX-License-Identifier: GPL-2.0-only
/*
 * Without CAP_SYS_BOOT, or with it in a user namespace only, every call is told
 * EPERM, whatever else is wrong with it, and what is loaded stays.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kexec_test.h"
#include "kexec_harness.h"

/* ---- ways to be nobody ---- */

static const char *drop_capability(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];

	if (syscall(__NR_capget, &head, caps))
		return "capabilities cannot be read";
	caps[CAP_TO_INDEX(CAP_SYS_BOOT)].effective &= ~CAP_TO_MASK(CAP_SYS_BOOT);
	return syscall(__NR_capset, &head, caps) ? "capabilities cannot be dropped" : NULL;
}

static const char *enter_namespace(void)
{
	return unshare(CLONE_NEWUSER) ? "user namespaces are not to be had" : NULL;
}

static const char *become_user(void)
{
	return setresuid(65534, 65534, 65534) ? "the user cannot be changed" : NULL;
}

/* ---- calls ---- */

static long load(void)
{
	return load_something(REBOOT);
}

static long load_crash(void)
{
	return load_something(CRASH);
}

static long unload(void)
{
	return kexec_unload(REBOOT);
}

static long unload_crash(void)
{
	return kexec_unload(CRASH);
}

static long load_with_unknown_flag(void)
{
	return kexec_load(0, KEXEC_SEGMENT_MAX + 1, missing_page(), 0x4000);
}

/* Where there is none, like the call it stands for. */
static long unload_compat(void)
{
	return has_compat_calls() ? compat_kexec_load(0, 0, 0, KEXEC_ARCH_X86_64) : unload();
}

static long load_file(void)
{
	return load_some_file(REBOOT);
}

static long load_crash_file(void)
{
	return load_some_file(CRASH);
}

static long unload_file(void)
{
	return kexec_file_unload(REBOOT);
}

static long unload_crash_file(void)
{
	return kexec_file_unload(CRASH);
}

static long load_file_with_unknown_flag(void)
{
	return kexec_file_load(-1, -1, 0, NULL, 0x4000);
}

typedef long (*call_fn)(void);

/* What of one list a kernel allows replaces or unloads images of one kind only. */
static const call_fn calls[] = { load, unload, unload_compat, load_with_unknown_flag };
static const call_fn crash_calls[] = { load_crash, unload_crash };
static const call_fn file_calls[] = { load_file, unload_file, load_file_with_unknown_flag };
static const call_fn crash_file_calls[] = { load_crash_file, unload_crash_file };

FIXTURE(nobody)
{
	struct session session;
};

FIXTURE_VARIANT(nobody)
{
	const char *(*become)(void);
};

FIXTURE_VARIANT_ADD(nobody, without_capability) { drop_capability };
FIXTURE_VARIANT_ADD(nobody, in_user_namespace) { enter_namespace };
FIXTURE_VARIANT_ADD(nobody, as_user) { become_user };

FIXTURE_SETUP(nobody)
{
}

/* By the parent, who still may. */
FIXTURE_TEARDOWN_PARENT(nobody)
{
	end(&self->session);
}

static void try_as(struct __test_metadata *_metadata, const char *(*become)(void),
		   const call_fn *calls, size_t nr)
{
	const char *why = become();
	size_t i;

	if (why)
		SKIP(return, "%s", why);
	for (i = 0; i < nr; i++)
		EXPECT_EQ(-EPERM, calls[i]())
			TH_LOG("call %zu", i);
}

TEST_F(nobody, can_load)
{
	const char *why = begin(&self->session, REBOOT);

	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, load_something(REBOOT));
	try_as(_metadata, variant->become, calls, ARRAY_SIZE(calls));
	EXPECT_TRUE(is_loaded(REBOOT));
}

TEST_F(nobody, can_load_crash_images)
{
	const char *why = begin(&self->session, CRASH);

	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, load_something(CRASH));
	try_as(_metadata, variant->become, crash_calls, ARRAY_SIZE(crash_calls));
	EXPECT_TRUE(is_loaded(CRASH));
}

TEST_F(nobody, can_load_files)
{
	const char *why = begin_with_files(&self->session, REBOOT);

	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, load_some_file(REBOOT));
	try_as(_metadata, variant->become, file_calls, ARRAY_SIZE(file_calls));
	EXPECT_TRUE(is_loaded(REBOOT));
}

TEST_F(nobody, can_load_crash_files)
{
	const char *why = begin_with_files(&self->session, CRASH);

	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, load_some_file(CRASH));
	try_as(_metadata, variant->become, crash_file_calls, ARRAY_SIZE(crash_file_calls));
	EXPECT_TRUE(is_loaded(CRASH));
}

/* What is loaded is no secret; how much memory is reserved is not theirs to say. */
TEST_F(nobody, can_read_but_not_write_state)
{
	const char *why = begin(&self->session, REBOOT);

	if (!why && kexec_state("crash_size") < 0)
		why = "the kernel has no crash_size";
	if (!why)
		why = become_user();
	if (why)
		SKIP(return, "%s", why);
	EXPECT_EQ(0, kexec_state("loaded"));
	EXPECT_LE(0, kexec_state("crash_size"));
	EXPECT_EQ(-EACCES, write_text("/sys/kernel/kexec_crash_size", "nothing"));
	EXPECT_NE(0, access("/sys/kernel/debug/kexec/map", R_OK));
}

TEST_HARNESS_MAIN
