# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: with secure boot the kernel is locked down, takes what is signed, and saves a dump
# guest: memory=2G timeout=3600 cpus=1 firmware=secure holds=foreign
# plan: 31
# console: require Kernel panic - not syncing: sysrq triggered crash

KERNEL=/boot/vmlinuz-$(uname -r)
INITRD=/boot/initrd.img-$(uname -r)
SECURE=/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c

# A variable's first four bytes are its attributes.
secure_boot()
{
	test "$(tail -c 1 $SECURE | od -A n -t u1 | tr -d ' ')" = 1
}

locked_down()
{
	grep -q '\[integrity\]' /sys/kernel/security/lockdown
}

loaded()
{
	is "$1" /sys/kernel/kexec_loaded
}

load()
{
	kx file-load "$1" "$INITRD" "$(cat /proc/cmdline)"
}

is_ours()
{
	case $(uname -r) in
	*-kexec) ;;
	*) return 1 ;;
	esac
}

# said OURS [STOCK]: what the log has said last
said()
{
	is_ours || [ -z "$2" ] || shift
	dmesg | grep -e kexec -e PEFILE -e ima: | tail -n 3 | grep -q -e "$1" || {
		dmesg | tail -n 3
		return 1
	}
}

# change_a_byte FROM TO: one that a signature covers
change_a_byte()
{
	cp "$1" "$2"
	printf '\125' | dd of="$2" bs=1 seek=1000000 conv=notrunc 2>/dev/null
	! cmp -s "$1" "$2"
}

# A module that has lost its signature, which is the last thing in it.
unsigned_module()
{
	module=$(modinfo -n dummy)
	case $module in
	*.xz) busybox xzcat "$module" ;;
	*) cat "$module" ;;
	esac | head -c -100 >/tmp/dummy.ko
	test -s /tmp/dummy.ko
}

stage1()
{
	check "secure boot is on" secure_boot
	check "the kernel is locked down" locked_down
	kdump-config unload

	check "kexec_load is refused" fails kexec -c -l "$KERNEL" --initrd="$INITRD" --reuse-cmdline
	check "by IMA's rules" refused EACCES kx dummy
	check "the log says why" said "ima: impossible to appraise"
	check "a kernel without a signature is refused" refused ENODATA load /rig/unsigned
	check "the log says why" said "it has none (-ENODATA)" "PEFILE: Unsigned PE binary"
	check "one that a stranger has signed is refused" fails load /rig/signed-by-stranger
	check "the log says why" said 'signed by "Rig: a stranger"' "signature verification failed (-"
	check "a signed one is changed" change_a_byte "$KERNEL" /tmp/changed
	check "and refused" fails load /tmp/changed
	check "the log says why" said "the file is not what was signed" "signature verification failed (-"
	check "kexec -s says no, too" fails kexec -s -l /tmp/changed --initrd="$INITRD" --reuse-cmdline
	check "nothing is loaded" loaded 0

	check "a module is signed" modprobe dummy
	rmmod dummy
	check "one loses its signature" unsigned_module
	check "and is refused" fails insmod /tmp/dummy.ko

	check "kexec -s loads the signed kernel" kexec -s -l "$KERNEL" --initrd="$INITRD" --reuse-cmdline
	check "it is loaded" loaded 1
	check "kexec -s -u" kexec -s -u
	check "kexec -a loads it as well" kexec -a -l "$KERNEL" --initrd="$INITRD" \
		--reuse-cmdline --append=rig.hop=s
	check "it is loaded" loaded 1
	goes_on_with 2
	systemctl kexec
	wait_for_ever
}

stage2()
{
	check "the next kernel has come" grep -q rig.hop=s /proc/cmdline
	check "secure boot is on" secure_boot
	check "it is locked down" locked_down
	check "kexec_load is refused" refused EACCES kx dummy
	check "kdump-tools have loaded a crash kernel" is 1 /sys/kernel/kexec_crash_loaded
	check "by kexec_file_load" says "kexec -p -s" kdump-config show
	goes_on_with 3
	crash
}

stage3()
{
	check "the dump is there" test -s "$(echo /var/crash/*/dump.*)"
	makedumpfile -R /var/tmp/dump <"$(echo /var/crash/*/dump.*)"
	makedumpfile --dump-dmesg /var/tmp/dump /tmp/log
	check "makedumpfile reads the log in it" grep -q "sysrq triggered crash" /tmp/log
	check "the machine is locked down again" locked_down
	finish
}
