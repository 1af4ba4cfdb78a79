# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the distribution's kdump service loads, unloads, and after a panic saves a dump and reboots
# guest: memory=2G cpus=2 timeout=3600 dump_stack=sysrq_handle_crash dump_comm=rig-stage
# plan: 23
# console: require Kernel panic - not syncing: sysrq triggered crash

CRASH=/var/crash

loaded()
{
	is "$1" /sys/kernel/kexec_crash_loaded
}

# The service's own word.
ready()
{
	says "current state *: *$1" kdump-config show
}

stage1()
{
	check "the kernel has a region for it" test "$(region_bytes)" -gt 0
	check "the service is up" systemctl is-active kdump-tools
	check "it says so" says "Active: active" systemctl --no-pager status kdump-tools
	check "it has loaded a crash kernel" loaded 1
	check "show: ready" ready "ready to kdump"
	check "show: the call" says "kexec -p .*--initrd=/var/lib/kdump/initrd.img" kdump-config show
	check "status: ready" says "ready to kdump" kdump-config status
	check "test: the call that it would make" says "kexec command to be used" kdump-config test
	check "unload" says "unloaded kdump kernel" kdump-config unload
	check "nothing is loaded" loaded 0
	check "show: not ready" ready "Not ready to kdump"
	check "load" says "loaded kdump kernel" kdump-config load
	check "it is loaded" loaded 1
	check "the service stops" systemctl stop kdump-tools
	check "nothing is loaded" loaded 0
	check "it starts" systemctl start kdump-tools
	check "it is loaded" loaded 1
	goes_on_with 2
	crash
}

# The kernel that the firmware starts after the crash kernel is through.
stage2()
{
	check "the dump is there" test -s "$(echo $CRASH/*/dump.*)"
	check "and the log of the kernel that panicked" grep -q "sysrq triggered crash" $CRASH/*/dmesg.*
	check "makedumpfile puts it in order" makedumpfile -R /var/tmp/dump <"$(echo $CRASH/*/dump.*)"
	makedumpfile --dump-dmesg /var/tmp/dump /tmp/log
	check "makedumpfile reads the log in it" grep -q "sysrq triggered crash" /tmp/log
	check "it is that of this kernel" grep -q "Linux version $(uname -r) " /tmp/log
	check "a crash kernel is loaded again" loaded 1
	cat $CRASH/*/dump.* >"/dev/$(port rig.data)"
	finish
}
