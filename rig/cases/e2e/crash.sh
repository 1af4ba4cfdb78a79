# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a panic is followed by the crash kernel, whose /proc/vmcore is whole
# arch: any
# guest: memory=1G cpus=2 append="crashkernel=256M"
# plan: 20
# variant kexec_load: CALL=-c
# variant kexec_file_load: CALL=-s
# variant kexec_load.1cpu.6g: CALL=-c cpus=1 memory=6G
# variant kexec_load.nokaslr.4cpus: arch=x86 CALL=-c cpus=4 append=nokaslr
# variant kexec_file_load.nokaslr.1cpu.6g: CALL=-s cpus=1 memory=6G append=nokaslr
# variant kexec_file_load.cma: CALL=-s append=cma=64M
# variant kexec_file_load.elf: CALL=kx NEXT=packed packed=elf stock_skip="it loads no vmlinux"
# variant kexec_file_load.elf.relocs: CALL=kx NEXT=packed packed=elf-relocs stock_skip="it loads no vmlinux"
# variant kexec_load.to.bookworm: CALL=-c NEXT=debian prebuilt=bookworm
# variant kexec_file_load.to.bookworm: CALL=-s NEXT=debian prebuilt=bookworm
# variant kexec_load.to.backports: CALL=-c NEXT=debian prebuilt=backports
# variant kexec_file_load.to.backports: CALL=-s NEXT=debian prebuilt=backports
# variant kexec_file_load.from.bookworm: CALL=-s prebuilt=bookworm first=debian
# variant kexec_load.from.backports: CALL=-c prebuilt=backports first=debian
# console: require Kernel panic - not syncing: sysrq triggered crash

# kexec-tools take a vmlinux themselves, but not as a crash kernel.
load()
{
	case $CALL in
	kx) kx file-load "$(crash_kernel)" /tmp/initrd "$1" crash ;;
	*) kexec "$CALL" -p "$(crash_kernel)" --initrd=/tmp/initrd --command-line="$1" ;;
	esac
}

stage1()
{
	make_initrd /tmp/initrd 16
	check "it loads" load "$(crash_cmdline rig.word=a,b "rig.content=$(content_sum)")"
	check "kexec_crash_loaded is 1" is 1 /sys/kernel/kexec_crash_loaded
	check "kexec_loaded is 0" is 0 /sys/kernel/kexec_loaded
	crash
}

stage2()
{
	check "the kernel is the one that was loaded" is_next_kernel
	check "a word of the command line arrives" test "$(argument word)" = a,b
	check "the initrd's content is intact" content_intact
	dump_is_whole
	finish
}
