// SPDX-License-Identifier: GPL-2.0
/*
 * How fast the purgatory's own objects check an image on this CPU, beside
 * stock's own objects and openssl.
 *
 * usage: bench MIB ROUNDS CSV
 *
 * All take their turn in every round, so that whatever else the machine does
 * disturbs them alike, and only the time that the CPU gave them counts; the
 * figures are medians.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/sha.h>

#include "image.h"

#define MAX_ROUNDS	99

static u8 *data, *zeros;
static size_t size;
static struct kexec_digests digests;
static u8 digest[SHA256_DIGEST_SIZE];

static void nothing_found(const struct digest_fault *fault)
{
	fprintf(stderr, "bench: the purgatory finds a fault in digest %u\n", fault->nr);
	exit(1);
}

/* Stock loops for ever on a mismatch, so its digest has to be right. */
static void stock_setup(const u8 *start)
{
	stock_sha_regions[0] = (struct stock_region){
		.start = (unsigned long)start, .len = size };
	SHA256(start, size, stock_sha256_digest);
}

static void setup_stock(void)
{
	stock_setup(data);
}

static void setup_stock_zeros(void)
{
	stock_setup(zeros);
}

static void setup_ours(void)
{
	image_init(&digests);
	digests.nr = 1;
	image_digest(&digests.region[0], data, size, 0);
}

static void setup_ours_zeros(void)
{
	image_init(&digests);
	digests.nr = 1;
	image_digest(&digests.region[0], zeros, 0, size);
}

static void setup_nothing(void)
{
}

static void run_scalar(void)
{
	digests_check(&digests, SHA256_SCALAR, nothing_found);
}

static void run_ni(void)
{
	digests_check(&digests, SHA256_NI, nothing_found);
}

static void run_openssl(void)
{
	SHA256(data, size, digest);
}

static struct subject {
	const char *name;
	void (*setup)(void);
	void (*run)(void);
	bool ni;
	double rate[MAX_ROUNDS];	/* MB/s */
} subjects[] = {
	{ "stock", setup_stock, stock_purgatory },
	{ "ours scalar", setup_ours, run_scalar },
	{ "ours sha-ni", setup_ours, run_ni, true },
	{ "openssl", setup_nothing, run_openssl },
	{ "stock zeros", setup_stock_zeros, stock_purgatory },
	{ "ours zeros", setup_ours_zeros, run_scalar },
};

/* Of this CPU that were ours: between the kernels nobody else has any. */
static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void measure(struct subject *subject, unsigned int round)
{
	double start;

	subject->setup();
	start = seconds();
	subject->run();
	subject->rate[round] = size / (seconds() - start) / 1e6;
}

static int by_rate(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	bool ni = image_cpu_has_sha_ni();
	unsigned int rounds, i, r;
	FILE *csv;

	if (argc != 4)
		return 2;
	size = strtoul(argv[1], NULL, 0) << 20;
	rounds = strtoul(argv[2], NULL, 0);
	csv = fopen(argv[3], "w");
	if (!size || !rounds || rounds > MAX_ROUNDS || !csv) {
		fprintf(stderr, "bench: bad size, rounds (1 to %d) or file\n", MAX_ROUNDS);
		return 2;
	}

	data = malloc(size);
	zeros = malloc(size);
	if (!data || !zeros)
		return 2;
	image_random(data, size);
	memset(zeros, 0, size);

	for (r = 0; r < rounds; r++)
		for (i = 0; i < ARRAY_SIZE(subjects); i++)
			if (ni || !subjects[i].ni)
				measure(&subjects[i], r);

	printf("%-14s %10s %10s %10s %10s\n",
	       "", "MB/s", "lowest", "highest", "x stock");
	fprintf(csv, "subject,bytes,rounds,mb_per_s,lowest,highest,x_stock\n");
	for (i = 0; i < ARRAY_SIZE(subjects); i++) {
		struct subject *s = &subjects[i];

		if (s->ni && !ni)
			continue;
		qsort(s->rate, rounds, sizeof(double), by_rate);
		printf("%-14s %10.0f %10.0f %10.0f %10.2f\n", s->name,
		       s->rate[rounds / 2], s->rate[0], s->rate[rounds - 1],
		       s->rate[rounds / 2] / subjects[0].rate[rounds / 2]);
		fprintf(csv, "%s,%zu,%u,%.1f,%.1f,%.1f,%.3f\n", s->name,
			size, rounds, s->rate[rounds / 2], s->rate[0],
			s->rate[rounds - 1],
			s->rate[rounds / 2] / subjects[0].rate[rounds / 2]);
	}
	return fclose(csv) != 0;
}
