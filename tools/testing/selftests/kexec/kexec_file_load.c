// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_file_load(2): a kernel and an initrd can be loaded and unloaded again,
 * what is wrong with them is told by the errno that user space relies on, and a
 * refused load takes nothing away from what was loaded before.
 *
 * Each row is a load that is good but for one change.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kexec_table.h"

#define NO_SUCH_FD	1000000

struct call {
	int kernel, initrd;
	unsigned long cmdline_len, flags;
	const char *cmdline;
};

static const char initrd[3 * 4096 + 1] = "This is an initrd.";

static long call_with(change_fn change, change_fn another, enum kind kind)
{
	struct call call = {
		.kernel = good_kernel(),
		.initrd = make_file(initrd, sizeof(initrd)),
		.cmdline = "quiet",
		.cmdline_len = sizeof("quiet"),
		.flags = kind == CRASH ? KEXEC_FILE_ON_CRASH : 0,
	};

	if (change)
		change(&call);
	if (another)
		another(&call);
	return kexec_file_load(call.kernel, call.initrd, call.cmdline_len, call.cmdline,
			       call.flags);
}

static long load_with_flag(enum kind kind, unsigned long flag)
{
	return kexec_file_load(good_kernel(), -1, 1, "", KEXEC_FILE_NO_INITRAMFS | flag |
			       (kind == CRASH ? KEXEC_FILE_ON_CRASH : 0));
}

static const char *begin_calls(struct session *session, enum kind kind)
{
	return begin_with_files(session, kind);
}

static long load_before(enum kind kind)
{
	return load_some_file(kind);
}

static long unload_after(enum kind kind)
{
	return kexec_file_unload(kind);
}

/* ---- changes that do no harm ---- */

static void unchanged(struct call *call)
{
}

static void no_initrd(struct call *call)
{
	call->flags |= KEXEC_FILE_NO_INITRAMFS;
	call->initrd = NO_SUCH_FD;
}

static void no_cmdline(struct call *call)
{
	call->cmdline_len = 0;
	call->cmdline = missing_page();
}

static void empty_cmdline(struct call *call)
{
	call->cmdline_len = 1;
	call->cmdline = "";
}

static void cmdline_up_to_a_hole(struct call *call)
{
	call->cmdline = memcpy(buffer_before_hole(call->cmdline_len), call->cmdline,
			       call->cmdline_len);
}

static void longest_cmdline(struct call *call)
{
	call->cmdline_len = 1024;
	call->cmdline = memset(calloc(1, 1024), 'x', 1023);
}

static void offset_at_the_end(struct call *call)
{
	lseek(call->kernel, 0, SEEK_END);
	lseek(call->initrd, 100, SEEK_SET);
}

static void initrd_of_one_byte(struct call *call)
{
	call->initrd = make_file("x", 1);
}

static void another_image(struct call *call)
{
	initrd_of_one_byte(call);
}

static void initrd_of_whole_pages(struct call *call)
{
	call->initrd = make_file(initrd, 3 * 4096);
}

/* ---- descriptors that are wrong ---- */

static void no_kernel(struct call *call)
{
	call->kernel = -1;
}

static void closed_kernel(struct call *call)
{
	close(call->kernel);
}

static void write_only_kernel(struct call *call)
{
	call->kernel = open_again(memfd_create("writer", 0), O_WRONLY);
}

static void kernel_without_contents(struct call *call)
{
	call->kernel = open_again(call->kernel, O_PATH);
}

static void directory(struct call *call)
{
	call->kernel = open("/", O_RDONLY);
}

static void proc_file(struct call *call)
{
	call->kernel = open("/proc/version", O_RDONLY);
}

static void pipe_end(struct call *call)
{
	int ends[2];

	call->kernel = pipe(ends) ? -1 : ends[0];
}

static void device(struct call *call)
{
	call->kernel = open("/dev/zero", O_RDONLY);
}

static void closed_initrd(struct call *call)
{
	close(call->initrd);
}

static void no_initrd_after_all(struct call *call)
{
	call->initrd = -1;
}

static void write_only_initrd(struct call *call)
{
	call->initrd = open_again(memfd_create("writer", 0), O_WRONLY);
}

static void initrd_directory(struct call *call)
{
	call->initrd = open("/", O_RDONLY);
}

static void empty_initrd(struct call *call)
{
	call->initrd = make_file("", 0);
}

/* ---- files that somebody writes ---- */

static void kernel_being_written(struct call *call)
{
	open_again(call->kernel, O_RDWR);
}

static void initrd_being_written(struct call *call)
{
	open_again(call->initrd, O_WRONLY);
}

/* ---- kernels that are none ---- */

static void empty_kernel(struct call *call)
{
	call->kernel = make_file("", 0);
}

