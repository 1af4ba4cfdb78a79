// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: the kernel inside a bzImage
 *
 * What a bzImage's decompressor unpacks is an ELF file, the vmlinux, with a list of
 * addresses behind it.  Three things make a kernel of it, all done in the memory that it was
 * unpacked to::
 *
 *   parse	where the segments are and where they belong
 *   relocate	add to each address that the list names how far the kernel runs from
 *		where it was linked
 *   lay out	move what does not lie in the file as it does in memory
 *
 * The linker aligns segments in the file as it does in memory, so there is little to
 * move: all of a kernel, or all but its last part, lies at one distance from where
 * its base is.
 *
 * Pure functions on bytes that may come from anybody; nothing outside of them is read
 * or written.  Built in user space as well, where they are fuzzed.
 */
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include <asm/kexec-vmlinux.h>
#include <asm/page_types.h>

/* ---- parse ---- */

static bool is_vmlinux(const Elf64_Ehdr *ehdr)
{
	return !memcmp(ehdr->e_ident, ELFMAG, SELFMAG) &&
	       ehdr->e_ident[EI_CLASS] == ELFCLASS64 && ehdr->e_ident[EI_DATA] == ELFDATA2LSB &&
	       ehdr->e_machine == EM_X86_64 &&
	       (ehdr->e_type == ET_EXEC || ehdr->e_type == ET_DYN) &&
	       ehdr->e_phentsize == sizeof(Elf64_Phdr) &&
	       (!ehdr->e_shnum || ehdr->e_shentsize == sizeof(Elf64_Shdr));
}

static bool within(u64 start, u64 size, u64 end)
{
	return size <= end && start <= end - size;
}

/* What is behind the last of its parts is not the ELF file's. */
static bool find_end(const Elf64_Ehdr *ehdr, size_t len, struct kexec_vmlinux *vmlinux)
{
	u64 headers = (u64)ehdr->e_shnum * ehdr->e_shentsize;
	unsigned int i;

	vmlinux->relocs = 0;
	if (headers) {
		if (!within(ehdr->e_shoff, headers, len))
			return false;
		vmlinux->relocs = ehdr->e_shoff + headers;
	}
	for (i = 0; i < vmlinux->nr_loads; i++) {
		const struct kexec_vmlinux_load *load = &vmlinux->load[i];

		if (!within(load->from, load->filesz, len))
			return false;
		vmlinux->relocs = max(vmlinux->relocs, load->from + load->filesz);
	}
	return true;
}

/* The virtual address space of a kernel is not larger. */
#define KERNEL_SIZE_MAX	SZ_1G

static const char *add_load(const Elf64_Phdr *phdr, u64 base, struct kexec_vmlinux *vmlinux)
{
	struct kexec_vmlinux_load *load = &vmlinux->load[vmlinux->nr_loads];

	if (vmlinux->nr_loads == KEXEC_VMLINUX_LOADS)
		return "it has too many segments";
	if (phdr->p_filesz > phdr->p_memsz || phdr->p_align % SZ_2M)
		return "a segment's sizes or alignment are odd";
	if (phdr->p_paddr < base || !within(phdr->p_paddr - base, phdr->p_memsz, KERNEL_SIZE_MAX))
		return "a segment is out of range";
	if (phdr->p_paddr - base < vmlinux->size)
		return "its segments overlap, or do not ascend";
	*load = (struct kexec_vmlinux_load) {
		.from = phdr->p_offset,
		.to = phdr->p_paddr - base,
		.filesz = phdr->p_filesz,
		.memsz = phdr->p_memsz,
	};
	vmlinux->nr_loads++;
	vmlinux->size = load->to + load->memsz;
	if (load->filesz)
		vmlinux->contents = load->to + load->filesz;
	return NULL;
}

static bool has_phdrs(const Elf64_Ehdr *ehdr, size_t len)
{
	return within(ehdr->e_phoff, (u64)ehdr->e_phnum * sizeof(Elf64_Phdr), len);
}

static const char *find_loads(const u8 *file, size_t len, const Elf64_Ehdr *ehdr, u64 base,
			      struct kexec_vmlinux *vmlinux)
{
	const char *why = NULL;
	unsigned int i;

