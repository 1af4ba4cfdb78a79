// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec jump: reboot(2) goes into an image that preserves the context, and comes
 * back, as often as one likes.  Every byte of the image lies where its segment
 * says, and afterwards what lay there before does again.
 *
 * What is jumped to is a few instructions that read, and write what they have
 * seen to a page of this process, at its physical address.
 *
 * All devices are suspended meanwhile: not with KEXEC_TEST_JUMP=0.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kexec_test.h"
#include "kexec_harness.h"

#define JUMPS	3
#define EXTRA	(KEXEC_SEGMENT_MAX - 1)
#define STRIDE	8	/* pages from segment to segment */

/* A stretch of memory that the image is to sum up. */
struct stretch {
	__u64 start, words;
};

/* What the image finds behind its code. */
struct orders {
	__u64 witness;		/* physical address of what follows */
	__u64 visits;
	__u64 nr;
	struct stretch stretch[EXTRA];
};

/* What the image tells. */
struct witness {
	__u64 visits;
	__u64 sum[EXTRA];
};

#ifdef __x86_64__
/*
 * On entry 8(%rsp) is the address jumped to.  What is there on return is where
 * the next jump goes: here again.
 */
asm(".pushsection .rodata\n"
	".balign 16\n"
	"jump_code:\n"
	"jump_trap:	nop\n"
	"		movq	jump_orders(%rip), %rdi\n"
	"		incq	8 + jump_orders(%rip)\n"
	"		movq	8 + jump_orders(%rip), %rax\n"
	"		stosq\n"
	"		leaq	24 + jump_orders(%rip), %rdx\n"
	"		movq	16 + jump_orders(%rip), %r8\n"
	"1:		decq	%r8\n"
	"		js	4f\n"
	"		movq	(%rdx), %rsi\n"
	"		movq	8(%rdx), %rcx\n"
	"		addq	$16, %rdx\n"
	"		xorl	%r9d, %r9d\n"
	"2:		jrcxz	3f\n"
	"		lodsq\n"
	"		rolq	$7, %r9\n"
	"		xorq	%rax, %r9\n"
	"		decq	%rcx\n"
	"		jmp	2b\n"
	"3:		movq	%r9, %rax\n"
	"		stosq\n"
	"		jmp	1b\n"
	"4:		leaq	jump_code(%rip), %rax\n"
	"		movq	%rax, 8(%rsp)\n"
	"		ret\n"
	"		.balign	8\n"
	"jump_orders:\n"
	".popsection\n");
extern const char jump_code[], jump_trap[], jump_orders[];
#define TRAP	0xcc
#else
static const char jump_code[1], *jump_trap = jump_code, *jump_orders = jump_code;
#define TRAP	0
#endif

static __u64 sum_up(const void *data, size_t size)
{
	const __u64 *word = data;
	__u64 sum = 0;

	for (; size; size -= sizeof(*word))
		sum = (sum << 7 | sum >> 57) ^ *word++;
	return sum;
}

/* Memory that stays where it is, page by page. */
static void *fixed_memory(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return at == MAP_FAILED || mlock(at, size) ? NULL : at;
}

/* The physical address of a page of ours; 0 when it is not to be had. */
static __u64 physical(const void *at)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	off_t offset = (unsigned long)at / page_size() * sizeof(__u64);
	__u64 entry = 0;

	if (fd < 0)
		return 0;
	if (pread(fd, &entry, sizeof(entry), offset) != sizeof(entry) || !(entry >> 63))
		entry = 0;
	close(fd);
	return (entry & ((1ull << 55) - 1)) * page_size();
}

static long make_jump(void)
{
	return syscall(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		       LINUX_REBOOT_CMD_KEXEC, NULL) ? -errno : 0;
}

/* The image: its first page has the code and what it finds behind it. */
struct jump {
	char *image;
	struct orders *orders;
	struct witness *witness;
	struct kexec_segment segment[KEXEC_SEGMENT_MAX];
	char *contents;
};