static void text(struct call *call)
{
	call->kernel = make_file("This is not a kernel.\n", 22);
}

static void zeros(struct call *call)
{
	static const char page[4096];

	call->kernel = make_file(page, sizeof(page));
}

/* A page with these bytes at that place, and zeros. */
#define OTHER_FILE(name, at, bytes)				\
static void name(struct call *call)				\
{								\
	char page[4096] = "";					\
								\
	memcpy(page + (at), bytes, sizeof(bytes) - 1);		\
	call->kernel = make_file(page, sizeof(page));		\
}

OTHER_FILE(script, 0, "#!/bin/sh\n")
OTHER_FILE(elf_file, 0, "\x7f" "ELF\x02\x01\x01")
OTHER_FILE(pe_file, 0, "MZ")
OTHER_FILE(initrd_as_kernel, 0, "070701")
OTHER_FILE(gzip_of_nothing, 0, "\x1f\x8b\x08")
OTHER_FILE(device_tree, 0, "\xd0\x0d\xfe\xed")

#define DAMAGED_KERNEL(name, damage)				\
static void name(struct call *call)				\
{								\
	struct kernel_header header = good_header();		\
								\
	damage;							\
	call->kernel = make_kernel(&header);			\
}

DAMAGED_KERNEL(no_magic, header.magic++)
DAMAGED_KERNEL(nothing_but_setup, header.setup_sects = 255)
DAMAGED_KERNEL(grows_too_little, header.init_size = 4096)
DAMAGED_KERNEL(larger_than_memory, header.init_size = 0xfffff000)

/* What a bzImage says of itself, and others do not. */
#ifdef __x86_64__
DAMAGED_KERNEL(no_boot_flag, header.boot_flag = 0)
DAMAGED_KERNEL(old_protocol, header.version = 0x020b)
DAMAGED_KERNEL(loaded_low, header.loadflags = 0)
DAMAGED_KERNEL(not_64_bit, header.xloadflags &= ~1)
DAMAGED_KERNEL(below_4g_only, header.xloadflags &= ~2)
DAMAGED_KERNEL(one_sector, header.file_size = 512)
DAMAGED_KERNEL(cut_short, header.file_size -= 16)
DAMAGED_KERNEL(no_room_for_cmdline, header.cmdline_size = 3)
#endif

/* ---- command lines that are wrong ---- */

static void cmdline_faults(struct call *call)
{
	call->cmdline = missing_page();
}

static void cmdline_ends_early(struct call *call)
{
	call->cmdline = buffer_before_hole(4);
}

static void cmdline_in_kernel(struct call *call)
{
	call->cmdline = (void *)-page_size();
}

static void cmdline_not_terminated(struct call *call)
{
	call->cmdline_len = strlen(call->cmdline);
}

/* ---- flags ---- */

static void unknown_flag(struct call *call)
{
	call->flags |= 0x4000;
}

static void unknown_high_flag(struct call *call)
{
	call->flags |= 1ul << (8 * sizeof(long) - 1);
}

/* ---- what is accepted ---- */

FIXTURE_VARIANT_ADD(accepted, kernel_and_initrd) { unchanged };
FIXTURE_VARIANT_ADD(accepted, no_initrd) { no_initrd };
FIXTURE_VARIANT_ADD(accepted, no_cmdline) { no_cmdline };
FIXTURE_VARIANT_ADD(accepted, empty_cmdline) { empty_cmdline };
FIXTURE_VARIANT_ADD(accepted, cmdline_up_to_a_hole) { cmdline_up_to_a_hole };
FIXTURE_VARIANT_ADD(accepted, longest_cmdline) { longest_cmdline };
FIXTURE_VARIANT_ADD(accepted, offset_at_the_end) { offset_at_the_end };
FIXTURE_VARIANT_ADD(accepted, initrd_of_one_byte) { initrd_of_one_byte };
FIXTURE_VARIANT_ADD(accepted, initrd_of_whole_pages) { initrd_of_whole_pages };

/* ---- what is refused ---- */

/* Rows called call_... are refused before anybody looks at a file. */
FIXTURE_VARIANT_ADD(refused, call_unknown_flag) { unknown_flag, EINVAL };
FIXTURE_VARIANT_ADD(refused, call_unknown_high_flag) { unknown_high_flag, EINVAL };

