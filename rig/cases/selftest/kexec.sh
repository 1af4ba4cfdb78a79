# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the programs of tools/testing/selftests/kexec
# arch: any
# guest: memory=1G cpus=2 timeout=300 append="crashkernel=256M"
# plan: some
# variant load: PROGRAM=kexec_load
# variant file_load: PROGRAM=kexec_file_load
# variant compat: PROGRAM=kexec_compat
# variant busy: PROGRAM=kexec_busy
# variant kill: PROGRAM=kexec_kill
# variant contents: PROGRAM=kexec_contents
# variant memory: PROGRAM=kexec_memory
# variant permission: PROGRAM=kexec_permission
# variant policy: PROGRAM=kexec_policy
# variant policy.lockdown: arch=x86 PROGRAM=kexec_policy LOCKDOWN=confidentiality append="lockdown=confidentiality"
# variant policy.ima: arch=x86 PROGRAM=kexec_policy POLICY=appraise
# variant sysfs: PROGRAM=kexec_sysfs KEXEC_TEST_SHRINK=1
# variant jump: PROGRAM=kexec_jump
# variant jump.left_out: PROGRAM=kexec_jump KEXEC_TEST_JUMP=0
# variant signed: PROGRAM=kexec_signed KEXEC_TEST_KERNEL=/boot/bzImage
# variant signed.lockdown: arch=x86 PROGRAM=kexec_signed KEXEC_TEST_KERNEL=/boot/signed signed=boot/signed LOCKDOWN=integrity append="lockdown=integrity"
# variant signed.not: arch=x86 PROGRAM=kexec_signed KEXEC_TEST_KERNEL=/boot/bzImage LOCKDOWN=integrity append="lockdown=integrity"
# variant signed.ima: arch=x86 PROGRAM=kexec_signed KEXEC_TEST_KERNEL=/boot/bzImage POLICY=appraise
# variant named.load: PROGRAM=test_kexec_load.sh
# variant named.file_load: PROGRAM=test_kexec_file_load.sh KEXEC_TEST_KERNEL=/boot/bzImage
# variant named.jump: PROGRAM=test_kexec_jump.sh
# skip: running.*.is_refused_if_changed # no signature is wanted
# skip: running.*.is_refused_without_its_attribute # it has no signature but for what is inside of it
# skip: jump.* # left out by KEXEC_TEST_JUMP=0
# variant limits: PROGRAM=kexec_limits KEXEC_TEST_LIMITS=1
# variant disabled: PROGRAM=kexec_disabled KEXEC_TEST_LIMITS=1
# stock: xfail O23 refused.image_cut_short.*
# stock: xfail O2 refused.image_*.keeps_crash_image
# stock: xfail O2 crash_refused.*.keeps_crash_image
# stock: xfail O2 life.crash_kernel_larger_than_region_keeps_the_old_one
# stock: xfail O2 busy.crash_*.keeps_what_was_loaded
# stock: xfail O2 busy.crash_*.killed_keeps_what_was_loaded
# stock: xfail O2 contents.survive_*
# stock: xfail O8 compat_refused.list_*
# stock: xfail O9 crash_refused.preserves_context.says_why
# stock: xfail O15 busy.*.crash_size_can_be_read
# stock: xfail O15 jump.does_not_wait_for_a_load

IMA=/sys/kernel/security/ima/policy

# A program that finds no lockdown is content with that, too.
is_locked_down()
{
	grep -F "[$LOCKDOWN]" /sys/kernel/security/lockdown
}

# Any of them may jump, so the result port is out of the way meanwhile.
# A program that speaks no KTAP says by its exit status what came of it, as
# the kernel's own runner has it.
stage1()
{
	cd /selftests/kexec || return
	if [ "$POLICY" ]; then
		echo "$POLICY func=KEXEC_KERNEL_CHECK appraise_type=imasig" >"$IMA" || return
	fi
	if [ "$LOCKDOWN" ]; then
		check "the kernel is locked down" is_locked_down || finish
	fi
	without_port "./$PROGRAM" >/tmp/output 2>&1
	status=$?
	if grep -q '^1\.\.[0-9]' /tmp/output; then
		grep -Ev '^# +(RUN|OK) ' /tmp/output >/tmp/results
		ktap cat /tmp/results
		[ "$status" = 0 ] || [ "$status" = 4 ] || grep -q '^not ok' /tmp/output ||
			report "no exit status # $status"
	else
		cat /tmp/output >/dev/console
		case $status in
		0) report "ok passes" ;;
		4) skip "passes" "$(tail -n 1 /tmp/output)" ;;
		*) report "no passes # exit status $status: $(tail -n 1 /tmp/output)" ;;
		esac
	fi
	finish
}
