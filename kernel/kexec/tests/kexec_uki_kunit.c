// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of the initrd in a unified kernel image
 *
 * The system call is made with such a file, and with a loader that takes the kernel for one
 * segment and the initrd for another.  It looks whether the initrd that it is given is what it
 * should be, and how many of its pages are pages of the file's buffer.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pe.h>
#include <linux/shmem_fs.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>

#include "../unwrap.h"
#include "kexec_kunit.h"

#define PE_AT		0x80
#define OPTIONAL_AT	(PE_AT + sizeof(struct pe_hdr))
#define TABLE_AT	(OPTIONAL_AT + sizeof(struct pe32plus_opt_hdr))
#define HEADERS		0x400
#define FILE_ALIGN	0x200
#define LINUX_SIZE	(BYTES(20) + 7)
#define INITRD_SIZE	(BYTES(50) + 301)
#define UCODE_SIZE	(BYTES(2) + 99)
#define MORE_SIZE	(BYTES(9) + 11)
#define CMDLINE_SIZE	9
#define CMDLINE_SAYS	"be quiet"

enum { CMDLINE, UCODE, INITRD, LINUX, NR };

static const char * const names[NR] = { ".cmdline", ".ucode", ".initrd", ".linux" };

/**
 * struct image - a file that a test loads
 * @file:     it
 * @fd:       its descriptor
 * @ops:      its operations
 * @before:   those it had before
 * @contents: what it holds
 * @size:     bytes of that
 * @at:       where each part begins
 * @len:      and how long it is
 * @later:    what it holds when it has been read from once
 * @grows:    how many bytes it has by then, if not as many
 */
struct image {
	struct file *file;
	int fd;
	struct file_operations ops;
	const struct file_operations *before;
	u8 *contents;
	size_t size;
	size_t at[NR], len[NR];
	const u8 *later;
	size_t grows;
};

/**
 * struct scene - a call and what the loader sees of it
 * @uki:    the file
 * @more:   the initrd that is handed in besides, or NULL
 * @cmdline: a command line of one NUL, or NULL
 * @purgatory: what is loaded as such
 * @want:   the initrd that the loader should be given
 * @len:    bytes of that
 * @wrong:  what the loader was given that it should not
 * @shared: pages of the initrd that are pages of the file's buffer
 * @alike:  their addresses there and in memory allow for large pages
 * @inside: the initrd lies in the file's buffer
 */
struct scene {
	struct image *uki, *more;
	char __user *cmdline;
	struct kexec_object *purgatory;
	u8 *want;
	size_t len;
	const char *wrong;
	unsigned long shared;
	bool alike;
	bool inside;
};

static struct scene *scene;

/* ---- files ---- */

static ssize_t read_image(struct kiocb *iocb, struct iov_iter *to)
{
	struct image *image = container_of(iocb->ki_filp->f_op, struct image, ops);
	loff_t end = i_size_read(file_inode(image->file));
	size_t n;

	if (iocb->ki_pos >= end)
		return 0;
	n = min3(iov_iter_count(to), (size_t)(end - iocb->ki_pos), (size_t)SZ_64K);
	n = copy_to_iter(image->contents + iocb->ki_pos, n, to);
	iocb->ki_pos += n;
	if (image->later)
		memcpy(image->contents, image->later, HEADERS);
	if (image->grows)
		i_size_write(file_inode(image->file), image->grows);
	return n;
}

static void close_image(void *data)
{
	struct image *image = data;

	image->file->f_op = image->before;
	close_fd(image->fd);
	flush_delayed_fput();
}

static struct image *new_image(struct kunit *test, size_t size, u32 tag)
{
	struct image *image = kexec_test_alloc(test, sizeof(*image));

