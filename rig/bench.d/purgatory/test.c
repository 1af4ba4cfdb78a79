// SPDX-License-Identifier: GPL-2.0
/*
 * The purgatory's own objects, as linked into purgatory.ro, in a user program:
 * SHA-256 by both paths against published vectors and openssl, digests on intact
 * and on damaged images, the string functions against libc.  Prints TAP.
 *
 * Every property is checked exhaustively where that is affordable (each length,
 * each alignment, each byte that can be damaged) and with a page that must not
 * be touched behind and before what may be read.
 */

#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <openssl/sha.h>

#include "image.h"

/* What the purgatory was built with. */
static_assert(sizeof(struct kexec_digests) == DIGESTS_SIZE);

#define PAGE	4096ul

static unsigned int tests, failures;
static enum sha256_path path;
static const char *path_name;

/* The first thing that was wrong in the property at hand. */
static char wrong[256];

static __printf(1, 2) bool mismatch(const char *format, ...)
{
	va_list args;

	if (wrong[0])
		return false;
	va_start(args, format);
	vsnprintf(wrong, sizeof(wrong), format, args);
	va_end(args);
	return false;
}

static void property(const char *what, void (*check)(void))
{
	wrong[0] = 0;
	check();
	printf("%sok %u - %s%s%s\n", wrong[0] ? "not " : "", ++tests,
	       path_name ?: "", path_name ? ": " : "", what);
	if (wrong[0]) {
		printf("# %s\n", wrong);
		failures++;
	}
	fflush(stdout);
}

static void skip(const char *what, const char *why)
{
	printf("ok %u - %s # SKIP %s\n", ++tests, what, why);
}

/* Memory with an inaccessible page on either side. */
static u8 *guarded(size_t pages)
{
	u8 *p = mmap(NULL, (pages + 2) * PAGE, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED ||
	    mprotect(p + PAGE, pages * PAGE, PROT_READ | PROT_WRITE)) {
		puts("Bail out! no memory");
		exit(1);
	}
	return p + PAGE;
}

/* --- SHA-256 --- */

static bool digests_right(const u8 *data0, const u8 *data1, u64 len)
{
	const u8 *const data[2] = { data0, data1 };
	u8 got[2][SHA256_DIGEST_SIZE], want[SHA256_DIGEST_SIZE];
	int i;

	sha256_pair(path, data, len, got);
	for (i = 0; i < 2; i++) {
		if (!i || data1 != data0)
			SHA256(data[i], len, want);
		if (memcmp(want, got[i], sizeof(want)))
			return mismatch("message %d of length %lu at %p", i, len, data[i]);
	}
	return true;
}

static void one_vector(const char *text, unsigned int times, const char *hex)
{
	size_t n = strlen(text);
	u8 *data = malloc(n * times + 1);
	const u8 *const both[2] = { data, data };
	u8 got[2][SHA256_DIGEST_SIZE];
	char digits[65];
	unsigned int slot, i;

	for (i = 0; i < times; i++)
		memcpy(data + n * i, text, n);
	sha256_pair(path, both, n * times, got);
	for (slot = 0; slot < 2; slot++) {
		for (i = 0; i < SHA256_DIGEST_SIZE; i++)
			sprintf(digits + 2 * i, "%02x", got[slot][i]);
		if (strcmp(digits, hex))
			mismatch("\"%s\" x %u gives %s", text, times, digits);
	}
	free(data);
}

