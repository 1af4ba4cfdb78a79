/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PURGATORY_MACHINE_H
#define PURGATORY_MACHINE_H

#include <linux/compiler_attributes.h>
#include <linux/kexec_digest.h>
#include <linux/types.h>

void pixels_open(const struct kexec_digest_console *given);
void pixels_putc(char c);

void console_open(const struct kexec_digest_console *given);
void console_text(const char *text);
void console_decimal(u32 value);
void console_address(u64 address);
void console_bytes(const u8 *bytes, unsigned int n);
void console_drain(void);

u64 tsc_read(void);
void wait_ms(u32 ms, u32 tsc_khz);
void __noreturn machine_halt(void);
void __noreturn machine_reset(void);
void __noreturn machine_fault(void);

#endif /* PURGATORY_MACHINE_H */
