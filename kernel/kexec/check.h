/* SPDX-License-Identifier: GPL-2.0-only */
/* What the checks of check.c take and return; for them and their tests. */
#ifndef KERNEL_KEXEC_CHECK_H
#define KERNEL_KEXEC_CHECK_H

#include "range.h"

/* What can be wrong with the segments of an image. */
enum kexec_flaw {
	KEXEC_FLAW_NONE,
	KEXEC_FLAW_WRAPS,
	KEXEC_FLAW_UNALIGNED,
	KEXEC_FLAW_LIMIT,
	KEXEC_FLAW_OVERLAP,
	KEXEC_FLAW_CONTENTS,
	KEXEC_FLAW_SIZE,
	KEXEC_FLAW_TOTAL,
	KEXEC_FLAW_REGION,
	KEXEC_FLAW_POISON,
};

/**
 * struct kexec_limits - what the machine allows
 * @destination: no segment may reach up to this address
 * @pages:       neither a segment nor all together may have more pages
 * @region:      segments must lie in here, NULL when they may lie anywhere
 * @poisoned:    says whether there is a poisoned page in a range, and which; NULL when there
 *		 is none anywhere
 */
struct kexec_limits {
	unsigned long destination;
	unsigned long pages;
	const struct kexec_range *region;
	bool (*poisoned)(struct kexec_range range, struct kexec_range *hit);
};

/**
 * struct kexec_verdict - what a check found
 * @flaw:    what is wrong
 * @segment: the segment it was found in
 * @other:   the one that @segment overlaps
 * @pages:   the pages of @segment, or of all together
 */
struct kexec_verdict {
	enum kexec_flaw flaw;
	unsigned int segment;
	unsigned int other;
	unsigned long pages;
};

#if IS_ENABLED(CONFIG_KUNIT)
struct kexec_verdict kexec_check_segments(const struct kexec_segment *segments, unsigned long nr,
					  const struct kexec_limits *limits);
int kexec_flaw_errno(enum kexec_flaw flaw);
int kexec_describe_flaw(char *buf, size_t size, const struct kexec_verdict *verdict,
			const struct kexec_segment *segments, const struct kexec_limits *limits);
#endif

#endif /* KERNEL_KEXEC_CHECK_H */
