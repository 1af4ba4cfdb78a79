// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file of the kernel that runs can be loaded if it has the signatures that this
 * machine's policy wants, and only then; a copy of it that is changed, or has lost
 * them, can not.
 *
 * A signature may be a PE file's own, may be appended as modules have it, or stand in
 * the extended attribute security.ima.  Whether one is good is for the kernel to say:
 * where it has a signature and is refused all the same, its key is not in any keyring
 * of this kernel, and the test is skipped.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "kexec_test.h"
#include "kexec_harness.h"

#define APPENDED	"~Module signature appended~\n"
#define IMA_SIGNATURE	0x03	/* the first byte of the attribute */

/* ---- the file ---- */

struct file {
	char path[256];
	const unsigned char *data;
	size_t size;
};

static bool find_file(struct file *file)
{
	static const char *const places[] = {
		"/boot/vmlinuz-%s", "/lib/modules/%s/vmlinuz", "/boot/vmlinux-%s",
		"/boot/Image-%s", "/boot/image-%s", "/boot/kernel-%s",
	};
	const char *named = getenv("KEXEC_TEST_KERNEL");
	struct utsname name;
	size_t i;

	if (named) {
		snprintf(file->path, sizeof(file->path), "%s", named);
		return !access(named, R_OK);
	}
	uname(&name);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(file->path, sizeof(file->path), places[i], name.release);
		if (!access(file->path, R_OK))
			return true;
	}
	return false;
}

static bool read_file(struct file *file)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC);
	struct stat stat;
	void *data;

	if (fd < 0 || fstat(fd, &stat))
		return false;
	data = mmap(NULL, stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	file->data = data;
	file->size = stat.st_size;
	return data != MAP_FAILED;
}

/* ---- its signatures ---- */

static __u32 little_endian(const struct file *file, size_t at, int bytes)
{
	__u32 value = 0;

	if (at > file->size || file->size - at < (size_t)bytes)
		return 0;
	while (bytes--)
		value = value << 8 | file->data[at + bytes];
	return value;
}

/* By the PE format: directory 4 has the certificates, and is empty without. */
static bool has_pe_signature(const struct file *file)
{
	size_t pe = little_endian(file, 0x3c, 4), directories;

	if (little_endian(file, 0, 2) != 0x5a4d || little_endian(file, pe, 4) != 0x4550)
		return false;
	directories = pe + 24 + (little_endian(file, pe + 24, 2) == 0x20b ? 112 : 96);
	return little_endian(file, directories + 4 * 8 + 4, 4);
}

static bool has_appended_signature(const struct file *file)
{
	size_t len = strlen(APPENDED);

	return file->size > len && !memcmp(file->data + file->size - len, APPENDED, len);
}

static bool has_ima_signature(const struct file *file)
{
	unsigned char value[4096];

	return getxattr(file->path, "security.ima", value, sizeof(value)) > 1 &&
	       value[0] == IMA_SIGNATURE;
}

/* ---- what the policy makes of that ---- */

/* A signature that kexec itself verifies: s390 has it appended, others in the PE file. */
static bool has_kexec_signature(const struct file *file)
{
#ifdef __s390x__
	return has_appended_signature(file);
#else
	return has_pe_signature(file);
#endif
}

/* Lockdown is content with IMA's verdict. */
static enum answer wants_kexec_signature(void)
{
	enum answer appraised = ima_appraises(), not_appraised;
	enum answer enforced = signature_is_enforced();

	not_appraised = appraised == UNKNOWN ? UNKNOWN : appraised == NO;
	if (enforced == YES)
		return YES;
	if (enforced == UNKNOWN)
		return UNKNOWN;
	return both(both(locked_down(), kernel_has("KEXEC_SIG")), not_appraised);
}

static enum answer lacks_ima_signature(const struct file *file)
{
	if (has_ima_signature(file))
		return NO;
	if (has_appended_signature(file) && ima_takes_appended() != NO)
		return ima_takes_appended() == YES ? NO : UNKNOWN;
	return ima_appraises();
}

static enum answer lacks_a_signature(const struct file *file)
{
	const enum answer reasons[] = {
		has_kexec_signature(file) ? NO : wants_kexec_signature(),
		lacks_ima_signature(file),
	};

