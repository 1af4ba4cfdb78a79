/* SPDX-License-Identifier: GPL-2.0-only */
/* The ELF file of a 64-bit kernel and its relocations, as a bzImage has it packed. */
#ifndef _ASM_X86_KEXEC_VMLINUX_H
#define _ASM_X86_KEXEC_VMLINUX_H

#include <linux/types.h>

/* More segments than any kernel has; there were five at most. */
#define KEXEC_VMLINUX_LOADS	16

/**
 * struct kexec_vmlinux_load - a PT_LOAD segment of a kernel
 * @from:   where its contents are in the ELF file
 * @to:     where they belong, counted from the kernel's base
 * @filesz: bytes of contents
 * @memsz:  bytes in all
 */
struct kexec_vmlinux_load {
	u64 from;
	u64 to;
	u64 filesz;
	u64 memsz;
};

/**
 * struct kexec_vmlinux - what has to be known of a kernel to run it without its decompressor
 * @entry:     where it is entered, counted from its base
 * @contents:  bytes from its base to the end of what the file has
 * @size:      bytes from its base to the end of .bss and .brk
 * @shift:     where the base is in the file if all lies there as it does in memory, else
 *	       how far it is off for the first segment
 * @relocs:    where the relocations begin in the file
 * @nr_lists:  lists of relocations: none, two, or three for kernels before 6.15
 * @nr_loads:  segments
 * @load:      the segments, ascending and disjoint
 */
struct kexec_vmlinux {
	u64 entry;
	u64 contents;
	u64 size;
	u64 shift;
	u64 relocs;
	unsigned int nr_lists;
	unsigned int nr_loads;
	struct kexec_vmlinux_load load[KEXEC_VMLINUX_LOADS];
};

const char *kexec_vmlinux_parse(const u8 *file, size_t len, u64 base,
				struct kexec_vmlinux *vmlinux);
size_t kexec_vmlinux_needed(const struct kexec_vmlinux *vmlinux, size_t len);
u64 kexec_vmlinux_base(const u8 *file, size_t len);
const char *kexec_vmlinux_relocate(u8 *file, size_t len, u64 base,
				   const struct kexec_vmlinux *vmlinux, u64 offset);
void kexec_vmlinux_lay_out(u8 *file, const struct kexec_vmlinux *vmlinux, u64 at);

#endif /* _ASM_X86_KEXEC_VMLINUX_H */
