// SPDX-License-Identifier: GPL-2.0
/*
 * The interface between loader and purgatory:
 * Copyright (C) 2014 Red Hat Inc.
 * Author: Vivek Goyal <vgoyal@redhat.com>
 */
/**
 * DOC: Between two kernels
 *
 * The old kernel is gone and the next one is in place, if nothing has damaged
 * it.  That is what the purgatory finds out.  All it has to go by is
 * &purgatory_digests and &entry64_regs, which the loader filled in through the
 * symbol table of the purgatory before it was loaded.  What it adds to is
 * &purgatory_timeline, where the next kernel reads how long all this took.
 *
 * entry.S sets up segments and a stack and calls purgatory(), which either
 * loads &entry64_regs and so enters the next kernel, or reports on the console
 * that the loader knows of what is damaged, and resets the machine.  It never
 * returns.
 *
 * The state of the CPU is that of the old kernel's relocate_kernel(): paging
 * on, nothing else enabled in CR4, no exception expected.  What is changed here
 * for the sake of the SHA instructions is changed back: the next kernel finds
 * control registers and XMM state as if there had been no purgatory.
 *
 * Not covered by a digest: the purgatory itself.
 */

#include <linux/bits.h>
#include <linux/kexec.h>
#include <linux/kexec_timeline.h>
#include <linux/stddef.h>
#include <asm/cpufeatures.h>
#include <asm/cpuid/api.h>
#include <asm/processor-flags.h>
#include <asm/purgatory.h>

#include "../boot/compressed/error.h"
#include "machine.h"
#include "digest.h"

/* Both are in .data: zeros or not, the loader has to have bytes to write to. */
struct kexec_digests purgatory_digests __section(".data") = {
	.magic = KEXEC_DIGEST_MAGIC,
};

struct kexec_entry64_regs entry64_regs __section(".data");

/* Part of a list that the next kernel walks, and written to by the old one, too. */
struct kexec_timeline purgatory_timeline __section(".timeline") __aligned(PAGE_SIZE) = {
	.type = KEXEC_TIMELINE_TYPE,
	.len = KEXEC_TIMELINE_LEN,
	.magic = KEXEC_TIMELINE_MAGIC,
};

static void stamp(enum kexec_stamp nr)
{
	if (purgatory_timeline.khz)
		purgatory_timeline.stamp[nr] = tsc_read();
}

/*
 * The old kernel could write to it until the end, and may have gone mad: with a wrong
 * number in it the next kernel can live, not with a list that leads anywhere.
 */
static void restore_list(void)
{
	purgatory_timeline.next = 0;
	purgatory_timeline.type = KEXEC_TIMELINE_TYPE;
	purgatory_timeline.len = KEXEC_TIMELINE_LEN;
	purgatory_timeline.magic = KEXEC_TIMELINE_MAGIC;
}

/* What the SHA code needs and others own. */
struct sse_state {
	unsigned long cr0, cr4;
	u8 fxsave[512] __aligned(16);
};

static void sse_begin(struct sse_state *saved)
{
	asm volatile("mov %%cr0, %0" : "=r" (saved->cr0));
	asm volatile("mov %%cr4, %0" : "=r" (saved->cr4));
	asm volatile("mov %0, %%cr0" : :
		     "r" (saved->cr0 & ~(X86_CR0_EM | X86_CR0_TS)));
	asm volatile("mov %0, %%cr4" : : "r" (saved->cr4 | X86_CR4_OSFXSR));
	asm volatile("fxsave64 %0" : "=m" (saved->fxsave) : : "memory");
}

static void sse_end(const struct sse_state *saved)
{
	asm volatile("fxrstor64 %0" : : "m" (saved->fxsave) : "memory");
	asm volatile("mov %0, %%cr4" : : "r" (saved->cr4));
	asm volatile("mov %0, %%cr0" : : "r" (saved->cr0));
}

#define CPUID_BIT(feature)	BIT((feature) % 32)

/* All that sha256-ni-asm.S executes beyond SSE2, which every 64-bit CPU has. */
static bool cpu_has_sha_ni(void)
{
	const u32 ssse3_sse41 = CPUID_BIT(X86_FEATURE_SSSE3) |
				CPUID_BIT(X86_FEATURE_XMM4_1);

	return native_cpuid_eax(0) >= 7 &&
	       (native_cpuid_ecx(1) & ssse3_sse41) == ssse3_sse41 &&
	       native_cpuid_ebx(7) & CPUID_BIT(X86_FEATURE_SHA_NI);
}

static enum sha256_path sha256_choose(u32 flags)
{
	bool ni = flags & KEXEC_DIGEST_ENCRYPTED ? flags & KEXEC_DIGEST_SHA_NI :
						 cpu_has_sha_ni();

	return ni ? SHA256_NI : SHA256_SCALAR;
}

static void print_fault(const struct digest_fault *fault)
{
	if (purgatory_digests.flags & KEXEC_DIGEST_ENCRYPTED)
		return;

	console_open(&purgatory_digests.console);
	console_text("purgatory: region ");
	console_decimal(fault->nr);
	console_text(" [mem ");
	console_address(fault->start);
	console_text("-");
	console_address(fault->end - 1);
	console_text("]: ");

	if (!fault->expected) {
		console_text("not zero at ");
		console_address(fault->dirty);
		console_text("\n");
		return;
	}

	console_text("digest mismatch\npurgatory:   expected ");
	console_bytes(fault->expected, SHA256_DIGEST_SIZE);
	console_text("\npurgatory:   actual   ");
	console_bytes(fault->actual, SHA256_DIGEST_SIZE);
	console_text("\n");
}

