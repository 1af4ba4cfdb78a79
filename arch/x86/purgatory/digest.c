// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Comparing an image with its digests
 *
 * Pure: reads the digests and the memory that they cover, writes nothing but its
 * stack, knows no device and no control register.  Linked into a user program
 * it does there what it does between the kernels, which is how it is tested
 * (rig/bench.d/purgatory).
 *
 * A damaged region does not end the check.  Which ones are damaged, and which
 * are not, is a clue to what damaged them.
 */

#include <linux/align.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "digest.h"

#define LINE_WORDS	8
#define LINE		(LINE_WORDS * sizeof(u64))

static bool line_is_zero(const u64 *word)
{
	u64 bits = 0;
	int i;

	for (i = 0; i < LINE_WORDS; i++)
		bits |= word[i];
	return !bits;
}

/* A line at a time where one fits, a byte at a time at the ends. */
static const u8 *first_nonzero(const u8 *p, const u8 *end)
{
	while (p < end) {
		if (IS_ALIGNED((unsigned long)p, sizeof(u64)) &&
		    end - p >= LINE && line_is_zero((const u64 *)p)) {
			p += LINE;
			continue;
		}
		if (*p)
			break;
		p++;
	}
	return p;
}

/**
 * sha256_pair - the digests of two messages of one length
 * @path: How.
 * @data: The messages, of any alignment; they may overlap.
 * @len: Bytes of each.
 * @out: Receives the digest of each.
 *
 * The SHA instructions take several cycles each and every one waits for the one
 * before, so one message leaves the unit idle half of the time; lib/crypto fills
 * the gaps with the other.  It wants a block at least, and counts in an int.
 * What it does not take is hashed in turn by integer code.
 *
 * Context: Any; for SHA256_NI with XMM registers in the caller's hands.
 */
void sha256_pair(enum sha256_path path, const u8 *const data[2], u64 len,
		 u8 out[2][SHA256_DIGEST_SIZE])
{
	struct sha256_ctx ctx;

	if (path == SHA256_NI && len >= SHA256_BLOCK_SIZE && len <= INT_MAX) {
		sha256_init(&ctx);
		sha256_ni_finup2x(&ctx.ctx, data[0], data[1], len, out[0], out[1]);
		return;
	}
	sha256(data[0], len, out[0]);
	sha256(data[1], len, out[1]);
}

static unsigned int check_halves(const struct kexec_digest *digest, unsigned int nr,
				 enum sha256_path path, digest_fault_fn *report)
{
	u64 half = kexec_digest_half(digest->len);
	const u8 *const data[2] = {
		(const u8 *)digest->start,
		(const u8 *)digest->start + digest->len - half,
	};
	u8 actual[2][SHA256_DIGEST_SIZE];
	unsigned int faults = 0;
	int i;

	sha256_pair(path, data, half, actual);

	for (i = 0; i < 2; i++) {
		struct digest_fault fault = {
			.nr = nr,
			.start = (u64)data[i],
			.end = (u64)data[i] + half,
			.expected = digest->digest[i],
			.actual = actual[i],
		};

		if (!memcmp(fault.expected, fault.actual, SHA256_DIGEST_SIZE))
			continue;
		report(&fault);
		faults++;
	}
	return faults;
}

static unsigned int check_zeros(const struct kexec_digest *digest, unsigned int nr,
				digest_fault_fn *report)
{
	struct digest_fault fault = {
		.nr = nr,
		.start = digest->start + digest->len,
		.end = digest->start + digest->len + digest->zeros,
	};

	fault.dirty = (u64)first_nonzero((const u8 *)fault.start,
					 (const u8 *)fault.end);
	if (fault.dirty == fault.end)
		return 0;
	report(&fault);
	return 1;
}

/**
 * digests_readable - whether these are digests at all
 * @digests: What may be digests.
 *
 * Return: true if the magic number is right and the count is possible.
 * Otherwise nothing in @digests is to be believed, the console included.
 */
bool digests_readable(const struct kexec_digests *digests)
{
	return digests->magic == KEXEC_DIGEST_MAGIC && digests->nr <= KEXEC_SEGMENT_MAX;
}

/**
 * digests_check - compare every digested region with its digest
 * @digests: The digests; digests_readable() holds.
 * @path: How to compute digests.
 * @report: Told of every fault, in the order of the digests.  What it is given
 *	    lives until it returns.
 *
 * Return: the number of faults, 0 for an image as it was digested.
 */
unsigned int digests_check(const struct kexec_digests *digests, enum sha256_path path,
			   digest_fault_fn *report)
{
	unsigned int nr, faults = 0;

	for (nr = 0; nr < digests->nr; nr++) {
		const struct kexec_digest *digest = &digests->region[nr];

		if (digest->len)
			faults += check_halves(digest, nr, path, report);
		faults += check_zeros(digest, nr, report);
	}
	return faults;
}
