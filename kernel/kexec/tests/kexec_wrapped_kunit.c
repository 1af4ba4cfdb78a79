// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of what is found inside kernel files
 *
 * A small unified kernel image with each section that counts and one that does not; then
 * one with each thing wrong that can be.  It is damaged so that what is read beyond the file,
 * or of another section, is another result.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/pe.h>
#include <linux/sizes.h>
#include <linux/unaligned.h>

#include "../wrapped.h"
#include "kexec_kunit.h"

#define PE_AT		0x80
#define OPTIONAL_AT	(PE_AT + sizeof(struct pe_hdr))
#define NR_DIRS		6
#define OPTIONAL_LEN	(sizeof(struct pe32plus_opt_hdr) + NR_DIRS * sizeof(struct data_dirent))
#define TABLE_AT	(OPTIONAL_AT + OPTIONAL_LEN)
#define HEADERS		0x400
#define RAW		0x200

enum { OSREL, LINUX, UCODE, INITRD, CMDLINE, NR };

static const char * const names[NR] = { ".osrel", ".linux", ".ucode", ".initrd", ".cmdline" };

static size_t part_len(int i)
{
	return 0x100 + i;
}

static size_t part_at(int i)
{
	return HEADERS + i * RAW;
}

/**
 * struct uki - an image under test
 * @test: the test
 * @file: its bytes, with room for more sections' headers
 * @len:  how many
 */
struct uki {
	struct kunit *test;
	u8 *file;
	size_t len;
};

static struct mz_hdr *mz_of(struct uki *uki)
{
	return (struct mz_hdr *)uki->file;
}

static struct pe_hdr *pe_of(struct uki *uki)
{
	return (struct pe_hdr *)(uki->file + PE_AT);
}

static struct pe32plus_opt_hdr *optional_of(struct uki *uki)
{
	return (struct pe32plus_opt_hdr *)(uki->file + OPTIONAL_AT);
}

static struct section_header *section_of(struct uki *uki, int i)
{
	return (struct section_header *)(uki->file + TABLE_AT) + i;
}

static void name_section(struct uki *uki, int i, const char *name)
{
	struct section_header *section = section_of(uki, i);

	memset(section->name, 0, sizeof(section->name));
	memcpy(section->name, name, strlen(name));
}

static struct uki new_uki(struct kunit *test)
{
	struct uki uki = { test, kexec_test_alloc(test, part_at(NR)), part_at(NR) };
	int i;

	kexec_test_fill(uki.file, uki.len, 77);
	memset(uki.file, 0, HEADERS);
	*mz_of(&uki) = (struct mz_hdr) { .magic = IMAGE_DOS_SIGNATURE, .peaddr = PE_AT };
	*pe_of(&uki) = (struct pe_hdr) {
		.magic = IMAGE_NT_SIGNATURE,
		.machine = IMAGE_FILE_MACHINE_AMD64,
		.sections = NR,
		.opt_hdr_size = OPTIONAL_LEN,
	};
	*optional_of(&uki) = (struct pe32plus_opt_hdr) {
		.magic = IMAGE_NT_OPTIONAL_HDR64_MAGIC,
		.header_size = HEADERS,
		.data_dirs = NR_DIRS,
	};
	for (i = 0; i < NR; i++) {
		*section_of(&uki, i) = (struct section_header) {
			.virtual_size = part_len(i),
			.virtual_address = (i + 1) * SZ_4K,
			.raw_data_size = RAW,
			.data_addr = part_at(i),
		};
		name_section(&uki, i, names[i]);
	}
	return uki;
}

static void expect_part(struct uki *uki, const struct kexec_bytes *part, int i)
{
	KUNIT_EXPECT_PTR_EQ(uki->test, part->data, uki->file + part_at(i));
	KUNIT_EXPECT_EQ(uki->test, part->len, part_len(i));
}

/* What the parser says of a file of just that many bytes. */
static const char *parse(struct uki *uki, struct kexec_parts *parts)
{
	return kexec_uki_parse(uki->file, uki->len, parts);
}

static void parts_are_found(struct kunit *test)
{
	struct uki uki = new_uki(test);
	struct kexec_parts parts;

	KUNIT_EXPECT_TRUE(test, kexec_is_uki(uki.file, uki.len));
	KUNIT_ASSERT_STREQ(test, parse(&uki, &parts) ?: "", "");
	expect_part(&uki, &parts.kernel, LINUX);
	expect_part(&uki, &parts.ucode, UCODE);
	expect_part(&uki, &parts.initrd, INITRD);
	expect_part(&uki, &parts.cmdline, CMDLINE);
}

