# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: memory that cannot be read is zeros in the dump, which goes on
# guest: memory=1G cpus=1 debugged=1 append="crashkernel=256M"
# plan: 19
# stock: skip it copies in another way

TEXT=$(uname -n)-marker-

stage1()
{
	check "a crash image loads" arm -s
	crash
}

# reads: what a read of the page gives
reads()
{
	poison dump "$page" | cut -d ' ' -f 1
}

is_there()
{
	case $(reads) in
	"$TEXT"*) ;;
	*) return 1 ;;
	esac
}

is_zeros()
{
	test "$(reads)" = zeros
}

says_so_once()
{
	test "$(dmesg | grep -c "kexec: dump: the page at $page cannot be read: zeros in its place (1 so far)")" = 1
}

# QEMU has no memory that is bad.  So the host has the CPU stop where it is about to copy,
# and go on with an address that is not mapped: the copy is left as by a machine check.
stage2()
{
	page=$(argument marker)
	check "a page of the crashed kernel is there" is_there
	report "host fault $(sed -n 's/^\([0-9a-f]*\) T kexec_copy_oldmem$/\1/p' /proc/kallsyms)"
	check "where it cannot be read, it is zeros" wait_until is_zeros
	check "one line says so" says_so_once
	check "the next time it is there" is_there
	dump_is_whole
	finish
}
