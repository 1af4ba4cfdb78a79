# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: what a kernel preserves is handed over to the next, and from there to the one after
# arch: any
# guest: memory=1G cpus=2 append="kho=on"
# on kasan: memory=4G append="kho_scratch=64M,1G,512M"
# plan: 9
# needs: CONFIG_KEXEC_HANDOVER

# where the scratch area is, in which the next kernel starts
scratch()
{
	tr '\n' , </sys/kernel/debug/kho/out/scratch_phys
}

# The kernel hands its release over, and a count that each one adds to.
came_from()
{
	dmesg | grep -qF "exec from: $(uname -r) (count $1)"
}

hop()
{
	check "kernel $STAGE: handover is on" test -d /sys/kernel/debug/kho/out
	make_initrd /tmp/initrd 16 boot
	check "kernel $STAGE: it loads the next" kexec -s -l /boot/bzImage \
		--initrd=/tmp/initrd --command-line="$(next_cmdline $((STAGE + 1)) \
		"rig.content=$(content_sum)" "rig.scratch=$(scratch)")"
	mark reboot
	kexec -e
}

arrived()
{
	check "kernel $STAGE: the content has arrived" content_intact
	check "kernel $STAGE: and what was preserved" came_from $((STAGE - 1))
}

stage1()
{
	hop
}

stage2()
{
	arrived
	hop
}

stage3()
{
	arrived
	check "the scratch area is where it was" test "$(scratch)" = "$(argument scratch)"
	finish
}