/* FIPS 180-4 and the examples that NIST publishes with it. */
static void vectors(void)
{
	one_vector("", 1,
		   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	one_vector("abc", 1,
		   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	one_vector("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
		   "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	one_vector("a", 1000000,
		   "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void lengths(void)
{
	u8 *data = guarded(1);
	unsigned int n;

	image_random(data, PAGE);
	for (n = 0; n <= 1024; n++)
		digests_right(data, data + 1024, n);
}

static void alignments(void)
{
	u8 *data = guarded(1);
	unsigned int at, n;

	image_random(data, PAGE);
	for (at = 0; at < 64; at++)
		for (n = 0; n <= 260; n++)
			digests_right(data + at, data + 1024 + (at * 7) % 64, n);
}

/* Anywhere, apart or overlapping. */
static void anywhere(void)
{
	u8 *data = malloc(1 << 20);
	unsigned int i;

	image_random(data, 1 << 20);
	for (i = 0; i < 2000; i++) {
		u32 r[3];

		image_random(r, sizeof(r));
		digests_right(data + r[0] % 300000, data + r[1] % 300000, r[2] % 20000);
	}
	digests_right(data, data + 1, (1 << 20) - 1);
	digests_right(data, data, 1 << 20);
	free(data);
}

static void guards(void)
{
	u8 *data = guarded(2), *end = data + 2 * PAGE;
	unsigned int n;

	image_random(data, 2 * PAGE);
	for (n = 0; n <= 600; n++) {
		digests_right(end - n, data, n);
		digests_right(data, end - n, n);
	}
}

/*
 * Half of the longest region that there can be, since no file beyond 4 GiB is read;
 * it is a byte longer than the SHA code can count.
 */
static void two_gigabytes(void)
{
	u64 len = 2ul << 30;
	u8 *zeros = mmap(NULL, len, PROT_READ,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (zeros == MAP_FAILED) {
		mismatch("no address space");
		return;
	}
	digests_right(zeros, zeros, len - 1);
	digests_right(zeros, zeros, len);
	munmap(zeros, len);
}

/* --- Digests --- */

static struct kexec_digests digests;
static struct digest_fault faults[64];
static u8 actual[64][SHA256_DIGEST_SIZE];
static unsigned int reported;

static void note(const struct digest_fault *fault)
{
	if (reported == 64)
		return;
	faults[reported] = *fault;
	if (fault->actual)
		memcpy(actual[reported], fault->actual, SHA256_DIGEST_SIZE);
	reported++;
}

/* How many faults; the count and the reports agree. */
static unsigned int faults_found(void)
{
	unsigned int n;

	reported = 0;
	n = digests_check(&digests, path, note);
	if (n != reported)
		mismatch("%u faults, %u reports", n, reported);
	return n;
}

static bool intact(const char *what)
{
	return !faults_found() ||
	       mismatch("%s: digest %u [%#lx, %#lx) refused", what, faults[0].nr,
			faults[0].start, faults[0].end);
}

/* Bytes of each half of digest @nr, and where half @i begins. */
static u64 half_of(unsigned int nr)
{
	return (digests.region[nr].len + 1) / 2;
}

static u64 half_start(unsigned int nr, int i)
{
	return digests.region[nr].start + i * (digests.region[nr].len / 2);
}

static bool in_half(unsigned int nr, int i, u64 at)
{
	return at >= half_start(nr, i) && at < half_start(nr, i) + half_of(nr);
}

static bool is_of_half(const struct digest_fault *fault, const u8 *digest, unsigned int nr,
		       int i)
{
	u8 now[SHA256_DIGEST_SIZE];

	SHA256((u8 *)half_start(nr, i), half_of(nr), now);
	return fault->nr == nr && fault->start == half_start(nr, i) &&
	       fault->end == half_start(nr, i) + half_of(nr) &&
	       fault->expected == digests.region[nr].digest[i] &&
	       !memcmp(digest, now, sizeof(now));
}

/* Just the faults of those halves of digest @nr that have byte @at. */
static bool digest_fault(unsigned int nr, u64 at)
{
	unsigned int n = 0;
	int i;

	faults_found();
	for (i = 0; i < 2; i++) {
		if (!in_half(nr, i, at))
			continue;
		if (n == reported || !is_of_half(&faults[n], actual[n], nr, i))
			return mismatch("digest %u, byte %#lx changed: no report of half %d", nr,
					at - digests.region[nr].start, i);
		n++;
	}
	return n == reported ||
	       mismatch("digest %u, byte %#lx changed: %u faults", nr,
			at - digests.region[nr].start, reported);
}

/* Exactly one fault: the tail of digest @nr has its first dirt at @at. */
static bool zero_fault(unsigned int nr, u64 at)
{
	const struct kexec_digest *digest = &digests.region[nr];
	u64 start = digest->start + digest->len;

	if (faults_found() != 1)
		return mismatch("digest %u, dirt at %#lx: %u faults", nr,
				at - start, reported);
	return (faults[0].nr == nr && faults[0].start == start &&
		faults[0].end == start + digest->zeros && !faults[0].expected &&
		faults[0].dirty == at) ||
	       mismatch("digest %u, dirt at %#lx: report is of digest %u, %#lx", nr,
			at - start, faults[0].nr, faults[0].dirty - start);
}

/*
 * The segments of a bzImage load in miniature: purgatory's neighbours
 * boot_params and command line (odd length, padded to pages), a kernel with a
 * long tail for its bss, an initrd; a crash image has ELF headers and a backup
 * of zeros besides.
 */
static u8 *build_image(void)
{
	static const struct {
		u64 len, zeros;
	} segment[] = {
		{ 5237, 2 * PAGE - 5237 },
		{ 5 * PAGE, 3 * PAGE },
		{ 8 * PAGE + 1, PAGE - 1 },
		{ 0, PAGE },
		{ PAGE, 0 },
		{ 0, 0 },
		{ 2 * PAGE - 1, 1 },
		{ 17, PAGE - 17 },
	};
	static u8 *memory;
	unsigned int i;
	u8 *at;

	if (!memory)
		memory = guarded(32);
	memset(memory, 0, 32 * PAGE);
	image_init(&digests);
	digests.nr = ARRAY_SIZE(segment);
	for (i = 0, at = memory; i < digests.nr; i++) {
		image_random(at, segment[i].len);
		image_digest(&digests.region[i], at, segment[i].len, segment[i].zeros);
		at += segment[i].len + segment[i].zeros;
	}
	return memory;
}

static void image_intact(void)
{
	build_image();
	intact("image");
	if (!digests_readable(&digests))
		mismatch("not readable");
}

static void image_full(void)
{
	u8 *memory = build_image();
	unsigned int i;

	image_init(&digests);
	digests.nr = KEXEC_SEGMENT_MAX;
	image_random(memory, 16 * PAGE);
	for (i = 0; i < KEXEC_SEGMENT_MAX; i++)
		image_digest(&digests.region[i], memory + i * PAGE, PAGE, 0);
	intact("sixteen regions");
	memory[16 * PAGE - 1] ^= 1;
	digest_fault(15, (u64)&memory[16 * PAGE - 1]);
	digests.nr = 15;
	intact("fifteen of sixteen");
}

static void image_none(void)
{
	image_init(&digests);
	intact("no digests");
	digests.nr = KEXEC_SEGMENT_MAX;
	intact("unused digests");
	digests.region[3].start = 1;
	intact("an unused digest with an address");
}

/* Long and short, even and odd. */
static void halves(void)
{
	u8 *memory = build_image();
	unsigned int len;

	image_random(memory, 32 * PAGE);
	image_init(&digests);
	digests.nr = 1;
	for (len = 1; len < 32 * PAGE; len += len < 2 * PAGE ? 1 : 61) {
		image_digest(&digests.region[0], memory, len, 0);
		intact("halves");
	}
	for (len = 0; len < 10000; len++)
		if (kexec_digest_half(len) != (len + 1) / 2)
			mismatch("half of %u is %lu", len, kexec_digest_half(len));
}

static void change_byte(unsigned int nr, u64 i)
{
	u8 *byte = (u8 *)digests.region[nr].start + i;

	*byte ^= 1 << i % 8;
	digest_fault(nr, (u64)byte);
	*byte ^= 1 << i % 8;
}

static void every_byte(void)
{
	unsigned int nr;
	u64 i;

	build_image();
	for (nr = 0; nr < digests.nr; nr++) {
		u64 len = digests.region[nr].len;
		u64 step = len > 6000 ? 61 : 1;

		/* Each byte of the small ones; of the others all ends, and many. */
		for (i = 0; i < len; i += step)
			change_byte(nr, i);
		if (!len)
			continue;
		change_byte(nr, len - 1);
		change_byte(nr, (len - 1) / 2);
		change_byte(nr, len / 2);
	}
	intact("as before");
}

static void every_tail(void)
{
	unsigned int nr;
	u64 i;

	build_image();
	for (nr = 0; nr < digests.nr; nr++) {
		struct kexec_digest *digest = &digests.region[nr];

		for (i = 0; i < digest->zeros; i++) {
			u8 *byte = (u8 *)digest->start + digest->len + i;

			*byte = 1 << i % 8;
			zero_fault(nr, (u64)byte);
			*byte = 0;
		}
	}
	intact("as before");
}

/* Tails of any length at any alignment, up against pages not to be touched. */
static void tail_shapes(void)
{
	u8 *memory = guarded(1);
	unsigned int at, n;

	image_init(&digests);
	digests.nr = 1;
	for (at = 0; at < 16; at++) {
		for (n = 0; n <= 300; n++) {
			u8 *end = memory + PAGE - at;

			memset(memory, 0xff, PAGE);
			memset(end - n, 0, n);
			image_digest(&digests.region[0], end - n, 0, n);
			intact("tail up to a page's end");

			if (n) {
				end[-1] = 0x80;
				zero_fault(0, (u64)end - 1);
				end[-(int)n] = 1;
				zero_fault(0, (u64)end - n);
			}

			memset(memory + at, 0, n);
			image_digest(&digests.region[0], memory + at, 0, n);
			intact("tail from a page's start");
		}
	}
}

/* Two words whose sum, and two whose difference, is zero. */
static void cancelling(void)
{
	u64 *word = (u64 *)guarded(1);
	unsigned int i, j;

	image_init(&digests);
	digests.nr = 1;
	image_digest(&digests.region[0], word, 0, 256);
	for (i = 0; i < 32; i++) {
		for (j = i + 1; j < 32; j++) {
			word[i] = 1;
			word[j] = -1;
			zero_fault(0, (u64)&word[i]);
			word[j] = 1;
			zero_fault(0, (u64)&word[i]);
			word[i] = 0;
			word[j] = 0;
		}
	}
}

/* A changed digest: just the fault of that half. */
static void change_digest(unsigned int nr, int half, unsigned int i)
{
	u8 *byte = &digests.region[nr].digest[half][i];

	*byte ^= 1;
	if (faults_found() != 1 || !is_of_half(&faults[0], actual[0], nr, half))
		mismatch("digest %u, half %d, byte %u changed: %u faults", nr, half, i, reported);
	*byte ^= 1;
}

static void every_digest_byte(void)
{
	unsigned int nr, half, i;

	build_image();
	for (nr = 0; nr < digests.nr; nr++)
		for (half = 0; half < 2 && digests.region[nr].len; half++)
			for (i = 0; i < SHA256_DIGEST_SIZE; i++)
				change_digest(nr, half, i);
}

static void all_faults(void)
{
	unsigned int nr, n = 0;

	build_image();
	for (nr = 0; nr < digests.nr; nr++) {
		struct kexec_digest *digest = &digests.region[nr];
		u8 *bytes = (u8 *)digest->start;

		if (digest->len) {
			bytes[0] ^= 1;
			bytes[digest->len - 1] ^= 2;
		}
		if (digest->zeros)
			bytes[digest->len] = 1;
		n += 2 * !!digest->len + !!digest->zeros;
	}
	if (faults_found() != n)
		mismatch("%u faults of %u", reported, n);
	for (n = 1; n < reported; n++)
		if (faults[n].start < faults[n - 1].start)
			mismatch("report %u out of order", n);
}

static void unreadable(void)
{
	build_image();
	digests.magic ^= 1 << 17;
	if (digests_readable(&digests))
		mismatch("a wrong magic number is readable");
	image_init(&digests);
	digests.nr = KEXEC_SEGMENT_MAX + 1;
	if (digests_readable(&digests))
		mismatch("seventeen digests are readable");
	digests.nr = KEXEC_SEGMENT_MAX;
	if (!digests_readable(&digests))
		mismatch("sixteen digests are not readable");
}

/* --- What compilers take for granted --- */

static void copying(void)
{
	u8 a[200], b[200];
	unsigned int to, from, n;

	for (to = 0; to < 20; to++) {
		for (from = 0; from < 20; from++) {
			for (n = 0; n < 160; n++) {
				image_random(a, sizeof(a));
				memcpy(b, a, sizeof(b));
				memmove(b + to, b + from, n);
				if (purgatory_memmove(a + to, a + from, n) != a + to ||
				    memcmp(a, b, sizeof(a)))
					mismatch("memmove by %d of %u", (int)(to - from), n);
			}
		}
	}
	for (n = 0; n < 160; n++) {
		u8 c[200];

		image_random(a, sizeof(a));
		image_random(c, sizeof(c));
		memcpy(b, a, sizeof(b));
		memcpy(b + 3, c, n);
		if (purgatory_memcpy(a + 3, c, n) != a + 3 || memcmp(a, b, sizeof(a)))
			mismatch("memcpy of %u", n);
	}
}

static void setting(void)
{
	u8 a[200], b[200];
	unsigned int n;

	for (n = 0; n < 180; n++) {
		image_random(a, sizeof(a));
		memcpy(b, a, sizeof(b));
		memset(b + 5, n * 3, n);
		if (purgatory_memset(a + 5, 0x100 + n * 3, n) != a + 5 ||
		    memcmp(a, b, sizeof(a)))
			mismatch("memset of %u", n);
	}
}

/* Which of the two is less is for nobody here to know. */
static void comparing(void)
{
	u8 a[64], b[64];
	unsigned int n, i;

	for (n = 0; n <= 64; n++) {
		image_random(a, sizeof(a));
		memcpy(b, a, sizeof(b));
		if (purgatory_memcmp(a, b, n))
			mismatch("memcmp of %u equal bytes", n);
		for (i = 0; i < 64; i++) {
			b[i] += 0x7f;
			if (!purgatory_memcmp(a, b, n) != !memcmp(a, b, n))
				mismatch("memcmp of %u bytes, byte %u differs", n, i);
			b[i] = a[i];
		}
	}
}

static void by_path(enum sha256_path p, const char *name)
{
	path = p;
	path_name = name;

	property("published vectors", vectors);
	property("each length from 0 to 1024", lengths);
	property("each alignment from 0 to 63", alignments);
	property("two messages anywhere", anywhere);
	property("nothing is read before or behind a message", guards);

	property("an image as the kernel lays it out is accepted", image_intact);
	property("as many digests as there can be", image_full);
	property("no digests, unused digests", image_none);
	property("regions of even and of odd length", halves);
	property("a changed byte is found, and where it is", every_byte);
	property("a changed digest is found", every_digest_byte);
	property("a byte that should be zero is found, and where it is", every_tail);
	property("words that cancel each other out are not zero", cancelling);
	property("zeros of each length, alignment, and next to other pages", tail_shapes);
	property("every fault is reported, in order", all_faults);
}

int main(void)
{
	bool ni = image_cpu_has_sha_ni();

	puts("TAP version 13");
	by_path(SHA256_SCALAR, "scalar");
	if (ni)
		by_path(SHA256_NI, "sha-ni");
	else
		skip("sha-ni", "this CPU has no SHA instructions");

	path = ni ? SHA256_NI : SHA256_SCALAR;
	path_name = NULL;
	property("messages of 2 GiB", two_gigabytes);
	property("digests that cannot be read are recognised", unreadable);
	property("memmove and memcpy", copying);
	property("memset", setting);
	property("memcmp", comparing);
	printf("1..%u\n", tests);
	return failures != 0;
}
