# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a large load leaves the CPU to others, and ends soon when it is killed
# guest: memory=2G cpus=1 icount=1 timeout=300 append="crashkernel=512M"
# plan: 5
# stock: xfail O13 whoever sleeps meanwhile wakes up in time
# stock: may O13 killed at any moment it ends in a quarter of its time
# stock: may O2 what was loaded is still there

now_ms()
{
	clock=$(kx clock)
	echo $((${clock% *} / 1000000))
}

# kill_after MS: milliseconds by which that is late, in $late, and for which the load
# lives on, in $lasted, which is 0 if it was over before
kill_after()
{
	begin=$(now_ms)
	kx file-load /boot/bzImage /tmp/initrd "" crash 2>/dev/null &
	usleep $(($1 * 1000))
	woken=$(now_ms)
	late=$((woken - begin - $1))
	lasted=0
	kill -9 $! 2>/dev/null || return
	wait $! 2>/dev/null
	lasted=$(($(now_ms) - woken))
}

stage1()
{
	pattern $((192 << 20)) >/tmp/initrd
	begin=$(now_ms)
	check "it loads" kx file-load /boot/bzImage /tmp/initrd "" crash
	whole=$(($(now_ms) - begin))
	latest=0
	slowest=0
	met=0
	for eighth in 1 2 3 4 5 6 7; do
		kill_after $((whole * eighth / 8))
		report "val kill_$eighth $late ms late, ended after $lasted, of $whole"
		[ $lasted = 0 ] || met=$((met + 1))
		[ $late -le $latest ] || latest=$late
		[ $lasted -le $slowest ] || slowest=$lasted
	done
	check "most kills meet a load under way" test $met -ge 4
	check "whoever sleeps meanwhile wakes up in time" at_most $((whole / 20)) $latest
	check "killed at any moment it ends in a quarter of its time" at_most $((whole / 4)) $slowest
	check "what was loaded is still there" is 1 /sys/kernel/kexec_crash_loaded
	finish
}
