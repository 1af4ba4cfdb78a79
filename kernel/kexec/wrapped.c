// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: kernels inside other files
 *
 * - A unified kernel image is a PE file, a section of which is the kernel; others are an
 *   initrd and a command line (UAPI.5, "Unified Kernel Image").
 * - An EFI zboot image is a PE file as well, that unpacks itself; its header says what is
 *   packed in it (drivers/firmware/efi/libstub/zboot-header.S).
 * - A compressed file tells how much it unpacks to, or that is not known here.
 *
 * Here is found out where in a file things are, and unwrap.c makes use of it.  In a PE
 * file it all hangs on what a signature covers: the headers, of the length that they
 * give for themselves, and each section's bytes in the file.  So the table of sections has
 * to be within the former, and nothing counts that is not in the latter.
 *
 * Pure functions on bytes that may come from anybody.  Built in user space as well, where
 * they are fuzzed.
 */
#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/pe.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "frame.h"
#include "wrapped.h"

static bool wrapped_within(u64 start, u64 size, u64 end)
{
	return size <= end && start <= end - size;
}

/* ---- PE files: "PE Format", Microsoft ---- */

/* Windows takes no more. */
#define SECTIONS_MAX	96

/**
 * struct pe - where a PE file has its sections' headers
 * @table:   offset of the first
 * @signed_table: offset where the verification of signatures takes it to be
 * @nr:      how many
 * @headers: bytes that are headers
 */
struct pe {
	u64 table;
	u64 signed_table;
	unsigned int nr;
	u64 headers;
};

/* False when it is no PE file for 64 bits, or not even the table is in it. */
static bool find_sections(const u8 *file, size_t len, struct pe *pe)
{
	struct pe32plus_opt_hdr optional;
	struct pe_hdr hdr;
	struct mz_hdr mz;
	u64 at;

	if (len < sizeof(mz))
		return false;
	memcpy(&mz, file, sizeof(mz));
	if (mz.magic != IMAGE_DOS_SIGNATURE ||
	    !wrapped_within(mz.peaddr, sizeof(hdr) + sizeof(optional), len))
		return false;
	memcpy(&hdr, file + mz.peaddr, sizeof(hdr));
	at = (u64)mz.peaddr + sizeof(hdr);
	memcpy(&optional, file + at, sizeof(optional));
	if (hdr.magic != IMAGE_NT_SIGNATURE || optional.magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC)
		return false;
	pe->table = at + hdr.opt_hdr_size;
	pe->signed_table = at + sizeof(optional) +
			   (u64)optional.data_dirs * sizeof(struct data_dirent);
	pe->nr = hdr.sections;
	pe->headers = optional.header_size;
	return wrapped_within(pe->table, (u64)pe->nr * sizeof(struct section_header), len);
}

static struct section_header section_at(const u8 *file, const struct pe *pe, unsigned int i)
{
	struct section_header section;

	memcpy(&section, file + pe->table + i * sizeof(section), sizeof(section));
	return section;
}

static bool is_named(const struct section_header *section, const char *name)
{
	return !strncmp(section->name, name, sizeof(section->name));
}

static bool wrapped_overlap(const struct section_header *a, const struct section_header *b)
{
	return a->data_addr < (u64)b->data_addr + b->raw_data_size &&
	       b->data_addr < (u64)a->data_addr + a->raw_data_size;
}

/* No section may have bytes that are headers, another one's, or not in the file. */
static const char *check_section(const u8 *file, size_t len, const struct pe *pe, unsigned int i)
{
	struct section_header section = section_at(file, pe, i), other;
	unsigned int j;

	if (!section.raw_data_size)
		return NULL;
	if (!wrapped_within(section.data_addr, section.raw_data_size, len))
		return "a section is not in it";
	if (section.data_addr < pe->headers)
		return "a section is where its headers are";
	for (j = 0; j < i; j++) {
		other = section_at(file, pe, j);
		if (wrapped_overlap(&section, &other))
			return "its sections overlap";
	}
	return NULL;
}

static const char *check_sections(const u8 *file, size_t len, const struct pe *pe)
{
	const char *why = NULL;
	unsigned int i;

	if (pe->nr > SECTIONS_MAX)
		return "it has too many sections";
	if (pe->table != pe->signed_table ||
	    !wrapped_within(pe->table, pe->nr * sizeof(struct section_header), pe->headers))
		return "its table of sections is not where its headers end";
	for (i = 0; i < pe->nr && !why; i++)
		why = check_section(file, len, pe, i);
	return why;
}

/* ---- unified kernel images ---- */

static const struct wanted {
	const char *name;
	size_t part;
} wanted[] = {
	{ ".linux", offsetof(struct kexec_parts, kernel) },
	{ ".ucode", offsetof(struct kexec_parts, ucode) },
	{ ".initrd", offsetof(struct kexec_parts, initrd) },
	{ ".cmdline", offsetof(struct kexec_parts, cmdline) },
};

/*
 * In the file a section is padded; its size in memory says where it ends.  If that is
 * larger, zeros follow which are not in the file, and nobody makes such a section.
 */
static const char *take_part(const u8 *file, const struct section_header *section,
			     struct kexec_bytes *part)
{
	if (section->virtual_size > section->raw_data_size)
		return "a section is larger than what the file has of it";
	*part = (struct kexec_bytes) {};
	if (section->virtual_size)
		*part = (struct kexec_bytes) { file + section->data_addr, section->virtual_size };
	return NULL;
}

