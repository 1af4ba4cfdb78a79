# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a panic while devices shut down for a kexec reboot is followed by a whole dump
# guest: memory=1G cpus=2 timeout=180 append="crashkernel=256M" dump_log="rig: shutdown"
# guest: dump_cpu=0 dump_task=kx dump_stack=rig_shutdown
# plan: 19
# stock: xfail O1 runs to its end

stage1()
{
	check "the module that panics" load_rigmod
	check "a crash kernel is armed" arm -s
	check "a reboot image is loaded" kx file-load /boot/bzImage - ""
	check "the driver will panic" rigmod shutdown 0
	taskset 1 kx reboot
}

stage2()
{
	dump_is_whole
	check "the dump is sent" send_dump
	finish
}
