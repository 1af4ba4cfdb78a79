// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench: what loading an image costs.
 *
 *	bench memcpy MIB			copies that much, twice the second time
 *	bench file-load KERNEL INITRD CMDLINE	by kexec_file_load; "-" for no initrd
 *	bench uki KERNEL INITRD FILE		makes a unified kernel image of them
 *	bench load KERNEL INITRD spread|collide	by kexec_load
 *	bench load KERNEL INITRD WHERE back	an image that is to come back, which is not
 *						built in place
 *	bench unload
 *	bench fragment MIB			takes all memory but so much, frees every
 *						other page of it, and goes to the background
 *
 * Prints "NAME VALUE" lines: nanoseconds, and KiB of memory.  A thread that wakes up
 * every few milliseconds watches how much memory is free while a load goes on;
 * that is what its peak is taken from.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#include "calls.h"

#define MIB (1ul << 20)
#define PAGE 4096ul

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static long free_kib(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return info.freeram * info.mem_unit / 1024;
}

static void say(const char *name, unsigned long long value)
{
	printf("%s %llu\n", name, value);
}

/* the least memory that was free meanwhile */
static volatile long least_free;
static volatile bool watching;

static void *watch(void *unused)
{
	while (watching) {
		long now = free_kib();

		if (now < least_free)
			least_free = now;
		usleep(2000);
	}
	return unused;
}

/* Runs a load, and says what it cost and what it left allocated. */
static int measure(long (*load)(void *), void *argument)
{
	uint64_t begin, end;
	pthread_t watcher;
	long before, result;

	before = least_free = free_kib();
	watching = true;
	pthread_create(&watcher, NULL, watch, NULL);
	begin = monotonic_ns();
	result = load(argument);
	end = monotonic_ns();
	watching = false;
	pthread_join(watcher, NULL);
	if (result) {
		fprintf(stderr, "bench: %s\n", strerrorname_np(-result));
		return 1;
	}
	say("load_ns", end - begin);
	say("peak_kib", before - least_free);
	say("kept_kib", before - free_kib());
	return 0;
}

static int open_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY);
	struct stat status;

	if (fd < 0 || fstat(fd, &status))
		die(path);
	*size = status.st_size;
	return fd;
}

/* kexec_file_load */

struct files {
	int kernel, initrd;
	const char *cmdline;
};

static long load_files(void *argument)
{
	const struct files *files = argument;

	return file_load(files->kernel, files->initrd, files->cmdline,
			 files->initrd < 0 ? KEXEC_FILE_NO_INITRAMFS : 0);
}

static int bench_file_load(char **words)
{
	size_t kernel, initrd = 0;
	struct files files = { open_file(words[0], &kernel), -1, words[2] };

	if (strcmp(words[1], "-"))
		files.initrd = open_file(words[1], &initrd);
	say("files_kib", (kernel + initrd) / 1024);
	return measure(load_files, &files);
}

/* a unified kernel image: of what its headers say only what a loader reads */

#define HEADERS 512
#define PE_AT 0x40
#define OPTIONAL_AT (PE_AT + 24)
#define TABLE_AT (OPTIONAL_AT + 112)

static void put(unsigned char *headers, size_t at, uint32_t value)
{
	memcpy(headers + at, &value, sizeof(value));
}

static size_t aligned(size_t size)
{
	return (size + HEADERS - 1) / HEADERS * HEADERS;
}

static void put_section(unsigned char *headers, int nr, const char *name, size_t at, size_t size)
{
	size_t header = TABLE_AT + 40 * nr;

	memcpy(headers + header, name, strlen(name));
	put(headers, header + 8, size);
	put(headers, header + 16, aligned(size));
	put(headers, header + 20, at);
}

static void append(FILE *file, int from, size_t size)
{
	static char piece[1 << 16];
	ssize_t n;

	while ((n = read(from, piece, sizeof(piece))) > 0)
		fwrite(piece, n, 1, file);
	memset(piece, 0, HEADERS);
	fwrite(piece, aligned(size) - size, 1, file);
	close(from);
}

