// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel shows of kexec is what is so: the files of /sys/kernel/kexec,
 * their former names, and the map in debugfs.
 *
 * Making the crash region smaller cannot be undone: that is done only with
 * KEXEC_TEST_SHRINK=1.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kexec_test.h"
#include "kexec_harness.h"

#define DIRECTORY	"/sys/kernel/kexec/"
#define MAP		"/sys/kernel/debug/kexec/map"
#define CRASH_SIZE	"/sys/kernel/kexec_crash_size"

/* ---- files and links ---- */

FIXTURE(file)
{
};

FIXTURE_VARIANT(file)
{
	const char *name, *link;
	mode_t mode;
};

FIXTURE_VARIANT_ADD(file, loaded) { "loaded", "kexec_loaded", 0444 };
FIXTURE_VARIANT_ADD(file, crash_loaded) { "crash_loaded", "kexec_crash_loaded", 0444 };
FIXTURE_VARIANT_ADD(file, crash_size) { "crash_size", "kexec_crash_size", 0644 };
FIXTURE_VARIANT_ADD(file, crash_cma_ranges) { "crash_cma_ranges", "kexec_crash_cma_ranges", 0444 };
FIXTURE_VARIANT_ADD(file, crash_elfcorehdr_size) {
	"crash_elfcorehdr_size", "crash_elfcorehdr_size", 0444
};

FIXTURE_SETUP(file)
{
	if (access(DIRECTORY, F_OK))
		SKIP(return, "the kernel has no " DIRECTORY);
}

FIXTURE_TEARDOWN(file)
{
}

TEST_F(file, has_its_old_name)
{
	char path[128], link[128];
	struct stat a, b;

	snprintf(path, sizeof(path), DIRECTORY "%s", variant->name);
	snprintf(link, sizeof(link), "/sys/kernel/%s", variant->link);
	if (stat(path, &a) && stat(link, &b))
		SKIP(return, "the kernel has no %s", variant->name);
	ASSERT_EQ(0, stat(path, &a));
	ASSERT_EQ(0, stat(link, &b));
	EXPECT_EQ(a.st_ino, b.st_ino);
	EXPECT_EQ(a.st_dev, b.st_dev);
	EXPECT_EQ(variant->mode, a.st_mode & 0777);
}

/* ---- what they say ---- */

/* Where addresses are for root, the others read zeros. */
static __u64 reserved(void)
{
	FILE *iomem = fopen("/proc/iomem", "r");
	unsigned long long first, last;
	char line[256], name[32];
	__u64 sum = 0;

	while (iomem && fgets(line, sizeof(line), iomem))
		if (sscanf(line, "%llx-%llx : %31[^\n]", &first, &last, name) == 3 &&
		    !strcmp(name, "Crash kernel"))
			sum += last ? last - first + 1 : 0;
	if (iomem)
		fclose(iomem);
	return sum;
}

FIXTURE(state)
{
	struct session session;
};

FIXTURE_SETUP(state)
{
}

FIXTURE_TEARDOWN_PARENT(state)
{
	end(&self->session);
}

TEST_F(state, loaded_is_a_boolean)
{
	long long loaded = kexec_state("loaded"), crash_loaded = kexec_state("crash_loaded");

	if (loaded == -ENOENT)
		SKIP(return, "the kernel does not say what is loaded");
	EXPECT_TRUE(loaded == 0 || loaded == 1);
	EXPECT_TRUE(crash_loaded == 0 || crash_loaded == 1 || crash_loaded == -ENOENT);
}

TEST_F(state, crash_size_is_what_is_reserved)
{
	long long size = kexec_state("crash_size");
	const char *why = size == -ENOENT ? "the kernel has no crash_size" :
			  size == -EBUSY ? "somebody else is loading" : NULL;

	if (!why && size && !reserved())
		why = "/proc/iomem does not show memory";
	if (why)
		SKIP(return, "%s", why);
	EXPECT_EQ(reserved(), size);
}

TEST_F(state, elfcorehdr_has_a_size)
{
	long long size = read_number("/sys/kernel/crash_elfcorehdr_size");

	if (size == -ENOENT)
		SKIP(return, "the kernel does not adapt crash images to hotplug");
	EXPECT_LT(0, size);
}

/* ---- crash_size, written to ---- */

