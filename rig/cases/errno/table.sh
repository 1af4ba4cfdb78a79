# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: every refusal of the interface's contract has its errno, and takes nothing away
# guest: memory=1G cpus=2 append="crashkernel=64M"
# plan: some
# variant kexec_load: TABLE=load
# variant kexec_file_load: TABLE=file
# variant compat: TABLE=compat
# variant uncapable: TABLE=uncapable
# variant busy: TABLE=busy
# stock: xfail O8 compat: segments pointer faults*
# stock: xfail O15 *: crash_size can be read

stage1()
{
	ktap errnos "$TABLE"
	finish
}
