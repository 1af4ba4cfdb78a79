// SPDX-License-Identifier: GPL-2.0-only
/*
 * litter PATH: has single pages of a file read, without waiting for them, so that
 * they come to lie all over memory: takes most of what is free, and for every half
 * MiB of it a page of the file.  Prints how many.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#define PAGE	4096ul
#define STEP	(512ul << 10)

int main(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
	size_t size, done;
	struct sysinfo info;
	char *memory;

	if (fd < 0 || sysinfo(&info)) {
		perror("litter");
		return 1;
	}
	size = info.freeram * info.mem_unit / 4 * 3;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		perror("litter");
		return 1;
	}
	madvise(memory, size, MADV_NOHUGEPAGE);
	for (done = 0; done + STEP <= size; done += STEP) {
		size_t page;

		for (page = 0; page < STEP; page += PAGE)
			memory[done + page] = 1;
		if (readahead(fd, done, PAGE)) {
			perror("litter");
			return 1;
		}
	}
	printf("%zu\n", done / STEP);
	return 0;
}
