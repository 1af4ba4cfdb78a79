# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: nobody but the core changes what is armed, on any architecture
# host: review/armed BUILD/source
# guest: timeout=120
# plan: 4
# stock: skip stock has each architecture exchange the pointer
