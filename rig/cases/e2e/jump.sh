# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: kexec jump goes there and comes back, three times with one image
# guest: memory=512M cpus=2
# plan: 12
# needs: CONFIG_KEXEC_JUMP

stage1()
{
	without_port jump 3 >/tmp/results
	ktap cat /tmp/results
	finish
}
