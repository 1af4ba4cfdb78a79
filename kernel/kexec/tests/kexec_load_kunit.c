// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of kexec_load(2)
 *
 * The system call is made as user space makes it, from memory that was mapped for it.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/compat.h>
#include <linux/kernel_read_file.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/security.h>
#include <linux/uaccess.h>

#include "kexec_kunit.h"

#define CRASH	KEXEC_ON_CRASH

/* Where nothing but an address is wanted; low, so that a 32-bit client knows it too. */
static unsigned long user_page(struct kunit *test, unsigned long where)
{
	unsigned long addr = kunit_vm_mmap(test, NULL, where, PAGE_SIZE, PROT_READ | PROT_WRITE,
					   MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED_NOREPLACE, 0);

	KUNIT_ASSERT_EQ(test, addr, where);
	return addr;
}

#define TABLE		SZ_256M
#define CONTENTS	(TABLE + SZ_1M)
#define MISSING		(TABLE + SZ_2M)

static const char contents[] = "These are contents.";

static void __user *write_table(const void *table, size_t size)
{
	return copy_to_user((void __user *)TABLE, table, size) ? NULL : (void __user *)TABLE;
}

static void disarm_all(void *unused)
{
	kexec_test_disarm(KEXEC_TYPE_DEFAULT);
	kexec_test_disarm(KEXEC_TYPE_CRASH);
}

static int map_and_need_peace(struct kunit *test)
{
	kexec_test_need_peace(test);
	user_page(test, TABLE);
	user_page(test, CONTENTS);
	if (copy_to_user((void __user *)CONTENTS, contents, sizeof(contents)))
		return -EFAULT;
	return kunit_add_action_or_reset(test, disarm_all, NULL);
}

static struct kexec_segment segment_at(unsigned long mem, size_t memsz)
{
	return (struct kexec_segment) {
		.buf = (void __user *)CONTENTS, .bufsz = min(memsz, sizeof(contents)),
		.mem = mem, .memsz = memsz,
	};
}

/* One segment, entered where it begins. */
static long load_one(unsigned long mem, unsigned long entry, unsigned long flags)
{
	struct kexec_segment segment = segment_at(mem, 2 * PAGE_SIZE);

	return kexec_test_load(entry, 1, write_table(&segment, sizeof(segment)), flags);
}

static unsigned long somewhere(unsigned long flags)
{
	return flags & CRASH ? kexec_region().start + SZ_64M : kexec_test_nowhere();
}

/* ---- what goes well ---- */

/* Segments, entry and flags are the image's. */
static void segments_become_an_image(struct kunit *test)
{
	struct kexec_segment segments[2];
	const struct kimage *image;

	segments[0] = segment_at(kexec_test_nowhere(), PAGE_SIZE);
	segments[1] = segment_at(kexec_test_nowhere() + SZ_1M, 3 * PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, 0, kexec_test_load(segments[1].mem + 8, 2,
						 write_table(segments, sizeof(segments)),
						 KEXEC_ARCH));
	image = kexec_image;
	KUNIT_ASSERT_NOT_NULL(test, image);
	KUNIT_EXPECT_EQ(test, image->start, segments[1].mem + 8);
	KUNIT_EXPECT_EQ(test, image->nr_segments, 2);
	KUNIT_EXPECT_MEMEQ(test, image->segment, segments, sizeof(segments));
	KUNIT_EXPECT_FALSE(test, kimage_is_crash(image));
	KUNIT_EXPECT_FALSE(test, image->preserve_context);
	KUNIT_EXPECT_FALSE(test, image->file_mode);
	KUNIT_EXPECT_NULL(test, kexec_crash_image);
}

#ifdef CONFIG_KEXEC_JUMP
/* An image that is to come back is known as one. */
static void an_image_that_comes_back(struct kunit *test)
{
	unsigned long mem = kexec_test_nowhere();

	KUNIT_ASSERT_EQ(test, load_one(mem, mem, KEXEC_PRESERVE_CONTEXT), 0);
	KUNIT_ASSERT_NOT_NULL(test, kexec_image);
	KUNIT_EXPECT_TRUE(test, kexec_image->preserve_context);
}
#endif

