# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: with crashkernel=...,cma a crash kernel waits for devices if one may write, and else for nobody
# guest: memory=1G cpus=2 append="crashkernel=192M crashkernel=256M,cma" with=vmcore-dmesg
# plan: 18
# variant quiet: HOW=
# variant held: HOW=held
# stock: xfail O29 it is known whether a device may write

# All but 100 MiB of what is free: some of it is in the CMA area of 256, wherever the
# allocator begins.  What dump_is_whole looks for is from before, when other memory was free.
occupy_most()
{
	# shellcheck disable=SC2086 # a word, or none
	occupy $(($(free_kib) / 1024 - 100)) $HOW
}

stage1()
{
	check "there is such memory" test "$(crash_cma_bytes)" -gt 0
	check "a crash kernel is armed" arm -s
	check "the memory is in use" occupy_most
	crash
}

stage2()
{
	case $HOW in
	held) said="a device may write to it" ;;
	*) said="no device is known to write to it" ;;
	esac
	dump_is_whole
	vmcore-dmesg /proc/vmcore >/tmp/dmesg
	check "it is known whether a device may write" \
		grep "kexec: crash kernel's CMA memory: $said" /tmp/dmesg
	finish
}
