/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PURGATORY_DIGEST_H
#define PURGATORY_DIGEST_H

#include <linux/kexec_digest.h>

#include "sha256.h"

struct kexec_entry64_regs;

/**
 * struct digest_fault - one thing that is not as it was digested
 * @nr: Index of the digest.
 * @start: First byte of the part that is concerned.
 * @end: First byte after it.
 * @expected: Its digest when it was digested, or NULL: it should be zero.
 * @actual: Its digest now, or NULL.
 * @dirty: Where the first byte lies that is not zero, if @expected is NULL.
 */
struct digest_fault {
	unsigned int nr;
	u64 start;
	u64 end;
	const u8 *expected;
	const u8 *actual;
	u64 dirty;
};

/* What the loader finds by name and fills in. */
extern struct kexec_digests purgatory_digests;
extern struct kexec_entry64_regs entry64_regs;

typedef void digest_fault_fn(const struct digest_fault *fault);

bool digests_readable(const struct kexec_digests *digests);
unsigned int digests_check(const struct kexec_digests *digests, enum sha256_path path,
			 digest_fault_fn *report);

#endif /* PURGATORY_DIGEST_H */
