// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of what user space can see
 *
 * The files are opened and read as user space does, in mounts of sysfs and debugfs
 * that nobody else has.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/crash_core.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/seq_file.h>
#include <linux/stat.h>

#include "../../kexec_internal.h"
#include "../origin.h"
#include "../room.h"
#include "kexec_kunit.h"

struct seen {
	int err;
	umode_t mode;
	char text[4096];
};

static void unmount(void *mount)
{
	kern_unmount(mount);
}

static struct vfsmount *mount_of(struct kunit *test, const char *name)
{
	struct file_system_type *type = get_fs_type(name);
	struct vfsmount *mount;

	KUNIT_ASSERT_NOT_NULL(test, type);
	mount = kern_mount(type);
	KUNIT_ASSERT_FALSE(test, IS_ERR(mount));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unmount, mount));
	return mount;
}

/* What is in a file, and who may do what with it. */
static struct seen *look(struct kunit *test, struct vfsmount *mount, const char *path)
{
	struct seen *seen = kunit_kzalloc(test, sizeof(*seen), GFP_KERNEL);
	struct file *file = file_open_root_mnt(mount, path, O_RDONLY, 0);
	loff_t pos = 0;
	ssize_t len;

	KUNIT_ASSERT_NOT_NULL(test, seen);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(file), "%s", path);
	seen->mode = file_inode(file)->i_mode & 0777;
	len = kernel_read(file, seen->text, sizeof(seen->text) - 1, &pos);
	seen->err = min_t(ssize_t, len, 0);
	__fput_sync(file);
	return seen;
}

/* A file of debugfs has no contents for the kernel, but what prints them. */
static int print_file(struct vfsmount *mount, const char *path, char *text, size_t size)
{
	struct file *file = file_open_root_mnt(mount, path, O_RDONLY, 0);
	struct seq_file *m;
	int ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	m = file->private_data;
	m->buf = text;
	m->size = size - 1;
	ret = m->op->show(m, NULL);
	text[m->count] = '\0';
	m->buf = NULL;
	__fput_sync(file);
	return ret;
}

static struct seen *print(struct kunit *test, struct vfsmount *mount, const char *path)
{
	struct seen *seen = kunit_kzalloc(test, sizeof(*seen), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, seen);
	KUNIT_ASSERT_EQ(test, 0, print_file(mount, path, seen->text, sizeof(seen->text)));
	return seen;
}

static int write_to(struct vfsmount *mount, const char *path, const char *text)
{
	struct file *file = file_open_root_mnt(mount, path, O_WRONLY, 0);
	loff_t pos = 0;
	ssize_t len;

	if (IS_ERR(file))
		return PTR_ERR(file);
	len = kernel_write(file, text, strlen(text), &pos);
	__fput_sync(file);
	return len;
}

static struct kexec_subject *build(struct kunit *test, int type, unsigned long mem)
{
	struct kexec_subject *subject = kexec_subject_new(test, type, BY_USER);

	kexec_subject_add(subject, mem, 5, PAGE_SIZE);
	kexec_subject_add(subject, mem + SZ_1M, 3 * PAGE_SIZE - 7, 4 * PAGE_SIZE);
	subject->image->start = mem;
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	return subject;
}

static void expect(struct kunit *test, struct vfsmount *sysfs, const char *path, const char *text)
{
	KUNIT_EXPECT_STREQ_MSG(test, look(test, sysfs, path)->text, text, "%s", path);
}

/* ---- sysfs ---- */

struct file_row {
	const char *name, *link;
	umode_t mode;
};

static const struct file_row rows[] = {
	{ "loaded", "kexec_loaded", 0444 },
	{ "crash_loaded", "kexec_crash_loaded", 0444 },
	{ "crash_size", "kexec_crash_size", 0644 },
#ifdef CONFIG_CRASH_RESERVE
	{ "crash_cma_ranges", "kexec_crash_cma_ranges", 0444 },
#endif
#ifdef CONFIG_CRASH_HOTPLUG
	{ "crash_elfcorehdr_size", "crash_elfcorehdr_size", 0444 },
#endif
};

KUNIT_ARRAY_PARAM_DESC(row, rows, name);