/* Nothing but the kernel has to be there. */
static void a_kernel_is_enough(struct kunit *test)
{
	struct uki uki = new_uki(test);
	struct kexec_parts parts;

	name_section(&uki, UCODE, ".uname");
	name_section(&uki, INITRD, ".initrd2");
	name_section(&uki, CMDLINE, ".cmdlin");
	KUNIT_ASSERT_STREQ(test, parse(&uki, &parts) ?: "", "");
	expect_part(&uki, &parts.kernel, LINUX);
	KUNIT_EXPECT_EQ(test, parts.ucode.len + parts.initrd.len + parts.cmdline.len, 0);
}

/* The first profile's sections win over what is in front of it; a second is not looked at. */
static void the_first_profile_counts(struct kunit *test)
{
	struct uki uki = new_uki(test);
	struct kexec_parts parts;

	name_section(&uki, OSREL, ".cmdline");
	name_section(&uki, UCODE, ".profile");
	KUNIT_ASSERT_STREQ(test, parse(&uki, &parts) ?: "", "");
	expect_part(&uki, &parts.cmdline, CMDLINE);
	name_section(&uki, INITRD, ".profile");
	KUNIT_ASSERT_STREQ(test, parse(&uki, &parts) ?: "", "");
	expect_part(&uki, &parts.cmdline, OSREL);
	expect_part(&uki, &parts.kernel, LINUX);
}

/* An empty section is none; one that fills its place in the file is whole. */
static void sections_end_where_they_say(struct kunit *test)
{
	struct uki uki = new_uki(test);
	struct kexec_parts parts;

	section_of(&uki, UCODE)->virtual_size = 0;
	section_of(&uki, UCODE)->raw_data_size = 0;
	section_of(&uki, UCODE)->data_addr = 0;
	section_of(&uki, CMDLINE)->virtual_size = RAW;
	KUNIT_ASSERT_STREQ(test, parse(&uki, &parts) ?: "", "");
	KUNIT_EXPECT_NULL(test, parts.ucode.data);
	KUNIT_EXPECT_EQ(test, parts.cmdline.len, RAW);
}

/* ---- what is odd ---- */

struct damage {
	const char *name;
	void (*change)(struct uki *uki);
	const char *why;
};

#define DAMAGE(name, what) static void name(struct uki *uki) { what; }

DAMAGE(duplicate, name_section(uki, OSREL, ".linux"))
DAMAGE(duplicate_later, name_section(uki, OSREL, ".cmdline"))
DAMAGE(truncated, uki->len -= 1)
DAMAGE(truncated_early, uki->len = part_at(LINUX))
DAMAGE(overlapping, section_of(uki, INITRD)->data_addr -= 1)
DAMAGE(overlapping_skipped, section_of(uki, OSREL)->raw_data_size += 1)
DAMAGE(same_place, section_of(uki, CMDLINE)->data_addr = part_at(OSREL))
DAMAGE(over_headers, section_of(uki, OSREL)->data_addr = HEADERS - 1)
DAMAGE(far, section_of(uki, CMDLINE)->data_addr = U32_MAX)
DAMAGE(huge, section_of(uki, CMDLINE)->raw_data_size = U32_MAX)
DAMAGE(huge_in_memory, section_of(uki, INITRD)->virtual_size = RAW + 1)
DAMAGE(no_contents, section_of(uki, LINUX)->virtual_size = 0)
DAMAGE(bss, section_of(uki, LINUX)->raw_data_size = 0)
DAMAGE(table_not_covered, optional_of(uki)->header_size = TABLE_AT + NR * 40 - 1)
DAMAGE(table_elsewhere, optional_of(uki)->data_dirs--)

static void many(struct uki *uki)
{
	pe_of(uki)->sections = 97;
}

static const struct damage damages[] = {
	{ "two kernels", duplicate, "it has two sections of one name" },
	{ "two command lines", duplicate_later, "it has two sections of one name" },
	{ "a byte is missing", truncated, "a section is not in it" },
	{ "all is missing but the headers", truncated_early, "a section is not in it" },
	{ "a byte of two sections", overlapping, "its sections overlap" },
	{ "a byte of a section that is skipped", overlapping_skipped, "its sections overlap" },
	{ "all of two sections", same_place, "its sections overlap" },
	{ "a section over the headers", over_headers, "a section is where its headers are" },
	{ "a section far away", far, "a section is not in it" },
	{ "a huge section", huge, "a section is not in it" },
	{ "a section that is larger in memory", huge_in_memory,
	  "a section is larger than what the file has of it" },
	{ "no byte of a kernel", no_contents, "its section for the kernel is empty" },
	{ "a kernel of zeros", bss, "a section is larger than what the file has of it" },
	{ "a table that no signature covers", table_not_covered,
	  "its table of sections is not where its headers end" },
	{ "a table where no signature expects it", table_elsewhere,
	  "its table of sections is not where its headers end" },
	{ "too many sections", many, "it has too many sections" },
};

