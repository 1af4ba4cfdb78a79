// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Waiting, and the ways out
 *
 * There is no firmware to ask and no interrupt to wait for.  Time is measured
 * by the time stamp counter when the old kernel said how fast it runs, else by
 * channel 2 of the interval timer, whose output can be read at port 0x61.
 *
 * A reset is tried in three ways, from the one that modern chipsets document to
 * the one that no CPU can refuse.
 */

#include <linux/bits.h>
#include <linux/minmax.h>
#include <asm/shared/io.h>
#include <asm/vdso/processor.h>

#include "machine.h"

/* Intel 8254, and the port of the PC that gates its channel 2. */
#define PIT_CHANNEL_2		0x42
#define PIT_CONTROL		0x43
#define PIT_CH2_LOHI_ONESHOT	0xb0
#define PIT_KHZ			1193
#define PIT_SHOT_MS		50

#define PC_PORT_B		0x61
#define PC_PORT_B_GATE_2	BIT(0)
#define PC_PORT_B_SPEAKER	BIT(1)
#define PC_PORT_B_OUT_2		BIT(5)

/*
 * Reads of port B in which a shot of 50 ms has to be over: one takes about a
 * microsecond on hardware, and not much less where a hypervisor traps it.
 */
#define PIT_PATIENCE		1000000

/* Reset control register of PC chipsets. */
#define RST_CNT			0xcf9
#define RST_CNT_SYSTEM		BIT(1)
#define RST_CNT_CPU		BIT(2)

/* Keyboard controller, Intel 8042. */
#define KBC_STATUS		0x64
#define KBC_STATUS_INPUT_FULL	BIT(1)
#define KBC_COMMAND		0x64
#define KBC_PULSE_RESET		0xfe
#define KBC_PATIENCE		65536

/* How long a reset may take to arrive before the next one is tried. */
#define RESET_MS		50

/** tsc_read() - the time stamp counter */
u64 tsc_read(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return (u64)high << 32 | low;
}

static void tsc_wait(u64 ticks)
{
	u64 since = tsc_read();

	while (tsc_read() - since < ticks)
		cpu_relax();
}

/* One shot of the timer.  Return: false if it never ended. */
static bool pit_wait(unsigned int ms)
{
	unsigned int count = ms * PIT_KHZ;
	u8 gates = inb(PC_PORT_B) & ~(PC_PORT_B_SPEAKER | PC_PORT_B_GATE_2);
	unsigned int tries;

	outb(gates | PC_PORT_B_GATE_2, PC_PORT_B);
	outb(PIT_CH2_LOHI_ONESHOT, PIT_CONTROL);
	outb(count & 0xff, PIT_CHANNEL_2);
	outb(count >> 8, PIT_CHANNEL_2);

	for (tries = 0; tries < PIT_PATIENCE; tries++) {
		if (inb(PC_PORT_B) & PC_PORT_B_OUT_2)
			return true;
		cpu_relax();
	}
	return false;
}

/**
 * wait_ms - let time pass
 * @ms: How much, in milliseconds.
 * @tsc_khz: Rate of the time stamp counter, 0 if unknown.
 *
 * Returns early on a machine that has neither a known time stamp counter nor an
 * interval timer, after a few seconds at most.
 */
void wait_ms(u32 ms, u32 tsc_khz)
{
	if (tsc_khz) {
		tsc_wait((u64)ms * tsc_khz);
		return;
	}

	while (ms && pit_wait(min(ms, PIT_SHOT_MS)))
		ms -= min(ms, PIT_SHOT_MS);
}

/**
 * machine_halt - stop, until somebody resets the machine
 */
void __noreturn machine_halt(void)
{
	for (;;)
		asm volatile("cli; hlt");
}

/**
 * machine_fault - shut the CPU down by a fault that cannot be delivered
 *
 * With no IDT, the exception, the double fault it causes and the triple fault
 * after that leave the CPU in shutdown, which resets a PC and ends a guest.
 */
void __noreturn machine_fault(void)
{
	static const struct {
		u16 limit;
		u64 base;
	} __packed no_idt;

	asm volatile("lidt %0\n\t"
		     "ud2" : : "m" (no_idt));
	machine_halt();
}

static void chipset_reset(void)
{
	outb(RST_CNT_SYSTEM, RST_CNT);
	outb(RST_CNT_SYSTEM | RST_CNT_CPU, RST_CNT);
}

static void keyboard_reset(void)
{
	unsigned int tries;

	for (tries = 0; tries < KBC_PATIENCE; tries++)
		if (!(inb(KBC_STATUS) & KBC_STATUS_INPUT_FULL))
			break;
	outb(KBC_PULSE_RESET, KBC_COMMAND);
}

/**
 * machine_reset - reset the machine, one way or another
 */
void __noreturn machine_reset(void)
{
	chipset_reset();
	wait_ms(RESET_MS, 0);
	keyboard_reset();
	wait_ms(RESET_MS, 0);
	machine_fault();
}
