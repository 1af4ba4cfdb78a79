// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: how much compressed data unpacks to
 *
 * Read where its format says so, without unpacking anything.  The bytes may be anything:
 * nothing is believed further than the buffer reaches.
 *
 * Pure functions.  Built in user space as well, where they are fuzzed.
 */
#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "frame.h"

/* Deflate makes at most so many bytes of one. */
#define DEFLATE_MAX	1032

/* RFC 1952: the size of the last member, modulo 2^32, is what the file ends with. */
static u64 gzip_unpacked(const u8 *buf, size_t len)
{
	u32 size;

	if (len < 18)
		return 0;
	size = get_unaligned_le32(buf + len - sizeof(u32));
	return size <= (u64)len * DEFLATE_MAX ? size : 0;
}

/* RFC 8878, 3.1.1.1: a frame may say in its header how long its contents are. */
static u64 zstd_unpacked(const u8 *buf, size_t len)
{
	static const u8 id_bytes[] = { 0, 1, 2, 4 };
	u8 descriptor, code;
	bool single;
	size_t at;

	if (len < 5)
		return 0;
	descriptor = buf[4];
	code = descriptor >> 6;
	single = descriptor & BIT(5);
	at = 5 + !single + id_bytes[descriptor & 3];
	if (len < at + (1 << code))
		return 0;
	switch (code) {
	case 0:
		return single ? buf[at] : 0;
	case 1:
		return get_unaligned_le16(buf + at) + 256;
	case 2:
		return get_unaligned_le32(buf + at);
	default:
		return get_unaligned_le64(buf + at);
	}
}

/* A number of the xz format, seven bits a byte; false when it is cut off or too long. */
static bool xz_number(const u8 **at, const u8 *end, u64 *number)
{
	unsigned int shift;

	*number = 0;
	for (shift = 0; *at < end && shift < 63; shift += 7) {
		u8 byte = *(*at)++;

		*number |= (u64)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

static u64 xz_index_sum(const u8 *at, const u8 *end)
{
	u64 records, packed, unpacked, sum = 0;

	if (*at++ || !xz_number(&at, end, &records))
		return 0;
	while (records--) {
		if (!xz_number(&at, end, &packed) || !xz_number(&at, end, &unpacked))
			return 0;
		sum += unpacked;
	}
	return sum;
}

#define XZ_FOOTER	12

/* The xz file format, 2.1.2 and 4: the footer says how far before it the index begins. */
static u64 xz_unpacked(const u8 *buf, size_t len)
{
	const u8 *footer;
	u64 index;

	while (len > XZ_FOOTER && !buf[len - 1])
		len--;
	footer = buf + len - XZ_FOOTER;
	if (len <= XZ_FOOTER || memcmp(footer + 10, "YZ", 2))
		return 0;
	index = ((u64)get_unaligned_le32(footer + 4) + 1) * 4;
	if (index > len - XZ_FOOTER)
		return 0;
	return xz_index_sum(footer - index, footer);
}

/* What kernels can unpack of lz4 is its legacy frame: all blocks but the last are full. */
#define LZ4_BLOCK	SZ_8M

static u64 lz4_unpacked(const u8 *buf, size_t len)
{
	size_t at = sizeof(u32), full = 0;

	while (len - at > sizeof(u32)) {
		u32 packed = get_unaligned_le32(buf + at);

		at += sizeof(u32);
		if (!packed || packed >= len - at)
			break;
		at += packed;
		full++;
	}
	return (u64)full * LZ4_BLOCK;
}

/**
 * struct frame - a format, and how it tells
 * @magic:    what it begins with
 * @len:      bytes of that
 * @exact:    it tells just how much, not how much at least
 * @unpacked: how much
 */
struct frame {
	u8 magic[6];
	u8 len;
	bool exact;
	u64 (*unpacked)(const u8 *buf, size_t len);
};

static const struct frame frames[] = {
	{ { 0x1f, 0x8b }, 2, true, gzip_unpacked },
	{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, true, zstd_unpacked },
	{ { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, true, xz_unpacked },
	{ { 0x02, 0x21, 0x4c, 0x18 }, 4, false, lz4_unpacked },
};

/**
 * kexec_frame_size() - how much something unpacks to, as it says itself
 * @buf:   what is compressed, to its end; may come from anybody
 * @len:   bytes
 * @exact: set; false when it is at least so much
 *
 * Context: any.
 * Return: bytes; 0 when it is not compressed, in another format or does not tell.
 */
u64 kexec_frame_size(const u8 *buf, size_t len, bool *exact)
{
	int i;

	*exact = false;
	for (i = 0; i < ARRAY_SIZE(frames); i++) {
		if (len < frames[i].len || memcmp(buf, frames[i].magic, frames[i].len))
			continue;
		*exact = frames[i].exact;
		return frames[i].unpacked(buf, len);
	}
	return 0;
}
