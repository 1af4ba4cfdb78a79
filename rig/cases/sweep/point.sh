# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a panic at this point of what is going on is followed by a dump of it
# arch: any
# guest: memory=512M cpus=2 timeout=90 append="crashkernel=160M"
# plan: some
# each: point
# stock: skip what stock loses depends on the moment: rig/test panic-sweep counts it

# An operation goes on and on until the panic comes, which rigmod puts where the
# point says (rig/lib/points.py).  OP is the operation; AT is what rigmod is told,
# with slashes for blanks.

DO=/sys/kernel/debug/rig/do
CRASH_SIZE=/sys/kernel/kexec_crash_size
CPU1=/sys/devices/system/cpu/cpu1/online
KERNEL=$(crash_kernel)

stage1()
{
	insmod /rig/rigmod.ko || {
		report "no rigmod loads # it is of no use to this kernel"
		finish
	}
	echo "$TOKEN" >/sys/kernel/debug/rig/token
	small_initrd /tmp/initrd
	NEXT="$(next_cmdline 2 nr_cpus=1 reset_devices acpi_no_memhotplug "rig.release=$(uname -r)" \
		"rig.page=$(cat /sys/kernel/debug/rig/token)")"
	taskset -p 1 $$ >/dev/null
	if type "setup_$OP" >/dev/null; then "setup_$OP"; else arm_old; fi || {
		report "no what comes before $OP # it failed"
		finish
	}
	mark ready
	set_point || {
		report "no the panic # this kernel has no such place"
		finish
	}
	for_ever "do_$OP"
}

stage2()
{
	report "val image $(argument image)"
	ktap vmcore "$(argument release)" - - "$(argument page)" "$TOKEN"
	finish
}

# a reboot that went through
stage3()
{
	report "no the panic # it did not come, the reboot did"
	finish
}

# Until the panic comes, or the guest's time is up.
for_ever()
{
	while :; do "$@" >/dev/null 2>&1; done
}

# set_point: rigmod hears of AT; a place that has a name of ours may be several.
set_point()
{
	# shellcheck disable=SC2046 # the parts
	set -- $(echo "$AT" | tr '/' ' ')
	case $1 in
	outside)
		echo "nmi 0" >$DO
		{ usleep "$2"; report "host nmi"; } &
		;;
	after | trace) echo "$*" >$DO ;;
	*)
		found=$(places "$4")
		[ "$found" ] || return 1
		for place in $found; do
			echo "$1 $2 $3 $place" >$DO || return 1
		done
		;;
	esac
}

# places NAME: where that is in this kernel, one or more SYMBOL[+OFFSET]
places()
{
	sed -n "s/^$1 //p" /rig/places
}

# loads; the first argument tells in the dump which one it was

by_file()
{
	image=$1
	shift
	kx file-load "$KERNEL" /tmp/initrd "$NEXT rig.image=$image" crash "$@"
}

by_load()
{
	kexec -c -p "$KERNEL" --initrd=/tmp/initrd --command-line="$NEXT rig.image=$1"
}

arm_old()
{
	by_file old
}

# operations: what is armed before, if not by_file, and what goes on

do_idle() { usleep 1000; }

setup_first_file() { :; }
do_first_file() { by_file first; }
setup_first_load() { :; }
do_first_load() { by_load first; }

do_reload_file() { by_file new; }
setup_reload_load() { by_load old; }
do_reload_load() { by_load new; }
do_reload_both() { by_load new; by_file newer; }
do_reload_tight() { by_file new; }
# An image that takes a little more than half of the region: two of them have no room, and
# the kernel has the other half to run in, whatever it is and its initramfs has in it.
setup_reload_tight()
{
	half=$(($(region_bytes) / 2 + (4 << 20)))
	taken=$(($(kernel_bytes "$KERNEL") + $(stat -c %s /tmp/initrd)))
	head -c $((half - taken)) /dev/zero >>/tmp/initrd
	arm_old
}

# the relocation code is said to be of no use for crash images
do_reload_copied() { by_load new; }
setup_reload_copied() { by_load old && echo "deny kexec_relocates_crash_image" >$DO; }

do_reboot_file() { kx file-load "$KERNEL" /tmp/initrd ""; }
do_reboot_load() { kx dummy; }
do_unload_reboot() { kx dummy; kx unload; kx dummy; kx file-unload; }
do_unload() { kx unload crash; by_file again; }
do_unload_file() { kx file-unload crash; by_file again; }

