/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PURGATORY_DIGEST_H
#define PURGATORY_DIGEST_H

#include <linux/kexec_digest.h>
#include <linux/types.h>

#include <crypto/sha2.h>

struct __sha256_ctx;
struct kexec_entry64_regs;
struct kexec_timeline;

/**
 * enum sha256_path - the two ways to compute the same digest
 * @SHA256_SCALAR: Integer instructions, any CPU.
 * @SHA256_NI: The CPU's SHA instructions.  The caller has seen to it that the
 *	       CPU has them and that XMM registers may be used.
 */
enum sha256_path {
	SHA256_SCALAR,
	SHA256_NI,
};

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
extern struct kexec_timeline purgatory_timeline;

typedef void digest_fault_fn(const struct digest_fault *fault);

/* lib/crypto/x86/sha256-ni-asm.S, which no header declares. */
void sha256_ni_finup2x(const struct __sha256_ctx *ctx, const u8 *data1, const u8 *data2,
		       int len, u8 out1[SHA256_DIGEST_SIZE], u8 out2[SHA256_DIGEST_SIZE]);

void sha256_pair(enum sha256_path path, const u8 *const data[2], u64 len,
		 u8 out[2][SHA256_DIGEST_SIZE]);

bool digests_readable(const struct kexec_digests *digests);
unsigned int digests_check(const struct kexec_digests *digests, enum sha256_path path,
			   digest_fault_fn *report);

#endif /* PURGATORY_DIGEST_H */
