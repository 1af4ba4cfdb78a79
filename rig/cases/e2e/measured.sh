# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: IMA's measurements are handed over to the next kernel, those of the load included
# guest: memory=1G cpus=2 append="ima_policy=critical_data"
# plan: 5
# needs: CONFIG_IMA_KEXEC

IMA=/sys/kernel/security/ima

# Not by kexec-tools: the name that IMA logs is that of the file handed over, and
# newer ones hand over a copy.
stage1()
{
	make_initrd /tmp/initrd 16
	echo "measure func=KEXEC_KERNEL_CHECK" >$IMA/policy
	check "it loads" kx file-load /boot/bzImage /tmp/initrd "$(
		next_cmdline 2 "rig.content=$(content_sum)" \
		"rig.first=$(sed -n '1s/^[0-9]* \([0-9a-f]*\) .*/\1/p' $IMA/ascii_runtime_measurements)")"
	check "the load was measured" grep -q "/boot/bzImage" $IMA/ascii_runtime_measurements
	show_leaks
	kx reboot
}

stage2()
{
	check "the content has arrived" content_intact
	check "the first measurement has arrived" grep -q "$(argument first)" \
		$IMA/ascii_runtime_measurements
	check "and that of the load" grep -q "/boot/bzImage" $IMA/ascii_runtime_measurements
	finish
}
