# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: what ukify makes is loaded as a whole: its kernel, microcode, initrd and command line
# guest: memory=1G cpus=2 ukify=kernels/ukify
# plan: 6
# variant plain: FILE=uki
# variant signed: FILE=uki-signed append=lockdown=integrity
# needs: CONFIG_KEXEC_BZIMAGE_VERIFY_SIG
# stock: skip it loads kernels only as they are

stage1()
{
	check "it loads" kx file-load "/boot/$FILE" - ""
	check "it is loaded" is 1 /sys/kernel/kexec_loaded
	kx reboot
}

intact()
{
	set -- "$(sha256sum <"$1" | cut -d ' ' -f 1)" "$(cat /rig/from-uki.sum)"
	[ "$1" = "$2" ] || {
		echo "sha256 is $1, not $2"
		return 1
	}
}

stage2()
{
	check "what is in its initrd is intact" intact /rig/from-uki
	check "what is in front of that is intact" intact /rig/from-ucode
	check "the command line is its own" grep -q 'rig.own=yes' /proc/cmdline
	check "nothing is loaded in the next kernel" is 0 /sys/kernel/kexec_loaded
	finish
}
