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
 *	stuck CPU	the CPU spins with interrupts off, for ever; it does when
 *			/sys/kernel/debug/rig/stuck is Y
 *	shutdown CPU	panic where devices are shut down, at the next reboot
 *	linger CPU	take two seconds there
 *	refuse.freeze	the next time that devices are to be frozen, by a jump
 *			say, one of them refuses with -EREMOTEIO
 *	refuse.noirq	the same, in the last stage of that
 *	refuse.syscore	the same, by a part of the core
 *
 * or at a chosen point of what the kernel does:
 *
 *	echo "when CONTEXT HIT SYMBOL[+OFFSET]" > /sys/kernel/debug/rig/do
 *	echo "return CONTEXT HIT SYMBOL" > /sys/kernel/debug/rig/do
 *	echo "trace CONTEXT HIT EVENT[-WHICH]" > /sys/kernel/debug/rig/do
 *	echo "after CONTEXT USEC CPU" > /sys/kernel/debug/rig/do
 *
 *	when		that instruction is about to be executed for the HITth time;
 *			several such places count together
 *	return		that function has returned for the HITth time
 *	trace		that event of kexec's is traced for the HITth time; of kexec_step
 *			and kexec_reboot one that says WHICH
 *	after		so many microseconds have passed
 *
 * or has a call of a function wait:
 *
 *	echo "hold SYMBOL" > /sys/kernel/debug/rig/do
 *	echo "release" > /sys/kernel/debug/rig/do
 *
 *	hold		whoever calls that function next waits at its entry, where
 *			it has to be able to sleep, and /sys/kernel/debug/rig/held
 *			is Y meanwhile
 *	release		he goes on
 *
 * or has a function return 0 from now on, whatever it is asked:
 *
 *	echo "deny SYMBOL" > /sys/kernel/debug/rig/do
 *
 * CONTEXT is process (whatever the instruction runs in, to be exact), hardirq
 * (an interrupt as soon as the CPU takes one) or nmi (an NMI on top of it, on x86).
 *
 * /sys/kernel/debug/rig/marker has the address of a variable with a known
 * value, RIG_MARKER, that a reader of the dump can look for.  Whatever is
 * written to /sys/kernel/debug/rig/token fills, from the instant of the panic
 * on, the page at the physical address that is read there.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/io.h>
#include <linux/irq_work.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/smp.h>
#include <linux/syscore_ops.h>
#include <linux/timer.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#ifdef CONFIG_X86
#include <asm/apic.h>
#include <asm/nmi.h>
#endif

#define RIG_MARKER 0x7269676d61726b21ull

static u64 rig_marker = RIG_MARKER, rig_marker_address;
static struct dentry *directory;
static struct hrtimer interrupt;
static struct timer_list timer;
static int nmi_cpu = -1;
static bool panic_at_shutdown, linger_at_shutdown;

/* The token, and the page that it fills at the panic. */
static char token[32];
static char *token_page;

static void leave_token(void)
{
	size_t at, length = strlen(token);

	for (at = 0; length && at + length < PAGE_SIZE; at += length)
		memcpy(token_page + at, token, length);
}

/* Functions with names of their own, so that a stack says which way it was. */

static noinline long rig_panic_process(void *unused)
{
	leave_token();
	panic("rig: process");
}

static void rig_panic_softirq(struct timer_list *unused)
{
	leave_token();
	panic("rig: softirq");
}

static enum hrtimer_restart rig_panic_hardirq(struct hrtimer *unused)
{
	leave_token();
	panic("rig: hardirq");
}

static void rig_start_interrupt(void *unused)
{
	hrtimer_start(&interrupt, ms_to_ktime(1), HRTIMER_MODE_REL_PINNED_HARD);
}

#ifdef CONFIG_X86
static int rig_panic_nmi(unsigned int type, struct pt_regs *regs)
{
	if (READ_ONCE(nmi_cpu) != smp_processor_id())
		return NMI_DONE;
	WRITE_ONCE(nmi_cpu, -1);
	leave_token();
	nmi_panic(regs, "rig: nmi");
	return NMI_HANDLED;
}

static void send_nmi(int cpu)
{
	WRITE_ONCE(nmi_cpu, cpu);
	apic->send_IPI(cpu, NMI_VECTOR);
}

