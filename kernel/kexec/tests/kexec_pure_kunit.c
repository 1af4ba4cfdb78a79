// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: what the suites of the pure parts stand on
 *
 * These suites ask for no machine: they are built for every architecture, and in user
 * space as well.
 */
#include <kunit/test.h>
#include <linux/kexec.h>

#include "kexec_pure_kunit.h"

static const u32 seeds[] = { 1, 2, 3, 5, 8, 13, 21, 34 };

static void describe_seed(const u32 *seed, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "seed %u", *seed);
}

KUNIT_ARRAY_PARAM(seed, seeds, describe_seed);

const void *kexec_test_seeds(struct kunit *test, const void *prev, char *desc)
{
	return seed_gen_params(test, prev, desc);
}

/* Seeded with the test's parameter. */
struct rnd_state *kexec_test_chance(struct kunit *test)
{
	struct rnd_state *chance = kunit_kzalloc(test, sizeof(*chance), GFP_KERNEL);
	const u32 *seed = test->param_value;

	KUNIT_ASSERT_NOT_NULL(test, chance);
	prandom_seed_state(chance, *seed);
	return chance;
}

/* An image with nothing in it, whose refusals need not be read; freed with the test. */
struct kimage *kexec_test_bare_image(struct kunit *test)
{
	struct kimage_core *core = kunit_kzalloc(test, sizeof(*core), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, core);
	core->entry = &core->list;
	core->last_entry = &core->list;
	core->refused = true;
	INIT_LIST_HEAD(&core->source_pages);
	INIT_LIST_HEAD(&core->unusable_pages);
	return &core->image;
}
