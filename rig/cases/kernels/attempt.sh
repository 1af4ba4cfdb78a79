# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a kernel that never arrives is named by the next boot, one that arrives is not
# guest: cpus=2 memory=1G timeout=600 firmware=uefi qemu="-action reboot=reset"
# guest: append="crashkernel=256M kexec.mark_attempts=1"
# plan: 18
# stock: skip it leaves no mark

# The firmware's memory survives a reset, which leads to stage 1 again: how often that has
# been is kept there as well.

VARS=/sys/firmware/efi/efivars
MARK=$VARS/KexecAttempt-a3753d8b-84d3-4503-866d-de8b4072308c
OURS=5f0c3c1e-6a55-4c6e-9d0e-3f7d1b2a4e60

store()
{
	printf '\007\000\000\000%s' "$2" >"$1"
}

told()
{
	dmesg | grep 'kexec: a kexec into '
}

told_of()
{
	told | grep "a kexec into $1 was tried at 20[0-9-]* [0-9:]* UTC and did not arrive: $2\$" || {
		told
		return 1
	}
}

# A kernel whose first instructions reset the machine, as somebody does by hand who has waited
# in vain for its first message: 6 to the chipset's port 0xcf9.
make_lost_kernel()
{
	cp /boot/bzImage /tmp/lost
	sectors=$(od -A n -t u1 -j 497 -N 1 /tmp/lost | tr -d ' ')
	printf '\260\006\146\272\371\014\356\353\376' |
		dd of=/tmp/lost bs=1 seek=$(((sectors + 1) * 512 + 512)) conv=notrunc
}

leaves()
{
	check "$1 is loaded" kx file-load "$2" /boot/initrd "$(next_cmdline "$3")"
	kx reboot
}

first_boot()
{
	check "the firmware is UEFI" test -d $VARS
	check "a machine that is new has nothing to tell" fails told
	echo N >/sys/module/kexec/parameters/direct
	check "a kernel that will not arrive is made" make_lost_kernel
	leaves "it" /tmp/lost 4
}

second_boot()
{
	check "it is named" told_of "$(uname -r)" "devices were shut down, the jump was next"
	check "it is told once" fails test -e $MARK
	check "somebody else puts something there" store $MARK "none of ours"
	reboot -f
}

third_boot()
{
	check "that is nothing to tell" fails told
	check "and it is left alone" test -e $MARK
	check "a crash kernel is loaded" kx file-load "$(crash_kernel)" /boot/initrd \
		"$(next_cmdline 2 nr_cpus=1 reset_devices)" crash
	crash
}

fourth_boot()
{
	leaves "a kernel that will arrive" /boot/bzImage 3
}

fifth_boot()
{
	check "after one that has arrived there is nothing to tell" fails told
	finish
}

stage1()
{
	mount -t efivarfs none $VARS
	for nth in first second third fourth fifth; do
		[ -e "$VARS/rig-$nth-$OURS" ] || break
	done
	store "$VARS/rig-$nth-$OURS" "has begun"
	"${nth}_boot"
}

stage2()
{
	mount -t efivarfs none $VARS
	check "a crash kernel has variables" test -e $VARS/rig-third-$OURS
	check "it has nothing to tell" fails told
	check "it leaves alone what there is" test -e $MARK
	reboot -f
}

stage3()
{
	mount -t efivarfs none $VARS
	check "the kernel that arrives has variables" test -e $VARS/rig-fourth-$OURS
	check "it has nothing to tell" fails told
	check "it has taken the mark back" fails test -e $MARK
	report "val shutdown_ns $(cat /sys/kernel/kexec/timeline/shutdown_ns)"
	reboot -f
}
