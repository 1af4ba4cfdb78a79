# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: an NMI from outside panics the kernel, with a whole dump
# guest: memory=1G cpus=2 timeout=180 append="crashkernel=256M unknown_nmi_panic"
# guest: dump_log="NMI: Not continuing" dump_cpu=0 dump_stack=exc_nmi
# plan: 17

stage1()
{
	check "the module with the marker" load_rigmod
	check "a crash kernel is armed" arm -s
	report "host nmi"
	wait_for_ever
}

stage2()
{
	dump_is_whole
	check "the dump is sent" send_dump
	finish
}
