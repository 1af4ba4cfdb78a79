# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the protocol between arming and the crash path holds in every interleaving
# host: models/check BUILD
# guest: timeout=1800
# plan: 5
# stock: skip it is a model of our protocol
