# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a crash image stays armed, and works, when a load over it is refused
# arch: any
# guest: memory=1G cpus=1 append="crashkernel=256M"
# on kasan: memory=2G
# plan: 23
# variant kexec_load: CALL=-c
# variant kexec_file_load: CALL=-s
# stock: xfail O2 *armed*
# stock: xfail O2 runs to its end

SYS=/sys/kernel/kexec_crash_loaded

stage1()
{
	check "it loads" arm "$CALL"
	check "a file that is no kernel is refused" refused "$(no_kernel)" kx file-load /rig/lib.sh - "" crash
	check "armed after that" is 1 "$SYS"
	check "a bad descriptor is refused" refused EBADF kx bad-file crash
	check "armed after that too" is 1 "$SYS"
	check "a segment outside the region is refused" refused EADDRNOTAVAIL kx dummy crash
	check "still armed" is 1 "$SYS"
	check "an initrd that has no room is refused" no_room
	check "and still armed" is 1 "$SYS"
	crash
}

# an initrd that the region cannot hold
no_room()
{
	pattern "$(region_bytes)" >/tmp/big
	refused EADDRNOTAVAIL kx file-load /boot/bzImage /tmp/big "" crash
}

stage2()
{
	dump_is_whole
	finish
}
