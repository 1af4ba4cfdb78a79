// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a kernel should stand, and some do not: only with KEXEC_TEST_HARSH=1, and
 * not on a machine that anybody needs.
 *
 * A failure of these may be the end of the machine's memory, or of the machine.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kexec_test.h"
#include "kexec_harness.h"

/* The number behind a name in a file of names and numbers, 0 if it is not there. */
static __u64 number_of(const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	unsigned long long number = 0;
	char line[128], word[64];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %llu", word, &number) == 2 && !strcmp(word, name))
			break;
		else
			number = 0;
	if (file)
		fclose(file);
	return number;
}

static __u64 available_memory(void)
{
	return number_of("/proc/meminfo", "MemAvailable:") << 10;
}

static __u64 free_memory(void)
{
	return number_of("/proc/meminfo", "MemFree:") << 10;
}

/* An image of more than half of memory is refused for that, whatever is free. */
static __u64 size_allowed(void)
{
	return (number_of("/proc/meminfo", "MemTotal:") << 9) - (32 << 20);
}

/* Whom the OOM killer has killed since the system was started. */
static __u64 killed(void)
{
	return number_of("/proc/vmstat", "oom_kill");
}

/* Has so much memory that half of it is not to be had any more. */
static pid_t start_hog(void)
{
	size_t size = available_memory() / 4 * 3;
	int ready[2];
	pid_t pid;
	char word;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (!pid) {
		mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (write(ready[1], "r", 1) == 1)
			pause();
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &word, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

/* ---- about as much as is free ---- */

/* Of contents that need no memory themselves: zeros that nobody has written. */
static long load_zeros(size_t size)
{
	void *zeros = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			   -1, 0);
	unsigned long mem = destination(REBOOT, page_size());
	struct kexec_segment segment = { zeros, size, (void *)mem, size };
	long result;

	if (zeros == MAP_FAILED)
		return -EPROTO;
	result = kexec_load(mem, 1, &segment, 0);
	munmap(zeros, size);
	return result;
}

static long load_zeros_as_file(size_t size)
{
	int kernel = good_kernel(), initrd = memfd_create("zeros", 0);
	long result = -EPROTO;

	if (initrd >= 0 && !ftruncate(initrd, size))
		result = kexec_file_load(kernel, initrd, 1, "", 0);
	close(initrd);
	close(kernel);
	return result;
}

FIXTURE(scarce)
{
	struct session session;
	__u64 available;
	pid_t hog;
};

FIXTURE_VARIANT(scarce)
{
	long (*load)(size_t size);
	bool file;
};

FIXTURE_VARIANT_ADD(scarce, kexec_load) { load_zeros };
FIXTURE_VARIANT_ADD(scarce, kexec_file_load) { load_zeros_as_file, true };

FIXTURE_SETUP(scarce)
{
	const char *why = not_asked_for("KEXEC_TEST_HARSH", "a kernel may not survive this");

	if (!why)
		why = variant->file ? begin_with_files(&self->session, REBOOT) :
				      begin(&self->session, REBOOT);
	if (why)
		SKIP(return, "%s", why);
	self->available = available_memory();
	self->hog = start_hog();
	ASSERT_LT(0, self->hog);
}

FIXTURE_TEARDOWN_PARENT(scarce)
{
	/* The next test counts what is free without either. */
	end(&self->session);
	if (self->hog > 0 && !kill(self->hog, SIGKILL))
		while (!kill(self->hog, 0) && available_memory() < self->available / 8 * 7)
			usleep(10000);
}

/*
 * What just fits, or just does not, is where others may come to go short: of the
 * load's last allocations, or of their own.
 */
TEST_F(scarce, nobody_is_killed)
{
	const size_t step = 1 << 20;
	__u64 before = killed();
	size_t less;

	for (less = 0; less < 24 * step; less += step) {
		__u64 size = (free_memory() - less) / page_size() * page_size();
		long result;

		if (size > size_allowed())
			size = size_allowed() / page_size() * page_size();
		result = variant->load(size);
		EXPECT_TRUE(result == 0 || result == -ENOMEM)
			TH_LOG("%s", outcome(result));
		EXPECT_EQ(0, kexec_unload(REBOOT));
		ASSERT_EQ(before, killed())
			TH_LOG("for %llu of %llu MiB", size >> 20, (size + less) >> 20);
	}
}

/* ---- all that there is ---- */

FIXTURE(harsh)
{
	struct session session;
};

FIXTURE_SETUP(harsh)
{
	const char *why = not_asked_for("KEXEC_TEST_HARSH", "a kernel may not survive this");

	if (!why)
		why = begin(&self->session, REBOOT);
	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN_PARENT(harsh)
{
	end(&self->session);
}

/* Where its end is computed as its last byte, this one is all of memory. */
TEST_F(harsh, nothing_at_address_zero)
{
	struct kexec_segment segment = {};

	EXPECT_EQ(0, kexec_load(0, 1, &segment, 0));
	EXPECT_TRUE(is_loaded(REBOOT));
}

/* What an image may have at most. */
static size_t half_of_memory(void)
{
	return memory_size() / page_size() / 2 * page_size();
}

static long load_half_of_memory(void)
{
	unsigned long mem = destination(REBOOT, page_size());
	struct kexec_segment segment = reset_segment(mem, half_of_memory());

	return kexec_load(mem, 1, &segment, 0);
}

TEST_F(harsh, half_of_memory)
{
	bool fits = available_memory() > memory_size() / 8 * 5;
	long result = load_half_of_memory();

	EXPECT_TRUE(result == 0 || (result == -ENOMEM && !fits))
		TH_LOG("%s", outcome(result));
	EXPECT_EQ(!result, is_loaded(REBOOT));
	EXPECT_EQ(0, kexec_unload(REBOOT));
	EXPECT_EQ(0, load_something(REBOOT));
}

/* A load that does not fit is refused; nobody is killed to make it fit. */
TEST_F(harsh, more_than_is_free)
{
	pid_t hog;
	long result;

	ASSERT_EQ(0, load_something(REBOOT));
	hog = start_hog();
	ASSERT_LT(0, hog);
	result = load_half_of_memory();
	EXPECT_EQ(0, waitpid(hog, NULL, WNOHANG))
		TH_LOG("somebody was killed for it");
	EXPECT_TRUE(result == 0 || result == -ENOMEM)
		TH_LOG("%s", outcome(result));
	EXPECT_TRUE(is_loaded(REBOOT));
	kill(hog, SIGKILL);
}

/*
 * By each of the calls, over one another: what was just taken away may not be
 * freed under the next one that uses the same memory.  Last, since a kernel that
 * fails may load nothing any more.
 */
TEST_F(harsh, crash_images_come_and_go_at_once)
{
	struct race race = { .kind = CRASH, .files = true, .seconds = 10 };
	const char *why = begin(&self->session, CRASH) ?: begin_with_files(&self->session, CRASH);

	if (why)
		SKIP(return, "%s", why);
	EXPECT_EQ(0, run_race(&race, 4))
		TH_LOG("somebody was told %s", outcome(race.odd_result));
	EXPECT_LT(0, race.successes);
	EXPECT_EQ(0, kexec_unload(CRASH));
	EXPECT_FALSE(is_loaded(CRASH));
}

TEST_HARNESS_MAIN
