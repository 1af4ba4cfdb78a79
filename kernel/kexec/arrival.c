// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: the time line of what ended here
 *
 * A kernel that was entered by one that keeps a time line (timeline.c) tells how long each
 * stretch of the way took: in its log, and in /sys/kernel/kexec/timeline/.  One that
 * firmware has started, or any other kernel, has no such thing to tell.
 *
 * All there is are readings of a counter, which may come from another version of this
 * code, or be what is left of it after a crash.  A number is told where two readings
 * follow each other and the counter's rate is known to be what it was; where not,
 * because one is missing, or the counter was set to something else or goes at another
 * rate since, it is "unknown".
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/kexec.h>
#include <linux/kobject.h>
#include <linux/math64.h>
#include <linux/sysfs.h>

#include "timeline.h"

/* ---- pure ---- */

/* Two kernels that measure the rate do not find quite the same. */
#define RATE_TOLERANCE	64

/* No stretch takes that long; a counter was set forward. */
#define MS_MAX		(3600 * MSEC_PER_SEC)

/**
 * kexec_timeline_valid() - is this a time line?
 * @timeline: bytes that may be anything
 *
 * Context: any.
 * Return: true when it is one as this kernel knows them.
 */
bool kexec_timeline_valid(const struct kexec_timeline *timeline)
{
	return timeline->type == KEXEC_TIMELINE_TYPE && timeline->len == KEXEC_TIMELINE_LEN &&
	       timeline->magic == KEXEC_TIMELINE_MAGIC && timeline->khz;
}

static bool same_rate(u32 khz, u32 other)
{
	return max(khz, other) - min(khz, other) <= khz / RATE_TOLERANCE;
}

/* A kernel that is entered directly has none between the purgatory's end and its own. */
static u64 moment(const struct kexec_timeline *timeline, const struct kexec_arrival *here,
		  unsigned int nr)
{
	if (nr < KEXEC_STAMPS)
		return timeline->stamp[nr];
	if (nr > KEXEC_STAMPS)
		return here->started;
	return timeline->flags & KEXEC_TIMELINE_PACKED ? here->entered :
							 timeline->stamp[KEXEC_STAMP_VERIFIED];
}

static u64 stretch_ns(const struct kexec_timeline *timeline, const struct kexec_arrival *here,
		      unsigned int nr)
{
	u64 from = moment(timeline, here, nr), to = moment(timeline, here, nr + 1);

	if (!from || !to || to < from || to - from > (u64)timeline->khz * MS_MAX)
		return KEXEC_UNKNOWN;
	/* Whatever happened to the rate, it was not in the kernel that knew it. */
	if (nr >= KEXEC_STAMP_JUMP && !same_rate(timeline->khz, here->khz))
		return KEXEC_UNKNOWN;
	return mul_u64_u64_div_u64(to - from, NSEC_PER_MSEC, timeline->khz);
}

/**
 * kexec_timeline_ns() - how long a stretch of the way took
 * @timeline: a valid time line
 * @here:     what this kernel has read
 * @stretch:  which stretch
 *
 * Context: any.
 * Return: nanoseconds, or KEXEC_UNKNOWN.
 */
u64 kexec_timeline_ns(const struct kexec_timeline *timeline, const struct kexec_arrival *here,
		      enum kexec_stretch stretch)
{
	u64 ns, total = 0;
	unsigned int nr;

	if (stretch != KEXEC_TOTAL)
		return stretch_ns(timeline, here, stretch);
	for (nr = 0; nr < KEXEC_TOTAL; nr++) {
		ns = stretch_ns(timeline, here, nr);
		if (ns == KEXEC_UNKNOWN)
			return KEXEC_UNKNOWN;
		total += ns;
	}
	return total;
}

/* ---- the way to this kernel ---- */

static struct kexec_timeline arrived __ro_after_init;
static struct kexec_arrival here __initdata;
static u64 took[KEXEC_STRETCHES] __ro_after_init;

/**
 * kexec_timeline_arrived() - a time line was handed over to this kernel
 * @timeline: what it says it is
 * @entered:  the counter when this kernel's own code began, 0 if it was not read
 * @started:  the counter at start_kernel()
 *
 * Context: early boot.
 */
void __init kexec_timeline_arrived(const struct kexec_timeline *timeline, u64 entered, u64 started)
{
	if (!kexec_timeline_valid(timeline))
		return;
	arrived = *timeline;
	here.entered = entered;
	here.started = started;
}

