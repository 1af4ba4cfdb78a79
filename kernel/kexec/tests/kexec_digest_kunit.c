// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of the digests that are left with the purgatory
 *
 * Images get a purgatory with nothing but variables (kexec_object_kunit.c), and
 * what the core writes to those is compared with digests made here.
 */
#include <crypto/sha2.h>
#include <kunit/test.h>
#include <linux/kexec_handover.h>
#include <linux/kexec_digest.h>
#include <linux/mm.h>
#include <linux/purgatory.h>

#include "kexec_kunit.h"

#define MEM	0x1000000UL

/* ---- purgatories ---- */

struct variables {
	struct kexec_digests digests;
	struct kexec_sha_region regions[KEXEC_SEGMENT_MAX];
	u8 digest[SHA256_DIGEST_SIZE];
};

enum kind { WITH_DIGESTS, WITH_DIGEST, WITH_NEITHER };

static int load(struct kexec_object *object, struct kexec_subject *subject)
{
	struct kexec_buf kbuf = { .mem = MEM };

	return kexec_object_load(object, subject, &kbuf);
}

static struct kexec_object *make_purgatory(struct kunit *test, enum kind kind, size_t digests_size,
					   u32 magic)
{
	struct kexec_object *object = kexec_object_new(test);
	struct variables *variables = kexec_test_alloc(test, sizeof(*variables));
	unsigned int section;

	variables->digests.magic = magic;
	kexec_object_section(object, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 16, "code", 5);
	section = kexec_object_section(object, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 8, variables,
				       sizeof(*variables));
	if (kind == WITH_DIGESTS)
		kexec_object_symbol(object, "purgatory_digests", STB_GLOBAL, section,
				    offsetof(struct variables, digests), digests_size);
	if (kind != WITH_NEITHER)
		kexec_object_symbol(object, "purgatory_sha_regions", STB_GLOBAL, section,
				    offsetof(struct variables, regions),
				    sizeof(variables->regions));
	if (kind != WITH_NEITHER)
		kexec_object_symbol(object, "purgatory_sha256_digest", STB_GLOBAL, section,
				    offsetof(struct variables, digest), SHA256_DIGEST_SIZE);
	kexec_object_finish(object);
	return object;
}

/* A crash image, since those are digested always, with its purgatory. */
static struct kexec_subject *image_with(struct kunit *test, int type, enum kind kind)
{
	struct kexec_subject *subject = kexec_subject_new(test, type, BY_LOADER);

	KUNIT_ASSERT_EQ(test, load(make_purgatory(test, kind, sizeof(struct kexec_digests),
						  KEXEC_DIGEST_MAGIC), subject), 0);
	return subject;
}

static int store(struct kexec_subject *subject)
{
	guard(mutex)(&kexec_load_mutex);
	return kimage_store_digests(subject->image);
}

static void read_variable(struct kexec_subject *subject, const char *name, void *to, size_t size)
{
	KUNIT_ASSERT_EQ(subject->test, 0,
			kexec_purgatory_get_set_symbol(subject->image, name, to, size, true));
}

static struct kexec_digests *read_digests(struct kexec_subject *subject)
{
	struct kexec_digests *digests = kexec_test_alloc(subject->test, sizeof(*digests));

	read_variable(subject, "purgatory_digests", digests, sizeof(*digests));
	return digests;
}

/* ---- the halves of a region ---- */

