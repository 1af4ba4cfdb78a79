# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The main job, inside the guests: stage 1 loads the next kernel with an initrd
# of known content and reboots into it, stage 2 verifies what arrived, arms a
# crash kernel and panics, stage 3 sends the dump out.  What is timed, between two
# marks, is the thing alone: what it is given is made before.

# send_map NAME: the files that tools/kexec/kexec-map reads; the host has it draw them.
send_map()
{
	for file in /proc/iomem /sys/kernel/debug/kexec/map /sys/kernel/kexec/loaded \
		/sys/kernel/kexec/crash_loaded /sys/kernel/kexec/crash_size \
		/sys/kernel/kexec/timeline/*; do
		[ ! -f "$file" ] || while IFS= read -r line; do
			report "file $1 $file $line"
		done <"$file"
	done
}

stage1()
{
	make_initrd /tmp/initrd "$MIB" boot
	next=$(next_cmdline 2 crashkernel=256M "rig.content=$(content_sum)" rig.word=a,b)
	mark initrd-made
	report "val initrd_bytes $(stat -c %s /tmp/initrd)"
	mark load
	check "kexec_file_load of our kernel" kx file-load /boot/bzImage /tmp/initrd \
		"$next"
	mark loaded
	send_map 1
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
		"$next" crash
	mark armed
	send_map 2
	crash
}

stage3()
{
	send_map 3
	report "val vmcore_bytes $(stat -c %s /proc/vmcore)"
	mark dump
	check "makedumpfile writes the dump" send_dump
	mark dumped
	finish
}