FIXTURE_VARIANT_ADD(refused, image_no_kernel) { no_kernel, EBADF };
FIXTURE_VARIANT_ADD(refused, image_closed_kernel) { closed_kernel, EBADF };
FIXTURE_VARIANT_ADD(refused, image_write_only_kernel) { write_only_kernel, EBADF };
FIXTURE_VARIANT_ADD(refused, image_kernel_opened_as_a_path) { kernel_without_contents, EBADF };
FIXTURE_VARIANT_ADD(refused, image_directory) { directory, EINVAL };
FIXTURE_VARIANT_ADD(refused, image_proc_file) { proc_file, EINVAL };
FIXTURE_VARIANT_ADD(refused, image_pipe) { pipe_end, EINVAL };
FIXTURE_VARIANT_ADD(refused, image_device) { device, EINVAL };
FIXTURE_VARIANT_ADD(refused, image_kernel_being_written) { kernel_being_written, ETXTBSY };
FIXTURE_VARIANT_ADD(refused, image_empty_kernel) { empty_kernel, EINVAL };
FIXTURE_VARIANT_ADD(refused, image_text) { text, ENOEXEC };
FIXTURE_VARIANT_ADD(refused, image_zeros) { zeros, ENOEXEC };
FIXTURE_VARIANT_ADD(refused, image_script) { script, ENOEXEC };
FIXTURE_VARIANT_ADD(refused, image_elf_file) { elf_file, ENOEXEC };
FIXTURE_VARIANT_ADD(refused, image_pe_file) { pe_file, ENOEXEC };
FIXTURE_VARIANT_ADD(refused, image_initrd_as_kernel) { initrd_as_kernel, ENOEXEC };
FIXTURE_VARIANT_ADD(refused, image_gzip_of_nothing) { gzip_of_nothing, ENOEXEC };
FIXTURE_VARIANT_ADD(refused, image_device_tree) { device_tree, ENOEXEC };
FIXTURE_VARIANT_ADD(refused, image_no_magic) { no_magic, ENOEXEC };
#ifdef __x86_64__
FIXTURE_VARIANT_ADD(refused, image_no_boot_flag) { no_boot_flag, ENOEXEC };
FIXTURE_VARIANT_ADD(refused, image_old_protocol) { old_protocol, ENOEXEC };
FIXTURE_VARIANT_ADD(refused, image_loaded_low) { loaded_low, ENOEXEC };
FIXTURE_VARIANT_ADD(refused, image_not_64_bit) { not_64_bit, ENOEXEC };
FIXTURE_VARIANT_ADD(refused, image_below_4g_only) { below_4g_only, ENOEXEC };
FIXTURE_VARIANT_ADD(refused, image_one_sector) { one_sector, ENOEXEC };
FIXTURE_VARIANT_ADD(refused, image_cut_short) { cut_short, ENOEXEC };
FIXTURE_VARIANT_ADD(refused, image_nothing_but_setup) { nothing_but_setup, ENOEXEC };
FIXTURE_VARIANT_ADD(refused, image_no_room_for_cmdline) { no_room_for_cmdline, EINVAL };
#endif
FIXTURE_VARIANT_ADD(refused, image_grows_too_little) { grows_too_little, EINVAL };
FIXTURE_VARIANT_ADD(refused, image_closed_initrd) { closed_initrd, EBADF };
FIXTURE_VARIANT_ADD(refused, image_no_initrd_after_all) { no_initrd_after_all, EBADF };
FIXTURE_VARIANT_ADD(refused, image_write_only_initrd) { write_only_initrd, EBADF };
FIXTURE_VARIANT_ADD(refused, image_initrd_directory) { initrd_directory, EINVAL };
FIXTURE_VARIANT_ADD(refused, image_empty_initrd) { empty_initrd, EINVAL };
FIXTURE_VARIANT_ADD(refused, image_initrd_being_written) { initrd_being_written, ETXTBSY };
FIXTURE_VARIANT_ADD(refused, image_cmdline_faults) { cmdline_faults, EFAULT };
FIXTURE_VARIANT_ADD(refused, image_cmdline_ends_early) { cmdline_ends_early, EFAULT };
FIXTURE_VARIANT_ADD(refused, image_cmdline_in_kernel) { cmdline_in_kernel, EFAULT };
FIXTURE_VARIANT_ADD(refused, image_cmdline_not_terminated) { cmdline_not_terminated, EINVAL };

/* ---- of two things that are wrong, which one is told ---- */

FIXTURE_VARIANT_ADD(priority, flag_before_kernel) { no_kernel, unknown_flag, EINVAL };
FIXTURE_VARIANT_ADD(priority, kernel_before_initrd) { closed_initrd, text, ENOEXEC };
FIXTURE_VARIANT_ADD(priority, kernel_before_cmdline) { cmdline_faults, text, ENOEXEC };
FIXTURE_VARIANT_ADD(priority, initrd_before_cmdline) { cmdline_faults, closed_initrd, EBADF };
FIXTURE_VARIANT_ADD(priority, cmdline_before_layout) {
	nothing_but_setup, cmdline_not_terminated, EINVAL
};

