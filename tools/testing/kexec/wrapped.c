// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: kexec_uki_parse(), kexec_zboot_parse() and kexec_packed_parse() on any bytes
 *
 * An input is a file.
 *
 * What must hold: nothing outside of the file is touched, and nothing in it changed.
 * What was found lies within the file, and no byte of it is in two parts.  Where a signature
 * would not look there is nothing: a file whose headers do not reach its sections' headers
 * has no parts.  Whoever has only the first bytes of a file finds the same parts, or none.
 */
#include <linux/pe.h>
#include <linux/unaligned.h>

#include "fuzz.h"
#include "wrapped.h"

static void lies_within(const u8 *file, size_t len, const struct kexec_bytes *part)
{
	must(!part->len == !part->data);
	if (part->data)
		must(part->data >= file && part->len <= len &&
		     (size_t)(part->data - file) <= len - part->len);
}

static void apart(const struct kexec_bytes *a, const struct kexec_bytes *b)
{
	must(!a->len || !b->len || a->data + a->len <= b->data || b->data + b->len <= a->data);
}

static void check_headers(const u8 *file, const struct kexec_parts *parts)
{
	u32 at = get_unaligned_le32(file + offsetof(struct mz_hdr, peaddr));
	u64 optional = at + sizeof(struct pe_hdr);
	u32 headers = get_unaligned_le32(file + optional +
					 offsetof(struct pe32plus_opt_hdr, header_size));

	must(parts->kernel.data >= file + headers);
	must(!parts->initrd.data || parts->initrd.data >= file + headers);
}

/* The first bytes alone, for reading beyond them to be noticed. */
static void try_first(const u8 *file, size_t len, size_t there, const struct kexec_parts *parts)
{
	u8 *first = exact_copy(file, there);
	struct kexec_parts seen;

	if (!kexec_uki_find(first, there, len, &seen)) {
		must(seen.kernel.data - first == parts->kernel.data - file);
		must(seen.kernel.len == parts->kernel.len);
		must(seen.ucode.len == parts->ucode.len);
		must(seen.initrd.len == parts->initrd.len);
		must(!seen.initrd.len || seen.initrd.data - first == parts->initrd.data - file);
	}
	free(first);
}

static const char *try_uki(const u8 *file, size_t len)
{
	bool is_one = kexec_is_uki(file, len);
	struct kexec_parts parts;
	const struct kexec_bytes *all[] = {
		&parts.kernel, &parts.ucode, &parts.initrd, &parts.cmdline
	};
	const char *why = kexec_uki_parse(file, len, &parts);
	unsigned int i, j;

	must(is_one || why);
	for (i = 1; i < 4; i++)
		try_first(file, len, len * i / 4, &parts);
	if (why)
		return is_one ? why : "no such file";
	must(parts.kernel.len);
	check_headers(file, &parts);
	for (i = 0; i < 4; i++) {
		lies_within(file, len, all[i]);
		for (j = 0; j < i; j++)
			apart(all[i], all[j]);
	}
	return NULL;
}

static const char *try_packed(const u8 *file, size_t len,
			      const char *(*parse)(const u8 *, size_t, struct kexec_packed *))
{
	struct kexec_packed packed;
	const char *why = parse(file, len, &packed);
	struct kexec_bytes bytes;

	if (why)
		return why;
	bytes = (struct kexec_bytes) { packed.data, packed.len };
	lies_within(file, len, &bytes);
	must(packed.len && packed.size && kexec_packed_format(&packed));
	return NULL;
}

const char *try_input(const u8 *data, size_t len)
{
	u8 *file = exact_copy(data, len);
	const char *why = try_uki(file, len);

	if (kexec_is_zboot(file, len))
		why = try_packed(file, len, kexec_zboot_parse);
	else if (kexec_is_packed(file, len))
		why = try_packed(file, len, kexec_packed_parse);
	must(!memcmp(file, data, len));
	free(file);
	return why;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	try_input(data, len);
	return 0;
}