/* Of one length, and no longer than it takes for the two to cover all of it. */
static void halves_of_one_length(struct kunit *test)
{
	static const struct {
		u64 len, half;
	} table[] = {
		{ 0, 0 }, { 1, 1 }, { 2, 1 }, { 3, 2 }, { 127, 64 }, { 4096, 2048 },
		{ SZ_4G, SZ_2G }, { SZ_4G - 1, SZ_2G }, { SZ_4G + 1, SZ_2G + 1ULL },
		{ U64_MAX, 1ULL << 63 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		KUNIT_EXPECT_EQ_MSG(test, kexec_digest_half(table[i].len), table[i].half,
				    "%llu bytes", table[i].len);
}

/* ---- a purgatory with digests ---- */

static void expect_digests(struct kunit *test, const struct kexec_digest *region,
			const struct kexec_segment *segment)
{
	size_t half = segment->bufsz / 2 + segment->bufsz % 2;
	u8 digest[SHA256_DIGEST_SIZE];

	KUNIT_EXPECT_EQ(test, region->start, segment->mem);
	KUNIT_EXPECT_EQ(test, region->len, segment->bufsz);
	KUNIT_EXPECT_EQ(test, region->len + region->zeros, segment->memsz);
	sha256(segment->kbuf, half, digest);
	KUNIT_EXPECT_MEMEQ(test, region->digest[0], digest, sizeof(digest));
	sha256(segment->kbuf + segment->bufsz / 2, half, digest);
	KUNIT_EXPECT_MEMEQ(test, region->digest[1], digest, sizeof(digest));
}

static void add_segments(struct kexec_subject *subject, unsigned int nr)
{
	static const struct {
		size_t bufsz, memsz;
	} sizes[] = {
		{ 0, 0 }, { 0, SZ_4K }, { 1, SZ_4K }, { SZ_4K, SZ_4K }, { SZ_4K - 1, SZ_8K },
		{ SZ_8K - 1, SZ_8K }, { SZ_8K, SZ_8K }, { SZ_8K + 1, SZ_64K },
		{ 3 * SZ_4K, SZ_16K },
		{ SZ_16K - 1, SZ_16K }, { SZ_1M + 1, 2 * SZ_1M }, { 2 * SZ_1M, 2 * SZ_1M },
		{ 77777, SZ_128K }, { 5, SZ_1M }, { SZ_64K, SZ_64K },
	};
	unsigned int i;

	BUILD_BUG_ON(ARRAY_SIZE(sizes) != KEXEC_SEGMENT_MAX - 1);
	for (i = 0; i < nr; i++)
		kexec_subject_add(subject, MEM + (i + 1) * SZ_4M, sizes[i].bufsz, sizes[i].memsz);
}

/*
 * Each segment has a digest, of all its contents in two halves and of the zeros behind
 * them, whatever their length; but the purgatory, which holds them, has none.
 */
static void every_segment_is_digested(struct kunit *test)
{
	struct kexec_subject *subject = image_with(test, KEXEC_TYPE_CRASH, WITH_DIGESTS);
	struct kexec_digests *digests;
	unsigned int i;

	add_segments(subject, KEXEC_SEGMENT_MAX - 1);
	KUNIT_ASSERT_EQ(test, store(subject), 0);
	digests = read_digests(subject);
	KUNIT_EXPECT_EQ(test, digests->magic, KEXEC_DIGEST_MAGIC);
	KUNIT_EXPECT_EQ(test, digests->nr, KEXEC_SEGMENT_MAX - 1);
	KUNIT_EXPECT_GT(test, digests->wait_ms, 0);
	for (i = 0; i < digests->nr; i++)
		expect_digests(test, &digests->region[i], &subject->image->segment[i + 1]);
}

/* Digesting leaves the contents and the rest of the purgatory's variables alone. */
static void digesting_changes_nothing_else(struct kunit *test)
{
	struct kexec_subject *subject = image_with(test, KEXEC_TYPE_CRASH, WITH_DIGESTS);
	u8 zeros[SHA256_DIGEST_SIZE] = {}, digest[SHA256_DIGEST_SIZE];
	u8 *before = kexec_test_alloc(test, SZ_64K);

	kexec_subject_add(subject, MEM + SZ_4M, SZ_64K - 9, SZ_64K);
	memcpy(before, subject->want[1], SZ_64K);
	KUNIT_ASSERT_EQ(test, store(subject), 0);
	KUNIT_EXPECT_MEMEQ(test, subject->want[1], before, SZ_64K);
	read_variable(subject, "purgatory_sha256_digest", digest, sizeof(digest));
	KUNIT_EXPECT_MEMEQ(test, digest, zeros, sizeof(zeros));
}

#ifdef CONFIG_IMA_KEXEC
static bool set_ima_segment(struct kimage *image, unsigned long idx)
{
	image->ima_segment_index = idx;
	image->is_ima_segment_index_set = true;
	return true;
}
#else
static bool set_ima_segment(struct kimage *image, unsigned long idx) { return false; }
#endif

/* What is rewritten after the load has no digest: the ELF core header, IMA's buffer. */
static void what_changes_is_not_digested(struct kunit *test)
{
	struct kexec_subject *subject = image_with(test, KEXEC_TYPE_CRASH, WITH_DIGESTS);
	unsigned int expected = 4, i, nr = 0;
	struct kexec_digests *digests;

	add_segments(subject, 4);
#ifdef CONFIG_CRASH_HOTPLUG
	subject->image->elfcorehdr_index = 2;
	expected--;
#endif
	if (set_ima_segment(subject->image, 4))
		expected--;
	KUNIT_ASSERT_EQ(test, store(subject), 0);
	digests = read_digests(subject);
	KUNIT_EXPECT_EQ(test, digests->nr, expected);
	for (i = 1; i < 5; i++)
		if (!kimage_is_elfcorehdr(subject->image, i) &&
		    !kimage_is_ima_segment(subject->image, i))
			expect_digests(test, &digests->region[nr++], &subject->image->segment[i]);
}

/* IMA's index counts only if it was set, and segment 0 is like any other. */
static void an_index_that_is_not_set(struct kunit *test)
{
	struct kexec_subject *subject = image_with(test, KEXEC_TYPE_CRASH, WITH_DIGESTS);

	add_segments(subject, 4);
#ifdef CONFIG_IMA_KEXEC
	subject->image->ima_segment_index = 2;
#endif
	KUNIT_ASSERT_EQ(test, store(subject), 0);
	KUNIT_EXPECT_EQ(test, read_digests(subject)->nr, 4);
}

/*
 * A reboot image that is in place, to the last segment, has nothing to be digested
 * against; one of which anything is copied is digested like a crash image.
 */
static void reboot_images_in_place_are_not_digested(struct kunit *test)
{
	struct kexec_subject *subject = image_with(test, KEXEC_TYPE_DEFAULT, WITH_DIGESTS);
	struct kexec_digests *digests;
	unsigned int i;

	add_segments(subject, 3);
	kexec_test_say_in_place(subject->image, true);
	KUNIT_ASSERT_EQ(test, store(subject), 0);
	KUNIT_EXPECT_EQ(test, read_digests(subject)->nr, 0);

	kimage_core(subject->image)->place[3].in_place = false;
	KUNIT_ASSERT_EQ(test, store(subject), 0);
	digests = read_digests(subject);
	KUNIT_EXPECT_EQ(test, digests->nr, 3);
	for (i = 0; i < digests->nr; i++)
		expect_digests(test, &digests->region[i], &subject->image->segment[i + 1]);
	kexec_test_say_in_place(subject->image, false);
}

/*
 * IMA's measurements are written after the load, so they are digested neither where they
 * alone are in place nor where they are relocated along with the rest.
 */
static void expect_no_digest_of_measurements(struct kunit *test, bool in_place)
{
	struct kexec_subject *subject = image_with(test, KEXEC_TYPE_DEFAULT, WITH_DIGESTS);
	struct kimage *image = subject->image;
	struct kexec_digests *digests;

	if (!set_ima_segment(image, 2))
		kunit_skip(test, "nothing is measured");
	add_segments(subject, 3);
	kimage_core(image)->place[2].in_place = in_place;
	KUNIT_ASSERT_EQ(test, store(subject), 0);
	kimage_core(image)->place[2].in_place = false;
	digests = read_digests(subject);
	KUNIT_EXPECT_EQ(test, digests->nr, 2);
	expect_digests(test, &digests->region[0], &image->segment[1]);
	expect_digests(test, &digests->region[1], &image->segment[3]);
}

static void measurements_are_not_digested(struct kunit *test)
{
	expect_no_digest_of_measurements(test, true);
	expect_no_digest_of_measurements(test, false);
}

static bool handover_is_on(void)
{
	return true;
}

/*
 * Handover makes no difference: what is copied is digested, what is in place is not unless
 * there is a crash to survive.
 */
static void images_under_handover_are_digested_if_copied(struct kunit *test)
{
	struct kexec_subject *subject = image_with(test, KEXEC_TYPE_DEFAULT, WITH_DIGESTS);
	struct kexec_subject *crash = image_with(test, KEXEC_TYPE_CRASH, WITH_DIGESTS);

	if (!IS_ENABLED(CONFIG_KEXEC_HANDOVER))
		kunit_skip(test, "this kernel hands nothing over");
	add_segments(subject, 3);
	add_segments(crash, 3);
	kexec_test_stand_in(test, "kho_is_enabled", handover_is_on);
	kexec_test_say_in_place(subject->image, true);
	kexec_test_say_in_place(crash->image, true);
	KUNIT_ASSERT_EQ(test, store(subject), 0);
	KUNIT_EXPECT_EQ(test, read_digests(subject)->nr, 0);
	KUNIT_ASSERT_EQ(test, store(crash), 0);
	KUNIT_EXPECT_EQ(test, read_digests(crash)->nr, 3);
	kexec_test_say_in_place(subject->image, false);
	kexec_test_say_in_place(crash->image, false);
	KUNIT_ASSERT_EQ(test, store(subject), 0);
	KUNIT_EXPECT_EQ(test, read_digests(subject)->nr, 3);
}

static void halt_no_more(void *before)
{
	kexec_halt_on_mismatch = before;
}

/* The purgatory is told what to do when a digest does not match, and how long to wait. */
static void what_to_do_on_a_mismatch(struct kunit *test)
{
	struct kexec_subject *subject = image_with(test, KEXEC_TYPE_CRASH, WITH_DIGESTS);
	int halt;

	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, halt_no_more,
							   (void *)(long)kexec_halt_on_mismatch));
	for (halt = 1; halt >= 0; halt--) {
		kexec_halt_on_mismatch = halt;
		KUNIT_ASSERT_EQ(test, store(subject), 0);
		KUNIT_EXPECT_EQ(test, !!(read_digests(subject)->flags & KEXEC_DIGEST_HALT), halt);
		KUNIT_EXPECT_EQ(test, read_digests(subject)->wait_ms, 3000);
	}
}

