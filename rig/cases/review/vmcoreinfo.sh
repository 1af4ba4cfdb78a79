# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: vmcoreinfo.rst has what each architecture puts into VMCOREINFO, and nothing else
# host: review/vmcoreinfo BUILD/source
# guest: timeout=120
# plan: 10
# stock: skip the page is ours