	memset(image, 0, sizeof(*image));
	image->contents = kexec_test_alloc(test, size + PAGE_SIZE);
	kexec_test_fill(image->contents, size + PAGE_SIZE, tag);
	image->size = size;
	image->file = shmem_file_setup("kexec_test", 0, EMPTY_VMA_FLAGS);
	KUNIT_ASSERT_FALSE(test, IS_ERR(image->file));
	image->fd = get_unused_fd_flags(0);
	if (image->fd < 0)
		fput(image->file);
	KUNIT_ASSERT_GE(test, image->fd, 0);
	image->before = image->file->f_op;
	image->ops = *image->before;
	image->ops.read_iter = read_image;
	image->ops.read = NULL;
	image->file->f_op = &image->ops;
	i_size_write(file_inode(image->file), size);
	fd_install(image->fd, image->file);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, close_image, image));
	return image;
}

static void write_headers(const struct image *image, u8 *headers)
{
	struct section_header *section = (void *)(headers + TABLE_AT);
	int i;

	memset(headers, 0, HEADERS);
	*(struct mz_hdr *)headers = (struct mz_hdr) {
		.magic = IMAGE_DOS_SIGNATURE,
		.peaddr = PE_AT,
	};
	*(struct pe_hdr *)(headers + PE_AT) = (struct pe_hdr) {
		.magic = IMAGE_NT_SIGNATURE,
		.machine = IMAGE_FILE_MACHINE_AMD64,
		.sections = NR,
		.opt_hdr_size = sizeof(struct pe32plus_opt_hdr),
	};
	*(struct pe32plus_opt_hdr *)(headers + OPTIONAL_AT) = (struct pe32plus_opt_hdr) {
		.magic = IMAGE_NT_OPTIONAL_HDR64_MAGIC,
		.header_size = HEADERS,
	};
	for (i = 0; i < NR; i++) {
		section[i] = (struct section_header) {
			.virtual_size = image->len[i],
			.raw_data_size = ALIGN(image->len[i], FILE_ALIGN),
			.data_addr = image->at[i],
		};
		memcpy(section[i].name, names[i], strlen(names[i]));
	}
}

static struct image *new_uki(struct kunit *test, size_t cmdline, size_t ucode, size_t initrd)
{
	const size_t len[NR] = { cmdline, ucode, initrd, LINUX_SIZE };
	size_t at[NR], size = HEADERS;
	struct image *image;
	int i;

	for (i = 0; i < NR; i++) {
		at[i] = size;
		size += ALIGN(len[i], FILE_ALIGN);
	}
	image = new_image(test, size, 811);
	memcpy(image->at, at, sizeof(at));
	memcpy(image->len, len, sizeof(len));
	memset(image->contents + at[CMDLINE], '\n', cmdline);
	memcpy(image->contents + at[CMDLINE], CMDLINE_SAYS, strlen(CMDLINE_SAYS));
	write_headers(image, image->contents);
	return image;
}

/* ---- the loader ---- */

/* Microcode and zeros to the end of a page, the initrd, and at a multiple of four the other. */
static void expect_initrd(struct kunit *test)
{
	struct image *uki = scene->uki, *more = scene->more;
	size_t front = PAGE_ALIGN(uki->len[UCODE]);
	size_t own = front + ALIGN(uki->len[INITRD], 4);

	scene->len = own + (more ? more->size : 0);
	scene->want = kexec_test_alloc(test, scene->len);
	memset(scene->want, 0, scene->len);
	memcpy(scene->want, uki->contents + uki->at[UCODE], uki->len[UCODE]);
	memcpy(scene->want + front, uki->contents + uki->at[INITRD], uki->len[INITRD]);
	if (more)
		memcpy(scene->want + own, more->contents, more->size);
}

static struct page *page_at(const void *addr)
{
	return is_vmalloc_addr(addr) ? vmalloc_to_page(addr) : virt_to_page(addr);
}

/* Only then are they mapped by large pages, where there are as many. */
static bool are_alike(const void *addr)
{
	return !(((unsigned long)addr ^ page_to_phys(page_at(addr))) & ~PMD_MASK);
}

