# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a load in which any one allocation fails leaves what was loaded, and no memory behind
# arch: any
# guest: memory=1G cpus=2 timeout=300 append="crashkernel=128M" packed=lz4 NEXT=packed
# plan: 4
# variant kexec_load: CALL=-c
# variant kexec_file_load: CALL=-s
# variant crash.kexec_load: CALL=-c KIND=crash
# variant crash.kexec_file_load: CALL=-s KIND=crash SMALL=1
# variant crash.kexec_file_load.direct: CALL=-s KIND=crash long=1
# stock: may O2 each allocation *
# stock: may O4 free memory *

# without a KIND it is a reboot image
load()
{
	if [ "$CALL" = -s ]; then
		kx file-load "$kernel" /rig/lib.sh "$(cat /proc/cmdline)" ${KIND:+crash}
	else
		kx load ${KIND:+crash} "$address" 1000
	fi
}

remember()
{
	[ -z "$KIND" ] || armed save /tmp/copy
}

unchanged()
{
	if [ "$KIND" ]; then
		is 1 /sys/kernel/kexec_crash_loaded && armed same /tmp/copy
	else
		is 1 /sys/kernel/kexec_loaded
	fi
}

# The first, the second ... until a load has come to its end without as many.
each_allocation()
{
	failed=0
	for number in $(seq 3000); do
		if said=$(FAIL_NTH=$number load 2>/dev/null); then
			[ "$said" != "not reached" ] || break
			remember
			continue
		fi
		failed=$((failed + 1))
		unchanged || {
			echo "after allocation $number"
			return 1
		}
	done
	report "val allocations $number, $failed of them needed"
	if [ "$said" != "not reached" ] || [ $failed -lt 5 ]; then
		echo "$failed loads of $number failed"
		return 1
	fi
}

stage1()
{
	start=0
	[ -z "$KIND" ] || start=$(region_start)
	address=$((start + (64 << 20)))
	kernel=$(crash_kernel)
	# What is armed is compared each time.  The small kernel is x86's.
	if [ "$SMALL" ] && type tailkernel >/dev/null; then
		kernel=/tmp/kernel
		tailkernel $kernel 2
	fi
	allow_all_to_fail
	check "an image is loaded" load
	remember
	costs check "each allocation fails in its turn" each_allocation
	if zcat /proc/config.gz | grep -q ^CONFIG_KASAN=y; then
		skip "free memory is what it was before" "KASAN holds what is freed back for a while"
	else
		check "free memory is what it was before" fails leaks 512 each_allocation
	fi
	check "it is loaded once more" load
	finish
}
