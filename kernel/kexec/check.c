// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: checking an image
 *
 * Whether the segments of an image can be what they say they are is decided
 * here and nowhere else, by a pure function: segments and limits in, verdict
 * out.  sanity_check_segment_list() brings the limits of the running machine
 * to it and turns a verdict that is not clean into a refusal.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <kunit/visibility.h>

#include "../kexec_internal.h"
#include "check.h"
#include "image.h"
#include "poison.h"
#include "refuse.h"
#include "region.h"

/* The part of each check that looks at one segment. */
typedef enum kexec_flaw (*segment_check_t)(const struct kexec_segment *segment,
					   const struct kexec_limits *limits);

static enum kexec_flaw check_destination(const struct kexec_segment *segment,
					 const struct kexec_limits *limits)
{
	unsigned long end;

	if (check_add_overflow(segment->mem, segment->memsz, &end))
		return KEXEC_FLAW_WRAPS;
	if (!PAGE_ALIGNED(segment->mem) || !PAGE_ALIGNED(end))
		return KEXEC_FLAW_UNALIGNED;
	if (end >= limits->destination)
		return KEXEC_FLAW_LIMIT;
	return KEXEC_FLAW_NONE;
}

static enum kexec_flaw check_contents(const struct kexec_segment *segment,
				      const struct kexec_limits *limits)
{
	return segment->bufsz > segment->memsz ? KEXEC_FLAW_CONTENTS : KEXEC_FLAW_NONE;
}

static enum kexec_flaw check_size(const struct kexec_segment *segment,
				  const struct kexec_limits *limits)
{
	return segment->memsz >> PAGE_SHIFT > limits->pages ? KEXEC_FLAW_SIZE : KEXEC_FLAW_NONE;
}

static enum kexec_flaw check_region(const struct kexec_segment *segment,
				    const struct kexec_limits *limits)
{
	if (!limits->region || kexec_range_contains(*limits->region, kexec_segment_range(segment)))
		return KEXEC_FLAW_NONE;
	return KEXEC_FLAW_REGION;
}

static enum kexec_flaw check_poison(const struct kexec_segment *segment,
				    const struct kexec_limits *limits)
{
	struct kexec_range hit;

	if (!limits->poisoned || !limits->poisoned(kexec_segment_range(segment), &hit))
		return KEXEC_FLAW_NONE;
	return KEXEC_FLAW_POISON;
}

static bool check_each(const struct kexec_segment *segments, unsigned long nr,
		       const struct kexec_limits *limits, segment_check_t check,
		       struct kexec_verdict *verdict)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		verdict->flaw = check(&segments[i], limits);
		verdict->segment = i;
		if (verdict->flaw) {
			verdict->pages = segments[i].memsz >> PAGE_SHIFT;
			return false;
		}
	}
	return true;
}

static bool check_overlaps(const struct kexec_segment *segments, unsigned long nr,
			   struct kexec_verdict *verdict)
{
	unsigned long i, j;

	for (i = 1; i < nr; i++) {
		for (j = 0; j < i; j++) {
			if (!kexec_range_overlaps(kexec_segment_range(&segments[i]),
						  kexec_segment_range(&segments[j])))
				continue;
			*verdict = (struct kexec_verdict) { KEXEC_FLAW_OVERLAP, i, j };
			return false;
		}
	}
	return true;
}

static bool check_total(const struct kexec_segment *segments, unsigned long nr,
			const struct kexec_limits *limits, struct kexec_verdict *verdict)
{
	unsigned long i, pages = 0;

	/* No sum of KEXEC_SEGMENT_MAX sizes wraps once each passed check_size(). */
	for (i = 0; i < nr; i++)
		pages += segments[i].memsz >> PAGE_SHIFT;
	verdict->flaw = pages > limits->pages ? KEXEC_FLAW_TOTAL : KEXEC_FLAW_NONE;
	verdict->pages = pages;
	return !verdict->flaw;
}

/**
 * kexec_check_segments() - can these be the segments of an image?
 * @segments: the segments
 * @nr:       how many, at most KEXEC_SEGMENT_MAX
 * @limits:   what the machine allows
 *
 * The order of the checks decides which errno user space sees when several
 * things are wrong, and is part of the interface.
 *
 * Context: any; pure.
 * Return: the first flaw found, with the segments it was found in.
 */
VISIBLE_IF_KUNIT
struct kexec_verdict kexec_check_segments(const struct kexec_segment *segments, unsigned long nr,
					  const struct kexec_limits *limits)
{
	struct kexec_verdict verdict = {};

	if (check_each(segments, nr, limits, check_destination, &verdict) &&
	    check_overlaps(segments, nr, &verdict) &&
	    check_each(segments, nr, limits, check_contents, &verdict) &&
	    check_each(segments, nr, limits, check_size, &verdict) &&
	    check_total(segments, nr, limits, &verdict) &&
	    check_each(segments, nr, limits, check_region, &verdict))
		check_each(segments, nr, limits, check_poison, &verdict);
	return verdict;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_check_segments);

/**
 * kexec_flaw_errno() - what user space is told of a flaw
 * @flaw: the flaw
 *
 * Return: 0 for none, else -EADDRNOTAVAIL or -EINVAL.
 */