/* A crash image is armed as such, and says whether it can take hotplug. */
static void a_crash_image(struct kunit *test)
{
	unsigned long mem = somewhere(CRASH);

	kexec_test_need_region(test);
	KUNIT_ASSERT_EQ(test, load_one(mem, mem, CRASH), 0);
	KUNIT_EXPECT_NULL(test, kexec_image);
	KUNIT_ASSERT_NOT_NULL(test, kexec_crash_image);
	KUNIT_EXPECT_TRUE(test, kimage_is_crash(kexec_crash_image));
	KUNIT_EXPECT_FALSE(test, memcmp(boot_phys_to_virt(mem), contents, sizeof(contents)));
#ifdef CONFIG_CRASH_HOTPLUG
	KUNIT_EXPECT_FALSE(test, kexec_crash_image->hotplug_support);
	KUNIT_ASSERT_EQ(test, load_one(mem, mem, CRASH | KEXEC_CRASH_HOTPLUG_SUPPORT), 0);
	KUNIT_EXPECT_TRUE(test, kexec_crash_image->hotplug_support);
#endif
	KUNIT_EXPECT_EQ(test, load_one(mem, mem, CRASH | KEXEC_UPDATE_ELFCOREHDR), 0);
}

static struct kexec_range accepted[4];
static unsigned int nr_accepted;

static void note_accepted(phys_addr_t start, unsigned long size)
{
	if (nr_accepted < ARRAY_SIZE(accepted))
		accepted[nr_accepted++] = (struct kexec_range) { start, start + size };
}

/* Where memory has to be accepted before it is used, destinations are, to the last byte. */
static void destinations_are_accepted(struct kunit *test)
{
	struct kexec_segment segments[2];
	unsigned int i;

	segments[0] = segment_at(kexec_test_nowhere(), PAGE_SIZE);
	segments[1] = segment_at(kexec_test_nowhere() + SZ_1M, 3 * PAGE_SIZE);
	nr_accepted = 0;
	kunit_activate_static_stub(test, kexec_accept, note_accepted);
	KUNIT_ASSERT_EQ(test, 0, kexec_test_load(segments[0].mem, 2,
						 write_table(segments, sizeof(segments)), 0));
	KUNIT_ASSERT_EQ(test, nr_accepted, 2);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, accepted[i].start, segments[i].mem);
		KUNIT_EXPECT_EQ(test, accepted[i].end, segments[i].mem + segments[i].memsz);
	}
}

/* No segments are an unload, of the type that is named, also when nothing is loaded. */
static void no_segments_unload(struct kunit *test)
{
	unsigned long mem = somewhere(0), crash = somewhere(CRASH);

	kexec_test_need_region(test);
	KUNIT_ASSERT_EQ(test, load_one(mem, mem, 0), 0);
	KUNIT_ASSERT_EQ(test, load_one(crash, crash, CRASH), 0);
	KUNIT_EXPECT_EQ(test, kexec_test_load(0, 0, NULL, CRASH), 0);
	KUNIT_EXPECT_NULL(test, kexec_crash_image);
	KUNIT_EXPECT_NOT_NULL(test, kexec_image);
	KUNIT_EXPECT_EQ(test, kexec_test_load(0, 0, NULL, 0), 0);
	KUNIT_EXPECT_NULL(test, kexec_image);
	KUNIT_EXPECT_EQ(test, kexec_test_load(0, 0, NULL, 0), 0);
}

/* Nothing is left of a load, whether its image was armed or refused. */
static void nothing_is_left(struct kunit *test)
{
	unsigned long leaks = 1, flags, mem;
	void *site;
	int try;

	kexec_test_need_region(test);
	kexec_test_watch_leaks(test);
	for (try = 0; try < 8 && leaks; try++) {
		flags = try % 2 ? CRASH : 0;
		mem = somewhere(flags);
		kexec_test_begin_leaks();
		load_one(mem, mem, flags);
		load_one(mem, mem, flags);
		load_one(mem + 1, mem, flags);
		kexec_test_load(0, 0, NULL, flags);
		leaks = kexec_test_end_leaks(&site);
	}
	KUNIT_EXPECT_EQ_MSG(test, leaks, 0, "from %pS", site);
}

