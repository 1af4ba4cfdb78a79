// SPDX-License-Identifier: GPL-2.0-only
/*
 * states SEED COUNT MIB...: brings memory into COUNT states, each out of the one before,
 * by random numbers that begin with SEED, and in each asks for a crash region of each of
 * the sizes, which is given back at once.  A line for each:
 *
 *	SEED STATE MIB USED FIXED FREE RESULT NS
 *
 * USED and FIXED are per cent of what was free in the beginning: all that is in use, and
 * the part of it that no kernel can move; FREE is MiB.  RESULT is 0 or an errno, NS what
 * it took.  What is in use is of three kinds, in chunks of one page to two megabytes:
 * memory of a process, memory of a file, and pages that a pipe holds, which are fixed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#define PAGE		4096ul
#define CHUNKS		65536
#define MAPS_MAX	32768	/* at most half of vm.max_map_count */
#define ROOM		256	/* pages that a pipe can have */
#define SPARE		(24ul << 20)	/* bytes that are left to everybody else */

enum kind { PROCESS, FILE_PAGES, PIPE, KINDS };

struct chunk {
	enum kind kind;
	size_t pages;
	void *memory;
	int fd[2];
};

static struct chunk chunks[CHUNKS];
static size_t nr_chunks, nr_maps, used[KINDS];	/* pages */
static size_t all_pages;
static unsigned long long seed;

/* xorshift64*, by Vigna */
static unsigned long draw(unsigned long below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (unsigned long)((seed * 2685821657736338717ull) >> 33) % below;
}

static size_t free_bytes(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? 0 : info.freeram * info.mem_unit;
}

static unsigned long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static bool fill_process(struct chunk *chunk)
{
	chunk->memory = mmap(NULL, chunk->pages * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (chunk->memory == MAP_FAILED)
		return false;
	madvise(chunk->memory, chunk->pages * PAGE, MADV_NOHUGEPAGE);
	nr_maps++;
	return !madvise(chunk->memory, chunk->pages * PAGE, MADV_POPULATE_WRITE);
}

static bool fill_file(struct chunk *chunk)
{
	chunk->fd[0] = memfd_create("states", MFD_CLOEXEC);
	return chunk->fd[0] >= 0 && !posix_fallocate(chunk->fd[0], 0, chunk->pages * PAGE);
}

static bool fill_pipe(struct chunk *chunk)
{
	static const char page[PAGE];
	size_t i;

	if (pipe2(chunk->fd, O_CLOEXEC | O_NONBLOCK) ||
	    fcntl(chunk->fd[1], F_SETPIPE_SZ, chunk->pages * PAGE) < 0)
		return false;
	for (i = 0; i < chunk->pages; i++)
		if (write(chunk->fd[1], page, PAGE) != (ssize_t)PAGE)
			return false;
	return true;
}

static void empty(struct chunk *chunk)
{
	if (chunk->memory != MAP_FAILED) {
		munmap(chunk->memory, chunk->pages * PAGE);
		nr_maps--;
	}
	for (int i = 0; i < 2; i++)
		if (chunk->fd[i] >= 0)
			close(chunk->fd[i]);
}

/* Another chunk of a kind; as many are small as are large. */
static bool add(enum kind kind)
{
	static bool (*const fill[KINDS])(struct chunk *) = { fill_process, fill_file, fill_pipe };
	struct chunk *chunk = &chunks[nr_chunks];

	*chunk = (struct chunk) { kind, 1ul << draw(10), MAP_FAILED, { -1, -1 } };
	if (kind == PIPE && chunk->pages > ROOM)
		chunk->pages = ROOM;
	if (nr_chunks == CHUNKS || free_bytes() < chunk->pages * PAGE + SPARE)
		return false;
	if (!fill[kind](chunk)) {
		empty(chunk);
		return false;
	}
	used[kind] += chunk->pages;
	nr_chunks++;
	return true;
}

static void take_away(size_t i)
{
	used[chunks[i].kind] -= chunks[i].pages;
	empty(&chunks[i]);
	chunks[i] = chunks[--nr_chunks];
}

static size_t all_used(void)
{
	return used[PROCESS] + used[FILE_PAGES] + used[PIPE];
}

static enum kind movable(void)
{
	return nr_maps < MAPS_MAX ? draw(2) : FILE_PAGES;
}

/*
 * More than is wanted comes and random parts of it go, so that what stays has holes
 * between: first of what is fixed, then of all else.
 */
static void next_state(size_t wanted, size_t fixed)
{
	size_t i;

	while (all_used() < all_pages && add(draw(all_pages) < fixed ? PIPE : movable()))
		;
	while (used[PIPE] > fixed)
		for (i = draw(nr_chunks); i < nr_chunks; i++)
			if (chunks[i].kind == PIPE) {
				take_away(i);
				break;
			}
	while (all_used() > wanted && all_used() > used[PIPE])
		for (i = draw(nr_chunks); i < nr_chunks; i++)
			if (chunks[i].kind != PIPE) {
				take_away(i);
				break;
			}
}

static int set_region(unsigned long bytes)
{
	int fd = open("/sys/kernel/kexec/crash_size", O_WRONLY), error = 0;

	if (fd < 0 || dprintf(fd, "%lu", bytes) < 0)
		error = errno;
	close(fd);
	return error;
}

static void try_sizes(const char *first, unsigned int state, char **mib)
{
	for (; *mib; mib++) {
		size_t free = free_bytes();
		unsigned long long began = now_ns();
		int error = set_region(strtoul(*mib, NULL, 0) << 20);

		printf("%s %u %s %zu %zu %zu %d %llu\n", first, state, *mib,
		       all_used() * 100 / all_pages, used[PIPE] * 100 / all_pages, free >> 20,
		       error, now_ns() - began);
		if (!error && set_region(0)) {
			perror("states: giving back");
			exit(1);
		}
	}
}

int main(int argc, char **argv)
{
	struct rlimit files = { 1 << 18, 1 << 18 };
	unsigned int state, count;

	if (argc < 4) {
		fputs("usage: states SEED COUNT MIB...\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	seed = strtoull(argv[1], NULL, 0) * 0x9e3779b97f4a7c15ull + 1;
	count = strtoul(argv[2], NULL, 0);
	setrlimit(RLIMIT_NOFILE, &files);
	all_pages = (free_bytes() - SPARE) / PAGE;
	for (state = 0; state < count; state++) {
		size_t wanted = all_pages * (5 + draw(91)) / 100;

		/* half of all states have less than a fiftieth fixed */
		next_state(wanted, wanted * (draw(2) ? draw(20) : 20 * draw(20)) / 1000);
		try_sizes(argv[1], state, argv + 3);
	}
	return 0;
}
