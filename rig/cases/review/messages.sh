# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: each line that the log can have is explained, and nothing is that it cannot have
# host: review/messages BUILD/source
# guest: timeout=120
# plan: 3
# stock: skip they are our lines
