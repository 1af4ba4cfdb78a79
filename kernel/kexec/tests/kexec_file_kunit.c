// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of kexec_file_load(2)
 *
 * The system call is made with files that grow, shrink and fail while they are read,
 * and with a loader that notes what it is given and asks for as little as a loader
 * can: the kernel is one segment, the initrd another.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ima.h>
#include <linux/kexec_handover.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/ptrace.h>
#include <linux/security.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/verification.h>

#include "../room.h"
#include "../unwrap.h"
#include "kexec_kunit.h"

/* An initrd may be in the kernel's file. */
#define HEADERS_READ	(IS_ENABLED(CONFIG_KEXEC_UNWRAP) ? KEXEC_HEADERS_READ : 0)
#define KERNEL_SIZE	(BYTES(50) + 77)
#define INITRD_SIZE	(BYTES(70) + 99)
#define CMDLINE		"quiet please"

/* ---- files ---- */

/**
 * struct odd_file - a file with a mind of its own
 * @file:     the file
 * @fd:       its descriptor
 * @ops:      its operations
 * @before:   those it had before
 * @contents: what it holds
 * @size:     how much of it
 * @grows:    bytes that it has when it is read, if not those
 * @ends:     where reading ends, if not at the end
 * @fails:    what reading says instead
 * @read:     bytes that were read
 */
struct odd_file {
	struct file *file;
	int fd;
	struct file_operations ops;
	const struct file_operations *before;
	const u8 *contents;
	size_t size, grows, ends;
	int fails;
	size_t read;
};

static ssize_t odd_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct odd_file *odd = container_of(iocb->ki_filp->f_op, struct odd_file, ops);
	size_t end = odd->ends ?: (odd->grows ?: odd->size), n;

	if (odd->fails)
		return odd->fails;
	if (iocb->ki_pos >= end)
		return 0;
	/* In bits and pieces, as files are read. */
	n = min3(iov_iter_count(to), (size_t)(end - iocb->ki_pos), (size_t)SZ_64K);
	n = copy_to_iter(odd->contents + iocb->ki_pos, n, to);
	iocb->ki_pos += n;
	odd->read += n;
	return n;
}

static void close_odd_file(void *data)
{
	struct odd_file *odd = data;

	odd->file->f_op = odd->before;
	close_fd(odd->fd);
	flush_delayed_fput();
}

static struct odd_file *new_file(struct kunit *test, size_t size, u32 tag)
{
	struct odd_file *odd = kexec_test_alloc(test, sizeof(*odd));
	u8 *contents = kexec_test_alloc(test, 2 * size + PAGE_SIZE);

	kexec_test_fill(contents, 2 * size + PAGE_SIZE, tag);
	odd->contents = contents;
	odd->size = size;
	odd->file = shmem_file_setup("kexec_test", 0, EMPTY_VMA_FLAGS);
	KUNIT_ASSERT_FALSE(test, IS_ERR(odd->file));
	odd->fd = get_unused_fd_flags(0);
	if (odd->fd < 0)
		fput(odd->file);
	KUNIT_ASSERT_GE(test, odd->fd, 0);
	odd->before = odd->file->f_op;
	odd->ops = *odd->before;
	odd->ops.read_iter = odd_read;
	odd->ops.read = NULL;
	odd->file->f_op = &odd->ops;
	i_size_write(file_inode(odd->file), size);
	fd_install(odd->fd, odd->file);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, close_odd_file, odd));
	return odd;
}

/* ---- the loader ---- */

/**
 * struct scene - a call and what the loader sees of it
 * @test:      the test
 * @kernel:    the kernel's file
 * @initrd:    the initrd's
 * @purgatory: what is loaded as such
 * @cmdline:   in user space
 * @cmdline_len: its bytes
 * @probe:     what the probe says
 * @load:      what loading says
 * @wish:      memory that the loader asks for besides
 * @image:     the image, as long as it is known
 * @debug:     whether it was to be talkative
 * @wrong:     what the loader was given that it should not
 * @in_place:  the initrd was read into place
 * @cleaned:   how often the loader's data were freed
 * @verified:  how often the signature was checked
 * @signature: what the check says
 */
struct scene {
	struct kunit *test;
	struct odd_file *kernel, *initrd;
	struct kexec_object *purgatory;
	char __user *cmdline;
	unsigned long cmdline_len;
	int probe, load;
	size_t wish;
	struct kimage *image;
	bool debug;
	const char *wrong;
	bool in_place;
	int cleaned, verified, signature;
};

static struct scene *scene;

static const char *check_given(const char *kernel, unsigned long kernel_len, const char *initrd,
			       unsigned long initrd_len, const char *cmdline,
			       unsigned long cmdline_len)
{
	const struct odd_file *want = scene->kernel;

	if (kernel_len != (want->grows ?: want->size) || memcmp(kernel, want->contents, kernel_len))
		return "the kernel is not what is in its file";
	want = scene->initrd;
	if (!want && (initrd || initrd_len))
		return "an initrd that nobody has given";
	if (want && (initrd_len != (want->grows ?: want->size) ||
		     memcmp(initrd, want->contents, initrd_len)))
		return "the initrd is not what is in its file";
	if (!scene->cmdline_len)
		return cmdline || cmdline_len ? "a command line that nobody has given" : NULL;
	if (cmdline_len != scene->cmdline_len || strcmp(cmdline, CMDLINE))
		return "another command line";
	return NULL;
}

