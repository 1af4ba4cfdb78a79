/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system calls under test, called directly: every wrapper returns 0 or a
 * positive value on success and a negative errno on failure.
 */
#ifndef RIG_CALLS_H
#define RIG_CALLS_H

#include <errno.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static inline long checked(long result)
{
	return result == -1 ? -errno : result;
}

static inline long kexec_load(const void *entry, unsigned long count,
			      const struct kexec_segment *segments, unsigned long flags)
{
	return checked(syscall(SYS_kexec_load, entry, count, segments, flags));
}

static inline long kexec_file_load(int kernel, int initrd, unsigned long length,
				   const char *cmdline, unsigned long flags)
{
	return checked(syscall(SYS_kexec_file_load, kernel, initrd, length, cmdline, flags));
}

/* kexec_file_load() with a command line that is a string. */
static inline long file_load(int kernel, int initrd, const char *cmdline, unsigned long flags)
{
	return kexec_file_load(kernel, initrd, strlen(cmdline) + 1, cmdline, flags);
}

static inline long kexec_reboot(void)
{
	return checked(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			       LINUX_REBOOT_CMD_KEXEC, NULL));
}

/* The machine's counter: the TSC, or what the architecture has. */
static inline uint64_t read_tsc(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#elif defined(__powerpc64__)
	return __builtin_ppc_get_timebase();
#else
	uint64_t count;

#if defined(__aarch64__)
	asm volatile("mrs %0, cntvct_el0" : "=r"(count));
#elif defined(__riscv)
	asm volatile("rdtime %0" : "=r"(count));
#elif defined(__s390x__)
	asm volatile("stck %0" : "=Q"(count) : : "cc");
#endif
	return count;
#endif
}

static inline uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

#endif
