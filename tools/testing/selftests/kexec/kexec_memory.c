// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading, unloading, and loads that come to nothing leave the machine as much
 * free memory as it had.
 *
 * A busy machine's free memory goes up and down.  A leak goes one way: only when
 * each of several rounds has lost a part of a page for each of its cycles is it
 * one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kexec_test.h"
#include "kexec_harness.h"

#define CYCLES	100
#define ROUNDS	5
#define SIZE	(256 * page_size())

/* ---- how much is free ---- */

static bool counts_as_free(const char *name)
{
	static const char *const names[] = {
		"MemFree:", "Buffers:", "Cached:", "SwapCached:", "SReclaimable:",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* Free pages, and those that the page cache holds. */
static long free_in_zones(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128], name[64];
	long kib, sum = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %ld", name, &kib) == 2 && counts_as_free(name))
			sum += kib;
	if (file)
		fclose(file);
	return sum * 1024 / (long)page_size();
}

/* Free pages that wait at a CPU for their next use. */
static long free_at_cpus(void)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	char line[128];
	long pages, sum = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " count: %ld", &pages) == 1)
			sum += pages;
	if (file)
		fclose(file);
	return sum;
}

static long free_pages(void)
{
	/* Collects what the CPUs have counted, each for itself. */
	read_number("/proc/sys/vm/stat_refresh");
	return free_in_zones() + free_at_cpus();
}

/* KASAN keeps what was freed for a while, so there only whole segments tell. */
static long tolerance(void)
{
	return kernel_option("KASAN") == 'y' ? CYCLES * 16 : CYCLES / 2;
}

/* ---- what is repeated ---- */

typedef long (*cycle_fn)(enum kind kind);

static char contents[8192];

static long load_segments(enum kind kind)
{
	unsigned long mem = destination(kind, 4 * SIZE);
	struct kexec_segment segments[] = {
		{ contents, sizeof(contents), (void *)mem, SIZE },
		{ contents, sizeof(contents), (void *)mem + 2 * SIZE, SIZE },
	};

	return kexec_load(mem, 2, segments, kind == CRASH ? KEXEC_ON_CRASH : 0);
}

static long load_files(enum kind kind)
{
	static int kernel, initrd;

	if (!kernel) {
		kernel = good_kernel();
		initrd = make_file(contents, sizeof(contents));
	}
	return kexec_file_load(kernel, initrd, 1, "", kind == CRASH ? KEXEC_FILE_ON_CRASH : 0);
}

static long come_and_go(enum kind kind)
{
	return load_segments(kind) ?: kexec_unload(kind);
}

static long come_and_go_as_files(enum kind kind)
{
	return load_files(kind) ?: kexec_file_unload(kind);
}

static long refused(enum kind kind)
{
	unsigned long mem = destination(kind, 4 * SIZE);
	struct kexec_segment segments[] = {
		{ contents, sizeof(contents), (void *)mem, SIZE },
		{ missing_page(), 1, (void *)mem + 2 * SIZE, SIZE },
	};
	long result = kexec_load(mem, 2, segments, kind == CRASH ? KEXEC_ON_CRASH : 0);

	munmap((void *)segments[1].buf, page_size());
	return result == -EFAULT ? 0 : -EPROTO;
}

/* One too many, noticed by the last check that looks at segments. */
static long refused_at_once(enum kind kind)
{
	struct kexec_segment segment = reset_segment(destination(kind, SIZE), SIZE);
	long result;

	segment.bufsz = segment.memsz + 1;
	result = kexec_load((unsigned long)segment.mem, 1, &segment,
			    kind == CRASH ? KEXEC_ON_CRASH : 0);
	return result == -EINVAL ? 0 : -EPROTO;
}

static long refused_files(enum kind kind)
{
	static int kernel, initrd;
	long result;

	if (!kernel) {
		kernel = good_kernel();
		initrd = make_file(contents, sizeof(contents));
	}
	result = kexec_file_load(kernel, initrd, 4, "text",
				 kind == CRASH ? KEXEC_FILE_ON_CRASH : 0);
	return result == -EINVAL ? 0 : -EPROTO;
}

