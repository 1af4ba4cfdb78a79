# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a kernel that one without a time line has started has none to tell
# guest: memory=1G cpus=2
# plan: 4
# variant from.bookworm: prebuilt=bookworm first=debian
# variant kexec_load: CALL=-c
# stock: skip it has no time line

is_silent()
{
	! [ -e /sys/kernel/kexec/timeline ] && ! dmesg | grep 'kexec: .*, in ms: '
}

stage1()
{
	check "firmware has left none" is_silent
	check "it loads" kexec "${CALL:--s}" -l /boot/bzImage --initrd=/boot/initrd \
		--command-line="$(next_cmdline 2)"
	kexec -e
}

stage2()
{
	check "nor has the last kernel" is_silent
	check "this one would tell" grep -q ' kexec_timeline_jump$' /proc/kallsyms
	finish
}
