# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: on the way to the next kernel the core of the system is shut down, as for any reboot
# guest: memory=512M cpus=2
# plan: 2
# variant kexec_load: CALL=-c
# variant kexec_file_load: CALL=-s
# console: require rig: syscore_shutdown

stage1()
{
	check "the module that tells of it" load_rigmod
	check "it loads" kexec "$CALL" -l /boot/bzImage --initrd=/boot/initrd \
		--command-line="$(next_cmdline 2)"
	kexec -e
}

stage2()
{
	finish
}
