# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a very large initrd is loaded, and arrives byte for byte
# guest: cpus=2 timeout=600
# plan: 3
# stock: xfail COPY in place, all of it
# variant 1g: MIB=1024 memory=5G
# variant 3g: MIB=3072 memory=13G timeout=1500

in_place()
{
	grep -q 'in place' "$1" && ! grep -q 'to be relocated' "$1"
}

stage1()
{
	make_initrd /tmp/initrd "$MIB"
	sum=$(content_sum)
	rm /rig/content
	check "it loads" kexec -s -l /boot/bzImage --initrd=/tmp/initrd \
		--command-line="$(next_cmdline 2 "rig.content=$sum")"
	check "in place, all of it" in_place /sys/kernel/debug/kexec/map
	kexec -e
}

stage2()
{
	check "the initrd's content is intact" content_intact
	finish
}