FIXTURE(crash_size)
{
	struct session session;
	long long size;
};

FIXTURE_SETUP(crash_size)
{
	const char *why = begin(&self->session, CRASH);

	if (why)
		SKIP(return, "%s", why);
	self->size = kexec_state("crash_size");
}

FIXTURE_TEARDOWN_PARENT(crash_size)
{
	end(&self->session);
}

static int set_crash_size(long long size)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", size);
	return write_text(CRASH_SIZE, text);
}

TEST_F(crash_size, takes_numbers_only)
{
	EXPECT_EQ(-EINVAL, write_text(CRASH_SIZE, "much"));
	EXPECT_EQ(-EINVAL, write_text(CRASH_SIZE, "-1"));
	EXPECT_EQ(-EINVAL, write_text(CRASH_SIZE, "1M"));
	EXPECT_EQ(self->size, kexec_state("crash_size"));
}

/* Kernels that can only shrink it say so by EINVAL, others that there is not so much. */
TEST_F(crash_size, has_an_upper_bound)
{
	int ret = set_crash_size(1LL << 60);

	EXPECT_TRUE(ret == -EINVAL || ret == -ENOMEM) TH_LOG("%d", ret);
	EXPECT_EQ(self->size, kexec_state("crash_size"));
}

/* Where it lies at boot may be full, and then nothing changes. */
TEST_F(crash_size, grows)
{
	int ret = set_crash_size(self->size + (16 << 20));

	if (ret == -EINVAL)
		SKIP(return, "this kernel's region can only shrink");
	if (ret) {
		EXPECT_EQ(-ENOMEM, ret);
		EXPECT_EQ(self->size, kexec_state("crash_size"));
		return;
	}
	EXPECT_EQ(self->size + (16 << 20), kexec_state("crash_size"));
	EXPECT_EQ(self->size + (16 << 20), reserved());
	EXPECT_EQ(0, load_something(CRASH));
	EXPECT_EQ(0, kexec_unload(CRASH));
	EXPECT_EQ(0, set_crash_size(self->size));
	EXPECT_EQ(self->size, reserved());
}

TEST_F(crash_size, can_stay)
{
	EXPECT_EQ(0, set_crash_size(self->size));
	EXPECT_EQ(self->size, kexec_state("crash_size"));
}

/* Staying is all that is asked for, so that a kernel that allows it does no harm. */
TEST_F(crash_size, is_fixed_while_an_image_is_loaded)
{
	ASSERT_EQ(0, load_something(CRASH));
	EXPECT_EQ(-ENOENT, set_crash_size(self->size));
	EXPECT_EQ(self->size, kexec_state("crash_size"));
	EXPECT_TRUE(is_loaded(CRASH));
}

TEST_F(crash_size, shrinks)
{
	const char *why = not_asked_for("KEXEC_TEST_SHRINK",
					"what is given back cannot be reserved again");
	long long less = self->size / 4 * 3 / (4 << 20) * (4 << 20);
	unsigned long beyond;

	if (!why && self->size < 64 << 20)
		why = "less than 64 MiB are reserved";
	if (why)
		SKIP(return, "%s", why);
	beyond = crash_region().end - page_size();
	EXPECT_EQ(0, set_crash_size(less));
	EXPECT_EQ(less, kexec_state("crash_size"));
	EXPECT_EQ(less, reserved());

	/* What is left can be used, and what was given back cannot. */
	EXPECT_EQ(0, load_something(CRASH));
	if (beyond > crash_region().end) {
		struct kexec_segment segment = reset_segment(beyond, page_size());

		EXPECT_EQ(-EADDRNOTAVAIL, kexec_load(crash_region().start, 1, &segment,
						     KEXEC_ON_CRASH));
	}
}

/* ---- the map ---- */

FIXTURE(map)
{
	struct session session;
};

