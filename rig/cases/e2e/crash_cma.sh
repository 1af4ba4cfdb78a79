# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: with crashkernel=...,cma a crash kernel waits for devices if one may write, and else for nobody
# guest: memory=1G cpus=2 append="crashkernel=192M crashkernel=256M,cma" with=vmcore-dmesg
# plan: 18
# variant quiet: HOW=
# variant held: HOW=held
# stock: xfail O29 it is known whether a device may write

# Of 450 MiB some are in the CMA area, with whatever else is there; what dump_is_whole
# looks for is from before, when other memory was free.

stage1()
{
	check "there is such memory" test "$(crash_cma_bytes)" -gt 0
	check "a crash kernel is armed" arm -s
	# shellcheck disable=SC2086 # a word, or none
	check "the memory is in use" occupy 450 $HOW
	crash
}

stage2()
{
	case $HOW in
	held) said="devices may write to [1-9][0-9]* pages" ;;
	*) said="no device writes to it" ;;
	esac
	dump_is_whole
	vmcore-dmesg /proc/vmcore >/tmp/dmesg
	check "it is known whether a device may write" \
		grep "kexec: crash kernel's CMA memory: $said" /tmp/dmesg
	finish
}