static int add(struct kimage *image, void *buffer, size_t bufsz, size_t memsz)
{
	struct kexec_buf kbuf = kexec_test_wish(image, buffer, bufsz, memsz);

	return memsz ? kexec_add_buffer(&kbuf) : 0;
}

static void *load_scene(struct kimage *image, char *kernel, unsigned long kernel_len,
			char *initrd, unsigned long initrd_len, char *cmdline,
			unsigned long cmdline_len)
{
	struct kexec_buf pbuf = { .image = image, .buf_max = ULONG_MAX, .top_down = true };
	int ret;

	scene->image = image;
	scene->debug = kexec_file_dbg_print;
	scene->in_place = !kexec_range_empty(kexec_test_initrd(image)->range);
	scene->wrong = check_given(kernel, kernel_len, initrd, initrd_len, cmdline, cmdline_len);
	if (scene->load)
		return ERR_PTR(scene->load);
	ret = kexec_object_load_into(scene->purgatory, image, &pbuf) ?:
		add(image, kernel, kernel_len, PAGE_ALIGN(kernel_len)) ?:
		add(image, initrd, initrd_len, PAGE_ALIGN(initrd_len)) ?:
		add(image, NULL, 0, scene->wish);
	return ret ? ERR_PTR(ret) : kzalloc(64, GFP_KERNEL);
}

static int clean_scene(void *data)
{
	scene->cleaned++;
	return 0;
}

static int __maybe_unused verify_scene(const char *kernel, unsigned long len)
{
	const struct odd_file *want = scene->kernel;

	scene->verified++;
	if (len != want->size || memcmp(kernel, want->contents, len))
		scene->wrong = "what was verified is not what is in the file";
	return scene->signature;
}

static const struct kexec_file_ops scene_ops = {
	.load = load_scene,
	.cleanup = clean_scene,
#ifdef CONFIG_KEXEC_SIG
	.verify_sig = verify_scene,
#endif
};

static int probe_scene(struct kimage *image, void *buf, unsigned long len)
{
	if (!scene->probe)
		image->fops = &scene_ops;
	return scene->probe;
}

static void end_scene(void *unused)
{
	kexec_test_disarm(KEXEC_TYPE_DEFAULT);
	kexec_test_disarm(KEXEC_TYPE_CRASH);
	scene = NULL;
}

static char __user *cmdline_for(struct kunit *test, const char *text, size_t len)
{
	unsigned long addr = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
					   MAP_ANONYMOUS | MAP_PRIVATE, 0);

	KUNIT_ASSERT_NE(test, addr, 0);
	KUNIT_ASSERT_EQ(test, 0, copy_to_user((void __user *)addr, text, len));
	return (char __user *)addr;
}

/* A call that is good, for tests to change. */
static struct scene *new_scene(struct kunit *test)
{
	struct scene *new = kunit_kzalloc(test, sizeof(*new), GFP_KERNEL);

	kexec_test_need_peace(test);
	KUNIT_ASSERT_NOT_NULL(test, new);
	new->test = test;
	new->kernel = new_file(test, KERNEL_SIZE, 901);
	new->initrd = new_file(test, INITRD_SIZE, 902);
	new->purgatory = kexec_object_with_digests(test);
	new->cmdline = cmdline_for(test, CMDLINE, sizeof(CMDLINE));
	new->cmdline_len = sizeof(CMDLINE);
	scene = new;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, end_scene, NULL));
	kunit_activate_static_stub(test, kexec_image_probe_default, probe_scene);
	return new;
}

static int call(unsigned long flags)
{
	return kexec_test_file_load(scene->kernel ? scene->kernel->fd : -1,
				    scene->initrd ? scene->initrd->fd : -1,
				    scene->cmdline_len, scene->cmdline, flags);
}

static bool holds(const struct kexec_segment *segment, const u8 *want)
{
	return !memcmp(boot_phys_to_virt(segment->mem), want, segment->bufsz);
}

/* ---- what goes well ---- */

/*
 * The loader is given what is in the files and the command line; each file is read
 * once, but for its headers; and what is armed in the end has them where its segments say.
 */
static void files_become_an_image(struct kunit *test)
{
	struct scene *s = new_scene(test);
	const struct kimage *image;
	unsigned int i;

	if (kho_is_enabled())
		kunit_skip(test, "handover is on, and decides where segments go");
	KUNIT_ASSERT_EQ(test, call(0), 0);
	KUNIT_EXPECT_STREQ(test, s->wrong ?: "", "");
	KUNIT_EXPECT_EQ(test, s->kernel->read, KERNEL_SIZE + HEADERS_READ);
	KUNIT_EXPECT_EQ(test, s->initrd->read, INITRD_SIZE);
	KUNIT_EXPECT_TRUE(test, s->in_place);
	KUNIT_EXPECT_FALSE(test, s->debug);
	image = kexec_image;
	KUNIT_ASSERT_PTR_EQ(test, image, s->image);
	KUNIT_EXPECT_FALSE(test, kimage_is_crash(image));
	KUNIT_EXPECT_FALSE(test, image->force_dtb);
	for (i = 0; i < image->nr_segments; i++)
		KUNIT_EXPECT_TRUE(test, kexec_test_in_place(image, i));
	KUNIT_EXPECT_TRUE(test, holds(&image->segment[image->nr_segments - 2],
				      s->kernel->contents));
	KUNIT_EXPECT_TRUE(test, holds(&image->segment[image->nr_segments - 1],
				      s->initrd->contents));
}

