// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: SHA-256 for the purgatory
 *
 * Two whole messages in, two digests out (FIPS 180-4).  Nothing is streamed:
 * the purgatory has every byte in front of it, so there is no context to keep
 * and no partial block to carry from call to call.
 *
 * The messages are independent.  The SHA instructions take several cycles each
 * and every one waits for the one before, so one message leaves the unit idle
 * half of the time; sha256_ni_pair() fills the gaps with the other message.
 * Integer code keeps the CPU busy with one, and takes them in turn.
 *
 * No state outside the stack, no indirect calls, and no XMM register touched by
 * anything compiled from this file.
 */

#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "sha256.h"

const u32 sha256_constants[64] __aligned(16) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
	0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
	0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
	0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
	0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/*
 * Word t of the schedule, in a window of the last 16.  The first 16 are the
 * message itself; each of the others takes the place of word t - 16.
 */
static __always_inline u32 schedule(u32 w[16], int t, const u8 *data, bool first)
{
	u32 near, far;

	if (first)
		return w[t] = get_unaligned_be32(data + 4 * t);

	far = w[(t + 1) % 16];
	near = w[(t + 14) % 16];
	far = ror32(far, 7) ^ ror32(far, 18) ^ far >> 3;
	near = ror32(near, 17) ^ ror32(near, 19) ^ near >> 10;
	return w[t] += far + w[(t + 9) % 16] + near;
}

/* What round t adds to its state, from schedule and constants. */
static __always_inline u32 input(u32 w[16], const u32 *k, int t, const u8 *data,
				 bool first)
{
	return k[t] + schedule(w, t, data, first);
}

/*
 * One round.  The eight working variables stay where they are: the caller
 * shifts their names in place of their values, and only two change.
 *
 * @ab is a ^ b; the round before left the b ^ c of this one in @bc.  That
 * saves an operation of the majority, b ^ ((a ^ b) & (b ^ c)).
 */
static __always_inline void sha256_round(u32 a, u32 b, u32 *bc, u32 *d, u32 e,
					 u32 f, u32 g, u32 *h, u32 wk)
{
	u32 ab = a ^ b;

	*h += wk + (g ^ (e & (f ^ g))) +
	      (ror32(e, 6) ^ ror32(e, 11) ^ ror32(e, 25));
	*d += *h;
	*h += (b ^ (ab & *bc)) + (ror32(a, 2) ^ ror32(a, 13) ^ ror32(a, 22));
	*bc = ab;
}

#define W(t)	input(w, k, t, data, first)

/* Sixteen rounds: twice through the names, once through the window. */
static __always_inline void sixteen_rounds(u32 v[8], u32 w[16], const u32 *k,
					   const u8 *data, bool first)
{
	u32 a = v[0], b = v[1], c = v[2], d = v[3];
	u32 e = v[4], f = v[5], g = v[6], h = v[7];
	u32 bc = b ^ c;

	sha256_round(a, b, &bc, &d, e, f, g, &h, W(0));
	sha256_round(h, a, &bc, &c, d, e, f, &g, W(1));
	sha256_round(g, h, &bc, &b, c, d, e, &f, W(2));
	sha256_round(f, g, &bc, &a, b, c, d, &e, W(3));
	sha256_round(e, f, &bc, &h, a, b, c, &d, W(4));
	sha256_round(d, e, &bc, &g, h, a, b, &c, W(5));
	sha256_round(c, d, &bc, &f, g, h, a, &b, W(6));
	sha256_round(b, c, &bc, &e, f, g, h, &a, W(7));
	sha256_round(a, b, &bc, &d, e, f, g, &h, W(8));
	sha256_round(h, a, &bc, &c, d, e, f, &g, W(9));
	sha256_round(g, h, &bc, &b, c, d, e, &f, W(10));
	sha256_round(f, g, &bc, &a, b, c, d, &e, W(11));
	sha256_round(e, f, &bc, &h, a, b, c, &d, W(12));
	sha256_round(d, e, &bc, &g, h, a, b, &c, W(13));
	sha256_round(c, d, &bc, &f, g, h, a, &b, W(14));
	sha256_round(b, c, &bc, &e, f, g, h, &a, W(15));

	v[0] = a;
	v[1] = b;
	v[2] = c;
	v[3] = d;
	v[4] = e;
	v[5] = f;
	v[6] = g;
	v[7] = h;
}