static const char *take_section(const u8 *file, const struct section_header *section,
				struct kexec_parts *parts, unsigned long *seen)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		if (!is_named(section, wanted[i].name))
			continue;
		if (*seen & BIT(i))
			return "it has two sections of one name";
		*seen |= BIT(i);
		return take_part(file, section, (void *)parts + wanted[i].part);
	}
	return NULL;
}

/**
 * kexec_is_uki() - is it a unified kernel image?
 * @file: a file
 * @len:  its bytes
 *
 * Context: any.
 * Return: whether it is a PE file with a section for a kernel.
 */
bool kexec_is_uki(const u8 *file, size_t len)
{
	struct pe pe;
	unsigned int i;

	if (!find_sections(file, len, &pe))
		return false;
	for (i = 0; i < pe.nr; i++) {
		struct section_header section = section_at(file, &pe, i);

		if (is_named(&section, ".linux"))
			return true;
	}
	return false;
}

/**
 * kexec_uki_find() - find the kernel in a unified kernel image and what belongs to it
 * @file:  the file, at least its headers
 * @there: how many of its bytes are there, which others are not looked at
 * @len:   how many it has
 * @parts: set, to where they are in @file, or will be
 *
 * Of one that has several profiles it is the first: what its sections are called wins
 * over those in front of all profiles.
 *
 * Context: any.
 * Return: NULL, or what is odd about it.
 */
const char *kexec_uki_find(const u8 *file, size_t there, size_t len, struct kexec_parts *parts)
{
	unsigned int i, profiles = 0;
	unsigned long seen = 0;
	const char *why;
	struct pe pe;

	*parts = (struct kexec_parts) {};
	if (!find_sections(file, there, &pe))
		return "it is no PE file for 64 bits";
	why = check_sections(file, len, &pe);
	for (i = 0; i < pe.nr && !why; i++) {
		struct section_header section = section_at(file, &pe, i);

		if (is_named(&section, ".profile")) {
			if (profiles++)
				break;
			seen = 0;
		}
		why = take_section(file, &section, parts, &seen);
	}
	if (why)
		return why;
	return parts->kernel.len ? NULL : "its section for the kernel is empty";
}

/**
 * kexec_uki_parse() - find the kernel in a unified kernel image that is there as a whole
 * @file:  the file, for which kexec_is_uki()
 * @len:   its bytes
 * @parts: set, to where they are in @file
 *
 * Context: any.
 * Return: as kexec_uki_find().
 */
const char *kexec_uki_parse(const u8 *file, size_t len, struct kexec_parts *parts)
{
	return kexec_uki_find(file, len, len, parts);
}

/* ---- EFI zboot images ---- */

#define ZBOOT_MAGIC	4
#define ZBOOT_OFFSET	8
#define ZBOOT_SIZE	12
#define ZBOOT_HEADER	0x40

/**
 * kexec_is_zboot() - is it a kernel that the firmware is to unpack?
 * @file: a file
 * @len:  its bytes
 *
 * Context: any.
 * Return: whether it has the header of one.
 */
bool kexec_is_zboot(const u8 *file, size_t len)
{
	return len >= ZBOOT_HEADER && !memcmp(file, "MZ\0\0zimg", 8);
}

/**
 * kexec_zboot_parse() - find what is packed in an EFI zboot image
 * @file:   the file, for which kexec_is_zboot()
 * @len:    its bytes
 * @packed: set
 *
 * The size of what is packed is in the last four bytes of gzip's own format, and in
 * four bytes behind all others.
 *
 * Context: any.
 * Return: NULL, or what is odd about it.
 */
const char *kexec_zboot_parse(const u8 *file, size_t len, struct kexec_packed *packed)
{
	u64 start = get_unaligned_le32(file + ZBOOT_OFFSET);
	u64 size = get_unaligned_le32(file + ZBOOT_SIZE), end;
	const char *format;

	if (size < sizeof(u32) || !wrapped_within(start, size, len))
		return "what is packed in it is not in it";
	*packed = (struct kexec_packed) { .data = file + start, .len = size };
	format = kexec_packed_format(packed);
	if (!format)
		return "what it is packed with is not known";
	end = start + size + (strcmp(format, "gzip") ? sizeof(u32) : 0);
	if (end > len)
		return "what is packed in it is not in it";
	packed->size = get_unaligned_le32(file + end - sizeof(u32));
	return packed->size ? NULL : "nothing is packed in it";
}

/* ---- compressed files ---- */

/**
 * kexec_is_packed() - is it compressed?
 * @file: a file
 * @len:  its bytes
 *
 * Context: any.
 * Return: whether it begins as one of a known format does.
 */
bool kexec_is_packed(const u8 *file, size_t len)
{
	struct kexec_packed packed = { .data = file, .len = len };

	return kexec_packed_format(&packed);
}

/**
 * kexec_packed_parse() - find out what has to be known to unpack a file
 * @file:   the file, for which kexec_is_packed()
 * @len:    its bytes
 * @packed: set
 *
 * Context: any.
 * Return: NULL, or what is odd about it.
 */
const char *kexec_packed_parse(const u8 *file, size_t len, struct kexec_packed *packed)
{
	u64 size;
	bool exact;

	size = kexec_frame_size(file, len, &exact);
	*packed = (struct kexec_packed) { .data = file, .len = len, .size = exact ? size : 0 };
	return packed->size ? NULL : "it does not tell how much it unpacks to";
}