/* Of what is needed only while loading nothing is left, and the loader has cleaned up. */
static void buffers_go_when_the_load_is_over(struct kunit *test)
{
	struct scene *s = new_scene(test);
	const struct kimage *image;

	KUNIT_ASSERT_EQ(test, call(0), 0);
	image = kexec_image;
	KUNIT_ASSERT_NOT_NULL(test, image);
	KUNIT_EXPECT_NULL(test, image->kernel_buf);
	KUNIT_EXPECT_NULL(test, image->initrd_buf);
	KUNIT_EXPECT_NULL(test, image->cmdline_buf);
	KUNIT_EXPECT_NULL(test, image->purgatory_info.purgatory_buf);
	KUNIT_EXPECT_NULL(test, image->purgatory_info.sechdrs);
	KUNIT_EXPECT_NULL(test, image->image_loader_data);
	KUNIT_EXPECT_EQ(test, s->cleaned, 1);
	/* A second time does no harm. */
	scoped_guard(mutex, &kexec_load_mutex)
		kimage_file_post_load_cleanup(kexec_image);
}

/* Allocators and page tables keep a little for themselves now and then, but not always. */
#define LEAK_TRIES	10

static void expect_nothing_left(struct kunit *test, unsigned long flags)
{
	unsigned long leaks = 1;
	void *site;
	int try, ret;

	kexec_test_watch_leaks(test);
	for (try = 0; try < LEAK_TRIES && leaks; try++) {
		i_size_write(file_inode(scene->kernel->file), scene->kernel->size);
		i_size_write(file_inode(scene->initrd->file), scene->initrd->size);
		kexec_test_begin_leaks();
		ret = call(flags);
		kexec_test_disarm(KEXEC_TYPE_DEFAULT);
		kexec_test_disarm(KEXEC_TYPE_CRASH);
		leaks = kexec_test_end_leaks(&site);
		KUNIT_ASSERT_EQ(test, ret, 0);
	}
	KUNIT_EXPECT_EQ_MSG(test, leaks, 0, "from %pS", site);
	KUNIT_EXPECT_STREQ(test, scene->wrong ?: "", "");
}

static const struct kind {
	const char *name;
	unsigned long flags;
} kinds[] = {
	{ "in place", 0 },
	{ "scattered", KEXEC_FILE_NO_CMA },
	{ "in the crash region", KEXEC_FILE_ON_CRASH },
};

KUNIT_ARRAY_PARAM_DESC(kind, kinds, name);

/* Nothing that a load has allocated or mapped is left when its image is unloaded. */
static void nothing_is_left(struct kunit *test)
{
	const struct kind *kind = test->param_value;

	if (kind->flags & KEXEC_FILE_ON_CRASH)
		kexec_test_need_region(test);
	new_scene(test);
	expect_nothing_left(test, kind->flags);
}

/* Without an initrd the descriptor does not matter; without a command line the pointer. */
static void without_initrd_and_command_line(struct kunit *test)
{
	struct scene *s = new_scene(test);

	s->initrd = NULL;
	s->cmdline_len = 0;
	s->cmdline = (char __user *)-PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, call(KEXEC_FILE_NO_INITRAMFS), 0);
	KUNIT_EXPECT_STREQ(test, s->wrong ?: "", "");
	KUNIT_EXPECT_NOT_NULL(test, kexec_image);
}

/* What the caller wants elsewhere is nowhere claimed. */
static void no_cma_is_scattered(struct kunit *test)
{
	struct scene *s = new_scene(test);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, call(KEXEC_FILE_NO_CMA), 0);
	KUNIT_EXPECT_STREQ(test, s->wrong ?: "", "");
	KUNIT_EXPECT_FALSE(test, s->in_place);
	for (i = 0; i < kexec_image->nr_segments; i++)
		KUNIT_EXPECT_EQ(test, kexec_test_claimed(kexec_image, i), 0);
}

/* Flags reach whom they are for; being talkative ends with the call. */
static void flags_reach_the_image(struct kunit *test)
{
	struct kmsg_dump_iter *log = kexec_test_end_of_log(test);
	struct scene *s = new_scene(test);

	KUNIT_ASSERT_EQ(test, call(KEXEC_FILE_FORCE_DTB | KEXEC_FILE_DEBUG), 0);
	KUNIT_EXPECT_TRUE(test, kexec_image->force_dtb);
	KUNIT_EXPECT_TRUE(test, s->debug);
	KUNIT_EXPECT_FALSE(test, kexec_file_dbg_print);
	KUNIT_EXPECT_GT(test, kexec_test_lines_with(log, "kexec: segment "), 2);
	s->load = -EINVAL;
	KUNIT_EXPECT_EQ(test, call(KEXEC_FILE_DEBUG), -EINVAL);
	KUNIT_EXPECT_FALSE(test, kexec_file_dbg_print);
}