FIXTURE_SETUP(map)
{
	const char *why = access(MAP, R_OK) ? "the kernel has no " MAP :
					      begin(&self->session, REBOOT);

	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN_PARENT(map)
{
	end(&self->session);
}

struct mapped {
	unsigned long first, last;
	size_t contents;
};

/* The @nr-th segment of the reboot or the crash image. */
static bool find_mapped(enum kind kind, int nr, struct mapped *mapped)
{
	static const char *const names[] = { "reboot:", "crash:" };
	FILE *map = fopen(MAP, "r");
	bool inside = false, found = false;
	char line[256];
	int at;

	while (map && !found && fgets(line, sizeof(line), map)) {
		if (line[0] != ' ')
			inside = !strncmp(line, names[kind], strlen(names[kind]));
		else if (inside)
			found = sscanf(line, "%d [mem %lx-%lx] %zu bytes", &at, &mapped->first,
				       &mapped->last, &mapped->contents) == 4 && at == nr;
	}
	if (map)
		fclose(map);
	return found;
}

TEST_F(map, is_for_root)
{
	struct stat status;

	ASSERT_EQ(0, stat(MAP, &status));
	EXPECT_EQ(0400, status.st_mode & 0777);
}

TEST_F(map, shows_that_nothing_is_loaded)
{
	EXPECT_TRUE(file_has(MAP, "reboot: none"));
}

static void shows_segments(struct __test_metadata *_metadata, enum kind kind)
{
	size_t size = page_size();
	unsigned long mem = destination(kind, 8 * size);
	struct kexec_segment segments[] = {
		reset_segment(mem + 4 * size, 3 * size), reset_segment(mem, size),
	};
	struct mapped mapped = {};
	int i;

	ASSERT_EQ(0, kexec_load(mem, 2, segments, kind == CRASH ? KEXEC_ON_CRASH : 0));
	for (i = 0; i < 2; i++) {
		ASSERT_TRUE(find_mapped(kind, i, &mapped));
		EXPECT_EQ((unsigned long)segments[i].mem, mapped.first);
		EXPECT_EQ((unsigned long)segments[i].mem + segments[i].memsz - 1, mapped.last);
		EXPECT_EQ(segments[i].bufsz, mapped.contents);
	}
	EXPECT_FALSE(find_mapped(kind, 2, &mapped));
	EXPECT_FALSE(find_mapped(!kind, 0, &mapped));
	EXPECT_EQ(0, kexec_unload(kind));
	EXPECT_FALSE(find_mapped(kind, 0, &mapped));
}

TEST_F(map, shows_segments)
{
	shows_segments(_metadata, REBOOT);
}

TEST_F(map, shows_segments_of_a_crash_image)
{
	const char *why = begin(&self->session, CRASH);

	if (why)
		SKIP(return, "%s", why);
	shows_segments(_metadata, CRASH);
}

/* A refused load takes nothing away, and leaves nothing behind either. */
TEST_F(map, is_the_same_after_a_refusal)
{
	unsigned long mem = destination(REBOOT, page_size());
	struct kexec_segment segment = { missing_page(), 1, (void *)mem, page_size() };
	struct mapped before, after;

	ASSERT_EQ(0, load_something(REBOOT));
	ASSERT_TRUE(find_mapped(REBOOT, 0, &before));
	EXPECT_EQ(-EFAULT, kexec_load(mem, 1, &segment, 0));
	ASSERT_TRUE(find_mapped(REBOOT, 0, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
}

/* Wherever the kernel puts them: in memory, and none on another. */
TEST_F(map, shows_files_side_by_side)
{
	const char *why = begin_with_files(&self->session, REBOOT);
	struct mapped mapped[KEXEC_SEGMENT_MAX];
	int i, j, nr = 0;

	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, load_some_file(REBOOT));
	while (nr < KEXEC_SEGMENT_MAX && find_mapped(REBOOT, nr, &mapped[nr]))
		nr++;
	EXPECT_LE(SEGMENTS_OF_A_FILE, nr);
	for (i = 0; i < nr; i++)
		for (j = 0; j < i; j++)
			EXPECT_TRUE(mapped[i].first > mapped[j].last ||
				    mapped[j].first > mapped[i].last);
}

TEST_F(map, shows_crash_files_within_the_region)
{
	const char *why = begin_with_files(&self->session, CRASH);
	struct range region = crash_region();
	struct mapped mapped;
	int nr;

	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, load_some_file(CRASH));
	for (nr = 0; find_mapped(CRASH, nr, &mapped); nr++) {
		EXPECT_LE(region.start, mapped.first);
		EXPECT_GT(region.end, mapped.last);
	}
	EXPECT_LE(3, nr);
}

TEST_HARNESS_MAIN
