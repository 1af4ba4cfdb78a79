// SPDX-License-Identifier: GPL-2.0-only
/*
 * A load that is killed, at whatever moment, ends soon, leaves nothing locked
 * and takes nothing away from what was loaded before.  A signal that does not
 * kill does not disturb a load.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "kexec_test.h"
#include "kexec_harness.h"

#define KILLS	24

/* Large enough to be met in the middle, small enough to be in nobody's way. */
static size_t large_size(enum kind kind)
{
	struct range range = kind == CRASH ? crash_region() : spare_memory();
	__u64 size = (range.end - range.start) / 8;
	__u64 most = memory_size() / 32;

	size = size < most ? size : most;
	size = size < 32 << 20 ? size : 32 << 20;
	return size / page_size() * page_size();
}

static void *large_buffer(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static long load_large_segment(enum kind kind, const void *buffer, size_t size)
{
	unsigned long mem = destination(kind, size);
	struct kexec_segment segment = { buffer, size, (void *)mem, size };

	return kexec_load(mem, 1, &segment, kind == CRASH ? KEXEC_ON_CRASH : 0);
}

static long load_large_initrd(enum kind kind, const void *buffer, size_t size)
{
	static int kernel, initrd;

	if (!kernel) {
		kernel = good_kernel();
		initrd = make_file(buffer, size);
	}
	return kexec_file_load(kernel, initrd, 1, "", kind == CRASH ? KEXEC_FILE_ON_CRASH : 0);
}

typedef long (*load_large_fn)(enum kind kind, const void *buffer, size_t size);

FIXTURE(large)
{
	struct session session;
	size_t size;
	void *buffer;
};

FIXTURE_VARIANT(large)
{
	load_large_fn load;
	enum kind kind;
	bool file;
};

FIXTURE_VARIANT_ADD(large, segment) { load_large_segment, REBOOT };
FIXTURE_VARIANT_ADD(large, initrd) { load_large_initrd, REBOOT, true };
FIXTURE_VARIANT_ADD(large, crash_segment) { load_large_segment, CRASH };
FIXTURE_VARIANT_ADD(large, crash_initrd) { load_large_initrd, CRASH, true };

FIXTURE_SETUP(large)
{
	const char *why = variant->file ? begin_with_files(&self->session, variant->kind) :
					  begin(&self->session, variant->kind);

	if (why)
		SKIP(return, "%s", why);
	self->size = large_size(variant->kind);
	self->buffer = large_buffer(self->size);
	ASSERT_NE(NULL, self->buffer);
}

FIXTURE_TEARDOWN_PARENT(large)
{
	end(&self->session);
}

/* Loads again and again until it is killed. */
static pid_t start_loading(load_large_fn load, enum kind kind, const void *buffer, size_t size)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	while (!load(kind, buffer, size))
		;
	_exit(1);
}

/* Some kernels free the old crash image first; busy.killed_... shows that. */
static bool keeps_what_was_loaded(enum kind kind)
{
	struct kexec_segment segment = { NULL, 1, NULL, 0 };

	kexec_load(0, 1, &segment, kind == CRASH ? KEXEC_ON_CRASH : 0);
	return is_loaded(kind);
}

static void wait_some_time(int turn)
{
	const struct timespec moment = { .tv_nsec = 1000000 + turn * 3777777 % 60000000 };

	nanosleep(&moment, NULL);
}

TEST_F(large, can_be_killed_at_any_moment)
{
	bool keeps;
	int i;

	ASSERT_EQ(0, variant->load(variant->kind, self->buffer, self->size));
	keeps = keeps_what_was_loaded(variant->kind);
	for (i = 0; i < KILLS; i++) {
		pid_t pid = start_loading(variant->load, variant->kind, self->buffer, self->size);

		ASSERT_LT(0, pid);
		wait_some_time(i);
		kill(pid, SIGKILL);
		ASSERT_TRUE(reap_soon(pid));
		if (keeps)
			ASSERT_TRUE(is_loaded(variant->kind));
	}
	EXPECT_EQ(0, variant->load(variant->kind, self->buffer, self->size));
	EXPECT_TRUE(is_loaded(variant->kind));
}

static void ignore_signal(int number)
{
}

TEST_F(large, is_not_disturbed_by_other_signals)
{
	const struct itimerval often = { { .tv_usec = 1000 }, { .tv_usec = 1000 } };
	int i;

	signal(SIGALRM, ignore_signal);
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &often, NULL));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(0, variant->load(variant->kind, self->buffer, self->size));
	EXPECT_TRUE(is_loaded(variant->kind));
}

TEST_HARNESS_MAIN
