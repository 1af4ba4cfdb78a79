# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a rewritten ELF header tells of the low memory's copy where the armed image has it, not the one before
# arch: ppc64le
# guest: memory=4G cpus=1 append="crashkernel=256M kernelcore=512M"
# needs: CONFIG_CRASH_HOTPLUG
# plan: 6

# The purgatory of a crash kernel copies the first 64 KiB of memory, which it then overwrites.
# Where to is in the header of an image that kexec_load(2) has brought, and nowhere else: the
# kernel reads it there, for when memory comes or goes.
COPY=$((0x7654000))

zeros()
{
	head -c "$1" /dev/zero
}

header_with_copy()
{
	printf '\177ELF'
	zeros 52
	printf '\001\000' # program headers
	zeros 6
	printf '\001\000\000\000' # PT_LOAD
	zeros 4
	printf '\000\100\145\007\000\000\000\000' # where it is in the dump: $COPY
	zeros 40
}

header_without()
{
	printf '\177ELF'
	zeros 60
}

# told_in: what the header in the crash region says of memory at 0
told_in()
{
	dd if=/dev/mem bs=4096 skip=$((AT / 4096)) count=4 2>/dev/null |
		od -A n -v -t u8 -w8 | awk 'NR > 8 {
			field = (NR - 9) % 7
			if (field == 0) load = $1 % 4294967296 == 1
			if (field == 1) where = $1
			if (field == 3 && load && $1 == 0) { print where; exit }
		}'
}

# tells WHERE: for check
tells()
{
	told=$(told_in)
	[ "$told" = "$1" ] || {
		echo "it tells of $told"
		return 1
	}
}

# Memory that goes and comes: the highest that can.
have_rewritten()
{
	for block in $(find /sys/devices/system/memory -name 'memory[0-9]*' |
		sed 's/.*memory//' | sort -rn); do
		block=/sys/devices/system/memory/memory$block/state
		! echo offline >"$block" || { echo online >"$block" && return; }
	done
	return 1
}

stage1()
{
	AT=$(($(region_start) + (1 << 20)))
	header_with_copy >/tmp/with
	header_without >/tmp/without
	check "an image whose header has the copy" kx header "$AT" /tmp/with
	check "its header is rewritten" have_rewritten
	check "which has it still" tells "$COPY"
	check "an image whose header has none, in its place" kx header "$AT" /tmp/without
	check "its header is rewritten, too" have_rewritten
	check "which does not have that of the other" tells 0
	finish
}
