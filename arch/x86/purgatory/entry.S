/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: How the purgatory is entered
 *
 * relocate_kernel() returns into purgatory_start in 64-bit mode, on page tables
 * that map memory to itself, interrupts off, with a stack and descriptor tables
 * that belong to the control page of the old kernel.  Here the purgatory gets
 * its own: one stack and one GDT, which are also those that the next kernel
 * starts with.  The 64-bit boot protocol (Documentation/arch/x86/boot.rst) asks
 * for flat segments __BOOT_CS and __BOOT_DS; selectors and layout come from
 * asm/segment.h.
 *
 * The IDT is left alone.  The old kernel's handlers report where an exception
 * happened, on the console that they know.
 */

#include <linux/linkage.h>
#include <asm/segment.h>

#define STACK_SIZE	4096

	.code64
	.text

SYM_CODE_START(purgatory_start)
	cli
	cld
	leaq	stack_end(%rip), %rsp

	leaq	gdt(%rip), %rax
	pushq	%rax
	pushw	$gdt_end - gdt - 1
	lgdt	(%rsp)

	movl	$__BOOT_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%eax, %ss

	leaq	stack_end(%rip), %rsp
	leaq	.Lflat(%rip), %rax
	pushq	$__BOOT_CS
	pushq	%rax
	lretq
.Lflat:
	xorl	%ebp, %ebp
	call	purgatory
	ud2
SYM_CODE_END(purgatory_start)

	.section .rodata, "a"
	.balign	8
SYM_DATA_START_LOCAL(gdt)
	.fill	GDT_ENTRY_BOOT_CS, 8, 0
	.quad	0x00af9b000000ffff	/* code: 64-bit, 4 GiB, accessed */
	.quad	0x00cf93000000ffff	/* data: writable, 4 GiB, accessed */
SYM_DATA_END_LABEL(gdt, SYM_L_LOCAL, gdt_end)

	.bss
	.balign	16
SYM_DATA_START_LOCAL(stack)
	.skip	STACK_SIZE
SYM_DATA_END_LABEL(stack, SYM_L_GLOBAL, stack_end)
