# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: after what trinity asks of a call, loading and dumping are as they were
# guest: memory=1G cpus=2 timeout=300 append="crashkernel=256M" with=trinity
# plan: 19
# variant kexec_load: FUZZED=kexec_load
# variant kexec_file_load: FUZZED=kexec_file_load

CALLS=60
QUOTA=1000000

# Each call that gets as far as to be judged takes one off a limit.
calls_made()
{
	left=0
	for limit in reboot panic; do
		left=$((left + $(cat /proc/sys/kernel/kexec_load_limit_$limit)))
	done
	echo $((2 * QUOTA - left))
}

fuzz()
{
	mkdir -p /tmp/fuzz
	cd /tmp/fuzz || return 1
	# with some seeds it is the fuzzer that comes to grief, and which depends on its version
	for seed in $(seq 50); do
		trinity --dangerous -q -l off -C 1 -s "$seed" -N $CALLS -c "$FUZZED" >/tmp/trinity 2>&1
		made=$(calls_made)
		report "val calls $made"
		[ "$made" -lt $CALLS ] || return 0
	done
	echo "only $made calls were made: $(tail -n 3 /tmp/trinity)"
	return 1
}

stage1()
{
	echo $QUOTA >/proc/sys/kernel/kexec_load_limit_reboot
	echo $QUOTA >/proc/sys/kernel/kexec_load_limit_panic
	check "trinity makes its calls" fuzz
	check "a reboot image loads" kexec -s -l /boot/bzImage --initrd=/rig/lib.sh --reuse-cmdline
	check "and unloads" kexec -u
	check "nothing is loaded" is 0 /sys/kernel/kexec_loaded
	check "a crash image loads" arm -s
	crash
}

stage2()
{
	dump_is_whole
	finish
}