static const char *started_by(void)
{
	return arrived.flags & KEXEC_TIMELINE_CRASH ? "crash" : "reboot";
}

/* ---- in the log ---- */

#define TEXT_MAX	24

static const char *in_ms(u64 ns, char text[TEXT_MAX])
{
	u32 us;

	if (ns == KEXEC_UNKNOWN)
		return "unknown";
	ns = div_u64_rem(div_u64(ns, NSEC_PER_USEC), USEC_PER_MSEC, &us);
	snprintf(text, TEXT_MAX, "%llu.%03u", ns, us);
	return text;
}

static void __init log_timeline(void)
{
	char text[KEXEC_STRETCHES][TEXT_MAX];

	pr_info("%s, in ms: shutdown %s, leave %s, relocate %s, verify %s, decompress %s, enter %s; total %s\n",
		started_by(), in_ms(took[KEXEC_SHUTDOWN], text[KEXEC_SHUTDOWN]),
		in_ms(took[KEXEC_LEAVE], text[KEXEC_LEAVE]),
		in_ms(took[KEXEC_RELOCATE], text[KEXEC_RELOCATE]),
		in_ms(took[KEXEC_VERIFY], text[KEXEC_VERIFY]),
		in_ms(took[KEXEC_DECOMPRESS], text[KEXEC_DECOMPRESS]),
		in_ms(took[KEXEC_ENTER], text[KEXEC_ENTER]),
		in_ms(took[KEXEC_TOTAL], text[KEXEC_TOTAL]));
}

/* ---- in sysfs ---- */

static ssize_t started_by_show(struct kobject *dir, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", started_by());
}

static struct kobj_attribute started_by_attr = __ATTR_RO(started_by);

static ssize_t show_ns(struct kobject *dir, struct kobj_attribute *attr, char *buf);

static struct kobj_attribute stretch_attrs[KEXEC_STRETCHES] = {
	[KEXEC_SHUTDOWN] = __ATTR(shutdown_ns, 0444, show_ns, NULL),
	[KEXEC_LEAVE] = __ATTR(leave_ns, 0444, show_ns, NULL),
	[KEXEC_RELOCATE] = __ATTR(relocate_ns, 0444, show_ns, NULL),
	[KEXEC_VERIFY] = __ATTR(verify_ns, 0444, show_ns, NULL),
	[KEXEC_DECOMPRESS] = __ATTR(decompress_ns, 0444, show_ns, NULL),
	[KEXEC_ENTER] = __ATTR(enter_ns, 0444, show_ns, NULL),
	[KEXEC_TOTAL] = __ATTR(total_ns, 0444, show_ns, NULL),
};

static ssize_t show_ns(struct kobject *dir, struct kobj_attribute *attr, char *buf)
{
	u64 ns = took[attr - stretch_attrs];

	if (ns == KEXEC_UNKNOWN)
		return sysfs_emit(buf, "unknown\n");
	return sysfs_emit(buf, "%llu\n", ns);
}

static const struct attribute *files[] = {
	&started_by_attr.attr,
	&stretch_attrs[KEXEC_SHUTDOWN].attr,
	&stretch_attrs[KEXEC_LEAVE].attr,
	&stretch_attrs[KEXEC_RELOCATE].attr,
	&stretch_attrs[KEXEC_VERIFY].attr,
	&stretch_attrs[KEXEC_DECOMPRESS].attr,
	&stretch_attrs[KEXEC_ENTER].attr,
	&stretch_attrs[KEXEC_TOTAL].attr,
	NULL,
};

/**
 * kexec_timeline_show_in() - tell how long the way to this kernel took, if that is known
 * @dir: /sys/kernel/kexec/
 *
 * Context: process, once, at boot.
 * Return: 0; what sysfs says when it has no memory.
 */
int __init kexec_timeline_show_in(struct kobject *dir)
{
	struct kobject *timeline;
	int i;

	if (!arrived.khz)
		return 0;
	here.khz = arch_kexec_counter_khz();
	for (i = 0; i < KEXEC_STRETCHES; i++)
		took[i] = kexec_timeline_ns(&arrived, &here, i);
	log_timeline();
	timeline = kobject_create_and_add("timeline", dir);
	return timeline ? sysfs_create_files(timeline, files) : -ENOMEM;
}
