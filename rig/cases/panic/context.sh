# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a panic in any context, on any CPU, is followed by a whole dump that gdb reads
# guest: memory=1G cpus=2 timeout=180 append="crashkernel=256M" dump_log="Kernel panic - not syncing: rig: "
# plan: 17
# variant process.cpu0: ACTION=process CPU=0 dump_cpu=0 dump_stack=rig_panic_process
# variant process.cpu1: ACTION=process CPU=1 dump_cpu=1 dump_stack=rig_panic_process
# variant softirq.cpu1: ACTION=softirq CPU=1 dump_cpu=1 dump_stack=rig_panic_softirq
# variant hardirq.cpu0: ACTION=hardirq CPU=0 dump_cpu=0 dump_stack=rig_panic_hardirq
# variant hardirq.cpu3: ACTION=hardirq CPU=3 cpus=4 dump_cpu=3 dump_stack=rig_panic_hardirq
# variant nmi.cpu1: ACTION=nmi CPU=1 dump_cpu=1 dump_stack=rig_panic_nmi
# variant drgn: ACTION=softirq CPU=1 dump_cpu=1 dump_stack=rig_panic_softirq reader=drgn

stage1()
{
	check "the module that panics" load_rigmod
	check "a crash kernel is armed" arm -s
	rigmod "$ACTION" "$CPU"
	# an NMI needs somebody to send it: sysrq-l sends one to all the others
	[ "$ACTION" != nmi ] || taskset 1 sh -c 'echo l >/proc/sysrq-trigger'
	sleep 20
}

stage2()
{
	dump_is_whole
	check "the dump is sent" send_dump
	finish
}
