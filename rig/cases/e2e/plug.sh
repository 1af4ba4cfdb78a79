# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: memory that is plugged in while a crash image is armed is in the dump
# guest: memory=768M,slots=4,maxmem=4G cpus=2 timeout=180 append="crashkernel=256M"
# plan: 16
# stock: may O1 runs to its end

MIB=128

# The memory device must not be found by the crash kernel as well.
arm_for_more()
{
	arm -s acpi_no_memhotplug "rig.ram=$(($(dumpable_bytes) + (MIB << 20)))"
}

# plug: the host plugs memory in; returns when it is online
plug()
{
	wanted=$(($(dumpable_bytes) + (MIB << 20)))
	report "host plug module $((MIB << 20))"
	wait_until has_memory $wanted
}

has_memory()
{
	[ "$(dumpable_bytes)" = "$1" ]
}

stage1()
{
	check "a crash kernel is armed" arm_for_more
	check "memory is plugged in" plug
	crash
}

stage2()
{
	dump_is_whole
	finish
}
