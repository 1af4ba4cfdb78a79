# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: once kexec_load_disabled is set, every call is refused and what is loaded stays
# guest: memory=512M cpus=1
# plan: 10

stage1()
{
	check "a load before" kx dummy
	check "loading is disabled" sh -c "echo 1 >/proc/sys/kernel/kexec_load_disabled"
	ktap errnos denied
	check "what was loaded is still loaded" is 1 /sys/kernel/kexec_loaded
	finish
}
