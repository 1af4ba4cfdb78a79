# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the tree's own tests of live update and handover pass, over an initrd larger than the scratch area
# arch: any
# guest: memory=3G cpus=2 timeout=600 append="kho=on liveupdate=on kho_scratch=16M,96M,16M"
# plan: 32
# needs: CONFIG_LIVEUPDATE_MEMFD
# needs: CONFIG_TEST_KEXEC_HANDOVER
# stock: skip O27: there is room for it in the scratch area only

HERE=/selftests/liveupdate
PROGRAMS="luo_kexec_simple luo_multi_session luo_stress_sessions luo_stress_files"

# It is built in, and looks for what the last kernel has preserved, or preserves something.
finds_again()
{
	dmesg | grep "test_kho: KHO restore succeeded"
}

# The programs hold what they have preserved until the kernel goes.
hop()
{
	for program in $PROGRAMS; do
		check "kernel $STAGE: $program preserves" "$HERE/$program" -s 1
	done
	make_initrd /tmp/initrd 128 boot
	check "kernel $STAGE: the next kernel loads" kx file-load /boot/bzImage /tmp/initrd \
		"$(next_cmdline $((STAGE + 1)) "rig.content=$(content_sum)")"
	mark reboot
	kx reboot
}

arrived()
{
	check "kernel $STAGE: the initrd is whole" content_intact
	for program in $PROGRAMS; do
		check "kernel $STAGE: $program finds it" "$HERE/$program" -s 2
	done
}

stage1()
{
	check "liveupdate passes" $HERE/liveupdate
	hop
}

stage2()
{
	arrived
	check "the kernel's test of handover finds what is its own" finds_again
	hop
}

stage3()
{
	arrived
	hop
}

stage4()
{
	arrived
	finish
}
