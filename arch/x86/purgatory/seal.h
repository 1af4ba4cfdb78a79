/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PURGATORY_SEAL_H
#define PURGATORY_SEAL_H

#include <linux/kexec_seal.h>

#include "sha256.h"

struct kexec_entry64_regs;

/**
 * struct seal_fault - one thing that is not as it was sealed
 * @nr: Index of the seal.
 * @start: First byte of the part that is concerned.
 * @end: First byte after it.
 * @expected: Its digest when it was sealed, or NULL: it should be zero.
 * @actual: Its digest now, or NULL.
 * @dirty: Where the first byte lies that is not zero, if @expected is NULL.
 */
struct seal_fault {
	unsigned int nr;
	u64 start;
	u64 end;
	const u8 *expected;
	const u8 *actual;
	u64 dirty;
};

/* What the loader finds by name and fills in. */
extern struct kexec_seals purgatory_seals;
extern struct kexec_entry64_regs entry64_regs;

typedef void seal_fault_fn(const struct seal_fault *fault);

bool seals_readable(const struct kexec_seals *seals);
unsigned int seals_check(const struct kexec_seals *seals, enum sha256_path path,
			 seal_fault_fn *report);

#endif /* PURGATORY_SEAL_H */
