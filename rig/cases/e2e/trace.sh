# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: who traces sees each load from its call to its end, and what it claims
# guest: memory=1G cpus=2 append="crashkernel=256M"
# plan: 12
# variant tracefs: TRACER=tracefs
# variant perf: TRACER=perf with=perf
# variant trace-cmd: TRACER=trace-cmd with=trace-cmd
# stock: skip it has no such events

TRACING=/sys/kernel/tracing
SEEN=/tmp/seen

# What is traced: loads, one that is refused, one whose place is taken, unloads.
work()
{
	kx file-load /boot/bzImage /boot/initrd "$(next_cmdline 2)"
	grep ' initrd, in place' /sys/kernel/debug/kexec/map >/tmp/in-place
	kx file-load "$(crash_kernel)" /boot/initrd "$(next_cmdline 2)" crash
	kx bad-file
	kx load "0x$(sed -n 's/^ *\([0-9a-f]*\)-.* : Kernel code$/\1/p' /proc/iomem)" 4
	kx unload crash
	kx unload
	true
}

by_tracefs()
{
	echo 1 >$TRACING/events/kexec/enable
	work
	echo 0 >$TRACING/events/kexec/enable
	cat $TRACING/trace
}

# by PROGRAM...: has it trace this script, which does nothing but the work then
by()
{
	cat >/tmp/work <<-END
		. /rig/lib.sh
		. /rig/cases/$(argument case)
		work
	END
	"$@" sh /tmp/work
}

# perf record wants an eventfd, which these kernels have not.  What is traced says things, too,
# and perf writes a line in pieces: so each has a file.
by_perf()
{
	by perf trace -o /tmp/perf --libtraceevent_print --no-syscalls -e 'kexec:*'
	cat /tmp/perf
}

by_trace_cmd()
{
	by trace-cmd record -q -e kexec -o /tmp/trace.dat
	trace-cmd report -i /tmp/trace.dat
}

# The events, each as NAME TEXT.
trace()
{
	case $TRACER in
	tracefs) by_tracefs ;;
	perf) by_perf ;;
	trace-cmd) by_trace_cmd ;;
	esac >/tmp/trace 2>&1
	sed -n 's/.* kexec:\(kexec_[a-z]*\)(\(.*\))$/\1 \2/p; s/.* \(kexec_[a-z]*\): */\1 /p' \
		/tmp/trace >$SEEN
	test -s $SEEN || {
		head -n 6 /tmp/trace
		return 1
	}
}

# sees TEXT: an event is TEXT, a basic regular expression
sees()
{
	grep -x "$1" $SEEN || {
		grep "^${1%% *}" $SEEN
		return 1
	}
}

# names IMAGE: what is told of its first load by kexec_file_load, in order, but for the numbers
names()
{
	sed -n "/^kexec_load image=$1 call=kexec_file_load /,/^kexec_loaded /p" $SEEN |
		sed '/^kexec_loaded /q' | sed -n 's/^kexec_load .*/load/p; s/^kexec_step .*step=\([a-z]*\) err=0 ns=[1-9][0-9]*$/\1/p
			s/^kexec_arm .*/to be armed/p; s/^kexec_loaded .* err=0$/loaded/p
			s/^kexec_loaded .* err=-.*/failed/p; s/^kexec_refused .*/refused/p' | tr '\n' ,
}

goes()
{
	set -- "$2" "$(names "$1")"
	echo "$2"
	test "$1" = "$2"
}

# As many KiB are claimed, in however many pieces, as there are of an initrd in place.
claims_enough()
{
	[ -s /tmp/in-place ] || return 0
	kib=0
	# shellcheck disable=SC2013 # it is words that are wanted
	for size in $(sed -n 's/^kexec_claim .* size=\(0x[0-9a-f]*\) err=0 .*/\1/p' $SEEN); do
		kib=$((kib + size / 1024))
	done
	at_most "$kib" "$(($(stat -c %s /boot/initrd) / 1024))"
}

# disarms IMAGE: just what was armed
disarms()
{
	at=$(sed -n "s/^kexec_disarm image=$1 start=\(0x[0-9a-f]*\)$/\1/p" $SEEN)
	echo "disarmed is what begins at $at"
	grep "^kexec_arm image=$1 start=$at " $SEEN
}

# At the kernel's own text, nothing can be claimed.
tells_obstacle()
{
	text=$(sed -n 's/^ *\([0-9a-f]*\)-.* : Kernel code$/\1/p' /proc/iomem)
	sees "kexec_claim start=0x${text#"${text%%[!0]*}"} size=0x4000 err=-[0-9]* obstacle=0x[1-9a-f][0-9a-f]*"
}

steps="describe,check,place,prepare,fill,digest"

stage1()
{
	check "$TRACER traces" trace
	check "a load is told of from its call to its end" goes reboot "load,$steps,to be armed,loaded,"
	check "a crash image's is" goes crash "load,$steps,to be armed,arm,loaded,"
	check "the flags are told" sees "kexec_load image=crash call=kexec_file_load flags=0x[0-9a-f]*2"
	check "one that fails is" sees "kexec_loaded image=reboot err=-9"
	check "with what was refused" sees "kexec_refused image=reboot err=-9: kernel: .*"
	check "kexec_load is told of, too" sees "kexec_load image=reboot call=kexec_load flags=0[x0-9a-f]*"
	check "memory is claimed for what is in place" claims_enough
	check "what is in the way is told" tells_obstacle
	check "segments are told of" sees "kexec_place image=crash segment=0 mem=0x[0-9a-f]* memsz=0x[0-9a-f]* \(in place\|to be relocated\)"
	check "the crash image is disarmed" disarms crash
	check "the reboot image is" disarms reboot
	finish
}
