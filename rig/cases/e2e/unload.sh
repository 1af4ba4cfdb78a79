# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: what one call loaded, both calls can unload
# arch: any
# guest: memory=1G cpus=1 append="crashkernel=128M"
# plan: 12

# load LOADER KIND
load()
{
	case $(uname -m) in
	ppc64le) kexec "$1" "$2" /boot/bzImage --command-line="$(cat /proc/cmdline)" ;;
	*) kexec "$1" "$2" /boot/bzImage --reuse-cmdline ;;
	esac
}

# pair LOADER UNLOADER: one way to load, one to unload, for both kinds of image
pair()
{
	check "reboot image: load $1" load "$1" -l
	check "reboot image: loaded $1, unload by $2" kx "$2"
	check "reboot image: none is left, $1 $2" is 0 /sys/kernel/kexec_loaded
	check "crash image: load $1" load "$1" -p
	check "crash image: loaded $1, unload by $2" kx "$2" crash
	check "crash image: none is left, $1 $2" is 0 /sys/kernel/kexec_crash_loaded
}

stage1()
{
	pair -c file-unload
	pair -s unload
	finish
}