/* ---- what is refused ---- */

struct bad {
	const char *name;
	unsigned long nr, flags;
	unsigned long table;
	int err;
	const char *why;
};

static const struct bad bads[] = {
	{ "an unknown flag", 1, 0x4000, TABLE, -EINVAL, "kexec_load: flags 0x4000" },
	{ "an unknown flag, to unload", 0, 0x4000, 0, -EINVAL, "kexec_load: flags 0x4000" },
	{ "a crash image that comes back", 1, CRASH | KEXEC_PRESERVE_CONTEXT, TABLE, -EINVAL,
	  "kexec_load: flags 0x3" },
	{ "one segment too many", KEXEC_SEGMENT_MAX + 1, 0, TABLE, -EINVAL,
	  "kexec_load: 17 segments, at most 16 can be loaded" },
	{ "more segments than there can be", ULONG_MAX, 0, TABLE, -EINVAL, "at most 16" },
	{ "another architecture", 1, KEXEC_ARCH_68K, TABLE, -EINVAL,
	  "kexec_load: image for architecture 4, " },
	{ "segments that are not there", 1, 0, MISSING, -EFAULT,
	  ": it cannot be read" },
	{ "all that is wrong, flags first", KEXEC_SEGMENT_MAX + 1, KEXEC_ARCH_68K | 0x4000, MISSING,
	  -EINVAL, "kexec_load: flags " },
};

KUNIT_ARRAY_PARAM_DESC(bad, bads, name);

/* What is wrong with the call is said; what is loaded stays. */
static void bad_calls_are_refused(struct kunit *test)
{
	const struct bad *bad = test->param_value;
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	unsigned long mem = kexec_test_nowhere();
	struct kimage *loaded;

	KUNIT_ASSERT_EQ(test, load_one(mem, mem, 0), 0);
	loaded = kexec_image;
	KUNIT_EXPECT_EQ(test, bad->err, kexec_test_load(mem, bad->nr, (void __user *)bad->table,
							bad->flags));
	KUNIT_EXPECT_EQ(test, last->count, 1);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(last->why, bad->why), "%s", last->why);
	KUNIT_EXPECT_PTR_EQ(test, kexec_image, loaded);
}

static int prepare_says, vmcoreinfo_says;

static int prepare(struct kimage *image)
{
	return prepare_says;
}

static int copy_vmcoreinfo(struct kimage *image)
{
	return vmcoreinfo_says;
}

/* What the architecture cannot get ready for is refused with its word, and undone. */
static void the_architecture_may_refuse(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	unsigned long mem = kexec_test_nowhere();

	kexec_test_stand_in(test, "machine_kexec_prepare", prepare);
	kexec_test_stand_in(test, "kimage_crash_copy_vmcoreinfo", copy_vmcoreinfo);
	prepare_says = -EOPNOTSUPP;
	vmcoreinfo_says = 0;
	KUNIT_EXPECT_EQ(test, load_one(mem, mem, 0), -EOPNOTSUPP);
	prepare_says = 0;
	vmcoreinfo_says = -ENOMEM;
	KUNIT_EXPECT_EQ(test, load_one(mem, mem, 0), -ENOMEM);
	KUNIT_EXPECT_EQ(test, last->count, 2);
	KUNIT_EXPECT_NULL(test, kexec_image);
	vmcoreinfo_says = 0;
	KUNIT_EXPECT_EQ(test, load_one(mem, mem, 0), 0);
}

