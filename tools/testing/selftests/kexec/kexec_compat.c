// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_load(2) by its 32-bit entry, which a 64-bit program can call as well:
 * the same answers as by the native one, but for a client that does not name
 * the architecture.  That one cannot know what it loads, and is refused.
 */
#include <errno.h>
#include <sys/mman.h>

#include "kexec_test.h"
#include "kexec_harness.h"

#define MANY	(KEXEC_SEGMENT_MAX + 1)
#define ARCH	KEXEC_ARCH_X86_64
#define ROOM	(4 * MANY * page_size())

struct compat_segment {
	__u32 buf, bufsz, mem, memsz;
};

/* Everything that has to be below 4 GiB; a hole follows it. */
struct low_memory {
	struct compat_segment segment[MANY];
	char contents[16];
};

struct call {
	__u32 entry, nr, list, flags;
	struct low_memory *low;
};

typedef void (*change_fn)(struct call *call);

static long make_call(const struct call *call)
{
	return compat_kexec_load(call->entry, call->nr, call->list, call->flags);
}

static __u32 low(const void *at)
{
	return (unsigned long)at;
}

static void *low_memory(void)
{
#ifdef MAP_32BIT
	char *at = mmap(NULL, 4 * page_size(), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (at != MAP_FAILED && !mprotect(at + 2 * page_size(), page_size(), PROT_NONE))
		return at;
#endif
	return NULL;
}

static const void *hole(const struct call *call)
{
	return (char *)call->low + 2 * page_size();
}

static struct compat_segment good_segment(const struct low_memory *low_memory, __u32 mem)
{
	return (struct compat_segment){
		.buf = low(low_memory->contents),
		.bufsz = sizeof(low_memory->contents),
		.mem = mem,
		.memsz = page_size(),
	};
}

static bool good_call(struct call *call)
{
	struct low_memory *memory = low_memory();
	__u32 mem = low_destination(ROOM);
	int i;

	if (!memory || !mem)
		return false;
	for (i = 0; i < MANY; i++)
		memory->segment[i] = good_segment(memory, mem + 2 * i * page_size());
	*call = (struct call){
		.entry = memory->segment[0].mem, .nr = 1, .list = low(memory->segment),
		.flags = ARCH, .low = memory,
	};
	return true;
}

static long call_with(change_fn change)
{
	struct call call;

	if (!good_call(&call))
		return -ENOMEM;
	change(&call);
	return make_call(&call);
}

/* ---- changes ---- */

static void unchanged(struct call *call)
{
}

static void all_segments(struct call *call)
{
	call->nr = KEXEC_SEGMENT_MAX;
}

static void one_is_empty(struct call *call)
{
	call->nr = 2;
	call->low->segment[1].bufsz = 0;
	call->low->segment[1].memsz = 0;
}

static void no_arch(struct call *call)
{
	call->flags &= ~ARCH;
}

static void unknown_flag(struct call *call)
{
	call->flags |= 0x4000;
}

static void too_many(struct call *call)
{
	call->nr = MANY;
}

static void far_too_many(struct call *call)
{
	call->nr = -1u;
}

static void list_faults(struct call *call)
{
	call->list = low(hole(call));
}

static void list_ends_early(struct call *call)
{
	struct compat_segment *last = (struct compat_segment *)hole(call) - 1;

	*last = call->low->segment[0];
	call->list = low(last);
	call->nr = 2;
}

static void list_ends_within_a_segment(struct call *call)
{
	call->list = low(hole(call)) - sizeof(struct compat_segment) / 2;
}

static void unaligned_destination(struct call *call)
{
	call->low->segment[0].mem += 512;
}

static void unaligned_size(struct call *call)
{
	call->low->segment[0].memsz += 512;
}

static void more_contents_than_memory(struct call *call)
{
	call->low->segment[0].bufsz = page_size() + 1;
}

static void same_twice(struct call *call)
{
	call->nr = 2;
	call->low->segment[1] = call->low->segment[0];
}

static void buffer_faults(struct call *call)
{
	call->low->segment[0].buf = low(hole(call));
}

static void buffer_at_the_end(struct call *call)
{
	call->low->segment[0].buf = -16u;
}

/* ---- accepted ---- */

FIXTURE(compat_accepted)
{
	struct session session;
};

FIXTURE_VARIANT(compat_accepted)
{
	change_fn change;
};

FIXTURE_VARIANT_ADD(compat_accepted, one_segment) { unchanged };
FIXTURE_VARIANT_ADD(compat_accepted, sixteen_segments) { all_segments };
FIXTURE_VARIANT_ADD(compat_accepted, one_is_empty) { one_is_empty };

static const char *begin_compat(struct session *session)
{
	if (!has_compat_calls())
		return "the kernel has no 32-bit system calls";
	if (!low_destination(ROOM))
		return "/proc/iomem shows no room below 4 GiB";
	return begin(session, REBOOT);
}

FIXTURE_SETUP(compat_accepted)
{
	const char *why = begin_compat(&self->session);

	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN_PARENT(compat_accepted)
{
	end(&self->session);
}

TEST_F(compat_accepted, comes_and_goes)
{
	EXPECT_EQ(0, compat_kexec_load(0, 0, 0, ARCH));
	EXPECT_EQ(0, call_with(variant->change));
	EXPECT_TRUE(is_loaded(REBOOT));
	EXPECT_EQ(0, compat_kexec_load(0, 0, 0, ARCH));
	EXPECT_FALSE(is_loaded(REBOOT));
}

/* ---- refused ---- */

FIXTURE(compat_refused)
{
	struct session session;
};

FIXTURE_VARIANT(compat_refused)
{
	change_fn change;
	int error;
};

FIXTURE_VARIANT_ADD(compat_refused, no_arch) { no_arch, EINVAL };
FIXTURE_VARIANT_ADD(compat_refused, unknown_flag) { unknown_flag, EINVAL };
FIXTURE_VARIANT_ADD(compat_refused, too_many) { too_many, EINVAL };
FIXTURE_VARIANT_ADD(compat_refused, far_too_many) { far_too_many, EINVAL };
FIXTURE_VARIANT_ADD(compat_refused, list_faults) { list_faults, EFAULT };
FIXTURE_VARIANT_ADD(compat_refused, list_ends_early) { list_ends_early, EFAULT };
FIXTURE_VARIANT_ADD(compat_refused, list_ends_within_a_segment) {
	list_ends_within_a_segment, EFAULT
};

FIXTURE_VARIANT_ADD(compat_refused, unaligned_destination) {
	unaligned_destination, EADDRNOTAVAIL
};

FIXTURE_VARIANT_ADD(compat_refused, unaligned_size) { unaligned_size, EADDRNOTAVAIL };
FIXTURE_VARIANT_ADD(compat_refused, more_contents_than_memory) {
	more_contents_than_memory, EINVAL
};

FIXTURE_VARIANT_ADD(compat_refused, same_twice) { same_twice, EINVAL };
FIXTURE_VARIANT_ADD(compat_refused, buffer_faults) { buffer_faults, EFAULT };
FIXTURE_VARIANT_ADD(compat_refused, buffer_at_the_end) { buffer_at_the_end, EFAULT };

FIXTURE_SETUP(compat_refused)
{
	const char *why = begin_compat(&self->session);

	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN_PARENT(compat_refused)
{
	end(&self->session);
}

TEST_F(compat_refused, says_why)
{
	EXPECT_EQ(-variant->error, call_with(variant->change));
	EXPECT_FALSE(is_loaded(REBOOT));
}

TEST_F(compat_refused, keeps_reboot_image)
{
	ASSERT_EQ(0, load_something(REBOOT));
	EXPECT_EQ(-variant->error, call_with(variant->change));
	EXPECT_TRUE(is_loaded(REBOOT));
}

TEST_HARNESS_MAIN
