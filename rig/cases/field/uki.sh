# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a unified kernel image is loaded whole, by kexec-tools if they let it, and by systemctl started
# guest: memory=2G timeout=2400 cpus=1 holds=unified
# plan: 6
# variant plain: FILE=uki-unsigned
# variant secure: FILE=uki firmware=secure plan=8
# stock: skip it loads kernels only as they are

loaded()
{
	is "$1" /sys/kernel/kexec_loaded
}

# The image has all there is: its own command line, its own initrd.
load()
{
	kx file-load "/rig/$1" - ""
}

# Whether kexec-tools know such a file is theirs to say: what they say is in the log.
by_kexec_tools()
{
	if said=$(kexec -s -l "/rig/$FILE" 2>&1); then
		check "kexec -s loads it" loaded 1
		kexec -s -u
	else
		skip "kexec -s loads it" "kexec-tools refuse: $(echo "$said" | tail -n 1)"
	fi
}

stage1()
{
	by_kexec_tools
	case $FILE in
	uki) check "one without a signature is refused" refused ENODATA load uki-unsigned ;;
	esac
	check "it loads" load "$FILE"
	check "it is loaded" loaded 1
	goes_on_with 2
	systemctl kexec
	wait_for_ever
}

stage2()
{
	check "the next kernel has the image's command line" grep -q "rig.own=yes" /proc/cmdline
	check "and has unpacked the image's initrd" says "rig: the initrd of a unified kernel image" dmesg
	check "nothing is loaded" loaded 0
	case $FILE in
	uki) check "it is locked down" grep -q '\[integrity\]' /sys/kernel/security/lockdown ;;
	esac
	finish
}