static bool prepare(struct jump *jump)
{
	jump->image = fixed_memory(page_size());
	jump->witness = fixed_memory(page_size());
	jump->contents = fixed_memory(EXTRA * STRIDE * page_size());
	if (!jump->image || !jump->witness || !jump->contents)
		return false;
	memcpy(jump->image, jump_code, jump_orders - jump_code);
	jump->orders = (void *)jump->image + (jump_orders - jump_code);
	jump->orders->witness = physical(jump->witness);
	return jump->orders->witness;
}

FIXTURE(jump)
{
	struct session session;
	struct jump jump;
};

FIXTURE_SETUP(jump)
{
	const char *why = left_out("KEXEC_TEST_JUMP");

	if (!why && !TRAP)
		why = "this architecture has no code to jump to";
	if (!why && kernel_option("KEXEC_JUMP") != 'y')
		why = "the kernel has no kexec jump, or does not say so";
	if (!why)
		why = begin(&self->session, REBOOT);
	if (why)
		SKIP(return, "%s", why);

	ASSERT_TRUE(prepare(&self->jump));
}

FIXTURE_TEARDOWN_PARENT(jump)
{
	end(&self->session);
}

static long load_jump(struct jump *jump, int extra)
{
	unsigned long mem = destination(REBOOT, 2 * page_size());

	jump->segment[0] = (struct kexec_segment){
		.buf = jump->image, .bufsz = page_size(),
		.mem = (void *)mem, .memsz = page_size(),
	};
	return kexec_load(mem, 1 + extra, jump->segment, KEXEC_PRESERVE_CONTEXT);
}

/* Did the image tell us, and not whoever has our page now? */
static bool was_there(const struct jump *jump, __u64 times)
{
	return jump->witness->visits == times && physical(jump->witness) == jump->orders->witness;
}

TEST_F(jump, goes_there_and_comes_back)
{
	int i;

	ASSERT_EQ(0, load_jump(&self->jump, 0));
	for (i = 1; i <= JUMPS; i++) {
		EXPECT_EQ(0, make_jump());
		EXPECT_TRUE(was_there(&self->jump, i));
		EXPECT_TRUE(is_loaded(REBOOT));
	}
	EXPECT_EQ(0, kexec_unload(REBOOT));
	EXPECT_FALSE(is_loaded(REBOOT));
	EXPECT_EQ(-EINVAL, make_jump());
}

/* A trap there is reported on the console, if anything, and then goes on. */
TEST_F(jump, survives_a_breakpoint)
{
	if (!kernel_at_least(6, 15))
		SKIP(return, "older kernels have nobody to handle it");
	self->jump.image[jump_trap - jump_code] = TRAP;
	ASSERT_EQ(0, load_jump(&self->jump, 0));
	EXPECT_EQ(0, make_jump());
	EXPECT_TRUE(was_there(&self->jump, 1));
	EXPECT_EQ(0, make_jump());
	EXPECT_TRUE(was_there(&self->jump, 2));
}

/* Of so many pages; those behind the first @size bytes are the kernel's to clear. */
static void add_segment(struct jump *jump, int i, unsigned long mem, size_t size,
			size_t pages)
{
	size_t memsz = pages * page_size();
	char *contents = jump->contents + i * STRIDE * page_size();

	memset(contents, 0x11 + i, size);
	jump->segment[1 + i] = (struct kexec_segment){
		.buf = contents, .bufsz = size, .mem = (void *)mem, .memsz = memsz,
	};
	jump->orders->stretch[i] = (struct stretch){ mem, memsz / sizeof(__u64) };
	jump->orders->nr = i + 1;
}

static bool saw_segment(const struct jump *jump, int i)
{
	const struct kexec_segment *segment = &jump->segment[1 + i];

	return jump->witness->sum[i] == sum_up(segment->buf, segment->memsz);
}

