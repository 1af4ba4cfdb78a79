# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: an armed image tells who loaded it, out of what, where it is, and how long that took
# guest: memory=1G cpus=2 append="crashkernel=256M"
# plan: 19
# variant direct: HOW=direct
# variant packed: HOW=packed append="crashkernel=256M kexec.direct=0"
# stock: skip it has no map

MAP=/sys/kernel/debug/kexec/map

# of IMAGE: its part of the map
of()
{
	sed -n "/^$1: start /,/^[^ ]/p" $MAP | grep '^ '
}

# says IMAGE TEXT: a line of it is TEXT, a basic regular expression
says()
{
	of "$1" | grep -x "$2" || {
		of "$1"
		return 1
	}
}

# has_segment IMAGE ROLE: it has one segment of that name
has_segment()
{
	is_one "$(of "$1" | grep -c "^ *[0-9]* \[mem .* bytes, $2, ")"
}

is_one()
{
	test "$1" = 1
}

# What is said of it adds up to its segments.
adds_up()
{
	total=$(of "$1" | sed -n 's/.*memory: \([0-9]*\) .* place, \([0-9]*\) .* page, \([0-9]*\) .*/\1 + \2 + \3/p')
	bytes=$(of "$1" | awk '/ bytes, / { for (i = 1; i < NF; i++) if ($(i + 1) == "bytes,") n += $i } END { print n }')
	test "$((total))" -ge "$((bytes / 1024))"
}

entered()
{
	case $HOW in
	direct) echo "entered directly" ;;
	packed) echo "entered at its decompressor: kexec.direct=0" ;;
	esac
}

# What it should say of digests.
verified()
{
	if of reboot | grep -q 'to be relocated from '; then
		echo "  digests: verified at the jump"
	else
		echo "  digests: none: all of it is in place"
	fi
}

file_load()
{
	kx file-load "$@" &
	echo $! >/tmp/loader
	wait $!
}

stage1()
{
	check "nothing is loaded" grep -qx 'reboot: none' $MAP
	check "a reboot image loads" file_load /boot/bzImage /boot/initrd "$(next_cmdline 2)"
	check "the map says who loaded it" says reboot "  loaded: kexec_file_load, pid $(cat /tmp/loader) (kx), 20[0-9-]* [0-9:]*"
	check "it says what kernel that is" says reboot "  kernel: bzImage, $(entered)"
	check "it says how long each step took" says reboot \
		"  took: describe [0-9]* us, check [0-9]* us, place [0-9]* us, prepare [0-9]* us, fill [0-9]* us, digest [0-9]* us"
	for role in kernel initrd purgatory parameters; do
		check "one segment is the $role" has_segment reboot $role
	done
	check "sizes add up" adds_up reboot
	check "what is in place is not verified" says reboot "$(verified)"
	check "an image scattered by NO_CMA loads" file_load /boot/bzImage /boot/initrd "$(next_cmdline 2)" no-cma
	check "that one is verified" says reboot "  digests: verified at the jump"

	check "a crash image loads" file_load "$(crash_kernel)" /boot/initrd "$(next_cmdline 2)" crash
	check "it is verified" says crash "  digests: verified at the jump"
	check "it has an elfcorehdr" has_segment crash elfcorehdr
	check "its last step is told" says crash "  took: .*, arm [0-9]* us"
	check "it says what is left of the region" says crash "  room left: [1-9][0-9]* KiB of the crash region"
	check "the log said so, too" dmesg_agrees
	finish
}

# Both round to MiB.
dmesg_agrees()
{
	left=$(of crash | sed -n 's/.*room left: \([0-9]*\) KiB.*/\1/p')
	dmesg | grep "crash image: .* $((left / 1024)) MiB left for the crash kernel"
}
