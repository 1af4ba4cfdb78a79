# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Asks for crash regions in COUNT states of memory, random ones from SEED on; or, with no
# COUNT, says how large the region is that was reserved at boot.

stage1()
{
	[ -n "$COUNT" ] || {
		report "val reserved $(region_bytes)"
		finish
	}
	words=$(echo "$SIZES" | tr + ' ')
	# shellcheck disable=SC2086 # several words
	states "$SEED" "$COUNT" $words | while read -r begun state mib rest; do
		report "val $begun-$state-$mib $rest"
	done
	finish
}
