// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contents of an image are where its segments say, zeros fill up the rest,
 * and nothing but a load that succeeds changes a byte of a crash image: not one
 * that is refused, not one that is killed, and not one that is under way.
 *
 * Memory is looked at through /proc/kcore.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kexec_test.h"
#include "kexec_harness.h"

#define PAGES	800
#define MAP	"/sys/kernel/debug/kexec/map"

/* ---- physical memory ---- */

/* Where in the file the @size bytes at physical @start are; 0 when nowhere. */
static off_t find_in_kcore(int kcore, __u64 start, size_t size)
{
	ElfW(Ehdr) header;
	ElfW(Phdr) part;
	int i;

	if (pread(kcore, &header, sizeof(header), 0) != sizeof(header))
		return 0;
	for (i = 0; i < header.e_phnum; i++) {
		if (pread(kcore, &part, sizeof(part), header.e_phoff + i * sizeof(part)) !=
		    sizeof(part))
			return 0;
		if (part.p_type == PT_LOAD && part.p_paddr != (ElfW(Addr)) - 1 &&
		    start >= part.p_paddr && start + size <= part.p_paddr + part.p_memsz)
			return part.p_offset + (start - part.p_paddr);
	}
	return 0;
}

static bool read_memory(__u64 start, void *to, size_t size)
{
	int kcore = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	ssize_t len = -1;
	off_t at;

	if (kcore < 0)
		return false;
	at = find_in_kcore(kcore, start, size);
	if (at)
		len = pread(kcore, to, size, at);
	close(kcore);
	return len == (ssize_t)size;
}

static const char *cannot_see(unsigned long mem)
{
	char byte;

	return read_memory(mem, &byte, 1) ? NULL : "/proc/kcore does not show that memory";
}

/* ---- an image with contents that can be told ---- */

struct picture {
	unsigned long mem;
	size_t size;	/* of the contents; what is left of PAGES pages is zeros */
	unsigned char seed;
};

static unsigned char picture_byte(const struct picture *picture, size_t i)
{
	return i < picture->size ? (i ^ i >> 8 ^ i >> 16 ^ picture->seed) : 0;
}

static char *paint(const struct picture *picture)
{
	char *buffer = buffer_before_hole(picture->size);
	size_t i;

	for (i = 0; buffer && i < picture->size; i++)
		buffer[i] = picture_byte(picture, i);
	return buffer;
}

static long load_picture(const struct picture *picture, enum kind kind)
{
	struct kexec_segment segment = {
		paint(picture), picture->size, (void *)picture->mem, PAGES * page_size(),
	};

	return kexec_load(picture->mem, 1, &segment, kind == CRASH ? KEXEC_ON_CRASH : 0);
}

/* The first @size bytes of it. */
static bool shows(const struct picture *picture, size_t size)
{
	size_t i;
	unsigned char *seen = malloc(size);
	bool same = seen && read_memory(picture->mem, seen, size);

	for (i = 0; same && i < size; i++)
		same = seen[i] == picture_byte(picture, i);
	free(seen);
	return same;
}

static bool is_there(const struct picture *picture)
{
	return shows(picture, PAGES * page_size());
}

static bool is_armed(const struct picture *picture)
{
	return is_loaded(CRASH) && is_there(picture);
}

/* ---- crash images made by the test ---- */

FIXTURE(contents)
{
	struct session session;
	struct picture first, second;
};

FIXTURE_SETUP(contents)
{
	const char *why = begin(&self->session, CRASH);
	unsigned long mem = destination(CRASH, PAGES * page_size());

	if (!why)
		why = cannot_see(mem);
	if (why)
		SKIP(return, "%s", why);
	self->first = (struct picture){ mem, (PAGES - 99) * page_size() - 1234, 1 };
	self->second = (struct picture){ mem, PAGES / 2 * page_size() + 1, 2 };
	ASSERT_EQ(0, load_picture(&self->first, CRASH));
}

FIXTURE_TEARDOWN_PARENT(contents)
{
	end(&self->session);
}

TEST_F(contents, are_in_place)
{
	EXPECT_TRUE(is_there(&self->first));
}

TEST_F(contents, are_replaced)
{
	ASSERT_EQ(0, load_picture(&self->second, CRASH));
	EXPECT_TRUE(is_there(&self->second));
	ASSERT_EQ(0, load_picture(&self->first, CRASH));
	EXPECT_TRUE(is_there(&self->first));
}

TEST_F(contents, of_another_image_lie_beside_it)
{
	self->second.mem += PAGES * page_size();
	ASSERT_EQ(0, load_picture(&self->second, CRASH));
	EXPECT_TRUE(is_there(&self->second));
}

/* All of it can be had but its very last byte. */
TEST_F(contents, survive_a_buffer_that_faults)
{
	size_t size = PAGES * page_size();
	struct kexec_segment segment = {
		buffer_before_hole(size - 1), size, (void *)self->first.mem, size,
	};

	EXPECT_EQ(-EFAULT, kexec_load(self->first.mem, 1, &segment, KEXEC_ON_CRASH));
	EXPECT_TRUE(is_armed(&self->first));
}