/* A load that fails half-way has written to nothing of the armed image's. */
static void the_armed_image_is_left_alone(struct kunit *test)
{
	unsigned long mem = somewhere(CRASH);
	struct kexec_segment segments[2];
	struct kimage *armed;

	kexec_test_need_region(test);
	KUNIT_ASSERT_EQ(test, load_one(mem, mem, CRASH), 0);
	armed = kexec_crash_image;
	segments[0] = segment_at(mem, PAGE_SIZE);
	segments[0].bufsz = 1;
	segments[1] = segment_at(mem + SZ_1M, PAGE_SIZE);
	segments[1].buf = (void __user *)MISSING;
	KUNIT_EXPECT_EQ(test, -EFAULT,
			kexec_test_load(mem, 2, write_table(segments, sizeof(segments)), CRASH));
	KUNIT_EXPECT_PTR_EQ(test, kexec_crash_image, armed);
	KUNIT_EXPECT_FALSE(test, memcmp(boot_phys_to_virt(mem), contents, sizeof(contents)));
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
	unsigned long mem = kexec_test_nowhere();

	kexec_test_stand_in(test, "kexec_load_permitted", permit_none);
	KUNIT_EXPECT_EQ(test, load_one(mem, mem, 0), -EPERM);
	KUNIT_EXPECT_EQ(test, permitted_type, KEXEC_TYPE_DEFAULT);
	KUNIT_EXPECT_EQ(test, load_one(mem, mem, CRASH), -EPERM);
	KUNIT_EXPECT_EQ(test, permitted_type, KEXEC_TYPE_CRASH);
	KUNIT_EXPECT_EQ(test, kexec_test_load(0, 0, NULL, 0x4000), -EPERM);
	KUNIT_EXPECT_NULL(test, kexec_image);
}

/* A crash image is entered inside the region: its first byte and its last will do. */
static void the_entry_lies_in_the_region(struct kunit *test)
{
	struct kexec_range region = kexec_region();
	unsigned long mem = somewhere(CRASH);

	kexec_test_need_region(test);
	KUNIT_EXPECT_EQ(test, load_one(mem, region.start, CRASH), 0);
	KUNIT_EXPECT_EQ(test, load_one(mem, region.end - 1, CRASH), 0);
	KUNIT_EXPECT_EQ(test, load_one(mem, region.start - 1, CRASH), -EADDRNOTAVAIL);
	KUNIT_EXPECT_EQ(test, load_one(mem, region.end, CRASH), -EADDRNOTAVAIL);
	mem = somewhere(0);
	KUNIT_EXPECT_EQ(test, load_one(mem, 0, 0), 0);
}

/* While one loads another is turned away. */
static void one_at_a_time(struct kunit *test)
{
	unsigned long mem = kexec_test_nowhere();
	long load, unload;

	scoped_guard(mutex, &kexec_load_mutex) {
		load = load_one(mem, mem, 0);
		unload = kexec_test_load(0, 0, NULL, 0);
	}
	KUNIT_EXPECT_EQ(test, load, -EBUSY);
	KUNIT_EXPECT_EQ(test, unload, -EBUSY);
	KUNIT_EXPECT_EQ(test, load_one(mem, mem, 0), 0);
}

static int lockdown, module_says;

static int locked_down(enum lockdown_reason what)
{
	return what == LOCKDOWN_KEXEC ? lockdown : 0;
}

static int load_data(enum kernel_load_data_id id, bool contents)
{
	return id == LOADING_KEXEC_IMAGE && !contents ? module_says : 0;
}

/* Lockdown and security modules are asked, and their word is the answer. */
static void security_is_asked(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	unsigned long mem = kexec_test_nowhere();

	kexec_test_stand_in(test, "security_locked_down", locked_down);
	kexec_test_stand_in(test, "security_kernel_load_data", load_data);
	lockdown = -EPERM;
	module_says = 0;
	KUNIT_EXPECT_EQ(test, load_one(mem, mem, 0), -EPERM);
	KUNIT_EXPECT_NOT_NULL(test, strstr(last->why, "the kernel is locked down"));
	module_says = -EACCES;
	KUNIT_EXPECT_EQ(test, load_one(mem, mem, 0), -EACCES);
	KUNIT_EXPECT_NOT_NULL(test, strstr(last->why, "a security module objects"));
	lockdown = 0;
	KUNIT_EXPECT_EQ(test, load_one(mem, mem, 0), -EACCES);
	module_says = 0;
	KUNIT_EXPECT_EQ(test, load_one(mem, mem, 0), 0);
}