static unsigned int check_by_ni(void)
{
	struct sse_state saved;
	unsigned int faults;

	sse_begin(&saved);
	faults = digests_check(&purgatory_digests, SHA256_NI, print_fault);
	sse_end(&saved);
	return faults;
}

static unsigned int check_image(void)
{
	if (sha256_choose(purgatory_digests.flags) == SHA256_NI)
		return check_by_ni();
	return digests_check(&purgatory_digests, SHA256_SCALAR, print_fault);
}

/* How far it has got, for whoever asked for it at the load. */
static bool tells(void)
{
	u32 flags = purgatory_digests.flags;

	if (!(flags & KEXEC_DIGEST_TELL) || flags & KEXEC_DIGEST_ENCRYPTED)
		return false;
	console_open(&purgatory_digests.console);
	return true;
}

static void tell_start(void)
{
	if (!tells())
		return;
	console_text("purgatory: regions to be verified: ");
	console_decimal(purgatory_digests.nr);
	console_text("\n");
}

/* What the next kernel makes of the UART is its business, so all is to be out before. */
static void tell_end(void)
{
	if (!tells())
		return;
	console_text("purgatory: the next kernel is entered at ");
	console_address(entry64_regs.rip);
	console_text("\n");
	console_drain();
}

/* The image is damaged.  What print_fault() said is all that will be known. */
static void __noreturn give_up(void)
{
	u32 flags = purgatory_digests.flags;

	if (flags & KEXEC_DIGEST_ENCRYPTED)
		machine_fault();

	console_text(flags & KEXEC_DIGEST_HALT ?
		     "purgatory: image damaged, halting\n" :
		     "purgatory: image damaged, resetting the machine\n");
	console_drain();
	if (flags & KEXEC_DIGEST_HALT)
		machine_halt();

	wait_ms(purgatory_digests.wait_ms, purgatory_digests.tsc_khz);
	machine_reset();
}

/*
 * The decompressor's memcpy() says here that its ranges overlap, and then copies
 * as memmove() does.  What is copied here never overlaps.
 */
void warn(const char *text)
{
}

#define REG(name)	"i" (offsetof(struct kexec_entry64_regs, name))

/* Offsets come from the structure itself: there is no second list to agree. */
static void __noreturn enter_next_kernel(void)
{
	asm volatile("movq entry64_regs+%c[rax](%%rip), %%rax\n\t"
		     "movq entry64_regs+%c[rcx](%%rip), %%rcx\n\t"
		     "movq entry64_regs+%c[rdx](%%rip), %%rdx\n\t"
		     "movq entry64_regs+%c[rbx](%%rip), %%rbx\n\t"
		     "movq entry64_regs+%c[rsp](%%rip), %%rsp\n\t"
		     "movq entry64_regs+%c[rbp](%%rip), %%rbp\n\t"
		     "movq entry64_regs+%c[rsi](%%rip), %%rsi\n\t"
		     "movq entry64_regs+%c[rdi](%%rip), %%rdi\n\t"
		     "movq entry64_regs+%c[r8](%%rip), %%r8\n\t"
		     "movq entry64_regs+%c[r9](%%rip), %%r9\n\t"
		     "movq entry64_regs+%c[r10](%%rip), %%r10\n\t"
		     "movq entry64_regs+%c[r11](%%rip), %%r11\n\t"
		     "movq entry64_regs+%c[r12](%%rip), %%r12\n\t"
		     "movq entry64_regs+%c[r13](%%rip), %%r13\n\t"
		     "movq entry64_regs+%c[r14](%%rip), %%r14\n\t"
		     "movq entry64_regs+%c[r15](%%rip), %%r15\n\t"
		     "jmpq *entry64_regs+%c[rip](%%rip)" : :
		     [rax] REG(rax), [rcx] REG(rcx), [rdx] REG(rdx), [rbx] REG(rbx),
		     [rsp] REG(rsp), [rbp] REG(rbp), [rsi] REG(rsi), [rdi] REG(rdi),
		     [r8] REG(r8), [r9] REG(r9), [r10] REG(r10), [r11] REG(r11),
		     [r12] REG(r12), [r13] REG(r13), [r14] REG(r14), [r15] REG(r15),
		     [rip] REG(rip) : "memory");
	machine_halt();
}

/* Nothing but the seventeen registers that are loaded above. */
static_assert(sizeof(struct kexec_entry64_regs) == 17 * sizeof(u64));

/**
 * purgatory - enter the next kernel, or do not
 *
 * Called by purgatory_start on its own stack; does not return.  Digests that
 * cannot be read say nothing that is to be trusted, a console least of all:
 * then the machine is reset without a word.
 */
void purgatory(void)
{
	stamp(KEXEC_STAMP_PURGATORY);
	if (!digests_readable(&purgatory_digests))
		machine_reset();
	tell_start();
	if (check_image())
		give_up();
	tell_end();
	restore_list();
	stamp(KEXEC_STAMP_VERIFIED);
	enter_next_kernel();
}
