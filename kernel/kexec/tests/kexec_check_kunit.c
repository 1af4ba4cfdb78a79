// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of the segment checks
 *
 * Each flaw at its edge, the order in which flaws are noticed (it decides which
 * errno user space sees), what user space and the log are told of each; and random
 * segment lists, judged a second time by marking pages in bitmaps.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/mm.h>

#include "../check.h"
#include "../refuse.h"
#include "kexec_pure_kunit.h"

#define PAGE(n)		BYTES(n)
#define SEGMENT(m, n)	{ .mem = (m), .memsz = (n) }

/* ---- tables ---- */

#define MODEL_PAGES	64

static const struct kexec_range model_region = { PAGE(16), PAGE(32) };

static const struct kexec_limits anywhere = { .destination = PAGE(MODEL_PAGES), .pages = 8 };

static const struct kexec_limits in_region = {
	.destination = PAGE(MODEL_PAGES),
	.pages = 8,
	.region = &model_region,
};

struct verdict_case {
	const char *name;
	const struct kexec_limits *limits;
	enum kexec_flaw flaw;
	unsigned int segment, other;
	struct kexec_segment list[4];
};

static const struct verdict_case verdicts[] = {
	/* clean */
	{ "no segments", &anywhere },
	{ "an empty segment", &anywhere, .list = { SEGMENT(PAGE(1), 0) } },
	{ "the empty segment at 0", &anywhere, .list = { SEGMENT(0, 0) } },
	{ "neighbours", &anywhere, .list = { SEGMENT(PAGE(2), PAGE(1)), SEGMENT(PAGE(1), PAGE(1)),
					     SEGMENT(PAGE(3), PAGE(2)) } },
	{ "an empty segment at the start of another", &anywhere,
	  .list = { SEGMENT(PAGE(2), PAGE(2)), SEGMENT(PAGE(2), 0) } },
	{ "an empty segment at the end of another", &anywhere,
	  .list = { SEGMENT(PAGE(2), PAGE(2)), SEGMENT(PAGE(4), 0) } },
	{ "full of contents", &anywhere, .list = { { .bufsz = PAGE(1), .memsz = PAGE(1) } } },
	{ "all that may be, in one", &anywhere, .list = { SEGMENT(0, PAGE(8)) } },
	{ "all that may be, in two", &anywhere,
	  .list = { SEGMENT(0, PAGE(3)), SEGMENT(PAGE(5), PAGE(5)) } },
	{ "just below the limit", &anywhere, .list = { SEGMENT(PAGE(60), PAGE(3)) } },
	{ "the whole region", &in_region,
	  .list = { SEGMENT(PAGE(16), PAGE(4)), SEGMENT(PAGE(28), PAGE(4)) } },
	/* each flaw at its edge */
	{ "wraps to 0", &anywhere, KEXEC_FLAW_WRAPS, .list = { SEGMENT(-PAGE_SIZE, PAGE_SIZE) } },
	{ "wraps", &anywhere, KEXEC_FLAW_WRAPS, .list = { SEGMENT(PAGE(1), -PAGE_SIZE) } },
	{ "address off by one", &anywhere, KEXEC_FLAW_UNALIGNED,
	  .list = { SEGMENT(PAGE(1) + 1, PAGE_SIZE - 1) } },
	{ "size off by one", &anywhere, KEXEC_FLAW_UNALIGNED,
	  .list = { SEGMENT(PAGE(1), PAGE_SIZE - 1) } },
	{ "address and size off by as much", &anywhere, KEXEC_FLAW_UNALIGNED,
	  .list = { SEGMENT(PAGE(1) + 8, PAGE_SIZE - 8) } },
	{ "reaches the limit", &anywhere, KEXEC_FLAW_LIMIT,
	  .list = { SEGMENT(PAGE(60), PAGE(4)) } },
	{ "reaches the top", &anywhere, KEXEC_FLAW_LIMIT,
	  .list = { SEGMENT(-PAGE(2), PAGE_SIZE) } },
	{ "empty, at the limit", &anywhere, KEXEC_FLAW_LIMIT,
	  .list = { SEGMENT(PAGE(MODEL_PAGES), 0) } },
	{ "the same", &anywhere, KEXEC_FLAW_OVERLAP, 1, 0,
	  .list = { SEGMENT(PAGE(1), PAGE(1)), SEGMENT(PAGE(1), PAGE(1)) } },
	{ "a page in common, behind", &anywhere, KEXEC_FLAW_OVERLAP, 2, 1,
	  .list = { SEGMENT(0, PAGE(1)), SEGMENT(PAGE(2), PAGE(2)), SEGMENT(PAGE(3), PAGE(2)) } },
	{ "a page in common, before", &anywhere, KEXEC_FLAW_OVERLAP, 2, 0,
	  .list = { SEGMENT(PAGE(3), PAGE(2)), SEGMENT(0, PAGE(1)), SEGMENT(PAGE(2), PAGE(2)) } },
	{ "an empty segment inside another", &anywhere, KEXEC_FLAW_OVERLAP, 1, 0,
	  .list = { SEGMENT(PAGE(1), PAGE(2)), SEGMENT(PAGE(2), 0) } },
	{ "a byte too much of contents", &anywhere, KEXEC_FLAW_CONTENTS, 1,
	  .list = { SEGMENT(0, PAGE(1)),
		    { .mem = PAGE(1), .memsz = PAGE(1), .bufsz = PAGE(1) + 1 } } },
	{ "contents for nothing", &anywhere, KEXEC_FLAW_CONTENTS, .list = { { .bufsz = 1 } } },
	{ "a page too large", &anywhere, KEXEC_FLAW_SIZE, .list = { SEGMENT(0, PAGE(9)) } },
	{ "a page too much in all", &anywhere, KEXEC_FLAW_TOTAL,
	  .list = { SEGMENT(0, PAGE(4)), SEGMENT(PAGE(4), PAGE(4)), SEGMENT(PAGE(8), PAGE(1)) } },
	{ "a page below the region", &in_region, KEXEC_FLAW_REGION, 1,
	  .list = { SEGMENT(PAGE(17), PAGE(1)), SEGMENT(PAGE(15), PAGE(2)) } },
	{ "a page above the region", &in_region, KEXEC_FLAW_REGION,
	  .list = { SEGMENT(PAGE(31), PAGE(2)) } },
	{ "empty, below the region", &in_region, KEXEC_FLAW_REGION,
	  .list = { SEGMENT(PAGE(15), 0) } },
	/* of two flaws the one that is looked for first, wherever it is */
	{ "wraps before all others", &anywhere, KEXEC_FLAW_WRAPS,
	  .list = { { .mem = 1, .memsz = -1UL, .bufsz = -1UL } } },
	{ "unaligned before limit", &anywhere, KEXEC_FLAW_UNALIGNED,
	  .list = { SEGMENT(PAGE(70) + 1, PAGE(1)) } },
	{ "an address before an overlap", &anywhere, KEXEC_FLAW_UNALIGNED, 2,
	  .list = { SEGMENT(0, PAGE(1)), SEGMENT(0, PAGE(1)), SEGMENT(1, PAGE(1)) } },
	{ "the first segment's address", &anywhere, KEXEC_FLAW_LIMIT, 0,
	  .list = { SEGMENT(PAGE(80), PAGE(1)), SEGMENT(1, PAGE(1)) } },
	{ "an overlap before contents", &anywhere, KEXEC_FLAW_OVERLAP, 1, 0,
	  .list = { { .memsz = PAGE(1), .bufsz = PAGE(2) }, SEGMENT(0, PAGE(1)) } },
	{ "contents before size", &anywhere, KEXEC_FLAW_CONTENTS, 1,
	  .list = { SEGMENT(0, PAGE(9)),
		    { .mem = PAGE(9), .memsz = PAGE(1), .bufsz = PAGE(2) } } },
	{ "size before all together", &anywhere, KEXEC_FLAW_SIZE, 1,
	  .list = { SEGMENT(0, PAGE(8)), SEGMENT(PAGE(8), PAGE(9)) } },
	{ "all together before the region", &in_region, KEXEC_FLAW_TOTAL,
	  .list = { SEGMENT(0, PAGE(5)), SEGMENT(PAGE(16), PAGE(5)) } },
};

