/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: SHA-256 of two messages at once, by the CPU's SHA instructions
 *
 * Written from the description of SHA256RNDS2, SHA256MSG1 and SHA256MSG2 in the
 * Intel SDM, volume 2.  One SHA256RNDS2 does two rounds and the next one needs
 * its result; two messages give the unit two independent chains to work on.
 * They take turns every four rounds, close enough for the CPU to overlap them
 * by itself.
 *
 * Register use: a message keeps its state in two registers, in the order that
 * the instructions want (A B E F and C D G H, from the top dword down), and a
 * window of 16 schedule words in four more.  XMM0 is where SHA256RNDS2 looks
 * for words plus constants, and scratch in between.  The stack holds the state
 * as it was before the block.
 */

#include <linux/linkage.h>

#define H0	%rdi
#define DATA0	%rsi
#define H1	%rdx
#define DATA1	%rcx
#define BLOCKS	%r8
#define K	%rax
#define LAST_K	%r9

#define WK	%xmm0
#define ABEF_0	%xmm1
#define CDGH_0	%xmm2
#define ABEF_1	%xmm3
#define CDGH_1	%xmm4
#define BSWAP	%xmm5
/* Windows: %xmm6 to %xmm9 and %xmm10 to %xmm13 */

/* A B C D and E F G H, as they lie in memory, become A B E F and C D G H. */
.macro load_state h, abef, cdgh
	movdqu	(\h), \abef
	movdqu	16(\h), WK
	movdqa	\abef, \cdgh
	punpcklqdq WK, \abef
	punpckhqdq WK, \cdgh
	pshufd	$0x1b, \abef, \abef
	pshufd	$0x1b, \cdgh, \cdgh
.endm

.macro store_state h, abef, cdgh
	pshufd	$0x1b, \abef, \abef
	pshufd	$0x1b, \cdgh, \cdgh
	movdqa	\abef, WK
	punpcklqdq \cdgh, \abef
	punpckhqdq \cdgh, WK
	movdqu	\abef, (\h)
	movdqu	WK, 16(\h)
.endm

.macro load_words data, w0, w1, w2, w3
	movdqu	(\data), %xmm\w0
	movdqu	16(\data), %xmm\w1
	movdqu	32(\data), %xmm\w2
	movdqu	48(\data), %xmm\w3
	pshufb	BSWAP, %xmm\w0
	pshufb	BSWAP, %xmm\w1
	pshufb	BSWAP, %xmm\w2
	pshufb	BSWAP, %xmm\w3
.endm

/* Two rounds turn C D G H into the next A B E F, and the old one is the next
 * C D G H; so after two pairs both names are right again.
 */
.macro four_rounds abef, cdgh, w, k
	movdqa	\k, WK
	paddd	%xmm\w, WK
	sha256rnds2 WK, \abef, \cdgh
	pshufd	$0x0e, WK, WK
	sha256rnds2 WK, \cdgh, \abef
.endm

/* The oldest four words give way to the four that follow the newest. */
.macro four_words w0, w1, w2, w3
	sha256msg1 %xmm\w1, %xmm\w0
	movdqa	%xmm\w3, WK
	palignr	$4, %xmm\w2, WK
	paddd	WK, %xmm\w0
	sha256msg2 %xmm\w3, %xmm\w0
.endm

.macro quarter k, more, a0, a1, a2, a3, b0, b1, b2, b3
	four_rounds ABEF_0, CDGH_0, \a0, \k
	four_rounds ABEF_1, CDGH_1, \b0, \k
	.if \more
	four_words \a0, \a1, \a2, \a3
	four_words \b0, \b1, \b2, \b3
	.endif
.endm

.macro sixteen_rounds more
	quarter	  (K), \more, 6, 7, 8, 9, 10, 11, 12, 13
	quarter	16(K), \more, 7, 8, 9, 6, 11, 12, 13, 10
	quarter	32(K), \more, 8, 9, 6, 7, 12, 13, 10, 11
	quarter	48(K), \more, 9, 6, 7, 8, 13, 10, 11, 12
.endm

	.section .rodata, "a"
	.balign	16
SYM_DATA_START_LOCAL(big_endian)
	.quad	0x0405060700010203, 0x0c0d0e0f08090a0b
SYM_DATA_END(big_endian)

	.text
/**
 * sha256_ni_pair - compress whole blocks of two messages
 * @h0: State of the first message, eight words.
 * @data0: Its blocks, of any alignment.
 * @h1: State of the second.
 * @data1: Its blocks; may be the same.
 * @blocks: How many of each.  0 is fine.
 *
 * The CPU has SHA, SSSE3 and SSE4.1, and SSE is enabled; the caller finds out
 * and sees to it.  Overwrites XMM0 to XMM13.
 *
 * void sha256_ni_pair(u32 h0[8], const u8 *data0,
 *		       u32 h1[8], const u8 *data1, u64 blocks);
 */
SYM_FUNC_START(sha256_ni_pair)
	test	BLOCKS, BLOCKS
	jz	.Lnothing

	subq	$64, %rsp
	movdqa	big_endian(%rip), BSWAP
	leaq	sha256_constants+3*64(%rip), LAST_K
	load_state H0, ABEF_0, CDGH_0
	load_state H1, ABEF_1, CDGH_1

.Lblock:
	movdqu	ABEF_0, (%rsp)
	movdqu	CDGH_0, 16(%rsp)
	movdqu	ABEF_1, 32(%rsp)
	movdqu	CDGH_1, 48(%rsp)

	load_words DATA0, 6, 7, 8, 9
	load_words DATA1, 10, 11, 12, 13

	leaq	-3*64(LAST_K), K
.Lrounds:
	sixteen_rounds 1
	addq	$64, K
	cmpq	LAST_K, K
	jne	.Lrounds
	sixteen_rounds 0

	movdqu	(%rsp), %xmm6
	movdqu	16(%rsp), %xmm7
	movdqu	32(%rsp), %xmm8
	movdqu	48(%rsp), %xmm9
	paddd	%xmm6, ABEF_0
	paddd	%xmm7, CDGH_0
	paddd	%xmm8, ABEF_1
	paddd	%xmm9, CDGH_1

	addq	$64, DATA0
	addq	$64, DATA1
	decq	BLOCKS
	jnz	.Lblock

	store_state H0, ABEF_0, CDGH_0
	store_state H1, ABEF_1, CDGH_1
	addq	$64, %rsp
.Lnothing:
	RET
SYM_FUNC_END(sha256_ni_pair)
