// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: who may load, and how often
 *
 * CAP_SYS_BOOT is needed for anything.  Three sysctls let root give it up, one way
 * only: kernel.kexec_load_disabled, and a quota of calls for each type of image,
 * kernel.kexec_load_limit_reboot and kernel.kexec_load_limit_panic, which can be
 * lowered but not raised.
 *
 * The quota counts calls, not images: a call that is refused afterwards and a
 * call that unloads use it up as well.  That is documented and stays so; the log
 * says it where it matters.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/capability.h>
#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/mutex.h>
#include <kunit/visibility.h>

#include "policy.h"
#include "refuse.h"

#define UNLIMITED	-1

static DEFINE_MUTEX(limit_mutex);

static struct kexec_load_limit limits[] = {
	[KEXEC_TYPE_DEFAULT] = { "kexec_load_limit_reboot", UNLIMITED },
	[KEXEC_TYPE_CRASH] = { "kexec_load_limit_panic", UNLIMITED },
};

static int load_disabled;

static bool use_up_call(struct kexec_load_limit *limit)
{
	guard(mutex)(&limit_mutex);
	if (!limit->calls_left)
		return false;
	if (limit->calls_left != UNLIMITED)
		limit->calls_left--;
	return true;
}

/**
 * kexec_change_permitted() - may the caller change what happens at a reboot or a panic?
 * @what: what he is about to do, for the log
 *
 * Context: process.
 * Return: true when he may; if not, the log says why and -EPERM is the answer.
 */
bool kexec_change_permitted(const char *what)
{
	if (!capable(CAP_SYS_BOOT)) {
		kexec_refuse(NULL, -EPERM, "%s: CAP_SYS_BOOT is needed", what);
		return false;
	}
	if (load_disabled) {
		kexec_refuse(NULL, -EPERM, "%s: kernel.kexec_load_disabled is set", what);
		return false;
	}
	return true;
}

/**
 * kexec_load_permitted() - may the caller make this call?
 * @image_type: KEXEC_TYPE_DEFAULT or KEXEC_TYPE_CRASH
 *
 * Uses up one call of the type's quota, if there is one.
 *
 * Context: process.
 * Return: true when it may; if not, the log says why and -EPERM is the answer.
 */
bool kexec_load_permitted(int image_type)
{
	struct kexec_load_limit *limit = &limits[image_type];

	if (!kexec_change_permitted("load"))
		return false;
	if (!use_up_call(limit)) {
		kexec_refuse(NULL, -EPERM,
			     "load: kernel.%s is used up; refused calls and unloads count too",
			     limit->name);
		return false;
	}
	return true;
}

static bool lower_limit(struct kexec_load_limit *limit, int calls)
{
	guard(mutex)(&limit_mutex);
	if (calls < 0 || (limit->calls_left != UNLIMITED && calls >= limit->calls_left))
		return false;
	limit->calls_left = calls;
	return true;
}

static int read_limit(struct kexec_load_limit *limit)
{
	guard(mutex)(&limit_mutex);
	return limit->calls_left;
}

static int limit_handler(const struct ctl_table *table, int write, void *buffer,
			 size_t *lenp, loff_t *ppos)
{
	struct kexec_load_limit *limit = table->data;
	int ret, calls = read_limit(limit);
	const struct ctl_table proxy = {
		.data = &calls,
		.maxlen = sizeof(calls),
		.mode = table->mode,
	};

	ret = proc_dointvec(&proxy, write, buffer, lenp, ppos);
	if (!ret && write && !lower_limit(limit, calls))
		ret = -EINVAL;
	return ret;
}

VISIBLE_IF_KUNIT
const struct ctl_table kexec_policy_sysctls[] = {
	{
		.procname	= "kexec_load_disabled",
		.data		= &load_disabled,
		.maxlen		= sizeof(load_disabled),
		.mode		= 0644,
		/* From 0 to 1 and never back. */
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ONE,
		.extra2		= SYSCTL_ONE,
	},
	{
		.procname	= "kexec_load_limit_panic",
		.data		= &limits[KEXEC_TYPE_CRASH],
		.mode		= 0644,
		.proc_handler	= limit_handler,
	},
	{
		.procname	= "kexec_load_limit_reboot",
		.data		= &limits[KEXEC_TYPE_DEFAULT],
		.mode		= 0644,
		.proc_handler	= limit_handler,
	},
};

static int __init policy_init(void)
{
	register_sysctl_init("kernel", kexec_policy_sysctls);
	return 0;
}
late_initcall(policy_init);
