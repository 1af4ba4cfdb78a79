// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: digests for the purgatory
 *
 * Between the load and the jump anything may scribble on an image, most of all
 * the crash that a crash image is there for.  So digests of the segments are left
 * with the purgatory, which compares them before it enters the next kernel.
 *
 * Three segments have none: the purgatory's own, which holds them; the ELF core
 * header, which hotplug rewrites; and IMA's measurements, which grow until the
 * end.  A reboot image that is in place is not digested at all: its contents are not
 * copied, their memory belongs to it alone, and there is no crash to survive.
 *
 * A purgatory that exports purgatory_digests is told what include/linux/kexec_digest.h
 * describes; the others get one digest over all regions, as include/linux/purgatory.h
 * has it.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <crypto/sha2.h>
#include <linux/kexec.h>
#include <linux/kexec_digest.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/purgatory.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <kunit/visibility.h>

#include "arch.h"
#include "digest.h"
#include "image.h"
#include "refuse.h"

/* Time to read the message on a screen before the machine resets. */
#define MISMATCH_WAIT_MS	3000

/* kexec_halt=1: a machine that finds its next image damaged stops for good. */
VISIBLE_IF_KUNIT
bool kexec_halt_on_mismatch;
core_param(kexec_halt, kexec_halt_on_mismatch, bool, 0644);

/* ---- what is digested ---- */

static bool wholly_in_place(const struct kimage *image)
{
	unsigned long i;

	for (i = 0; i < image->nr_segments; i++)
		if (!kimage_core(image)->place[i].in_place)
			return false;
	return true;
}

/**
 * kimage_why_no_digests() - say why nothing is verified before the jump
 * @image: the image
 *
 * Context: any.
 * Return: some words that continue "none:"; NULL when the purgatory verifies its digests.
 */
const char *kimage_why_no_digests(const struct kimage *image)
{
	if (!image->file_mode)
		return KIMAGE_NOT_OURS;
	if (kimage_is_crash(image))
		return NULL;
	return wholly_in_place(image) ? "all of it is in place" : NULL;
}

static bool segment_has_digest(struct kimage *image, unsigned long i)
{
	return !kimage_is_purgatory(image, i) && !kimage_is_elfcorehdr(image, i) &&
	       !kimage_is_ima_segment(image, i);
}

/* ---- hashing ---- */

/*
 * A piece at a time: a segment may have gigabytes, and while the vector registers
 * are in use nobody else gets the CPU.
 */
