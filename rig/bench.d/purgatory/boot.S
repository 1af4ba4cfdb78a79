/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A machine around the purgatory: starts as a PVH guest, brings the CPU into
 * the state that relocate_kernel() leaves, jumps to purgatory_start; and what
 * takes the place of the next kernel, which says in which state it was entered.
 *
 * The script "boot" fills in what the labels with capitals name.
 */

#define COM1	0x3f8
#define EXIT	0xf4		/* isa-debug-exit */

#define CR0_TS		0x8
#define CR4_PAE		0x20
#define CR4_OSFXSR	0x200
#define CR4_LA57	0x1000

	.section .note.pvh, "a", @note
	.long	4, 8, 18	/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
	.quad	start

	.section .head, "awx", @progbits
	.code32
start:
	cli
	movl	$boot_stack_end, %esp

	/* Four page directories of 2 MiB pages: 4 GiB mapped to themselves. */
	movl	$directories, %edi
	movl	$0x83, %eax
	xorl	%edx, %edx
	movl	$4 * 512, %ecx
1:	movl	%eax, (%edi)
	movl	%edx, 4(%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	loop	1b

	movl	$directories + 3, %eax
	movl	$level3, %edi
	movl	$4, %ecx
2:	movl	%eax, (%edi)
	addl	$0x1000, %eax
	addl	$8, %edi
	loop	2b
	movl	$level3 + 3, level4
	movl	$level4 + 3, level5

	movl	$CR4_PAE, %eax
	movl	$level4, %ebx
	testl	$1, LA57
	jz	3f
	orl	$CR4_LA57, %eax
	movl	$level5, %ebx
3:	movl	%eax, %cr4
	movl	%ebx, %cr3

	movl	$0xc0000080, %ecx
	rdmsr
	orl	$0x100, %eax
	wrmsr
	movl	$0x80000001, %eax
	orl	$0x20, %eax		/* NE, as the kernel has it */
	movl	%eax, %cr0
	lgdt	boot_gdt_pointer
	ljmp	$0x08, $4f

	.code64
4:	movl	$0x20, %eax		/* not what the next kernel has to find */
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss

	/* Something to lose in the XMM registers, then SSE off again. */
	movq	%cr4, %rax
	orq	$CR4_OSFXSR, %rax
	movq	%rax, %cr4
	leaq	XMM(%rip), %rbx
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movups	16*\n(%rbx), %xmm\n
	.endr
	ldmxcsr	MXCSR(%rip)
	andq	$~CR4_OSFXSR, %rax
	movq	%rax, %cr4
	movq	%rax, cr4_before(%rip)
	movq	%cr0, %rax
	testl	$1, TS(%rip)
	jz	5f
	orq	$CR0_TS, %rax
	movq	%rax, %cr0
5:	movq	%rax, cr0_before(%rip)
	lidt	no_idt(%rip)

	.irp	reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	xorq	%\reg, %\reg
	.endr
	jmp	purgatory_start

	.globl	NEXT
NEXT:
	/* As struct kexec_entry64_regs has them, but the last. */
	movq	%rax, seen(%rip)
	movq	%rcx, seen+8(%rip)
	movq	%rdx, seen+16(%rip)
	movq	%rbx, seen+24(%rip)
	movq	%rsp, seen+32(%rip)
	movq	%rbp, seen+40(%rip)
	movq	%rsi, seen+48(%rip)
	movq	%rdi, seen+56(%rip)
	.irp	n, 8, 9, 10, 11, 12, 13, 14, 15
	movq	%r\n, seen+8*\n(%rip)
	.endr

	leaq	said_entered(%rip), %rsi
	call	say

	leaq	seen(%rip), %rsi
	leaq	entry64_regs(%rip), %rdi
	movl	$16, %ecx
	repe cmpsq
	leaq	said_registers(%rip), %rsi
	call	say_unless_equal

	movq	%cr0, %rax
	cmpq	%rax, cr0_before(%rip)
	leaq	said_cr0(%rip), %rsi
	call	say_unless_equal

	movq	%cr4, %rax
	cmpq	%rax, cr4_before(%rip)
	leaq	said_cr4(%rip), %rsi
	call	say_unless_equal

	/* __BOOT_CS, __BOOT_DS */
	movl	%cs, %eax
	cmpl	$0x10, %eax
	leaq	said_segments(%rip), %rsi
	call	say_unless_equal
	.irp	segment, ds, es, ss
	movl	%\segment, %eax
	cmpl	$0x18, %eax
	leaq	said_segments(%rip), %rsi
	call	say_unless_equal
	.endr

	pushfq
	popq	%rax
	testl	$0x600, %eax		/* IF, DF */
	leaq	said_flags(%rip), %rsi
	call	say_unless_equal

	clts
	movq	%cr4, %rax
	orq	$CR4_OSFXSR, %rax
	movq	%rax, %cr4
	leaq	seen(%rip), %rsi
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movups	%xmm\n, 16*\n(%rsi)
	.endr
	stmxcsr	256(%rsi)
	leaq	XMM(%rip), %rdi
	movl	$65, %ecx
	repe cmpsl
	leaq	said_xmm(%rip), %rsi
	call	say_unless_equal

	leaq	said_done(%rip), %rsi
	call	say
	movl	$0, %eax
	movl	$EXIT, %edx
	outb	%al, %dx
	hlt

say_unless_equal:
	jz	6f
say:
	movl	$COM1, %edx
7:	lodsb
	testb	%al, %al
	jz	6f
	outb	%al, %dx
	jmp	7b
6:	ret

said_entered:	.asciz "next kernel entered\r\n"
said_registers:	.asciz "registers differ\r\n"
said_cr0:	.asciz "CR0 differs\r\n"
said_cr4:	.asciz "CR4 differs\r\n"
said_segments:	.asciz "segments differ\r\n"
said_flags:	.asciz "IF or DF set\r\n"
said_xmm:	.asciz "XMM state differs\r\n"
said_done:	.asciz "next kernel done\r\n"

	.balign	8
boot_gdt:
	.quad	0
	.quad	0x00af9a000000ffff
	.quad	0
	.quad	0
	.quad	0x00cf92000000ffff
boot_gdt_pointer:
	.word	. - boot_gdt - 1
	.quad	boot_gdt
no_idt:
	.word	0
	.quad	0

	.balign	16
	.globl	LA57, TS, XMM, MXCSR
LA57:	.long	0
TS:	.long	0
cr0_before: .quad 0
cr4_before: .quad 0
	.balign	16
XMM:	.fill	16 * 16, 1, 0
MXCSR:	.long	0x1f80
	.balign	16
seen:	.fill	16 * 16 + 4, 1, 0

	/* An image for the digests, and a stack for the next kernel. */
	.balign	4096
	.globl	IMAGE, STACK
IMAGE:	.fill	12 * 4096, 1, 0
	.fill	4096, 1, 0
STACK:

	.section .tables, "aw", @nobits
	.balign	4096
directories:	.skip 4 * 4096
level3:		.skip 4096
level4:		.skip 4096
level5:		.skip 4096
	.skip	4096
boot_stack_end:
