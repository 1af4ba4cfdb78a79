// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_load(2): what it accepts can be loaded and unloaded again, what it
 * refuses it refuses with the errno that user space relies on, and a refused
 * load takes nothing away from what was loaded before.
 *
 * Each row is a load that is good but for one change.
 */
#include <errno.h>
#include <string.h>

#include "kexec_table.h"

#define MANY		(KEXEC_SEGMENT_MAX + 1)
#define ROOM		(4 * MANY * page_size())

#if defined(__x86_64__)
#define NATIVE_ARCH	KEXEC_ARCH_X86_64
#elif defined(__i386__)
#define NATIVE_ARCH	KEXEC_ARCH_386
#elif defined(__aarch64__)
#define NATIVE_ARCH	KEXEC_ARCH_AARCH64
#elif defined(__arm__)
#define NATIVE_ARCH	KEXEC_ARCH_ARM
#elif defined(__powerpc64__)
#define NATIVE_ARCH	KEXEC_ARCH_PPC64
#elif defined(__powerpc__)
#define NATIVE_ARCH	KEXEC_ARCH_PPC
#elif defined(__s390__)
#define NATIVE_ARCH	KEXEC_ARCH_S390
#elif defined(__riscv)
#define NATIVE_ARCH	KEXEC_ARCH_RISCV
#elif defined(__loongarch__)
#define NATIVE_ARCH	KEXEC_ARCH_LOONGARCH
#elif defined(__mips__)
#define NATIVE_ARCH	KEXEC_ARCH_MIPS
#elif defined(__hppa__)
#define NATIVE_ARCH	KEXEC_ARCH_PARISC
#elif defined(__m68k__)
#define NATIVE_ARCH	KEXEC_ARCH_68K
#elif defined(__sh__)
#define NATIVE_ARCH	KEXEC_ARCH_SH
#else /* there is no kexec */
#define NATIVE_ARCH	KEXEC_ARCH_DEFAULT
#endif

/* One that kernels do load for, but not this one. */
#ifdef __aarch64__
#define OTHER_ARCH	KEXEC_ARCH_X86_64
#else
#define OTHER_ARCH	KEXEC_ARCH_AARCH64
#endif

/* No kernel loads for that one any more. */
#define FOREIGN_ARCH	KEXEC_ARCH_IA_64

struct call {
	enum kind kind;
	unsigned long entry, nr, flags;
	const struct kexec_segment *list;
	struct kexec_segment segment[MANY];
};

/* Room for all of the segments, of which it uses one. */
static bool good_call(struct call *call, enum kind kind)
{
	unsigned long mem = destination(kind, ROOM);
	int i;

	*call = (struct call){
		.kind = kind, .entry = mem, .nr = 1, .list = call->segment,
		.flags = kind == CRASH ? KEXEC_ON_CRASH : 0,
	};
	for (i = 0; i < MANY; i++)
		call->segment[i] = reset_segment(mem + 2 * i * page_size(), page_size());
	return mem;
}

static long make_call(const struct call *call)
{
	return kexec_load(call->entry, call->nr, call->list, call->flags);
}

static long call_with(change_fn change, change_fn another, enum kind kind)
{
	struct call call;

	if (!good_call(&call, kind))
		return -ENOMEM;
	if (change)
		change(&call);
	if (another)
		another(&call);
	return make_call(&call);
}

static long load_with_flag(enum kind kind, unsigned long flag)
{
	struct call call;

	if (!good_call(&call, kind))
		return -ENOMEM;
	call.flags |= flag;
	return make_call(&call);
}

static const char *begin_calls(struct session *session, enum kind kind)
{
	return begin(session, kind);
}

static long load_before(enum kind kind)
{
	return load_something(kind);
}

static long unload_after(enum kind kind)
{
	return kexec_unload(kind);
}

static void move(struct kexec_segment *segment, long bytes)
{
	segment->mem += bytes;
}

/* One more segment where nothing is loaded without a device tree: a change has left none. */
static void with_device_tree(struct call *call)
{
#ifdef __riscv
	call->segment[call->nr++] = call->segment[MANY - 1];
#endif
}

/* ---- changes that do no harm ---- */

static void unchanged(struct call *call)
{
}

static void names_arch(struct call *call)
{
	call->flags |= NATIVE_ARCH;
}