/* A crash kernel goes to its region, where the initrd is mapped no longer than needed. */
static void a_crash_kernel_from_files(struct kunit *test)
{
	struct kexec_range range;
	struct scene *s;
	unsigned int i;

	kexec_test_need_region(test);
	s = new_scene(test);
	KUNIT_ASSERT_EQ(test, call(KEXEC_FILE_ON_CRASH), 0);
	KUNIT_EXPECT_STREQ(test, s->wrong ?: "", "");
	KUNIT_EXPECT_TRUE(test, s->in_place);
	KUNIT_EXPECT_EQ(test, s->initrd->read, INITRD_SIZE);
	KUNIT_EXPECT_NULL(test, kexec_image);
	KUNIT_ASSERT_PTR_EQ(test, kexec_crash_image, s->image);
	KUNIT_EXPECT_NULL(test, kexec_test_initrd(kexec_crash_image)->map);
	KUNIT_EXPECT_GT(test, kimage_room_left(kexec_crash_image), 0);
	for (i = 0; i < kexec_crash_image->nr_segments; i++) {
		range = kexec_segment_range(&kexec_crash_image->segment[i]);
		KUNIT_EXPECT_TRUE(test, kexec_range_contains(kexec_region(), range));
	}
	KUNIT_EXPECT_TRUE(test, holds(&kexec_crash_image->segment[i - 1], s->initrd->contents));
	KUNIT_EXPECT_TRUE(test, holds(&kexec_crash_image->segment[i - 2], s->kernel->contents));
}

/* Unloading takes away the image of the type that is named, and looks at nothing else. */
static void unloading_by_type(struct kunit *test)
{
	struct scene *s;

	kexec_test_need_region(test);
	s = new_scene(test);
	KUNIT_ASSERT_EQ(test, call(0), 0);
	KUNIT_ASSERT_EQ(test, call(KEXEC_FILE_ON_CRASH), 0);
	s->kernel = NULL;
	s->initrd = NULL;
	KUNIT_EXPECT_EQ(test, call(KEXEC_FILE_UNLOAD), 0);
	KUNIT_EXPECT_NULL(test, kexec_image);
	KUNIT_EXPECT_NOT_NULL(test, kexec_crash_image);
	KUNIT_EXPECT_EQ(test, call(KEXEC_FILE_UNLOAD | KEXEC_FILE_ON_CRASH), 0);
	KUNIT_EXPECT_NULL(test, kexec_crash_image);
	KUNIT_EXPECT_EQ(test, call(KEXEC_FILE_UNLOAD), 0);
}

/* ---- files that change while they are read ---- */

static void *grow(const char *name, struct pt_regs *regs, void *data)
{
	struct odd_file *odd = data;

	if (odd->grows && regs_get_kernel_argument(regs, 0) == odd->fd)
		i_size_write(file_inode(odd->file), odd->grows);
	return NULL;
}

static struct odd_file *either(struct scene *s, bool initrd)
{
	return initrd ? s->initrd : s->kernel;
}

/* Where zeros cannot be shared no kernel is given a place before it is read. */
static void need_place(struct kunit *test, bool initrd)
{
	if (!initrd && !kexec_shares_zeros())
		kunit_skip(test, "this architecture does not read kernels into place");
}

static const bool files[] = { false, true };

