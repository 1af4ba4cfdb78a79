/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page of memory that whoever touches it waits for, the kernel included,
 * until it is let go: userfaultfd.
 */
#ifndef RIG_HELD_H
#define RIG_HELD_H

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096ul

struct held_page {
	char *at;
	int fd;
};

static inline bool hold_page(struct held_page *held)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register wanted = { .range.len = PAGE,
					  .mode = UFFDIO_REGISTER_MODE_MISSING };

	held->at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	wanted.range.start = (uintptr_t)held->at;
	held->fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	return held->fd >= 0 && !ioctl(held->fd, UFFDIO_API, &api) &&
	       !ioctl(held->fd, UFFDIO_REGISTER, &wanted);
}

/* Waits until somebody waits for the page. */
static inline bool page_is_wanted(const struct held_page *held)
{
	struct pollfd waiting = { held->fd, POLLIN, 0 };

	return poll(&waiting, 1, -1) == 1 && waiting.revents == POLLIN;
}

static inline void let_go(const struct held_page *held)
{
	struct uffdio_zeropage zero = { .range = { (uintptr_t)held->at, PAGE } };

	ioctl(held->fd, UFFDIO_ZEROPAGE, &zero);
}

#endif
