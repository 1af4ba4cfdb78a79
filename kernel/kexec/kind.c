// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: what a file is that is not loaded
 *
 * Whoever hands in the wrong file is helped most by being told what it is.  It is told
 * by a few bytes at a place, as file(1) does it; nothing is decided by it, since by then
 * no loader has taken the file.
 *
 * A pure function on bytes that may come from anybody.
 */
#include <linux/array_size.h>
#include <linux/ctype.h>
#include <linux/kexec.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "kind.h"

/**
 * struct kind - a kind of file
 * @at:    where it has the bytes that tell
 * @len:   how many
 * @bytes: they are these
 * @name:  as the log is going to call it
 */
struct kind {
	u16 at;
	u8 len;
	char bytes[10];
	const char *name;
};

#define KIND(at, bytes, name) { at, sizeof(bytes) - 1, bytes, name }

/* The first that fits counts: kernels that are PE files too come before these. */
static const struct kind kinds[] = {
	KIND(0x202, "HdrS",
	     "an x86 kernel, but not one that can be started in 64-bit mode from here"),
	KIND(0x38, "ARM\x64", "an arm64 Image"),
	KIND(0x38, "RSC\x05", "a RISC-V Image"),
	KIND(0x04, "zimg", "an EFI zboot image"),
	KIND(0x00, "MZ",
	     "a PE file, neither a kernel nor a unified kernel image with a .linux section"),
	KIND(0x00, "\177ELF\x02\x01", "a 64-bit ELF file, but not a kernel for this machine"),
	KIND(0x00, "\177ELF", "an ELF file, but not a 64-bit one of little endian"),
	KIND(0x00, "\x1f\x8b", "compressed by gzip"),
	KIND(0x00, "\3757zXZ\0", "compressed by xz"),
	KIND(0x00, "\x28\xb5\x2f\xfd", "compressed by zstd"),
	KIND(0x00, "\x02\x21\x4c\x18", "compressed by lz4"),
	KIND(0x00, "\x04\x22\x4d\x18", "compressed by lz4, framed as kernels are not"),
	KIND(0x00, "\x89LZO\0\r\n\x1a\n", "compressed by lzop"),
	KIND(0x00, "BZh", "compressed by bzip2"),
	KIND(0x00, "\x5d\0\0", "compressed by lzma"),
	KIND(0x00, "07070", "a cpio archive: an initrd?"),
	KIND(0x00, "\x27\x05\x19\x56", "an image for U-Boot"),
	KIND(0x00, "\xd0\x0d\xfe\xed", "a device tree, or a FIT image"),
	KIND(0x00, "#!", "a script"),
	KIND(0x101, "ustar", "a tar archive"),
	KIND(0x00, "!<arch>\n", "an archive: a package?"),
	KIND(0x00, "\xed\xab\xee\xdb", "an RPM package"),
};

/**
 * kexec_kind_of() - say what a file is
 * @file: its bytes
 * @len:  how many
 *
 * Context: any.
 * Return: some words for the log, which continue "it is".
 */
const char *kexec_kind_of(const void *file, size_t len)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (len >= kinds[i].at + kinds[i].len &&
		    !memcmp(file + kinds[i].at, kinds[i].bytes, kinds[i].len))
			return kinds[i].name;
	return "nothing that is known here";
}

/* Documentation/arch/x86/boot.rst: magic number, kernel_version, and from where that counts. */
#define HEADER_MAGIC		0x202
#define HEADER_VERSION		0x20e
#define HEADER_VERSION_END	0x210
#define VERSION_BASE		0x200

/**
 * kexec_release_of() - say how the kernel in a file calls itself
 * @file:    its bytes, which may be anything
 * @len:     how many
 * @release: becomes that, as uname(1) will have it; "" for a file that does not say
 *
 * A bzImage says it in its header.  Others do not.
 *
 * Context: any.
 */
void kexec_release_of(const void *file, size_t len, char release[KEXEC_RELEASE_MAX])
{
	const u8 *bytes = file;
	size_t at, n = 0;

	release[0] = '\0';
	if (len < HEADER_VERSION_END || memcmp(bytes + HEADER_MAGIC, "HdrS", 4))
		return;
	at = get_unaligned_le16(bytes + HEADER_VERSION);
	if (!at)
		return;
	for (at += VERSION_BASE; at < len && n < KEXEC_RELEASE_MAX - 1; at++) {
		/* Who has built it, and when, follows a space. */
		if (!isascii(bytes[at]) || !isgraph(bytes[at]))
			break;
		release[n++] = bytes[at];
	}
	release[n] = '\0';
}
