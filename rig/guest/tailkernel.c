// SPDX-License-Identifier: GPL-2.0-only
/*
 * tailkernel FILE MIB: writes a kernel that wants MIB MiB of memory, of which its
 * file fills no more than the beginning.
 *
 * Started, it says on the first serial port whether all the rest is clear, as
 * memory has to be that a segment has and no contents are for; then it resets the
 * machine.  The file is what Documentation/arch/x86/boot.rst calls a bzImage.
 */
#include <asm/bootparam.h>
#include <stdio.h>
#include <stdlib.h>

#include "calls.h"
#include "say.h"

#define SECTOR		512
#define SETUP_SECTORS	1
#define ENTRY_64	0x200	/* into the protected-mode code */

asm(".section .rodata\n"
    "		.balign	8\n"
    "code:	leaq	code - 0x200(%rip), %rbx\n"
    "		movl	code_room(%rip), %ecx\n"
    "		addq	%rcx, %rbx\n"
    "		leaq	code_end(%rip), %rdi\n"
    "		leaq	said_clear(%rip), %rsi\n"
    "1:		cmpq	%rbx, %rdi\n"
    "		jae	2f\n"
    "		cmpq	$0, (%rdi)\n"
    "		leaq	8(%rdi), %rdi\n"
    "		je	1b\n"
    "		leaq	said_stale(%rip), %rsi\n"
    "2:\n"
    SAY_AND_RESET
    "said_clear: .asciz	\"tailkernel: clear\\r\\n\"\n"
    "said_stale: .asciz	\"tailkernel: stale\\r\\n\"\n"
    "		.balign	8\n"
    "code_room:	.quad	0\n"
    "code_end:\n"
    ".previous\n");
extern const char code[], code_room[], code_end[];

static void fill_header(struct setup_header *to, uint32_t room)
{
	to->setup_sects = SETUP_SECTORS;
	to->boot_flag = 0xaa55;
	to->jump = 0x66eb;		/* how far says where the header ends */
	to->header = 0x53726448;	/* "HdrS" */
	to->version = 0x020f;
	to->loadflags = LOADED_HIGH;
	to->kernel_alignment = 4096;
	to->relocatable_kernel = 1;
	to->xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G | XLF_5LEVEL;
	to->cmdline_size = 2047;
	to->pref_address = 1 << 20;
	to->init_size = room;
}

int main(int argc, char **argv)
{
	static union {
		struct boot_params params;
		char bytes[(1 + SETUP_SECTORS) * SECTOR + ENTRY_64 + 4096];
	} file;
	char *entry = file.bytes + (1 + SETUP_SECTORS) * SECTOR + ENTRY_64;
	uint32_t room = argc == 3 ? strtoul(argv[2], NULL, 0) << 20 : 0;
	size_t size = entry - file.bytes + (code_end - code);
	FILE *out = room ? fopen(argv[1], "w") : NULL;

	if (!out) {
		fputs("usage: tailkernel FILE MIB\n", stderr);
		return 2;
	}
	fill_header(&file.params.hdr, room);
	memcpy(entry, code, code_end - code);
	memcpy(entry + (code_room - code), &room, sizeof(room));
	return fwrite(file.bytes, size, 1, out) != 1 || fclose(out);
}