/* A crash image has its digests wherever it is. */
static void crash_images_in_place_are_digested(struct kunit *test)
{
	struct kexec_subject *subject = image_with(test, KEXEC_TYPE_CRASH, WITH_DIGESTS);

	add_segments(subject, 3);
	kexec_test_say_in_place(subject->image, true);
	KUNIT_ASSERT_EQ(test, store(subject), 0);
	KUNIT_EXPECT_EQ(test, read_digests(subject)->nr, 3);
}

/* What user space has described has no purgatory of ours, and gets no digests. */
static void user_space_has_its_own_purgatory(struct kunit *test)
{
	struct kexec_subject *subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_USER);

	kexec_subject_add(subject, MEM, 7, SZ_4K);
	KUNIT_EXPECT_EQ(test, store(subject), 0);
}

/* ---- purgatories that are not what they should be ---- */

/* Digests of another kind, or of another size, refuse the load. */
static void strange_digests_are_refused(struct kunit *test)
{
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct kexec_subject *subject;

	subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_LOADER);
	KUNIT_ASSERT_EQ(test, load(make_purgatory(test, WITH_DIGESTS, sizeof(struct kexec_digests),
						  0x1234), subject), 0);
	KUNIT_EXPECT_EQ(test, store(subject), -ENOEXEC);
	KUNIT_EXPECT_STREQ(test, last->why, "purgatory: its digests are of another kind, 0x1234");

	subject = kexec_subject_new(test, KEXEC_TYPE_CRASH, BY_LOADER);
	KUNIT_ASSERT_EQ(test,
			load(make_purgatory(test, WITH_DIGESTS, sizeof(struct kexec_digests) - 88,
					    KEXEC_DIGEST_MAGIC),
			     subject),
			0);
	KUNIT_EXPECT_EQ(test, store(subject), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(last->why, "purgatory: purgatory_digests has "));
}

