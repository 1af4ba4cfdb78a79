# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a reboot into the next kernel brings it its command line and every byte of its initrd
# arch: any
# guest: memory=1G cpus=2
# plan: 7
# variant kexec_load: CALL=-c
# variant kexec_file_load: CALL=-s
# variant kexec_load.nokaslr.4cpus.6g: arch=x86 CALL=-c cpus=4 memory=6G append=nokaslr
# variant kexec_file_load.nokaslr.1cpu: CALL=-s cpus=1 append=nokaslr
# variant kexec_file_load.4cpus.6g: CALL=-s cpus=4 memory=6G
# variant kexec_file_load.cma: CALL=-s append=cma=256M
# variant kexec_file_load.64m: CALL=-s MIB=64
# variant kexec_load.to.bookworm: CALL=-c NEXT=debian prebuilt=bookworm
# variant kexec_file_load.to.bookworm: CALL=-s NEXT=debian prebuilt=bookworm
# variant kexec_load.to.backports: CALL=-c NEXT=debian prebuilt=backports
# variant kexec_file_load.to.backports: CALL=-s NEXT=debian prebuilt=backports
# variant kexec_load.from.bookworm: CALL=-c prebuilt=bookworm first=debian
# variant kexec_file_load.from.backports: CALL=-s prebuilt=backports first=debian
# stock: may O5 runs to its end
# console: late Starting new kernel

stage1()
{
	make_initrd /tmp/initrd "${MIB:-16}"
	check "it loads" kexec "$CALL" -l "$(next_kernel)" --initrd=/tmp/initrd \
		--command-line="$(next_cmdline 2 "rig.content=$(content_sum)" rig.word=a,b rig.last)"
	check "kexec_loaded is 1" is 1 /sys/kernel/kexec_loaded
	report "val memory $(sed -n 's/^ *memory: //p' /sys/kernel/debug/kexec/map 2>/dev/null)"
	mark reboot
	kexec -e
}

stage2()
{
	check "the kernel is the one that was loaded" is_next_kernel
	check "the initrd's content is intact" content_intact
	check "a word of the command line arrives" test "$(argument word)" = a,b
	# kexec-tools put a blank behind it on powerpc.
	check "its last word arrives" grep -q 'rig\.last *$' /proc/cmdline
	check "nothing is loaded in the next kernel" is 0 /sys/kernel/kexec_loaded
	finish
}
