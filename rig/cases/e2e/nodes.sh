# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a load leaves a node of memory to those who need it, however much there is on others
# guest: memory=2G cpus=2 qemu="-object memory-backend-ram,id=large,size=1664M -object memory-backend-ram,id=small,size=384M -numa node,memdev=large,cpus=0-1 -numa node,memdev=small"
# plan: 4
# stock: skip it claims nothing

NODE=/sys/devices/system/node/node1

free_kib()
{
	sed -n 's/^Node 1 MemFree: *\([0-9]*\) kB/\1/p' $NODE/meminfo
}

# What the allocator does not give to just anybody.
kept_kib()
{
	awk '/^Node/ { mine = $2 == "1," } mine && $1 == "low" { pages += $2 }
	     END { print pages * 4 }' /proc/zoneinfo
}

is_left()
{
	echo "$(free_kib) KiB are free, $(kept_kib) KiB are to be kept"
	[ "$(free_kib)" -gt "$(kept_kib)" ]
}

stage1()
{
	# so that it is seen without the last page being claimed
	echo 262144 >/proc/sys/vm/min_free_kbytes
	check "there is a second node, and it is all but free" is_left
	dd if=/dev/zero of=/tmp/initrd bs=1M count=$((($(free_kib) - 40960) >> 10)) 2>/dev/null
	check "an initrd of almost its size loads" kexec -s -l /boot/bzImage --initrd=/tmp/initrd --reuse-cmdline
	check "the node has what it needs" is_left
	check "and all of it once that is unloaded" kexec -u
	finish
}
