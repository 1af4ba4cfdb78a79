// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernels that are not signed can be loaded if, and only if, no policy of this
 * machine forbids it: lockdown, secure boot, IMA's rules, the configuration.
 *
 * What the policy is comes from sysfs, securityfs, efivarfs and the kernel's
 * configuration.  Where they leave it open, the test is skipped.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kexec_test.h"
#include "kexec_harness.h"

#define LOCKDOWN	"/sys/kernel/security/lockdown"
#define IMA		"/sys/kernel/security/ima"
#define EFIVARS		"/sys/firmware/efi/efivars/"
#define PPC_SECUREBOOT	"/proc/device-tree/ibm,secureboot/os-secureboot-enforcing"

enum answer { NO, YES, UNKNOWN };

static enum answer option(const char *name)
{
	char value = kernel_option(name);

	return !value ? UNKNOWN : value == 'y' ? YES : NO;
}

static bool is_mounted(const char *type)
{
	return file_has("/proc/mounts", type);
}

/* ---- secure boot ---- */

/* An EFI variable of one byte, behind four bytes of attributes; -1 if there is none. */
static int efi_byte(const char *pattern)
{
	unsigned char text[5];
	int fd, value = -1;
	glob_t found;

	if (glob(pattern, 0, NULL, &found))
		return -1;
	fd = open(found.gl_pathv[0], O_RDONLY);
	if (fd >= 0 && read(fd, text, sizeof(text)) == sizeof(text))
		value = text[4];
	if (fd >= 0)
		close(fd);
	globfree(&found);
	return value;
}

static enum answer secure_boot(void)
{
	if (!access(PPC_SECUREBOOT, F_OK))
		return YES;
	if (access("/sys/firmware/efi", F_OK))
		return NO;
	if (!is_mounted(" efivarfs "))
		return UNKNOWN;
	return efi_byte(EFIVARS "SecureBoot-*") == 1 && efi_byte(EFIVARS "SetupMode-*") != 1;
}

/* ---- IMA ---- */

/* Without enforcement a kernel that fails its appraisal is logged, and loaded. */
static bool ima_only_logs(void)
{
	return secure_boot() == NO && (file_has("/proc/cmdline", "ima_appraise=log") ||
				       file_has("/proc/cmdline", "ima_appraise=fix") ||
				       file_has("/proc/cmdline", "ima_appraise=off"));
}

/* A rule that comes before may exempt the file system that our files are on. */
static enum answer ima_rule(void)
{
	FILE *policy = fopen(IMA "/policy", "r");
	enum answer found = NO, ours = YES;
	char rule[1024];

	if (!policy)
		return UNKNOWN;
	while (fgets(rule, sizeof(rule), policy)) {
		if (!strncmp(rule, "dont_appraise ", 14) && found == NO)
			ours = UNKNOWN;
		if (!strncmp(rule, "appraise ", 9) && strstr(rule, "func=KEXEC_KERNEL_CHECK"))
			found = YES;
	}
	if (ferror(policy))
		found = UNKNOWN;
	fclose(policy);
	return found == YES ? ours : found;
}

static enum answer ima_appraises(void)
{
	enum answer built_in = option("IMA_APPRAISE");

	if (built_in != YES)
		return built_in;
	if (ima_only_logs())
		return NO;
	if (option("IMA_APPRAISE_REQUIRE_KEXEC_SIGS") == YES)
		return YES;
	if (!is_mounted(" securityfs "))
		return UNKNOWN;
	return access(IMA, F_OK) ? NO : ima_rule();
}

/* ---- lockdown ---- */

static enum answer locked_down(void)
{
	if (option("SECURITY_LOCKDOWN_LSM") == NO)
		return NO;
	if (!is_mounted(" securityfs "))
		return UNKNOWN;
	return !access(LOCKDOWN, R_OK) && !file_has(LOCKDOWN, "[none]");
}

/* ---- verdicts ---- */

static enum answer both(enum answer a, enum answer b)
{
	if (a == NO || b == NO)
		return NO;
	return a == UNKNOWN || b == UNKNOWN ? UNKNOWN : YES;
}

static enum answer any(const enum answer *answers, size_t nr)
{
	enum answer result = NO;

	while (nr--) {
		if (answers[nr] == YES)
			return YES;
		if (answers[nr] == UNKNOWN)
			result = UNKNOWN;
	}
	return result;
}

static enum answer file_is_refused(void)
{
	const enum answer reasons[] = {
		option("KEXEC_SIG_FORCE"),
		ima_appraises(),
		both(locked_down(), option("KEXEC_SIG")),
		both(secure_boot(), both(option("IMA_ARCH_POLICY"), option("KEXEC_SIG"))),
	};

	return any(reasons, ARRAY_SIZE(reasons));
}

/* Segments cannot be signed at all. */
static enum answer segments_are_refused(void)
{
	const enum answer reasons[] = {
		locked_down(),
		ima_appraises(),
		both(secure_boot(), both(option("IMA_ARCH_POLICY"), option("KEXEC_SIG"))),
	};

	return any(reasons, ARRAY_SIZE(reasons));
}

/* ---- the tests ---- */

FIXTURE(not_signed)
{
	struct session session;
};

FIXTURE_VARIANT(not_signed)
{
	long (*load)(enum kind kind);
	enum kind kind;
	enum answer (*is_refused)(void);
};

FIXTURE_VARIANT_ADD(not_signed, kernel) { load_some_file, REBOOT, file_is_refused };
FIXTURE_VARIANT_ADD(not_signed, crash_kernel) { load_some_file, CRASH, file_is_refused };
FIXTURE_VARIANT_ADD(not_signed, segments) { load_something, REBOOT, segments_are_refused };
FIXTURE_VARIANT_ADD(not_signed, crash_segments) { load_something, CRASH, segments_are_refused };

FIXTURE_SETUP(not_signed)
{
	const char *why = may_not_call(variant->kind);

	if (!why && variant->load == load_some_file)
		why = cannot_make_kernel();
	if (why)
		SKIP(return, "%s", why);
	self->session.mine[variant->kind] = true;
}

FIXTURE_TEARDOWN_PARENT(not_signed)
{
	end(&self->session);
}

static bool is_a_refusal(long result)
{
	switch (result) {
	case -EPERM: case -EACCES:
	case -EKEYREJECTED: case -ENOKEY: case -ENODATA: case -ELIBBAD:
		return true;
	}
	return false;
}

TEST_F(not_signed, loads_if_policy_allows)
{
	enum answer refused = variant->is_refused();
	long result;

	if (refused == UNKNOWN)
		SKIP(return, "what the policy is cannot be found out");
	result = variant->load(variant->kind);
	if (no_such_call(result))
		SKIP(return, "the kernel has no such call");
	EXPECT_EQ(refused == YES, is_a_refusal(result));
	EXPECT_EQ(refused == NO, !result);
	EXPECT_EQ(refused == NO, is_loaded(variant->kind))
		TH_LOG("%s, and the policy says %s", outcome(result), refused ? "no" : "yes");
}

/* Nobody has to be trusted to take something away. */
TEST_F(not_signed, unloads_as_files)
{
	long result = kexec_file_unload(variant->kind);

	if (no_such_call(result))
		SKIP(return, "the kernel has no kexec_file_load()");
	EXPECT_EQ(0, result);
}

TEST_HARNESS_MAIN