do_fail_file()
{
	kx bad-file crash
	kx file-load /rig/lib.sh - "" crash
	kx file-load /tmp/truncated - "" crash
}
setup_fail_file()
{
	cut_short "$KERNEL" /tmp/truncated
	arm_old
}
do_fail_segments() { kx dummy crash; kx bad-overlap crash $((END - 4096)); }
setup_fail_segments() { END=$(region_end); arm_old; }
do_fail_buffer() { kx bad-buffer crash $((END - 8192)) 2; kx bad-cmdline crash; }
setup_fail_buffer() { setup_fail_segments; }
do_fail_room() { kx file-load "$KERNEL" /tmp/large "" crash; }
setup_fail_room() { pattern "$(region_bytes)" >/tmp/large; arm_old; }
do_fail_memory() { NTH=$((NTH % 300 + 1)); FAIL_NTH=$NTH by_file new; }
setup_fail_memory() { fail_any_allocation; NTH=0; arm_old; }
do_fail_signal()
{
	kx file-load "$KERNEL" /tmp/initrd "$NEXT rig.image=new" crash &
	usleep $((NTH * 1000))
	NTH=$(((NTH + 17) % 200))
	kill -9 $!
	wait
}
setup_fail_signal() { NTH=5; arm_old; }

fail_any_allocation()
{
	echo N >/sys/kernel/debug/failslab/ignore-gfp-wait
	echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait
	echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
	echo 0 >/sys/kernel/debug/failslab/verbose
	echo 0 >/sys/kernel/debug/fail_page_alloc/verbose
}

# somebody's load is stuck in a page fault
do_held_load() { do_idle; }
setup_held_load() { arm_old && hold load 0x4000000; }
do_held_file() { do_idle; }
setup_held_file() { arm_old && hold file 0; }
do_held_crash() { do_idle; }
setup_held_crash() { arm_old && hold crash $(($(region_end) - 4096)); }
do_held_file_crash() { do_idle; }
setup_held_file_crash() { arm_old && hold file-crash 0; }

do_shrink() { cat $CRASH_SIZE; echo $((64 << 20)) >$CRASH_SIZE; }
do_shrunk() { by_file new; cat $CRASH_SIZE; }
setup_shrunk() { echo $((150 << 20)) >$CRASH_SIZE && arm_old; }

do_cpu() { echo 0 >$CPU1; echo 1 >$CPU1; }
do_cpu_reload() { do_cpu; }
setup_cpu_reload()
{
	arm_old
	for_ever by_file new &
}

do_cpu_held() { do_cpu; }
setup_cpu_held() { setup_held_crash; }

# memory that is plugged in by the host's hand, a piece each time
plug()
{
	PLUGGED=$((PLUGGED + 1))
	report "host plug module$PLUGGED $((128 << 20))"
}
blocks() { set -- /sys/devices/system/memory/memory[0-9]*; echo $#; }
more_blocks() { [ "$(blocks)" -gt "$1" ]; }
do_memory_plug() { plug; sleep 1; }
setup_memory_plug() { PLUGGED=0; arm_old; }
do_memory() { echo offline >"$BLOCK/state"; echo online_movable >"$BLOCK/state"; }
# plug_first: returns when it is there
plug_first()
{
	before=$(blocks)
	plug
	wait_until more_blocks "$before"
	BLOCK=$(find /sys/devices/system/memory -name 'memory[0-9]*' |
		sed 's/.*memory//' | sort -n | tail -n 1)
	BLOCK=/sys/devices/system/memory/memory$BLOCK
	wait_until is online "$BLOCK/state"
}
setup_memory() { plug_first && arm_old; }

# what is plugged in is the kernel's, which takes it first: it has no other above 4 GiB
do_kernel_plug() { do_memory_plug; }
setup_kernel_plug() { setup_memory_plug; }
do_kernel_staged() { by_load new; }
setup_kernel_staged() { plug_first && by_load old; }
do_kernel_staged_plug() { by_load new; plug; }
setup_kernel_staged_plug() { PLUGGED=0; by_load old; }

do_memory_reload() { do_memory; }
setup_memory_reload()
{
	setup_memory
	for_ever by_file new &
}

do_reboot() { kx reboot; sleep 5; }
setup_reboot()
{
	arm_old && kx file-load "$KERNEL" /tmp/initrd \
		"$(next_cmdline 3 rig.release="$(uname -r)")"
}
do_reboot_slowly() { do_reboot; }
setup_reboot_slowly() { setup_reboot && echo "linger 0" >$DO; }

do_loaders() { by_file new; kx dummy; }
setup_loaders()
{
	arm_old
	for_ever by_load other &
	for_ever kx file-load "$KERNEL" - "" &
}