static unsigned long count_shared(const struct kimage *image, const void *initrd)
{
	const struct kexec_bytes *own = &kexec_test_parts(image)->initrd;
	size_t at, front = PAGE_ALIGN(kexec_test_parts(image)->ucode.len);
	unsigned long n = 0;

	for (at = 0; at + PAGE_SIZE <= own->len; at += PAGE_SIZE)
		n += offset_in_page(own->data) == offset_in_page(initrd) &&
		     page_at(own->data + at) == page_at(initrd + front + at);
	return n;
}

static const char *check_given(const void *kernel, size_t kernel_len, const void *initrd,
			       size_t initrd_len, const char *cmdline)
{
	const struct image *uki = scene->uki;
	size_t len = scene->inside ? uki->len[INITRD] : scene->len;

	if (kernel_len != LINUX_SIZE || memcmp(kernel, uki->contents + uki->at[LINUX], kernel_len))
		return "the kernel is not what is in its file";
	if (initrd_len != len || memcmp(initrd, scene->want, len))
		return "the initrd is not what it should be";
	return strcmp(cmdline, CMDLINE_SAYS) ? "another command line" : NULL;
}

static int add(struct kimage *image, void *buffer, size_t bufsz)
{
	struct kexec_buf kbuf = kexec_test_wish(image, buffer, bufsz, bufsz);

	return kexec_add_buffer(&kbuf);
}

static void *load_scene(struct kimage *image, char *kernel, unsigned long kernel_len,
			char *initrd, unsigned long initrd_len, char *cmdline,
			unsigned long cmdline_len)
{
	struct kexec_buf pbuf = { .image = image, .buf_max = ULONG_MAX, .top_down = true };
	const struct kexec_bytes *own = &kexec_test_parts(image)->initrd;
	int ret;

	scene->inside = initrd == (const char *)own->data;
	scene->shared = scene->inside ? 0 : count_shared(image, initrd);
	scene->alike = are_alike(own->data);
	scene->wrong = check_given(kernel, kernel_len, initrd, initrd_len, cmdline);
	ret = kexec_object_load_into(scene->purgatory, image, &pbuf) ?:
		add(image, kernel, kernel_len) ?: add(image, initrd, initrd_len);
	return ret ? ERR_PTR(ret) : NULL;
}

static const struct kexec_file_ops scene_ops = { .load = load_scene };

static int probe_scene(struct kimage *image, void *buf, unsigned long len)
{
	image->fops = &scene_ops;
	return 0;
}

static void end_scene(void *unused)
{
	kexec_test_disarm(KEXEC_TYPE_DEFAULT);
	kexec_test_disarm(KEXEC_TYPE_CRASH);
	scene = NULL;
}

static struct scene *new_scene_with(struct kunit *test, size_t cmdline, size_t ucode,
				    size_t initrd, bool more)
{
	struct scene *new = kunit_kzalloc(test, sizeof(*new), GFP_KERNEL);

	kexec_test_need_peace(test);
	if (kho_is_enabled())
		kunit_skip(test, "handover is on, and decides where segments go");
	KUNIT_ASSERT_NOT_NULL(test, new);
	new->uki = new_uki(test, cmdline, ucode, initrd);
	new->more = more ? new_image(test, MORE_SIZE, 812) : NULL;
	new->purgatory = kexec_object_with_digests(test);
	scene = new;
	expect_initrd(test);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, end_scene, NULL));
	kunit_activate_static_stub(test, kexec_image_probe_default, probe_scene);
	return new;
}

static struct scene *new_scene(struct kunit *test, size_t ucode, size_t initrd, bool more)
{
	return new_scene_with(test, CMDLINE_SIZE, ucode, initrd, more);
}

static int call(unsigned long flags)
{
	i_size_write(file_inode(scene->uki->file), scene->uki->size);
	return kexec_test_file_load(scene->uki->fd, scene->more ? scene->more->fd : -1,
				    !!scene->cmdline, scene->cmdline,
				    flags | (scene->more ? 0 : KEXEC_FILE_NO_INITRAMFS));
}

