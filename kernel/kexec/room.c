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
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <kunit/visibility.h>

#include "frame.h"
#include "image.h"
#include "region.h"
#include "room.h"

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

/* Archives are padded with zeros, and none begins with one. */
static size_t skip_padding(const u8 *buf, size_t at, size_t len)
{
	const u8 *next = memchr_inv(buf + at, 0, len - at);

	return next ? next - buf : len;
}

/**
 * kexec_unpacked_size() - what an initrd needs when it is unpacked
 * @buf: the initrd; its bytes may be anything
 * @len: bytes
 *
 * Context: process.
 * Return: bytes, rather too few than too many; 0 when nothing says how many.
 */
VISIBLE_IF_KUNIT
u64 kexec_unpacked_size(const u8 *buf, size_t len)
{
	size_t at = 0, member;
	u64 files = 0;
	u32 filesize;
	bool exact;

	while ((at = skip_padding(buf, at, len)) < len) {
		member = cpio_member(buf + at, len - at, &filesize);
		if (!member)
			return files + kexec_frame_size(buf + at, len - at, &exact);
		files += filesize;
		at += member;
		cond_resched();
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
 * kimage_room_left() - how much of the region a crash image leaves to the crash kernel
 * @image: the image, complete
 *
 * What the region has got since the image was loaded, the crash kernel is not told of.
 *
 * Context: any in which the image stays.
 * Return: bytes.
 */
u64 kimage_room_left(const struct kimage *image)
{
	u64 size = kimage_core(image)->region_size;

	return size - min(bytes_used(image), size);
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
	u64 size = kimage_core(image)->region_size;
	u64 left = kimage_room_left(image);

	if (!kimage_is_crash(image))
		return;
	pr_info("crash image: %llu of %llu MiB, %llu MiB left for the crash kernel\n",
		size / SZ_1M - left / SZ_1M, size / SZ_1M, left / SZ_1M);
	if (unpacked > left)
		pr_warn("crash image: its initrd unpacks to %llu MiB: the crash kernel will run out of memory\n",
			DIV_ROUND_UP_ULL(unpacked, SZ_1M));
}
