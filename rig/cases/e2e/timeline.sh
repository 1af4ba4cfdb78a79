# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a kernel that another of ours has started tells how long the way took
# guest: memory=1G cpus=2 icount=1 timeout=600 append="crashkernel=256M"
# plan: 18
# variant reboot: WHAT=reboot
# variant reboot.packed: WHAT=reboot append="crashkernel=256M kexec.direct=0" PACKED=1
# variant reboot.scattered: WHAT=reboot FLAG=no-cma
# variant reboot.damaged: WHAT=reboot DAMAGE=1 plan=19
# variant crash: WHAT=crash
# stock: skip it has no time line

DIR=/sys/kernel/kexec/timeline
LINE='kexec: \(reboot\|crash\), in ms: '

is_silent()
{
	! [ -e $DIR ] && ! dmesg | grep "$LINE"
}

# value NAME: a stretch of the way in nanoseconds
value()
{
	cat "$DIR/$1_ns"
}

# A number, and not more than all of it.
is_told()
{
	test "$(value "$1")" -ge 0 && test "$(value "$1")" -le "$(value total)"
}

adds_up()
{
	test $(($(value shutdown) + $(value leave) + $(value relocate) + $(value verify) + $(value decompress) + $(value enter))) = \
		"$(value total)"
}

# The TSC counts on from kernel to kernel, and this program has read it before and after.
fits_in()
{
	set -- "$(argument tsc)" "$(kx clock | cut -d ' ' -f 2)" \
		"$(dmesg | sed -n 's/.*tsc: Detected \([0-9]*\)\.[0-9]* MHz.*/\1/p')"
	limit=$((($2 - $1) * 1000 / $3))
	echo "$limit ns for $(value total)"
	test "$limit" -ge "$(value total)"
}

# ms NAME: the same in milliseconds, to three places
ms()
{
	printf '%d.%03d' $(($(value "$1") / 1000000)) $(($(value "$1") / 1000 % 1000))
}

# One of them is 0 where there is no decompressor.
in_log()
{
	line="shutdown $(ms shutdown), leave $(ms leave), relocate $(ms relocate)"
	line="$line, verify $(ms verify), decompress $(ms decompress), enter $(ms enter)"
	dmesg | grep "kexec: $WHAT, in ms: $line; total $(ms total)$"
}

for_reading_only()
{
	test "$(stat -c %a $DIR/* | sort -u)" = 444
}

# Something is verified where something is.
verifies()
{
	case $WHAT$FLAG in
	reboot) test "$(value verify)" -lt 1000000 ;;
	*) test "$(value verify)" -gt 1000000 ;;
	esac
}

# One instruction a byte, and what follows is less than that; or there is nothing to do.
decompresses()
{
	case $PACKED in
	1) test "$(value decompress)" -gt "$(argument bytes)" &&
		test "$(value enter)" -lt "$(value decompress)" ;;
	*) test "$(value decompress)" = 0 ;;
	esac
}

# The list that it is part of leads nowhere any more: eight bytes at the start of its page.
damage_list()
{
	page=$(($(sed -n 's/.*\[mem \(0x[0-9a-f]*\)-.* purgatory,.*/\1/p' \
		/sys/kernel/debug/kexec/map) / 4096))
	for nr in 0 1 2 3 4 5 6 7; do
		dd if=/dev/mem bs=4096 skip=$((page + nr)) count=1 2>/dev/null | head -c 12 |
			grep -q KXTL || continue
		printf '\377\377\377\377\377\377\377\377' |
			dd of=/dev/mem bs=8 seek=$(((page + nr) * 512)) conv=notrunc 2>/dev/null
		return
	done
	return 1
}

stage1()
{
	check "firmware has left no time line" is_silent
	# shellcheck disable=SC2086 # there may be no flag
	case $WHAT in
	crash) set -- crash ;;
	*) set -- $FLAG ;;
	esac
	check "it loads" kx file-load "$(crash_kernel)" /boot/initrd \
		"$(next_cmdline 2 "rig.bytes=$(kernel_bytes /boot/bzImage)" \
		"rig.tsc=$(kx clock | cut -d ' ' -f 2)")" "$@"
	[ -z "$DAMAGE" ] || check "its list is damaged" damage_list
	[ "$WHAT" = crash ] || kx reboot
	crash
}

stage2()
{
	check "it says what it was" is "$WHAT" $DIR/started_by
	for stretch in shutdown leave relocate verify decompress enter; do
		check "$stretch is told" is_told $stretch
	done
	check "there are eight files" test "$(find $DIR -type f | wc -l)" = 8
	check "they are for reading only" for_reading_only
	check "the stretches add up" adds_up
	check "all of it is less than what has gone by" fits_in
	check "some of it took time" test "$(value total)" -gt 100000
	check "what is verified takes time" verifies
	check "the log says so" in_log
	check "the decompressor takes what it takes" decompresses
	report "val timeline $(cat $DIR/*_ns | tr '\n' ' ')"
	check "they can be read again" is_told total
	finish
}