/* Refused when everything but the kernel itself has found its place. */
static long refused_layout(enum kind kind)
{
	static int kernel;
	long result;

	if (!kernel) {
		struct kernel_header header = good_header();

		header.init_size = 4096;
		kernel = make_kernel(&header);
	}
	result = kexec_file_load(kernel, -1, 1, "", KEXEC_FILE_NO_INITRAMFS |
				 (kind == CRASH ? KEXEC_FILE_ON_CRASH : 0));
	return result == -EINVAL ? 0 : -EPROTO;
}

/* ---- the rounds ---- */

FIXTURE(cycles)
{
	struct session session;
};

FIXTURE_VARIANT(cycles)
{
	cycle_fn cycle;
	enum kind kind;
	bool file;
};

FIXTURE_VARIANT_ADD(cycles, come_and_go) { come_and_go, REBOOT };
FIXTURE_VARIANT_ADD(cycles, reload) { load_segments, REBOOT };
FIXTURE_VARIANT_ADD(cycles, refused) { refused, REBOOT };
FIXTURE_VARIANT_ADD(cycles, refused_at_once) { refused_at_once, REBOOT };
FIXTURE_VARIANT_ADD(cycles, files_come_and_go) { come_and_go_as_files, REBOOT, true };
FIXTURE_VARIANT_ADD(cycles, files_reload) { load_files, REBOOT, true };
FIXTURE_VARIANT_ADD(cycles, files_refused) { refused_files, REBOOT, true };
FIXTURE_VARIANT_ADD(cycles, files_refused_layout) { refused_layout, REBOOT, true };
FIXTURE_VARIANT_ADD(cycles, crash_come_and_go) { come_and_go, CRASH };
FIXTURE_VARIANT_ADD(cycles, crash_reload) { load_segments, CRASH };
FIXTURE_VARIANT_ADD(cycles, crash_refused) { refused, CRASH };
FIXTURE_VARIANT_ADD(cycles, crash_files_come_and_go) { come_and_go_as_files, CRASH, true };
FIXTURE_VARIANT_ADD(cycles, crash_files_reload) { load_files, CRASH, true };
FIXTURE_VARIANT_ADD(cycles, crash_files_refused) { refused_files, CRASH, true };
FIXTURE_VARIANT_ADD(cycles, crash_files_refused_layout) { refused_layout, CRASH, true };

FIXTURE_SETUP(cycles)
{
	const char *why = variant->file ? begin_with_files(&self->session, variant->kind) :
					  begin(&self->session, variant->kind);

	if (!why && free_pages() <= 0)
		why = "/proc does not say how much memory is free";
	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN_PARENT(cycles)
{
	end(&self->session);
}

/* Pages that a round has lost, or a negative errno. */
static long lost_in_round(cycle_fn cycle, enum kind kind, int cycles)
{
	long before = free_pages(), after;
	int i;

	for (i = 0; i < cycles; i++) {
		long result = cycle(kind);

		if (result)
			return result < 0 ? result : -EPROTO;
	}
	after = free_pages();
	return before > after ? before - after : 0;
}

TEST_F(cycles, cost_no_memory)
{
	long lost, limit = tolerance();
	int round = 0;

	/* What is allocated once and kept. */
	ASSERT_LE(0, lost_in_round(variant->cycle, variant->kind, CYCLES / 10));
	do {
		lost = lost_in_round(variant->cycle, variant->kind, CYCLES);
		ASSERT_LE(0, lost)
			TH_LOG("a cycle ended in %s", outcome(lost));
	} while (lost > limit && ++round < ROUNDS);
	EXPECT_GT(ROUNDS, round)
		TH_LOG("%ld pages lost in the last %d cycles", lost, CYCLES);
}

TEST_HARNESS_MAIN