static void describe_file(const bool *initrd, char *desc)
{
	strscpy(desc, *initrd ? "initrd" : "kernel", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(file, files, describe_file);

/* What has grown since a place was found for it is read again, all of it. */
static void a_file_that_grows(struct kunit *test)
{
	struct odd_file *odd = either(new_scene(test), *(const bool *)test->param_value);

	need_place(test, *(const bool *)test->param_value);
	odd->grows = odd->size + BYTES(3) + 5;
	kexec_test_detour(test, "kernel_read_file_from_fd", grow, odd);
	KUNIT_ASSERT_EQ(test, call(0), 0);
	KUNIT_EXPECT_STREQ(test, scene->wrong ?: "", "");
	KUNIT_EXPECT_NOT_NULL(test, kexec_image);
	expect_nothing_left(test, 0);
}

/* What has grown by less than its last page is not taken for what it was. */
static void a_file_that_grows_a_little(struct kunit *test)
{
	struct odd_file *odd = either(new_scene(test), *(const bool *)test->param_value);

	need_place(test, *(const bool *)test->param_value);
	odd->grows = odd->size + 1;
	kexec_test_detour(test, "kernel_read_file_from_fd", grow, odd);
	KUNIT_ASSERT_EQ(test, call(0), 0);
	KUNIT_EXPECT_STREQ(test, scene->wrong ?: "", "");
}

/* The same without a place: what does not fit into the buffer is refused. */
static void a_file_that_outgrows_its_buffer(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct odd_file *odd = either(new_scene(test), *(const bool *)test->param_value);

	odd->grows = odd->size + BYTES(3);
	kexec_test_detour(test, "kernel_read_file_from_fd", grow, odd);
	KUNIT_EXPECT_EQ(test, call(KEXEC_FILE_NO_CMA), -EFBIG);
	KUNIT_EXPECT_EQ(test, last->count, 1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(last->why, "too large, or grew while it was read"));
	KUNIT_EXPECT_NULL(test, kexec_image);
}

/* What ends too early is refused, and its place given back. */
static void a_file_that_shrinks(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct odd_file *odd;

	kexec_test_count_pages(test);
	odd = either(new_scene(test), *(const bool *)test->param_value);
	odd->ends = odd->size - 1;
	KUNIT_EXPECT_EQ(test, call(0), -EIO);
	KUNIT_EXPECT_NOT_NULL(test, strstr(last->why, "shrank or failed while it was read"));
	KUNIT_EXPECT_EQ(test, call(KEXEC_FILE_NO_CMA), -EIO);
	KUNIT_EXPECT_EQ(test, last->count, 2);
	KUNIT_EXPECT_NULL(test, kexec_image);
	KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 0);
}

/* ---- what is refused ---- */

struct refusal {
	const char *name;
	void (*change)(struct scene *scene);
	int err;
	const char *why;
};

static void kernel_is_empty(struct scene *s)
{
	i_size_write(file_inode(s->kernel->file), 0);
}

static void initrd_is_empty(struct scene *s)
{
	i_size_write(file_inode(s->initrd->file), 0);
}

static void kernel_is_huge(struct scene *s)
{
	i_size_write(file_inode(s->kernel->file), (4LL << 30) + 1);
}

static void initrd_is_huge(struct scene *s)
{
	i_size_write(file_inode(s->initrd->file), 1LL << 50);
}

static void there_is_no_kernel(struct scene *s)
{
	s->kernel = NULL;
}

static void there_is_no_initrd(struct scene *s)
{
	s->initrd = NULL;
}

static void kernel_fails(struct scene *s)
{
	s->kernel->fails = -EIO;
}

static void initrd_says_enoent(struct scene *s)
{
	s->initrd->fails = -ENOENT;
}

static void kernel_says_eagain(struct scene *s)
{
	s->kernel->fails = -EAGAIN;
}

static void initrd_says_eagain(struct scene *s)
{
	s->initrd->fails = -EAGAIN;
}

static void cmdline_faults(struct scene *s)
{
	s->cmdline = (char __user *)-PAGE_SIZE;
}

static void cmdline_has_no_end(struct scene *s)
{
	s->cmdline_len--;
}

static void probe_knows_no_such_kernel(struct scene *s)
{
	s->probe = -ENOEXEC;
}

static void loader_gives_up(struct scene *s)
{
	s->load = -ENOEXEC;
}

static void loader_has_no_memory(struct scene *s)
{
	s->load = -ENOMEM;
}

static void loader_finds_no_room(struct scene *s)
{
	s->wish = 1UL << 45;
}

static const struct refusal refusals[] = {
	{ "an empty kernel", kernel_is_empty, -EINVAL, "kernel: empty, or not a regular file" },
	{ "an empty initrd", initrd_is_empty, -EINVAL, "initrd: empty, or not a regular file" },
	{ "a huge kernel", kernel_is_huge, -EFBIG, "kernel: too large, or grew" },
	{ "a huge initrd", initrd_is_huge, -EFBIG, "initrd: too large, or grew" },
	{ "no kernel", there_is_no_kernel, -EBADF, "kernel: not open for reading" },
	{ "no initrd", there_is_no_initrd, -EBADF, "initrd: not open for reading" },
	{ "a kernel that cannot be read", kernel_fails, -EIO, "kernel: shrank or failed" },
	{ "an initrd that cannot be read", initrd_says_enoent, -ENOENT, "initrd: cannot be read" },
	{ "a kernel to be tried again", kernel_says_eagain, -EAGAIN, "kernel: cannot be read" },
	{ "an initrd to be tried again", initrd_says_eagain, -EAGAIN, "initrd: cannot be read" },
	{ "a command line that faults", cmdline_faults, -EFAULT, "cannot be read" },
	{ "a command line without an end", cmdline_has_no_end, -EINVAL, "does not end in a NUL" },
	{ "not a kernel", probe_knows_no_such_kernel, -ENOEXEC, "" },
	{ "a loader that gives up", loader_gives_up, -ENOEXEC, "" },
	{ "a loader without memory", loader_has_no_memory, -ENOMEM, "" },
	{ "a loader without room", loader_finds_no_room, -EADDRNOTAVAIL, "no room for " },
};

KUNIT_ARRAY_PARAM_DESC(refusal, refusals, name);

static void expect_refusal(struct kunit *test, const struct refusal *refusal,
			   const struct kexec_test_refusal *last, unsigned long flags)
{
	struct kimage *loaded = kexec_image;
	unsigned long leaks = 1;
	int try, count;
	void *site;

	for (try = 0; try < LEAK_TRIES && leaks; try++) {
		count = last->count;
		kexec_test_begin_leaks();
		KUNIT_EXPECT_EQ(test, call(flags), refusal->err);
		leaks = kexec_test_end_leaks(&site);
		KUNIT_EXPECT_EQ(test, last->count, count + 1);
	}
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, refusal->why), "%s", last->why);
	KUNIT_EXPECT_PTR_EQ(test, kexec_image, loaded);
	KUNIT_EXPECT_EQ_MSG(test, leaks, 0, "from %pS", site);
}

/*
 * What is wrong is said, once, and refuses the load; what was loaded before stays, and
 * nothing is left of what was not, be it read into place or not.
 */
static void bad_calls_are_refused(struct kunit *test)
{
	const struct refusal *refusal = test->param_value;
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct scene *s = new_scene(test);

	KUNIT_ASSERT_EQ(test, call(0), 0);
	refusal->change(s);
	kexec_test_watch_leaks(test);
	expect_refusal(test, refusal, last, 0);
	expect_refusal(test, refusal, last, KEXEC_FILE_NO_CMA);
	KUNIT_EXPECT_STREQ(test, s->wrong ?: "", "");
}

