# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a kernel file whose payload does not unpack is refused, and what was loaded stays
# guest: memory=1G cpus=1 append="crashkernel=128M"
# plan: 14
# stock: skip it does not look into a kernel file

# field AT BYTES FILE: a number of that many bytes in the header
field()
{
	od -A n -t "u$2" -j "$1" -N "$2" "$3" | tr -d ' '
}

# payload_start FILE, payload_length FILE: see Documentation/arch/x86/boot.rst
payload_start()
{
	echo $((($(field 497 1 "$1") + 1) * 512 + $(field 584 4 "$1")))
}

payload_length()
{
	field 588 4 "$1"
}

# damage AT FILE: writes over four bytes
damage()
{
	printf '\252\125\252\125' | dd of="$2" bs=1 seek="$1" conv=notrunc 2>/dev/null
}

# refuses NAME FILE: neither call's purpose is served by it
refuses()
{
	check "$1: for the reboot" refused ENOEXEC kx file-load "$2" - ""
	check "$1: for the crash" refused ENOEXEC kx file-load "$2" - "" crash
	check "$1: the log says that it is damaged" \
		sh -c "dmesg | tail -n 1 | grep 'kernel damaged: its payload of .* does not unpack to'"
	check "$1: what was loaded stays" is 1 /sys/kernel/kexec_loaded
}

stage1()
{
	check "a kernel is loaded" kx file-load /boot/bzImage - ""
	check "a crash kernel is armed" kx file-load /boot/bzImage - "" crash
	start=$(payload_start /boot/bzImage)
	length=$(payload_length /boot/bzImage)

	cp /boot/bzImage /tmp/bytes
	damage $((start + length / 2)) /tmp/bytes
	refuses "bytes in the middle" /tmp/bytes
	cp /boot/bzImage /tmp/sum
	damage $((start + length - 8)) /tmp/sum
	refuses "the check sum" /tmp/sum
	dd if=/boot/bzImage of=/tmp/less bs=512 count=1024 2>/dev/null
	check "a file cut short" refused ENOEXEC kx file-load /tmp/less - ""
	check "the crash kernel is still armed" is 1 /sys/kernel/kexec_crash_loaded
	check "what is not damaged loads again" kx file-load /boot/bzImage - ""
	check "and for the crash" kx file-load /boot/bzImage - "" crash
	finish
}