/* ---- tests ---- */

static const struct way {
	const char *name;
	size_t ucode, initrd;
	bool more;
	unsigned long flags;
	bool inside, copied;
} ways[] = {
	{ "alone", 0, INITRD_SIZE },
	{ "whole pages", 0, BYTES(50) },
	{ "behind microcode", UCODE_SIZE, INITRD_SIZE },
	{ "with another behind it", 0, INITRD_SIZE, true },
	{ "between both", UCODE_SIZE, INITRD_SIZE, true },
	{ "less than a page", 0, 301, .copied = true },
	{ "scattered", 0, INITRD_SIZE, false, KEXEC_FILE_NO_CMA, .inside = true },
	{ "scattered, behind microcode", UCODE_SIZE, INITRD_SIZE, false, KEXEC_FILE_NO_CMA,
	  .copied = true },
	{ "scattered, between both", UCODE_SIZE, INITRD_SIZE, true, KEXEC_FILE_NO_CMA,
	  .copied = true },
	{ "in the crash region", 0, INITRD_SIZE, false, KEXEC_FILE_ON_CRASH },
	{ "in the crash region, between both", UCODE_SIZE, INITRD_SIZE, true,
	  KEXEC_FILE_ON_CRASH },
};

KUNIT_ARRAY_PARAM_DESC(way, ways, name);

static struct scene *scene_for(struct kunit *test, const struct way *way)
{
	if (way->flags & KEXEC_FILE_ON_CRASH)
		kexec_test_need_region(test);
	return new_scene(test, way->ucode, way->initrd, way->more);
}

static bool holds(const struct kexec_segment *segment, const u8 *want)
{
	return !memcmp(boot_phys_to_virt(segment->mem), want, segment->bufsz);
}

static const struct kimage *loaded(const struct way *way)
{
	return way->flags & KEXEC_FILE_ON_CRASH ? kexec_crash_image : kexec_image;
}

/* The loader adds it last; others, such as IMA's, are in front. */
static unsigned long initrd_segment(const struct way *way)
{
	return loaded(way)->nr_segments - 1;
}

/* All whole pages of an initrd that is in place are the file's, and it is what it should be. */
static void its_pages_are_the_files(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct scene *s = scene_for(test, way);
	bool shared = !way->inside && !way->copied;

	KUNIT_ASSERT_EQ(test, call(way->flags), 0);
	KUNIT_EXPECT_STREQ(test, s->wrong ?: "", "");
	KUNIT_EXPECT_EQ(test, s->inside, way->inside);
	KUNIT_EXPECT_EQ(test, s->shared, shared ? way->initrd / PAGE_SIZE : 0);
	KUNIT_EXPECT_TRUE(test, s->alike || !shared);
	KUNIT_ASSERT_NOT_NULL(test, loaded(way));
	KUNIT_EXPECT_EQ(test, kexec_test_in_place(loaded(way), initrd_segment(way)),
			!(way->flags & KEXEC_FILE_NO_CMA));
	if (kexec_test_in_place(loaded(way), initrd_segment(way)))
		KUNIT_EXPECT_TRUE(test, holds(&loaded(way)->segment[initrd_segment(way)], s->want));
}

/* Allocators and page tables keep a little for themselves now and then, but not always. */
#define LEAK_TRIES	10

static unsigned long leaks_of(unsigned long flags, int err, struct kunit *test)
{
	unsigned long leaks = 1;
	void *site;
	int try, ret;

	kexec_test_watch_leaks(test);
	kexec_test_count_pages(test);
	for (try = 0; try < LEAK_TRIES && leaks; try++) {
		kexec_test_begin_leaks();
		ret = call(flags);
		kexec_test_disarm(KEXEC_TYPE_DEFAULT);
		kexec_test_disarm(KEXEC_TYPE_CRASH);
		leaks = kexec_test_end_leaks(&site);
		KUNIT_ASSERT_EQ(test, ret, err);
		/* Control pages in the region are not given back, they are just its. */
		if (!(flags & KEXEC_FILE_ON_CRASH))
			KUNIT_EXPECT_EQ(test, kexec_test_owned_pages(), 0);
	}
	return leaks;
}