/* Each file is there under both of its names, and can be read at any time. */
static void files_have_their_names(struct kunit *test)
{
	const struct file_row *row = test->param_value;
	struct vfsmount *sysfs = mount_of(test, "sysfs");
	struct seen *new, *old;
	char path[64];

	snprintf(path, sizeof(path), "kernel/kexec/%s", row->name);
	new = look(test, sysfs, path);
	snprintf(path, sizeof(path), "kernel/%s", row->link);
	old = look(test, sysfs, path);
	KUNIT_EXPECT_EQ(test, new->mode, row->mode);
	KUNIT_EXPECT_EQ(test, new->err, 0);
	KUNIT_EXPECT_STREQ(test, new->text, old->text);
	scoped_guard(mutex, &kexec_load_mutex)
		KUNIT_EXPECT_EQ(test, look(test, sysfs, path)->err, 0);
}

/* What is loaded is what they say is loaded. */
static void loaded_is_what_is_loaded(struct kunit *test)
{
	struct vfsmount *sysfs = mount_of(test, "sysfs");

	kexec_test_need_region_and_peace(test);
	expect(test, sysfs, "kernel/kexec/loaded", "0\n");
	expect(test, sysfs, "kernel/kexec/crash_loaded", "0\n");
	kexec_subject_arm(build(test, KEXEC_TYPE_DEFAULT, kexec_test_nowhere()));
	expect(test, sysfs, "kernel/kexec/loaded", "1\n");
	expect(test, sysfs, "kernel/kexec/crash_loaded", "0\n");
	kexec_subject_arm(build(test, KEXEC_TYPE_CRASH, kexec_region().start + SZ_64M));
	kexec_test_disarm(KEXEC_TYPE_DEFAULT);
	expect(test, sysfs, "kernel/kexec/loaded", "0\n");
	expect(test, sysfs, "kernel/kexec/crash_loaded", "1\n");
}

/* Sizes are as the rest of the kernel knows them. */
static void sizes_are_told(struct kunit *test)
{
	struct vfsmount *sysfs = mount_of(test, "sysfs");
	char text[32];

	snprintf(text, sizeof(text), "%zd\n", crash_get_memory_size());
	expect(test, sysfs, "kernel/kexec/crash_size", text);
#ifdef CONFIG_CRASH_HOTPLUG
	snprintf(text, sizeof(text), "%u\n", crash_get_elfcorehdr_size());
	expect(test, sysfs, "kernel/kexec/crash_elfcorehdr_size", text);
	KUNIT_EXPECT_GT(test, crash_get_elfcorehdr_size(), 0);
#endif
}

#ifdef CONFIG_CRASH_RESERVE
static void forget_ranges(void *data)
{
	crashk_cma_cnt = 0;
	memset(crashk_cma_ranges, 0, 2 * sizeof(*crashk_cma_ranges));
}

/* Each CMA range of the crash kernel's has a line, from its first byte to its last. */
static void cma_ranges_are_told(struct kunit *test)
{
	struct vfsmount *sysfs = mount_of(test, "sysfs");

	if (crashk_cma_cnt)
		kunit_skip(test, "there are such ranges");
	expect(test, sysfs, "kernel/kexec/crash_cma_ranges", "");
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, forget_ranges, NULL));
	crashk_cma_ranges[0] = (struct range) { SZ_1M, SZ_2M - 1 };
	crashk_cma_ranges[1] = (struct range) { SZ_4G, SZ_4G + SZ_16M - 1 };
	crashk_cma_cnt = 2;
	expect(test, sysfs, "kernel/kexec/crash_cma_ranges",
	       "00100000-001fffff\n100000000-100ffffff\n");
}
#endif

/* It gets no more than there is, nor shrinks under an armed image; what is no number is refused. */
static void the_region_is_not_resized(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct vfsmount *sysfs = mount_of(test, "sysfs");
	ssize_t size = crash_get_memory_size();
	const char *path = "kernel/kexec/crash_size";
	const bool grows = IS_ENABLED(CONFIG_KEXEC_CLAIM_CRASH_REGION);
	char same[32];

	kexec_test_need_region_and_peace(test);
	KUNIT_EXPECT_EQ(test, write_to(sysfs, path, "a lot\n"), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(last->why, "not a number"));
	KUNIT_EXPECT_EQ(test, write_to(sysfs, path, "0x7fffffff0000\n"),
			grows ? -ENOMEM : -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(last->why, grows ? "at most" : "can only shrink"));
	KUNIT_EXPECT_EQ(test, crash_get_memory_size(), size);
	KUNIT_EXPECT_EQ(test, last->count, 2);
	snprintf(same, sizeof(same), "%zd\n", size);
	KUNIT_EXPECT_EQ(test, write_to(sysfs, path, same), strlen(same));
	KUNIT_ASSERT_EQ(test, kexec_begin_turn("a test"), 0);
	KUNIT_EXPECT_EQ(test, write_to(sysfs, path, "67108864\n"), -EBUSY);
	kexec_end_turn();
	KUNIT_EXPECT_EQ_MSG(test, last->count, 3, "said once, by whoever knows");
	kexec_subject_arm(build(test, KEXEC_TYPE_CRASH, kexec_region().start + SZ_64M));
	KUNIT_EXPECT_EQ(test, write_to(sysfs, path, "67108864\n"), -ENOENT);
	KUNIT_EXPECT_EQ(test, last->count, 4);
	KUNIT_EXPECT_EQ(test, crash_get_memory_size(), size);
}

