# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the distribution's ways to the next kernel without its firmware, one after the other
# guest: memory=2G timeout=3600 cpus=1
# plan: 36

KERNEL=/boot/vmlinuz-$(uname -r)
INITRD=/boot/initrd.img-$(uname -r)

loaded()
{
	is "$1" /sys/kernel/kexec_loaded
}

crash_loaded()
{
	is "$1" /sys/kernel/kexec_crash_loaded
}

# load HOW [WORD]: as kexec-tools' HOW is, with this command line and a word
load()
{
	kexec "$1" -l "$KERNEL" --initrd="$INITRD" --reuse-cmdline ${2:+--append="$2"}
}

load_crash()
{
	kexec "$1" -p "$KERNEL" --initrd="$INITRD" --reuse-cmdline
}

# loads HOW: and unloads again
loads()
{
	check "kexec $1 -l" load "$1"
	check "kexec $1 -l: it is loaded" loaded 1
	check "kexec $1 -u" kexec "$1" -u
	check "kexec $1 -u: it is not" loaded 0
	check "kexec $1 -p" load_crash "$1"
	check "kexec $1 -p: it is loaded" crash_loaded 1
	check "kexec $1 -p -u" kexec "$1" -p -u
	check "kexec $1 -p -u: it is not" crash_loaded 0
}

# Whether who started this kernel calls himself kexec (type_of_loader, Documentation/arch/x86/boot.rst).
by_kexec()
{
	test $(($(cat /proc/sys/kernel/bootloader_type) >> 4)) = 13
}

# leaves NAME COMMAND...: for the next stage, by a reboot that the host tells the time of
leaves()
{
	goes_on_with $((STAGE + 1))
	mark "reboot-$1"
	shift
	"$@"
	wait_for_ever
}

arrives()
{
	report "val systemd-$STAGE $(dmesg |
		sed -n 's/^\[ *\([0-9.]*\)\] systemd\[1\]: systemd .* running in system mode.*/\1/p' |
		tail -n 1)"
	check "$1: kexec has started this kernel" by_kexec
	check "$1: nothing is loaded" loaded 0
}

stage1()
{
	check "the firmware's loader has started the first kernel" fails by_kexec
	kdump-config unload
	for how in -c -s -a; do
		loads $how
	done
	check "kexec -s -l, for kexec -e" load -s rig.hop=e
	leaves kexec-e kexec -e
}

stage2()
{
	arrives "kexec -e"
	check "the command line has come, with its new word" grep -q "root=LABEL=rig.* rig.hop=e$" /proc/cmdline
	check "kexec -c -l, for systemctl" load -c rig.hop=c
	leaves systemctl-kexec systemctl kexec
}

stage3()
{
	arrives "systemctl kexec"
	check "the command line has come, with its last word" grep -q "rig.hop=c$" /proc/cmdline
	leaves systemctl-kexec-entry systemctl kexec
}

# With nothing loaded, systemctl takes what the loader would start.
stage4()
{
	arrives "systemctl kexec of the loader's entry"
	check "the command line is the loader's" fails grep -q rig.hop= /proc/cmdline
	finish
}
