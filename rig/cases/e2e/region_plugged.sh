# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a crash region beside memory that was plugged in grows within one of the two
# guest: memory=6G,slots=4,maxmem=12G cpus=2 timeout=300 append="crashkernel=64M,high memhp_default_state=online_kernel"
# plan: 4
# stock: skip a region cannot grow there

# shellcheck source=rig/cases/e2e/plug.sh
. /rig/cases/e2e/plug
MIB=512

SIZE=/sys/kernel/kexec/crash_size

grow() { echo $(($(cat $SIZE) + (64 << 20))) >$SIZE; }

# The larger one of two: that is listed inside of a System RAM which is not all its.
is_inside()
{
	awk -F'[-: ]+' '
	/^[0-9a-f]/ { ram = /System RAM/ ? $0 : "" }
	/^ +.*Crash kernel/ && ram { print ram; print; found = 1 }
	END { exit !found }' /proc/iomem
}

stage1()
{
	check "memory is plugged in" plug
	check "the region grows" grow
	check "it is inside of one System RAM" is_inside
	check "a crash kernel is armed" arm -s
	finish
}