	return any(reasons, ARRAY_SIZE(reasons));
}

static enum answer wants_a_signature(void)
{
	const enum answer reasons[] = { wants_kexec_signature(), ima_appraises() };

	return any(reasons, ARRAY_SIZE(reasons));
}

/* ---- the tests ---- */

FIXTURE(running)
{
	struct session session;
	struct file file;
};

FIXTURE_VARIANT(running)
{
	enum kind kind;
};

FIXTURE_VARIANT_ADD(running, reboot) { REBOOT };
FIXTURE_VARIANT_ADD(running, crash) { CRASH };

FIXTURE_SETUP(running)
{
	const char *why = may_not_call(variant->kind);

	if (!why && !find_file(&self->file))
		why = "the running kernel's file is not in /boot: name it by KEXEC_TEST_KERNEL";
	if (!why && no_such_call(kexec_file_unload(variant->kind)))
		why = "the kernel has no kexec_file_load()";
	if (why)
		SKIP(return, "%s", why);
	self->session.mine[variant->kind] = true;
	ASSERT_TRUE(read_file(&self->file));
}

FIXTURE_TEARDOWN_PARENT(running)
{
	end(&self->session);
}

static long load(int fd, enum kind kind)
{
	return kexec_file_load(fd, -1, 1, "", KEXEC_FILE_NO_INITRAMFS |
			       (kind == CRASH ? KEXEC_FILE_ON_CRASH : 0));
}

static long load_file(const struct file *file, enum kind kind)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC);
	long result = load(fd, kind);

	close(fd);
	return result;
}

/* Without the attributes; with another byte in the middle of it when @changed. */
static long load_copy(const struct file *file, enum kind kind, bool changed)
{
	unsigned char *copy = malloc(file->size);
	long result;
	int fd;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, file->data, file->size);
	copy[file->size / 2] ^= changed;
	fd = make_file(copy, file->size);
	free(copy);
	result = load(fd, kind);
	close(fd);
	return result;
}

static bool has_no_room(long result)
{
	return result == -EADDRNOTAVAIL || result == -ENOMEM;
}

TEST_F(running, loads_if_signed_as_policy_wants)
{
	enum answer lacks = lacks_a_signature(&self->file), wants = wants_a_signature();
	long result;

	if (lacks == UNKNOWN || wants == UNKNOWN)
		SKIP(return, "what the policy is cannot be found out");
	result = load_file(&self->file, variant->kind);
	if (variant->kind == CRASH && has_no_room(result))
		SKIP(return, "the crash region is too small for this kernel");
	if (lacks == NO && wants == YES && is_a_refusal(result))
		SKIP(return, "signed by a key that this kernel does not trust (%s)%s",
		     outcome(result), kernel_has("INTEGRITY_PLATFORM_KEYRING") == NO ?
		     ": it has no CONFIG_INTEGRITY_PLATFORM_KEYRING" : "");
	EXPECT_EQ(lacks == YES, is_a_refusal(result));
	EXPECT_EQ(lacks == NO, !result);
	EXPECT_EQ(lacks == NO, is_loaded(variant->kind))
		TH_LOG("%s: %s", self->file.path, outcome(result));
}

TEST_F(running, is_refused_if_changed)
{
	enum answer wants = wants_a_signature();

	if (wants != YES)
		SKIP(return, wants == NO ? "no signature is wanted" :
					   "what the policy is cannot be found out");
	EXPECT_TRUE(is_a_refusal(load_copy(&self->file, variant->kind, true)));
	EXPECT_FALSE(is_loaded(variant->kind));
}

/* The copy is the same, but for its attributes. */
TEST_F(running, is_refused_without_its_attribute)
{
	if (!has_ima_signature(&self->file) || has_appended_signature(&self->file))
		SKIP(return, "it has no signature but for what is inside of it");
	if (ima_appraises() != YES)
		SKIP(return, "IMA does not look at it");
	EXPECT_TRUE(is_a_refusal(load_copy(&self->file, variant->kind, false)));
	EXPECT_FALSE(is_loaded(variant->kind));
}

TEST_HARNESS_MAIN
