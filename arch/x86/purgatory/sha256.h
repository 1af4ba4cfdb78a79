/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PURGATORY_SHA256_H
#define PURGATORY_SHA256_H

#include <linux/types.h>

#include <crypto/sha2.h>

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
 * struct sha256_message - bytes, and what became of them
 * @data: The first byte, of any alignment.
 * @len: How many.
 * @digest: Written by sha256_both().
 */
struct sha256_message {
	const u8 *data;
	u64 len;
	u8 digest[SHA256_DIGEST_SIZE];
};

/* The round constants, 16-byte aligned for the SSE code that reads them. */
extern const u32 sha256_constants[64];

void sha256_both(enum sha256_path path, struct sha256_message m[2]);

void sha256_ni_pair(u32 h0[SHA256_STATE_WORDS], const u8 *data0,
		    u32 h1[SHA256_STATE_WORDS], const u8 *data1, u64 blocks);

#endif /* PURGATORY_SHA256_H */
