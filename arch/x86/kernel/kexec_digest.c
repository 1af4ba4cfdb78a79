// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: what the purgatory is told about the machine
 *
 * The purgatory runs without a kernel under it, so what it needs to know of the
 * CPU and where it may print is found out while there still is one.  A console is
 * passed on if this kernel uses it now: the UART of early debugging or of a
 * serial console, a VGA screen in text mode.  So is the framebuffer that firmware has
 * left, unless a driver has taken the device over: from then on what is painted there
 * may be shown nowhere, or lead to memory that the driver had the device use.  A driver
 * that comes after the load is not seen.
 */
#include <linux/cc_platform.h>
#include <linux/console.h>
#include <linux/kexec.h>
#include <linux/kexec_digest.h>
#include <linux/pci.h>
#include <linux/serial_core.h>
#include <linux/sysfb.h>

#include <asm/cpufeature.h>
#include <asm/kexec-pixels.h>
#include <asm/tsc.h>

#define VGA_TEXT_COLOUR	0xb8000
#define VGA_TEXT_MONO	0xb0000
#define VGA_MODE_MONO	7

/* The I/O port behind a serial console, 0 when it is not an 8250 on a port. */
static u16 port_of(const struct console *con)
{
	const struct uart_driver *driver = con->data;
	const struct uart_port *port;

	if (strcmp(con->name, "ttyS") || con->index < 0 || !driver || !driver->state ||
	    con->index >= driver->nr)
		return 0;
	port = driver->state[con->index].uart_port;
	return port && port->iotype == UPIO_PORT ? port->iobase : 0;
}

static u16 console_port(void)
{
	struct console *con;
	u16 port = 0;
	int cookie;

	if (kexec_debug_8250_port || !IS_ENABLED(CONFIG_SERIAL_8250_CONSOLE))
		return kexec_debug_8250_port;
	cookie = console_srcu_read_lock();
	for_each_console_srcu(con) {
		if (console_srcu_read_flags(con) & CON_ENABLED)
			port = port_of(con);
		if (port)
			break;
	}
	console_srcu_read_unlock(cookie);
	return port;
}

static void prepare_screen(struct kexec_digest_console *console)
{
	const struct screen_info *screen = &sysfb_primary_display.screen;

	if (!IS_ENABLED(CONFIG_VGA_CONSOLE) || screen->orig_video_isVGA != 1)
		return;
	console->text = screen->orig_video_mode == VGA_MODE_MONO ? VGA_TEXT_MONO : VGA_TEXT_COLOUR;
	console->cols = screen->orig_video_cols;
	console->rows = screen->orig_video_lines;
}

static bool has_driver(const struct screen_info *screen)
{
	struct pci_dev *device = screen_info_pci_dev(screen);
	bool driven;

	if (IS_ERR_OR_NULL(device))
		return false;
	driven = device->driver;
	pci_dev_put(device);
	return driven;
}

/* Else the last line would reach beyond what is mapped: 16 bits cut a longer one short. */
static bool lines_hold_pixels(const struct screen_info *screen)
{
	return screen->lfb_linelength >= screen->lfb_width * sizeof(u32);
}

/*
 * Has firmware left a framebuffer?  Who decodes screen_info knows, and with it who drives
 * it.  That does not change; whether there is a driver may, until the image is described.
 */
static bool has_pixels(const struct screen_info *screen)
{
	unsigned int type = screen->orig_video_isVGA;

	return IS_ENABLED(CONFIG_SCREEN_INFO) &&
	       (type == VIDEO_TYPE_EFI || type == VIDEO_TYPE_VLFB) &&
	       screen->lfb_depth == 32 && __screen_info_lfb_base(screen) &&
	       lines_hold_pixels(screen) &&
	       !cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT);
}

/**
 * kexec_map_pixels() - have the purgatory's page tables cover the framebuffer
 * @info: how they are made
 * @pgd:  the page tables
 *
 * Context: process, before arch_kexec_prepare_digests().
 * Return: 0, also when there is none; -ENOMEM.
 */
int kexec_map_pixels(struct x86_mapping_info *info, pgd_t *pgd)
{
	const struct screen_info *screen = &sysfb_primary_display.screen;
	u64 base = __screen_info_lfb_base(screen);

	if (!has_pixels(screen))
		return 0;
	return kernel_ident_mapping_init(info, pgd, base,
					 base + (u64)screen->lfb_linelength * screen->lfb_height);
}

static void prepare_pixels(struct kexec_digest_console *console)
{
	const struct screen_info *screen = &sysfb_primary_display.screen;

	if (!has_pixels(screen) || has_driver(screen))
		return;
	console->pixels = __screen_info_lfb_base(screen);
	console->width = screen->lfb_width;
	console->height = screen->lfb_height;
	console->pitch = screen->lfb_linelength;
}

static u32 cpu_flags(void)
{
	u32 flags = 0;

	if (cc_platform_has(CC_ATTR_GUEST_STATE_ENCRYPT) ||
	    boot_cpu_has(X86_FEATURE_TDX_GUEST))
		flags |= KEXEC_DIGEST_ENCRYPTED;
	if (boot_cpu_has(X86_FEATURE_SHA_NI))
		flags |= KEXEC_DIGEST_SHA_NI;
	return flags;
}

/**
 * arch_kexec_prepare_digests() - tell the purgatory about the machine
 * @digests: what it will be told
 *
 * Context: process.
 */
void arch_kexec_prepare_digests(struct kexec_digests *digests)
{
	digests->flags |= cpu_flags();
	digests->tsc_khz = tsc_khz;
	digests->console.port = console_port();
	digests->console.mmio32 = kexec_debug_8250_mmio32;
	prepare_screen(&digests->console);
	prepare_pixels(&digests->console);
}
