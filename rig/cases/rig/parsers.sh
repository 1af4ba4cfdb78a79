# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: what the rig's verdicts rest on reads good logs and notices broken ones
# host: tests/run
# guest: timeout=120
# plan: some
