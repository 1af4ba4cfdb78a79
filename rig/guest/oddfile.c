// SPDX-License-Identifier: GPL-2.0-only
/*
 * oddfile shrinks|fails|hangs|stalls PATH MIB: makes PATH, a file, one of so many
 * MiB that cannot be read to its end.  From the middle on, it turns out to be no
 * longer than that, or an I/O error, or a wait that only a signal ends; then
 * PATH.reached is there as soon as somebody waits.
 *
 * One that stalls has no answer to any read: pages of the page cache that are to
 * hold it stay locked for as long as the system runs.
 *
 * It is the root, and all, of a FUSE file system of its own; the server stays
 * in the background.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *way;
static size_t size;
static char reached[100];
static int device;

static void answer(const struct fuse_in_header *in, int error, const void *data, size_t length)
{
	struct fuse_out_header out = { sizeof(out) + length, error, in->unique };
	struct iovec parts[] = { { &out, sizeof(out) }, { (void *)data, length } };

	if (writev(device, parts, 2) < 0 && errno != ENOENT)
		perror("oddfile");
}

static void answer_init(const struct fuse_in_header *in)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = 65536, .max_write = 65536, .flags = FUSE_ASYNC_READ,
		.max_background = UINT16_MAX, .congestion_threshold = UINT16_MAX,
	};

	answer(in, 0, &init, sizeof(init));
}

static void answer_getattr(const struct fuse_in_header *in)
{
	struct fuse_attr_out attr = {
		.attr = { .ino = FUSE_ROOT_ID, .size = size, .mode = S_IFREG | 0644, .nlink = 1 },
	};

	answer(in, 0, &attr, sizeof(attr));
}

static bool stalls(void)
{
	return !strcmp(way, "stalls");
}

static void answer_read(const struct fuse_in_header *in, const struct fuse_read_in *wanted)
{
	static char zeros[1 << 20];
	size_t length = wanted->size < sizeof(zeros) ? wanted->size : sizeof(zeros);

	if (stalls())
		return;
	if (wanted->offset + length <= size / 2)
		answer(in, 0, zeros, length);
	else if (!strcmp(way, "shrinks"))
		answer(in, 0, zeros, 0);
	else if (!strcmp(way, "fails"))
		answer(in, -EIO, NULL, 0);
	else
		close(open(reached, O_WRONLY | O_CREAT, 0600));
}

/* Whoever waits has got a signal; FUSE lets it go when its request is answered. */
static void answer_interrupt(const struct fuse_interrupt_in *interrupted)
{
	struct fuse_in_header waiting = { .unique = interrupted->unique };

	if (!stalls())
		answer(&waiting, -EINTR, NULL, 0);
}

static void serve(const struct fuse_in_header *in)
{
	struct fuse_open_out opened = { .open_flags = stalls() ? 0 : FOPEN_DIRECT_IO };

	switch (in->opcode) {
	case FUSE_INIT:
		answer_init(in);
		break;
	case FUSE_GETATTR:
		answer_getattr(in);
		break;
	case FUSE_OPEN:
		answer(in, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		answer_read(in, (const void *)(in + 1));
		break;
	case FUSE_INTERRUPT:
		answer_interrupt((const void *)(in + 1));
		break;
	case FUSE_FORGET:
		break;
	case FUSE_RELEASE:
	case FUSE_FLUSH:
		answer(in, 0, NULL, 0);
		break;
	default:
		answer(in, -ENOSYS, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	static char request[1 << 17] __attribute__((aligned(8)));
	char options[80];

	if (argc < 4) {
		fputs("usage: oddfile shrinks|fails|hangs|stalls PATH MIB\n", stderr);
		return 2;
	}
	way = argv[1];
	size = strtoul(argv[3], NULL, 0) << 20;
	snprintf(reached, sizeof(reached), "%s.reached", argv[2]);
	close(open(argv[2], O_WRONLY | O_CREAT, 0644));
	device = open("/dev/fuse", O_RDWR);
	snprintf(options, sizeof(options), "fd=%d,rootmode=100644,user_id=0,group_id=0", device);
	if (device < 0 || mount("oddfile", argv[2], "fuse", 0, options)) {
		perror("oddfile");
		return 1;
	}
	if (daemon(1, 0))
		return 1;
	while (read(device, request, sizeof(request)) > 0)
		serve((const void *)request);
	return 0;
}
