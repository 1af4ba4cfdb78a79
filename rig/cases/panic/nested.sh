# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a panic on the way to the dump is no reason to be without one
# guest: memory=1G cpus=2 timeout=180 append="crashkernel=256M" dump_log="rig: process"
# guest: dump_cpu=0 dump_stack=rig_panic_process dump_task=init
# plan: 18
# console: require sysrq triggered crash
# stock: xfail NESTED runs to its end

panic_when()
{
	echo "when process 1 $1" >/sys/kernel/debug/rig/do
}

stage1()
{
	taskset -p 1 $$ >/dev/null
	check "the module that panics" load_rigmod
	check "a crash kernel is armed" arm -s
	check "it is to panic once more" panic_when crash_save_vmcoreinfo
	crash
}

stage2()
{
	dump_is_whole
	check "the dump is sent" send_dump
	finish
}
