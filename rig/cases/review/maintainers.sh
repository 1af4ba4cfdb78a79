# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: get_maintainer.pl names somebody for each of our files
# host: review/maintainers BUILD/source
# guest: timeout=300
# plan: 2
# stock: skip they are our files