/* A purgatory with no place for digests refuses the load. */
static void no_place_for_digests(struct kunit *test)
{
	struct kexec_subject *subject = image_with(test, KEXEC_TYPE_CRASH, WITH_NEITHER);

	kexec_subject_add(subject, MEM + SZ_4M, 7, SZ_4K);
	KUNIT_EXPECT_EQ(test, store(subject), -EINVAL);
}

/* Hashing ends when the caller is killed, with digests or without. */
static void a_killed_caller_hashes_no_more(struct kunit *test)
{
	static const enum kind kinds[] = { WITH_DIGESTS, WITH_DIGEST };
	struct kexec_test_refusal *last = kexec_test_watch_refusals(test);
	struct kexec_subject *subject;
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		subject = image_with(test, KEXEC_TYPE_CRASH, kinds[i]);
		kexec_subject_add(subject, MEM + SZ_4M, 3 * SZ_1M, 4 * SZ_1M);
		kexec_test_kill();
		ret = store(subject);
		kexec_test_revive();
		KUNIT_EXPECT_EQ(test, ret, -EINTR);
		KUNIT_EXPECT_STREQ(test, last->why, "digests: killed while they were computed");
	}
}

/* ---- a purgatory with one digest over everything ---- */

static void hash_segment(struct sha256_ctx *ctx, const struct kexec_subject *subject,
			 unsigned int i)
{
	sha256_update(ctx, subject->want[i], subject->image->segment[i].memsz);
}

