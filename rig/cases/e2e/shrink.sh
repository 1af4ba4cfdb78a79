# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a crash region that was made smaller carries a crash kernel, and what it gave back is in the dump
# arch: any
# guest: memory=1G cpus=2 append="crashkernel=320M"
# plan: 18
# stock: xfail O30 what was given back *

# By kexec_file_load alone: kexec-tools finds what was given back twice in
# /proc/iomem, once inside the other, and describes it to the crash kernel twice.
stage1()
{
	check "it shrinks" sh -c "echo $((224 << 20)) >/sys/kernel/kexec_crash_size"
	check "crash_size is what was asked for" is $((224 << 20)) /sys/kernel/kexec_crash_size
	check "what was given back is listed once" fails grep -q "^ .*: System RAM$" /proc/iomem
	check "a crash kernel is armed" arm -s
	crash
}

stage2()
{
	dump_is_whole
	finish
}
