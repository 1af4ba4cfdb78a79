# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the files of /sys/kernel/kexec, and their old names, say what is so
# guest: memory=1G cpus=2 append="crashkernel=128M"
# plan: 22

NEW=/sys/kernel/kexec

# same NEW OLD: the old name is a link to the new file and reads the same
same()
{
	test -L "/sys/kernel/$2" && is "$(cat "$NEW/$1")" "/sys/kernel/$2"
}

mode()
{
	test "$(stat -L -c %a "$NEW/$2")" = "$1"
}

stage1()
{
	for name in loaded crash_loaded crash_size crash_cma_ranges; do
		check "kexec_$name is $name" same "$name" "kexec_$name"
	done
	check "crash_elfcorehdr_size is there too" same crash_elfcorehdr_size crash_elfcorehdr_size
	for name in loaded crash_loaded crash_cma_ranges crash_elfcorehdr_size; do
		check "$name is for reading only" mode 444 "$name"
	done
	check "crash_size can be written" mode 644 crash_size

	check "nothing is loaded" is 0 "$NEW/loaded"
	check "no crash image is loaded" is 0 "$NEW/crash_loaded"
	check "crash_size is what was reserved" is $((128 << 20)) "$NEW/crash_size"
	kexec -s -l /boot/bzImage --reuse-cmdline
	check "loaded, after a load" is 1 "$NEW/loaded"
	kexec -s -p /boot/bzImage --reuse-cmdline
	check "crash_loaded, after a load" is 1 "$NEW/crash_loaded"
	check "an armed region does not shrink" fails sh -c "echo 67108864 >$NEW/crash_size"
	kexec -s -p -u
	check "crash_loaded, after the unload" is 0 "$NEW/crash_loaded"
	check "loaded is not affected" is 1 "$NEW/loaded"
	check "crash_size has an upper bound" fails sh -c "echo $((1 << 50)) >$NEW/crash_size"
	check "crash_size shrinks" sh -c "echo 67108864 >$NEW/crash_size"
	check "crash_size is what is left" is 67108864 "$NEW/crash_size"
	check "the resource has shrunk with it" test "$(resource_bytes 'Crash kernel' ' *')" = 67108864
	finish
}
