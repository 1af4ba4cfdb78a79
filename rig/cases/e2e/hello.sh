# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: a guest boots and powers off
# arch: any
# guest: memory=512M cpus=1
# plan: 1

stage1()
{
	check "the kernel is up" grep -q "^Linux" /proc/version
	finish
}
