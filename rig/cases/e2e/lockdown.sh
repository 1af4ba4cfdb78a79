# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a locked-down kernel loads nothing unsigned, though IMA has a rule and only logs; it unloads
# guest: memory=512M cpus=1 append="lockdown=integrity ima_appraise=log"
# plan: 8
# variant kexec_load: CALL=dummy
# variant kexec_file_load: CALL=file-load
# stock: xfail O26 an unload by kexec_load*

IMA=/sys/kernel/security/ima/policy

unsigned_load()
{
	case $CALL in
	file-load) refused EPERM kx file-load /boot/bzImage - "" ;;
	*) refused EPERM kx dummy ;;
	esac
}

# A rule that asks for signatures has lockdown leave the matter to IMA.  If IMA
# only logs what it finds, nobody would refuse anything.
stage1()
{
	check "it is locked down" grep -q '\[integrity\]' /sys/kernel/security/lockdown
	check "an unsigned kernel is refused" unsigned_load
	check "IMA has a rule for kernels" sh -c "echo appraise func=KEXEC_KERNEL_CHECK \
		appraise_type=imasig >$IMA"
	check "it is refused with the rule as well" unsigned_load
	check "nothing is loaded" is 0 /sys/kernel/kexec_loaded
	check "an unload by kexec_load" kx unload
	check "an unload by kexec_load, of a crash image" kx unload crash
	check "an unload by kexec_file_load" kx file-unload
	finish
}
