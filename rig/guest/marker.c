// SPDX-License-Identifier: GPL-2.0-only
/*
 * marker TEXT: a page of memory full of TEXT, whose physical address it prints;
 * then it stays in the background and holds the page.  What a dump has at
 * that address tells whether the dump is of this kernel's memory.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096ul

int main(int argc, char **argv)
{
	const char *text = argc > 1 ? argv[1] : "marker";
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry;

	for (size_t at = 0; at + strlen(text) < PAGE; at += strlen(text))
		memcpy(page + at, text, strlen(text));
	if (mlock(page, PAGE) ||
	    pread(fd, &entry, 8, (uintptr_t)page / PAGE * 8) != 8 || !(entry >> 63))
		return 1;
	printf("0x%llx\n", (unsigned long long)(entry & ((1ull << 55) - 1)) * PAGE);
	fflush(stdout);
	if (daemon(0, 0))
		return 1;
	for (;;)
		pause();
}
