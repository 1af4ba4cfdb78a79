# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: on a machine with UEFI a damaged image is told of on the screen that the firmware has left
# guest: memory=1G cpus=2 timeout=240 shared=1 firmware=uefi screen=pixels damaged=halt HALT=1
# plan: 2
# variant reboot: IMAGE=no-cma
# variant crash: IMAGE=crash append=crashkernel=256M
# stock: skip it says nothing of a damaged image

# shellcheck source=rig/cases/purgatory/damage.sh
. /rig/cases/purgatory/damage
