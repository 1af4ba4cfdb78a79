// SPDX-License-Identifier: GPL-2.0-only
/*
 * kx: the kexec system calls for the scripts of the cases.
 *
 *	kx file-load KERNEL INITRD CMDLINE [FLAG]...	"-" is no initrd
 *	kx dummy [crash]				by kexec_load, a page of nothing
 *	kx load [crash] ADDRESS PAGES			by kexec_load, so many pages
 *	kx header ADDRESS FILE				by kexec_load, a crash image of nothing
 *							but an ELF header, which follows memory
 *	kx bad-file [crash]				by kexec_file_load, of no file
 *	kx bad-cmdline [crash]				by kexec_file_load, one that faults
 *	kx bad-buffer [crash] ADDRESS PAGES		by kexec_load, the last page faults
 *	kx bad-overlap [crash] ADDRESS			by kexec_load, twice the same place
 *	kx unload [crash]				by kexec_load
 *	kx file-unload [crash]				by kexec_file_load
 *	kx reboot					into what is loaded
 *	kx clock					CLOCK_MONOTONIC in ns, and the TSC
 *	kx add-key DESCRIPTION TEXT			a logon key, for this user
 *	kx read-key DESCRIPTION				a user key's text
 *	kx occupy CPU					keeps it busy, whoever else wants it;
 *							says so when it does
 *
 * FLAG is crash, debug, no-cma, hotplug or a number.  With FAIL_NTH=N in the
 * environment, the Nth allocation of file-load or load fails; "not reached" is what
 * they say when there were fewer.  On failure: the errno's name on stderr, exit
 * status 1.
 */
#include <endian.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "calls.h"

#define PAGE 4096ul

#ifndef KEXEC_FILE_DEBUG
#define KEXEC_FILE_DEBUG 0x8
#endif
#ifndef KEXEC_FILE_NO_CMA
#define KEXEC_FILE_NO_CMA 0x10
#endif
#ifndef KEXEC_CRASH_HOTPLUG_SUPPORT
#define KEXEC_CRASH_HOTPLUG_SUPPORT 0x8
#endif

static const struct {
	const char *name;
	unsigned long flag;
} file_flags[] = {
	{ "crash", KEXEC_FILE_ON_CRASH },
	{ "debug", KEXEC_FILE_DEBUG },
	{ "no-cma", KEXEC_FILE_NO_CMA },
};

static unsigned long parse_flags(char **words)
{
	unsigned long flags = 0;

	for (; *words; words++) {
		size_t i;

		for (i = 0; i < sizeof(file_flags) / sizeof(*file_flags); i++)
			if (!strcmp(*words, file_flags[i].name))
				break;
		flags |= i < sizeof(file_flags) / sizeof(*file_flags) ?
			 file_flags[i].flag : strtoul(*words, NULL, 0);
	}
	return flags;
}

static int open_or_die(const char *path)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY) : -1;

	if (fd < 0 && strcmp(path, "-")) {
		perror(path);
		exit(1);
	}
	return fd;
}

#define FAIL_NTH "/proc/thread-self/fail-nth"

/* Has the kernel fail an allocation of this task; all kinds have to be allowed to. */
static void fail_nth(const char *number)
{
	int fd = number ? open(FAIL_NTH, O_WRONLY) : -1;

	if (number && (fd < 0 || write(fd, number, strlen(number)) < 0))
		perror("fail-nth");
	close(fd);
}

/* Says so if it has not come to that. */
static void fail_no_more(void)
{
	char left[16] = "0";
	int fd = open(FAIL_NTH, O_RDWR);

	if (fd >= 0 && read(fd, left, sizeof(left) - 1) > 0 && atoi(left)) {
		if (pwrite(fd, "0", 1, 0) == 1)
			puts("not reached");
	}
	close(fd);
}

static long load(char **words)
{
	unsigned long flags = parse_flags(words + 3);
	int kernel = open_or_die(words[0]), initrd = open_or_die(words[1]);

	if (initrd < 0)
		flags |= KEXEC_FILE_NO_INITRAMFS;
	fail_nth(getenv("FAIL_NTH"));
	return file_load(kernel, initrd, words[2], flags);
}

/* The smallest device tree there is: riscv loads nothing that has none. */
static void write_device_tree(void *at)
{
	static const uint32_t tree[] = {
		0xd00dfeed, 72, 56, 72, 40, 17, 16, 0, 0, 16,	/* its header */
		0, 0, 0, 0,					/* no reservation */
		1, 0, 2, 9,					/* a root without a name */
	};

	for (size_t i = 0; i < sizeof(tree) / sizeof(*tree); i++)
		((uint32_t *)at)[i] = htobe32(tree[i]);
}

/* As many pages as are wanted; but for the first, written to by nobody. */
static long load_pages(unsigned long address, size_t pages, unsigned long flags)
{
	size_t size = pages * PAGE;
	void *buffer = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	struct kexec_segment segment = { buffer, size, (void *)address, size };

	write_device_tree(buffer);
	fail_nth(getenv("FAIL_NTH"));
	return kexec_load(segment.mem, 1, &segment, flags);
}

/* Something that can be loaded and must not be run. */
static long load_dummy(unsigned long flags)
{
	static char page[4096];
	struct kexec_segment segment = { page, sizeof(page), (void *)(64ul << 20), sizeof(page) };

	write_device_tree(page);
	return kexec_load(segment.mem, 1, &segment, flags);
}

