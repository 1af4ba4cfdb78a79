# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: each file of the core calls only what lies below it
# host: layers BUILD
# plan: 2
# stock: skip it is about our files