static int bench_uki(char **words)
{
	unsigned char headers[HEADERS] = "MZ";
	size_t kernel_size, initrd_size;
	int kernel = open_file(words[0], &kernel_size), initrd = open_file(words[1], &initrd_size);
	FILE *file = fopen(words[2], "w");

	if (!file)
		die(words[2]);
	put(headers, 0x3c, PE_AT);
	memcpy(headers + PE_AT, "PE\0\0\x64\x86\2\0", 8);
	put(headers, PE_AT + 20, 112);
	put(headers, OPTIONAL_AT, 0x20b);
	put(headers, OPTIONAL_AT + 60, HEADERS);
	put_section(headers, 0, ".initrd", HEADERS, initrd_size);
	put_section(headers, 1, ".linux", HEADERS + aligned(initrd_size), kernel_size);
	fwrite(headers, HEADERS, 1, file);
	append(file, initrd, initrd_size);
	append(file, kernel, kernel_size);
	return ferror(file) || fclose(file);
}

/* kexec_load */

static void *map_file(const char *path, size_t *size)
{
	int fd = open_file(path, size);
	char *map = mmap(NULL, *size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);

	if (map == MAP_FAILED)
		die(path);
	return map;
}

static unsigned long physical(const void *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	if (fd < 0 || pread(fd, &entry, 8, (uintptr_t)page / PAGE * 8) != 8)
		die("pagemap");
	close(fd);
	return (entry & ((1ull << 55) - 1)) * PAGE;
}

/*
 * Where the page allocator takes its pages from: the lowest of those that it gives
 * us when we ask for that much.  They are free again when we use them as destinations.
 */
static unsigned long next_free_memory(size_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	unsigned long lowest = -1ul;
	size_t offset;

	if (memory == MAP_FAILED)
		die("mmap");
	for (offset = 0; offset < size; offset += 256 * PAGE) {
		unsigned long at = physical(memory + offset);

		if (at < lowest)
			lowest = at;
	}
	munmap(memory, size);
	return lowest & ~(2 * MIB - 1);
}

static size_t whole_pages(size_t size)
{
	return (size + PAGE - 1) & ~(PAGE - 1);
}

struct segments {
	struct kexec_segment segment[2];
	unsigned long flags;
};

static long load_segments(void *argument)
{
	const struct segments *image = argument;

	return kexec_load(image->segment[0].mem, 2, image->segment, image->flags);
}

static int bench_load(char **words)
{
	size_t kernel_size, initrd_size;
	void *kernel = map_file(words[0], &kernel_size);
	void *initrd = map_file(words[1], &initrd_size);
	bool collide = !strcmp(words[2], "collide");
	unsigned long at = collide ? next_free_memory(initrd_size) : 512 * MIB;
	size_t kernel_room = whole_pages(kernel_size);
	struct segments image = { {
		{ kernel, kernel_size, (void *)at, kernel_room },
		{ initrd, initrd_size, (void *)(at + kernel_room), whole_pages(initrd_size) },
	}, words[3] ? KEXEC_PRESERVE_CONTEXT : 0 };

	say("files_kib", (kernel_size + initrd_size) / 1024);
	return measure(load_segments, &image);
}

static int bench_unload(void)
{
	uint64_t begin = monotonic_ns();

	if (kexec_load(NULL, 0, NULL, 0))
		die("unload");
	say("unload_ns", monotonic_ns() - begin);
	return 0;
}

static int bench_memcpy(size_t size)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
	char *from = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
	char *to = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
	uint64_t begin;

	if (from == MAP_FAILED || to == MAP_FAILED)
		die("mmap");
	memset(from, 1, size);
	memset(to, 2, size);
	begin = monotonic_ns();
	memcpy(to, from, size);
	say("memcpy_ns", monotonic_ns() - begin);
	return to[size - 1] != 1;
}

/* Every other page, so that no two free ones are neighbours. */
static int bench_fragment(long leave_mib)
{
	size_t size = (free_kib() / 1024 - leave_mib) * MIB, offset;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	for (offset = 0; offset < size; offset += 2 * PAGE)
		if (madvise(memory + offset, PAGE, MADV_DONTNEED))
			die("madvise");
	if (daemon(0, 1))
		die("daemon");
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (!strcmp(verb, "memcpy") && argc == 3)
		return bench_memcpy(atol(argv[2]) * MIB);
	if (!strcmp(verb, "file-load") && argc == 5)
		return bench_file_load(argv + 2);
	if (!strcmp(verb, "uki") && argc == 5)
		return bench_uki(argv + 2);
	if (!strcmp(verb, "load") && (argc == 5 || (argc == 6 && !strcmp(argv[5], "back"))))
		return bench_load(argv + 2);
	if (!strcmp(verb, "unload"))
		return bench_unload();
	if (!strcmp(verb, "fragment") && argc == 3)
		return bench_fragment(atol(argv[2]));
	fputs("usage: bench memcpy|file-load|uki|load|unload|fragment ...\n", stderr);
	return 2;
}
