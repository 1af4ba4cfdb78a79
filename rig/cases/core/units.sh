# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the KUnit suites of what is pure hold in user space, under sanitizers, with pages of 4 and 64 KiB
# host: review/units BUILD/source
# guest: timeout=600
# plan: some
# stock: skip they are about our files
