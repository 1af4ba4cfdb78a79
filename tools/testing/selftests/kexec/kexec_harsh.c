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
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kexec_test.h"
#include "../kselftest_harness.h"

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
TEST_F_TIMEOUT(harsh, nothing_at_address_zero, 300)
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

static __u64 available_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	unsigned long long kib = 0;
	char line[128];

	while (file && !kib && fgets(line, sizeof(line), file))
		sscanf(line, "MemAvailable: %llu", &kib);
	if (file)
		fclose(file);
	return kib << 10;
}

static long load_half_of_memory(void)
{
	unsigned long mem = destination(REBOOT, page_size());
	struct kexec_segment segment = reset_segment(mem, half_of_memory());

	return kexec_load(mem, 1, &segment, 0);
}

TEST_F_TIMEOUT(harsh, half_of_memory, 600)
{
	bool fits = available_memory() > memory_size() / 8 * 5;
	long result = load_half_of_memory();

	EXPECT_TRUE(result == 0 || (result == -ENOMEM && !fits))
		TH_LOG("%s", outcome(result));
	EXPECT_EQ(!result, is_loaded(REBOOT));
	EXPECT_EQ(0, kexec_unload(REBOOT));
	EXPECT_EQ(0, load_something(REBOOT));
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

/* A load that does not fit is refused; nobody is killed to make it fit. */
TEST_F_TIMEOUT(harsh, more_than_is_free, 600)
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
TEST_F_TIMEOUT(harsh, crash_images_come_and_go_at_once, 300)
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
