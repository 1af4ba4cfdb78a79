/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of what runs in place of a kernel: says on the first serial port the
 * string at %rsi, and resets the machine.
 *
 * 0x3f8 is the port, 0x3fd says by 0x20 that it takes a character.
 */
#ifndef RIG_SAY_H
#define RIG_SAY_H

#define SAY_AND_RESET						\
    "		cld\n"						\
    "91:	movl	$0x3fd, %edx\n"				\
    "		inb	%dx, %al\n"				\
    "		testb	$0x20, %al\n"				\
    "		jz	91b\n"					\
    "		lodsb\n"					\
    "		testb	%al, %al\n"				\
    "		jz	92f\n"					\
    "		movl	$0x3f8, %edx\n"				\
    "		outb	%al, %dx\n"				\
    "		jmp	91b\n"					\
    "92:	lidt	93f(%rip)\n"				\
    "		int3\n"						\
    "93:	.word	0\n"					\
    "		.quad	0\n"

#endif
