# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: what reads and unpacks kernel files stays within bounds, whatever they read
# host: fuzz --regression --build BUILD
# guest: timeout=1800
# plan: 21
# stock: skip it is about our files
