# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the benchmarks do inside a guest.  WHAT says how the image is loaded: file
# (kexec_file_load), load (kexec_load), collide (kexec_load to where free pages are),
# fragmented (kexec_file_load when no two free pages are neighbours), uki (kexec_file_load, both
# in one file), parts (as file, with that one file in memory too).  An image that kexec_file_load
# made is then executed.

# values COMMAND...: passes on what it prints as values, or ends the guest.
values()
{
	said=$("$@" 2>&1) || {
		report "no $1 $2 # $said"
		poweroff -f
	}
	echo "$said" | while read -r line; do report "val $line"; done
}

# mib_of FILE...: of them all
mib_of()
{
	echo $(($(cat "$@" | wc -c) >> 20))
}

stage1()
{
	# Pages that CPUs keep for themselves are not counted as free: no more from here on.
	sysctl -qw vm.percpu_pagelist_high_fraction=100000
	make_initrd /tmp/initrd "$MIB"
	rm -f /rig/content
	values bench memcpy "$(mib_of /boot/bzImage /tmp/initrd)"
	kernel=/boot/bzImage initrd=/tmp/initrd
	case $WHAT in
	parts | uki) bench uki /boot/bzImage /tmp/initrd /tmp/uki || poweroff -f ;;
	esac
	[ "$WHAT" != uki ] || kernel=/tmp/uki initrd=-
	sysctl -qw vm.drop_caches=3
	sleep 1
	next=$(next_cmdline 2)
	case $WHAT in
	load | collide)
		how=spread
		[ "$WHAT" = load ] || how=collide
		values bench load /boot/bzImage /tmp/initrd "$how"
		values bench unload
		finish
		;;
	fragmented)
		# It goes to the background when it is done.
		bench fragment 32
		;;
	esac
	values bench file-load "$kernel" "$initrd" "$next"
	# What a load has moved out of its way is not fragmented any more.
	[ "$WHAT" = fragmented ] || {
		values bench unload
		kx file-load "$kernel" "$initrd" "$next"
	}
	sync
	mark reboot
	kx reboot
}

stage2()
{
	mark arrived
	sleep 2
	mark stayed
	finish
}