static int digest_bytes(struct sha256_ctx *ctx, const void *data, size_t len)
{
	size_t n;

	for (; len; data += n, len -= n) {
		n = min_t(size_t, len, SZ_64K);
		sha256_update(ctx, data, n);
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

static int hash_zeros(struct sha256_ctx *ctx, size_t len)
{
	const void *zeros = page_address(ZERO_PAGE(0));
	size_t n;
	int ret = 0;

	for (; len && !ret; len -= n) {
		n = min_t(size_t, len, PAGE_SIZE);
		ret = digest_bytes(ctx, zeros, n);
	}
	return ret;
}

static int hash_at_once(u8 *digest, const void *data, size_t len)
{
	struct sha256_ctx ctx;
	int ret;

	sha256_init(&ctx);
	ret = digest_bytes(&ctx, data, len);
	sha256_final(&ctx, digest);
	return ret;
}

/* What is behind the contents and has to be zero. */
static size_t zeros_of(const struct kimage *image, unsigned long i)
{
	const struct kexec_segment *segment = &image->segment[i];

	return kimage_core(image)->place[i].uncleared ? 0 : segment->memsz - segment->bufsz;
}

/* ---- a purgatory with digests ---- */

static int digest_halves(const struct kimage *image, unsigned long i, struct kexec_digest *digest)
{
	const struct kexec_segment *segment = &image->segment[i];
	size_t half = kexec_digest_half(segment->bufsz);

	digest->start = segment->mem;
	digest->len = segment->bufsz;
	digest->zeros = zeros_of(image, i);
	return hash_at_once(digest->digest[0], segment->kbuf, half) ?:
		hash_at_once(digest->digest[1], segment->kbuf + segment->bufsz - half, half);
}

static int digest_each_segment(struct kimage *image, struct kexec_digests *digests)
{
	unsigned long i;
	int ret = 0;

	for (i = 0; i < image->nr_segments && !ret; i++)
		if (segment_has_digest(image, i))
			ret = digest_halves(image, i, &digests->region[digests->nr++]);
	return ret;
}

static int store_digests(struct kimage *image)
{
	struct kexec_digests *digests __free(kfree) = kzalloc_obj(*digests, GFP_KEXEC);
	int ret;

	if (!digests)
		return -ENOMEM;
	ret = kexec_purgatory_get_set_symbol(image, "purgatory_digests", digests,
					     sizeof(*digests), true);
	if (ret)
		return ret;
	if (digests->magic != KEXEC_DIGEST_MAGIC)
		return kexec_refuse(image, -ENOEXEC,
				    "purgatory: its digests are of another kind, %#x",
				    digests->magic);

	digests->flags = (kexec_halt_on_mismatch ? KEXEC_DIGEST_HALT : 0) |
			 (kexec_file_dbg_print ? KEXEC_DIGEST_TELL : 0);
	digests->wait_ms = MISMATCH_WAIT_MS;
	arch_kexec_prepare_digests(digests);
	if (!kimage_why_no_digests(image)) {
		ret = digest_each_segment(image, digests);
		if (ret)
			return ret;
	}
	return kexec_purgatory_get_set_symbol(image, "purgatory_digests", digests,
					      sizeof(*digests), false);
}

/* ---- a purgatory with one digest over everything ---- */

struct single_digest {
	struct kexec_sha_region region[KEXEC_SEGMENT_MAX];
	u8 digest[SHA256_DIGEST_SIZE];
	unsigned int nr;
	struct sha256_ctx ctx;
};

static int digest_segment(const struct kimage *image, unsigned long i,
			  struct single_digest *single)
{
	const struct kexec_segment *segment = &image->segment[i];
	struct kexec_sha_region *region = &single->region[single->nr++];

	region->start = segment->mem;
	region->len = segment->bufsz + zeros_of(image, i);
	return digest_bytes(&single->ctx, segment->kbuf, segment->bufsz) ?:
		hash_zeros(&single->ctx, zeros_of(image, i));
}

static int digest_segments(struct kimage *image, struct single_digest *single)
{
	unsigned long i;
	int ret = 0;

	for (i = 0; i < image->nr_segments && !ret; i++)
		if (segment_has_digest(image, i))
			ret = digest_segment(image, i, single);
	return ret;
}

static int store_single_digest(struct kimage *image)
{
	struct single_digest *single __free(kfree) = kzalloc_obj(*single, GFP_KEXEC);
	int ret = 0;

	if (!single)
		return -ENOMEM;
	sha256_init(&single->ctx);
	if (!kimage_why_no_digests(image))
		ret = digest_segments(image, single);
	if (ret)
		return ret;
	sha256_final(&single->ctx, single->digest);
	return kexec_purgatory_get_set_symbol(image, "purgatory_sha_regions", single->region,
					      sizeof(single->region), false) ?:
		kexec_purgatory_get_set_symbol(image, "purgatory_sha256_digest", single->digest,
					       sizeof(single->digest), false);
}

static const char *why_not_stored(int err)
{
	switch (err) {
	case -EINTR:
		return "killed while they were computed";
	case -ENOMEM:
		return "no memory to compute them";
	default:
		return "the purgatory has no place for them";
	}
}

/**
 * kimage_store_digests() - leave digests of an image with its purgatory
 * @image: the image, filled but for the purgatory
 *
 * Context: process, kexec_load_mutex held.
 * Return: 0; -EINVAL or -ENOEXEC when the purgatory has no place for them,
 * -ENOMEM, -EINTR when the caller is killed.
 */
int kimage_store_digests(struct kimage *image)
{
	int ret;

	if (!image->file_mode)
		return 0;
	if (kexec_purgatory_has_symbol(image, "purgatory_digests"))
		ret = store_digests(image);
	else
		ret = store_single_digest(image);
	if (ret)
		return kexec_refuse(image, ret, "digests: %s", why_not_stored(ret));
	return 0;
}
