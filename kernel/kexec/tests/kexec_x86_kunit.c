// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of x86's part
 *
 * What the machine is known to have is given for the time of a test, and has to turn
 * up in what the purgatory is told.
 */
#include <kunit/test.h>
#include <linux/console.h>
#include <linux/kexec_digest.h>
#include <linux/sysfb.h>

#include <asm/cpufeature.h>
#include <asm/init.h>
#include <asm/kexec-pixels.h>
#include <asm/kexec-timeline.h>
#include <asm/tsc.h>

#include "kexec_kunit.h"

struct known {
	u16 port;
	unsigned long mmio32;
	struct screen_info screen;
};

static void forget(void *data)
{
	const struct known *before = data;

	kexec_debug_8250_port = before->port;
	kexec_debug_8250_mmio32 = before->mmio32;
	sysfb_primary_display.screen = before->screen;
}

static int remember(struct kunit *test)
{
	struct known *before = kunit_kzalloc(test, sizeof(*before), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, before);
	before->port = kexec_debug_8250_port;
	before->mmio32 = kexec_debug_8250_mmio32;
	before->screen = sysfb_primary_display.screen;
	return kunit_add_action_or_reset(test, forget, before);
}

static struct kexec_digests *told(struct kunit *test)
{
	struct kexec_digests *digests = kunit_kzalloc(test, sizeof(*digests), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, digests);
	arch_kexec_prepare_digests(digests);
	return digests;
}

/* How fast the counter runs and what the CPU can; flags that are there already stay. */
static void the_cpu_is_described(struct kunit *test)
{
	struct kexec_digests *digests = told(test);

	KUNIT_EXPECT_EQ(test, digests->tsc_khz, tsc_khz);
	KUNIT_EXPECT_EQ(test, !!(digests->flags & KEXEC_DIGEST_SHA_NI),
			boot_cpu_has(X86_FEATURE_SHA_NI));
	KUNIT_EXPECT_FALSE(test, digests->flags & KEXEC_DIGEST_ENCRYPTED);
	digests->flags = KEXEC_DIGEST_HALT;
	arch_kexec_prepare_digests(digests);
	KUNIT_EXPECT_TRUE(test, digests->flags & KEXEC_DIGEST_HALT);
}

static bool has_serial_console(void)
{
	struct console *con;
	int cookie = console_srcu_read_lock();
	bool has = false;

	for_each_console_srcu(con)
		has |= !strcmp(con->name, "ttyS") && console_srcu_read_flags(con) & CON_ENABLED;
	console_srcu_read_unlock(cookie);
	return has;
}

/* A UART of early debugging comes first; else a serial console has one. */
static void the_uart_is_found(struct kunit *test)
{
	kexec_debug_8250_port = 0x1f8;
	kexec_debug_8250_mmio32 = 0xfe001000;
	KUNIT_EXPECT_EQ(test, told(test)->console.port, 0x1f8);
	KUNIT_EXPECT_EQ(test, told(test)->console.mmio32, 0xfe001000);
	kexec_debug_8250_port = 0;
	kexec_debug_8250_mmio32 = 0;
	KUNIT_EXPECT_EQ(test, !!told(test)->console.port,
			IS_ENABLED(CONFIG_SERIAL_8250_CONSOLE) && has_serial_console());
	KUNIT_EXPECT_EQ(test, told(test)->console.mmio32, 0);
}

static const struct {
	u8 is_vga, mode;
	u32 text;
} screens[] = {
	{ 1, 3, 0xb8000 }, { 1, 7, 0xb0000 }, { 1, 2, 0xb8000 }, { 0, 3, 0 }, { 0x22, 3, 0 },
	{ 0x23, 7, 0 },
};

/* A screen in text mode is described, colour or not, and no other. */
static void the_screen_is_described(struct kunit *test)
{
	int i;

	if (!IS_ENABLED(CONFIG_VGA_CONSOLE))
		kunit_skip(test, "this kernel knows no screen in text mode");
	for (i = 0; i < ARRAY_SIZE(screens); i++) {
		struct kexec_digests *digests;

		sysfb_primary_display.screen = (struct screen_info) {
			.orig_video_isVGA = screens[i].is_vga,
			.orig_video_mode = screens[i].mode,
			.orig_video_cols = 132,
			.orig_video_lines = 43,
		};
		digests = told(test);
		KUNIT_EXPECT_EQ_MSG(test, digests->console.text, screens[i].text, "row %d", i);
		if (screens[i].text) {
			KUNIT_EXPECT_EQ(test, digests->console.cols, 132);
			KUNIT_EXPECT_EQ(test, digests->console.rows, 43);
		}
	}
}