static void nothing_is_left(struct kunit *test)
{
	const struct way *way = test->param_value;

	scene_for(test, way);
	KUNIT_EXPECT_EQ(test, leaks_of(way->flags, 0, test), 0);
}

static void no_uki_any_more(struct section_header *section)
{
	section[LINUX].name[1] = 'x';
}

static void initrd_elsewhere(struct section_header *section)
{
	section[INITRD].data_addr += 4;
	section[INITRD].raw_data_size -= 4;
}

static void initrd_is_longer(struct section_header *section)
{
	section[INITRD].virtual_size += 4;
}

static void less_microcode(struct section_header *section)
{
	section[UCODE].virtual_size = 1;
}

static void (* const changes[])(struct section_header *section) = {
	no_uki_any_more, initrd_elsewhere, initrd_is_longer, less_microcode,
};

/* What was seen of a file in advance is not believed later on. */
static void a_file_that_changes_is_refused(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct scene *s = new_scene(test, UCODE_SIZE, INITRD_SIZE, false);
	u8 *first = kexec_test_alloc(test, HEADERS), *later = kexec_test_alloc(test, HEADERS);
	int i;

	memcpy(first, s->uki->contents, HEADERS);
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		memcpy(later, first, HEADERS);
		changes[i]((struct section_header *)(later + TABLE_AT));
		memcpy(s->uki->contents, first, HEADERS);
		s->uki->later = later;
		KUNIT_EXPECT_EQ(test, call(0), -EIO);
		KUNIT_EXPECT_NOT_NULL(test, strstr(last->why, "changed while it was read"));
		KUNIT_EXPECT_NULL(test, kexec_image);
	}
}

/* It is read once more, to where there is room for it. */
static void a_file_that_grows_is_copied(struct kunit *test)
{
	struct scene *s = new_scene(test, UCODE_SIZE, INITRD_SIZE, true);

	s->uki->grows = s->uki->size + 99;
	KUNIT_EXPECT_EQ(test, leaks_of(0, 0, test), 0);
	KUNIT_EXPECT_STREQ(test, s->wrong ?: "", "");
	KUNIT_EXPECT_EQ(test, s->shared, 0);
}

static void *let_grow(const char *name, struct pt_regs *regs, void *data)
{
	struct image *more = data;

	i_size_write(file_inode(more->file), more->size + 99);
	return NULL;
}

/* An initrd that has grown since there was a place for it is refused. */
static void what_is_behind_does_not_grow(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct scene *s = new_scene(test, UCODE_SIZE, INITRD_SIZE, true);

	kexec_test_detour(test, "kimage_read_initrd", let_grow, s->more);
	KUNIT_EXPECT_EQ(test, call(0), -EFBIG);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, "initrd: too large, or grew"), "%s",
				  last->why);
	KUNIT_EXPECT_NULL(test, kexec_image);
}

static struct vm_struct *no_area(unsigned long size, unsigned long flags)
{
	return NULL;
}

static unsigned long no_pages(gfp_t gfp, int preferred_nid, nodemask_t *nodemask, int nr_pages,
			      struct page **page_array)
{
	return 0;
}

static int map_no_pages(unsigned long addr, unsigned long end, pgprot_t prot,
			struct page **pages, unsigned int page_shift)
{
	return -ENOMEM;
}

static int map_no_place(unsigned long addr, unsigned long end, phys_addr_t phys_addr,
			pgprot_t prot)
{
	return -ENOMEM;
}

