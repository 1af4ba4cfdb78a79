/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the test and the benchmark of the purgatory share: a loader's side of
 * the digests, written from include/linux/kexec_digest.h and with openssl's SHA-256,
 * so that it has no code in common with what is tested.
 */
#ifndef PURGATORY_IMAGE_H
#define PURGATORY_IMAGE_H

#include <stddef.h>

#include <linux/kexec_digest.h>

#include "digest.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* What the purgatory has for compilers to call, renamed by link.sh. */
void *purgatory_memcpy(void *to, const void *from, size_t n);
void *purgatory_memmove(void *to, const void *from, size_t n);
void *purgatory_memset(void *to, int c, size_t n);
int purgatory_memcmp(const void *a, const void *b, size_t n);

/* What the memcpy() of these calls when its ranges overlap, likewise. */
void purgatory_warn(const char *text);

/* The whole interface of a stock purgatory, likewise. */
struct stock_region {
	unsigned long start;
	unsigned long len;
};

extern struct stock_region stock_sha_regions[KEXEC_SEGMENT_MAX];
extern u8 stock_sha256_digest[SHA256_DIGEST_SIZE];
void stock_purgatory(void);

/* Random bytes, the same in every run. */
void image_random(void *to, size_t n);

/* Whether this CPU can run the purgatory's SHA-NI path. */
bool image_cpu_has_sha_ni(void);

/* Digests @len bytes at @start and @zeros bytes behind them. */
void image_digest(struct kexec_digest *digest, const void *start, u64 len, u64 zeros);

/* Empty digests with the right magic number. */
void image_init(struct kexec_digests *digests);

#endif
