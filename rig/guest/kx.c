// SPDX-License-Identifier: GPL-2.0-only
/*
 * kx: the kexec system calls for the scripts of the cases.
 *
 *	kx file-load KERNEL INITRD CMDLINE [FLAG]...	"-" is no initrd
 *	kx dummy [crash]				by kexec_load, a page of nothing
 *	kx bad-file [crash]				by kexec_file_load, of no file
 *	kx unload [crash]				by kexec_load
 *	kx file-unload [crash]				by kexec_file_load
 *	kx reboot					into what is loaded
 *	kx clock					CLOCK_MONOTONIC in ns, and the TSC
 *
 * FLAG is crash, debug, no-cma, hotplug or a number.  On failure: the errno's
 * name on stderr, exit status 1.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "calls.h"

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

static long load(char **words)
{
	unsigned long flags = parse_flags(words + 3);
	int kernel = open_or_die(words[0]), initrd = open_or_die(words[1]);

	if (initrd < 0)
		flags |= KEXEC_FILE_NO_INITRAMFS;
	return file_load(kernel, initrd, words[2], flags);
}

/* Something that can be loaded and must not be run. */
static long load_dummy(unsigned long flags)
{
	static char page[4096];
	struct kexec_segment segment = { page, sizeof(page), (void *)(64ul << 20), sizeof(page) };

	return kexec_load(segment.mem, 1, &segment, flags);
}

static void print_clock(void)
{
	uint64_t tsc = read_tsc();

	printf("%llu %llu\n", (unsigned long long)monotonic_ns(), (unsigned long long)tsc);
}

static int usage(void)
{
	fputs("usage: kx file-load|dummy|bad-file|unload|file-unload|reboot|clock ...\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	bool crash = argc > 2 && !strcmp(argv[2], "crash");
	long result = 0;

	if (!strcmp(verb, "file-load") && argc > 4)
		result = load(argv + 2);
	else if (!strcmp(verb, "dummy"))
		result = load_dummy(crash ? KEXEC_ON_CRASH : 0);
	else if (!strcmp(verb, "bad-file"))
		result = file_load(-1, -1, "", crash ? KEXEC_FILE_ON_CRASH : 0);
	else if (!strcmp(verb, "unload"))
		result = kexec_load(NULL, 0, NULL, crash ? KEXEC_ON_CRASH : 0);
	else if (!strcmp(verb, "file-unload"))
		result = kexec_file_load(-1, -1, 0, NULL, KEXEC_FILE_UNLOAD |
					 (crash ? KEXEC_FILE_ON_CRASH : 0));
	else if (!strcmp(verb, "reboot"))
		result = kexec_reboot();
	else if (!strcmp(verb, "clock"))
		print_clock();
	else
		return usage();
	if (result)
		fprintf(stderr, "%s: %s\n", verb, strerrorname_np(-result) ?: "positive result");
	return result != 0;
}
