// SPDX-License-Identifier: GPL-2.0-only
/*
 * luo keep FILE	has a copy of FILE's contents, in memory, preserved across kexec, and stays in
 *			the background for as long as this kernel
 * luo take		writes what the previous kernel had preserved so to stdout
 *
 * By /dev/liveupdate, a session "rig" and a memfd in it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* As in the kernel's uapi/linux/liveupdate.h, which hosts may lack. */
#define LUO(nr)			_IO(0xba, nr)
#define LUO_CREATE_SESSION	LUO(0x00)
#define LUO_RETRIEVE_SESSION	LUO(0x01)
#define LUO_PRESERVE_FD		LUO(0x40)
#define LUO_RETRIEVE_FD		LUO(0x41)
#define LUO_FINISH		LUO(0x42)

#define TOKEN	0x416

struct luo_session {
	uint32_t size;
	int32_t fd;
	uint8_t name[64];
};

struct luo_fd {
	uint32_t size;
	int32_t fd;
	uint64_t token;
};

struct luo_finish {
	uint32_t size;
	uint32_t reserved;
};

static int or_die(int result, const char *what)
{
	if (result >= 0)
		return result;
	perror(what);
	exit(1);
}

static int session(unsigned long command)
{
	struct luo_session arg = { .size = sizeof(arg), .name = "rig" };

	or_die(ioctl(or_die(open("/dev/liveupdate", O_RDWR), "/dev/liveupdate"), command, &arg),
	       "session");
	return arg.fd;
}

/* All of @from, a regular file or a memfd, is appended to @to. */
static void copy(int from, int to)
{
	static char block[1 << 16];
	ssize_t n, done;
	off_t at = 0;

	while ((n = or_die(pread(from, block, sizeof(block), at), "read"))) {
		at += n;
		for (char *rest = block; n; n -= done, rest += done)
			done = or_die(write(to, rest, n), "write");
	}
}

static void keep(const char *path)
{
	struct luo_fd arg = { .size = sizeof(arg), .token = TOKEN };

	arg.fd = or_die(memfd_create("kept", 0), "memfd_create");
	copy(or_die(open(path, O_RDONLY), path), arg.fd);
	or_die(ioctl(session(LUO_CREATE_SESSION), LUO_PRESERVE_FD, &arg), "preserve");
	or_die(daemon(0, 0), "daemon");
	for (;;)
		pause();
}

static int take(void)
{
	struct luo_fd arg = { .size = sizeof(arg), .token = TOKEN };
	struct luo_finish end = { .size = sizeof(end) };
	int from = session(LUO_RETRIEVE_SESSION);

	or_die(ioctl(from, LUO_RETRIEVE_FD, &arg), "retrieve");
	copy(arg.fd, 1);
	or_die(ioctl(from, LUO_FINISH, &end), "finish");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "keep"))
		keep(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "take"))
		return take();
	return 2;
}
