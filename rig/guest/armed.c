// SPDX-License-Identifier: GPL-2.0-only
/*
 * armed save|same FILE: keeps a copy of the armed crash image, as it lies in
 * memory, or compares it with such a copy, byte by byte.  Exit status 3: what is
 * armed is somewhere else, so it is another image.
 *
 * Our kernel says where the image is (debugfs); of another kernel it is taken
 * that it uses all of the crash region.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK	0x100000ul
#define MOST	16

struct range {
	unsigned long start, end;
};

static int list_segments(struct range *ranges)
{
	FILE *map = fopen("/sys/kernel/debug/kexec/map", "r");
	char line[256];
	bool crash = false;
	int nr = 0;

	while (map && nr < MOST && fgets(line, sizeof(line), map)) {
		if (*line != ' ')
			crash = !strncmp(line, "crash:", 6);
		else if (crash && sscanf(line, " %*d [mem %lx-%lx]", &ranges[nr].start,
					 &ranges[nr].end) == 2)
			ranges[nr++].end++;
	}
	if (map)
		fclose(map);
	return map ? nr : -1;
}

static int find_region(struct range *region)
{
	FILE *iomem = fopen("/proc/iomem", "r");
	char line[256];
	int nr = 0;

	while (iomem && !nr && fgets(line, sizeof(line), iomem))
		if (strstr(line, ": Crash kernel") &&
		    sscanf(line, " %lx-%lx", &region->start, &region->end) == 2) {
			region->end++;
			nr = 1;
		}
	if (iomem)
		fclose(iomem);
	return nr;
}

/* One piece of memory against the copy, or into it. */
static bool take(bool save, int memory, int copy, unsigned long at, size_t length)
{
	static char seen[CHUNK], kept[CHUNK];
	size_t i;

	if (pread(memory, seen, length, at) != (ssize_t)length) {
		perror("/dev/mem");
		return false;
	}
	if (save)
		return write(copy, seen, length) == (ssize_t)length;
	if (read(copy, kept, length) != (ssize_t)length) {
		fputs("the image is larger than it was\n", stderr);
		return false;
	}
	for (i = 0; i < length; i++)
		if (seen[i] != kept[i]) {
			fprintf(stderr, "the byte at %#lx has changed\n", at + i);
			return false;
		}
	return true;
}

/* Where the image is comes first in the copy. */
static bool same_place(bool save, int copy, const struct range *ranges)
{
	struct range kept[MOST];
	ssize_t size = sizeof(kept);

	if (save)
		return write(copy, ranges, size) == size;
	return read(copy, kept, size) == size && !memcmp(kept, ranges, size);
}

static bool same_bytes(bool save, int copy, const struct range *range)
{
	int memory = open("/dev/mem", O_RDONLY);
	unsigned long at;
	bool same = true;

	for (at = range->start; same && at < range->end; at += CHUNK) {
		size_t left = range->end - at;

		same = take(save, memory, copy, at, left < CHUNK ? left : CHUNK);
	}
	close(memory);
	return same;
}

int main(int argc, char **argv)
{
	struct range ranges[MOST] = {};
	bool save = argc > 2 && !strcmp(argv[1], "save");
	int flags = save ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY;
	int copy = argc > 2 ? open(argv[2], flags, 0600) : -1;
	int i, nr = list_segments(ranges);

	if (copy < 0) {
		fputs("usage: armed save|same FILE\n", stderr);
		return 2;
	}
	if (nr < 0)
		nr = find_region(ranges);
	if (!nr) {
		fputs("nothing is armed\n", stderr);
		return 1;
	}
	if (!same_place(save, copy, ranges)) {
		fputs("another image is armed\n", stderr);
		return 3;
	}
	for (i = 0; i < nr; i++)
		if (!same_bytes(save, copy, &ranges[i]))
			return 1;
	return 0;
}
