# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the scripts of the cases have at hand inside a guest.
#
# Results leave as lines on a virtio port of their own (file descriptor 3):
#
#   boot STAGE RELEASE      a kernel has come up and begins a stage
#   ok NAME                 a check that held
#   no NAME # WHY           a check that did not
#   skip NAME # WHY         a check that does not apply here
#   ktap LINE               a line of a test program's own KTAP
#   mark NAME NS TSC        a moment: CLOCK_MONOTONIC and time stamp counter
#   val NAME TEXT           a value for the host
#   host ACTION             asks the host for something (see rig/lib/guest.py)
#   end                     the case came to its end

# argument NAME: the value of rig.NAME= on the kernel command line.
argument()
{
	tr ' ' '\n' </proc/cmdline | sed -n "s/^rig\\.$1=//p" | tail -n 1
}

# wait_until COMMAND...: returns when COMMAND succeeds.  How long that may take is for
# the guest's own time limit to say, which knows when it is the host that is busy.
wait_until()
{
	until "$@" >/dev/null 2>&1; do usleep 20000; done
}

# wait_for_ever: for what is to come, which ends this kernel
wait_for_ever()
{
	wait_until false
}

# find_port NAME: the device of the virtio port with that name
find_port()
{
	for name in /sys/class/virtio-ports/*/name; do
		if [ "$(cat "$name" 2>/dev/null)" = "$1" ]; then
			basename "$(dirname "$name")"
			return 0
		fi
	done
	return 1
}

# port NAME: the same; waits for it.
port()
{
	wait_until find_port "$1"
	find_port "$1"
}

report()
{
	printf '%s\n' "$*" >&3
}

# without_port COMMAND...: runs COMMAND, which suspends the devices, while the
# result port's driver is not bound.  Resumed, that driver (7.3's virtio_console)
# waits for ever for an answer that it was given too early to take.
without_port()
{
	exec 3>&-
	driver=/sys/bus/virtio/drivers/virtio_console
	device=$(basename "$(readlink -f "/sys/class/virtio-ports/$(port rig.result)/../..")")
	echo "$device" >"$driver/unbind"
	"$@"
	without_status=$?
	echo "$device" >"$driver/bind"
	open_port
	return $without_status
}

open_port()
{
	exec 3>"/dev/$(port rig.result)" || poweroff -f
}

# mark NAME: a moment that the host puts into its report.
mark()
{
	report "mark $1 $(kx clock)"
}

# sets the variables of the case's variant, VAR:VALUE,VAR:VALUE
set_variables()
{
	for pair in $(argument set | tr ',' ' '); do
		export "${pair%%:*}=${pair#*:}"
	done
}

run_stage()
{
	open_port
	STAGE=$(argument stage)
	report "boot $STAGE $(uname -r)"
	mark "init-$STAGE"
	set_variables
	forget_leaks
	# shellcheck disable=SC1090 # which case it is, the command line says
	. "/rig/cases/$(argument case)"
	"stage$STAGE"
	report "no stage $STAGE goes on # it returned"
	poweroff -f
}

# finish: the case is at its end, all went the way it should.
finish()
{
	show_leaks
	report end
	poweroff -f
}

KMEMLEAK=/sys/kernel/debug/kmemleak

# A kernel that is locked down lets nobody ask.
can_tell_leaks()
{
	[ -e $KMEMLEAK ] && ! grep -qs '\[[ic]' /sys/kernel/security/lockdown
}

# What was lost before the case began is not its doing.
forget_leaks()
{
	! can_tell_leaks || {
		scan_for_leaks
		echo clear >$KMEMLEAK
	}
}

scan_for_leaks()
{
	echo scan >$KMEMLEAK || report "no kmemleak scans # it refuses to"
}

# Looks for leaks, in kernels that can; what is on the console fails the case.
# Every kernel is asked, before the case leaves it: what it has lost is gone then.
# An object has to be 5 seconds old to count.
show_leaks()
{
	! can_tell_leaks || {
		sleep 6
		scan_for_leaks
		scan_for_leaks
		cat $KMEMLEAK >/dev/console
	}
}

# kexec-tools, by which a case may leave this kernel as well
kexec()
{
	[ "$1" != -e ] || show_leaks
	command kexec "$@"
}

# checks

# check NAME COMMAND...: reports whether COMMAND succeeds, and what it said if not.
check()
{
	check_name=$1
	shift
	if said=$("$@" 2>&1); then
		report "ok $check_name"
	else
		report "no $check_name # exit $?: $(echo "$said" | tail -n 4 | tr '\n' ' ')"
		return 1
	fi
}

skip()
{
	report "skip $1 # $2"
}

# fails COMMAND...: for check, succeeds when COMMAND does not.
fails()
{
	! "$@"
}

# refused ERRNO COMMAND...: for check, COMMAND (kx) fails, and with that errno.
refused()
{
	errno=$1
	shift
	if said=$("$@" 2>&1); then
		echo "not refused"
		return 1
	fi
	case $said in
	*": $errno") ;;
	*)
		echo "not $errno but $said"
		return 1
		;;
	esac
}

# is WANTED FILE: for check, the file's text is WANTED.
is()
{
	if ! text=$(cat "$2") || [ "$text" != "$1" ]; then
		echo "$2 is '$text', not '$1'"
		return 1
	fi
}

# at_most LIMIT NUMBER
at_most()
{
	[ "$2" -le "$1" ] || {
		echo "$2 is more than $1"
		return 1
	}
}

# ktap PROGRAM...: passes a test program's KTAP on, line by line.
ktap()
{
	"$@" 2>&1 | while IFS= read -r line; do report "ktap $line"; done
}

# allow_all_to_fail: every kind of allocation may be made to, by FAIL_NTH of kx's
allow_all_to_fail()
{
	for name in failslab fail_page_alloc; do
		echo N >/sys/kernel/debug/$name/ignore-gfp-wait
		echo 0 >/sys/kernel/debug/$name/verbose
	done
	echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
}

# the next kernel

# next_cmdline STAGE WORD...: this command line, for the next stage, and more words.
next_cmdline()
{
	next_stage=$1
	shift
	# shellcheck disable=SC2013 # it is words that are wanted
	for word in $(cat /proc/cmdline); do
		case $word in
		rig.stage=* | rig.content=* | elfcorehdr=* | crashkernel=* | BOOT_IMAGE=*) ;;
		*) printf '%s ' "$word" ;;
		esac
	done
	echo "rig.stage=$next_stage $*"
}

# kernel_bytes KERNEL: the memory that it takes, unpacked; its header says it, as
# init_size in a bzImage, as image_size in an Image; what has none of these is not packed
kernel_bytes()
{
	case $(uname -m) in
	x86_64) kernel_bytes_at=608 ;;
	aarch64 | riscv64) kernel_bytes_at=16 ;;
	*)
		stat -c %s "$1"
		return
		;;
	esac
	od -A n -t u4 -j $kernel_bytes_at -N 4 "$1" | tr -d ' '
}

# cut_short KERNEL FILE: too little of a kernel for anybody to load it.  A bzImage's header
# says how long it is; others' do not, so it is the header that is cut.
cut_short()
{
	case $(uname -m) in
	x86_64) head -c 10000 "$1" ;;
	*) head -c 60 "$1" ;;
	esac >"$2"
}

# no_kernel: the errno for a file that is none; s390 asks only whether it is long enough
no_kernel()
{
	case $(uname -m) in
	s390x) echo EINVAL ;;
	*) echo ENOEXEC ;;
	esac
}

# make_initrd FILE MIB [boot]: our initramfs again, and MIB of known content
# behind it; with "boot" also what it takes to load yet another kernel.
make_initrd()
{
	pattern "$(($2 << 20))" >/rig/content
	{
		cat /boot/initrd
		(cd / && find rig/content ${3:+"$3"} | cpio -o -H newc)
	} >"$1" 2>/dev/null
}

# next_kernel: what to load, ours or the one that the variant names
next_kernel()
{
	echo "/boot/${NEXT:-bzImage}"
}

# crash_kernel: the same, as far as a crash region has room for it.  A sanitizer's kernel
# takes too much; the same one without it is there in its stead (kbuild.plain_kernel).
crash_kernel()
{
	if [ -e /boot/plain ] && [ "$NEXT" != debian ]; then
		echo /boot/plain
	else
		next_kernel
	fi
}

# is_next_kernel: for check, this is the kernel that next_kernel() named.
is_next_kernel()
{
	case ${NEXT:-ours},$(uname -r) in
	debian*,*-amd64) ;;
	debian*,* | *-amd64)
		echo "it is $(uname -r)"
		return 1
		;;
	esac
}

# small_initrd FILE: what a crash kernel needs to say what it found in the dump, and
# nothing else.
small_initrd()
{
	small_case=rig/cases/$(argument case)
	(cd / && {
		printf '%s\n' init dev proc sys tmp bin bin/busybox bin/vmcore \
			rig rig/lib.sh rig/cases "$(dirname "$small_case")" "$small_case"
		find bin -type l
	} | cpio -o -H newc) >"$1" 2>/dev/null
}

# content_sum: a sum of the known content, as it is here; sha256sum takes six times as long
content_sum()
{
	md5sum /rig/content | cut -d ' ' -f 1
}

# content_intact: the known content is what the previous kernel said it is.
content_intact()
{
	set -- "$(argument content)" "$(content_sum)"
	[ "$1" = "$2" ] || {
		echo "md5sum is $2, not $1"
		return 1
	}
}

# crash: panics, as an operator would.
crash()
{
	show_leaks
	crash_as_it_is
}

# The same where nobody can be asked any more.
crash_as_it_is()
{
	mark panic
	echo c >/proc/sysrq-trigger
}

# memory

# resource_bytes NAME INDENT: the sizes of the resources of that name in
# /proc/iomem, added up; top-level ones have INDENT "".
resource_bytes()
{
	total=0
	# shellcheck disable=SC2013 # and here
	for range in $(sed -n "s/^$2\\([0-9a-f]*-[0-9a-f]*\\) : $1\$/\\1/p" /proc/iomem); do
		total=$((total + 0x${range#*-} - 0x${range%-*} + 1))
	done
	echo "$total"
}

# Free memory in KiB, with the pages that wait on the lists of single CPUs:
# without those the figure moves by megabytes from one second to the next.
free_kib()
{
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	awk '/^ +count: / || / nr_free_pages / { pages += $2 } END { print pages * 4 }' \
		/proc/zoneinfo
}

# costs COMMAND...: runs it, and has the free memory that it has cost, in KiB, in $lost
costs()
{
	free_before=$(free_kib)
	"$@" || return
	lost=$((free_before - $(free_kib)))
	report "val lost_kib $lost"
}

# A leak costs memory each time; whoever else needs some meanwhile does not.
# leaks LIMIT COMMAND...: to be asked after costs; COMMAND costs more than LIMIT, twice more
leaks()
{
	limit=$1
	shift
	for _ in 1 2; do
		[ "$lost" -gt "$limit" ] || return 1
		costs "$@" || return 0
	done
	[ "$lost" -gt "$limit" ] && echo "$lost KiB are lost"
}

# the size of the region, in bytes
region_bytes()
{
	cat /sys/kernel/kexec_crash_size
}

# region_start, region_end: where it is, in bytes; on powerpc only the device tree says so
region_start()
{
	start=$(sed -n 's/^ *\([0-9a-f]*\)-[0-9a-f]* : Crash kernel$/\1/p' /proc/iomem)
	echo $((0x${start:-$(od -A n -t x1 /proc/device-tree/chosen/linux,crashkernel-base |
		tr -d ' ')}))
}

region_end()
{
	echo $(($(region_start) + $(region_bytes)))
}

# how much of the memory in use is the crash kernel's after a crash
crash_cma_bytes()
{
	cma=0
	if [ -s /sys/kernel/kexec_crash_cma_ranges ]; then
		while IFS=- read -r first last; do
			cma=$((cma + 0x$last - 0x$first + 1))
		done </sys/kernel/kexec_crash_cma_ranges
	fi
	echo $cma
}

# What a dump of this kernel has to hold.  The region is part of System RAM, but on s390, where it
# has a line of its own; powerpc has no line of it.
dumpable_bytes()
{
	region=$(resource_bytes 'Crash kernel' ' \+')
	grep -q 'Crash kernel$' /proc/iomem || region=$(region_bytes)
	echo $(($(resource_bytes 'System RAM' '') - region - $(crash_cma_bytes)))
}

# crash_cmdline [WORD]...: that of a crash kernel which will run stage 2 with what
# "dump_is_whole" there wants to know.
crash_cmdline()
{
	next_cmdline 2 nr_cpus=1 reset_devices "rig.ram=$(dumpable_bytes)" \
		"rig.cpus=$(grep -c ^processor /proc/cpuinfo)" \
		"rig.marker=$(marker "$(uname -n)-marker-")" "rig.release=$(uname -r)" "$@"
}

# arm CALL [WORD]...: loads a crash kernel by kexec-tools, CALL being -c or -s.
arm()
{
	arm_call=$1
	shift
	kexec "$arm_call" -p "$(crash_kernel)" --initrd=/boot/initrd \
		--command-line="$(crash_cmdline "$@")"
}

# load_rigmod: the module that panics in many ways, see rig/guest/rigmod.c; the
# host is told where it is.
load_rigmod()
{
	insmod /rig/rigmod.ko && {
		report "val rigmod_text $(cat /sys/module/rigmod/sections/.text)"
		report "val rigmod_marker $(cat /sys/kernel/debug/rig/marker)"
	}
}

# rigmod ACTION CPU
rigmod()
{
	echo "$1 $2" >/sys/kernel/debug/rig/do
}

# rigmod_says FLAG: waits until FLAG of the module's, "held" or "stuck", is set.
rigmod_says()
{
	wait_until is Y "/sys/kernel/debug/rig/$1"
}

# send_dump: in the crash kernel, sends the dump out; the host opens it.
# Without zero, cache and free pages; user pages stay (that would be 31), because
# makedumpfile before 1.7.6 takes some slab pages of newer kernels for them.
send_dump()
{
	makedumpfile -F -c -d 23 /proc/vmcore 2>/tmp/makedumpfile >"/dev/$(port rig.data)"
}

# dump_is_whole: in the crash kernel, what /proc/vmcore has to have.
dump_is_whole()
{
	ktap vmcore "$(argument release)" "$(argument cpus)" "$(argument ram)" \
		"$(argument marker)" "$(uname -n)-marker-"
}
