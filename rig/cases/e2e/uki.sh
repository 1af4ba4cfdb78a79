# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a kernel inside another file is loaded out of it, with the initrd and the command line there
# guest: memory=1G cpus=2 uki=e2e/uki append="crashkernel=256M"
# on kasan: memory=2G
# plan: 6
# variant alone: LOAD=alone
# variant alone.packed: LOAD=alone append=kexec.direct=0
# variant alone.scattered: LOAD=alone FLAG=no-cma
# variant behind: LOAD=behind
# variant behind.crash: LOAD=behind FLAG=crash
# variant gzip: LOAD=file FILE=bzImage.gz plan=4
# variant zboot: LOAD=file FILE=zboot plan=4
# variant signed: LOAD=signed append=lockdown=integrity plan=10
# variant refused: LOAD=refused plan=28
# needs: CONFIG_KEXEC_BZIMAGE_VERIFY_SIG
# stock: skip it loads kernels only as they are

# What the image has is all there is, or there is more of both.
load_alone()
{
	# shellcheck disable=SC2086 # there may be no flag
	kx file-load "$1" - "" $FLAG
}

load_behind()
{
	(cd / && echo rig/content | cpio -o -H newc) >/tmp/more 2>/dev/null
	# shellcheck disable=SC2086
	kx file-load "$1" /tmp/more "$(next_cmdline 2 "rig.content=$(content_sum)")" $FLAG
}

load_file()
{
	kx file-load "/rig/files/$FILE" /boot/initrd "$(next_cmdline 2)"
}

# found_in WHAT: the map tells of it
found_in()
{
	grep "^  kernel: .*, inside: $1" /sys/kernel/debug/kexec/map
}

# What of a call the log has said last.
said()
{
	dmesg | grep 'kexec: ' | tail -n 3 | grep -q "$1" || {
		dmesg | grep 'kexec: ' | tail -n 3
		return 1
	}
}

# A file that is refused, and why; what was loaded stays.
bad()
{
	check "$1 is refused" refused ENOEXEC kx file-load "$2" - ""
	check "the log says: $3" said "$3"
}

change_a_byte()
{
	cp /boot/uki-signed /tmp/changed
	printf '\125' | dd of=/tmp/changed bs=1 seek=1000000 conv=notrunc 2>/dev/null
	! cmp -s /boot/uki-signed /tmp/changed
}

stage1_alone()
{
	check "it loads" load_alone /boot/uki
	check "it is loaded" is 1 /sys/kernel/kexec_loaded
	check "the map tells what it was in" found_in "unified kernel image"
	kx reboot
}

stage1_behind()
{
	pattern 1000003 >/rig/content
	check "it loads" load_behind /boot/uki
	check "the map tells what it was in" found_in "unified kernel image"
	case $FLAG in
	crash)
		check "it is armed" is 1 /sys/kernel/kexec_crash_loaded
		crash
		;;
	*)
		check "it is loaded" is 1 /sys/kernel/kexec_loaded
		kx reboot
		;;
	esac
}

stage1_file()
{
	check "it loads" load_file
	check "it is loaded" is 1 /sys/kernel/kexec_loaded
	case $FILE in
	zboot) check "the map tells what it was in" found_in "EFI zboot image" ;;
	*) check "the map tells what it was in" found_in "compressed file" ;;
	esac
	kx reboot
}

# The image's own command line counts, whatever the caller says.
stage1_signed()
{
	check "the kernel is locked down" grep -q '\[integrity\]' /sys/kernel/security/lockdown
	check "an image that is not signed is refused" refused EPERM load_alone /boot/uki
	check "a compressed kernel is refused" refused EPERM kx file-load /rig/files/bzImage.gz - ""
	check "a signed one is changed" change_a_byte
	check "and refused" refused EPERM load_alone /tmp/changed
	check "nothing is loaded" is 0 /sys/kernel/kexec_loaded
	check "a signed one loads" kx file-load /boot/uki-signed - "rig.stage=3"
	kx reboot
}

stage1_refused()
{
	check "something is loaded" kx dummy
	bad "an image with two kernels" /rig/bad/duplicate "two sections of one name"
	bad "one whose sections overlap" /rig/bad/overlap "its sections overlap"
	bad "half of one" /rig/bad/truncated "a section is not in it"
	bad "one with a section beyond its end" /rig/bad/beyond "a section is not in it"
	bad "one with a huge section" /rig/bad/huge "a section is not in it"
	bad "one that is larger in memory" /rig/bad/larger "larger than what the file has"
	bad "an empty one" /rig/bad/empty "section for the kernel is empty"
	bad "one in its headers" /rig/bad/headers "where its headers are"
	bad "one without .linux" /rig/bad/no-linux "nor a unified kernel image with a .linux section"
	bad "one whose kernel is none" /rig/bad/no-kernel "what is inside of the file is nothing that is known"
	bad "a script, compressed" /rig/files/script.gz "what is inside of the file is a script"
	bad "one that is compressed again and again" /rig/files/gzip.gz "layers or more are too many"
	bad "one that is cut" /rig/files/cut.gz "do not unpack to"
	check "what was loaded stays" is 1 /sys/kernel/kexec_loaded
	finish
}

stage1()
{
	"stage1_$LOAD"
}

content_of_image()
{
	set -- "$(sha256sum </rig/from-uki | cut -d ' ' -f 1)" "$(cat /rig/from-uki.sum)"
	[ "$1" = "$2" ] || {
		echo "sha256 is $1, not $2"
		return 1
	}
}

# Variables come with the caller's command line only.
stage2()
{
	case $(argument own) in
	yes)
		check "the image's initrd is intact" content_of_image
		check "the command line is the image's" fails grep -q rig.set= /proc/cmdline
		;;
	*)
		[ "$LOAD" = file ] || {
			check "the image's initrd is intact" content_of_image
			check "the other one is intact" content_intact
		}
		;;
	esac
	check "nothing is loaded in the next kernel" is 0 /sys/kernel/kexec_loaded
	finish
}
