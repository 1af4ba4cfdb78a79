# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Makes user programs of a purgatory's own objects.  Sourced by test and bench.

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
OUT=${OUT:-$top/out}

# What purgatory.ro is linked from, in the Makefile's order.
# shellcheck disable=SC2034 # for those that source this
PURGATORY="entry purgatory digest console pixels reset sha256 sha256-ni-asm string"

die()
{
	echo "$(basename "$0"): $*" >&2
	exit 1
}

# objects DIR: the purgatory's objects in build directory DIR, or in DIR itself
objects()
{
	for dir in "$1/arch/x86/purgatory" "$1"; do
		if [ -e "$dir/purgatory.ro" ]; then
			echo "$dir"
			return
		fi
	done
	die "no purgatory.ro in $1: build the kernel, or its arch/x86/purgatory/"
}

# one_object RESULT DIR NAME...: links objects of DIR into one
one_object()
{
	result=$1
	dir=$2
	shift 2
	(cd "$dir" && ld -r -z noexecstack -o "$result" "$@")
}

# link_ours DIR: $work/ours.o, of which only what is tested can be seen
link_ours()
{
	one_object "$work/ours.o" "$1" digest.o sha256.o sha256-ni-asm.o string.o
	objcopy --redefine-sym warn=purgatory_warn "$work/ours.o"
	set -- digests_check digests_readable sha256_pair
	for name in memcpy memmove memset memcmp; do
		objcopy --redefine-sym "$name=purgatory_$name" "$work/ours.o"
		set -- "$@" "purgatory_$name"
	done
	for name; do
		objcopy --globalize-symbol="$name" "$work/ours.o"
	done
	keep_global "$work/ours.o" "$@"
}

# link_stock DIR: $work/stock.o, the whole check of a stock purgatory
link_stock()
{
	one_object "$work/stock.o" "$1" purgatory.o sha256.o string.o
	objcopy --redefine-sym purgatory=stock_purgatory \
		--redefine-sym purgatory_sha_regions=stock_sha_regions \
		--redefine-sym purgatory_sha256_digest=stock_sha256_digest \
		"$work/stock.o"
	keep_global "$work/stock.o" stock_purgatory stock_sha_regions \
		stock_sha256_digest
}

# keep_global OBJECT NAME...: no other symbol can be seen from outside
keep_global()
{
	object=$1
	shift
	for name; do
		printf '%s\n' "$name"
	done >"$object.keep"
	objcopy --keep-global-symbols="$object.keep" "$object"
}

# program NAME DIR OBJECT...: $work/NAME from NAME.c and a purgatory in DIR
program()
{
	name=$1
	dir=$2
	shift 2
	size=$(nm -S "$dir/purgatory.o" | awk '$4 == "purgatory_digests" { print $2 }')
	[ -n "$size" ] || die "$dir has no purgatory_digests: is it ours?"
	gcc -O2 -g -Wall -Wextra -Wno-deprecated-declarations -Wno-format \
		-Wno-missing-field-initializers \
		-z noexecstack -DDIGESTS_SIZE="0x$size" \
		-I "$here/shim" -I "$top/include" -I "$top/arch/x86/purgatory" \
		-o "$work/$name" "$here/$name.c" "$here/image.c" "$@" -lcrypto
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