static void all_segments(struct call *call)
{
	call->nr = KEXEC_SEGMENT_MAX;
}

static void another_image(struct call *call)
{
	all_segments(call);
}

static void from_top_to_bottom(struct call *call)
{
	struct kexec_segment first = call->segment[0];

	call->nr = 2;
	call->segment[0] = call->segment[1];
	call->segment[1] = first;
}

static void adjacent(struct call *call)
{
	call->nr = 2;
	move(&call->segment[1], -(long)page_size());
}

static void one_is_empty(struct call *call)
{
	call->nr = 2;
	call->segment[1].bufsz = 0;
	call->segment[1].memsz = 0;
}

static void all_are_empty(struct call *call)
{
	one_is_empty(call);
	call->segment[0] = call->segment[1];
	move(&call->segment[0], page_size());
	with_device_tree(call);
}

static void nothing_but_zeros(struct call *call)
{
	call->segment[0].buf = NULL;
	call->segment[0].bufsz = 0;
	call->segment[0].memsz = 8 * page_size();
	with_device_tree(call);
}

static void odd_size(struct call *call)
{
	call->segment[0].buf = buffer_before_hole(page_size() + 1);
	call->segment[0].bufsz = page_size() + 1;
	call->segment[0].memsz = 2 * page_size();
	with_device_tree(call);
}

static void entry_elsewhere(struct call *call)
{
	call->entry += ROOM;
}

static void at_address_zero(struct call *call)
{
	call->segment[0].mem = NULL;
}

/* ---- changes that make it wrong ---- */

static void unknown_flag(struct call *call)
{
	call->flags |= 0x4000;
}

static void foreign_arch(struct call *call)
{
	call->flags |= FOREIGN_ARCH;
}

static void another_arch(struct call *call)
{
	call->flags |= OTHER_ARCH;
}

static void too_many(struct call *call)
{
	call->nr = MANY;
}

static void far_too_many(struct call *call)
{
	call->nr = -1ul;
}

static void list_faults(struct call *call)
{
	call->list = missing_page();
}

static void list_ends_early(struct call *call)
{
	struct kexec_segment *last = (void *)buffer_before_hole(sizeof(*last));

	*last = call->segment[0];
	call->list = last;
	call->nr = 2;
}

static void list_in_kernel(struct call *call)
{
	call->list = (void *)-page_size();
}

static void unaligned_destination(struct call *call)
{
	move(&call->segment[0], 512);
}

static void second_unaligned(struct call *call)
{
	call->nr = 2;
	move(&call->segment[1], 512);
}

static void unaligned_size(struct call *call)
{
	call->segment[0].memsz += 512;
}

static void wraps(struct call *call)
{
	call->segment[0].mem = (void *)-page_size();
	call->segment[0].memsz = 2 * page_size();
}

static void ends_at_the_top(struct call *call)
{
	call->segment[0].mem = (void *)-page_size();
}

#ifdef __x86_64__
static void beyond_the_limit(struct call *call)
{
	call->segment[0].mem = (void *)(1ul << (sizeof(long) * 8 - 2));
}

/* Physical addresses have 52 bits. */
static void beyond_all_memory(struct call *call)
{
	call->segment[0].mem = (void *)(1ul << 53);
}
#endif

static void more_contents_than_memory(struct call *call)
{
	call->segment[0].buf = buffer_before_hole(2 * page_size());
	call->segment[0].bufsz = page_size() + 1;
}

static void overlaps(struct call *call)
{
	call->nr = 2;
	call->segment[0].memsz = 3 * page_size();
}

static void overlaps_backwards(struct call *call)
{
	overlaps(call);
	call->segment[2] = call->segment[0];
	call->segment[0] = call->segment[1];
	call->segment[1] = call->segment[2];
}

static void same_twice(struct call *call)
{
	call->nr = 2;
	call->segment[1] = call->segment[0];
}

static size_t half_of_memory(void)
{
	return memory_size() / page_size() / 2 * page_size();
}

static void more_than_half(struct call *call)
{
	call->segment[0].memsz = half_of_memory() + page_size();
}

static void more_than_half_together(struct call *call)
{
	call->nr = 2;
	call->segment[0].memsz = half_of_memory();
	call->segment[1].mem = call->segment[0].mem + call->segment[0].memsz;
}

