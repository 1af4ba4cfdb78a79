// SPDX-License-Identifier: GPL-2.0-only
/*
 * A load that waits in the middle: it reads a page that userfaultfd holds back.
 *
 * It runs in a process of its own, so that it can be killed.  That process tells
 * when the load waits, or what came of it when it does not, and lets the page
 * come when it is told to.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kexec_test.h"
#include "../kselftest.h"

/* ---- loads that read a page of the caller's choice ---- */

/* After a segment that comes at once, so that there is something to take back. */
long load_with_slow_segment(void *page, enum kind kind)
{
	size_t size = page_size();
	unsigned long mem = destination(kind, 16 * size);
	struct kexec_segment segments[] = {
		reset_segment(mem, 8 * size),
		{ page, size, (void *)(mem + 8 * size), size },
	};

	return kexec_load(mem, 2, segments, kind == CRASH ? KEXEC_ON_CRASH : 0);
}

/* The list of segments is in the page, so it is all zeros: one empty segment. */
long load_with_slow_list(void *page, enum kind kind)
{
	return kexec_load(0, 1, page, kind == CRASH ? KEXEC_ON_CRASH : 0);
}

long load_with_slow_cmdline(void *page, enum kind kind)
{
	return kexec_file_load(good_kernel(), -1, 16, page, KEXEC_FILE_NO_INITRAMFS |
			       (kind == CRASH ? KEXEC_FILE_ON_CRASH : 0));
}

/* ---- the process that loads ---- */

struct loader {
	load_fn load;
	enum kind kind;
	void *page;
	int faults, ended[2];
	long result;
};

static int open_faults(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0 && ioctl(fd, UFFDIO_API, &api)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A reason to skip what takes a slow load. */
const char *cannot_hold_back(void)
{
	int fd = open_faults();

	if (fd < 0)
		return "userfaultfd is not to be had";
	close(fd);
	return NULL;
}

static bool hold_back(struct loader *loader)
{
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	loader->page = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (unsigned long)loader->page;
	range.range.len = page_size();
	loader->faults = open_faults();
	return loader->page != MAP_FAILED && loader->faults >= 0 &&
	       !pipe2(loader->ended, O_CLOEXEC) && !ioctl(loader->faults, UFFDIO_REGISTER, &range);
}

static void let_go(struct loader *loader)
{
	struct uffdio_zeropage zero = {
		.range = { (unsigned long)loader->page, page_size() },
	};

	ioctl(loader->faults, UFFDIO_ZEROPAGE, &zero);
}

static void *run_load(void *data)
{
	struct loader *loader = data;

	loader->result = loader->load(loader->page, loader->kind);
	close(loader->ended[1]);
	return NULL;
}

/* 0 when the load waits for its page, or why it does not. */
static long wait_for_fault(const struct loader *loader)
{
	struct pollfd pollers[] = {
		{ .fd = loader->faults, .events = POLLIN },
		{ .fd = loader->ended[0], .events = POLLIN },
	};

	if (poll(pollers, ARRAY_SIZE(pollers), -1) <= 0)
		return -EIO;
	if (pollers[1].revents)
		return loader->result ?: -EALREADY;
	return pollers[0].revents == POLLIN ? 0 : -EIO;
}

static void loader_main(struct loader *loader, int from, int to)
{
	pthread_t thread;
	long result;
	char word;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!hold_back(loader) || pthread_create(&thread, NULL, run_load, loader))
		result = -ECHILD;
	else
		result = wait_for_fault(loader);
	if (write(to, &result, sizeof(result)) < 0 || result || read(from, &word, 1) != 1)
		exit(1);
	let_go(loader);
	pthread_join(thread, NULL);
	if (write(to, &loader->result, sizeof(loader->result)) < 0)
		exit(1);
	exit(0);
}

/* ---- who watches it ---- */

static void start_process(struct slow_load *slow, struct loader *loader)
{
	int down[2], up[2];
	pid_t pid;

	slow->pid = -1;
	if (pipe2(down, O_CLOEXEC) || pipe2(up, O_CLOEXEC))
		return;
	pid = fork();
	if (!pid) {
		close(down[1]);
		close(up[0]);
		loader_main(loader, down[0], up[1]);
	}
	close(down[0]);
	close(up[1]);
	/* The fixture that @slow is part of is shared with the child. */
	slow->pid = pid;
	slow->to = down[1];
	slow->from = up[0];
}

/*
 * 0 when the load waits.  When it has come to its end without its page, the errno
 * that it was told, or EALREADY for a success.
 */
long start_slow_load(struct slow_load *slow, load_fn load, enum kind kind)
{
	struct loader loader = { .load = load, .kind = kind };
	long result = -ECHILD;

	start_process(slow, &loader);
	if (slow->pid <= 0)
		return -ECHILD;
	if (read(slow->from, &result, sizeof(result)) <= 0)
		result = -ECHILD;
	if (result)
		kill_slow_load(slow);
	return result;
}

/* Lets it go on and returns what came of it. */
long finish_slow_load(struct slow_load *slow)
{
	long result = -ECHILD;

	if (write(slow->to, "g", 1) != 1 || read(slow->from, &result, sizeof(result)) <= 0)
		result = -ECHILD;
	close(slow->to);
	close(slow->from);
	waitpid(slow->pid, NULL, 0);
	return result;
}

/*
 * Waits for a process that is about to end; false when it does not.  Turns are counted,
 * not seconds, of which a busy machine needs more for as many.
 */
bool reap_soon(pid_t pid)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	int i;

	for (i = 0; i < 10000; i++) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return true;
		nanosleep(&moment, NULL);
	}
	return false;
}

/* False when it outlives SIGKILL. */
bool kill_slow_load(struct slow_load *slow)
{
	kill(slow->pid, SIGKILL);
	close(slow->to);
	close(slow->from);
	return reap_soon(slow->pid);
}
