# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What every program of the rig's starts with that is a script: where things are,
# one-line errors, the Debian packages that it needs, lines of TAP.  Whoever sources
# this has set RIG.

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

# verdict NAME COMMAND...: a line of TAP, whether COMMAND succeeds; what it prints comes before
NUMBER=0
verdict()
{
	name=$1
	shift
	NUMBER=$((NUMBER + 1))
	word=ok
	"$@" || word="not ok"
	echo "$word $NUMBER $name"
}

# scratch: a directory of its own that goes with the program, as DIRECTORY
scratch()
{
	DIRECTORY=$(mktemp -d) || die "cannot create a directory"
	trap 'rm -rf "$DIRECTORY"' EXIT
}
