// SPDX-License-Identifier: GPL-2.0-only
/*
 * witness ADDRESS: loads an image by kexec_load with a page of a known pattern at
 * that physical address.
 *
 * Executed, it says on the first serial port whether the page is what was loaded;
 * then it resets the machine.  The code lies elsewhere, so that whoever writes to
 * the page does not silence it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "calls.h"
#include "say.h"

#define PAGE	4096ul
#define CODE	(64ul << 20)
#define PATTERN	0x7769746e65737321ull

asm(".section .rodata\n"
    "		.balign	8\n"
    "code:	movq	code_page(%rip), %rdi\n"
    "		movq	code_pattern(%rip), %rax\n"
    "		movl	$4096 / 8, %ecx\n"
    "		leaq	said_intact(%rip), %rsi\n"
    "		cld\n"
    "		repe	scasq\n"
    "		je	1f\n"
    "		leaq	said_damaged(%rip), %rsi\n"
    "1:\n"
    SAY_AND_RESET
    "said_intact: .asciz	\"witness: intact\\r\\n\"\n"
    "said_damaged: .asciz	\"witness: damaged\\r\\n\"\n"
    "		.balign	8\n"
    "code_page:	.quad	0\n"
    "code_pattern: .quad	0\n"
    "code_end:\n"
    ".previous\n");
extern const char code[], code_page[], code_pattern[], code_end[];

int main(int argc, char **argv)
{
	static char program[PAGE];
	static uint64_t page[PAGE / sizeof(uint64_t)];
	uint64_t address = argc == 2 ? strtoull(argv[1], NULL, 0) : 0, pattern = PATTERN;
	struct kexec_segment segments[] = {
		{ program, PAGE, (void *)CODE, PAGE },
		{ page, PAGE, (void *)address, PAGE },
	};
	long result;

	if (!address) {
		fputs("usage: witness ADDRESS\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < PAGE / sizeof(*page); i++)
		page[i] = pattern;
	memcpy(program, code, code_end - code);
	memcpy(program + (code_page - code), &address, sizeof(address));
	memcpy(program + (code_pattern - code), &pattern, sizeof(pattern));
	result = kexec_load((void *)CODE, 2, segments, 0);
	if (result)
		fprintf(stderr, "witness: %s\n", strerror(-result));
	return result != 0;
}