VISIBLE_IF_KUNIT
int kexec_flaw_errno(enum kexec_flaw flaw)
{
	switch (flaw) {
	case KEXEC_FLAW_NONE:
		return 0;
	case KEXEC_FLAW_WRAPS:
	case KEXEC_FLAW_UNALIGNED:
	case KEXEC_FLAW_LIMIT:
	case KEXEC_FLAW_REGION:
	case KEXEC_FLAW_POISON:
		return -EADDRNOTAVAIL;
	case KEXEC_FLAW_OVERLAP:
	case KEXEC_FLAW_CONTENTS:
	case KEXEC_FLAW_SIZE:
	case KEXEC_FLAW_TOTAL:
		return -EINVAL;
	}
	return -EINVAL;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_flaw_errno);

#define SEGMENT_FMT	"segment %u [mem %#lx-%#lx]"

/* Ranges print with their last byte, as in /proc/iomem. */
static unsigned long last_byte(const struct kexec_segment *segment)
{
	return segment->mem + segment->memsz - !!segment->memsz;
}

/* What is too large is rounded up and a limit down, so that they differ in print. */
static unsigned long mib_asked(const struct kexec_verdict *verdict)
{
	return DIV_ROUND_UP(verdict->pages, SZ_1M >> PAGE_SHIFT);
}

static unsigned long mib_allowed(const struct kexec_limits *limits)
{
	return limits->pages / (SZ_1M >> PAGE_SHIFT);
}

/**
 * kexec_describe_flaw() - put a verdict into words
 * @buf:      where to
 * @size:     bytes there
 * @verdict:  the verdict, not a clean one
 * @segments: what it is about
 * @limits:   what it was measured against
 *
 * Context: any; pure.
 * Return: length of the text, as scnprintf() counts it.
 */
VISIBLE_IF_KUNIT
int kexec_describe_flaw(char *buf, size_t size, const struct kexec_verdict *verdict,
			const struct kexec_segment *segments, const struct kexec_limits *limits)
{
	unsigned int i = verdict->segment, j = verdict->other;
	const struct kexec_segment *s = &segments[i], *other = &segments[j];
	struct kexec_range hit = {};

	switch (verdict->flaw) {
	case KEXEC_FLAW_NONE:
		return scnprintf(buf, size, "nothing wrong");
	case KEXEC_FLAW_WRAPS:
		return scnprintf(buf, size,
				 "segment %u at %#lx: %#zx bytes reach over the end of the address space",
				 i, s->mem, s->memsz);
	case KEXEC_FLAW_UNALIGNED:
		return scnprintf(buf, size,
				 "segment %u at %#lx, %#zx bytes: not made of whole pages",
				 i, s->mem, s->memsz);
	case KEXEC_FLAW_LIMIT:
		return scnprintf(buf, size, SEGMENT_FMT ": beyond what the machine can reach, %#lx",
				 i, s->mem, last_byte(s), limits->destination);
	case KEXEC_FLAW_OVERLAP:
		return scnprintf(buf, size, SEGMENT_FMT ": overlaps " SEGMENT_FMT,
				 i, s->mem, last_byte(s), j, other->mem, last_byte(other));
	case KEXEC_FLAW_CONTENTS:
		return scnprintf(buf, size, SEGMENT_FMT
				 ": %#zx bytes of contents for %#zx bytes of memory",
				 i, s->mem, last_byte(s), s->bufsz, s->memsz);
	case KEXEC_FLAW_SIZE:
		return scnprintf(buf, size, SEGMENT_FMT
				 ": %lu MiB, larger than half of memory, %lu MiB",
				 i, s->mem, last_byte(s), mib_asked(verdict), mib_allowed(limits));
	case KEXEC_FLAW_TOTAL:
		return scnprintf(buf, size,
				 "all segments together: %lu MiB, larger than half of memory, %lu MiB",
				 mib_asked(verdict), mib_allowed(limits));
	case KEXEC_FLAW_REGION:
		if (kexec_range_empty(*limits->region))
			return scnprintf(buf, size, KEXEC_NOTHING_RESERVED);
		return scnprintf(buf, size, SEGMENT_FMT
				 ": outside the crash region [mem %#llx-%#llx]",
				 i, s->mem, last_byte(s), limits->region->start,
				 limits->region->end - 1);
	case KEXEC_FLAW_POISON:
		limits->poisoned(kexec_segment_range(s), &hit);
		return scnprintf(buf, size, SEGMENT_FMT ": the page at %#llx is poisoned",
				 i, s->mem, last_byte(s), hit.start);
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_describe_flaw);

/**
 * sanity_check_segment_list() - refuse an image whose segments cannot be right
 * @image: the image
 *
 * Context: process.
 * Return: 0, or what kexec_flaw_errno() makes of the first flaw: -EADDRNOTAVAIL
 * for a destination that is not made of whole pages, wraps, lies beyond what the
 * machine can reach or, for a crash image, outside the crash region, or has a poisoned
 * page; -EINVAL for segments that overlap, hold more than fits, or take more than half
 * of memory.
 */
int sanity_check_segment_list(struct kimage *image)
{
	struct kexec_range region = kexec_region();
	struct kexec_limits limits = {
		.destination = KEXEC_DESTINATION_MEMORY_LIMIT,
		.pages = totalram_pages() / 2,
		.region = kimage_is_crash(image) ? &region : NULL,
		.poisoned = kexec_poisoned,
	};
	struct kexec_verdict verdict;
	char why[192];

	verdict = kexec_check_segments(image->segment, image->nr_segments, &limits);
	if (!verdict.flaw)
		return 0;
	kexec_describe_flaw(why, sizeof(why), &verdict, image->segment, &limits);
	return kexec_refuse(image, kexec_flaw_errno(verdict.flaw), "%s", why);
}
