/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The finished purgatory as bytes inside the kernel, for kexec_file_load() to
 * take apart.  The one object of this directory that is linked into vmlinux.
 */

#include <linux/linkage.h>
#include <asm/asm.h>

	.section .rodata, "a"

	.balign	8
SYM_DATA_START(kexec_purgatory)
	.incbin	PURGATORY
SYM_DATA_END_LABEL(kexec_purgatory, SYM_L_LOCAL, purgatory_end)

	.balign	8
SYM_DATA(kexec_purgatory_size, _ASM_PTR purgatory_end - kexec_purgatory)
