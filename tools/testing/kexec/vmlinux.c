// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: kexec_vmlinux_parse(), _relocate() and _lay_out() on any bytes
 *
 * An input is an ELF file with relocations behind it, and behind that two words of 64
 * bits: the address that it was linked for, and how much higher it is to run.
 *
 * What must hold: nothing outside of the file is touched.  What was parsed lies within
 * the file, at the start of it and at the shift.  Laid out at either, it is what a
 * straightforward loader makes of it; relocated, what a second reading of the lists makes
 * of it.
 */
#include <linux/unaligned.h>

#include <asm/kexec-vmlinux.h>

#include "fuzz.h"

struct input {
	const u8 *file;
	size_t len;
	u64 base;
	u64 offset;
};

static void check_parsed(const struct input *input, const struct kexec_vmlinux *vmlinux)
{
	const struct kexec_vmlinux_load *load = vmlinux->load;
	unsigned int i;

	must(vmlinux->nr_loads && vmlinux->nr_loads <= KEXEC_VMLINUX_LOADS);
	must(vmlinux->nr_lists == 0 || vmlinux->nr_lists == 2 || vmlinux->nr_lists == 3);
	must(vmlinux->relocs <= input->len);
	must(vmlinux->contents && vmlinux->contents <= vmlinux->size && vmlinux->size <= SZ_1G);
	must(vmlinux->entry < vmlinux->contents);
	must(vmlinux->shift <= vmlinux->relocs);
	must(vmlinux->contents <= vmlinux->relocs - vmlinux->shift);
	for (i = 0; i < vmlinux->nr_loads; i++) {
		must(load[i].filesz <= load[i].memsz && load[i].memsz);
		must(load[i].from <= input->len && load[i].filesz <= input->len - load[i].from);
		must(!i || load[i].to >= load[i - 1].to + load[i - 1].memsz);
	}
}

/* The contents from the base on, by a loader that has another buffer for them. */
static u8 *load_elsewhere(const u8 *file, const struct kexec_vmlinux *vmlinux)
{
	u8 *memory = calloc(1, vmlinux->contents);
	unsigned int i;

	must(memory);
	for (i = 0; i < vmlinux->nr_loads; i++)
		if (vmlinux->load[i].filesz)
			memcpy(memory + vmlinux->load[i].to, file + vmlinux->load[i].from,
			       vmlinux->load[i].filesz);
	return memory;
}

static void lay_out(const u8 *file, size_t len, const struct kexec_vmlinux *vmlinux, u64 at)
{
	u8 *want = load_elsewhere(file, vmlinux), *copy = exact_copy(file, len);

	kexec_vmlinux_lay_out(copy, vmlinux, at);
	must(!memcmp(copy + at, want, vmlinux->contents));
	/* The relocations, which lie behind, are not its affair. */
	must(!memcmp(copy + vmlinux->relocs, file + vmlinux->relocs, len - vmlinux->relocs));
	free(copy);
	free(want);
}

/* Where in the file an address is that has @n bytes of contents, or behind its end. */
static u64 find(const struct input *input, const struct kexec_vmlinux *vmlinux, u64 address, u64 n)
{
	const struct kexec_vmlinux_load *load = vmlinux->load;
	unsigned int i;

	for (i = 0; i < vmlinux->nr_loads; i++) {
		u64 start = __START_KERNEL_map + input->base + load[i].to;

		if (load[i].filesz >= n && address - start <= load[i].filesz - n)
			return load[i].from + (address - start);
	}
	return input->len;
}

/* One entry as the list of its number, from the end, has it. */
static bool relocate_one(const struct input *input, const struct kexec_vmlinux *vmlinux,
			 unsigned int list, u64 address, u8 *file)
{
	bool wide = list == vmlinux->nr_lists - 1, negative = !wide && list == 1;
	u64 n = wide ? 8 : 4, value = 0, at = find(input, vmlinux, address, n);

	if (at == input->len)
		return false;
	memcpy(&value, file + at, n);
	value += negative ? -input->offset : input->offset;
	memcpy(file + at, &value, n);
	return true;
}

/* The whole of the lists, again straightforward; false when one is not within it. */
static bool relocate_plainly(const struct input *input, const struct kexec_vmlinux *vmlinux,
			     u8 *file)
{
	u64 nr = (input->len - vmlinux->relocs) / sizeof(s32);
	unsigned int list = 0;

	while (nr--) {
		s32 entry;

		memcpy(&entry, input->file + vmlinux->relocs + nr * sizeof(entry), sizeof(entry));
		if (!entry)
			list++;
		else if (!relocate_one(input, vmlinux, list, (s64)entry, file))
			return false;
	}
	must(list == vmlinux->nr_lists);
	return true;
}

static const char *relocate(const struct input *input, const struct kexec_vmlinux *vmlinux,
			    u8 *file)
{
	u8 *want = exact_copy(input->file, input->len);
	bool within = relocate_plainly(input, vmlinux, want);
	const char *why = kexec_vmlinux_relocate(file, input->len, input->base, vmlinux,
						 input->offset);

	must(within == !why);
	must(why || !memcmp(file, want, input->len));
	free(want);
	return why;
}

/* That much of the file is all that loading it takes. */
static void check_needed(const struct input *input, const struct kexec_vmlinux *vmlinux)
{
	size_t needed = kexec_vmlinux_needed(vmlinux, input->len);
	unsigned int i;

	must(needed <= input->len && vmlinux->shift + vmlinux->contents <= needed);
	must(!vmlinux->nr_lists || needed == input->len);
	for (i = 0; i < vmlinux->nr_loads; i++)
		must(vmlinux->load[i].from + vmlinux->load[i].filesz <= needed);
}

/* What is taken for a kernel is one whose first segment begins where its base is. */
static void check_base(const u8 *file, size_t len)
{
	struct kexec_vmlinux vmlinux;
	u64 base = kexec_vmlinux_base(file, len);

	if (base && !kexec_vmlinux_parse(file, len, base, &vmlinux))
		must(!vmlinux.load[0].to);
}

static const char *run(const struct input *input)
{
	u8 *file = exact_copy(input->file, input->len);
	struct kexec_vmlinux vmlinux;
	const char *why = kexec_vmlinux_parse(file, input->len, input->base, &vmlinux);

	check_base(file, input->len);
	must(!memcmp(file, input->file, input->len));
	if (!why) {
		check_parsed(input, &vmlinux);
		check_needed(input, &vmlinux);
		if (vmlinux.nr_lists)
			why = relocate(input, &vmlinux, file);
		lay_out(file, input->len, &vmlinux, 0);
		lay_out(file, input->len, &vmlinux, vmlinux.shift);
	}
	free(file);
	return why;
}

const char *try_input(const u8 *data, size_t len)
{
	struct input input;

	if (len < 2 * sizeof(u64))
		return "too short";
	input.file = data;
	input.len = len - 2 * sizeof(u64);
	input.base = get_unaligned_le64(data + input.len);
	input.offset = get_unaligned_le64(data + input.len + sizeof(u64));
	return run(&input);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	try_input(data, len);
	return 0;
}
