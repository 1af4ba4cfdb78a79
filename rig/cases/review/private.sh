# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: tests look at images through read-only queries, not at private fields
# host: review/private BUILD/source
# guest: timeout=60
# plan: 1
# stock: skip stock has no such tests
