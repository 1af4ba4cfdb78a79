# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a load to where all the free pages are takes a time that is in proportion to its size
# guest: memory=1G cpus=2 icount=1 timeout=300
# plan: 3
# stock: xfail O6 four times the size takes no more than six times the time

# measure MIB: has the time that it takes, in microseconds, in $taken; 0 when it fails
measure()
{
	taken=0
	pattern "$(($1 << 20))" >/tmp/pattern
	bench load /rig/lib.sh /tmp/pattern collide >/tmp/figures && kx unload || return
	taken=$(($(sed -n 's/^load_ns //p' /tmp/figures) / 1000))
	report "val load_us_$1 $taken"
}

stage1()
{
	# Pages that CPUs keep for themselves are not where the allocator looks first.
	sysctl -qw vm.percpu_pagelist_high_fraction=100000
	measure 16
	check "16 MiB load" test "$taken" -gt 0
	small=$taken
	measure 64
	check "64 MiB load" test "$taken" -gt 0
	check "four times the size takes no more than six times the time" \
		at_most $((6 * small)) "$taken"
	finish
}
