# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the unpacker and the reader of kernels stay within bounds, whatever they read
# host: fuzz --regression --build BUILD
# guest: timeout=1800
# plan: 13
# stock: skip it is about our files