static int prepare_nmi(void)
{
	return register_nmi_handler(NMI_LOCAL, rig_panic_nmi, NMI_FLAG_FIRST, "rig");
}
#else
static void send_nmi(int cpu)
{
}

static int prepare_nmi(void)
{
	return 0;
}
#endif

static bool cpu_is_stuck;

static noinline void rig_stuck(void *unused)
{
	local_irq_disable();
	WRITE_ONCE(cpu_is_stuck, true);
	for (;;)
		cpu_relax();
}

static void rig_shutdown(struct platform_device *device)
{
	if (panic_at_shutdown) {
		leave_token();
		panic("rig: shutdown");
	}
	if (linger_at_shutdown)
		msleep(2000);
}

/* Who is to refuse the next time, if anybody: "freeze", "noirq" or "syscore". */
static const char *refusing;

/* Once is enough: what follows has to find the machine as it was. */
static int refuse(const char *stage)
{
	if (!refusing || strcmp(refusing, stage))
		return 0;
	refusing = NULL;
	return -EREMOTEIO;
}

static int rig_freeze(struct device *unused)
{
	return refuse("freeze");
}

static int rig_freeze_noirq(struct device *unused)
{
	return refuse("noirq");
}

static int rig_syscore_suspend(void *unused)
{
	return refuse("syscore");
}

static void rig_syscore_shutdown(void *unused)
{
	pr_info("rig: syscore_shutdown\n");
}

static const struct syscore_ops syscore_ops = {
	.suspend = rig_syscore_suspend,
	.shutdown = rig_syscore_shutdown,
};

static struct syscore syscore = { .ops = &syscore_ops };

static const struct dev_pm_ops pm_ops = {
	.freeze = rig_freeze,
	.freeze_noirq = rig_freeze_noirq,
};

static struct platform_driver driver = {
	.driver.name = "rig",
	.driver.pm = &pm_ops,
	.shutdown = rig_shutdown,
};

static struct platform_device *device;

/* ---- at a chosen point ---- */

/* On powerpc a function finds its data by the address that it was called at. */
static void go_on_in(struct pt_regs *regs, void *function)
{
	instruction_pointer_set(regs, (unsigned long)function);
#ifdef CONFIG_PPC64
	regs->gpr[12] = regs->nip;
#endif
}

enum context { PROCESS, HARDIRQ, NMI };

static const char * const context_names[] = { "process", "hardirq", "nmi" };

#define PLACES	8

static struct kprobe places[PLACES];
static unsigned int nr_places;
static struct kretprobe returning;
static enum context wanted_context;
static atomic_t hits_left;

static void rig_panic_irq_work(struct irq_work *unused)
{
	rig_panic_hardirq(NULL);
}

static struct irq_work irq_work = IRQ_WORK_INIT_HARD(rig_panic_irq_work);

/* Lets go what panics in another context than the caller's. */
static void interrupt_here(void)
{
	if (wanted_context == NMI)
		send_nmi(raw_smp_processor_id());
	else
		irq_work_queue(&irq_work);
}

/* A probe is an exception; to panic where it was hit, the CPU has to go on there. */
static int place_hit(struct kprobe *probe, struct pt_regs *regs)
{
	if (!atomic_dec_and_test(&hits_left))
		return 0;
	if (wanted_context != PROCESS) {
		interrupt_here();
		return 0;
	}
	go_on_in(regs, rig_panic_process);
	return 1;
}

