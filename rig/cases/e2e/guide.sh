# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the guide's commands, as they stand there, load a crash kernel, hand it a key, and save its dump
# needs: CONFIG_CRASH_DM_CRYPT
# guest: memory=1G cpus=2 timeout=180 append="crashkernel=256M"
# plan: 15
# console: require Kernel panic - not syncing: sysrq triggered crash

# shown WORDS: the guide's command that begins so, in one line
shown()
{
	awk -v begin="$1" '
		/^\t/ {
			command = command substr($0, 2)
			if (sub(/\\$/, "", command))
				next
			if (index(command, begin) == 1) { print command; exit }
		}
		{ command = "" }' /rig/guide.rst
}

# as_shown WORDS [SCRIPT]: runs it, with what sed changes in it
as_shown()
{
	command=$(shown "$1" | sed "${2-}")
	echo "# $command"
	[ -n "$command" ] && eval "$command"
}

KEYS=/sys/kernel/config/crash_dm_crypt_keys
SECRET=sixteen-bytes-or-so

# What the guide calls the key.
description()
{
	shown "echo cryptsetup:" | sed 's/^echo //; s/ >.*//'
}

name_the_key()
{
	mount -t configfs configfs /sys/kernel/config &&
		kx add-key "$(description)" "$SECRET" &&
		as_shown "cd /sys/kernel/config" && as_shown "mkdir volume1" &&
		as_shown "echo cryptsetup:"
	cd /
}

# the disk that the guide names is not there; stage 2 is
load()
{
	as_shown "kexec -s -p /boot/vmlinuz" "s|root=/dev/vda1|$(crash_cmdline)|"
}

stage1()
{
	ln -s "$(crash_kernel)" /boot/vmlinuz
	ln -s /boot/initrd /boot/initrd-kdump
	check "crash_size is what the guide says" is 268435456 /sys/kernel/kexec/crash_size
	check "/proc/iomem has the line" grep -q 'Crash kernel$' /proc/iomem
	check "a key is named" name_the_key
	check "it counts" is 1 $KEYS/count
	check "its load" load
	check "crash_loaded is 1" is 1 /sys/kernel/kexec/crash_loaded
	check "its unload" as_shown "kexec -p -u"
	check "crash_loaded is 0" is 0 /sys/kernel/kexec/crash_loaded
	check "its load once more" load
	as_shown "echo c > /proc/sysrq-trigger"
}

# There is room for one dump: makedumpfile 1.7.6 leaves free pages in it. The other end of the
# stream does at once what the guide has it do later.
stream()
{
	rm dump
	as_shown "makedumpfile -F" "s/| ssh .*/| makedumpfile -R again/" &&
		makedumpfile --dump-dmesg again log && grep -q "sysrq triggered crash" log && rm again
}

stage2()
{
	mkdir -p /var/crash
	cd /var/crash || return
	mount -t configfs configfs /sys/kernel/config
	check "the key is handed on" as_shown "echo 1 > $KEYS/restore"
	check "it is the one" test "$(kx read-key "$(description)")" = "$SECRET"
	check "its dump is saved" as_shown "makedumpfile -l -d 31 /proc/vmcore"
	check "a stream of it becomes a dump" stream
	check "so is the log" as_shown "makedumpfile --dump-dmesg /proc/vmcore"
	check "which tells of the panic" grep -q "sysrq triggered crash" /var/crash/dmesg
	finish
}
