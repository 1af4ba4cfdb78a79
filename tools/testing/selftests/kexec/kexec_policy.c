// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernels that are not signed can be loaded if, and only if, no policy of this
 * machine forbids it.  Where it cannot be found out, the test is skipped.
 */
#define _GNU_SOURCE
#include <errno.h>

#include "kexec_test.h"
#include "kexec_harness.h"

/* ---- verdicts ---- */

static enum answer file_is_refused(void)
{
	const enum answer reasons[] = {
		signature_is_enforced(),
		ima_appraises(),
		both(locked_down(), kernel_has("KEXEC_SIG")),
	};

	return any(reasons, ARRAY_SIZE(reasons));
}

/* Segments cannot be signed at all. */
static enum answer segments_are_refused(void)
{
	const enum answer reasons[] = {
		locked_down(),
		ima_appraises(),
		both(secure_boot(), both(kernel_has("IMA_ARCH_POLICY"), kernel_has("KEXEC_SIG"))),
	};

	return any(reasons, ARRAY_SIZE(reasons));
}

/* ---- the tests ---- */

FIXTURE(not_signed)
{
	struct session session;
};

FIXTURE_VARIANT(not_signed)
{
	long (*load)(enum kind kind);
	enum kind kind;
	enum answer (*is_refused)(void);
};

FIXTURE_VARIANT_ADD(not_signed, kernel) { load_some_file, REBOOT, file_is_refused };
FIXTURE_VARIANT_ADD(not_signed, crash_kernel) { load_some_file, CRASH, file_is_refused };
FIXTURE_VARIANT_ADD(not_signed, segments) { load_something, REBOOT, segments_are_refused };
FIXTURE_VARIANT_ADD(not_signed, crash_segments) { load_something, CRASH, segments_are_refused };

FIXTURE_SETUP(not_signed)
{
	const char *why = may_not_call(variant->kind);

	if (!why && variant->load == load_some_file)
		why = cannot_make_kernel();
	if (!why && variant->load == load_something && !destination(variant->kind, page_size()))
		why = "/proc/iomem shows no room for an image";
	if (why)
		SKIP(return, "%s", why);
	self->session.mine[variant->kind] = true;
}

FIXTURE_TEARDOWN_PARENT(not_signed)
{
	end(&self->session);
}

TEST_F(not_signed, loads_if_policy_allows)
{
	enum answer refused = variant->is_refused();
	long result;

	if (refused == UNKNOWN)
		SKIP(return, "what the policy is cannot be found out");
	result = variant->load(variant->kind);
	if (no_such_call(result))
		SKIP(return, "the kernel has no such call");
	EXPECT_EQ(refused == YES, is_a_refusal(result));
	EXPECT_EQ(refused == NO, !result);
	EXPECT_EQ(refused == NO, is_loaded(variant->kind))
		TH_LOG("%s, and the policy says %s", outcome(result), refused ? "no" : "yes");
}

/* Nobody has to be trusted to take something away. */
TEST_F(not_signed, unloads_as_files)
{
	long result = kexec_file_unload(variant->kind);

	if (no_such_call(result))
		SKIP(return, "the kernel has no kexec_file_load()");
	EXPECT_EQ(0, result);
}

TEST_HARNESS_MAIN
