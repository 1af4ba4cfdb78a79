// SPDX-License-Identifier: GPL-2.0-only
/*
 * occupy MIB [held]: has so much memory in use from now on, in the background; held:
 * every 64th page of it is lent to a pipe besides, which no page table tells of.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE	4096ul
#define STEP	64
#define ROOM	256	/* pages in a pipe */

static bool lend(char *memory, size_t pages)
{
	int pipes[2] = { -1, -1 };
	size_t page, nr = 0;

	for (page = 0; page < pages; page += STEP, nr++) {
		struct iovec lent = { memory + page * PAGE, PAGE };

		if (nr % ROOM == 0 &&
		    (pipe(pipes) || fcntl(pipes[1], F_SETPIPE_SZ, ROOM * PAGE) < 0))
			return false;
		if (vmsplice(pipes[1], &lent, 1, SPLICE_F_NONBLOCK) != (ssize_t)PAGE)
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	size_t size = argc > 1 ? strtoul(argv[1], NULL, 0) << 20 : 0;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("occupy");
		return 1;
	}
	madvise(memory, size, MADV_NOHUGEPAGE);	/* where there are huge pages at all */
	memset(memory, 1, size);
	if (argc > 2 && !lend(memory, size / PAGE)) {
		perror("occupy: lend");
		return 1;
	}
	if (daemon(0, 0)) {
		perror("occupy");
		return 1;
	}
	for (;;)
		pause();
}
