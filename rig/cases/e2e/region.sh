# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a crash region claimed without crashkernel= is what one reserved at boot is, and is given back whole
# arch: any
# guest: memory=1G cpus=2
# needs: CONFIG_KEXEC_CLAIM_CRASH_REGION
# stock: skip a region cannot grow there
# plan: 42
# variant kexec_load: CALL=-c
# variant kexec_file_load: CALL=-s
# variant busy: CALL=-s memory=2560M FILL=busy plan=43
# variant fragmented: CALL=-s memory=2G timeout=400 FILL=fragmented plan=43
# variant 6g: CALL=-s memory=6G

REGION=192
SIZE=/sys/kernel/kexec/crash_size
MIB=$((1 << 20))

set_size() { echo "$1" >$SIZE; }
set_mib() { set_size $(($1 * MIB)); }
last_line_is() { dmesg | grep 'kexec: ' | tail -n 1 | grep -F "$1"; }
total_kib() { awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo; }
available_kib() { awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo; }
listed() { resource_bytes 'Crash kernel' ' *'; }

# takes_from_total MIB: so much less is managed than in the beginning
takes_from_total()
{
	lost=$((TOTAL - $(total_kib)))
	[ $lost = $(($1 << 10)) ] || {
		echo "$lost KiB"
		return 1
	}
}

# Bit 32 of /proc/kpageflags, of the first page.
pages_are_reserved()
{
	first=$(sed -n 's/^ *\([0-9a-f]*\)-.* : Crash kernel$/\1/p' /proc/iomem)
	flags=$(dd if=/proc/kpageflags bs=8 skip=$((0x$first >> 12)) count=1 2>/dev/null |
		od -A n -t x8 | tr -d ' ')
	[ $((0x$flags >> 32 & 1)) = 1 ] || {
		echo "the page flags at $first are $flags"
		return 1
	}
}

is_of()
{
	is $(($1 * MIB)) $SIZE && test "$(listed)" = $(($1 * MIB)) && takes_from_total "$1"
}

is_somewhat_more_than()
{
	mib=$(($(cat $SIZE) / MIB))
	[ $mib -gt "$1" ] && [ $mib -le $(($1 + 16)) ] && is_of $mib
}

does_not_take()
{
	before=$(cat $SIZE)
	fails set_size "$1" && is "$before" $SIZE && test "$(listed)" = "$before" &&
		last_line_is "$2"
}

# What is used by nine tenths, none of which can be reclaimed, while CPUs keep at hand as
# much of what is free as they ever do.
busy()
{
	sysctl -qw vm.percpu_pagelist_high_fraction=8
	kib=$(awk '$1 == "MemTotal:" { print int($2 / 10) }' /proc/meminfo)
	mkdir /tmp/fill && mount -t tmpfs -o size=100% none /tmp/fill &&
		dd if=/dev/zero of=/tmp/fill/most bs=1M count=$((($(available_kib) - kib) >> 10)) 2>/dev/null
}

# Small files, of which three quarters go again.
fragmented()
{
	mkdir /tmp/fill && mount -t tmpfs -o size=100%,nr_inodes=0 none /tmp/fill &&
		awk 'BEGIN { for (i = 0; i < 100000; i++) {
			     name = "/tmp/fill/" i; printf "%4096s", "" >name; close(name) } }' &&
		find /tmp/fill -name '*[1-79]' -exec rm {} + && test -s /tmp/fill/80
}

# first_byte, last_byte: of the region
first_byte() { echo $((0x$(sed -n 's/^ *\([0-9a-f]*\)-.* : Crash kernel$/\1/p' /proc/iomem))); }
last_byte() { echo $((0x$(sed -n 's/^ *[0-9a-f]*-\([0-9a-f]*\) : Crash kernel$/\1/p' /proc/iomem))); }
room_left() { grep 'room left:' /sys/kernel/debug/kexec/map; }

# One with room above it, as far as the kernel itself takes none of it meanwhile.
region_anew()
{
	kexec "$CALL" -p -u && set_size 0 && set_mib $((REGION + 16)) && set_mib "$REGION" &&
		arm "$CALL"
}

# At once, or when it is loaded anew; where memory was filled, others may always be in the way.
grows_in_place()
{
	for _ in 1 2 3 4; do
		grows_or_is_refused || return
		if [ -n "$FILL" ] || ! is_of $REGION >/dev/null; then return 0; fi
		region_anew || return
	done
	echo "something is in the way each time"
	return 1
}

# Under the armed image it grows where it is, unless something has come to lie there.
# What has come is the crash kernel's only when the image is loaded again.
grows_or_is_refused()
{
	first=$(first_byte)
	last=$(last_byte)
	left=$(room_left)
	if set_mib 208; then
		is_of 208 && test "$(first_byte)" -le "$first" && test "$(last_byte)" -ge "$last"
	else
		is_of $REGION && last_line_is "cannot be extended to 208 MiB in place"
	fi && is 1 /sys/kernel/kexec/crash_loaded && test "$(room_left)" = "$left"
}

stage1()
{
	TOTAL=$(total_kib)
	check "nothing is reserved" is_of 0
	check "no crash image can be loaded" refused EADDRNOTAVAIL kx dummy crash
	check "the log says what to do" last_line_is "$SIZE"
	[ -z "$FILL" ] || check "memory is $FILL" "$FILL"

	TOTAL=$(total_kib)
	check "a region is claimed" set_mib 64
	check "it is a crash kernel's, and nobody else's" is_of 64
	check "the log says where it is" last_line_is ", 64 MiB"
	check "it shrinks" set_mib 32
	check "what is left is reserved" is_of 32
	check "it grows" set_mib 96
	check "it is what was asked for" is_of 96
	check "a number that is no whole page" set_size $((96 * MIB + 1))
	check "is rounded up" is_somewhat_more_than 96
	check "it goes" set_size 0
	check "with everything" is_of 0

	check "more than there is" does_not_take $((1 << 50)) "at most"
	check "the largest number" does_not_take 18446744073709551615 "at most"
	check "no number" does_not_take much "not a number"
	check "nearly all there is" does_not_take $((TOTAL << 10)) "at most"

	check "a region for a crash kernel is claimed" set_mib $((REGION + 16))
	check "and is more than is needed" set_mib "$REGION"
	check "it is there" is_of $REGION
	check "its pages are reserved" pages_are_reserved
	check "a crash kernel is armed" arm "$CALL"
	check "the log says what it leaves" last_line_is "of $REGION MiB, "
	check "it shrinks no more" fails set_mib 64
	check "it grows around the image" grows_in_place
	echo 1 >/proc/sys/kernel/kexec_load_disabled
	check "who may not load makes it no larger" fails set_mib 224
	check "and is told why" last_line_is "kernel.kexec_load_disabled is set"
	crash
}

stage2()
{
	dump_is_whole
	finish
}
