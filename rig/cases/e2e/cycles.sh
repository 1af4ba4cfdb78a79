# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: 50 loads and unloads of each kind leave no memory behind
# guest: memory=768M cpus=2 timeout=600 append="crashkernel=128M" packed=lz4 NEXT=packed
# plan: 2
# variant kexec_load: CALL=-c KIND=-l
# variant kexec_file_load: CALL=-s KIND=-l
# variant crash.kexec_load: CALL=-c KIND=-p
# variant crash.kexec_file_load: CALL=-s KIND=-p

# A small "initrd" is enough: it is a segment like any other.
cycle()
{
	kexec "$CALL" "$KIND" "$(next_kernel)" --initrd=/rig/lib.sh --reuse-cmdline &&
		kexec "$CALL" "$KIND" -u
}

cycles()
{
	for _ in $(seq "$1"); do
		cycle || return 1
	done
}

stage1()
{
	if zcat /proc/config.gz | grep -q ^CONFIG_KASAN=y; then
		check "20 times" cycles 20
		skip "free memory is what it was before" "KASAN holds what is freed back for a while"
		finish
	fi
	cycles 10
	costs check "50 times" cycles 50
	# one page lost in each cycle would be 200 KiB
	check "free memory is what it was before" fails leaks 150 cycles 50
	finish
}
