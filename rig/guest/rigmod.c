// SPDX-License-Identifier: GPL-2.0-only
/*
 * rigmod: brings a guest's kernel to its end in ways that user space cannot.
 *
 *	echo "ACTION CPU" > /sys/kernel/debug/rig/do
 *
 *	process CPU	panic in a kernel thread's work on that CPU
 *	softirq CPU	panic in a timer's callback there
 *	hardirq CPU	panic in a high resolution timer's interrupt there
 *	nmi CPU		panic in the next NMI that hits that CPU (of a backtrace of
 *			all CPUs, say: sysrq-l)
 *	stuck CPU	the CPU spins with interrupts off, for ever
 *	shutdown CPU	panic where devices are shut down, at the next reboot
 *
 * /sys/kernel/debug/rig/marker has the address of a variable with a known
 * value, RIG_MARKER, that a reader of the dump can look for.
 */
#include <linux/debugfs.h>
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/smp.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include <asm/nmi.h>

#define RIG_MARKER 0x7269676d61726b21ull

static u64 rig_marker = RIG_MARKER, rig_marker_address;
static struct dentry *directory;
static struct hrtimer interrupt;
static struct timer_list timer;
static int nmi_cpu = -1;
static bool panic_at_shutdown;

/* Functions with names of their own, so that a stack says which way it was. */

static noinline long rig_panic_process(void *unused)
{
	panic("rig: process");
}

static void rig_panic_softirq(struct timer_list *unused)
{
	panic("rig: softirq");
}

static enum hrtimer_restart rig_panic_hardirq(struct hrtimer *unused)
{
	panic("rig: hardirq");
}

static void rig_start_interrupt(void *unused)
{
	hrtimer_start(&interrupt, ms_to_ktime(1), HRTIMER_MODE_REL_PINNED_HARD);
}

static int rig_panic_nmi(unsigned int type, struct pt_regs *regs)
{
	if (READ_ONCE(nmi_cpu) != smp_processor_id())
		return NMI_DONE;
	WRITE_ONCE(nmi_cpu, -1);
	nmi_panic(regs, "rig: nmi");
	return NMI_HANDLED;
}

static void rig_stuck(void *unused)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

static void rig_shutdown(struct platform_device *device)
{
	if (panic_at_shutdown)
		panic("rig: shutdown");
}

static struct platform_driver driver = {
	.driver.name = "rig",
	.shutdown = rig_shutdown,
};
static struct platform_device *device;

static int rig_do(const char *action, int cpu)
{
	if (!strcmp(action, "process"))
		return work_on_cpu(cpu, rig_panic_process, NULL);
	if (!strcmp(action, "hardirq"))
		return smp_call_function_single(cpu, rig_start_interrupt, NULL, true);
	if (!strcmp(action, "stuck"))
		return smp_call_function_single(cpu, rig_stuck, NULL, false);
	if (!strcmp(action, "softirq"))
		add_timer_on(&timer, cpu);
	else if (!strcmp(action, "nmi"))
		WRITE_ONCE(nmi_cpu, cpu);
	else if (!strcmp(action, "shutdown"))
		panic_at_shutdown = true;
	else
		return -EINVAL;
	return 0;
}

static ssize_t do_write(struct file *file, const char __user *from, size_t count, loff_t *at)
{
	char line[32] = "", action[16];
	int cpu = 0, ret;

	if (count >= sizeof(line) || copy_from_user(line, from, count))
		return -EINVAL;
	if (sscanf(line, "%15s %d", action, &cpu) < 1 || cpu < 0 || cpu >= nr_cpu_ids ||
	    !cpu_online(cpu))
		return -EINVAL;
	ret = rig_do(action, cpu);
	return ret ?: count;
}

static const struct file_operations do_fops = {
	.owner = THIS_MODULE,
	.write = do_write,
};

static int __init rig_init(void)
{
	int ret = platform_driver_register(&driver);

	if (ret)
		return ret;
	device = platform_device_register_simple("rig", -1, NULL, 0);
	hrtimer_setup(&interrupt, rig_panic_hardirq, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer_setup(&timer, rig_panic_softirq, 0);
	timer.expires = jiffies + 1;
	register_nmi_handler(NMI_LOCAL, rig_panic_nmi, NMI_FLAG_FIRST, "rig");
	directory = debugfs_create_dir("rig", NULL);
	debugfs_create_file("do", 0200, directory, NULL, &do_fops);
	rig_marker_address = (unsigned long)&rig_marker;
	debugfs_create_x64("marker", 0400, directory, &rig_marker_address);
	return 0;
}
module_init(rig_init);

MODULE_DESCRIPTION("Panics on purpose, for the tests of kexec and kdump");
MODULE_LICENSE("GPL");
