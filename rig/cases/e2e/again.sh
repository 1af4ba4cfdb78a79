# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a second crash kernel, loaded over the first, is the one that runs
# arch: any
# guest: memory=1G cpus=2 append="crashkernel=256M"
# plan: 18
# variant kexec_load: FIRST=-s SECOND=-c
# variant kexec_file_load: FIRST=-c SECOND=-s
# variant kexec_file_load.twice: FIRST=-s SECOND=-s

stage1()
{
	check "the first is armed" arm "$FIRST" rig.which=first
	check "the second is armed" arm "$SECOND" rig.which=second
	check "kexec_crash_loaded is 1" is 1 /sys/kernel/kexec_crash_loaded
	crash
}

stage2()
{
	check "it is the second that runs" test "$(argument which)" = second
	dump_is_whole
	finish
}
