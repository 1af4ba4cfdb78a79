# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the sysctls that limit loading count down, do not go up again, and then every load is refused
# guest: memory=1G cpus=1 append="crashkernel=128M"
# plan: 23
# stock: xfail O17 *: the log says what counts

SYSCTL=/proc/sys/kernel

crash_dummy()
{
	kx file-load /boot/bzImage - "" crash
}

stage1()
{
	for kind in reboot panic; do
		check "$kind: no limit at first" is -1 "$SYSCTL/kexec_load_limit_$kind"
	done
	echo 2 >"$SYSCTL/kexec_load_limit_reboot"
	check "reboot: the limit is set" is 2 "$SYSCTL/kexec_load_limit_reboot"
	check "reboot: it does not go up" fails sh -c "echo 3 >$SYSCTL/kexec_load_limit_reboot"
	check "reboot: it does not go away" fails sh -c "echo -1 >$SYSCTL/kexec_load_limit_reboot"
	check "reboot: the first load" kx dummy
	check "reboot: counted down" is 1 "$SYSCTL/kexec_load_limit_reboot"
	check "reboot: the second load" kx file-load /boot/bzImage - ""
	check "reboot: used up" is 0 "$SYSCTL/kexec_load_limit_reboot"
	check "reboot: what is loaded stays" is 1 /sys/kernel/kexec_loaded
	check "reboot: no kexec_load any more" refused EPERM kx dummy
	check "reboot: no kexec_file_load any more" refused EPERM kx file-load /boot/bzImage - ""

	echo 3 >"$SYSCTL/kexec_load_limit_panic"
	check "panic: a load that is refused" refused EBADF kx bad-file crash
	check "panic: it counts" is 2 "$SYSCTL/kexec_load_limit_panic"
	check "panic: an unload of nothing" kx unload crash
	check "panic: it counts too" is 1 "$SYSCTL/kexec_load_limit_panic"
	check "panic: the one load that is left" crash_dummy
	check "panic: used up" is 0 "$SYSCTL/kexec_load_limit_panic"
	check "panic: no load any more" refused EPERM crash_dummy
	check "panic: what is loaded stays" is 1 /sys/kernel/kexec_crash_loaded
	check "panic: the log says what counts" sh -c "dmesg | grep 'unloads count'"

	check "kexec_load_disabled can be set" sh -c "echo 1 >$SYSCTL/kexec_load_disabled"
	check "kexec_load_disabled cannot be unset" fails sh -c "echo 0 >$SYSCTL/kexec_load_disabled"
	finish
}
