# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: apt installs our packages on a Debian, the loader starts the kernel; removed, Debian's is back
# guest: memory=2G timeout=3600 cpus=1 disk=debian holds=packages
# plan: 13
# stock: skip nothing of ours is installed

ENTRIES=/boot/efi/loader/entries

ours()
{
	basename /rig/packages/linux-image-*.deb | sed 's/^linux-image-//; s/_.*//'
}

entry()
{
	test -s "$ENTRIES/field-$1.conf"
}

runs()
{
	test "$(uname -r)" = "$1" || {
		uname -r
		return 1
	}
}

apt()
{
	DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@"
}

stage1()
{
	mkdir -p "${STAGE_FILE%/*}"
	uname -r >/var/lib/rig/debian
	check "Debian's kernel is there" entry "$(uname -r)"
	check "ours is not" fails entry "$(ours)"
	check "apt installs it" apt install /rig/packages/*.deb
	check "the loader has an entry for it" entry "$(ours)"
	check "there is an initrd" test -s "/boot/initrd.img-$(ours)"
	check "and one for kdump" test -s "/var/lib/kdump/initrd.img-$(ours)"
	check "the loader is told to start it" bootctl set-oneshot "field-$(ours).conf"
	goes_on_with 2
	systemctl reboot
	wait_for_ever
}

stage2()
{
	check "it has come up" runs "$(ours)"
	check "kdump-tools have loaded it" is 1 /sys/kernel/kexec_crash_loaded
	check "apt removes it" apt remove "linux-image-$(ours)"
	check "the loader's entry is gone" fails entry "$(ours)"
	check "Debian's is there" entry "$(cat /var/lib/rig/debian)"
	goes_on_with 3
	systemctl reboot
	wait_for_ever
}

stage3()
{
	check "Debian's kernel has come up" runs "$(cat /var/lib/rig/debian)"
	finish
}
