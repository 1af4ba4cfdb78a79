# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the purgatory's own objects, in a user program: digests, digests, string functions
# host: bench.d/purgatory/test --ours BUILD
# guest: timeout=1800
# plan: some
# skip: sha-ni # this CPU has no SHA instructions
# stock: skip it is our purgatory that is tested
