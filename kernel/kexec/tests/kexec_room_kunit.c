// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of how an initrd's unpacked size is read
 *
 * The same zeros, packed by the tools that pack an initrd, behind an archive of
 * microcode and without one; then all of it cut short anywhere.
 */
#include <kunit/test.h>
#include <linux/sizes.h>
#include <linux/unaligned.h>

#include "../room.h"
#include "kexec_kunit.h"

#define SIZE	5000

/* 5,000 zeros by gzip -n9 */
static const u8 by_gzip[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0x31, 0x01, 0x00,
	0x00, 0x00, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x0a, 0x3f, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x80,
	0xb7, 0x01, 0xa8, 0x0e, 0xe5, 0xd8, 0x88, 0x13, 0x00, 0x00,
};

/* by xz --check=crc32 --block-size=2000, so in three blocks */
static const u8 by_xz[] = {
	0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x01, 0x69, 0x22, 0xde, 0x36, 0x02, 0x00, 0x21,
	0x01, 0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0xe0, 0x07, 0xcf, 0x00, 0x11, 0x5d,
	0x00, 0x00, 0x6f, 0xfd, 0xff, 0xff, 0xa3, 0xb7, 0xff, 0x47, 0x3e, 0x48, 0x15, 0x70, 0x30,
	0x00, 0x68, 0x00, 0x00, 0x00, 0x00, 0x00, 0x44, 0xf4, 0xc9, 0x02, 0x02, 0x00, 0x21, 0x01,
	0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0xe0, 0x07, 0xcf, 0x00, 0x11, 0x5d, 0x00,
	0x00, 0x6f, 0xfd, 0xff, 0xff, 0xa3, 0xb7, 0xff, 0x47, 0x3e, 0x48, 0x15, 0x70, 0x30, 0x00,
	0x68, 0x00, 0x00, 0x00, 0x00, 0x00, 0x44, 0xf4, 0xc9, 0x02, 0x02, 0x00, 0x21, 0x01, 0x16,
	0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0xe0, 0x03, 0xe7, 0x00, 0x0b, 0x5d, 0x00, 0x00,
	0x6f, 0xfd, 0xff, 0xff, 0xa3, 0xb7, 0x5a, 0x0d, 0x5e, 0x00, 0x00, 0x00, 0x80, 0x17, 0x0b,
	0x06, 0x00, 0x03, 0x29, 0xd0, 0x0f, 0x29, 0xd0, 0x0f, 0x23, 0xe8, 0x07, 0x00, 0x5f, 0x3b,
	0x24, 0x0c, 0x9b, 0xe3, 0x51, 0x40, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01, 0x59, 0x5a,
};

/* by zstd -19, of a file */
static const u8 by_zstd[] = {
	0x28, 0xb5, 0x2f, 0xfd, 0x64, 0x88, 0x12, 0x45, 0x00, 0x00, 0x08, 0x00, 0x01, 0x00, 0x84,
	0xd3, 0x03, 0x21, 0x25, 0xb7, 0x32, 0x30,
};

/* by zstd -19, of a pipe: nobody knew the size when the header was written */
static const u8 by_zstd_pipe[] = {
	0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x68, 0x45, 0x00, 0x00, 0x08, 0x00, 0x01, 0x00, 0x84, 0xd3,
	0x03, 0x21, 0x25, 0xb7, 0x32, 0x30,
};

/* Three blocks, the last of which may be any size. */
static const u8 by_lz4[] = {
	0x02, 0x21, 0x4c, 0x18,
	0x02, 0x00, 0x00, 0x00, 0x11, 0x22,
	0x03, 0x00, 0x00, 0x00, 0x11, 0x22, 0x33,
	0x01, 0x00, 0x00, 0x00, 0x11,
};

struct packed {
	const char *desc;
	const u8 *bytes;
	size_t len;
	u64 size;
};