/* A file that somebody may write to is no kernel. */
static void a_file_open_for_writing(struct kunit *test)
{
	struct odd_file *odd = either(new_scene(test), *(const bool *)test->param_value);
	struct inode *inode = file_inode(odd->file);
	int ret;

	KUNIT_ASSERT_EQ(test, get_write_access(inode), 0);
	ret = call(0);
	put_write_access(inode);
	KUNIT_EXPECT_EQ(test, ret, -ETXTBSY);
	KUNIT_EXPECT_EQ(test, call(0), 0);
}

/* One that may not be read is not, be it only for its headers. */
static void a_file_not_open_for_reading(struct kunit *test)
{
	struct odd_file *odd = either(new_scene(test), *(const bool *)test->param_value);
	int ret;

	odd->file->f_mode &= ~FMODE_READ;
	ret = call(0);
	odd->file->f_mode |= FMODE_READ;
	KUNIT_EXPECT_EQ(test, ret, -EBADF);
	KUNIT_EXPECT_EQ(test, odd->read, 0);
	KUNIT_EXPECT_EQ(test, call(0), 0);
}

/* While one loads another is turned away, and unloads are. */
static void one_at_a_time(struct kunit *test)
{
	int load, unload;

	new_scene(test);
	scoped_guard(mutex, &kexec_load_mutex) {
		load = call(0);
		unload = call(KEXEC_FILE_UNLOAD);
	}
	KUNIT_EXPECT_EQ(test, load, -EBUSY);
	KUNIT_EXPECT_EQ(test, unload, -EBUSY);
	KUNIT_EXPECT_EQ(test, scene->kernel->read, 0);
	KUNIT_EXPECT_EQ(test, call(0), 0);
}

static int handover_says;

static int fill_handover(struct kimage *image)
{
	return image->nr_segments > 1 ? -EINVAL : handover_says;
}

/* What cannot be handed over refuses the load; it is asked before the loader is. */
static void handover_may_refuse(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct scene *s = new_scene(test);

	if (!IS_ENABLED(CONFIG_KEXEC_HANDOVER))
		kunit_skip(test, "this kernel hands nothing over");
	kexec_test_stand_in(test, "kho_fill_kimage", fill_handover);
	handover_says = -ENOMEM;
	KUNIT_EXPECT_EQ(test, call(0), -ENOMEM);
	KUNIT_EXPECT_EQ(test, last->count, 1);
	KUNIT_EXPECT_NULL(test, s->image);
	handover_says = 0;
	KUNIT_EXPECT_EQ(test, call(0), 0);
}

static int measured_fd, measured_len;
static char measured[sizeof(CMDLINE)];

static void measure_cmdline(int fd, const void *buf, int len)
{
	measured_fd = fd;
	measured_len = len;
	memcpy(measured, buf, min_t(int, len, sizeof(measured) - 1));
}

/* IMA is told the command line, without its end, and which kernel it is for. */
static void the_command_line_is_measured(struct kunit *test)
{
	struct scene *s = new_scene(test);

	if (!IS_ENABLED(CONFIG_IMA))
		kunit_skip(test, "this kernel measures nothing");
	kexec_test_stand_in(test, "ima_kexec_cmdline", measure_cmdline);
	KUNIT_EXPECT_EQ(test, call(0), 0);
	KUNIT_EXPECT_EQ(test, measured_fd, s->kernel->fd);
	KUNIT_EXPECT_EQ(test, measured_len, strlen(CMDLINE));
	KUNIT_EXPECT_STREQ(test, measured, CMDLINE);
}

static int permitted_type;

static bool permit_none(int type)
{
	permitted_type = type;
	return false;
}

/* Nobody loads without being permitted to, for the type of image that is named. */
static void permission_is_asked(struct kunit *test)
{
	new_scene(test);
	kexec_test_stand_in(test, "kexec_load_permitted", permit_none);
	KUNIT_EXPECT_EQ(test, call(0), -EPERM);
	KUNIT_EXPECT_EQ(test, permitted_type, KEXEC_TYPE_DEFAULT);
	KUNIT_EXPECT_EQ(test, call(KEXEC_FILE_ON_CRASH), -EPERM);
	KUNIT_EXPECT_EQ(test, permitted_type, KEXEC_TYPE_CRASH);
	KUNIT_EXPECT_EQ(test, call(KEXEC_FILE_UNLOAD), -EPERM);
	KUNIT_EXPECT_EQ(test, scene->kernel->read, 0);
}

/* A crash kernel that fails has written to nothing of the armed one's. */
static void the_armed_image_is_left_alone(struct kunit *test)
{
	struct kexec_segment *last;
	struct scene *s;

	kexec_test_need_region(test);
	s = new_scene(test);
	KUNIT_ASSERT_EQ(test, call(KEXEC_FILE_ON_CRASH), 0);
	last = &kexec_crash_image->segment[kexec_crash_image->nr_segments - 1];
	s->initrd->ends = s->initrd->size / 2;
	s->initrd->contents++;
	KUNIT_EXPECT_EQ(test, call(KEXEC_FILE_ON_CRASH), -EIO);
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_image, s->image);
	KUNIT_EXPECT_TRUE(test, holds(last, s->initrd->contents - 1));
}

