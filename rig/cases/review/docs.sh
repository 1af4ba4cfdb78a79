# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: our pages and the comments of our files build, with nothing to warn of
# host: review/docs BUILD/source
# guest: timeout=900
# plan: 21
# stock: skip it is our pages that are built