static void buffer_faults(struct call *call)
{
	call->segment[0].buf = missing_page();
	call->segment[0].bufsz = page_size();
	with_device_tree(call);
}

static void last_buffer_faults(struct call *call)
{
	call->nr = KEXEC_SEGMENT_MAX;
	call->segment[KEXEC_SEGMENT_MAX - 1].buf = missing_page();
}

static void last_page_faults(struct call *call)
{
	call->segment[0].buf = buffer_before_hole(15 * page_size());
	call->segment[0].memsz = 16 * page_size();
	call->segment[0].bufsz = 15 * page_size() + 1;
	with_device_tree(call);
}

static void buffer_in_kernel(struct call *call)
{
	call->segment[0].buf = (void *)-page_size();
	with_device_tree(call);
}

/* For crash images only: */

static void entry_below_region(struct call *call)
{
	call->entry = crash_region().start - 1;
}

static void entry_above_region(struct call *call)
{
	call->entry = crash_region().end;
}

static void below_region(struct call *call)
{
	call->segment[0].mem = (void *)(unsigned long)crash_region().start - page_size();
}

static void above_region(struct call *call)
{
	call->segment[0].mem = (void *)(unsigned long)crash_region().end;
}

static void reaches_out_of_region(struct call *call)
{
	call->segment[0].mem = (void *)(unsigned long)crash_region().end - page_size();
	call->segment[0].memsz = 2 * page_size();
}

static void preserves_context(struct call *call)
{
	call->flags |= KEXEC_PRESERVE_CONTEXT;
}

static void empty_inside_another(struct call *call)
{
	one_is_empty(call);
	call->segment[0].memsz = 4 * page_size();
}

/* ---- what is accepted ---- */

FIXTURE_VARIANT_ADD(accepted, one_segment) { unchanged };
FIXTURE_VARIANT_ADD(accepted, names_arch) { names_arch };
FIXTURE_VARIANT_ADD(accepted, sixteen_segments) { all_segments };
FIXTURE_VARIANT_ADD(accepted, from_top_to_bottom) { from_top_to_bottom };
FIXTURE_VARIANT_ADD(accepted, adjacent) { adjacent };
FIXTURE_VARIANT_ADD(accepted, one_is_empty) { one_is_empty };
FIXTURE_VARIANT_ADD(accepted, all_are_empty) { all_are_empty };
FIXTURE_VARIANT_ADD(accepted, nothing_but_zeros) { nothing_but_zeros };
FIXTURE_VARIANT_ADD(accepted, odd_size_up_to_a_hole) { odd_size };
FIXTURE_VARIANT_ADD(accepted, entry_elsewhere) { entry_elsewhere };

/* ---- what is refused ---- */

/* Rows called call_... are refused before anybody looks at an image. */
FIXTURE_VARIANT_ADD(refused, call_unknown_flag) { unknown_flag, EINVAL };
FIXTURE_VARIANT_ADD(refused, call_foreign_arch) { foreign_arch, EINVAL };
FIXTURE_VARIANT_ADD(refused, call_another_arch) { another_arch, EINVAL };
FIXTURE_VARIANT_ADD(refused, call_too_many) { too_many, EINVAL };
FIXTURE_VARIANT_ADD(refused, call_far_too_many) { far_too_many, EINVAL };
FIXTURE_VARIANT_ADD(refused, call_list_faults) { list_faults, EFAULT };
FIXTURE_VARIANT_ADD(refused, call_list_ends_early) { list_ends_early, EFAULT };
FIXTURE_VARIANT_ADD(refused, call_list_in_kernel) { list_in_kernel, EFAULT };

