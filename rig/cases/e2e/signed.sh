# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: under lockdown a kernel loads if its signature is good, and only then; the log says who has signed
# guest: memory=1G cpus=2 append="lockdown=integrity crashkernel=256M" signed=boot/signed
# plan: 12
# needs: CONFIG_KEXEC_BZIMAGE_VERIFY_SIG
# stock: xfail MUTE the log says *
# stock: xfail MUTE that is the build's key

load()
{
	kx file-load "$1" /boot/initrd "$(next_cmdline 2)"
}

# A byte of the code that the signature covers.
change_a_byte()
{
	cp /boot/signed /tmp/changed
	printf '\125' | dd of=/tmp/changed bs=1 seek=1000000 conv=notrunc 2>/dev/null
	! cmp -s /boot/signed /tmp/changed
}

# What the log has said last.
said()
{
	dmesg | grep 'kexec: refused' | tail -n 1 | grep -q "$1" || {
		dmesg | tail -n 3
		return 1
	}
}

stage1()
{
	check "the kernel is locked down" grep -q '\[integrity\]' /sys/kernel/security/lockdown
	check "a kernel is refused that is not signed" refused EPERM load /boot/bzImage
	check "the log says so" said 'not valid: it has none (-ENODATA)'
	check "one is refused that a stranger has signed" refused EPERM load /boot/signed-by-stranger
	check "the log says who" said "no key here is its signer's; signed by \"Rig: a stranger\", issued by \"Rig: a stranger\", key [0-9a-f]\{40\}"
	check "a signed one is changed" change_a_byte
	check "and refused" refused EPERM load /tmp/changed
	check "the log says so" said 'the file is not what was signed; signed by "'
	check "that is the build's key" said '", key [0-9a-f]\{40\} (-EKEYREJECTED)'
	check "nothing is loaded" is 0 /sys/kernel/kexec_loaded
	check "a signed kernel loads" load /boot/signed
	check "it is loaded" is 1 /sys/kernel/kexec_loaded
	kx reboot
}

stage2()
{
	finish
}
