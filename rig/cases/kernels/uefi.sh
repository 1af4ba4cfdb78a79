# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: on a machine with UEFI, a kernel is entered directly, and finds what the firmware left
# guest: cpus=2 memory=1G timeout=240 firmware=uefi ANYWHERE=16
# plan: 10
# variant ours.kaslr: WANT=random
# variant ours.nokaslr: WANT=linked append=nokaslr
# variant ours.6g.4level: WANT=random memory=6G cpu=max,la57=off
# variant bookworm: WANT=random NEXT=debian prebuilt=bookworm
# variant backports: WANT=random NEXT=debian prebuilt=backports
# variant backports.nokaslr: WANT=linked NEXT=debian prebuilt=backports append=nokaslr
# stock: skip it has no direct entry

# shellcheck source=rig/cases/e2e/direct.sh
. /rig/cases/e2e/direct

has_firmware()
{
	[ -e /sys/firmware/efi/systab ] && grep -q '^ACPI20=' /sys/firmware/efi/systab
}

stage1()
{
	check "the firmware is UEFI" has_firmware
	goes_over
}

stage2()
{
	check "the next kernel has its tables" has_firmware
	has_come
	finish
}
