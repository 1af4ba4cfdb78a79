// SPDX-License-Identifier: GPL-2.0
#include <cpuid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "image.h"

void image_random(void *to, size_t n)
{
	static u64 state = 88172645463325252ull;
	u8 *p = to;

	while (n--) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		*p++ = state >> 32;
	}
}

bool image_cpu_has_sha_ni(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & 1u << 29;
}

void image_digest(struct kexec_digest *digest, const void *start, u64 len, u64 zeros)
{
	const u8 *bytes = start;
	u64 half = (len + 1) / 2;

	memset(digest, 0, sizeof(*digest));
	digest->start = (u64)start;
	digest->len = len;
	digest->zeros = zeros;
	if (!len)
		return;
	SHA256(bytes, half, digest->digest[0]);
	SHA256(bytes + len / 2, half, digest->digest[1]);
}

void purgatory_warn(const char *text)
{
	fprintf(stderr, "purgatory: %s\n", text);
	abort();
}

void image_init(struct kexec_digests *digests)
{
	memset(digests, 0, sizeof(*digests));
	digests->magic = KEXEC_DIGEST_MAGIC;
}
