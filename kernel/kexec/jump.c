// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: jumping into an image and coming back
 *
 * A preserve-context image runs while this kernel lies frozen, and returns to
 * it.  For the devices that is hibernation: they are quiesced as before the
 * snapshot is taken and woken as after it was restored.  Each function here
 * takes one thing down, calls the next, and brings it up again, so that what
 * fails on the way down is undone by returning.  Which it was is logged where it
 * happens; the log is read when the consoles are back.
 */
#include <linux/console.h>
#include <linux/cpu.h>
#include <linux/freezer.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/kexec.h>
#include <linux/kmsg_dump.h>
#include <linux/pm.h>
#include <linux/suspend.h>
#include <linux/syscore_ops.h>

#include "reboot.h"
#include "refuse.h"

static int refuse_jump(int err, const char *why)
{
	return kexec_refuse(NULL, err, "jump: %s", why);
}

static int jump_with_core_down(struct kimage *image)
{
	int ret = syscore_suspend();

	if (ret)
		return ret;
	kmsg_dump(KMSG_DUMP_SHUTDOWN);
	machine_kexec(image);
	syscore_resume();
	return 0;
}

/* As in hibernation, so that callbacks which allow for it are not taken for sleepers. */
static int jump_with_irqs_off(struct kimage *image)
{
	int ret;

	local_irq_disable();
	system_state = SYSTEM_SUSPEND;
	ret = jump_with_core_down(image);
	system_state = SYSTEM_RUNNING;
	local_irq_enable();
	return ret ? refuse_jump(ret, "the core of the system cannot be suspended") : 0;
}

static int jump_with_one_cpu(struct kimage *image)
{
	int ret = suspend_disable_secondary_cpus();

	if (ret)
		refuse_jump(ret, "a CPU cannot be taken down");
	else
		ret = jump_with_irqs_off(image);
	suspend_enable_secondary_cpus();
	return ret;
}

static int jump_with_devices_quiet(struct kimage *image)
{
	int ret = dpm_suspend_end(PMSG_FREEZE);

	if (ret)
		return refuse_jump(ret, "a device cannot be quiesced");
	ret = jump_with_one_cpu(image);
	dpm_resume_start(PMSG_RESTORE);
	return ret;
}

static int jump_with_tasks_frozen(struct kimage *image)
{
	int ret;

	console_suspend_all();
	ret = dpm_suspend_start(PMSG_FREEZE);
	if (ret)
		refuse_jump(ret, "a device cannot be suspended");
	else
		ret = jump_with_devices_quiet(image);
	dpm_resume_end(PMSG_RESTORE);
	console_resume_all();
	return ret;
}

/**
 * kexec_jump() - run a preserve-context image until it returns
 * @image: the image
 *
 * Context: process, system_transition_mutex held.
 * Return: 0 when it has returned; -EBUSY when tasks cannot be frozen, or what
 * kept a device, a CPU or the core from going down.
 */
int kexec_jump(struct kimage *image)
{
	int ret;

	pm_prepare_console();
	if (freeze_processes()) {
		ret = refuse_jump(-EBUSY, "a task cannot be frozen");
	} else {
		ret = jump_with_tasks_frozen(image);
		thaw_processes();
	}
	pm_restore_console();
	return ret;
}