/* ---- debugfs ---- */

static void expect_line(struct kunit *test, const struct seen *map, const char *fmt, ...)
{
	char line[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(map->text, line), "%s: not in\n%s", line, map->text);
}

/* The range that all sources of a segment are in. */
static struct kexec_range sources(struct kimage *image, unsigned int idx)
{
	struct kexec_range range = {}, page;
	kimage_entry_t *cursor = NULL;
	unsigned long nr;

	for (nr = 0; nr < kimage_contents_pages(image, idx); nr++) {
		page = kexec_page_range(kimage_segment_page(image, idx, nr, &cursor), 1);
		range.start = nr ? min(range.start, page.start) : page.start;
		range.end = max(range.end, page.end);
	}
	return range;
}

/* The map has a line for each segment, with what has to be relocated of it. */
static void the_map_shows_both_images(struct kunit *test)
{
	struct vfsmount *debugfs = mount_of(test, "debugfs");
	unsigned long mem = kexec_test_nowhere(), crash = kexec_region().start + SZ_64M;
	struct seen *map = print(test, debugfs, "kexec/map");
	struct kexec_range from;

	kexec_test_need_region_and_peace(test);
	KUNIT_EXPECT_EQ(test, look(test, debugfs, "kexec/map")->mode, 0400);
	expect_line(test, map, "reboot: none\n");
	expect_line(test, map, "crash: none\n");
	expect_line(test, map, "crash region [mem %#014llx-%#014llx]\n", kexec_region().start,
		    kexec_region().end - 1);

	kexec_subject_arm(build(test, KEXEC_TYPE_DEFAULT, mem));
	kexec_subject_arm(build(test, KEXEC_TYPE_CRASH, crash));
	map = print(test, debugfs, "kexec/map");
	expect_line(test, map, "reboot: start %#lx\n", mem);
	expect_line(test, map, "   0 [mem %#014lx-%#014lx] %10zu bytes, 1 of 1 pages to be ",
		    mem, mem + PAGE_SIZE - 1, (size_t)5);
	from = sources(kexec_image, 0);
	expect_line(test, map, " bytes, 1 of 1 pages to be relocated from [mem %#014llx-%#014llx]\n",
		    from.start, from.end - 1);
	from = sources(kexec_image, 1);
	expect_line(test, map, " %lu pages to be relocated from [mem %#014llx-%#014llx]\n",
		    kimage_contents_pages(kexec_image, 1), from.start, from.end - 1);
	expect_line(test, map, "   1 [mem %#014lx-%#014lx] %10zu bytes, %lu of %lu pages to be ",
		    mem + SZ_1M, mem + SZ_1M + 4 * PAGE_SIZE - 1, (size_t)(3 * PAGE_SIZE - 7),
		    kimage_contents_pages(kexec_image, 1), kimage_contents_pages(kexec_image, 1));
	expect_line(test, map, "crash: start %#lx\n", crash);
	expect_line(test, map, "   0 [mem %#014lx-%#014lx] %10zu bytes, in place\n",
		    crash, crash + PAGE_SIZE - 1, (size_t)5);
}

/* What is empty has a first byte and no other. */
static void the_map_shows_what_is_empty(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_USER);
	unsigned long mem = kexec_test_nowhere();

	kexec_test_need_peace(test);
	kexec_subject_add(subject, mem, 5, PAGE_SIZE);
	kexec_subject_add(subject, mem + SZ_1M, 0, 0);
	KUNIT_ASSERT_EQ(test, kexec_subject_build(subject), 0);
	kexec_subject_arm(subject);
	expect_line(test, print(test, mount_of(test, "debugfs"), "kexec/map"),
		    "   1 [mem %#014lx-%#014lx] %10zu bytes, in place\n", mem + SZ_1M,
		    mem + SZ_1M, (size_t)0);
}

