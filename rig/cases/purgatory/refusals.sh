# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a purgatory that the loader cannot use fails to build
# host: bench.d/purgatory/refusals --ours BUILD
# guest: timeout=1800
# plan: some
# stock: skip it is our purgatory that is tested