/* ---- flags that came with some release ---- */

FIXTURE_VARIANT_ADD(flag, debug) { KEXEC_FILE_DEBUG, 6, 8 };
FIXTURE_VARIANT_ADD(flag, no_cma) { KEXEC_FILE_NO_CMA, 6, 18 };
FIXTURE_VARIANT_ADD(flag, force_dtb) { KEXEC_FILE_FORCE_DTB, 6, 18 };

/* ---- coming and going ---- */

TEST_F(life, unload_looks_at_nothing_else)
{
	ASSERT_EQ(0, load_some_file(REBOOT));
	EXPECT_EQ(0, kexec_file_load(NO_SUCH_FD, NO_SUCH_FD, 16, missing_page(),
				     KEXEC_FILE_UNLOAD));
	EXPECT_FALSE(is_loaded(REBOOT));
}

TEST_F(life, unload_with_unknown_flag)
{
	ASSERT_EQ(0, load_some_file(REBOOT));
	EXPECT_EQ(-EINVAL, kexec_file_load(-1, -1, 0, NULL, KEXEC_FILE_UNLOAD | 0x4000));
	EXPECT_TRUE(is_loaded(REBOOT));
}

/* Either call may replace and unload what the other has loaded. */
TEST_F(life, images_of_both_calls_are_alike)
{
	const char *why = begin(&self->session, REBOOT);

	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, load_some_file(REBOOT));
	EXPECT_EQ(0, load_something(REBOOT));
	EXPECT_EQ(0, load_some_file(REBOOT));
	EXPECT_TRUE(is_loaded(REBOOT));
	EXPECT_EQ(0, kexec_unload(REBOOT));
	EXPECT_FALSE(is_loaded(REBOOT));
}

/* Nobody can write to a file that is being loaded, and afterwards everybody can. */
TEST_F(life, files_are_let_go)
{
	int kernel = good_kernel();

	ASSERT_EQ(0, kexec_file_load(kernel, -1, 1, "", KEXEC_FILE_NO_INITRAMFS));
	EXPECT_LE(0, open_again(kernel, O_WRONLY));
}

/* A file counts as it is, whoever has written it before. */
TEST_F(life, files_that_were_written_are_taken)
{
	int kernel = good_kernel(), initrd_fd = make_file(initrd, sizeof(initrd));
	int writers[] = { open_again(kernel, O_WRONLY), open_again(initrd_fd, O_WRONLY) };

	EXPECT_EQ(-ETXTBSY, kexec_file_load(kernel, initrd_fd, 1, "", 0));
	close(writers[0]);
	EXPECT_EQ(-ETXTBSY, kexec_file_load(kernel, initrd_fd, 1, "", 0));
	close(writers[1]);
	EXPECT_EQ(0, kexec_file_load(kernel, initrd_fd, 1, "", 0));
	EXPECT_TRUE(is_loaded(REBOOT));
}

TEST_F(life, offset_of_files_stays)
{
	int kernel = good_kernel();

	ASSERT_EQ(100, lseek(kernel, 100, SEEK_SET));
	ASSERT_EQ(0, kexec_file_load(kernel, -1, 1, "", KEXEC_FILE_NO_INITRAMFS));
	EXPECT_EQ(100, lseek(kernel, 0, SEEK_CUR));
}

TEST_F(life, kernel_larger_than_memory)
{
	if (memory_size() > 3ull << 30)
		SKIP(return, "the machine has more than 3 GiB of memory");
	ASSERT_EQ(0, load_some_file(REBOOT));
	EXPECT_EQ(-EADDRNOTAVAIL, call_with(larger_than_memory, NULL, REBOOT));
	EXPECT_TRUE(is_loaded(REBOOT));
}

TEST_F(life, crash_kernel_larger_than_region)
{
	const char *why = begin_with_files(&self->session, CRASH);

	if (!why && crash_region().end - crash_region().start > 3ull << 30)
		why = "the region is larger than any kernel";
	if (why)
		SKIP(return, "%s", why);
	EXPECT_EQ(-EADDRNOTAVAIL, call_with(larger_than_memory, NULL, CRASH));
	EXPECT_FALSE(is_loaded(CRASH));
}

TEST_F(life, crash_kernel_larger_than_region_keeps_the_old_one)
{
	const char *why = begin_with_files(&self->session, CRASH);

	if (!why && crash_region().end - crash_region().start > 3ull << 30)
		why = "the region is larger than any kernel";
	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, load_some_file(CRASH));
	EXPECT_EQ(-EADDRNOTAVAIL, call_with(larger_than_memory, NULL, CRASH));
	EXPECT_TRUE(is_loaded(CRASH));
}

TEST_HARNESS_MAIN
