// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: reboot into an image
 *
 * reboot(2) executes the armed reboot image.  That takes it out of everybody's reach
 * first; what is loaded or unloaded in the meantime is none of its business, and a
 * panic on the way down finds the crash image as before.
 */
#define pr_fmt(fmt) "kexec_core: " fmt

#include <linux/cpu.h>
#include <linux/kexec.h>
#include <linux/kmsg_dump.h>
#include <linux/liveupdate.h>
#include <linux/reboot.h>
#include <linux/syscore_ops.h>
#include <trace/events/kexec.h>

#include "arm.h"
#include "attempt.h"
#include "reboot.h"
#include "refuse.h"
#include "timeline.h"

/* All of the machine but for this CPU and what the architecture stops itself. */
static void take_down_machine(void)
{
	kernel_restart_prepare("kexec reboot");
	trace_kexec_reboot("devices");
	migrate_to_reboot_cpu();
	syscore_shutdown();
	/* migrate_to_reboot_cpu() has forbidden CPU hotplug, machine_shutdown() needs it. */
	cpu_hotplug_enable();
}

static int reboot_into(struct kimage *image)
{
	int ret = liveupdate_reboot();

	if (ret)
		return kexec_refuse(NULL, ret,
				    "reboot: live update cannot save what it preserves, and has undone what it did");

	/* IMA adds what it has measured since the load to this image, and to no other. */
	kexec_reboot_image = image;
	kexec_in_progress = true;
	kexec_attempt_begin(image);
	take_down_machine();
	kexec_attempt_quiet();
	kexec_timeline_quiet();
	trace_kexec_reboot("quiet");
	pr_notice("Starting new kernel\n");
	machine_shutdown();
	kmsg_dump(KMSG_DUMP_SHUTDOWN);
	trace_kexec_reboot("jump");
	kexec_timeline_jump(image);
	machine_kexec(image);
	return 0;
}

/**
 * kernel_kexec() - execute the loaded reboot image
 *
 * Context: process, system_transition_mutex held.
 * Return: only when nothing was executed or a preserve-context image came back:
 * 0 in the latter case; -EINVAL when no image is loaded; -EBUSY when tasks cannot
 * be frozen; what live update or a device says that cannot go along.
 */
int kernel_kexec(void)
{
	struct kimage *image = kimage_take();
	int ret;

	kexec_timeline_reboot();
	if (!image)
		return kexec_refuse(NULL, -EINVAL, "reboot: no image is loaded");
	trace_kexec_reboot("call");
	ret = image->preserve_context ? kexec_jump(image) : reboot_into(image);
	kimage_put_back(image);
	return ret;
}
