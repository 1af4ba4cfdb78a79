# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: loads cost no memory either when the system has a CMA area
# guest: memory=1G cpus=2 timeout=300 append="crashkernel=256M cma=64M" PROGRAM=kexec_memory
# plan: 15
# stock: xfail O4 cycles.files_refused_layout.cost_no_memory

# shellcheck source=rig/cases/selftest/kexec.sh
. /rig/cases/selftest/kexec