/* Who loaded it, by which call, how much of it is where, and what becomes of that. */
static void the_map_tells_of_an_image(struct kunit *test)
{
	struct vfsmount *debugfs = mount_of(test, "debugfs");
	struct kexec_subject *subject;
	struct seen *map;

	kexec_test_need_region_and_peace(test);
	subject = build(test, KEXEC_TYPE_DEFAULT, kexec_test_nowhere());
	/* By the clock on the wall, which somebody may set. */
	KUNIT_EXPECT_LT(test, abs(ktime_get_real_seconds() -
				  kexec_test_origin(subject->image)->when), 3600);
	kexec_subject_arm(subject);
	kexec_subject_arm(build(test, KEXEC_TYPE_CRASH, kexec_region().start + SZ_64M));
	map = print(test, debugfs, "kexec/map");
	expect_line(test, map, "\n  loaded: kexec_load, pid %d (%s), %ptTs\n", task_tgid_nr(current),
		    current->comm, &kexec_test_origin(subject->image)->when);
	expect_line(test, map, "\n  digests: none: what kexec_load(2) brings looks after itself\n");
	expect_line(test, map, "\n  memory: 0 KiB in place, 0 KiB in place page by page, %lu KiB to copy\n",
		    (1 + kimage_contents_pages(subject->image, 1)) * PAGE_SIZE / SZ_1K);
	expect_line(test, map, "\n  memory: %lu KiB in place, 0 KiB in place page by page, 0 KiB to copy\n",
		    (1 + kimage_contents_pages(kexec_crash_image, 1)) * PAGE_SIZE / SZ_1K);
	expect_line(test, map, "\n  room left: %llu KiB of the crash region\n",
		    kimage_room_left(kexec_crash_image) / SZ_1K);
	KUNIT_EXPECT_NULL(test, strstr(map->text, "kernel:"));

	kimage_core(subject->image)->place[1].nr_owned = 1;
	map = print(test, debugfs, "kexec/map");
	kimage_core(subject->image)->place[1].nr_owned = 0;
	expect_line(test, map, " 0 KiB in place, %lu KiB in place page by page, %lu KiB to copy\n",
		    PAGE_SIZE / SZ_1K, kimage_contents_pages(subject->image, 1) * PAGE_SIZE / SZ_1K);

	kexec_test_disarm(KEXEC_TYPE_DEFAULT);
	KUNIT_EXPECT_NOT_NULL(test, strstr(print(test, debugfs, "kexec/map")->text, "reboot: none\n"));
}

/* What the loader says, and what the kernel was inside of; names may be anything. */
static void the_map_tells_what_was_loaded(struct kunit *test)
{
	struct vfsmount *debugfs = mount_of(test, "debugfs");
	unsigned long mem = kexec_test_nowhere();
	struct kexec_subject *subject;
	struct seen *map;

	kexec_test_need_peace(test);
	subject = build(test, KEXEC_TYPE_DEFAULT, mem);
	kimage_core(subject->image)->origin = (struct kimage_origin) {
		.comm = "a\nreboot: none",
		.took = { [KIMAGE_PLACE] = 7 * NSEC_PER_USEC, [KIMAGE_FILL] = 1234567 },
	};
	kimage_note_layer(subject->image, "unified kernel image");
	kimage_note_layer(subject->image, "compressed file");
	kexec_tell_kernel(subject->image, "bzImage", "mem");
	kexec_tell_segment(subject->image, mem + SZ_1M, "parameters");
	KUNIT_EXPECT_NULL(test, kexec_test_role(subject->image, 0));
	KUNIT_EXPECT_STREQ(test, kexec_test_role(subject->image, 1) ?: "", "parameters");
	kexec_subject_arm(subject);
	map = print(test, debugfs, "kexec/map");
	expect_line(test, map, "\n  kernel: bzImage, inside: compressed file, inside: unified kernel image, ");
	expect_line(test, map, ", entered at its decompressor: mem\n");
	expect_line(test, map, "\n  took: place 7 us, fill 1234 us\n");
	expect_line(test, map, " (a\\012reboot: none), ");
	expect_line(test, map, "\n   0 [mem %#014lx-", mem);
	expect_line(test, map, "\n   1 [mem %#014lx-", mem + SZ_1M);
	expect_line(test, map, " bytes, parameters, ");
	scoped_guard(kexec_armed)
		kexec_tell_kernel(subject->image, "bzImage", NULL);
	expect_line(test, print(test, debugfs, "kexec/map"), "image, entered directly\n");
}

