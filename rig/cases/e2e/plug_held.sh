# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: memory that is plugged in while somebody loads an image is in the dump
# guest: memory=768M,slots=4,maxmem=4G cpus=2 timeout=180 append="crashkernel=256M"
# plan: 21
# variant reboot: KIND=reboot
# variant crash: KIND=crash
# stock: xfail O14 all of the memory *

# shellcheck source=rig/cases/e2e/plug.sh
. /rig/cases/e2e/plug

# A load comes here when the ELF headers of the dump are written, but not yet armed.
PLACE=machine_kexec_prepare

load()
{
	case $KIND in
	crash) arm_for_more ;;
	*) kx file-load /boot/bzImage - "" ;;
	esac
}

stage1()
{
	check "the module that holds calls" load_rigmod
	check "a crash kernel is armed" arm_for_more
	check "its place is known" sh -c "echo hold $PLACE >/sys/kernel/debug/rig/do"
	load >/tmp/load 2>&1 &
	check "a load is under way" rigmod_says held
	check "memory is plugged in" plug
	check "the load is let go" rigmod release 0
	wait $!
	check "it succeeds" test $? = 0
	crash
}
