/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites of the pure parts stand on: chance that repeats itself, and images
 * that are nothing but a description.  They run on any architecture, and in user space
 * (tools/testing/kexec), so that nothing here asks for a machine.
 */
#ifndef KERNEL_KEXEC_TESTS_PURE_KUNIT_H
#define KERNEL_KEXEC_TESTS_PURE_KUNIT_H

#include <kunit/test.h>
#include <linux/memblock.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "kexec_look_kunit.h"

/* The size of so many pages. */
#define BYTES(pages)	((unsigned long)(pages) << PAGE_SHIFT)

/* ---- chance: the parameter of a random test is its seed, and shows in its name ---- */

const void *kexec_test_seeds(struct kunit *test, const void *prev, char *desc);
struct rnd_state *kexec_test_chance(struct kunit *test);

/* A number below @n. */
static inline u32 kexec_test_below(struct rnd_state *chance, u32 n)
{
	return prandom_u32_state(chance) % n;
}

/* ---- images ---- */

/* Addresses that can be reached, at which this machine has no memory. */
static inline unsigned long kexec_test_nowhere(void)
{
	return ALIGN(PFN_PHYS(max_pfn), SZ_1G) + (IS_ENABLED(CONFIG_64BIT) ? 16ULL * SZ_1G : 0);
}

struct kimage *kexec_test_bare_image(struct kunit *test);

#endif /* KERNEL_KEXEC_TESTS_PURE_KUNIT_H */
