# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Loads a kernel with an initrd of MIB, by kexec_file_load, and has it entered: for a
# reboot, or as WHAT=crash for a panic.  The host looks at the moments in between.

stage1()
{
	make_initrd /tmp/initrd "$MIB"
	rm -f /rig/content
	report "val initrd $(wc -c </tmp/initrd)"
	set -- /boot/bzImage /tmp/initrd "$(next_cmdline 2)"
	[ "$WHAT" != crash ] || set -- "$@" crash
	said=$(kx file-load "$@" 2>&1) || {
		report "no it loads # $said"
		poweroff -f
	}
	sync
	[ "$WHAT" != crash ] || echo c >/proc/sysrq-trigger
	kx reboot
}

# Each stretch of the way as NAME=NANOSECONDS, where the kernel tells of it.
timeline()
{
	for name in /sys/kernel/kexec/timeline/*_ns; do
		[ ! -e "$name" ] || printf '%s=%s ' "$(basename "$name")" "$(cat "$name")"
	done
}

stage2()
{
	report "val timeline $(timeline)"
	finish
}