#undef W

static void scalar_blocks(u32 h[SHA256_STATE_WORDS], const u8 *data, u64 blocks)
{
	for (; blocks; blocks--, data += SHA256_BLOCK_SIZE) {
		u32 v[SHA256_STATE_WORDS], w[16];
		const u32 *k = sha256_constants;
		int i;

		for (i = 0; i < SHA256_STATE_WORDS; i++)
			v[i] = h[i];

		sixteen_rounds(v, w, k, data, true);
		/* Not for the compiler to unroll: that gains size, not speed. */
		OPTIMIZER_HIDE_VAR(k);
		for (i = 0; i < 3; i++)
			sixteen_rounds(v, w, k += 16, data, false);

		for (i = 0; i < SHA256_STATE_WORDS; i++)
			h[i] += v[i];
	}
}

/* Alone, a message has a shadow for company: the time is the same. */
static void ni_blocks(u32 h[SHA256_STATE_WORDS], const u8 *data, u64 blocks)
{
	u32 shadow[SHA256_STATE_WORDS] = {};

	sha256_ni_pair(h, data, shadow, data, blocks);
}

static void one(enum sha256_path path, u32 h[SHA256_STATE_WORDS],
		const u8 *data, u64 blocks)
{
	if (path == SHA256_NI)
		ni_blocks(h, data, blocks);
	else
		scalar_blocks(h, data, blocks);
}

static void two(enum sha256_path path, u32 h[2][SHA256_STATE_WORDS],
		const u8 *data0, const u8 *data1, u64 blocks)
{
	if (path == SHA256_NI) {
		sha256_ni_pair(h[0], data0, h[1], data1, blocks);
	} else {
		scalar_blocks(h[0], data0, blocks);
		scalar_blocks(h[1], data1, blocks);
	}
}

/*
 * What is left of message @m after @done bytes: whole blocks where they lie,
 * then the rest with the padding of FIPS 180-4, 5.1.1, in one block or two.
 */
static void finish(enum sha256_path path, u32 h[SHA256_STATE_WORDS],
		   struct sha256_message *m, u64 done)
{
	const u8 *data = m->data + done;
	u64 left = m->len - done;
	u64 rest = left % SHA256_BLOCK_SIZE;
	size_t padded = rest < SHA256_BLOCK_SIZE - 8 ? SHA256_BLOCK_SIZE :
						       2 * SHA256_BLOCK_SIZE;
	u8 pad[2 * SHA256_BLOCK_SIZE];
	int i;

	one(path, h, data, left / SHA256_BLOCK_SIZE);

	memset(pad, 0, sizeof(pad));
	memcpy(pad, data + left - rest, rest);
	pad[rest] = 0x80;
	put_unaligned_be64(m->len * 8, pad + padded - 8);
	one(path, h, pad, padded / SHA256_BLOCK_SIZE);

	for (i = 0; i < SHA256_STATE_WORDS; i++)
		put_unaligned_be32(h[i], m->digest + 4 * i);
}

/**
 * sha256_both - the digests of two messages
 * @path: How.
 * @m: The messages; their digests are filled in.
 *
 * As fast as the longer of the two alone where SHA instructions are used, so
 * the lengths are best about equal.  The stack takes some 400 bytes.
 *
 * Context: Any; for SHA256_NI with XMM registers in the caller's hands.
 */
void sha256_both(enum sha256_path path, struct sha256_message m[2])
{
	u32 h[2][SHA256_STATE_WORDS];
	u64 blocks = min(m[0].len, m[1].len) / SHA256_BLOCK_SIZE;
	int i;

	for (i = 0; i < 2; i++) {
		h[i][0] = SHA256_H0;
		h[i][1] = SHA256_H1;
		h[i][2] = SHA256_H2;
		h[i][3] = SHA256_H3;
		h[i][4] = SHA256_H4;
		h[i][5] = SHA256_H5;
		h[i][6] = SHA256_H6;
		h[i][7] = SHA256_H7;
	}

	two(path, h, m[0].data, m[1].data, blocks);
	for (i = 0; i < 2; i++)
		finish(path, h[i], &m[i], blocks * SHA256_BLOCK_SIZE);
}
