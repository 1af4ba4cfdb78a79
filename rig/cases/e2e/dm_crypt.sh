# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the keys of encrypted disks reach the crash kernel, whatever loads failed in between
# guest: memory=2G cpus=2 timeout=240 append="crashkernel=256M slab_debug=FZP" packed=lz4 NEXT=packed
# plan: 28
# needs: CONFIG_CRASH_DM_CRYPT
# stock: xfail O2 *reused after *

KEYS=/sys/kernel/config/crash_dm_crypt_keys
SECRET=sixteen-bytes-or-so

give_key()
{
	mount -t configfs configfs /sys/kernel/config &&
		mkdir $KEYS/one &&
		echo rig:disk >$KEYS/one/description &&
		kx add-key rig:disk "$SECRET"
}

# What the armed image has is taken for the next one; later, it is made anew again.
reuse()
{
	echo 1 >$KEYS/reuse && is 1 $KEYS/reuse
}

no_reuse()
{
	echo 0 >$KEYS/reuse
}

# no_room INITRD: the region has none for that
no_room()
{
	refused EADDRNOTAVAIL kx file-load "$(crash_kernel)" "$1" "" crash
}

load_small()
{
	kx file-load /tmp/small - "" crash
}

# The allocations of a load fail in their turn, those for the keys among them.
want_of_memory()
{
	allow_all_to_fail
	tailkernel /tmp/small 2
	for number in $(seq 1000); do
		if said=$(FAIL_NTH=$number load_small 2>/dev/null); then
			[ "$said" != "not reached" ] || break
			load_small
		fi
		reuse || { echo "after allocation $number"; return 1; }
		no_reuse
	done
	report "val allocations $number"
	test "$said" = "not reached"
}

stage1()
{
	pattern "$(region_bytes)" >/tmp/big
	check "a key is there" give_key
	check "it counts as one" is 1 $KEYS/count
	check "nothing can be reused yet" fails reuse
	check "a crash kernel is armed" arm -s
	check "its keys can be reused" reuse
	check "a crash kernel is armed with those" arm -s
	no_reuse
	check "a load that has no room fails" no_room /tmp/big
	check "the keys can be reused after a load that failed" reuse
	no_reuse
	check "they can be reused after each allocation that failed" want_of_memory
	check "a crash kernel is armed again" arm -s
	check "its keys are still there" reuse
	check "no freed memory was touched" fails sh -c 'dmesg | grep "BUG [a-z]"'
	crash
}

restore()
{
	mount -t configfs configfs /sys/kernel/config && echo 1 >$KEYS/restore
}

stage2()
{
	dump_is_whole
	check "the keys are restored" restore
	check "the key is what it was" test "$(kx read-key rig:disk)" = "$SECRET"
	finish
}
