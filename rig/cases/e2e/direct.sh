# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a kernel is unpacked at load and entered directly, or as it is when something speaks against it
# guest: memory=1G cpus=2
# plan: 8
# variant kaslr: WANT=random
# variant nokaslr: WANT=linked append=nokaslr
# variant no5lvl.4cpus: WANT=linked append="nokaslr no5lvl" cpus=4
# variant to.bookworm: WANT=random NEXT=debian prebuilt=bookworm
# variant to.bookworm.nokaslr: WANT=linked NEXT=debian prebuilt=bookworm append=nokaslr
# variant to.backports: WANT=random NEXT=debian prebuilt=backports
# variant xz: WANT=random NEXT=packed packed=xz
# variant zstd: WANT=random NEXT=packed packed=zstd
# variant lz4: WANT=random NEXT=packed packed=lz4
# variant lzo: WANT=random NEXT=packed packed=lzo
# variant elf: WANT=linked NEXT=packed packed=elf
# variant elf.relocs: WANT=random NEXT=packed packed=elf-relocs
# variant plugged: WANT=linked PLUG=1 memory=768M,slots=4,maxmem=4G plan=10 append="memhp_default_state=online_kernel nokaslr"
# variant off: WANT=packed SAYS=kexec.direct=0 append=kexec.direct=0
# variant mem: WANT=packed SAYS=mem append=mem=900M
# variant levels: WANT=packed SAYS=levels WORD=no5lvl
# console: require purgatory: the next kernel is entered at 0x
# stock: skip it has no direct entry

# shellcheck source=rig/cases/e2e/plug.sh
. /rig/cases/e2e/plug
# So much that whatever the guest does there is room for a kernel.
MIB=1024

# What the log of a load says of how the kernel is going to be entered: below 4 GiB, where
# all memory is that the next kernel is told of; unless ANYWHERE says that there is more.
says()
{
	address="0x[0-9a-f]\{1,${ANYWHERE:-8}\}"
	case $WANT in
	random) echo "kernel is entered directly at $address, at random addresses" ;;
	linked) echo "kernel is entered directly at $address, as it was linked" ;;
	packed) echo "kernel is entered at its decompressor: .*$SAYS" ;;
	esac
}

logged()
{
	dmesg | grep 'kernel is entered' | tail -n 1 | grep "$(says)" || {
		dmesg | grep 'kernel is entered' | tail -n 1
		return 1
	}
}

in_place()
{
	! grep 'to be relocated from ' /sys/kernel/debug/kexec/map
}

# KASLR_FLAG in what the kernel was handed, by which it knows that it runs anywhere.
has_kaslr_flag() { test $(($(od -An -tu1 -j$((0x211)) -N1 /sys/kernel/boot_params/data) & 2)) = 2; }

# Of some hundred addresses that are drawn, one is that which it was linked for: unless the
# kernel knows that it was drawn, it was not.
runs_as_wanted()
{
	set -- "$(sed -n 's/ [Tt] _text$//p' /proc/kallsyms)"
	echo "_text is at $1"
	case $WANT,$1 in
	linked,ffffffff81000000) return 0 ;;
	linked,*) return 1 ;;
	random,ffffffff81000000) has_kaslr_flag ;;
	esac
}

# Where plugged memory begins.
is_below_4g()
{
	grep -q '\[mem ' /sys/kernel/debug/kexec/map &&
	! grep '\[mem 0x0*[1-9a-f][0-9a-f]\{8\}-' /sys/kernel/debug/kexec/map
}

goes_over()
{
	make_initrd /tmp/initrd 16
	# shellcheck disable=SC2086 # there may be no such word
	check "it loads" kx file-load "$(next_kernel)" /tmp/initrd \
		"$(next_cmdline 2 "rig.content=$(content_sum)" $WORD)" debug
	check "it is entered as it should be" logged
	check "all of it is in place" in_place
	[ -z "$PLUG" ] || check "nothing of it is in what was plugged in" is_below_4g
	mark reboot
	kx reboot
}

time_lines() { grep -lx 0x4c54584b /sys/kernel/boot_params/setup_data/*/type | wc -l; }

# Kernels before 6.10 are handed none.
has_its_time_line()
{
	case $(uname -r) in
	6.[1-9].*) test "$(time_lines)" = 0 ;;
	*) test "$(time_lines)" = 1 ;;
	esac
}

has_come()
{
	check "it is handed a time line, if it should be" has_its_time_line
	check "the kernel is the one that was loaded" is_next_kernel
	check "the initrd's content is intact" content_intact
	check "it runs where it should" runs_as_wanted
	check "nothing is loaded in the next kernel" is 0 /sys/kernel/kexec_loaded
}

stage1()
{
	# KASAN's guests have four levels only: nothing speaks against it there.
	[ "$SAYS" != levels ] || grep -qw la57 /proc/cpuinfo || WANT=random
	[ -z "$PLUG" ] || check "memory is plugged in" plug
	goes_over
}

stage2()
{
	has_come
	finish
}
