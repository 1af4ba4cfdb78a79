/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The harness, with patience: how long a test takes says nothing of the kernel, but much
 * of what else its machine does.  What hangs is ended all the same.
 */
#ifndef KEXEC_HARNESS_H
#define KEXEC_HARNESS_H

#include "../kselftest_harness.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	600	/* seconds */

#endif /* KEXEC_HARNESS_H */
