// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Printing between the kernels
 *
 * Up to four devices at once, as the old kernel left them: an 8250 at an I/O
 * port, one in memory with 32-bit registers, a VGA text screen, and a framebuffer
 * (pixels.c).  Nothing is probed or set up, and nothing is waited for without a
 * limit: a UART that does not take a character in time is not asked again.
 */

#include <linux/compiler.h>
#include <linux/serial_reg.h>
#include <asm/shared/io.h>
#include <asm/vdso/processor.h>

#include "machine.h"

/*
 * Reads of the line status before a UART counts as dead.  One takes about a
 * microsecond at a port, and a character at 300 baud takes 33 ms.
 */
#define UART_PATIENCE	65536

#define SCREEN_BLANK	0x0f20	/* bright white on black, a space */

/* An 8250: at @port if that is not 0, else at @regs, else there is none. */
struct uart {
	u16 port;
	u32 *regs;
};

static struct uart uarts[2];

static struct {
	u16 *cells;
	unsigned int cols, rows, column;
} screen;

static u8 uart_read(const struct uart *uart, unsigned int reg)
{
	return uart->port ? inb(uart->port + reg) : READ_ONCE(uart->regs[reg]);
}

static void uart_write(const struct uart *uart, unsigned int reg, u8 value)
{
	if (uart->port)
		outb(value, uart->port + reg);
	else
		WRITE_ONCE(uart->regs[reg], value);
}

/* A UART that never gets there is given up. */
static bool uart_await(struct uart *uart, u8 status)
{
	unsigned int tries;

	if (!uart->port && !uart->regs)
		return false;

	for (tries = 0; tries < UART_PATIENCE; tries++) {
		if (uart_read(uart, UART_LSR) & status)
			return true;
		cpu_relax();
	}
	*uart = (struct uart){};
	return false;
}

static void uart_putc(struct uart *uart, char c)
{
	if (c == '\n')
		uart_putc(uart, '\r');
	if (uart_await(uart, UART_LSR_THRE))
		uart_write(uart, UART_TX, c);
}

static void screen_put(unsigned int at, u16 cell)
{
	WRITE_ONCE(screen.cells[at], cell);
}

static void screen_newline(void)
{
	unsigned int last = screen.cols * (screen.rows - 1);
	unsigned int i;

	for (i = 0; i < last; i++)
		screen_put(i, READ_ONCE(screen.cells[i + screen.cols]));
	for (; i < last + screen.cols; i++)
		screen_put(i, SCREEN_BLANK);
	screen.column = 0;
}

/* Always on the last line: everything above it moves up in time. */
static void screen_putc(char c)
{
	if (!screen.cells)
		return;
	if (c == '\n' || screen.column == screen.cols)
		screen_newline();
	if (c == '\n')
		return;
	screen_put(screen.cols * (screen.rows - 1) + screen.column++,
		   (SCREEN_BLANK & 0xff00) | c);
}

static void console_char(char c)
{
	uart_putc(&uarts[0], c);
	uart_putc(&uarts[1], c);
	screen_putc(c);
	pixels_putc(c);
}

static void console_hex(u64 value, unsigned int digits)
{
	while (digits--)
		console_char("0123456789abcdef"[value >> 4 * digits & 0xf]);
}

/**
 * console_open - say where text goes from now on
 * @given: The devices.
 *
 * Begins a new line on each: whatever the old kernel printed last may have
 * stopped in the middle of one.  Only the first call does anything.
 */
void console_open(const struct kexec_digest_console *given)
{
	static bool opened;

	if (opened)
		return;
	opened = true;

	uarts[0].port = given->port;
	uarts[1].regs = (u32 *)given->mmio32;

	if (given->text && given->cols && given->rows) {
		screen.cells = (u16 *)given->text;
		screen.cols = given->cols;
		screen.rows = given->rows;
	}
	pixels_open(given);
	console_char('\n');
}

/**
 * console_text - print a string
 * @text: The string; '\n' ends a line.
 */
void console_text(const char *text)
{
	while (*text)
		console_char(*text++);
}

/**
 * console_decimal - print a number
 * @value: The number.
 */
void console_decimal(u32 value)
{
	if (value >= 10)
		console_decimal(value / 10);
	console_char('0' + value % 10);
}

/**
 * console_address - print an address as resources are printed: 0x and 16 digits
 * @address: The address.
 */
void console_address(u64 address)
{
	console_text("0x");
	console_hex(address, 16);
}

/**
 * console_bytes - print bytes as hexadecimal digits
 * @bytes: The bytes.
 * @n: How many.
 */
void console_bytes(const u8 *bytes, unsigned int n)
{
	while (n--)
		console_hex(*bytes++, 2);
}

/**
 * console_drain - wait until the last character has left the machine
 *
 * A reset would take along what still lies in a FIFO.
 */
void console_drain(void)
{
	uart_await(&uarts[0], UART_LSR_TEMT);
	uart_await(&uarts[1], UART_LSR_TEMT);
}
