# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a very large initrd is loaded, and arrives byte for byte
# guest: cpus=2
# plan: 3
# stock: xfail COPY in place, as far as memory can be moved
# variant 1g: MIB=1024 memory=5G timeout=900
# variant 3g: MIB=3072 memory=13G timeout=1500 long=1 stock_skip="O6: it takes hours"
# variant 2g.relocated: MIB=2060 memory=8G timeout=1500 long=1 FLAG=no-cma stock_skip="O6: it takes hours"

# Relocated, it is the purgatory's to hash, and more than an int can count.

MAP=/sys/kernel/debug/kexec/map

load()
{
	kx file-load /boot/bzImage /tmp/initrd "$cmdline" ${FLAG:+"$FLAG"}
}

# Pageblocks with pages that cannot be moved; how many there are, and where, is chance.
unmovable_blocks()
{
	awk '$1 == "Number" { for (i = 5; i <= NF; i++) movable[i] = $i == "Movable" }
	     $1 == "Node" && $3 == "zone" && !/type/ && NF > 5 {
		     for (i = 5; i <= NF; i++) sum += movable[i] ? 0 : $i }
	     END { print sum + 0 }' /proc/pagetypeinfo
}

# A pageblock with a page that cannot be moved is lost to the initrd, no other one is.
in_place()
{
	blocks=$(unmovable_blocks)
	report "val unmovable_blocks $blocks"
	grep -q 'in place' $MAP &&
	sed -n 's/.* bytes, \([0-9]*\) of [0-9]* pages to be relocated .*/\1/p' $MAP |
		awk -v most="$((512 * blocks))" '$1 > most { bad = 1 } END { exit bad }'
}

# A page that somebody takes at the wrong moment may cost more.  There is no room for the
# next one beside what is loaded.
comes_in_place()
{
	[ -e $MAP ] || return 1
	for _ in 1 2; do
		! in_place || return 0
		report "val relocated $(grep 'to be relocated' $MAP)"
		kx file-unload && load || return 1
	done
	in_place
}

stage1()
{
	make_initrd /tmp/initrd "$MIB"
	cmdline=$(next_cmdline 2 "rig.content=$(content_sum)")
	rm /rig/content
	check "it loads" load
	if [ -z "$FLAG" ]; then
		check "in place, as far as memory can be moved" comes_in_place
	elif [ -e $MAP ]; then
		check "to be relocated" grep -q " $(stat -c %s /tmp/initrd) bytes, .*to be relocated" $MAP
	else
		skip "to be relocated" "this kernel has no map"
	fi
	kx reboot
}

stage2()
{
	check "the initrd's content is intact" content_intact
	finish
}
