// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: jumping into an image and coming back
 *
 * A preserve-context image runs while this kernel lies frozen, and returns to
 * it.  For the devices that is hibernation: they are quiesced as before the
 * snapshot is taken and woken as after it was restored.  Each function here
 * takes one thing down, calls the next, and brings it up again, so that what
 * fails on the way down is undone by returning.
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

#include "kexec_internal.h"

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
	return ret;
}

static int jump_with_one_cpu(struct kimage *image)
{
	int ret = suspend_disable_secondary_cpus();

	if (!ret)
		ret = jump_with_irqs_off(image);
	suspend_enable_secondary_cpus();
	return ret;
}

static int jump_with_devices_quiet(struct kimage *image)
{
	int ret = dpm_suspend_end(PMSG_FREEZE);

	if (ret)
		return ret;
	ret = jump_with_one_cpu(image);
	dpm_resume_start(PMSG_RESTORE);
	return ret;
}

static int jump_with_tasks_frozen(struct kimage *image)
{
	int ret;

	console_suspend_all();
	ret = dpm_suspend_start(PMSG_FREEZE);
	if (!ret)
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
	int ret = -EBUSY;

	pm_prepare_console();
	if (!freeze_processes()) {
		ret = jump_with_tasks_frozen(image);
		thaw_processes();
	}
	pm_restore_console();
	return ret ? kexec_refuse(NULL, ret, "jump: the machine could not be quiesced") : 0;
}
