// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: what a crash image leaves of its region
 *
 * A crash kernel has to do with what its image does not take up of the region, and a
 * region that turns out too small is only noticed when it matters.  So a load says how
 * much is left, and warns when the initrd alone unpacks to more than that.
 *
 * How large an initrd becomes is read where its format says so, without unpacking
 * anything.  Every answer is a lower bound.  The bytes may be anything: nothing is
 * believed further than the buffer reaches.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/hex.h>
#include <linux/kexec.h>
#include <linux/sizes.h>
#include <linux/unaligned.h>
#include <kunit/visibility.h>

#include "image.h"
#include "region.h"
#include "room.h"

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

struct packer {
	u8 magic[6];
	u8 len;
	u64 (*unpacked)(const u8 *buf, size_t len);
};

static u64 packed_size(const u8 *buf, size_t len)
{
	static const struct packer packers[] = {
		{ { 0x1f, 0x8b }, 2, gzip_unpacked },
		{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, zstd_unpacked },
		{ { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, xz_unpacked },
		{ { 0x02, 0x21, 0x4c, 0x18 }, 4, lz4_unpacked },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(packers); i++)
		if (len >= packers[i].len && !memcmp(buf, packers[i].magic, packers[i].len))
			return packers[i].unpacked(buf, len);
	return 0;
}

/* The archive that an initrd is, or that comes before what is packed: microcode. */
#define CPIO_HEADER	110
#define CPIO_FILESIZE	54
#define CPIO_NAMESIZE	94

static bool cpio_number(const u8 *digits, u32 *number)
{
	u8 bytes[4];

	if (hex2bin(bytes, digits, sizeof(bytes)))
		return false;
	*number = get_unaligned_be32(bytes);
	return true;
}

/* How long the archive member at @buf is, 0 if there is none; sets the size of its file. */
static size_t cpio_member(const u8 *buf, size_t len, u32 *filesize)
{
	u32 namesize;
	u64 size;

	if (len < CPIO_HEADER || (memcmp(buf, "070701", 6) && memcmp(buf, "070702", 6)))
		return 0;
	if (!cpio_number(buf + CPIO_FILESIZE, filesize) ||
	    !cpio_number(buf + CPIO_NAMESIZE, &namesize))
		return 0;
	size = ALIGN(CPIO_HEADER + (u64)namesize, 4) + ALIGN((u64)*filesize, 4);
	return size <= len ? size : 0;
}

/**
 * kexec_unpacked_size() - what an initrd needs when it is unpacked
 * @buf: the initrd; its bytes may be anything
 * @len: bytes
 *
 * Context: any.
 * Return: bytes, rather too few than too many; 0 when nothing says how many.
 */
VISIBLE_IF_KUNIT
u64 kexec_unpacked_size(const u8 *buf, size_t len)
{
	size_t at = 0, member;
	u64 files = 0;
	u32 filesize;

	while (at < len) {
		/* Archives are padded with zeros, and none begins with one. */
		if (!buf[at]) {
			at++;
			continue;
		}
		member = cpio_member(buf + at, len - at, &filesize);
		if (!member)
			return files + packed_size(buf + at, len - at);
		files += filesize;
		at += member;
	}
	return files;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_unpacked_size);

/**
 * kimage_initrd_unpacked() - what the initrd of a crash image unpacks to
 * @image: the image, not filled yet: then its initrd may be moved
 *
 * Context: process.
 * Return: bytes, at least; 0 when it has none or nobody can tell.
 */
u64 kimage_initrd_unpacked(const struct kimage *image)
{
	const void *initrd;
	size_t len = kimage_initrd(image, &initrd);

	return kimage_is_crash(image) ? kexec_unpacked_size(initrd, len) : 0;
}

static u64 bytes_used(const struct kimage *image)
{
	const struct kimage_ranges *control = &kimage_core(image)->control;
	unsigned int i;
	u64 used = 0;

	for (i = 0; i < image->nr_segments; i++)
		used += image->segment[i].memsz;
	for (i = 0; i < control->nr; i++)
		used += kexec_range_size(control->range[i]);
	return used;
}

/**
 * kimage_say_room() - say how much a crash image leaves to the crash kernel
 * @image:    the image, complete; nothing is said of a reboot image
 * @unpacked: what kimage_initrd_unpacked() said of it
 *
 * Context: process, kexec_load_mutex held.
 */
void kimage_say_room(const struct kimage *image, u64 unpacked)
{
	u64 size = kexec_range_size(kexec_region());
	u64 used, left;

	if (!kimage_is_crash(image))
		return;
	used = bytes_used(image);
	left = size - min(used, size);
	pr_info("crash image: %llu of %llu MiB, %llu MiB left for the crash kernel\n",
		size / SZ_1M - left / SZ_1M, size / SZ_1M, left / SZ_1M);
	if (unpacked > left)
		pr_warn("crash image: its initrd unpacks to %llu MiB: the crash kernel will run out of memory\n",
			DIV_ROUND_UP_ULL(unpacked, SZ_1M));
}
