# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a panic while an image is being loaded is followed by a whole dump
# arch: any
# guest: memory=1G cpus=2 append="crashkernel=256M"
# plan: 16
# variant kexec_load: CALL=load
# variant kexec_file_load: CALL=file
# variant crash.kexec_load: CALL=crash
# variant crash.kexec_file_load: CALL=file-crash
# stock: xfail O1 runs to its end

# where the held load would put its page: at the end of the crash region, or in memory,
# if the machine has any there
destination()
{
	case $CALL in
	crash) echo $(($(region_end) - 4096)) ;;
	*) echo 0x4000000 ;;
	esac
}

stage1()
{
	check "a crash kernel is armed" arm -s
	check "a load is under way" hold "$CALL" "$(destination)"
	crash
}

stage2()
{
	dump_is_whole
	finish
}