KUNIT_ARRAY_PARAM_DESC(verdict, verdicts, name);

/* A list ends where segments are all zeros; "the empty segment at 0" is a list of one. */
static unsigned long list_length(const struct verdict_case *c)
{
	static const struct kexec_segment none;
	unsigned long nr = ARRAY_SIZE(c->list);

	while (nr && !memcmp(&c->list[nr - 1], &none, sizeof(none)))
		nr--;
	return nr ?: !strcmp(c->name, "the empty segment at 0");
}

static unsigned long pages_of(const struct kexec_segment *list, unsigned long nr)
{
	unsigned long pages = 0;

	while (nr--)
		pages += list++->memsz >> PAGE_SHIFT;
	return pages;
}

/* Each flaw shows where it begins and not a byte before, and the earlier check wins. */
static void verdicts_at_the_edges(struct kunit *test)
{
	const struct verdict_case *c = test->param_value;
	struct kexec_verdict verdict = kexec_check_segments(c->list, list_length(c), c->limits);

	KUNIT_EXPECT_EQ(test, c->flaw, verdict.flaw);
	if (c->flaw == KEXEC_FLAW_TOTAL)
		KUNIT_EXPECT_EQ(test, verdict.pages, pages_of(c->list, ARRAY_SIZE(c->list)));
	if (!c->flaw || c->flaw == KEXEC_FLAW_TOTAL)
		return;
	KUNIT_EXPECT_EQ(test, c->segment, verdict.segment);
	if (c->flaw == KEXEC_FLAW_OVERLAP)
		KUNIT_EXPECT_EQ(test, c->other, verdict.other);
	else
		KUNIT_EXPECT_EQ(test, verdict.pages, pages_of(&c->list[c->segment], 1));
}

