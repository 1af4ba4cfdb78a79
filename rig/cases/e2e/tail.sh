# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the memory that a kernel has beyond its file is clear, also beside CMA
# guest: memory=2G cpus=2 append="cma=1G"
# plan: 2
# console: require tailkernel: clear
# stock: xfail O3 runs to its end

stage1()
{
	# Half of the area, of which more than half will have something in it.
	tailkernel /tmp/kernel 512
	check "memory has something in it" bench memcpy 640
	check "it loads" kx file-load /tmp/kernel - ""
	show_leaks
	report end
	kx reboot
}
