# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a load that fails, at whatever point and for whatever reason, leaves the armed image byte for byte
# arch: any
# guest: memory=1G cpus=2 timeout=300 append="crashkernel=256M" packed=lz4 NEXT=packed
# plan: 32
# variant kexec_load: CALL=-c
# variant kexec_file_load: CALL=-s
# stock: xfail O2 intact after *
# stock: xfail O2 kexec_*load is killed
# stock: xfail O2 runs to its end

stage1()
{
	cmdline=$(crash_cmdline)
	small_initrd /tmp/initrd
	check "a crash kernel is armed" kexec "$CALL" -p "$(crash_kernel)" --initrd=/tmp/initrd \
		--command-line="$cmdline"
	armed save /tmp/copy
	end=$(region_end)
	cut_short /boot/bzImage /tmp/truncated
	after "no file" kx bad-file crash
	after "a file that is no kernel" kx file-load /rig/lib.sh - "" crash
	after "a kernel cut short" kx file-load /tmp/truncated - "" crash
	after "a command line that faults" kx bad-cmdline crash
	after "a buffer that faults" kx bad-buffer crash $((end - 8192)) 2
	after "a segment outside the region" kx dummy crash
	after "segments that overlap" kx bad-overlap crash $((end - 4096))
	for way in shrinks fails; do
		odd_file $way
		check "an initrd $way half-way" refused EIO \
			kx file-load "$(crash_kernel)" /tmp/$way "" crash
		still "an initrd that $way"
	done
	check "a load is killed that waits for its file" killed_waiting
	still "the wait"
	check "kexec_file_load is killed" killed kx file-load "$(crash_kernel)" /tmp/initrd "$cmdline" crash
	still "kexec_file_load was killed"
	# it never succeeds: the last of 64 MiB faults
	check "kexec_load is killed" killed kx bad-buffer crash $((end - (64 << 20))) 16384
	still "kexec_load was killed"
	unchanged && crash
	finish
}

stage2()
{
	dump_is_whole
	finish
}

# after NAME COMMAND...: the command, a load, fails, and nothing has changed.
after()
{
	what=$1
	shift
	if "$@" 2>/dev/null; then
		report "no intact after $what # that was not refused"
	else
		check "intact after $what" unchanged
	fi
}

still()
{
	check "intact after $1" unchanged
}

unchanged()
{
	is 1 /sys/kernel/kexec_crash_loaded && armed same /tmp/copy
}

# odd_file WAY: /tmp/WAY, which nobody can read to its end; stat has the kernel learn its size
odd_file()
{
	oddfile "$1" "/tmp/$1" 16
	stat "/tmp/$1" >/dev/null
}

killed_waiting()
{
	odd_file hangs
	kx file-load "$(crash_kernel)" /tmp/hangs "" crash &
	wait_until test -e /tmp/hangs.reached
	kill -9 $!
	wait $!
	[ $? = 137 ]
}

now_us()
{
	clock=$(kx clock)
	echo $((${clock% *} / 1000))
}

# What is armed is what was, byte for byte; or another image, of a load that went through.
as_before_or_new()
{
	unchanged
	case $? in
	0) ;;
	3) armed save /tmp/copy ;;
	*) return 1 ;;
	esac
}

# kill_after USEC COMMAND...: kills it when it has had so long, and counts the hits
kill_after()
{
	delay=$1
	shift
	"$@" >/dev/null 2>&1 &
	usleep "$delay"
	kill -9 $! 2>/dev/null
	wait $!
	[ $? != 137 ] || hits=$((hits + 1))
	as_before_or_new || { echo "after $delay us"; return 1; }
}

# killed COMMAND...: at a dozen moments of the time that it takes, until one was a hit
killed()
{
	hits=0
	while [ $hits = 0 ]; do
		begin=$(now_us)
		"$@" >/dev/null 2>&1
		whole=$(($(now_us) - begin))
		as_before_or_new || return 1
		for twelfth in $(seq 12); do
			kill_after $((whole * twelfth / 13)) "$@" || return 1
		done
	done
	report "val killed $hits"
}