FIXTURE_VARIANT_ADD(refused, image_unaligned_destination) { unaligned_destination, EADDRNOTAVAIL };
FIXTURE_VARIANT_ADD(refused, image_second_unaligned) { second_unaligned, EADDRNOTAVAIL };
FIXTURE_VARIANT_ADD(refused, image_unaligned_size) { unaligned_size, EADDRNOTAVAIL };
FIXTURE_VARIANT_ADD(refused, image_wraps) { wraps, EADDRNOTAVAIL };
FIXTURE_VARIANT_ADD(refused, image_ends_at_the_top) { ends_at_the_top, EADDRNOTAVAIL };
#ifdef __x86_64__
FIXTURE_VARIANT_ADD(refused, image_beyond_the_limit) { beyond_the_limit, EADDRNOTAVAIL };
FIXTURE_VARIANT_ADD(refused, image_beyond_all_memory) { beyond_all_memory, EADDRNOTAVAIL };
#endif
FIXTURE_VARIANT_ADD(refused, image_more_contents_than_memory) { more_contents_than_memory, EINVAL };
FIXTURE_VARIANT_ADD(refused, image_overlaps) { overlaps, EINVAL };
FIXTURE_VARIANT_ADD(refused, image_overlaps_backwards) { overlaps_backwards, EINVAL };
FIXTURE_VARIANT_ADD(refused, image_same_twice) { same_twice, EINVAL };
FIXTURE_VARIANT_ADD(refused, image_empty_inside_another) { empty_inside_another, EINVAL };
#if __SIZEOF_LONG__ == 8
FIXTURE_VARIANT_ADD(refused, image_more_than_half) { more_than_half, EINVAL };
FIXTURE_VARIANT_ADD(refused, image_more_than_half_together) { more_than_half_together, EINVAL };
#endif
FIXTURE_VARIANT_ADD(refused, image_buffer_faults) { buffer_faults, EFAULT };
FIXTURE_VARIANT_ADD(refused, image_last_buffer_faults) { last_buffer_faults, EFAULT };
FIXTURE_VARIANT_ADD(refused, image_last_page_faults) { last_page_faults, EFAULT };
FIXTURE_VARIANT_ADD(refused, image_buffer_in_kernel) { buffer_in_kernel, EFAULT };

/* ---- what is refused for a crash image only ---- */

FIXTURE(crash_refused)
{
	struct session session;
};

FIXTURE_VARIANT(crash_refused)
{
	change_fn change;
	int error;
};

FIXTURE_SETUP(crash_refused)
{
}

FIXTURE_TEARDOWN_PARENT(crash_refused)
{
	end(&self->session);
}

FIXTURE_VARIANT_ADD(crash_refused, entry_below_region) { entry_below_region, EADDRNOTAVAIL };
FIXTURE_VARIANT_ADD(crash_refused, entry_above_region) { entry_above_region, EADDRNOTAVAIL };
FIXTURE_VARIANT_ADD(crash_refused, below_region) { below_region, EADDRNOTAVAIL };
FIXTURE_VARIANT_ADD(crash_refused, above_region) { above_region, EADDRNOTAVAIL };
FIXTURE_VARIANT_ADD(crash_refused, reaches_out_of_region) { reaches_out_of_region, EADDRNOTAVAIL };
/* A crash image never comes back, so it has no context to preserve. */
FIXTURE_VARIANT_ADD(crash_refused, preserves_context) { preserves_context, EINVAL };

TEST_F(crash_refused, says_why)
{
	if (!begins(_metadata, &self->session, CRASH))
		return;
	says_why(_metadata, call_with(variant->change, NULL, CRASH), variant->error, CRASH);
}

TEST_F(crash_refused, keeps_crash_image)
{
	if (!begins(_metadata, &self->session, CRASH))
		return;
	refused_and_kept(_metadata, variant->change, variant->error, CRASH);
}

/* ---- of two things that are wrong, which one is told ---- */

FIXTURE_VARIANT_ADD(priority, flag_before_list) { unknown_flag, list_faults, EINVAL };
FIXTURE_VARIANT_ADD(priority, number_before_list) { too_many, list_faults, EINVAL };
FIXTURE_VARIANT_ADD(priority, arch_before_list) { foreign_arch, list_faults, EINVAL };
FIXTURE_VARIANT_ADD(priority, list_before_alignment) { unaligned_size, list_faults, EFAULT };
FIXTURE_VARIANT_ADD(priority, alignment_before_overlap) { overlaps, unaligned_size, EADDRNOTAVAIL };
FIXTURE_VARIANT_ADD(priority, alignment_before_contents) {
	more_contents_than_memory, second_unaligned, EADDRNOTAVAIL
};

FIXTURE_VARIANT_ADD(priority, alignment_before_buffer) {
	buffer_faults, second_unaligned, EADDRNOTAVAIL
};