KUNIT_ARRAY_PARAM_DESC(damage, damages, name);

static void damage_is_told(struct kunit *test)
{
	const struct damage *damage = test->param_value;
	struct uki uki = new_uki(test);
	struct kexec_parts parts;

	/* There is room for the many. */
	if (damage->change == many) {
		u8 *larger = kexec_test_alloc(test, SZ_16K);

		memset(larger, 0, SZ_16K);
		memcpy(larger, uki.file, uki.len);
		uki.file = larger;
		uki.len = SZ_16K;
	}
	damage->change(&uki);
	KUNIT_EXPECT_TRUE(test, kexec_is_uki(uki.file, uki.len));
	KUNIT_EXPECT_STREQ(test, parse(&uki, &parts) ?: "", damage->why);
}

DAMAGE(no_mz, mz_of(uki)->magic++)
DAMAGE(no_pe, pe_of(uki)->magic++)
DAMAGE(for_32_bits, optional_of(uki)->magic = IMAGE_NT_OPTIONAL_HDR32_MAGIC)
DAMAGE(header_outside, mz_of(uki)->peaddr = uki->len - sizeof(struct pe_hdr))
DAMAGE(header_far, mz_of(uki)->peaddr = U32_MAX)
DAMAGE(no_sections, pe_of(uki)->sections = 0)
DAMAGE(sections_outside, pe_of(uki)->sections = U16_MAX)
DAMAGE(table_outside, pe_of(uki)->opt_hdr_size = U16_MAX)
DAMAGE(no_kernel, name_section(uki, LINUX, ".text"))
DAMAGE(longer_name, name_section(uki, LINUX, ".linux2"))
DAMAGE(short_file, uki->len = sizeof(struct mz_hdr) - 1)
DAMAGE(table_cut, uki->len = TABLE_AT + NR * sizeof(struct section_header) - 1)

static const struct damage others[] = {
	{ "no DOS header", no_mz },
	{ "no PE header", no_pe },
	{ "for 32 bits", for_32_bits },
	{ "headers beyond the end", header_outside },
	{ "headers far away", header_far },
	{ "no sections", no_sections },
	{ "more sections than bytes", sections_outside },
	{ "a table beyond the end", table_outside },
	{ "no kernel", no_kernel },
	{ "another name", longer_name },
	{ "half a header", short_file },
	{ "most of a table", table_cut },
};

KUNIT_ARRAY_PARAM_DESC(other, others, name);

/* These are for others to tell what they are. */
static void other_files_are_none(struct kunit *test)
{
	const struct damage *other = test->param_value;
	struct uki uki = new_uki(test);

	other->change(&uki);
	KUNIT_EXPECT_FALSE(test, kexec_is_uki(uki.file, uki.len));
}

/* ---- zboot ---- */

#define ZBOOT_LEN	0x60
#define PAYLOAD_AT	0x48

static u8 *new_zboot(struct kunit *test, const char *magic, size_t len)
{
	u8 *file = kexec_test_alloc(test, len);

	memset(file, 0x11, len);
	memcpy(file, "MZ\0\0zimg", 8);
	put_unaligned_le32(PAYLOAD_AT, file + 8);
	put_unaligned_le32(ZBOOT_LEN - PAYLOAD_AT, file + 12);
	memcpy(file + PAYLOAD_AT, magic, strlen(magic));
	put_unaligned_le32(1234567, file + len - sizeof(u32));
	return file;
}

/* gzip's own last bytes tell the size, and four bytes behind all else. */
static void zboot_images_tell_their_size(struct kunit *test)
{
	static const char * const magics[] = { "\x1f\x8b\x08", "\x28\xb5\x2f\xfd" };
	struct kexec_packed packed;
	int i;

	for (i = 0; i < ARRAY_SIZE(magics); i++) {
		size_t len = ZBOOT_LEN + (i ? sizeof(u32) : 0);
		u8 *file = new_zboot(test, magics[i], len);

		KUNIT_EXPECT_TRUE(test, kexec_is_zboot(file, len));
		KUNIT_ASSERT_STREQ(test, kexec_zboot_parse(file, len, &packed) ?: "", "");
		KUNIT_EXPECT_PTR_EQ(test, packed.data, file + PAYLOAD_AT);
		KUNIT_EXPECT_EQ(test, packed.len, ZBOOT_LEN - PAYLOAD_AT);
		KUNIT_EXPECT_EQ(test, packed.size, 1234567);
		KUNIT_EXPECT_STREQ(test, kexec_zboot_parse(file, len - 1, &packed) ?: "",
				   "what is packed in it is not in it");
	}
}

