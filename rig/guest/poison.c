// SPDX-License-Identifier: GPL-2.0-only
/*
 * poison page TEXT	two pages of memory full of TEXT, whose physical addresses it prints;
 *			then it poisons the first, as far as software can, and stays in the
 *			background and holds the other
 * poison dump ADDRESS	what /proc/vmcore has there, read and mapped: "zeros" or a text
 *
 * Poisoned so, a page goes on to hold what it held: who reads it all the same gets TEXT.
 */
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE		4096ul
#define KERNEL_MAP	0xffffffff80000000ul

static uint64_t physical(const void *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry;

	if (pread(fd, &entry, 8, (uintptr_t)page / PAGE * 8) != 8 || !(entry >> 63))
		exit(1);
	close(fd);
	return (entry & ((1ull << 55) - 1)) * PAGE;
}

static void go_on(int unused)
{
	(void)unused;
}

static int poison_page(const char *text)
{
	char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	uint64_t bad, other;

	for (size_t at = 0; at + strlen(text) < PAGE; at += strlen(text) + 1) {
		strcpy(pages + at, text);
		strcpy(pages + PAGE + at, text);
	}
	if (mlock(pages, 2 * PAGE))
		return 1;
	bad = physical(pages);
	other = physical(pages + PAGE);
	/* It is told, as if it had met the page, and killed if it does not listen. */
	signal(SIGBUS, go_on);
	if (madvise(pages, PAGE, MADV_HWPOISON)) {
		perror("MADV_HWPOISON");
		return 1;
	}
	printf("%#llx %#llx\n", (unsigned long long)bad, (unsigned long long)other);
	fflush(stdout);
	if (daemon(0, 0))
		return 1;
	for (;;)
		pause();
}

/* Where the dump has the page at @address, or -1. */
static off_t offset_of(int core, uint64_t address)
{
	Elf64_Ehdr header;
	Elf64_Phdr program;

	if (pread(core, &header, sizeof(header), 0) != sizeof(header))
		return -1;
	for (int i = 0; i < header.e_phnum; i++) {
		if (pread(core, &program, sizeof(program), header.e_phoff + i * sizeof(program)) !=
		    sizeof(program))
			return -1;
		if (program.p_type == PT_LOAD && program.p_vaddr < KERNEL_MAP &&
		    address - program.p_paddr < program.p_filesz)
			return program.p_offset + address - program.p_paddr;
	}
	return -1;
}

static const char *contents(const char *page)
{
	static char text[32];

	for (size_t at = 0; at < PAGE; at++) {
		if (!page[at])
			continue;
		snprintf(text, sizeof(text), "%s", page + at);
		return text;
	}
	return "zeros";
}

static int dump_page(uint64_t address)
{
	int core = open("/proc/vmcore", O_RDONLY);
	off_t offset = offset_of(core, address);
	char page[PAGE], *mapped;

	if (offset < 0 || pread(core, page, PAGE, offset) != PAGE) {
		puts("unreadable");
		return 1;
	}
	printf("%s ", contents(page));
	mapped = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, core, offset);
	puts(mapped == MAP_FAILED ? "unmappable" : contents(mapped));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "page"))
		return poison_page(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "dump"))
		return dump_page(strtoull(argv[2], NULL, 0));
	return 2;
}