/* Twice, since what the first jump left is not there for the second. */
static void jumps_and_sees(struct __test_metadata *_metadata, struct jump *jump)
{
	int i, turn;

	ASSERT_EQ(0, load_jump(jump, EXTRA));
	for (turn = 1; turn <= 2; turn++) {
		ASSERT_EQ(0, make_jump());
		ASSERT_TRUE(was_there(jump, turn));
		for (i = 0; i < EXTRA; i++)
			EXPECT_TRUE(saw_segment(jump, i))
				TH_LOG("segment %d, jump %d", i, turn);
	}
}

/* Full pages, half pages, pages of zeros, and segments of nothing else. */
TEST_F(jump, finds_every_byte_in_its_place)
{
	unsigned long mem = destination(REBOOT, STRIDE * KEXEC_SEGMENT_MAX * page_size());
	int i;

	ASSERT_NE(0, mem);
	for (i = 0; i < EXTRA; i++)
		add_segment(&self->jump, i, mem + STRIDE * (EXTRA - i) * page_size(),
			    i * page_size() / 2, i / 2 + 1);
	jumps_and_sees(_metadata, &self->jump);
}

TEST_F(jump, finds_zeros_behind_contents)
{
	unsigned long mem = destination(REBOOT, STRIDE * KEXEC_SEGMENT_MAX * page_size());
	int i;

	ASSERT_NE(0, mem);
	for (i = 0; i < EXTRA; i++)
		add_segment(&self->jump, i, mem + STRIDE * (i + 1) * page_size(),
			    i % 4 * page_size() / 2, STRIDE);
	jumps_and_sees(_metadata, &self->jump);
}

/* The segments go to where pages of this process are. */
TEST_F(jump, gives_back_what_it_lay_on)
{
	char *mine = fixed_memory(EXTRA * page_size());
	__u64 at[EXTRA];
	int i;

	ASSERT_NE(NULL, mine);
	for (i = 0; i < EXTRA; i++) {
		memset(mine + i * page_size(), 0x80 + i, page_size());
		at[i] = physical(mine + i * page_size());
		ASSERT_NE(0, at[i]);
		add_segment(&self->jump, i, at[i], i % 3 * page_size() / 2, 1);
	}
	ASSERT_EQ(0, load_jump(&self->jump, EXTRA));
	ASSERT_EQ(0, make_jump());
	ASSERT_TRUE(was_there(&self->jump, 1));
	for (i = 0; i < EXTRA; i++) {
		char *page = mine + i * page_size();

		EXPECT_EQ(at[i], physical(page));
		EXPECT_TRUE(saw_segment(&self->jump, i));
		EXPECT_EQ((char)(0x80 + i), page[0]);
		EXPECT_EQ(0, memcmp(page, page + 1, page_size() - 1));
	}
}

TEST_F(jump, leaves_the_crash_image_alone)
{
	const char *why = begin(&self->session, CRASH);

	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, load_something(CRASH));
	ASSERT_EQ(0, load_jump(&self->jump, 0));
	EXPECT_EQ(0, make_jump());
	EXPECT_TRUE(was_there(&self->jump, 1));
	EXPECT_TRUE(is_loaded(CRASH));
}

TEST_F(jump, takes_an_image)
{
	ASSERT_FALSE(is_loaded(REBOOT));
	EXPECT_EQ(-EINVAL, make_jump());
}

/* Loading keeps nobody from being told that nothing is loaded. */
TEST_F(jump, does_not_wait_for_a_load)
{
	struct slow_load slow;
	const char *why = cannot_hold_back();

	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, start_slow_load(&slow, load_with_slow_segment, REBOOT));
	ASSERT_FALSE(is_loaded(REBOOT));
	EXPECT_EQ(-EINVAL, make_jump());
	EXPECT_TRUE(kill_slow_load(&slow));
}

TEST_HARNESS_MAIN