	if (!has_phdrs(ehdr, len))
		return "its program headers are not in it";
	for (i = 0; i < ehdr->e_phnum && !why; i++) {
		Elf64_Phdr phdr;

		memcpy(&phdr, file + ehdr->e_phoff + i * sizeof(phdr), sizeof(phdr));
		if (phdr.p_type == PT_LOAD && phdr.p_memsz)
			why = add_load(&phdr, base, vmlinux);
	}
	return why;
}

/* Segments are moved one by one, so none may be moved over one that follows. */
static bool can_lay_out(const struct kexec_vmlinux *vmlinux, u64 at)
{
	unsigned int i, j;

	for (i = 0; i < vmlinux->nr_loads; i++) {
		const struct kexec_vmlinux_load *load = &vmlinux->load[i];
		u64 end = at + load->to + load->filesz;

		if (end > vmlinux->relocs)
			return false;
		for (j = i + 1; j < vmlinux->nr_loads; j++)
			if (vmlinux->load[j].filesz && end > vmlinux->load[j].from)
				return false;
	}
	return true;
}

/*
 * Each list has a zero in front, and no entry is zero: an odd number of either is
 * another format, or another kind of file.
 */
static const char *count_lists(const u8 *file, size_t len, struct kexec_vmlinux *vmlinux)
{
	u64 at;

	if (vmlinux->relocs == len)
		return NULL;
	if ((len - vmlinux->relocs) % sizeof(u32) || get_unaligned_le32(file + vmlinux->relocs))
		return "its relocations do not begin as they should";
	for (at = vmlinux->relocs; at < len; at += sizeof(u32))
		vmlinux->nr_lists += !get_unaligned_le32(file + at);
	if (vmlinux->nr_lists < 2 || vmlinux->nr_lists > 3)
		return "it has another number of lists of relocations";
	return NULL;
}

/**
 * kexec_vmlinux_parse() - find out what has to be known to run a kernel
 * @file:    its ELF file with relocations behind it, as a bzImage has it packed
 * @len:     bytes of both
 * @base:    the physical address that it was linked for
 * @vmlinux: set
 *
 * Context: any.
 * Return: NULL, or what is odd about it.
 */
const char *kexec_vmlinux_parse(const u8 *file, size_t len, u64 base,
				struct kexec_vmlinux *vmlinux)
{
	const char *why;
	Elf64_Ehdr ehdr;

	*vmlinux = (struct kexec_vmlinux) {};
	if (len < sizeof(ehdr))
		return "it is no 64-bit ELF file";
	memcpy(&ehdr, file, sizeof(ehdr));
	if (!is_vmlinux(&ehdr))
		return "it is no 64-bit ELF file";
	why = find_loads(file, len, &ehdr, base, vmlinux);
	if (why)
		return why;
	if (!vmlinux->contents || !find_end(&ehdr, len, vmlinux))
		return "its segments are not in it";
	vmlinux->entry = ehdr.e_entry - base;
	if (ehdr.e_entry < base || vmlinux->entry >= vmlinux->contents)
		return "its entry is not in it";
	if (vmlinux->load[0].from < vmlinux->load[0].to)
		return "its segments do not lie as they should";
	vmlinux->shift = vmlinux->load[0].from - vmlinux->load[0].to;
	if (!can_lay_out(vmlinux, vmlinux->shift))
		return "its segments do not lie as they should";
	return count_lists(file, len, vmlinux);
}

/**
 * kexec_vmlinux_needed() - find out how much of a file it takes to run its kernel
 * @vmlinux: what was parsed
 * @len:     bytes of the file
 *
 * Context: any.
 * Return: bytes from the start of the file, all that it has if there are relocations.
 */
size_t kexec_vmlinux_needed(const struct kexec_vmlinux *vmlinux, size_t len)
{
	u64 end = vmlinux->shift + vmlinux->contents;
	unsigned int i;

	if (vmlinux->nr_lists)
		return len;
	for (i = 0; i < vmlinux->nr_loads; i++)
		end = max(end, vmlinux->load[i].from + vmlinux->load[i].filesz);
	return end;
}

/**
 * kexec_vmlinux_base() - find out whether a file is a kernel, and where it was linked to run
 * @file: the file, which may be anything
 * @len:  bytes
 *
 * A kernel's first segment has its virtual address in __START_KERNEL_map, at the offset
 * that is its physical one; no other program has.
 *
 * Context: any.
 * Return: the physical address; 0 when it is no kernel.
 */
