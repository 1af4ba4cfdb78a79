# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: what is missing is refused with the errno for it, and the log says what that is
# guest: memory=512M cpus=1
# plan: 22
# stock: xfail O23 a kernel cut*
# stock: xfail MUTE the log says *

# log_says NAME TEXT: in the last line that tells of a refusal
log_says()
{
	check "the log says $1" sh -c "dmesg | grep 'kexec: refused:' | tail -n 1 | grep -F '$2'"
}

# cut BYTES: so many of the kernel's
cut_short()
{
	head -c "$1" /boot/bzImage >/tmp/cut
	refused ENOEXEC kx file-load /tmp/cut - ""
}

# A signature goes behind the kernel, and is not counted by its header.
longer()
{
	cat /boot/bzImage /rig/lib.sh >/tmp/longer
	kx file-load /tmp/longer - ""
}

# long BYTES: a command line of so many
long()
{
	refused EINVAL kx file-load /boot/bzImage - "$(head -c "$1" /dev/zero | tr '\0' x)"
}

stage1()
{
	size=$(wc -c </boot/bzImage)
	nothing="no memory is reserved for a crash kernel: boot with crashkernel="

	check "nothing is reserved" is 0 /sys/kernel/kexec_crash_size
	check "by kexec_load" refused EADDRNOTAVAIL kx dummy crash
	log_says "so" "$nothing"
	check "by kexec_file_load" refused EADDRNOTAVAIL kx file-load /boot/bzImage - "" crash
	log_says "it again" "$nothing"

	check "a kernel" kx file-load /boot/bzImage - ""
	check "a kernel with something behind it" longer
	check "a kernel cut to a third" cut_short $((size / 3))
	log_says "that it is short" "are missing (-ENOEXEC)"
	check "a kernel cut by a page" cut_short $((size - 4096))
	log_says "that it is short by that" "bzImage of $((size - 4096)) bytes: its header says "
	check "three hundred bytes" cut_short 300
	log_says "how it begins" "300 bytes that begin with "
	check "text" refused ENOEXEC kx file-load /rig/lib.sh - ""
	log_says "how that begins" "bytes that begin with 23 20 53 50"

	check "a command line that is too long" long 4000
	log_says "how much the kernel takes" "command line of 4001 bytes: the kernel takes 2047"
	check "an unknown flag" refused EINVAL kx file-load /boot/bzImage - "" 0x4000
	log_says "that it is unknown" ": some are unknown (-EINVAL)"

	check "too large a region" fails sh -c "echo $((1 << 50)) >/sys/kernel/kexec_crash_size"
	log_says "why" "crash_size: 1073741824 MiB more are needed, at most "
	check "what was loaded is still loaded" is 1 /sys/kernel/kexec_loaded
	finish
}