static const struct packed packed[] = {
	{ "gzip", by_gzip, sizeof(by_gzip), SIZE },
	{ "xz", by_xz, sizeof(by_xz), SIZE },
	{ "zstd", by_zstd, sizeof(by_zstd), SIZE },
	{ "zstd of a pipe", by_zstd_pipe, sizeof(by_zstd_pipe), 0 },
	{ "lz4", by_lz4, sizeof(by_lz4), 2 * SZ_8M },
};

KUNIT_ARRAY_PARAM_DESC(packed, packed, desc);

/* An archive of one file of 300 bytes, and its end. */
#define FILE_SIZE	300

static size_t put_member(u8 *to, const char *name, u32 size)
{
	size_t namesize = strlen(name) + 1, head = ALIGN(110 + namesize, 4);

	memset(to, 0, head + ALIGN(size, 4));
	scnprintf(to, 111, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		  1, 0100644, 0, 0, 1, 0, size, 0, 0, 0, 0, (u32)namesize, 0);
	memcpy(to + 110, name, namesize);
	return head + ALIGN(size, 4);
}

/* Padded to 512 bytes, as cpio does. */
static size_t put_archive(u8 *to)
{
	size_t len = put_member(to, "microcode", FILE_SIZE);

	len += put_member(to + len, "TRAILER!!!", 0);
	memset(to + len, 0, ALIGN(len, 512) - len);
	return ALIGN(len, 512);
}

static void says_what_the_format_says(struct kunit *test)
{
	const struct packed *p = test->param_value;

	KUNIT_EXPECT_EQ(test, p->size, kexec_unpacked_size(p->bytes, p->len));
}

static void sees_it_behind_an_archive(struct kunit *test)
{
	const struct packed *p = test->param_value;
	u8 *initrd = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);
	size_t len;

	KUNIT_ASSERT_NOT_NULL(test, initrd);
	len = put_archive(initrd);
	KUNIT_EXPECT_EQ(test, FILE_SIZE, kexec_unpacked_size(initrd, len));
	/* Of the format with checksums. */
	initrd[5] = '2';
	KUNIT_EXPECT_EQ(test, FILE_SIZE, kexec_unpacked_size(initrd, len));
	memcpy(initrd + len, p->bytes, p->len);
	KUNIT_EXPECT_EQ(test, FILE_SIZE + p->size, kexec_unpacked_size(initrd, len + p->len));
}

/* A buffer of just the length, for KASAN; nothing that is cut off is made up. */
static void reads_no_further_than_the_end(struct kunit *test)
{
	const struct packed *p = test->param_value;
	size_t len;

	for (len = 0; len < p->len; len++) {
		u8 *cut = kmemdup(p->bytes, len, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, cut);
		/* The end of what is cut may be any number, for gzip a credible one. */
		KUNIT_EXPECT_LE(test, kexec_unpacked_size(cut, len),
				p->bytes == by_gzip ? len * 1032 : p->size);
		kfree(cut);
	}
}

/* An index of the xz format with one record, and the footer that says how long it is. */
static u8 *put_index(u8 *to, u8 indicator, const u8 *number, size_t len, u32 words)
{
	memset(to, 0, 16);
	to[0] = indicator;
	to[1] = 1;
	to[2] = 1;
	memcpy(to + 3, number, len);
	put_unaligned_le32(words - 1, to + 16 + 4);
	memcpy(to + 16 + 10, "YZ", 2);
	return to + 16 + 12;
}

static const struct {
	const char *what;
	u8 indicator, number[12];
	u32 words;
	u64 size;
} indices[] = {
	{ "a byte", 0, { 0x7f }, 4, 0x7f },
	{ "two bytes", 0, { 0xff, 1 }, 4, 0xff },
	{ "nine bytes", 0, { 128, 128, 128, 128, 128, 128, 128, 128, 0x40 }, 4, 1ULL << 62 },
	{ "ten bytes", 0, { 128, 128, 128, 128, 128, 128, 128, 128, 128, 1 }, 4, 0 },
	{ "no index", 2, { 0x7f }, 4, 0 },
	{ "one that would begin before the file", 0, { 0x7f }, 8, 0 },
};

