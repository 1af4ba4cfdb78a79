# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a panic while another CPU spins with interrupts off is followed by a whole dump
# guest: memory=1G cpus=2 timeout=180 append="crashkernel=256M" dump_log="sysrq triggered crash"
# guest: dump_cpu=0 dump_task=init dump_stack=sysrq_handle_crash other_stack=rig_stuck
# plan: 19

stage1()
{
	taskset -p 1 $$ >/dev/null	# stay off the CPU that will be stuck
	check "the module that panics" load_rigmod
	check "a crash kernel is armed" arm -s
	show_leaks	# what waits for RCU, which waits for a stuck CPU, looks lost
	check "CPU 1 is told to spin" rigmod stuck 1
	check "and does" rigmod_says stuck
	crash_as_it_is
}

stage2()
{
	dump_is_whole
	check "the dump is sent" send_dump
	finish
}
