/* SPDX-License-Identifier: GPL-2.0-only */
/* policy.c and signature.c: who may load what. */
#ifndef KERNEL_KEXEC_POLICY_H
#define KERNEL_KEXEC_POLICY_H

#include <linux/sysctl.h>

struct kimage;

/**
 * struct kexec_load_limit - how often images of a type may be loaded
 * @name:       the sysctl that lowers it
 * @calls_left: calls that are left, -1 when there is no limit
 */
struct kexec_load_limit {
	const char *name;
	int calls_left;
};

bool kexec_change_permitted(const char *what);
bool kexec_load_permitted(int image_type);

#ifdef CONFIG_KEXEC_SIG
int kimage_check_signature(struct kimage *image);
bool kexec_sig_is_enforced(void);
#else
static inline int kimage_check_signature(struct kimage *image) { return 0; }
static inline bool kexec_sig_is_enforced(void) { return false; }
#endif

#if defined(CONFIG_KEXEC_SIG) && IS_ENABLED(CONFIG_KUNIT)
extern bool kexec_sig_enforced;
#endif

#if IS_ENABLED(CONFIG_KUNIT)
extern const struct ctl_table kexec_policy_sysctls[3];
#endif

#endif /* KERNEL_KEXEC_POLICY_H */
