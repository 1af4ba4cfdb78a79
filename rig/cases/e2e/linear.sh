# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a load takes no more than so many instructions a page, whatever its size and wherever memory is free
# guest: memory=1G cpus=2 icount=1 timeout=600
# plan: 4
# variant spread: STATE=empty WHERE=spread
# variant collide: STATE=empty WHERE=collide
# variant back: STATE=empty WHERE=collide BACK=back
# variant fragmented: STATE=fragmented WHERE=spread
# variant full: STATE=full WHERE=spread
# stock: may O6 collide*
# stock: may O6 spread*

# To copy a page takes 700, and to move one out of the way 5,000.
BOUND=12000

# Pages are free one by one, or belong to a file; or most of memory is free.
take_memory()
{
	case $STATE in
	fragmented) bench fragment 200 >/dev/null 2>&1 ;; # it goes to the background
	full) pattern $((320 << 20)) >/tmp/in_the_way ;;
	esac
}

figure()
{
	sed -n "s/^$1 //p" /tmp/figures
}

# measure MIB: how many instructions a page of the files takes, in $taken
measure()
{
	pattern $(($1 << 20)) >/tmp/pattern
	# shellcheck disable=SC2086 # a word, or none
	bench load /rig/lib.sh /tmp/pattern "$WHERE" $BACK >/tmp/figures && kx unload || return
	# Two nanoseconds each.
	taken=$(($(figure load_ns) / 2 / ($(figure files_kib) / 4)))
	report "val instructions_a_page_$1 $taken"
}

stage1()
{
	check "memory is $STATE" take_memory
	# Pages that CPUs keep for themselves are not where the allocator looks first.
	sysctl -qw vm.percpu_pagelist_high_fraction=100000
	for mib in 16 64 128; do
		taken=$((BOUND + 1))
		measure "$mib"
		check "$WHERE${BACK:+ and $BACK}, $mib MiB: at most $BOUND instructions a page" \
			at_most $BOUND "$taken"
	done
	finish
}
