# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: of memory ranges that do not fit into a crash kernel's table, the log tells
# guest: memory=1G cpus=1
# plan: 4
# stock: xfail O19 the log *

# reserved FIRST LAST: a page at each GiB, where there is no memory at all
reserved()
{
	for gib in $(seq "$1" "$2"); do printf '4K$%dG,' "$gib"; done
}

# The table has 128 entries.
stage1()
{
	make_initrd /tmp/initrd 0 boot
	check "it loads" kexec -s -l /boot/bzImage --initrd=/tmp/initrd \
		--command-line="$(next_cmdline 2 crashkernel=256M memmap="$(reserved 300 430)")"
	kexec -e
}

stage2()
{
	check "there are more than 128 ranges" test "$(grep -c Reserved /proc/iomem)" -gt 128
	check "a crash image is loaded" kx file-load /boot/bzImage - "" crash
	check "the log tells of what is left out" \
		sh -c 'dmesg | grep "the crash kernel is not told of"'
	finish
}