/* With room for what the kernel makes of it. */
static long load_header(unsigned long address, const char *path)
{
	static char header[16 * PAGE];
	struct kexec_segment segment = { header, sizeof(header), (void *)address, sizeof(header) };

	if (read(open_or_die(path), header, sizeof(header)) <= 0)
		return -EIO;
	return kexec_load(segment.mem, 1, &segment, KEXEC_ON_CRASH | KEXEC_CRASH_HOTPLUG_SUPPORT);
}

/* Pages of which the last cannot be read. */
static char *most_of_a_buffer(size_t pages)
{
	char *buffer = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	write_device_tree(buffer);
	mprotect(buffer + (pages - 1) * PAGE, PAGE, PROT_NONE);
	return buffer;
}

static long load_bad_cmdline(unsigned long flags)
{
	return kexec_file_load(open_or_die("/boot/bzImage"), -1, 2 * PAGE, most_of_a_buffer(2),
			       flags | KEXEC_FILE_NO_INITRAMFS);
}

static long load_bad_buffer(unsigned long address, size_t pages, unsigned long flags)
{
	size_t size = pages * PAGE;
	struct kexec_segment segment = { most_of_a_buffer(pages), size, (void *)address, size };

	return kexec_load(segment.mem, 1, &segment, flags);
}

static long load_overlap(unsigned long address, unsigned long flags)
{
	struct kexec_segment segment = { most_of_a_buffer(2), PAGE, (void *)address, PAGE };
	struct kexec_segment segments[] = { segment, segment };

	return kexec_load(segment.mem, 2, segments, flags);
}

static void print_clock(void)
{
	uint64_t tsc = read_tsc();

	printf("%llu %llu\n", (unsigned long long)monotonic_ns(), (unsigned long long)tsc);
}

static long add_key(const char *description, const char *text)
{
	long key = checked(syscall(SYS_add_key, "logon", description, text, strlen(text),
				   KEY_SPEC_USER_KEYRING));

	return key < 0 ? key : 0;
}

static long read_key(const char *description)
{
	char text[256] = "";
	long key = checked(syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user",
				   description, 0));

	if (key >= 0)
		key = checked(syscall(SYS_keyctl, KEYCTL_READ, key, text, sizeof(text) - 1));
	if (key < 0)
		return key;
	puts(text);
	return 0;
}

static int occupy(int cpu)
{
	struct sched_param first = { .sched_priority = 50 };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) || sched_setscheduler(0, SCHED_FIFO, &first))
		return -errno;
	puts("occupied");
	fflush(stdout);
	for (;;)
		;
}

static int usage(void)
{
	fputs("usage: kx file-load|dummy|load|header|bad-...|...unload|reboot|clock|...-key|occupy ...\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	bool crash = argc > 2 && !strcmp(argv[2], "crash");
	unsigned long address = argc > 2 + crash ? strtoul(argv[2 + crash], NULL, 0) : 0;
	unsigned long pages = argc > 3 + crash ? strtoul(argv[3 + crash], NULL, 0) : 0;
	long result = 0;

	if (!strcmp(verb, "file-load") && argc > 4)
		result = load(argv + 2);
	else if (!strcmp(verb, "dummy"))
		result = load_dummy(crash ? KEXEC_ON_CRASH : 0);
	else if (!strcmp(verb, "load") && pages)
		result = load_pages(address, pages, crash ? KEXEC_ON_CRASH : 0);
	else if (!strcmp(verb, "header") && argc > 3)
		result = load_header(address, argv[3]);
	else if (!strcmp(verb, "bad-file"))
		result = file_load(-1, -1, "", crash ? KEXEC_FILE_ON_CRASH : 0);
	else if (!strcmp(verb, "bad-cmdline"))
		result = load_bad_cmdline(crash ? KEXEC_FILE_ON_CRASH : 0);
	else if (!strcmp(verb, "bad-buffer") && pages)
		result = load_bad_buffer(address, pages, crash ? KEXEC_ON_CRASH : 0);
	else if (!strcmp(verb, "bad-overlap"))
		result = load_overlap(address, crash ? KEXEC_ON_CRASH : 0);
	else if (!strcmp(verb, "unload"))
		result = kexec_load(NULL, 0, NULL, crash ? KEXEC_ON_CRASH : 0);
	else if (!strcmp(verb, "file-unload"))
		result = kexec_file_load(-1, -1, 0, NULL, KEXEC_FILE_UNLOAD |
					 (crash ? KEXEC_FILE_ON_CRASH : 0));
	else if (!strcmp(verb, "reboot"))
		result = kexec_reboot();
	else if (!strcmp(verb, "add-key") && argc > 3)
		result = add_key(argv[2], argv[3]);
	else if (!strcmp(verb, "read-key") && argc > 2)
		result = read_key(argv[2]);
	else if (!strcmp(verb, "occupy") && argc > 2)
		result = occupy(address);
	else if (!strcmp(verb, "clock"))
		print_clock();
	else
		return usage();
	if (getenv("FAIL_NTH"))
		fail_no_more();
	if (result)
		fprintf(stderr, "%s: %s\n", verb, strerrorname_np(-result) ?: "positive result");
	return result != 0;
}
