# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the finished purgatory in a machine of its own, with and without SHA instructions
# host: bench.d/purgatory/boot --ours BUILD
# guest: timeout=1800
# plan: some
# skip: * # this QEMU has none
# skip: sha-ni # this QEMU has no SHA instructions
# stock: skip it is our purgatory that is tested