/* An index is read where the footer says if that is in the file; numbers are of 63 bits. */
static void reads_an_index_where_it_is(struct kunit *test)
{
	static const u8 before[] = { 0, 1, 1, 5, 0, 0, 0, 0 };
	static const u8 magic[] = { 0xfd, '7', 'z', 'X', 'Z', 0, 0, 0 };
	u8 *buf = kunit_kzalloc(test, SZ_4K, GFP_KERNEL), *file = buf + sizeof(before), *end;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	memcpy(buf, before, sizeof(before));
	memcpy(file, magic, sizeof(magic));
	for (i = 0; i < ARRAY_SIZE(indices); i++) {
		end = put_index(file + sizeof(magic), indices[i].indicator, indices[i].number,
				sizeof(indices[i].number), indices[i].words);
		KUNIT_EXPECT_EQ_MSG(test, indices[i].size, kexec_unpacked_size(file, end - file),
				    "%s", indices[i].what);
	}
}

static void knows_nothing_of_others(struct kunit *test)
{
	u8 *noise = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, noise);
	KUNIT_EXPECT_EQ(test, 0, kexec_unpacked_size(noise, 0));
	KUNIT_EXPECT_EQ(test, 0, kexec_unpacked_size(noise, SZ_4K));
	prandom_bytes_state(kexec_test_chance(test), noise, SZ_4K);
	noise[0] = 'B';
	KUNIT_EXPECT_EQ(test, 0, kexec_unpacked_size(noise, SZ_4K));
}

/* A member that claims more than there is. */
static void believes_no_archive_that_is_cut(struct kunit *test)
{
	u8 *initrd = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);
	size_t len;

	KUNIT_ASSERT_NOT_NULL(test, initrd);
	len = put_member(initrd, "large", 1000);
	KUNIT_EXPECT_EQ(test, 1000, kexec_unpacked_size(initrd, len));
	KUNIT_EXPECT_EQ(test, 0, kexec_unpacked_size(initrd, len - 1));
}

/* The log says what a crash image leaves, and warns if what is in its initrd needs more. */
static void the_room_left_is_told(struct kunit *test)
{
	struct kimage *image = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_LOADER)->image;
	struct kmsg_dump_iter *log = kexec_test_end_of_log(test);

	image->segment[0].memsz = SZ_16M;
	image->segment[1].memsz = SZ_1M;
	image->nr_segments = 2;
	kimage_core(image)->region_size = SZ_64M;
	kimage_say_room(image, 0);
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, "17 of 64 MiB, 47 MiB left for"), 1);
	kimage_say_room(image, SZ_64M - SZ_16M - SZ_1M);
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, "will run out of memory"), 0);
	kimage_say_room(image, SZ_64M - SZ_16M - SZ_1M + 1);
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, "unpacks to 48 MiB"), 1);
	kimage_core(image)->region_size = SZ_16M;
	KUNIT_EXPECT_EQ(test, kimage_room_left(image), 0);
	image->type = KEXEC_TYPE_DEFAULT;
	kimage_say_room(image, SZ_64M);
	KUNIT_EXPECT_EQ(test, kexec_test_lines_with(log, "MiB"), 0);
	image->nr_segments = 0;
}

static struct kunit_case room_cases[] = {
	KUNIT_CASE_PARAM(says_what_the_format_says, packed_gen_params),
	KUNIT_CASE_PARAM(sees_it_behind_an_archive, packed_gen_params),
	KUNIT_CASE_PARAM(reads_no_further_than_the_end, packed_gen_params),
	KUNIT_CASE(reads_an_index_where_it_is),
	KUNIT_CASE_PARAM(knows_nothing_of_others, kexec_test_seeds),
	KUNIT_CASE(believes_no_archive_that_is_cut),
	KUNIT_CASE(the_room_left_is_told),
	{}
};

static struct kunit_suite room_suite = {
	.name = "kexec_room",
	.test_cases = room_cases,
};

kunit_test_suite(room_suite);

MODULE_DESCRIPTION("KUnit tests of how an initrd's unpacked size is read");
MODULE_LICENSE("GPL");
