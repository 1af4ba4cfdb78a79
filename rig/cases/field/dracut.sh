# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the next kernel comes up on dracut's initrd, which either call loads
# guest: memory=2G timeout=3600 cpus=1
# plan: 8

KERNEL=/boot/vmlinuz-$(uname -r)
INITRD=/boot/dracut.img-$(uname -r)

loaded()
{
	is "$1" /sys/kernel/kexec_loaded
}

load()
{
	kexec "$1" -l "$KERNEL" --initrd="$INITRD" --reuse-cmdline --append=rig.hop=d
}

# systemd says so in an initrd that has it: initramfs-tools' have not.
in_initrd()
{
	says "systemd\[1\]: Running in initrd" dmesg
}

stage1()
{
	check "the initrd is not dracut's" fails in_initrd
	check "kexec -c loads it" load -c
	check "it is loaded" loaded 1
	check "kexec -s loads it in its place" load -s
	check "it is loaded" loaded 1
	goes_on_with 2
	systemctl kexec
	wait_for_ever
}

stage2()
{
	check "the next kernel has come" grep -q "rig.hop=d$" /proc/cmdline
	check "its initrd was dracut's" in_initrd
	check "nothing is loaded" loaded 0
	finish
}