/* Nor has one for which there is no room, with the armed one there or without. */
static void two_attempts_to_find_room(struct kunit *test)
{
	struct kexec_test_refusal *refused = kexec_test_watch_refusals(test);
	const struct kexec_segment *last;
	const struct kimage *armed;
	struct scene *s;

	kexec_test_need_region(test);
	s = new_scene(test);
	KUNIT_ASSERT_EQ(test, call(KEXEC_FILE_ON_CRASH), 0);
	armed = kexec_crash_image;
	last = &armed->segment[armed->nr_segments - 1];
	s->initrd->contents++;
	s->wish = kexec_range_size(kexec_region());
	KUNIT_EXPECT_EQ(test, call(KEXEC_FILE_ON_CRASH), -EADDRNOTAVAIL);
	KUNIT_EXPECT_EQ(test, refused->count, 1);
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_image, armed);
	KUNIT_EXPECT_TRUE(test, holds(last, s->initrd->contents - 1));
}

/* Flags that nobody knows are refused before anything is read. */
static void unknown_flags(struct kunit *test)
{
	new_scene(test);
	KUNIT_EXPECT_EQ(test, call(~(unsigned long)KEXEC_FILE_FLAGS), -EINVAL);
	KUNIT_EXPECT_EQ(test, call(1UL << 40), -EINVAL);
	KUNIT_EXPECT_EQ(test, scene->kernel->read, 0);
}

/* ---- signatures ---- */

#ifdef CONFIG_KEXEC_SIG
static bool is_locked_down, is_appraised;

static int locked_down(enum lockdown_reason what)
{
	return is_locked_down && what == LOCKDOWN_KEXEC ? -EPERM : 0;
}

static bool appraised(enum kernel_read_file_id id)
{
	return is_appraised && id == READING_KEXEC_IMAGE;
}

static void enforce_no_more(void *unused)
{
	kexec_sig_enforced = IS_ENABLED(CONFIG_KEXEC_SIG_FORCE);
}

struct signature {
	const char *name;
	int signature;
	bool enforced, locked_down, appraised;
	int ret;
};

static const struct signature signatures[] = {
	{ "good", 0 },
	{ "good, enforced", 0, .enforced = true },
	{ "good, locked down", 0, .locked_down = true },
	{ "bad", -EKEYREJECTED },
	{ "bad, enforced", -EKEYREJECTED, .enforced = true, .ret = -EKEYREJECTED },
	{ "unknown, enforced", -ENOKEY, .enforced = true, .ret = -ENOKEY },
	{ "none, enforced", -ENODATA, .enforced = true, .appraised = true, .ret = -ENODATA },
	{ "bad, locked down", -EKEYREJECTED, .locked_down = true, .ret = -EPERM },
	{ "bad, locked down, appraised", -EKEYREJECTED, .locked_down = true, .appraised = true },
};

KUNIT_ARRAY_PARAM_DESC(signature, signatures, name);

/*
 * A kernel is verified once, as it was read; without a valid signature it is refused
 * when they are enforced, or under lockdown unless IMA appraises the file.
 */
static void signatures_are_checked(struct kunit *test)
{
	const struct signature *signature = test->param_value;
	struct scene *s = new_scene(test);

	if (IS_ENABLED(CONFIG_KEXEC_SIG_FORCE))
		kunit_skip(test, "signatures are enforced for good");
	is_locked_down = signature->locked_down;
	is_appraised = signature->appraised;
	kexec_test_stand_in(test, "security_locked_down", locked_down);
	kexec_test_stand_in(test, "ima_appraise_signature", appraised);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, enforce_no_more, NULL));
	if (signature->enforced)
		set_kexec_sig_enforced();
	s->signature = signature->signature;
	KUNIT_EXPECT_EQ(test, call(0), signature->ret);
	KUNIT_EXPECT_EQ(test, s->verified, 1);
	KUNIT_EXPECT_STREQ(test, s->wrong ?: "", "");
	KUNIT_EXPECT_EQ(test, !kexec_image, !!signature->ret);
}

#ifdef CONFIG_SIGNED_PE_FILE_VERIFICATION
static int signer_says;

static int describe_signer(const void *file, unsigned int len, enum key_being_used_for usage,
			   char *buf, size_t size)
{
	strscpy(buf, "\"some\nbody\"", size);
	return signer_says;
}

/* A refusal names who has signed, as far as that could be read, and says if he is revoked. */
static void signers_are_named(struct kunit *test)
{
	static const struct {
		int verdict, signer;
		const char *why;
	} table[] = {
		{ -ENOKEY, 0, "no key here is its signer's; signed by \"some\\nbody\"" },
		{ -EKEYREJECTED, 0, "the file is not what was signed; signed by \"some\\nbody\"" },
		{ -EKEYREJECTED, -EKEYREVOKED,
		  "is revoked by the blacklist keyring; signed by \"some\\nbody\"" },
		{ -EKEYREJECTED, -ELIBBAD, "is revoked, or cannot be checked (-EKEYREJECTED)" },
		{ -ENODATA, -ENODATA, "it has none (-ENODATA)" },
	};
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct scene *s = new_scene(test);
	int i;

	is_locked_down = true;
	is_appraised = false;
	kexec_test_stand_in(test, "security_locked_down", locked_down);
	kexec_test_stand_in(test, "ima_appraise_signature", appraised);
	kexec_test_stand_in(test, "describe_pefile_signer", describe_signer);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		s->signature = table[i].verdict;
		signer_says = table[i].signer;
		KUNIT_EXPECT_LT(test, call(0), 0);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, table[i].why), "%s", last->why);
	}
}

