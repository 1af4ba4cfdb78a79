# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: ten kernels in a row, each loaded and verified by the one before
# guest: memory=1G cpus=2 timeout=300
# plan: 21

# each way of loading in turn
call()
{
	if [ $((STAGE % 2)) = 0 ]; then printf %s -c; else printf %s -s; fi
}

arrived()
{
	check "kernel $STAGE: the content has arrived" content_intact
}

hop()
{
	[ "$STAGE" = 1 ] || arrived
	make_initrd /tmp/initrd 4 boot
	check "kernel $STAGE: it loads the next, $(call)" kexec "$(call)" -l /boot/bzImage \
		--initrd=/tmp/initrd --command-line="$(next_cmdline $((STAGE + 1)) \
		"rig.content=$(content_sum)")"
	mark reboot
	kexec -e
}

for number in $(seq 10); do
	eval "stage$number() { hop; }"
done

stage11()
{
	arrived
	hops=$(tr ' ' '\n' </proc/cmdline | grep -c '^rig\.content=')
	check "its command line has the last word only" test "$hops" = 1
	finish
}