/* With one of these, the probe remains an exception. */
static void place_passed(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

/* Where no probe is in the way. */
static void reached(void)
{
	if (!atomic_dec_and_test(&hits_left))
		return;
	if (wanted_context == PROCESS)
		rig_panic_process(NULL);
	interrupt_here();
}

static int has_returned(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	reached();
	return 0;
}

static int panic_when(const char *symbol, unsigned long offset)
{
	struct kprobe *place = &places[nr_places];

	if (nr_places == PLACES)
		return -ENOSPC;
	place->symbol_name = kstrdup(symbol, GFP_KERNEL);
	place->offset = offset;
	place->pre_handler = place_hit;
	place->post_handler = place_passed;
	nr_places++;
	return register_kprobe(place);
}

static int panic_at_return(const char *symbol)
{
	returning.kp.symbol_name = kstrdup(symbol, GFP_KERNEL);
	returning.handler = has_returned;
	return register_kretprobe(&returning);
}

/* Stock has no such events, nor the header: these are as the arguments begin. */
static void event_traced(void *unused)
{
	reached();
}

static void step_traced(void *which, int type, const char *step, int err, u64 ns)
{
	if (!strcmp(step, which))
		reached();
}

static void reboot_traced(void *which, const char *how_far)
{
	if (!strcmp(how_far, which))
		reached();
}

static void *probe_for(const char *event, const char *which)
{
	if (!which)
		return event_traced;
	if (!strcmp(event, "kexec_step"))
		return step_traced;
	return strcmp(event, "kexec_reboot") ? NULL : reboot_traced;
}

struct wanted_event {
	const char *name;
	struct tracepoint *found;
};

static void compare_event(struct tracepoint *event, void *data)
{
	struct wanted_event *wanted = data;

	if (!strcmp(event->name, wanted->name))
		wanted->found = event;
}

static int panic_at_event(const char *name)
{
	char *which = kstrdup(name, GFP_KERNEL);
	struct wanted_event wanted = { strsep(&which, "-") };
	void *probe = probe_for(wanted.name, which);

	for_each_kernel_tracepoint(compare_event, &wanted);
	if (!wanted.found || !probe)
		return -ENXIO;
	return tracepoint_probe_register(wanted.found, probe, which);
}

static void process_work(struct work_struct *unused)
{
	rig_panic_process(NULL);
}

static DECLARE_WORK(work, process_work);
static struct hrtimer delay;
static int delay_cpu;

static enum hrtimer_restart delay_is_over(struct hrtimer *unused)
{
	if (wanted_context == PROCESS)
		queue_work_on(delay_cpu, system_highpri_wq, &work);
	else if (wanted_context == NMI)
		send_nmi(delay_cpu);
	else
		rig_panic_hardirq(NULL);
	return HRTIMER_NORESTART;
}

static void start_delay(void *usec)
{
	hrtimer_start(&delay, us_to_ktime((unsigned long)usec), HRTIMER_MODE_REL_PINNED_HARD);
}

/* An NMI from another CPU, if there is one, can hit with interrupts off as well. */
static int panic_after(unsigned long usec, int cpu)
{
	int from = wanted_context == NMI ? cpumask_any_but(cpu_online_mask, cpu) : cpu;

	if (cpu < 0 || cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -EINVAL;
	delay_cpu = cpu;
	return smp_call_function_single(from < nr_cpu_ids ? from : cpu, start_delay,
					(void *)usec, true);
}

/* "when", "return", "trace" or "after"; -ENOENT when the line is none of them. */
static int rig_point(const char *line)
{
	char verb[8], context[8], symbol[64];
	int offset = 0, cpu = 0, found;
	unsigned long number;

	if (sscanf(line, "%7s %7s %lu %63[^+\n]+%i", verb, context, &number, symbol, &offset) < 4)
		return -ENOENT;
	found = match_string(context_names, ARRAY_SIZE(context_names), context);
	if (found < 0)
		return -EINVAL;
	if (found == NMI && !IS_ENABLED(CONFIG_X86))
		return -EOPNOTSUPP;
	wanted_context = found;
	if (!strcmp(verb, "after"))
		return kstrtoint(symbol, 0, &cpu) ?: panic_after(number, cpu);
	atomic_set(&hits_left, number);
	if (!strcmp(verb, "when"))
		return panic_when(symbol, offset);
	if (!strcmp(verb, "trace"))
		return panic_at_event(symbol);
	return strcmp(verb, "return") ? -EINVAL : panic_at_return(symbol);
}

/* ---- a call that waits ---- */

typedef long (*function_t)(long, long, long, long, long, long);

static struct kprobe held_call;
static atomic_t calls_to_hold;
static DECLARE_COMPLETION(call_released);
static bool call_is_held;

/* Stands before the function, which has all its arguments in registers. */
static noinline long rig_wait(long a, long b, long c, long d, long e, long f)
{
	function_t function = (function_t)held_call.addr;

	WRITE_ONCE(call_is_held, true);
	wait_for_completion(&call_released);
	WRITE_ONCE(call_is_held, false);
	return function(a, b, c, d, e, f);
}

static int call_hit(struct kprobe *probe, struct pt_regs *regs)
{
	if (atomic_dec_if_positive(&calls_to_hold) < 0)
		return 0;
	go_on_in(regs, rig_wait);
	return 1;
}

static int hold_call(const char *symbol)
{
	held_call.symbol_name = kstrdup(symbol, GFP_KERNEL);
	held_call.pre_handler = call_hit;
	held_call.post_handler = place_passed;
	atomic_set(&calls_to_hold, 1);
	return register_kprobe(&held_call);
}

/* ---- a function that says no ---- */

static struct kprobe denied_call;

static noinline long rig_no(void)
{
	return 0;
}

static int denied_hit(struct kprobe *probe, struct pt_regs *regs)
{
	go_on_in(regs, rig_no);
	return 1;
}

static int deny_call(const char *symbol)
{
	denied_call.symbol_name = kstrdup(symbol, GFP_KERNEL);
	denied_call.pre_handler = denied_hit;
	denied_call.post_handler = place_passed;
	return register_kprobe(&denied_call);
}

/* "hold" or "deny"; -ENOENT when the line is neither. */
static int rig_call(const char *line)
{
	char symbol[64];

	if (sscanf(line, "hold %63s", symbol) == 1)
		return hold_call(symbol);
	if (sscanf(line, "deny %63s", symbol) == 1)
		return deny_call(symbol);
	return -ENOENT;
}

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
	else if (!strcmp(action, "linger"))
		linger_at_shutdown = true;
	else if (!strcmp(action, "refuse.freeze"))
		refusing = "freeze";
	else if (!strcmp(action, "refuse.noirq"))
		refusing = "noirq";
	else if (!strcmp(action, "refuse.syscore"))
		refusing = "syscore";
	else if (!strcmp(action, "release"))
		complete(&call_released);
	else
		return -EINVAL;
	return 0;
}

static ssize_t do_write(struct file *file, const char __user *from, size_t count, loff_t *at)
{
	char line[96] = "", action[16];
	int cpu = 0, ret;

	if (count >= sizeof(line) || copy_from_user(line, from, count))
		return -EINVAL;
	ret = rig_call(line);
	if (ret == -ENOENT)
		ret = rig_point(line);
	if (ret != -ENOENT)
		return ret ?: count;
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

static ssize_t token_write(struct file *file, const char __user *from, size_t count, loff_t *at)
{
	if (count >= sizeof(token) || copy_from_user(token, from, count))
		return -EINVAL;
	token[count] = 0;
	strim(token);
	return count;
}

static ssize_t token_read(struct file *file, char __user *to, size_t count, loff_t *at)
{
	char text[24];
	int length = scnprintf(text, sizeof(text), "%#llx\n", (u64)virt_to_phys(token_page));

	return simple_read_from_buffer(to, count, at, text, length);
}

static const struct file_operations token_fops = {
	.owner = THIS_MODULE,
	.read = token_read,
	.write = token_write,
};

static int __init rig_init(void)
{
	int ret = platform_driver_register(&driver);

	if (ret)
		return ret;
	register_syscore(&syscore);
	token_page = (char *)get_zeroed_page(GFP_KERNEL);
	device = platform_device_register_simple("rig", -1, NULL, 0);
	hrtimer_setup(&interrupt, rig_panic_hardirq, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_setup(&delay, delay_is_over, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer_setup(&timer, rig_panic_softirq, 0);
	timer.expires = jiffies + 1;
	prepare_nmi();
	directory = debugfs_create_dir("rig", NULL);
	debugfs_create_file("do", 0200, directory, NULL, &do_fops);
	debugfs_create_file("token", 0600, directory, NULL, &token_fops);
	rig_marker_address = (unsigned long)&rig_marker;
	debugfs_create_bool("held", 0400, directory, &call_is_held);
	debugfs_create_bool("stuck", 0400, directory, &cpu_is_stuck);
	debugfs_create_x64("marker", 0400, directory, &rig_marker_address);
	return 0;
}
module_init(rig_init);

MODULE_DESCRIPTION("Panics on purpose, for the tests of kexec and kdump");
MODULE_LICENSE("GPL");