static void zboot_images_that_are_odd(struct kunit *test)
{
	u8 *file = new_zboot(test, "\x1f\x8b\x08", ZBOOT_LEN);
	struct kexec_packed packed;

	KUNIT_EXPECT_FALSE(test, kexec_is_zboot(file, 0x3f));
	put_unaligned_le32(U32_MAX, file + 8);
	KUNIT_EXPECT_NOT_NULL(test, kexec_zboot_parse(file, ZBOOT_LEN, &packed));
	put_unaligned_le32(PAYLOAD_AT, file + 8);
	put_unaligned_le32(3, file + 12);
	KUNIT_EXPECT_NOT_NULL(test, kexec_zboot_parse(file, ZBOOT_LEN, &packed));
	put_unaligned_le32(ZBOOT_LEN - PAYLOAD_AT, file + 12);
	put_unaligned_le32(0, file + ZBOOT_LEN - 4);
	KUNIT_EXPECT_STREQ(test, kexec_zboot_parse(file, ZBOOT_LEN, &packed) ?: "",
			   "nothing is packed in it");
	file[PAYLOAD_AT] = 0;
	KUNIT_EXPECT_STREQ(test, kexec_zboot_parse(file, ZBOOT_LEN, &packed) ?: "",
			   "what it is packed with is not known");
	file[4] = 'Z';
	KUNIT_EXPECT_FALSE(test, kexec_is_zboot(file, ZBOOT_LEN));
}

/* ---- compressed files ---- */

#define ZSTD	"\x28\xb5\x2f\xfd"

static const struct packed_file {
	const char *name, *bytes;
	size_t len, size;
} packed_files[] = {
#define PACKED(name, bytes, size) { name, bytes, sizeof(bytes) - 1, size }
	PACKED("gzip", "\x1f\x8b\x08\0\0\0\0\0\0\0\0\0\0\0\x78\x46\0\0", 0x4678),
	PACKED("gzip, of too much", "\x1f\x8b\x08\0\0\0\0\0\0\0\0\0\0\0\x78\x56\x34\x12", 0),
	PACKED("gzip, cut", "\x1f\x8b\x08\0\0\0\0\0\0\0\0\0\0\0\x78\x46\0", 0),
	PACKED("zstd of a byte", ZSTD "\x20\x2a", 42),
	PACKED("zstd of two", ZSTD "\x60\x01\x02", 0x0201 + 256),
	PACKED("zstd of four", ZSTD "\xa0\x01\x02\x03\x04", 0x04030201),
	PACKED("zstd of eight", ZSTD "\xe0\x01\x02\x03\x04\x05\0\0\0", 0x0504030201),
	PACKED("zstd with a window", ZSTD "\x80\x55\x01\x02\x03\x04", 0x04030201),
	PACKED("zstd with a dictionary", ZSTD "\xa2\xaa\xbb\x01\x02\x03\x04", 0x04030201),
	PACKED("zstd that does not tell", ZSTD "\x00\x55\x01\x02\x03\x04", 0),
	PACKED("zstd, cut", ZSTD "\xa0\x01\x02\x03", 0),
	PACKED("zstd, cut early", ZSTD, 0),
	PACKED("lz4, which does not tell", "\x02\x21\x4c\x18\x01\0\0\0\0", 0),
};

KUNIT_ARRAY_PARAM_DESC(packed, packed_files, name);

static void compressed_files_tell_their_size(struct kunit *test)
{
	const struct packed_file *want = test->param_value;
	u8 *file = kexec_test_alloc(test, want->len);
	struct kexec_packed packed;
	const char *why;

	memcpy(file, want->bytes, want->len);
	KUNIT_ASSERT_TRUE(test, kexec_is_packed(file, want->len));
	why = kexec_packed_parse(file, want->len, &packed);
	KUNIT_EXPECT_EQ(test, packed.size, want->size);
	KUNIT_EXPECT_EQ(test, !why, !!want->size);
	KUNIT_EXPECT_FALSE(test, kexec_is_packed(file, 1));
}

static struct kunit_case wrapped_cases[] = {
	KUNIT_CASE(parts_are_found),
	KUNIT_CASE(a_kernel_is_enough),
	KUNIT_CASE(the_first_profile_counts),
	KUNIT_CASE(sections_end_where_they_say),
	KUNIT_CASE_PARAM(damage_is_told, damage_gen_params),
	KUNIT_CASE_PARAM(other_files_are_none, other_gen_params),
	KUNIT_CASE(zboot_images_tell_their_size),
	KUNIT_CASE(zboot_images_that_are_odd),
	KUNIT_CASE_PARAM(compressed_files_tell_their_size, packed_gen_params),
	{}
};

static struct kunit_suite wrapped_suite = {
	.name = "kexec_wrapped",
	.test_cases = wrapped_cases,
};

kunit_test_suite(wrapped_suite);

MODULE_DESCRIPTION("KUnit tests of what is found inside kernel files");
MODULE_LICENSE("GPL");
