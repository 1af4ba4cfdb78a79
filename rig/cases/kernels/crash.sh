# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a kernel as the distribution ships it takes over from a panic without its decompressor
# guest: cpus=2 timeout=240 NEXT=debian ANYWHERE=16 append=crashkernel=320M
# plan: 18
# variant bookworm.kaslr.1g: WANT=random prebuilt=bookworm memory=1G
# variant bookworm.nokaslr.6g.4level: WANT=linked prebuilt=bookworm memory=6G cpu=max,la57=off append=nokaslr
# variant trixie.kaslr.6g: WANT=random prebuilt=trixie memory=6G
# variant trixie.nokaslr.1g.4level: WANT=linked prebuilt=trixie memory=1G append="nokaslr no5lvl"
# variant unstable.kaslr.1g.4level: WANT=random prebuilt=unstable memory=1G append=no5lvl
# variant unstable.nokaslr.6g: WANT=linked prebuilt=unstable memory=6G append=nokaslr
# variant backports.kaslr.6g.4level: WANT=random prebuilt=backports memory=6G cpu=max,la57=off
# variant backports.nokaslr.1g: WANT=linked prebuilt=backports memory=1G append=nokaslr
# variant generic.kaslr.1g: WANT=random prebuilt=backports-generic memory=1G
# variant generic.nokaslr.6g.4level: WANT=linked prebuilt=backports-generic memory=6G append="nokaslr no5lvl"
# variant rt.kaslr.1g.4level: WANT=random prebuilt=backports-rt memory=1G cpu=max,la57=off
# variant rt.nokaslr.6g: WANT=linked prebuilt=backports-rt memory=6G append=nokaslr
# console: require Kernel panic - not syncing: sysrq triggered crash
# stock: skip it has no direct entry

# shellcheck source=rig/cases/e2e/direct.sh
. /rig/cases/e2e/direct

stage1()
{
	check "it loads" kx file-load "$(next_kernel)" /boot/initrd "$(crash_cmdline)" crash debug
	check "it is entered as it should be" logged
	crash
}

stage2()
{
	check "the kernel is the one that was loaded" is_next_kernel
	check "it runs where it should" runs_as_wanted
	dump_is_whole
	finish
}
