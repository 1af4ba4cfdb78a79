// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: what the purgatory is told about the machine
 *
 * The purgatory runs without a kernel under it, so what it needs to know of the
 * CPU and where it may print is found out while there still is one.  A console is
 * passed on if this kernel uses it now: the UART of early debugging or of a
 * serial console, a VGA screen in text mode.
 */
#include <linux/cc_platform.h>
#include <linux/console.h>
#include <linux/kexec.h>
#include <linux/kexec_digest.h>
#include <linux/serial_core.h>
#include <linux/sysfb.h>

#include <asm/cpufeature.h>
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
}
