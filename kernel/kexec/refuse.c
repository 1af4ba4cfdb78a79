// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: refusals
 *
 * Whatever the core refuses goes through kexec_refuse(), so that user space gets its
 * errno and the log one line that says why.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/capability.h>
#include <linux/kexec.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>

#define CREATE_TRACE_POINTS
#include <trace/events/kexec.h>

#include "image.h"
#include "refuse.h"

bool kexec_file_dbg_print;

static const char *image_kind(const struct kimage *image)
{
	if (!image)
		return "";
	return kimage_is_crash(image) ? "crash image: " : "reboot image: ";
}

/**
 * kexec_refuse() - say why something is refused
 * @image: the image in question, NULL when there is none yet
 * @err:   negative errno that the caller is going to return
 * @fmt:   why, with the ranges and limits that let the reader mend it
 *
 * Logs one line, fires a tracepoint and hands @err back, for
 * ``return kexec_refuse(image, -EINVAL, "...")``.  Of one load only the first
 * refusal is logged, the one closest to the cause.  A caller without
 * CAP_SYS_BOOT cannot use it to flood the log.
 *
 * Context: process.
 * Return: @err.
 */
int kexec_refuse(struct kimage *image, int err, const char *fmt, ...)
{
	static DEFINE_RATELIMIT_STATE(unprivileged, 30 * HZ, 3);
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	if (image && kimage_core(image)->refused)
		return err;
	if (image)
		kimage_core(image)->refused = true;

	va_start(args, fmt);
	vaf.va = &args;
	trace_kexec_refused(image ? image->type : -1, err, &vaf);
	if (ns_capable_noaudit(&init_user_ns, CAP_SYS_BOOT) || __ratelimit(&unprivileged))
		pr_notice("refused: %s%pV (%pe)\n", image_kind(image), &vaf, ERR_PTR(err));
	va_end(args);
	return err;
}
