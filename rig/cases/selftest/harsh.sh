# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: what a kernel should stand, and some do not
# guest: memory=1G cpus=2 timeout=300 append="crashkernel=256M" PROGRAM=kexec_harsh KEXEC_TEST_HARSH=1
# plan: 6
# stock: xfail O7 harsh.nothing_at_address_zero
# stock: xfail OOM harsh.more_than_is_free
# stock: may OOM scarce.*.nobody_is_killed
# stock: may O10 harsh.crash_images_come_and_go_at_once
# stock: may O10 runs to its end

# shellcheck source=rig/cases/selftest/kexec.sh
. /rig/cases/selftest/kexec