/* ---- 32-bit clients ---- */

#ifdef CONFIG_IA32_EMULATION
/* Nowhere, for those who cannot say so much. */
#define LOW	SZ_64M

static long load_compat(unsigned long nr, unsigned long flags)
{
	struct compat_kexec_segment segments[2] = {
		{ .buf = CONTENTS, .bufsz = 7, .mem = LOW, .memsz = PAGE_SIZE },
		{ .buf = CONTENTS, .bufsz = 9, .mem = LOW + SZ_1M, .memsz = 2 * PAGE_SIZE },
	};

	return kexec_test_load_compat(LOW, nr, write_table(segments, sizeof(segments)), flags);
}

/* A 32-bit client names the architecture; its segments mean the same. */
static void a_32_bit_client(struct kunit *test)
{
	const struct kexec_segment *segment;

	KUNIT_EXPECT_EQ(test, load_compat(2, KEXEC_ARCH_DEFAULT), -EINVAL);
	KUNIT_EXPECT_NULL(test, kexec_image);
	KUNIT_ASSERT_EQ(test, load_compat(2, KEXEC_ARCH), 0);
	KUNIT_ASSERT_NOT_NULL(test, kexec_image);
	KUNIT_EXPECT_EQ(test, kexec_image->start, LOW);
	KUNIT_ASSERT_EQ(test, kexec_image->nr_segments, 2);
	segment = &kexec_image->segment[1];
	KUNIT_EXPECT_EQ(test, (unsigned long)segment->buf, CONTENTS);
	KUNIT_EXPECT_EQ(test, segment->bufsz, 9);
	KUNIT_EXPECT_EQ(test, segment->mem, LOW + SZ_1M);
	KUNIT_EXPECT_EQ(test, segment->memsz, 2 * PAGE_SIZE);
}

/* What is wrong with its call is wrong with any. */
static void a_bad_32_bit_client(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, load_compat(KEXEC_SEGMENT_MAX + 1, KEXEC_ARCH), -EINVAL);
	KUNIT_EXPECT_EQ(test, load_compat(2, KEXEC_ARCH | 0x4000), -EINVAL);
	KUNIT_EXPECT_EQ(test, -EFAULT,
			kexec_test_load_compat(LOW, 1, (void __user *)MISSING, KEXEC_ARCH));
	KUNIT_EXPECT_NULL(test, kexec_image);
}
#endif

static struct kunit_case load_cases[] = {
	KUNIT_CASE(segments_become_an_image),
#ifdef CONFIG_KEXEC_JUMP
	KUNIT_CASE(an_image_that_comes_back),
#endif
	KUNIT_CASE(a_crash_image),
	KUNIT_CASE(destinations_are_accepted),
	KUNIT_CASE(no_segments_unload),
	KUNIT_CASE(nothing_is_left),
	KUNIT_CASE_PARAM(bad_calls_are_refused, bad_gen_params),
	KUNIT_CASE(the_architecture_may_refuse),
	KUNIT_CASE(the_armed_image_is_left_alone),
	KUNIT_CASE(permission_is_asked),
	KUNIT_CASE(the_entry_lies_in_the_region),
	KUNIT_CASE(one_at_a_time),
	KUNIT_CASE(security_is_asked),
#ifdef CONFIG_IA32_EMULATION
	KUNIT_CASE(a_32_bit_client),
	KUNIT_CASE(a_bad_32_bit_client),
#endif
	{}
};

static struct kunit_suite load_suite = {
	.name = "kexec_load",
	.init = map_and_need_peace,
	.test_cases = load_cases,
};

kunit_test_suite(load_suite);

MODULE_DESCRIPTION("KUnit tests of kexec_load");
MODULE_LICENSE("GPL");