static const struct key *asked[4];
static int nr_asked, answers[4];

static int verify_pe(const void *file, unsigned int len, struct key *keyring,
		     enum key_being_used_for usage)
{
	asked[nr_asked] = keyring;
	return usage == VERIFYING_KEXEC_PE_SIGNATURE ? answers[nr_asked++] : -EINVAL;
}

/* The platform's keyring is asked only when the signer is not known to the kernel's own. */
static void keyrings_in_order(struct kunit *test)
{
	static const struct {
		int first, second, nr, ret;
	} table[] = {
		{ 0, 0, 1, 0 },
		{ -EKEYREJECTED, 0, 1, -EKEYREJECTED },
		{ -ENODATA, 0, 1, -ENODATA },
		{ -ENOKEY, 0, 2, 0 },
		{ -ENOKEY, -EKEYREJECTED, 2, -EKEYREJECTED },
		{ -ENOKEY, -ENOKEY, 2, -ENOKEY },
	};
	bool platform = IS_ENABLED(CONFIG_INTEGRITY_PLATFORM_KEYRING);
	int i;

	kexec_test_stand_in(test, "verify_pefile_signature", verify_pe);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		nr_asked = 0;
		answers[0] = table[i].first;
		answers[1] = table[i].second;
		KUNIT_EXPECT_EQ(test, kexec_kernel_verify_pe_sig("MZ", 2),
				platform || table[i].nr == 1 ? table[i].ret : -ENOKEY);
		KUNIT_EXPECT_EQ(test, nr_asked, platform ? table[i].nr : 1);
		KUNIT_EXPECT_PTR_EQ(test, asked[0], VERIFY_USE_SECONDARY_KEYRING);
		if (nr_asked > 1)
			KUNIT_EXPECT_PTR_EQ(test, asked[1], VERIFY_USE_PLATFORM_KEYRING);
	}
}
#endif
#endif

/* ---- formats ---- */

/* Each loader is asked in turn; when none knows the file, the last word counts. */
static void a_file_that_no_loader_knows(struct kunit *test)
{
	struct kimage *image = kexec_subject_new(test, KEXEC_TYPE_DEFAULT, BY_LOADER)->image;
	u8 *junk = kexec_test_alloc(test, SZ_64K);

	memset(junk, 0x5a, SZ_64K);
	KUNIT_EXPECT_EQ(test, kexec_image_probe_default(image, junk, SZ_64K), -ENOEXEC);
	KUNIT_EXPECT_NULL(test, image->fops);
	KUNIT_EXPECT_EQ(test, kexec_image_post_load_cleanup_default(image), 0);
}

static struct kunit_case file_cases[] = {
	KUNIT_CASE(files_become_an_image),
	KUNIT_CASE(buffers_go_when_the_load_is_over),
	KUNIT_CASE_PARAM(nothing_is_left, kind_gen_params),
	KUNIT_CASE(without_initrd_and_command_line),
	KUNIT_CASE(no_cma_is_scattered),
	KUNIT_CASE(flags_reach_the_image),
	KUNIT_CASE(a_crash_kernel_from_files),
	KUNIT_CASE(unloading_by_type),
	KUNIT_CASE_PARAM(a_file_that_grows, file_gen_params),
	KUNIT_CASE_PARAM(a_file_that_grows_a_little, file_gen_params),
	KUNIT_CASE_PARAM(a_file_that_outgrows_its_buffer, file_gen_params),
	KUNIT_CASE_PARAM(a_file_that_shrinks, file_gen_params),
	KUNIT_CASE_PARAM(bad_calls_are_refused, refusal_gen_params),
	KUNIT_CASE_PARAM(a_file_open_for_writing, file_gen_params),
	KUNIT_CASE_PARAM(a_file_not_open_for_reading, file_gen_params),
	KUNIT_CASE(one_at_a_time),
	KUNIT_CASE(handover_may_refuse),
	KUNIT_CASE(the_command_line_is_measured),
	KUNIT_CASE(permission_is_asked),
	KUNIT_CASE(the_armed_image_is_left_alone),
	KUNIT_CASE(two_attempts_to_find_room),
	KUNIT_CASE(unknown_flags),
#ifdef CONFIG_KEXEC_SIG
	KUNIT_CASE_PARAM(signatures_are_checked, signature_gen_params),
#ifdef CONFIG_SIGNED_PE_FILE_VERIFICATION
	KUNIT_CASE(signers_are_named),
	KUNIT_CASE(keyrings_in_order),
#endif
#endif
	KUNIT_CASE(a_file_that_no_loader_knows),
	{}
};

static struct kunit_suite file_suite = {
	.name = "kexec_file",
	.test_cases = file_cases,
};

kunit_test_suite(file_suite);

MODULE_DESCRIPTION("KUnit tests of kexec_file_load");
MODULE_LICENSE("GPL");
