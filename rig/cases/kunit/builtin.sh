# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: the KUnit suites that are built in
# arch: any
# guest: memory=2G cpus=2 accel=tcg,thread=single timeout=300 append="kunit.enable=1 crashkernel=256M"
# plan: some
# stock: skip the stock kernel has no KUnit tests for kexec

KUNIT=/sys/kernel/debug/kunit
PURE='check geometry list range'
IMAGES='lock arm reboot claim contents exec fault file kind load pages place policy refuse region
	room sysfs'
FILES='attempt timeline uki unpack vmlinux wrapped'
case $(uname -m) in
x86_64) OURS="$PURE $IMAGES $FILES digest dma grow measure oldmem pixels purgatory x86" ;;
aarch64) OURS="$PURE $IMAGES arm64" ;;
*) OURS=$PURE ;;	# of images nobody has made any there
esac

# ran SUITE: it has left results, and one at least is of a test that was not skipped
ran()
{
	grep -v '# SKIP' "$KUNIT/$1/results" | grep -Eq '^ +(not )?ok '
}

# left_out SUITE: by who wants a part of them only (rig/mutants)
left_out()
{
	filter=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^kunit\.filter_glob=//p')
	filter=${filter%%.*}	# of one test, its suite
	# shellcheck disable=SC2254 # it is a glob
	case $1 in ${filter:-*}) return 1 ;; esac
}

# They have run at boot; what came of it is in debugfs, a file a suite.
stage1()
{
	for results in "$KUNIT"/*/results; do
		ktap cat "$results"
	done
	for suite in $OURS; do
		left_out "kexec_$suite" || check "kexec_$suite has run" ran "kexec_$suite"
	done
	finish
}
