# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a crash region above 4 GiB, with its low part, carries a crash kernel and is not in the dump
# guest: memory=6G cpus=2 append="crashkernel=256M,high crashkernel=192M,low"
# plan: 19
# variant kexec_load: CALL=-c
# variant kexec_file_load: CALL=-s
# variant shrunk: CALL=-s MIB=416 plan=20
# variant shrunk.to.low: CALL=-s MIB=160 plan=20

SIZE=/sys/kernel/kexec_crash_size

# What is made smaller is the high part first, then, when that is gone, the low one.

# The highest of the regions begins above 4 GiB.
is_high()
{
	last=$(sed -n 's/^ *\([0-9a-f]*\)-.* : Crash kernel$/\1/p' /proc/iomem | tail -n 1)
	[ $((0x$last >> 32)) -gt 0 ] || {
		echo "it is at $last"
		return 1
	}
}

stage1()
{
	check "the region is above 4 GiB" is_high
	[ -z "$MIB" ] || check "it shrinks" sh -c "echo $((MIB << 20)) >$SIZE"
	check "crash_size is the size of both parts" is $((${MIB:-448} << 20)) $SIZE
	check "they are what is reserved" test "$(resource_bytes 'Crash kernel' ' *')" = "$(cat $SIZE)"
	check "a crash kernel is armed" arm "$CALL"
	check "kexec_crash_loaded is 1" is 1 /sys/kernel/kexec_crash_loaded
	crash
}

stage2()
{
	dump_is_whole
	finish
}
