# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: IMA's measurements go to the image that is executed, not to one that is loaded meanwhile
# guest: memory=1G cpus=2 append="ima_policy=critical_data"
# plan: 7
# needs: CONFIG_IMA_KEXEC CONFIG_LIVEUPDATE
# stock: skip there, nothing is loaded once a reboot has begun

IMA=/sys/kernel/security/ima

load()
{
	kx file-load /boot/bzImage /boot/initrd "$(next_cmdline 2 "rig.which=$1")"
}

stage1()
{
	check "the module that holds calls" load_rigmod
	check "an image is loaded" load first
	echo "measure func=KEXEC_KERNEL_CHECK" >$IMA/policy
	rigmod hold liveupdate_reboot
	kx reboot &
	check "the reboot has begun" rigmod_says held
	check "another is loaded" load second
	show_leaks
	rigmod release
	wait
}

stage2()
{
	check "it is the first that runs" test "$(argument which)" = first
	check "the list has come" fails sh -c 'dmesg | grep "ima: .*restore"'
	check "up to what was measured last" \
		grep -q " /boot/bzImage" $IMA/ascii_runtime_measurements
	finish
}