FIXTURE_VARIANT_ADD(priority, overlap_before_buffer) { overlaps, buffer_faults, EINVAL };
FIXTURE_VARIANT_ADD(priority, entry_before_overlap) {
	overlaps, entry_above_region, EADDRNOTAVAIL, CRASH
};

FIXTURE_VARIANT_ADD(priority, list_before_entry) {
	list_faults, entry_above_region, EFAULT, CRASH
};

FIXTURE_VARIANT_ADD(priority, contents_before_region) {
	more_contents_than_memory, above_region, EINVAL, CRASH
};

FIXTURE_VARIANT_ADD(priority, region_before_buffer) {
	buffer_faults, above_region, EADDRNOTAVAIL, CRASH
};

/* ---- flags that came with some release ---- */

FIXTURE_VARIANT_ADD(flag, update_elfcorehdr) { KEXEC_UPDATE_ELFCOREHDR, 6, 6 };
FIXTURE_VARIANT_ADD(flag, crash_hotplug_support) { KEXEC_CRASH_HOTPLUG_SUPPORT, 6, 10 };

/* ---- coming and going ---- */

TEST_F(life, preserve_context_takes_kexec_jump)
{
	char jump = kernel_option("KEXEC_JUMP");

	if (!jump)
		SKIP(return, "the kernel's configuration is not to be had");
	EXPECT_EQ(jump == 'y' ? 0 : -EINVAL, load_with_flag(REBOOT, KEXEC_PRESERVE_CONTEXT));
	EXPECT_EQ(jump == 'y', is_loaded(REBOOT));
}

TEST_F(life, page_zero_is_a_destination)
{
	EXPECT_EQ(AT_ADDRESS_ZERO, call_with(nothing_but_zeros, at_address_zero, REBOOT));
	EXPECT_EQ(!AT_ADDRESS_ZERO, is_loaded(REBOOT));
}

/* With no segments there is no list to read, and the entry point means nothing. */
TEST_F(life, unload_reads_no_list)
{
	ASSERT_EQ(0, load_something(REBOOT));
	EXPECT_EQ(0, kexec_load(-1ul, 0, missing_page(), 0));
	EXPECT_FALSE(is_loaded(REBOOT));
}

TEST_F(life, unload_with_unknown_flag)
{
	ASSERT_EQ(0, load_something(REBOOT));
	EXPECT_EQ(-EINVAL, kexec_load(0, 0, NULL, 0x4000));
	EXPECT_TRUE(is_loaded(REBOOT));
}

/* A page of the crash region, the first so many being left free, and perhaps the rest. */
static long load_behind(unsigned long pages, bool and_the_rest)
{
	unsigned long mem = crash_region().start + pages * page_size();
	struct kexec_segment segment[] = {
		reset_segment(mem, page_size()),
		{
			.mem = (void *)(mem + page_size()),
			.memsz = crash_region().end - mem - page_size(),
		},
	};

	return kexec_load(mem, and_the_rest ? 2 : 1, segment, KEXEC_ON_CRASH);
}

/*
 * Where an image leaves just the pages free that are needed besides its segments, the
 * next one is loaded all the same.
 */
TEST_F(life, crash_load_takes_the_place_of_one_that_fills_the_region)
{
	const char *why = begin(&self->session, CRASH);
	unsigned long pages = 1;
	int i;

	if (why)
		SKIP(return, "%s", why);
	while (load_behind(pages, true) && pages < 256)
		pages++;
	ASSERT_TRUE(is_loaded(CRASH));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, load_behind(pages, false));
		EXPECT_TRUE(is_loaded(CRASH));
		EXPECT_EQ(0, kexec_unload(CRASH));
		EXPECT_EQ(0, load_behind(pages, true));
	}
}

/* Who gets the last word on an image does not depend on how it came. */
TEST_F(life, unload_by_the_other_call)
{
	long result;

	ASSERT_EQ(0, load_something(REBOOT));
	result = kexec_file_unload(REBOOT);
	if (no_such_call(result))
		SKIP(return, "the kernel has no kexec_file_load()");
	EXPECT_EQ(0, result);
	EXPECT_FALSE(is_loaded(REBOOT));
}

TEST_HARNESS_MAIN
