# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: of the keys of encrypted disks, saved ones are reused when they are those that are asked for
# guest: memory=2G cpus=2 timeout=240 append="crashkernel=256M slab_debug=FZP"
# plan: 41
# needs: CONFIG_CRASH_DM_CRYPT
# stock: xfail O2 they can be reused, in whatever order
# stock: xfail O2 they are reused once more
# stock: may O2 those are reused
# stock: xfail O22 keys that changed in number *
# stock: xfail O22 keys that changed, one named twice, *
# stock: xfail O22 keys that changed, but not in number, *
# stock: xfail O22 nor do changed keys *
# stock: xfail O22 there are at most *
# stock: xfail O22 the first is what it was
# stock: may O22 runs to its end

# shellcheck source=rig/cases/e2e/dm_crypt.sh
. /rig/cases/e2e/dm_crypt

# ask_for NAME...: these are the keys that the crash kernel is to get
ask_for()
{
	for old in "$KEYS"/*/; do
		[ ! -d "$old" ] || rmdir "$old" || return 1
	done
	for name; do
		mkdir "$KEYS/$name" && echo "rig:$name" >"$KEYS/$name/description" || return 1
	done
}

give_keys()
{
	mount -t configfs configfs /sys/kernel/config &&
		kx add-key rig:one "$SECRET-1" && kx add-key rig:two "$SECRET-2" &&
		kx add-key rig:three "$SECRET-3"
}

# how many keys can be asked for
as_many_as_possible()
{
	for number in $(seq 200); do
		mkdir "$KEYS/$number" 2>/dev/null || break
	done
	cat $KEYS/count
}

load()
{
	kx file-load /boot/bzImage - "" crash
}

stage1()
{
	pattern $((300 << 20)) >/tmp/big
	check "keys are there" give_keys
	check "two are asked for" ask_for one two
	check "a crash kernel is armed" arm -s

	check "just one is asked for" ask_for one
	check "keys that changed in number are not reused" fails reuse
	check "a load for that one fails" no_room /tmp/big
	check "two are asked for again" ask_for two one
	check "they can be reused, in whatever order" reuse
	check "and loaded" arm -s
	no_reuse
	check "others take the place of what was reused" no_room /tmp/big
	check "nothing was written beyond its end" fails sh -c 'dmesg | grep "BUG [a-z]"'

	check "they are reused once more" reuse
	check "one of them goes" rmdir $KEYS/one
	check "keys that changed in number are not loaded" refused EINVAL load
	check "another comes" mkdir $KEYS/three
	check "keys that changed, one without a name, are not loaded" refused EINVAL load
	echo rig:two >$KEYS/three/description
	check "keys that changed, one named twice, are not loaded" refused EINVAL load
	echo rig:three >$KEYS/three/description
	check "keys that changed, but not in number, are not loaded" refused EINVAL load
	no_reuse
	check "keys that changed, but not in number, are not reused" fails reuse
	check "nor do changed keys count as reused" is 0 $KEYS/reuse
	check "there are at most as many as can be restored" at_most 128 "$(as_many_as_possible)"
	check "the right ones are asked for" ask_for one two
	check "those are reused" reuse
	check "a crash kernel is armed with them" arm -s
	crash
}

stage2()
{
	dump_is_whole
	check "the keys are restored" restore
	check "the first is what it was" test "$(kx read-key rig:one)" = "$SECRET-1"
	check "and the second" test "$(kx read-key rig:two)" = "$SECRET-2"
	finish
}