static const struct {
	const char *name;
	void *stand_in;
} failures[] = {
	{ "get_vm_area", no_area },
	{ "alloc_pages_bulk_noprof", no_pages },
	{ "vmap_pages_range", map_no_pages },
	{ "vmap_page_range", map_no_place },
};

KUNIT_ARRAY_PARAM_DESC(failure, failures, name);

/* Where there is no memory for such a buffer nothing is left of the attempt. */
static void without_memory_nothing_is_left(struct kunit *test)
{
	const typeof(failures[0]) *failure = test->param_value;
	struct scene *s = new_scene(test, 0, INITRD_SIZE, false);

	kexec_test_stand_in(test, failure->name, failure->stand_in);
	KUNIT_EXPECT_EQ(test, leaks_of(0, 0, test), 0);
	KUNIT_EXPECT_STREQ(test, s->wrong ?: "", "");
	KUNIT_EXPECT_EQ(test, s->shared, 0);
}

/* Nor of a command line that is empty, so that the image's own is used. */
static void of_an_empty_command_line_nothing_is_left(struct kunit *test)
{
	struct scene *s = new_scene(test, 0, INITRD_SIZE, false);
	unsigned long addr = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ,
					   MAP_ANONYMOUS | MAP_PRIVATE, 0);

	KUNIT_ASSERT_NE(test, addr, 0);
	s->cmdline = (char __user *)addr;
	KUNIT_EXPECT_EQ(test, leaks_of(0, 0, test), 0);
	KUNIT_EXPECT_STREQ(test, s->wrong ?: "", "");
}

/* The longest that any kernel takes, but for what is trimmed off it, and one that none does. */
static void an_endless_command_line_is_refused(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct scene *s = new_scene_with(test, SZ_64K, 0, INITRD_SIZE, false);

	KUNIT_EXPECT_EQ(test, call(0), 0);
	KUNIT_EXPECT_STREQ(test, s->wrong ?: "", "");
	kexec_test_disarm(KEXEC_TYPE_DEFAULT);
	new_scene_with(test, SZ_64K + 1, 0, INITRD_SIZE, false);
	KUNIT_EXPECT_EQ(test, call(0), -EINVAL);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, "command line has 65537 bytes"), "%s",
				  last->why);
	KUNIT_EXPECT_NULL(test, kexec_image);
}

/* There is but one kernel, and one initrd, to be found. */
static void a_kernel_inside_twice_is_refused(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct scene *s = new_scene(test, 0, INITRD_SIZE, false);
	struct image *inner = kexec_test_alloc(test, sizeof(*inner));
	int i;

	memset(inner, 0, sizeof(*inner));
	for (i = 0; i < NR; i++) {
		inner->at[i] = HEADERS + i * FILE_ALIGN;
		inner->len[i] = FILE_ALIGN;
	}
	write_headers(inner, s->uki->contents + s->uki->at[LINUX]);
	KUNIT_EXPECT_EQ(test, call(0), -ENOEXEC);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, "it is inside of another one"), "%s",
				  last->why);
	KUNIT_EXPECT_NULL(test, kexec_image);
}

/* A buffer that somebody else would go short for is not made, for all that it shares. */
static void what_takes_too_much_memory_is_not_read(struct kunit *test)
{
	struct scene *s = new_scene(test, 0, BYTES(2), false);

	kexec_test_limit_memory(test, 10);
	s->wrong = "nothing yet";
	KUNIT_EXPECT_EQ(test, call(0), -ENOMEM);
	KUNIT_EXPECT_STREQ(test, s->wrong ?: "", "nothing yet");
	KUNIT_EXPECT_NULL(test, kexec_image);
}

/* ---- a kernel that is packed ---- */

/* 5,000 zeros by gzip -n9 */
static const u8 packed[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0x31, 0x01, 0x00,
	0x00, 0x00, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x0a, 0x3f, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x80,
	0xb7, 0x01, 0xa8, 0x0e, 0xe5, 0xd8, 0x88, 0x13, 0x00, 0x00,
};