/* The errno of each flaw is ABI. */
static void each_flaw_has_its_errno(struct kunit *test)
{
	static const struct {
		enum kexec_flaw flaw;
		int err;
	} table[] = {
		{ KEXEC_FLAW_NONE, 0 },
		{ KEXEC_FLAW_WRAPS, -EADDRNOTAVAIL },
		{ KEXEC_FLAW_UNALIGNED, -EADDRNOTAVAIL },
		{ KEXEC_FLAW_LIMIT, -EADDRNOTAVAIL },
		{ KEXEC_FLAW_OVERLAP, -EINVAL },
		{ KEXEC_FLAW_CONTENTS, -EINVAL },
		{ KEXEC_FLAW_SIZE, -EINVAL },
		{ KEXEC_FLAW_TOTAL, -EINVAL },
		{ KEXEC_FLAW_REGION, -EADDRNOTAVAIL },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		KUNIT_EXPECT_EQ_MSG(test, kexec_flaw_errno(table[i].flaw), table[i].err,
				    "flaw %d", table[i].flaw);
}

/* ---- random lists, judged by marking pages ---- */

/* The checks in their order, each written for being obvious and not for being quick. */
static enum kexec_flaw judge_address(const struct kexec_segment *s,
				     const struct kexec_limits *limits)
{
	if (s->memsz && s->mem + (s->memsz - 1) < s->mem)
		return KEXEC_FLAW_WRAPS;
	if (s->memsz && s->mem + s->memsz == 0)
		return KEXEC_FLAW_WRAPS;
	if (s->mem % PAGE_SIZE || s->memsz % PAGE_SIZE)
		return KEXEC_FLAW_UNALIGNED;
	return s->mem + s->memsz < limits->destination ? KEXEC_FLAW_NONE : KEXEC_FLAW_LIMIT;
}

static bool judge_overlap(const struct kexec_segment *a, const struct kexec_segment *b)
{
	DECLARE_BITMAP(pages, 2 * MODEL_PAGES) = {};
	unsigned long i;

	/* Positions twice as fine, so that an empty segment has one: between two pages. */
	for (i = 2 * (a->mem >> PAGE_SHIFT) + 1; i < 2 * ((a->mem + a->memsz) >> PAGE_SHIFT); i++)
		__set_bit(i, pages);
	if (!a->memsz)
		__set_bit(2 * (a->mem >> PAGE_SHIFT), pages);
	for (i = 2 * (b->mem >> PAGE_SHIFT) + 1; i < 2 * ((b->mem + b->memsz) >> PAGE_SHIFT); i++)
		if (test_bit(i, pages))
			return true;
	if (!b->memsz && a->memsz)
		return test_bit(2 * (b->mem >> PAGE_SHIFT), pages);
	return false;
}

static bool judge_region(const struct kexec_segment *s, const struct kexec_limits *limits)
{
	return !limits->region || (s->mem >= limits->region->start &&
				   s->mem + s->memsz <= limits->region->end);
}

static struct kexec_verdict judge(const struct kexec_segment *list, unsigned long nr,
				  const struct kexec_limits *limits)
{
	unsigned long i, j, pages = 0;

	for (i = 0; i < nr; i++)
		if (judge_address(&list[i], limits))
			return (struct kexec_verdict) { judge_address(&list[i], limits), i };
	for (i = 0; i < nr; i++)
		for (j = 0; j < i; j++)
			if (judge_overlap(&list[i], &list[j]))
				return (struct kexec_verdict) { KEXEC_FLAW_OVERLAP, i, j };
	for (i = 0; i < nr; i++)
		if (list[i].bufsz > list[i].memsz)
			return (struct kexec_verdict) { KEXEC_FLAW_CONTENTS, i };
	for (i = 0; i < nr; i++)
		if (list[i].memsz / PAGE_SIZE > limits->pages)
			return (struct kexec_verdict) { KEXEC_FLAW_SIZE, i };
	for (i = 0; i < nr; i++)
		pages += list[i].memsz / PAGE_SIZE;
	if (pages > limits->pages)
		return (struct kexec_verdict) { KEXEC_FLAW_TOTAL };
	for (i = 0; i < nr; i++)
		if (!judge_region(&list[i], limits))
			return (struct kexec_verdict) { KEXEC_FLAW_REGION, i };
	return (struct kexec_verdict) {};
}

static struct kexec_segment random_segment(struct rnd_state *chance)
{
	struct kexec_segment s = {
		.mem = PAGE(kexec_test_below(chance, MODEL_PAGES)),
		.memsz = PAGE(kexec_test_below(chance, 7)),
	};

	s.bufsz = kexec_test_below(chance, s.memsz + 1);
	switch (kexec_test_below(chance, 80)) {
	case 0:
		s.mem += kexec_test_below(chance, PAGE_SIZE);
		break;
	case 1:
		s.memsz += kexec_test_below(chance, PAGE_SIZE);
		break;
	case 2:
		s.mem = -PAGE(kexec_test_below(chance, 8));
		break;
	case 3:
		s.bufsz = s.memsz + 1 + kexec_test_below(chance, 9);
		break;
	case 4:
		s.memsz = PAGE(kexec_test_below(chance, 30));
		break;
	}
	return s;
}

static unsigned long random_list(struct rnd_state *chance, struct kexec_segment *list)
{
	unsigned long i, nr = kexec_test_below(chance, 5);

	if (!kexec_test_below(chance, 16))
		nr = kexec_test_below(chance, KEXEC_SEGMENT_MAX + 1);
	for (i = 0; i < nr; i++)
		list[i] = random_segment(chance);
	return nr;
}

/* The checks see in any list what marking its pages one by one shows. */
static void random_lists_by_the_page(struct kunit *test)
{
	struct rnd_state *chance = kexec_test_chance(test);
	unsigned int seen[KEXEC_FLAW_REGION + 1] = {};
	struct kexec_segment list[KEXEC_SEGMENT_MAX];
	int round, flaw;

	for (round = 0; round < 6000; round++) {
		struct kexec_range region = {
			PAGE(kexec_test_below(chance, 24)), PAGE(40 + kexec_test_below(chance, 24)),
		};
		struct kexec_limits limits = {
			.destination = PAGE(MODEL_PAGES) - kexec_test_below(chance, 3),
			.pages = 4 + kexec_test_below(chance, 30),
			.region = kexec_test_below(chance, 2) ? &region : NULL,
		};
		unsigned long nr = random_list(chance, list);
		struct kexec_verdict should = judge(list, nr, &limits);
		struct kexec_verdict is = kexec_check_segments(list, nr, &limits);

		KUNIT_ASSERT_EQ_MSG(test, should.flaw, is.flaw, "round %d", round);
		seen[is.flaw]++;
		if (!is.flaw || is.flaw == KEXEC_FLAW_TOTAL)
			continue;
		KUNIT_ASSERT_EQ_MSG(test, should.segment, is.segment, "round %d", round);
		if (is.flaw == KEXEC_FLAW_OVERLAP)
			KUNIT_ASSERT_EQ_MSG(test, should.other, is.other, "round %d", round);
	}
	for (flaw = 0; flaw < ARRAY_SIZE(seen); flaw++)
		KUNIT_EXPECT_GT_MSG(test, seen[flaw], 5, "flaw %d hardly came up", flaw);
}

/* ---- words ---- */

#ifdef CONFIG_64BIT
#define LAST_PAGE	"0xfffffffffffff000"
#else
#define LAST_PAGE	"0xfffff000"
#endif

static const struct kexec_segment described[] = {
	{ .mem = 0x1000, .memsz = 0x2000, .bufsz = 0x2001 },
	{ .mem = 0x2000, .memsz = 0x1000 },
	{ .mem = 0x5000 },
	{ .mem = -0x1000UL, .memsz = 0x2000 },
	{ .mem = 0x1008, .memsz = 0x800 },
};

static const struct words_case {
	const char *name;
	struct kexec_verdict verdict;
	const char *text;
} words[] = {
	{ "none", { KEXEC_FLAW_NONE }, "nothing wrong" },
	{ "wraps", { KEXEC_FLAW_WRAPS, 3 },
	  "segment 3 at " LAST_PAGE ": 0x2000 bytes reach over the end of the address space" },
	{ "unaligned", { KEXEC_FLAW_UNALIGNED, 4 },
	  "segment 4 at 0x1008, 0x800 bytes: not made of whole pages" },
	{ "limit", { KEXEC_FLAW_LIMIT, 0 },
	  "segment 0 [mem 0x1000-0x2fff]: beyond what the machine can reach, 0x40000" },
	{ "limit, empty", { KEXEC_FLAW_LIMIT, 2 },
	  "segment 2 [mem 0x5000-0x5000]: beyond what the machine can reach, 0x40000" },
	{ "overlap", { KEXEC_FLAW_OVERLAP, 1, 0 },
	  "segment 1 [mem 0x2000-0x2fff]: overlaps segment 0 [mem 0x1000-0x2fff]" },
	{ "contents", { KEXEC_FLAW_CONTENTS, 0 },
	  "segment 0 [mem 0x1000-0x2fff]: 0x2001 bytes of contents for 0x2000 bytes of memory" },
	{ "size", { KEXEC_FLAW_SIZE, 0, .pages = (SZ_8M >> PAGE_SHIFT) + 1 },
	  "segment 0 [mem 0x1000-0x2fff]: 9 MiB, larger than half of memory, 8 MiB" },
	{ "total", { KEXEC_FLAW_TOTAL, .pages = SZ_16M >> PAGE_SHIFT },
	  "all segments together: 16 MiB, larger than half of memory, 8 MiB" },
	{ "region", { KEXEC_FLAW_REGION, 1 },
	  "segment 1 [mem 0x2000-0x2fff]: outside the crash region [mem 0x10000-0x1ffff]" },
};

KUNIT_ARRAY_PARAM_DESC(words, words, name);

/* The log names the segment, the range and the limit. */
static void each_flaw_in_words(struct kunit *test)
{
	static const struct kexec_range region = { 0x10000, 0x20000 };
	const struct kexec_limits limits = {
		.destination = 0x40000,
		.pages = (SZ_8M >> PAGE_SHIFT) + 3,
		.region = &region,
	};
	const struct words_case *c = test->param_value;
	char text[192];
	int len = kexec_describe_flaw(text, sizeof(text), &c->verdict, described, &limits);

	KUNIT_EXPECT_STREQ(test, text, c->text);
	KUNIT_EXPECT_EQ(test, len, strlen(c->text));
}

/* Of a region that is not there the log says how to get one. */
static void no_region_in_words(struct kunit *test)
{
	static const struct kexec_range none = {};
	const struct kexec_limits limits = { .region = &none };
	const struct kexec_verdict verdict = { KEXEC_FLAW_REGION, 1 };
	char text[192];

	kexec_describe_flaw(text, sizeof(text), &verdict, described, &limits);
	KUNIT_EXPECT_STREQ(test, text, KEXEC_NOTHING_RESERVED);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "crashkernel="));
}

/* A text that does not fit is cut, not written over what follows. */
static void words_are_cut_to_fit(struct kunit *test)
{
	const struct kexec_verdict verdict = { KEXEC_FLAW_OVERLAP, 1, 0 };
	char text[24] = "";

	text[23] = 'x';
	kexec_describe_flaw(text, 16, &verdict, described, &anywhere);
	KUNIT_EXPECT_EQ(test, strlen(text), 15);
	KUNIT_EXPECT_EQ(test, text[23], 'x');
}

static struct kunit_case check_cases[] = {
	KUNIT_CASE_PARAM(verdicts_at_the_edges, verdict_gen_params),
	KUNIT_CASE(each_flaw_has_its_errno),
	KUNIT_CASE_PARAM(random_lists_by_the_page, kexec_test_seeds),
	KUNIT_CASE_PARAM(each_flaw_in_words, words_gen_params),
	KUNIT_CASE(no_region_in_words),
	KUNIT_CASE(words_are_cut_to_fit),
	{}
};

static struct kunit_suite check_suite = {
	.name = "kexec_check",
	.test_cases = check_cases,
};

kunit_test_suite(check_suite);

MODULE_DESCRIPTION("KUnit tests of kexec's segment checks");
MODULE_LICENSE("GPL");