/* Where the contents of segments are from: files, what is made of them, and places by name. */
static void segments_are_told_by_their_contents(struct kunit *test)
{
	static const char * const roles[] = {
		"kernel", "kernel", "initrd", "initrd", NULL, "elfcorehdr", "handover", "keys", NULL,
	};
	struct kimage *image = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER)->image;
	u8 *kernel = kexec_test_alloc(test, PAGE_SIZE), *initrd = kernel + 100;
	u8 *headers = initrd + 101;
	const u8 *contents[] = {
		kernel, kernel + 99, initrd, initrd + 99, initrd + 100, headers, NULL, NULL, NULL,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(contents); i++)
		image->segment[i] = (struct kexec_segment) { .kbuf = (void *)contents[i],
							     .mem = SZ_1M + BYTES(i) };
	image->nr_segments = i;
	image->kernel_buf = kernel;
	image->kernel_buf_len = 100;
	image->initrd_buf = initrd;
	image->initrd_buf_len = 100;
	image->elf_headers = headers;
	image->elf_headers_sz = 1;
	image->kho.fdt = SZ_1M + BYTES(6);
	image->dm_crypt_keys_addr = SZ_1M + BYTES(7);
	kimage_note_roles(image);
	for (i = 0; i < ARRAY_SIZE(roles); i++)
		KUNIT_EXPECT_STREQ_MSG(test, kexec_test_role(image, i) ?: "", roles[i] ?: "",
				       "segment %d", i);
	image->kernel_buf = NULL;
	image->initrd_buf = NULL;
	image->elf_headers = NULL;
	image->dm_crypt_keys_addr = 0;
	image->nr_segments = 0;
}

/* All of the time belongs to one step. */
static void steps_follow_each_other(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_USER);
	const struct kimage_origin *origin = kexec_test_origin(subject->image);
	u64 began = origin->since;

	kimage_end_step(subject->image, KIMAGE_DESCRIBE, 0);
	while (ktime_get_ns() - origin->since < 100 * NSEC_PER_USEC)
		cpu_relax();
	kimage_end_step(subject->image, KIMAGE_CHECK, 0);
	KUNIT_EXPECT_GE(test, origin->took[KIMAGE_CHECK], 100 * NSEC_PER_USEC);
	KUNIT_EXPECT_EQ(test, origin->since - began,
			origin->took[KIMAGE_DESCRIBE] + origin->took[KIMAGE_CHECK]);
}

struct reader {
	struct vfsmount *debugfs;
	struct completion done;
	char text[512];
};

static int read_map(void *data)
{
	struct reader *reader = data;

	print_file(reader->debugfs, "kexec/map", reader->text, sizeof(reader->text));
	complete(&reader->done);
	return 0;
}

/* An image may be taken away as long as nobody has the lock, so the map is copied under it. */
static void the_map_is_read_under_the_lock(struct kunit *test)
{
	struct reader *reader = kunit_kzalloc(test, sizeof(*reader), GFP_KERNEL);
	struct task_struct *task;
	bool early;

	if (num_online_cpus() < 2)
		kunit_skip(test, "there is no other CPU");
	KUNIT_ASSERT_NOT_NULL(test, reader);
	reader->debugfs = mount_of(test, "debugfs");
	init_completion(&reader->done);
	task = kthread_create(read_map, reader, "kexec_reader");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	scoped_guard(kexec_armed) {
		wake_up_process(task);
		mdelay(50);
		early = completion_done(&reader->done);
	}
	wait_for_completion(&reader->done);
	KUNIT_EXPECT_FALSE(test, early);
}

static struct kunit_case sysfs_cases[] = {
	KUNIT_CASE_PARAM(files_have_their_names, row_gen_params),
	KUNIT_CASE(loaded_is_what_is_loaded),
	KUNIT_CASE(sizes_are_told),
#ifdef CONFIG_CRASH_RESERVE
	KUNIT_CASE(cma_ranges_are_told),
#endif
	KUNIT_CASE(the_region_is_not_resized),
	KUNIT_CASE(the_map_shows_both_images),
	KUNIT_CASE(the_map_shows_what_is_empty),
	KUNIT_CASE(the_map_tells_of_an_image),
	KUNIT_CASE(the_map_tells_what_was_loaded),
	KUNIT_CASE(segments_are_told_by_their_contents),
	KUNIT_CASE(steps_follow_each_other),
	KUNIT_CASE(the_map_is_read_under_the_lock),
	{}
};

static struct kunit_suite sysfs_suite = {
	.name = "kexec_sysfs",
	.test_cases = sysfs_cases,
};

kunit_test_suite(sysfs_suite);

MODULE_DESCRIPTION("KUnit tests of what kexec shows to user space");
MODULE_LICENSE("GPL");