#define UNPACKED	5000
#define DAMAGED		20	/* a byte of what is between its header and its sums */

static const struct outcome {
	const char *name;
	bool damaged, killed, short_of_memory;
	int err;
	const char *why;
} outcomes[] = {
	{ "unpacked" },
	{ "damaged", .damaged = true, .err = -ENOEXEC, .why = "its 40 bytes (gzip) do not unpack to 5000" },
	{ "killed", .killed = true, .err = -EINTR, .why = "killed while" },
	{ "short of memory", .short_of_memory = true, .err = -ENOMEM, .why = "more are needed" },
};

KUNIT_ARRAY_PARAM_DESC(outcome, outcomes, name);

static struct kimage *with_packed_kernel(bool damaged)
{
	struct kimage *image = do_kimage_alloc_init();
	u8 *file = vmalloc(sizeof(packed));

	memcpy(file, packed, sizeof(packed));
	file[DAMAGED] ^= damaged;
	image->file_mode = true;
	image->kernel_buf = file;
	image->kernel_buf_len = sizeof(packed);
	return image;
}

static int unwrap(struct kimage *image, const struct outcome *outcome)
{
	int ret;

	if (outcome->killed)
		kexec_test_kill();
	ret = kimage_unwrap(image);
	if (outcome->killed)
		kexec_test_revive();
	return ret;
}

/* What is in a compressed file is the kernel then; of both, nothing is left in the end. */
static void a_packed_kernel_is_unpacked(struct kunit *test)
{
	const struct outcome *outcome = test->param_value;
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	unsigned long leaks = 1;
	struct kimage *image;
	int try, ret;
	void *site;

	if (!IS_BUILTIN(CONFIG_ZLIB_INFLATE))
		kunit_skip(test, "its library is not built in");
	if (outcome->short_of_memory)
		kexec_test_limit_memory(test, 1);
	kexec_test_watch_leaks(test);
	for (try = 0; try < LEAK_TRIES && leaks; try++) {
		kexec_test_begin_leaks();
		image = with_packed_kernel(outcome->damaged);
		ret = unwrap(image, outcome);
		KUNIT_EXPECT_EQ(test, ret, outcome->err);
		KUNIT_EXPECT_EQ(test, image->kernel_buf_len, ret ? sizeof(packed) : UNPACKED);
		KUNIT_EXPECT_TRUE(test, ret || !memchr_inv(image->kernel_buf, 0, UNPACKED));
		kimage_free(image);
		leaks = kexec_test_end_leaks(&site);
	}
	KUNIT_EXPECT_EQ_MSG(test, leaks, 0, "%pS", site);
	if (outcome->why)
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, outcome->why), "%s", last->why);
}

static struct kunit_case uki_cases[] = {
	KUNIT_CASE_PARAM(its_pages_are_the_files, way_gen_params),
	KUNIT_CASE_PARAM(nothing_is_left, way_gen_params),
	KUNIT_CASE(a_file_that_changes_is_refused),
	KUNIT_CASE(a_file_that_grows_is_copied),
	KUNIT_CASE(what_is_behind_does_not_grow),
	KUNIT_CASE_PARAM(without_memory_nothing_is_left, failure_gen_params),
	KUNIT_CASE(of_an_empty_command_line_nothing_is_left),
	KUNIT_CASE(an_endless_command_line_is_refused),
	KUNIT_CASE(a_kernel_inside_twice_is_refused),
	KUNIT_CASE(what_takes_too_much_memory_is_not_read),
	KUNIT_CASE_PARAM(a_packed_kernel_is_unpacked, outcome_gen_params),
	{}
};

static struct kunit_suite uki_suite = {
	.name = "kexec_uki",
	.test_cases = uki_cases,
};

kunit_test_suite(uki_suite);

MODULE_DESCRIPTION("KUnit tests of the initrd in a unified kernel image");
MODULE_LICENSE("GPL");
