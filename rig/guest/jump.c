// SPDX-License-Identifier: GPL-2.0-only
/*
 * jump [TIMES [refused]]: kexec jump there and back (KEXEC_PRESERVE_CONTEXT).
 *
 * With "refused", a device or so of rigmod's does not let the first try through.
 *
 * What is jumped to is a few position-independent instructions.  They add one
 * to a word of this process's memory, at its physical address, which the
 * identity mapping of the jump reaches: so a jump that came back without
 * having been there is told from one that was.  A second word, inside the
 * image, shows that the image keeps its state from jump to jump.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "calls.h"
#include "ktap.h"

#define PAGE		4096ul
#define DESTINATION	(64ul << 20)

/* 8(%rsp) on return: where the next jump is to go, here the same place again */
asm(".section .rodata\n"
    "blob:		movq	blob_witness(%rip), %rax\n"
    "		incq	blob_visits(%rip)\n"
    "		movq	blob_visits(%rip), %rcx\n"
    "		incq	(%rax)\n"
    "		movq	%rcx, 8(%rax)\n"
    "		leaq	blob(%rip), %rcx\n"
    "		movq	%rcx, 8(%rsp)\n"
    "		ret\n"
    "		.balign	8\n"
    "blob_witness:	.quad	0\n"
    "blob_visits:	.quad	0\n"
    "blob_end:\n"
    ".previous\n");
extern const char blob[], blob_witness[], blob_end[];

/* The physical address of a page of ours that stays where it is. */
static uint64_t physical(void *at)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	if (fd < 0 || pread(fd, &entry, 8, (uintptr_t)at / PAGE * 8) != 8 || !(entry >> 63))
		return 0;
	close(fd);
	return (entry & ((1ull << 55) - 1)) * PAGE;
}

int main(int argc, char **argv)
{
	uint64_t times = argc > 1 ? strtoul(argv[1], NULL, 0) : 1, at;
	volatile uint64_t *witness = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	char *image = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kexec_segment segment = { image, PAGE, (void *)DESTINATION, PAGE };

	ktap_start();
	mlock((void *)witness, PAGE);
	at = physical((void *)witness);
	if (!ktap_ok(at, "the witness has a physical address"))
		return ktap_end();
	memcpy(image, blob, blob_end - blob);
	memcpy(image + (blob_witness - blob), &at, sizeof(at));
	if (!ktap_errno("a load that preserves the context",
			-kexec_load((void *)DESTINATION, 1, &segment, KEXEC_PRESERVE_CONTEXT), 0))
		return ktap_end();
	if (argc > 2) {
		ktap_errno("a jump that is refused", -kexec_reboot(), EREMOTEIO);
		ktap_ok(!witness[0], "it was not there");
	}
	for (uint64_t i = 1; i <= times; i++) {
		ktap_errno("a jump there and back", -kexec_reboot(), 0);
		ktap_ok(witness[0] == i, "it was there (%llu)", (unsigned long long)i);
		ktap_ok(witness[1] == i, "the image kept its state (%llu)", (unsigned long long)i);
	}
	ktap_errno("unload", -kexec_load(NULL, 0, NULL, 0), 0);
	return ktap_end();
}
