// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a machine's policy says of loading kernels: lockdown, secure boot, IMA's
 * rules, the configuration.  It is read from sysfs, securityfs, efivarfs and the
 * kernel's configuration, which may leave it open.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kexec_test.h"
#include "../kselftest.h"

#define LOCKDOWN	"/sys/kernel/security/lockdown"
#define IMA		"/sys/kernel/security/ima"
#define EFIVARS		"/sys/firmware/efi/efivars/"
#define PPC_SECUREBOOT	"/proc/device-tree/ibm,secureboot/os-secureboot-enforcing"

/* ---- answers ---- */

enum answer both(enum answer a, enum answer b)
{
	if (a == NO || b == NO)
		return NO;
	return a == UNKNOWN || b == UNKNOWN ? UNKNOWN : YES;
}

enum answer any(const enum answer *answers, size_t nr)
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

enum answer kernel_has(const char *name)
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

enum answer secure_boot(void)
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
static enum answer ima_rule(const char *text)
{
	FILE *policy = fopen(IMA "/policy", "r");
	enum answer found = NO, ours = YES;
	char rule[1024];

	if (!policy)
		return UNKNOWN;
	while (fgets(rule, sizeof(rule), policy)) {
		if (!strncmp(rule, "dont_appraise ", 14) && found == NO)
			ours = UNKNOWN;
		if (!strncmp(rule, "appraise ", 9) && strstr(rule, "func=KEXEC_KERNEL_CHECK") &&
		    strstr(rule, text))
			found = YES;
	}
	if (ferror(policy))
		found = UNKNOWN;
	fclose(policy);
	return found == YES ? ours : found;
}

enum answer ima_appraises(void)
{
	enum answer built_in = kernel_has("IMA_APPRAISE");

	if (built_in != YES)
		return built_in;
	if (ima_only_logs())
		return NO;
	if (kernel_has("IMA_APPRAISE_REQUIRE_KEXEC_SIGS") == YES)
		return YES;
	if (!is_mounted(" securityfs "))
		return UNKNOWN;
	return access(IMA, F_OK) ? NO : ima_rule("");
}

/* Signatures that stand at the end of the file, as modules have them. */
enum answer ima_takes_appended(void)
{
	return both(kernel_has("IMA_APPRAISE_MODSIG"), ima_rule("modsig"));
}

/* ---- lockdown ---- */

enum answer locked_down(void)
{
	if (kernel_has("SECURITY_LOCKDOWN_LSM") == NO)
		return NO;
	if (!is_mounted(" securityfs "))
		return UNKNOWN;
	return !access(LOCKDOWN, R_OK) && !file_has(LOCKDOWN, "[none]");
}

/* ---- what IMA has no part in ---- */

/* A kernel must have a signature of the kind that its format has room for. */
enum answer signature_is_enforced(void)
{
	const enum answer reasons[] = {
		kernel_has("KEXEC_SIG_FORCE"),
		both(secure_boot(), both(kernel_has("IMA_ARCH_POLICY"), kernel_has("KEXEC_SIG"))),
	};

	return any(reasons, ARRAY_SIZE(reasons));
}

bool is_a_refusal(long result)
{
	switch (result) {
	case -EPERM: case -EACCES:
	case -EKEYREJECTED: case -ENOKEY: case -ENODATA: case -ELIBBAD:
		return true;
	}
	return false;
}
