# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the KUnit suites that are built in
# guest: memory=2G cpus=2 accel=tcg,thread=single timeout=300 append="kunit.enable=1 crashkernel=256M"
# plan: some
# stock: skip the stock kernel has no KUnit tests for kexec

# They have run at boot; what came of it is in debugfs, a file a suite.
stage1()
{
	check "there are results" test -e /sys/kernel/debug/kunit
	for results in /sys/kernel/debug/kunit/*/results; do
		ktap cat "$results"
		report "ok $(basename "$(dirname "$results")") has left its results"
	done
	finish
}
