# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The main job, inside the guests: stage 1 loads the next kernel with an initrd
# of known content and reboots into it, stage 2 verifies what arrived, arms a
# crash kernel and panics, stage 3 sends the dump out.  What is timed, between two
# marks, is the thing alone: what it is given is made before.

# what was loaded where: our kernel's map, and what a load with debugging logs
report_map()
{
	if [ -e /sys/kernel/debug/kexec/map ]; then
		while IFS= read -r line; do report "map $1 $line"; done </sys/kernel/debug/kexec/map
	fi
	dmesg | sed -n 's/.*\(segment\[.*\)/\1/p; s/.*\(Loaded .* at 0x.*\)/\1/p' |
		while IFS= read -r line; do report "load $1 $line"; done
	grep -E 'System RAM|Crash kernel|Reserved' /proc/iomem |
		while IFS= read -r line; do report "iomem $1 $line"; done
	dmesg -c >/dev/null
}

stage1()
{
	make_initrd /tmp/initrd "$MIB" boot
	next=$(next_cmdline 2 crashkernel=256M "rig.content=$(content_sum)" rig.word=a,b)
	mark initrd-made
	report "val initrd_bytes $(stat -c %s /tmp/initrd)"
	dmesg -c >/dev/null
	mark load
	check "kexec_file_load of our kernel" kx file-load /boot/bzImage /tmp/initrd \
		"$next" debug
	mark loaded
	report_map reboot
	show_leaks
	echo "rig: reboot" >/dev/kmsg
	mark reboot
	kx reboot
}

stage2()
{
	check "every byte of the initrd's content arrived" content_intact
	check "the command line arrived" test "$(argument word)" = a,b
	mark verified
	next=$(next_cmdline 3 nr_cpus=1 reset_devices)
	mark arm
	check "a crash kernel is armed" kx file-load /boot/bzImage /boot/initrd \
		"$next" crash debug
	mark armed
	report_map crash
	crash
}

stage3()
{
	report "val vmcore_bytes $(stat -c %s /proc/vmcore)"
	mark dump
	check "makedumpfile writes the dump" send_dump
	mark dumped
	finish
}
