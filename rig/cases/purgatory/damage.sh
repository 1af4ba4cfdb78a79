# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a damaged image is not entered: the console says what is damaged, then the machine is reset, or halts
# guest: memory=1G cpus=2 timeout=90 shared=1 append="crashkernel=256M"
# plan: 2
# variant reboot: IMAGE=no-cma damaged=reset
# variant crash: IMAGE=crash damaged=reset
# variant crash.ttyS1: IMAGE=crash damaged=reset console=ttyS1
# variant reboot.halt: IMAGE=no-cma damaged=halt append=kexec_halt=1
# variant crash.halt: IMAGE=crash damaged=halt HALT=1
# variant reboot.screen: IMAGE=no-cma damaged=halt screen=text append="console=tty0 kexec_halt=1"
# variant crash.screen: IMAGE=crash damaged=halt screen=text append=console=tty0 HALT=1
# variant reboot.pixels: IMAGE=no-cma damaged=halt screen=pixels append="vga=0x347 kexec_halt=1"
# variant crash.pixels: IMAGE=crash damaged=halt screen=pixels append=vga=0x344 HALT=1
# variant crash.driven: IMAGE=crash damaged=halt screen=pixels unseen=1 append=vga=0x344 HALT=1 DRIVER=pci-stub
# stock: xfail O16 the console *
# stock: xfail O16 the screen *
# stock: xfail O16 the machine is reset
# stock: xfail O16 every CPU halts
# stock: may O16 nothing is painted

TEXT=rig:this-page-will-be-damaged
PAGE=4096

# an initrd whose last page is the one that will be damaged
make_damageable()
{
	cat /boot/initrd
	head -c $((PAGE - $(stat -c %s /boot/initrd) % PAGE)) /dev/zero
	printf '%s' "$TEXT"
	pattern $((PAGE - ${#TEXT}))
}

# the later one of the two halves that the initrd has digests of
later_half()
{
	tail -c $((size - cut)) /tmp/initrd
}

# how the purgatory prints where that lies
later_region()
{
	start=$(sed -n "s/.*\[mem \(0x[0-9a-f]*\)-.*\] *$size bytes, .*/\1/p" \
		/sys/kernel/debug/kexec/map)
	printf '[mem 0x%016x-0x%016x]' $((start + cut)) $((start + size - 1))
}

digest()
{
	later_half | sha256sum | cut -d ' ' -f 1
}

# The file is damaged together with the image.
damaged()
{
	[ "$(digest)" != "$expected" ]
}

stage1()
{
	[ -z "$HALT" ] || echo "$HALT" >/sys/module/kernel/parameters/kexec_halt
	[ -z "$DRIVER" ] || echo 1234 1111 >"/sys/bus/pci/drivers/$DRIVER/new_id"
	make_damageable >/tmp/initrd
	size=$(stat -c %s /tmp/initrd)
	cut=$((size / 2))
	expected=$(digest)
	check "it loads" kx file-load /boot/bzImage /tmp/initrd "$(next_cmdline 2)" "$IMAGE"
	report "val region $(later_region)"
	report "val expected $expected"
	report "host damage $TEXT"
	check "the image is damaged" wait_until damaged
	report "val actual $(digest)"
	case $IMAGE in
	crash) crash ;;
	*) show_leaks; kx reboot ;;
	esac
}

stage2()
{
	finish
}