u64 kexec_vmlinux_base(const u8 *file, size_t len)
{
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr;
	unsigned int i;

	if (len < sizeof(ehdr))
		return 0;
	memcpy(&ehdr, file, sizeof(ehdr));
	if (!is_vmlinux(&ehdr) || !has_phdrs(&ehdr, len))
		return 0;
	for (i = 0; i < ehdr.e_phnum; i++) {
		memcpy(&phdr, file + ehdr.e_phoff + i * sizeof(phdr), sizeof(phdr));
		if (phdr.p_type == PT_LOAD && phdr.p_memsz)
			return phdr.p_vaddr - phdr.p_paddr == __START_KERNEL_map ? phdr.p_paddr : 0;
	}
	return 0;
}

/* ---- relocate ---- */

enum { ADD_32, SUBTRACT_32, ADD_64 };

/* Where the contents are that belong at @to, NULL if there are not @n bytes of them. */
static u8 *find_contents(u8 *file, const struct kexec_vmlinux *vmlinux, u64 to, size_t n)
{
	unsigned int i;

	for (i = 0; i < vmlinux->nr_loads; i++) {
		const struct kexec_vmlinux_load *load = &vmlinux->load[i];

		if (to >= load->to && within(to - load->to, n, load->filesz))
			return file + load->from + (to - load->to);
	}
	return NULL;
}

static bool relocate_one(u8 *file, const struct kexec_vmlinux *vmlinux, u64 to, u64 offset,
			 int how)
{
	u8 *at = find_contents(file, vmlinux, to, how == ADD_64 ? sizeof(u64) : sizeof(u32));

	if (!at)
		return false;
	if (how == ADD_64)
		put_unaligned_le64(get_unaligned_le64(at) + offset, at);
	else
		put_unaligned_le32(get_unaligned_le32(at) + (how == ADD_32 ? offset : -offset), at);
	return true;
}

/**
 * kexec_vmlinux_relocate() - have a kernel run at other virtual addresses
 * @file:    as for kexec_vmlinux_parse(), not yet laid out
 * @len:     bytes
 * @base:    the physical address that it was linked for
 * @vmlinux: what was parsed, with relocations
 * @offset:  how much higher than linked
 *
 * An entry is the virtual address of what is to be changed, sign-extended from 32 bits.
 * The lists are, from the end of the file: 32-bit values to add to, in a kernel that has
 * three then 32-bit values to subtract from (relative to per-CPU addresses that start at
 * zero), and 64-bit values to add to.
 *
 * Context: any.
 * Return: NULL, or what is odd; @file is of no use then.
 */
const char *kexec_vmlinux_relocate(u8 *file, size_t len, u64 base,
				   const struct kexec_vmlinux *vmlinux, u64 offset)
{
	static const int lists[][3] = { { ADD_32, ADD_64 }, { ADD_32, SUBTRACT_32, ADD_64 } };
	const int *how = lists[vmlinux->nr_lists - 2];
	u64 at;

	for (at = len; at > vmlinux->relocs; at -= sizeof(u32)) {
		s64 address = (s32)get_unaligned_le32(file + at - sizeof(u32));

		if (!address)
			how++;
		else if (!relocate_one(file, vmlinux, address - __START_KERNEL_map - base, offset,
				       *how))
			return "a relocation is not within it";
	}
	return NULL;
}

/* ---- lay out ---- */

/**
 * kexec_vmlinux_lay_out() - move a kernel's segments to where they belong
 * @file:    as for kexec_vmlinux_parse()
 * @vmlinux: what was parsed
 * @at:      where in @file its base is to be, at most @vmlinux->shift
 *
 * Context: any.
 */
void kexec_vmlinux_lay_out(u8 *file, const struct kexec_vmlinux *vmlinux, u64 at)
{
	u64 end = 0;
	unsigned int i;

	for (i = 0; i < vmlinux->nr_loads; i++) {
		const struct kexec_vmlinux_load *load = &vmlinux->load[i];

		if (load->from != at + load->to)
			memmove(file + at + load->to, file + load->from, load->filesz);
	}
	/* In between there may be anything now; let it be nothing. */
	for (i = 0; i < vmlinux->nr_loads; i++) {
		const struct kexec_vmlinux_load *load = &vmlinux->load[i];

		if (!load->filesz)
			continue;
		memset(file + at + end, 0, load->to - end);
		end = load->to + load->filesz;
	}
}
