# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: what the firmware left is the same in a chain of kernels by file: this, the release's older one, this
# guest: memory=2G timeout=3600 cpus=1 holds=older
# plan: 16

EFI=/sys/firmware/efi
FIRST=/var/lib/rig/first

older()
{
	basename /rig/packages/linux-image-*.deb | sed 's/^linux-image-//; s/_.*//'
}

# install_older: as much of the package as a kernel by file takes
install_older()
{
	dpkg-deb -x /rig/packages/*.deb /var/tmp/older &&
		cp "/var/tmp/older/boot/vmlinuz-$(older)" "/var/tmp/older/boot/config-$(older)" /boot &&
		mv /var/tmp/older/usr/lib/modules/* /usr/lib/modules &&
		depmod "$(older)" &&
		mkinitramfs -o "/boot/initrd.img-$(older)" "$(older)"
}

# Where the firmware's tables are, the RSDP among them, what they say, and which memory it runs in.
# Its runtime table has moved to a virtual address, of which nobody tells the next kernel more.
tables()
{
	sort $EFI/systab
	cat $EFI/fw_vendor $EFI/config_table
	for entry in "$EFI"/runtime-map/*; do
		(cd "$entry" && echo "${entry##*/}" "$(cat type phys_addr virt_addr num_pages attribute | tr '\n' ' ')")
	done
	for table in /sys/firmware/acpi/tables/[A-Z]*; do
		[ ! -f "$table" ] || sha256sum "$table"
	done
}

mem_total()
{
	awk '/^MemTotal:/ { print $2 }' /proc/meminfo
}

system_ram()
{
	echo $(($(resource_bytes 'System RAM' '') >> 10))
}

# close_to NAME KIB WANTED: no more of it is lost than a kernel keeps for itself
close_to()
{
	report "val $1-$STAGE $2"
	[ "$2" -le $(($3 + 2048)) ] && at_most 2048 $(($3 - $2))
}

by_kexec()
{
	test $(($(cat /proc/sys/kernel/bootloader_type) >> 4)) = 13
}

runs()
{
	is "$1" /proc/sys/kernel/osrelease
}

# goes_to RELEASE: by file
goes_to()
{
	check "it loads the next kernel" kexec -s -l "/boot/vmlinuz-$1" --initrd="/boot/initrd.img-$1" --reuse-cmdline
	check "it is loaded" is 1 /sys/kernel/kexec_loaded
	goes_on_with $((STAGE + 1))
	systemctl kexec
	wait_for_ever
}

arrives()
{
	check "kernel $STAGE is the one that was loaded" runs "$1"
	check "by kexec" by_kexec
	tables >/tmp/tables
	check "the firmware's tables are where they were" diff $FIRST/tables /tmp/tables
	check "so much memory is there as was" close_to ram "$(system_ram)" "$(cat $FIRST/ram)"
}

stage1()
{
	mkdir -p $FIRST
	uname -r >$FIRST/release
	tables >$FIRST/tables
	system_ram >$FIRST/ram
	mem_total >$FIRST/total
	check "the firmware's loader has started the first kernel" fails by_kexec
	check "there is an RSDP" grep -q "^ACPI20=0x" $EFI/systab
	check "the older kernel is unpacked, and has an initrd" install_older
	goes_to "$(older)"
}

stage2()
{
	arrives "$(older)"
	goes_to "$(cat $FIRST/release)"
}

stage3()
{
	arrives "$(cat $FIRST/release)"
	check "a kernel has so much memory to give as the first one had" \
		close_to total "$(mem_total)" "$(cat $FIRST/total)"
	finish
}
