# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: an initrd larger than the scratch area goes beside it, and what is handed over arrives with it
# arch: any
# guest: memory=3G cpus=2 timeout=600 append="kho=on liveupdate=on kho_scratch=16M,96M,16M memblock=debug log_buf_len=2M"
# plan: 39
# on arm64: plan=36
# needs: CONFIG_KEXEC_HANDOVER
# needs: CONFIG_LIVEUPDATE_MEMFD
# stock: skip O27: there is room for it in the scratch area only

MAP=/sys/kernel/debug/kexec/map
KHO=/sys/kernel/debug/kho/out
MIB=128
KEPT=$((48 << 20))

# The parts of the scratch area, first and length.
scratch()
{
	paste -d ' ' $KHO/scratch_phys $KHO/scratch_len
}

# of ROLE: where the segment is, FIRST-LAST
of()
{
	sed -n "/^reboot: /,/^crash: /s/^ *[0-9]* \\[mem \\(0x[0-9a-f]*-0x[0-9a-f]*\\)\\] .* bytes, $1, .*/\\1/p" $MAP
}

largest_part()
{
	scratch | while read -r _ length; do echo $((length)); done | sort -n | tail -n 1
}

is_too_large()
{
	test "$(stat -c %s /tmp/initrd)" -gt "$(largest_part)"
}

# beside FIRST-LAST: not in the scratch area
beside()
{
	[ -n "$1" ] && scratch | while read -r first length; do
		[ $((${1#*-})) -lt $((first)) ] || [ $((${1%-*})) -ge $((first + length)) ] || {
			echo "$1 is in the scratch area, $first + $length"
			return 1
		}
	done
}

nothing_is_copied()
{
	# On x86 what is copied would be digested, and only that.
	[ "$(uname -m)" != x86_64 ] || grep -q 'digests: none: all of it is in place' $MAP || {
		cat $MAP
		return 1
	}
	! sed -n '/^reboot: /,/^crash: /p' $MAP | grep '\[mem ' | grep -v 'in place'
}

# What the segments beside the initrd are called.
others()
{
	case $(uname -m) in
	aarch64) echo kernel dtb scratch ;;
	*) echo kernel purgatory parameters scratch ;;
	esac
}

# ranges SED: of the lines that SED picks, the range in brackets that it leaves first, FIRST LAST
ranges()
{
	sed -n "s/$1\[\(0x[0-9a-f]*\)-\(0x[0-9a-f]*\)\]$2.*/\1 \2/p"
}

# What the kernel had reserved by the time that it told, FIRST LAST a line.
reserved_early()
{
	dmesg | sed -n '/MEMBLOCK configuration/,/memblock_alloc/p' |
		ranges '.* reserved\[0x[0-9a-f]*\][^[]*'
}

# What it had allocated until then: arm64 its page tables, others nothing.
allocated_early()
{
	dmesg | sed '/MEMBLOCK configuration/,$d' |
		ranges '.*memblock_reserve: ' '.* memblock_alloc_range_nid'
}

# is_reserved FIRST-LAST: all of it, in one piece
is_reserved()
{
	reserved_early | awk_ranges "first <= from && last >= to" "$1"
}

# Some of it: who copies the rest at once, or has no need of it, reserves less.
is_reserved_in_part()
{
	reserved_early | awk_ranges "first <= to && last >= from" "$1"
}

# awk_ranges CONDITION FROM-TO: holds for one of the lines FIRST LAST
awk_ranges()
{
	from=$((${2%-*})) to=$((${2#*-}))
	while read -r first last; do
		echo $((first)) $((last))
	done | awk -v from=$from -v to=$to "{ first = \$1; last = \$2 } $1 { n++ } { print }
		END { exit !n }"
}

# x86 allocates nothing at all before it has all of it reserved.
nothing_was_allocated_at_all()
{
	! dmesg | sed '/MEMBLOCK configuration/,$d' | grep memblock_alloc
}

nothing_was_allocated_there()
{
	[ "$(uname -m)" != x86_64 ] || nothing_was_allocated_at_all || return
	reserved_early | grep -q . && for role in initrd $(others); do
		! allocated_early | awk_ranges "first <= to && last >= from" "$(place "$role")" ||
			return
	done
}

# The places of the segments as they are known after the load, in a block of known size.
places()
{
	printf '%-1024s' "$(for role in initrd $(others); do
		echo "$role=$(of "$role") "
	done)"
}

# ROLE: where the previous kernel put that segment
place()
{
	tail -c 1024 /tmp/kept | sed -n "s/^$1=\([^ ]*\) .*/\1/p"
}

# What is preserved is so after the load: not even then does the image have any of it.
hop()
{
	make_initrd /tmp/initrd $MIB boot
	check "kernel $STAGE: the initrd is larger than the scratch area" is_too_large
	check "kernel $STAGE: the next kernel loads" kx file-load /boot/bzImage /tmp/initrd \
		"$(next_cmdline $((STAGE + 1)) "rig.content=$(content_sum)")"
	check "kernel $STAGE: the initrd is beside the scratch area" beside "$(of initrd)"
	check "kernel $STAGE: nothing is copied" nothing_is_copied
	{
		pattern $KEPT
		places
	} >/tmp/keep
	check "kernel $STAGE: memory is preserved" luo keep /tmp/keep
	mark reboot
	kx reboot
}

pattern_is_intact()
{
	pattern $KEPT | cmp -n $KEPT - /tmp/kept
}

arrived()
{
	luo take >/tmp/kept
	check "kernel $STAGE: what was preserved has arrived" pattern_is_intact
	check "kernel $STAGE: and the initrd" content_intact
	check "kernel $STAGE: nothing was allocated where it lies before it was reserved" \
		nothing_was_allocated_there
	check "kernel $STAGE: its initrd was reserved" is_reserved "$(place initrd)"
	for role in $(others); do
		check "kernel $STAGE: its $role was reserved" is_reserved_in_part "$(place "$role")"
	done
}

stage1()
{
	hop
}

stage2()
{
	arrived
	hop
}

stage3()
{
	arrived
	hop
}

stage4()
{
	arrived
	finish
}
