#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Whether the loader can use a relocatable purgatory, and how large it is.
#
# usage: check.sh READELF OBJECT LIMIT
#
# Refuses, naming what it found: relocations other than relative ones (nothing
# in the purgatory needs an address at load time, so any other means that the
# compiler was given the wrong idea of where it runs); undefined symbols;
# sections that are both writable and executable; allocated sections that the
# linker script does not know; a missing or local symbol that the loader looks
# for, or one that it writes to in a section without contents; more than LIMIT
# bytes of code and data, the time line's page not counted.
set -eu
export LC_ALL=C

readelf=$1
object=$2
limit=$3

die()
{
	echo "$object: $*" >&2
	exit 1
}

# One line a section: index name type size flags
sections=$("$readelf" -SW "$object" |
	sed -n 's/^ *\[ *\([0-9]*\)\] *\([._a-zA-Z][^ ]*\) \(.*\)$/\1 \2 \3/p' |
	awk '{ print $1, $2, $3, $6, ($8 ~ /[A-Z]/ ? $8 : "-") }')
[ -n "$sections" ] || die "no sections"

# One line a symbol that has a name: bind section-index name
symbols=$("$readelf" -sW "$object" |
	awk '$1 ~ /^[0-9]+:$/ && NF >= 8 { print $5, $7, $8 }')

bad=$("$readelf" -rW "$object" |
	awk '$3 ~ /^R_/ && $3 !~ /^R_X86_64_(PC32|PLT32|NONE)$/ { print $3, $5 }')
[ -z "$bad" ] || die "relocation that is not relative:" "$bad"

bad=$(echo "$symbols" | awk '$2 == "UND" { print $3 }')
[ -z "$bad" ] || die "undefined:" "$bad"

bad=$(echo "$sections" | awk '$5 ~ /W/ && $5 ~ /X/ { print $2 }')
[ -z "$bad" ] || die "writable and executable:" "$bad"

bad=$(echo "$sections" |
	awk '$5 ~ /A/ && $2 !~ /^\.(text|rodata|data|timeline|bss)$/ { print $2 }')
[ -z "$bad" ] || die "section that purgatory.lds.S does not place:" "$bad"

for name in purgatory_start stack_end purgatory_digests entry64_regs purgatory_timeline; do
	index=$(echo "$symbols" |
		awk -v n="$name" '$1 == "GLOBAL" && $3 == n { print $2 }')
	[ -n "$index" ] || die "no global symbol $name"
	case $name in
	purgatory_digests|entry64_regs|purgatory_timeline)
		echo "$sections" |
		awk -v i="$index" '$1 == i && $3 == "PROGBITS" { found = 1 }
				   END { exit !found }' ||
			die "$name has no contents to write to"
		;;
	esac
done

size=0
for hex in $(echo "$sections" |
	awk '$5 ~ /A/ && $3 != "NOBITS" && $2 != ".timeline" { print $4 }')
do
	size=$((size + 0x$hex))
done
[ "$size" -le "$limit" ] || die "$size bytes of code and data, limit $limit"
echo "  SIZE    $object: $size of $limit bytes"
