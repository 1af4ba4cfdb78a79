# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What every command of the rig starts with: where things are, one-line errors,
# and the Debian packages that the command needs.

RIG=$(cd "$(dirname "$0")" && pwd)
OUT=${OUT:-$(dirname "$RIG")/out}
export RIG OUT

die()
{
	echo "rig: $*" >&2
	exit 1
}

installed()
{
	case $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) in
	installed*) return 0 ;;
	esac
	return 1
}

# Runs apt-get as root, quietly, and waits for whoever holds its lock.
apt_install()
{
	as_root=
	[ "$(id -u)" = 0 ] || as_root='sudo -n'
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get \
		-qq -o DPkg::Lock::Timeout=600 -o APT::Update::Error-Mode=any "$@" \
		</dev/null >>"$OUT/packages.log" 2>&1
}

# need_packages NAME...: installs the named packages that are missing.
need_packages()
{
	command -v dpkg-query >/dev/null ||
		die "this needs a Debian machine (there is no dpkg-query here)"
	missing=
	for package in "$@"; do
		installed "$package" || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0

	mkdir -p "$OUT" || die "cannot create $OUT"
	echo "rig: installing$missing" >&2
	# shellcheck disable=SC2086 # one word a package
	apt_install install --no-install-recommends $missing ||
		{ apt_install update &&
		  apt_install install --no-install-recommends $missing; } ||
		die "cannot install$missing: $(tail -n 1 "$OUT/packages.log")"
}

# python MODULE ARGUMENT...: goes on in rig/lib/MODULE.py.
python()
{
	module=$1
	shift
	exec python3 -B "$RIG/lib/$module.py" "$@"
}

PACKAGES_TREE='python3-minimal python3 debian-archive-keyring dpkg rsync patch xz-utils git'
PACKAGES_BUILD="$PACKAGES_TREE gcc make flex bison bc libelf-dev libssl-dev openssl kmod cpio gawk"
PACKAGES_GUEST="$PACKAGES_BUILD qemu-system-x86 busybox-static kexec-tools makedumpfile libc6-dev"
PACKAGES_RUN="$PACKAGES_GUEST gdb"
PACKAGES_CLANG='clang-19 lld-19 llvm-19'
export PACKAGES_TREE PACKAGES_BUILD PACKAGES_GUEST PACKAGES_RUN PACKAGES_CLANG
