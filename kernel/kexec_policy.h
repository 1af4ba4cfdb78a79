/* SPDX-License-Identifier: GPL-2.0-only */
/* What kexec_policy.c keeps of who may load; for it and its tests. */
#ifndef KERNEL_KEXEC_POLICY_H
#define KERNEL_KEXEC_POLICY_H

#include <linux/sysctl.h>

/**
 * struct kexec_load_limit - how often images of a type may be loaded
 * @name:       the sysctl that lowers it
 * @calls_left: calls that are left, -1 when there is no limit
 */
struct kexec_load_limit {
	const char *name;
	int calls_left;
};

#if IS_ENABLED(CONFIG_KUNIT)
extern const struct ctl_table kexec_policy_sysctls[3];
#endif

#endif /* KERNEL_KEXEC_POLICY_H */
