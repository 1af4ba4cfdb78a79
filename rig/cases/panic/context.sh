# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a panic in any context, on any CPU, is followed by a whole dump that gdb reads
# guest: memory=1G cpus=2 timeout=180 append="crashkernel=256M" dump_log="Kernel panic - not syncing: rig: "
# plan: 17
# variant process.cpu0: ACTION=process CPU=0 dump_cpu=0 dump_stack=rig_panic_process dump_task=kworker/0:*
# variant process.cpu1: ACTION=process CPU=1 dump_cpu=1 dump_stack=rig_panic_process dump_task=kworker/1:* reader=documents
# variant softirq.cpu1: ACTION=softirq CPU=1 dump_cpu=1 dump_stack=rig_panic_softirq dump_task=kx
# variant hardirq.cpu0: ACTION=hardirq CPU=0 dump_cpu=0 dump_stack=rig_panic_hardirq dump_task=kx
# variant hardirq.cpu3: ACTION=hardirq CPU=3 cpus=4 dump_cpu=3 dump_stack=rig_panic_hardirq dump_task=kx
# variant nmi.cpu1: ACTION=nmi CPU=1 dump_cpu=1 dump_stack=rig_panic_nmi dump_task=kx
# variant drgn: ACTION=softirq CPU=1 dump_cpu=1 dump_stack=rig_panic_softirq dump_task=kx reader=drgn

# A task that the CPU is busy with, so that one knows whom the panic interrupts:
# nothing takes the CPU from it, and we stay away.
occupy()
{
	echo -1 >/proc/sys/kernel/sched_rt_runtime_us
	for fair in /sys/kernel/debug/sched/fair_server/cpu*/runtime; do
		[ ! -e "$fair" ] || echo 0 >"$fair"
	done
	taskset -p $((((1 << $(nproc)) - 1) & ~(1 << CPU))) $$ >/dev/null
	kx occupy "$CPU" >/tmp/occupied &
	report "val task_pid $!"
	wait_until test -s /tmp/occupied
}

stage1()
{
	check "the module that panics" load_rigmod
	check "a crash kernel is armed" arm -s
	# what is for a task of the CPU's own has to get there
	[ "$ACTION" = process ] || occupy
	rigmod "$ACTION" "$CPU"
	# an NMI needs somebody to send it: sysrq-l sends one to all the others
	[ "$ACTION" != nmi ] || echo l >/proc/sysrq-trigger
	wait_for_ever
}

stage2()
{
	dump_is_whole
	check "the dump is sent" send_dump
	finish
}
