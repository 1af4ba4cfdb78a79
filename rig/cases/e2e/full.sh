# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: whatever fits into the empty crash region is loaded over whatever is armed there
# arch: any
# guest: memory=1G cpus=2 timeout=300 append="crashkernel=72M"
# plan: 22

# load PAGES: by kexec_file_load, with an initrd that is longer by so many pages
load()
{
	cp /tmp/small /tmp/initrd
	truncate -s $((SMALL + 4096 * $1)) /tmp/initrd
	kx file-load "$(crash_kernel)" /tmp/initrd "$(crash_cmdline)" crash
}

load_alone() { kx unload crash; load "$1"; }
does_not_load() { ! load_alone "$1" 2>/dev/null; }

# find_most: the most pages that are loaded when nothing is armed
find_most()
{
	MOST=0
	less=$((72 << 8))
	while [ $((less - MOST)) -gt 1 ]; do
		middle=$(((MOST + less) / 2))
		if load_alone $middle >/dev/null 2>&1; then MOST=$middle; else less=$middle; fi
	done
}

stage1()
{
	small_initrd /tmp/small
	SMALL=$((($(wc -c </tmp/small) + 4095) / 4096 * 4096))
	check "an image is loaded" load 0
	find_most
	check "that is all that there is room for" does_not_load $((MOST + 1))
	check "it is loaded with nothing armed" load_alone $MOST
	check "and over itself" load $MOST
	check "a small one over it" load 0
	check "and over the small one" load $MOST
	check "a page less over that" load $((MOST - 1))
	check "a crash kernel is armed over it" load 0
	crash
}

stage2()
{
	dump_is_whole
	finish
}
