# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: keys of encrypted disks for which a crash region has no room are freed once
# guest: memory=512M cpus=1 append="crashkernel=64M slab_debug=FZP"
# plan: 4
# needs: CONFIG_CRASH_DM_CRYPT
# stock: xfail O18 nothing was freed twice
# stock: xfail O18 runs to its end

# shellcheck source=rig/cases/e2e/dm_crypt.sh
. /rig/cases/e2e/dm_crypt

SIZE=/sys/kernel/kexec_crash_size

# At one size the ELF headers, which come first, have room and the keys have not.
shrink_and_load()
{
	headers=$(($(cat /sys/kernel/crash_elfcorehdr_size) >> 12 << 2))
	for kib in $(seq $((headers + 100)) -4 $((headers - 100))); do
		echo $((kib << 10)) >$SIZE && no_room - && no_room - || return 1
	done
}

stage1()
{
	check "a key is there" give_key
	check "loads into a region that shrinks are refused" shrink_and_load
	check "two for want of room for the keys" \
		test "$(dmesg | grep -c "Failed to call kexec_add_buffer")" = 2
	check "nothing was freed twice" fails sh -c 'dmesg | grep "BUG [a-z]"'
	finish
}
