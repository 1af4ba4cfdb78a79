# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the guide's commands, as they stand there, load a crash kernel and save its dump
# guest: memory=1G cpus=2 timeout=180 append="crashkernel=256M"
# plan: 7
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

stage1()
{
	ln -s "$(crash_kernel)" /boot/vmlinuz
	ln -s /boot/initrd /boot/initrd-kdump
	check "crash_size is what the guide says" is 268435456 /sys/kernel/kexec/crash_size
	check "/proc/iomem has the line" grep -q 'Crash kernel$' /proc/iomem
	# the disk that it names is not there; stage 2 is
	check "its load" as_shown "kexec -s -p /boot/vmlinuz" "s|root=/dev/vda1|$(crash_cmdline)|"
	check "crash_loaded is 1" is 1 /sys/kernel/kexec/crash_loaded
	as_shown "echo c > /proc/sysrq-trigger"
}

stage2()
{
	mkdir -p /var/crash
	check "its dump is saved" as_shown "makedumpfile -l -d 31 /proc/vmcore"
	check "so is the log" as_shown "makedumpfile --dump-dmesg /proc/vmcore"
	check "which tells of the panic" grep -q "sysrq triggered crash" /var/crash/dmesg
	finish
}
