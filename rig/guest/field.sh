# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What is otherwise than in lib.sh where a distribution's user space runs a case
# (rig/lib/field.py): words come from the drive, and the stage is known to the root file
# system, which outlives reboots by whatever way.

STAGE_FILE=/var/lib/rig/stage

# argument NAME: the value of rig.NAME= on the kernel command line, or else on the drive.
argument()
{
	{
		cat /rig/cmdline
		[ ! -e $STAGE_FILE ] || echo "rig.stage=$(cat $STAGE_FILE)"
		cat /proc/cmdline
	} | tr ' ' '\n' | sed -n "s/^rig\\.$1=//p" | tail -n 1
}

# goes_on_with STAGE: what the next kernel does, however it comes up.
goes_on_with()
{
	mkdir -p "${STAGE_FILE%/*}"
	echo "$1" >$STAGE_FILE
	sync
}

# says PATTERN COMMAND...: for check, COMMAND succeeds and prints a line with PATTERN.
says()
{
	pattern=$1
	shift
	if ! text=$("$@" 2>&1) || ! echo "$text" | grep -q -e "$pattern"; then
		echo "$text"
		return 1
	fi
}