static const struct {
	u8 is_vga, depth;
	u32 base, high;
	u16 pitch;
	bool found;
} framebuffers[] = {
	{ VIDEO_TYPE_EFI, 32, 0x1000, 0, 5504, true },
	{ VIDEO_TYPE_VLFB, 32, 0x1000, 0, 5504, true },
	{ VIDEO_TYPE_EFI, 32, 0, 0x10, 5504, true },
	{ VIDEO_TYPE_EFI, 32, 0x1000, 0, 1366 * 4, true },
	{ VIDEO_TYPE_EFI, 32, 0x1000, 0, 1366 * 4 - 1, false },
	{ VIDEO_TYPE_EFI, 32, 0x1000, 0, 0, false },
	{ VIDEO_TYPE_EFI, 24, 0x1000, 0, 5504, false },
	{ VIDEO_TYPE_EFI, 32, 0, 0, 5504, false },
	{ VIDEO_TYPE_VGAC, 32, 0x1000, 0, 5504, false },
	{ 1, 32, 0x1000, 0, 5504, false },
};

static u64 mapped_from, mapped_to;

static int note_mapping(struct x86_mapping_info *info, pgd_t *pgd, unsigned long start,
			unsigned long end)
{
	mapped_from = start;
	mapped_to = end;
	return -ENOMEM;
}

/*
 * A framebuffer of 32 bits a pixel is described and mapped, wherever it lies, and no other;
 * nor one whose lines are said to be shorter than their pixels.
 */
static void the_framebuffer_is_described(struct kunit *test)
{
	int i;

	if (!IS_ENABLED(CONFIG_SCREEN_INFO))
		kunit_skip(test, "this kernel knows no framebuffer");
	kexec_test_stand_in(test, "kernel_ident_mapping_init", note_mapping);
	for (i = 0; i < ARRAY_SIZE(framebuffers); i++) {
		struct kexec_digest_console *console;
		u64 base = framebuffers[i].base | (u64)framebuffers[i].high << 32;

		sysfb_primary_display.screen = (struct screen_info) {
			.orig_video_isVGA = framebuffers[i].is_vga,
			.lfb_depth = framebuffers[i].depth,
			.lfb_base = framebuffers[i].base,
			.ext_lfb_base = framebuffers[i].high,
			.capabilities = framebuffers[i].high ? VIDEO_CAPABILITY_64BIT_BASE : 0,
			.lfb_width = 1366,
			.lfb_height = 768,
			.lfb_linelength = framebuffers[i].pitch,
		};
		mapped_from = 0;
		mapped_to = 0;
		KUNIT_EXPECT_EQ_MSG(test, kexec_map_pixels(NULL, NULL),
				    framebuffers[i].found ? -ENOMEM : 0, "row %d", i);
		KUNIT_EXPECT_EQ(test, mapped_from, framebuffers[i].found ? base : 0);
		KUNIT_EXPECT_EQ(test, mapped_to - mapped_from,
				framebuffers[i].found ? 768 * framebuffers[i].pitch : 0);
		console = &told(test)->console;
		KUNIT_EXPECT_EQ_MSG(test, console->pixels, framebuffers[i].found ? base : 0,
				    "row %d", i);
		KUNIT_EXPECT_EQ(test, console->width, framebuffers[i].found ? 1366 : 0);
		KUNIT_EXPECT_EQ(test, console->height, framebuffers[i].found ? 768 : 0);
		KUNIT_EXPECT_EQ(test, console->pitch,
				framebuffers[i].found ? framebuffers[i].pitch : 0);
	}
}

/* Kernels that would lose memory by it, for ever, are handed no time line. */
static void old_kernels_are_spared(struct kunit *test)
{
	static const char * const spared[] = { "4.19.0", "5.10.0-8-amd64", "6.1.0", "6.9.12" };
	static const char * const others[] = { "6.10.0", "6.12.9+deb13-amd64", "7.3.4", "10.0", "",
					       "next-20261127" };
	int i;

	for (i = 0; i < ARRAY_SIZE(spared); i++)
		KUNIT_EXPECT_FALSE_MSG(test, kexec_release_wants_timeline(spared[i]), "%s",
				       spared[i]);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		KUNIT_EXPECT_TRUE_MSG(test, kexec_release_wants_timeline(others[i]), "%s",
				      others[i]);
}

static struct kunit_case x86_cases[] = {
	KUNIT_CASE(old_kernels_are_spared),
	KUNIT_CASE(the_cpu_is_described),
	KUNIT_CASE(the_uart_is_found),
	KUNIT_CASE(the_screen_is_described),
	KUNIT_CASE(the_framebuffer_is_described),
	{}
};

static struct kunit_suite x86_suite = {
	.name = "kexec_x86",
	.init = remember,
	.test_cases = x86_cases,
};

kunit_test_suite(x86_suite);

MODULE_DESCRIPTION("KUnit tests of x86's part of kexec");
MODULE_LICENSE("GPL");