TEST_F(contents, survive_a_segment_that_does_not_fit)
{
	struct kexec_segment segments[] = {
		reset_segment(self->first.mem, page_size()),
		reset_segment(crash_region().end, page_size()),
	};

	EXPECT_EQ(-EADDRNOTAVAIL, kexec_load(self->first.mem, 2, segments, KEXEC_ON_CRASH));
	EXPECT_TRUE(is_armed(&self->first));
}

TEST_F(contents, survive_a_file_that_is_no_kernel)
{
	int file = make_file("no kernel", 9);
	long result = kexec_file_load(file, -1, 1, "",
				      KEXEC_FILE_NO_INITRAMFS | KEXEC_FILE_ON_CRASH);

	if (no_such_call(result))
		SKIP(return, "the kernel has no kexec_file_load()");
	EXPECT_GT(0, result);
	EXPECT_TRUE(is_armed(&self->first));
}

TEST_F(contents, survive_a_load_under_way)
{
	struct slow_load slow;
	const char *why = cannot_hold_back();

	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, start_slow_load(&slow, load_with_slow_segment, CRASH));
	EXPECT_TRUE(is_armed(&self->first));
	EXPECT_TRUE(kill_slow_load(&slow));
	EXPECT_TRUE(is_armed(&self->first));
}

/* ---- reboot images made by the test ---- */

FIXTURE(reboot)
{
	struct session session;
};

FIXTURE_SETUP(reboot)
{
	const char *why = begin(&self->session, REBOOT);

	if (!why)
		why = cannot_see(destination(REBOOT, page_size()));
	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN_PARENT(reboot)
{
	end(&self->session);
}

/*
 * Elsewhere than in place, only the kernel knows where they are; whole pages of
 * zeros behind them may be left to the reboot.
 */
TEST_F(reboot, contents_are_in_place)
{
	unsigned long mem = destination(REBOOT, PAGES * page_size());
	struct picture picture = { mem, (PAGES - 99) * page_size() - 1234, 3 };

	ASSERT_EQ(0, load_picture(&picture, REBOOT));
	if (!file_has(MAP, "in place"))
		SKIP(return, "nothing is in place before the reboot");
	EXPECT_TRUE(shows(&picture, (PAGES - 99) * page_size()));
}

/* ---- crash images made by the kernel ---- */

#define MOST_CONTENTS	(32 << 20)

/* All that the map shows of the crash image, one segment behind the other. */
static size_t read_image(char *to)
{
	FILE *map = fopen(MAP, "r");
	unsigned long first, last;
	char line[256];
	size_t len = 0;
	bool crash = false;

	while (map && fgets(line, sizeof(line), map)) {
		if (line[0] != ' ')
			crash = !strncmp(line, "crash:", 6);
		if (!crash || sscanf(line, "%*d [mem %lx-%lx]", &first, &last) != 2)
			continue;
		if (len + (last - first + 1) > MOST_CONTENTS ||
		    !read_memory(first, to + len, last - first + 1))
			return 0;
		len += last - first + 1;
	}
	if (map)
		fclose(map);
	return len;
}

FIXTURE(made)
{
	struct session session;
	char *before, *after;
	size_t size;
};

FIXTURE_VARIANT(made)
{
	size_t kernel_size;	/* 0 for all of it */
	size_t text, cmdline_len;
};

FIXTURE_VARIANT_ADD(made, cmdline_not_terminated) { 0, 4, 4 };
#ifdef __x86_64__
FIXTURE_VARIANT_ADD(made, no_kernel) { 512, 0, 1 };
FIXTURE_VARIANT_ADD(made, truncated_kernel) { 1024, 0, 1 };
FIXTURE_VARIANT_ADD(made, cmdline_too_long) { 0, 3999, 4000 };
#endif

FIXTURE_SETUP(made)
{
	const char *why = access(MAP, R_OK) ? "the kernel has no " MAP :
					      begin_with_files(&self->session, CRASH);

	if (!why)
		why = cannot_see(destination(CRASH, page_size()));
	if (why)
		SKIP(return, "%s", why);
	self->before = calloc(2, MOST_CONTENTS);
	ASSERT_NE(NULL, self->before);
	self->after = self->before + MOST_CONTENTS;
	ASSERT_EQ(0, load_some_file(CRASH));
	self->size = read_image(self->before);
	ASSERT_LT(1 << 20, self->size);
}

FIXTURE_TEARDOWN_PARENT(made)
{
	end(&self->session);
}

TEST_F(made, survives_a_refusal)
{
	struct kernel_header header = good_header();
	char cmdline[4096] = "";

	if (variant->kernel_size) {
		header.setup_sects = 8;
		header.file_size = variant->kernel_size;
	}
	memset(cmdline, 'x', variant->text);
	EXPECT_GT(0, kexec_file_load(make_kernel(&header), -1, variant->cmdline_len, cmdline,
				     KEXEC_FILE_NO_INITRAMFS | KEXEC_FILE_ON_CRASH));
	EXPECT_EQ(self->size, read_image(self->after));
	EXPECT_EQ(0, memcmp(self->before, self->after, self->size));
}

TEST_HARNESS_MAIN
