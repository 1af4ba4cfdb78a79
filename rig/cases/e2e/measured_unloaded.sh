# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: IMA writes nothing to where an image was that is not the one executed
# guest: memory=512M cpus=1 append="ima_policy=critical_data"
# plan: 4
# needs: CONFIG_IMA_KEXEC
# variant unloaded: UNLOAD=1
# variant replaced: UNLOAD=
# console: require witness: intact
# console: require ima: Kexec buffer not set
# stock: xfail O20 runs to its end

# where the loaded image has IMA's segment
segment()
{
	dmesg | sed -n 's/.*measurement buffer for the loaded kernel at \(0x[0-9a-f]*\)\..*/\1/p'
}

unload()
{
	[ -z "$UNLOAD" ] || kx file-unload
}

stage1()
{
	check "it loads" kx file-load /boot/bzImage - "" debug
	address=$(segment)
	check "with a segment for measurements" test -n "$address"
	check "it goes" unload
	check "another comes, without such a segment, to that place" witness "$address"
	show_leaks
	report end
	kx reboot
}