/* One digest covers all segments, zeros included, and the regions say where they are. */
static void one_digest_over_everything(struct kunit *test)
{
	struct kexec_subject *subject = image_with(test, KEXEC_TYPE_CRASH, WITH_DIGEST);
	struct variables *is = kexec_test_alloc(test, sizeof(*is));
	u8 digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx ctx;
	unsigned int i;

	add_segments(subject, KEXEC_SEGMENT_MAX - 1);
	KUNIT_ASSERT_EQ(test, store(subject), 0);
	read_variable(subject, "purgatory_sha_regions", is->regions, sizeof(is->regions));
	read_variable(subject, "purgatory_sha256_digest", is->digest, sizeof(is->digest));

	sha256_init(&ctx);
	for (i = 1; i < KEXEC_SEGMENT_MAX; i++) {
		hash_segment(&ctx, subject, i);
		KUNIT_EXPECT_EQ(test, is->regions[i - 1].start, subject->image->segment[i].mem);
		KUNIT_EXPECT_EQ(test, is->regions[i - 1].len, subject->image->segment[i].memsz);
	}
	sha256_final(&ctx, digest);
	KUNIT_EXPECT_MEMEQ(test, is->digest, digest, sizeof(digest));
	KUNIT_EXPECT_EQ(test, is->regions[KEXEC_SEGMENT_MAX - 1].len, 0);
}

/* IMA's measurements are none of its regions either. */
static void one_digest_but_for_measurements(struct kunit *test)
{
	struct kexec_subject *subject = image_with(test, KEXEC_TYPE_DEFAULT, WITH_DIGEST);
	struct variables *is = kexec_test_alloc(test, sizeof(*is));
	u8 digest[SHA256_DIGEST_SIZE];

	if (!set_ima_segment(subject->image, 1))
		kunit_skip(test, "nothing is measured");
	add_segments(subject, 2);
	KUNIT_ASSERT_EQ(test, store(subject), 0);
	read_variable(subject, "purgatory_sha_regions", is->regions, sizeof(is->regions));
	read_variable(subject, "purgatory_sha256_digest", is->digest, sizeof(is->digest));
	sha256(subject->want[2], subject->image->segment[2].memsz, digest);
	KUNIT_EXPECT_MEMEQ(test, is->digest, digest, sizeof(digest));
	KUNIT_EXPECT_EQ(test, is->regions[0].start, subject->image->segment[2].mem);
	KUNIT_EXPECT_EQ(test, is->regions[1].len, 0);
}

/* Nothing to be digested is the digest of nothing, over no regions. */
static void one_digest_over_nothing(struct kunit *test)
{
	struct kexec_subject *subject = image_with(test, KEXEC_TYPE_DEFAULT, WITH_DIGEST);
	struct variables *is = kexec_test_alloc(test, sizeof(*is));
	u8 digest[SHA256_DIGEST_SIZE];

	kexec_test_say_in_place(subject->image, true);
	KUNIT_ASSERT_EQ(test, store(subject), 0);
	kexec_test_say_in_place(subject->image, false);
	read_variable(subject, "purgatory_sha_regions", is->regions, sizeof(is->regions));
	read_variable(subject, "purgatory_sha256_digest", is->digest, sizeof(is->digest));
	sha256("", 0, digest);
	KUNIT_EXPECT_MEMEQ(test, is->digest, digest, sizeof(digest));
	KUNIT_EXPECT_NULL(test, memchr_inv(is->regions, 0, sizeof(is->regions)));
}

static struct kunit_case digest_cases[] = {
	KUNIT_CASE(halves_of_one_length),
	KUNIT_CASE(every_segment_is_digested),
	KUNIT_CASE(digesting_changes_nothing_else),
	KUNIT_CASE(what_changes_is_not_digested),
	KUNIT_CASE(an_index_that_is_not_set),
	KUNIT_CASE(reboot_images_in_place_are_not_digested),
	KUNIT_CASE(measurements_are_not_digested),
	KUNIT_CASE(images_under_handover_are_digested_if_copied),
	KUNIT_CASE(what_to_do_on_a_mismatch),
	KUNIT_CASE(crash_images_in_place_are_digested),
	KUNIT_CASE(user_space_has_its_own_purgatory),
	KUNIT_CASE(strange_digests_are_refused),
	KUNIT_CASE(no_place_for_digests),
	KUNIT_CASE(a_killed_caller_hashes_no_more),
	KUNIT_CASE(one_digest_over_everything),
	KUNIT_CASE(one_digest_but_for_measurements),
	KUNIT_CASE(one_digest_over_nothing),
	{}
};

static struct kunit_suite digest_suite = {
	.name = "kexec_digest",
	.test_cases = digest_cases,
};

kunit_test_suite(digest_suite);

MODULE_DESCRIPTION("KUnit tests of the digests of kexec images");
MODULE_LICENSE("GPL");
