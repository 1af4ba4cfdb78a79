// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of what files are told to be
 *
 * One small file of each kind: the bytes that tell, and not one behind them, so that
 * what reads further than the file is reads what the allocator keeps there.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "../kind.h"
#include "kexec_kunit.h"

/**
 * struct sample - a file
 * @at:    where its bytes are, with zeros in front
 * @len:   how many
 * @bytes: these
 * @word:  what is said of it has
 */
struct sample {
	size_t at, len;
	const char *bytes;
	const char *word;
};

#define SAMPLE(at, bytes, word) { at, sizeof(bytes) - 1, bytes, word }

static const struct sample samples[] = {
	SAMPLE(0x202, "HdrS", "an x86 kernel"),
	SAMPLE(0x38, "ARM\x64", "arm64"),
	SAMPLE(0x38, "RSC\x05", "RISC-V"),
	SAMPLE(4, "zimg", "zboot"),
	SAMPLE(0, "MZ\0\0", "a PE file"),
	SAMPLE(0, "\177ELF\x02\x01\x01", "a 64-bit ELF file, but not a kernel for this machine"),
	SAMPLE(0, "\177ELF\x01\x01", "not a 64-bit one"),
	SAMPLE(0, "\177ELF\x02\x02", "not a 64-bit one"),
	SAMPLE(0, "\x1f\x8b\x08", "gzip"),
	SAMPLE(0, "\3757zXZ\0", "xz"),
	SAMPLE(0, "\x28\xb5\x2f\xfd", "zstd"),
	SAMPLE(0, "\x02\x21\x4c\x18", "by lz4"),
	SAMPLE(0, "\x04\x22\x4d\x18", "as kernels are not"),
	SAMPLE(0, "\x89LZO\0\r\n\x1a\n", "lzop"),
	SAMPLE(0, "BZh9", "bzip2"),
	SAMPLE(0, "\x5d\0\0\x80", "lzma"),
	SAMPLE(0, "070701", "an initrd?"),
	SAMPLE(0, "\x27\x05\x19\x56", "U-Boot"),
	SAMPLE(0, "\xd0\x0d\xfe\xed", "FIT"),
	SAMPLE(0, "#!/bin/sh\n", "a script"),
	SAMPLE(0x101, "ustar", "tar"),
	SAMPLE(0, "!<arch>\n", "a package?"),
	SAMPLE(0, "\xed\xab\xee\xdb", "RPM"),
	SAMPLE(0, "This is not a kernel.\n", "nothing that is known"),
	SAMPLE(0, "\177EL", "nothing that is known"),
	SAMPLE(0, "M", "nothing that is known"),
};

static void describe_sample(const struct sample *sample, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s, %*ph at %zu", sample->word,
		 (int)min(sample->len, 8UL), sample->bytes, sample->at);
}

KUNIT_ARRAY_PARAM(sample, samples, describe_sample);

static u8 *make_sample(struct kunit *test, const struct sample *sample)
{
	u8 *file = kunit_kzalloc(test, sample->at + sample->len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, file);
	memcpy(file + sample->at, sample->bytes, sample->len);
	return file;
}

static void a_file_is_told_by_its_bytes(struct kunit *test)
{
	const struct sample *sample = test->param_value;
	const char *kind = kexec_kind_of(make_sample(test, sample), sample->at + sample->len);

	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(kind, sample->word), "%s", kind);
}

/* One byte of what tells is not enough. */
static void a_file_that_ends_early(struct kunit *test)
{
	const struct sample *sample = test->param_value;
	const char *kind = kexec_kind_of(make_sample(test, sample), sample->at + 1);

	KUNIT_EXPECT_STREQ(test, kind, "nothing that is known here");
}

/* ---- how the kernel inside calls itself ---- */

/**
 * struct bzimage - the start of a file
 * @name:    what is about it
 * @at:      where its header says that the text is, from 0x200
 * @text:    the text there
 * @len:     bytes of the file; what is behind is there, but not to be read
 * @release: what is read of it
 */
struct bzimage {
	const char *name;
	u16 at;
	const char *text;
	size_t len;
	const char *release;
};

#define SIXTEEN	"0123456789abcdef"

static const struct bzimage bzimages[] = {
	{ "who has built it follows", 0x10, "7.3.4-1-amd64 (me@here) #1", 0x300, "7.3.4-1-amd64" },
	{ "nothing follows", 0x80, "6.1.0", 0x300, "6.1.0" },
	{ "it ends with the file", 0x80, "6.1.0", 0x284, "6.1." },
	{ "it begins where the file ends", 0x80, "6.1.0", 0x280, "" },
	{ "it is behind the file", 0xffff, "", 0x300, "" },
	{ "the header says nothing", 0, "6.", 0x300, "" },
	{ "the header is cut off", 0x07, "7.3.4", 0x20f, "" },
	{ "control characters", 0x10, "7.3\n.4", 0x300, "7.3" },
	{ "no ASCII", 0x10, "7.3\xe9.4", 0x300, "7.3" },
	{ "too long", 0x10, SIXTEEN SIXTEEN SIXTEEN SIXTEEN "!", 0x300,
	  SIXTEEN SIXTEEN SIXTEEN SIXTEEN },
};

KUNIT_ARRAY_PARAM_DESC(bzimage, bzimages, name);

static void a_bzimage_tells_its_release(struct kunit *test)
{
	const struct bzimage *row = test->param_value;
	u8 *file = kunit_kzalloc(test, 0x300, GFP_KERNEL);
	char release[KEXEC_RELEASE_MAX];

	KUNIT_ASSERT_NOT_NULL(test, file);
	memcpy(file + 0x202, "HdrS", 4);
	put_unaligned_le16(row->at, file + 0x20e);
	if (row->at < 0x100)
		memcpy(file + 0x200 + row->at, row->text, strlen(row->text));
	kexec_release_of(file, row->len, release);
	KUNIT_EXPECT_STREQ(test, release, row->release);
	file[0x202] ^= 1;
	kexec_release_of(file, row->len, release);
	KUNIT_EXPECT_STREQ_MSG(test, release, "", "it is none");
}

static struct kunit_case kind_cases[] = {
	KUNIT_CASE_PARAM(a_file_is_told_by_its_bytes, sample_gen_params),
	KUNIT_CASE_PARAM(a_file_that_ends_early, sample_gen_params),
	KUNIT_CASE_PARAM(a_bzimage_tells_its_release, bzimage_gen_params),
	{}
};

static struct kunit_suite kind_suite = {
	.name = "kexec_kind",
	.test_cases = kind_cases,
};

kunit_test_suite(kind_suite);

MODULE_DESCRIPTION("KUnit tests of what files are told to be");
MODULE_LICENSE("GPL");
