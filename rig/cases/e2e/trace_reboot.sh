# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a reboot tells how far it has come, up to the jump, to who prints its events
# guest: memory=1G cpus=2 append="tp_printk trace_event=kexec:kexec_reboot"
# plan: 3
# console: require kexec_reboot: reached=call(?s:.*)kexec_reboot: reached=devices(?s:.*)kexec_reboot: reached=quiet(?s:.*)Starting new kernel(?s:.*)kexec_reboot: reached=jump
# stock: skip it has no such events

EVENTS=/sys/kernel/tracing/events/kexec

stage1()
{
	check "the event is on" is 1 $EVENTS/kexec_reboot/enable
	check "it loads" kx file-load /boot/bzImage /boot/initrd "$(next_cmdline 2)"
	kx reboot
}

stage2()
{
	check "the next kernel has none of it" fails grep kexec_reboot: /sys/kernel/tracing/trace
	finish
}
