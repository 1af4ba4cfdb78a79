# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the linters that take seconds find nothing that is not explained
# host: check --quick
# guest: timeout=300
# plan: 3
# skip: * # findings.list was made with *
# stock: skip they are our files
