# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: IMA's measurements are handed over beside CMA, too
# guest: memory=1G cpus=2 append="ima_policy=critical_data cma=64M"
# plan: 5
# needs: CONFIG_IMA_KEXEC
# stock: xfail O5 runs to its end

# Stock puts the kernel into CMA memory at less than the alignment that it asks for, so
# that it is unpacked over the beginning of its initrd.

# shellcheck source=rig/cases/e2e/measured.sh
. /rig/cases/e2e/measured
