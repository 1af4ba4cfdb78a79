# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: poisoned pages are part of no image, and neither the crash kernel nor the dump touches them
# guest: memory=1G cpus=2 append="crashkernel=256M"
# needs: CONFIG_MEMORY_FAILURE
# plan: 39
# variant kexec_file_load: CALL=-s
# variant kexec_load: CALL=-c plan=35
# stock: skip O28: it takes them as destinations, and reads them
# console: allow Memory failure:

MAP=/sys/kernel/debug/kexec/map
TEXT=was-poisoned

# In software there is no other way to poison a page that the kernel cannot do without,
# and it says that it could not help the page.
poison_anyway()
{
	echo "$1" >/sys/devices/system/memory/hard_offline_page
	shows "$1" ', in the crash region'
}

# shows ADDRESS TEXT: the map says that the page there is poisoned
shows()
{
	grep -x "poisoned \\[mem $(printf '%#014x-%#014x' "$1" $(($1 + 4095)))\\]$2" $MAP
}

# keeps_off ADDRESS: no segment of what is loaded has that page
keeps_off()
{
	is_one_or_more "$(grep -c 'bytes, ' $MAP)" &&
		! shows "$1" ', in the .* image.*' &&
		sed -n 's/^ *[0-9]* \[mem \(0x[0-9a-f]*\)-\(0x[0-9a-f]*\)\] .*/\1 \2/p' $MAP |
		while read -r first last; do
			[ $(($1)) -lt $((first)) ] || [ $(($1)) -gt $((last)) ] || {
				echo "$first-$last has $1"
				return 1
			}
		done
}

is_one_or_more()
{
	test "$1" -gt 0
}

said()
{
	dmesg | grep -F "$1"
}

region_start()
{
	sed -n 's/^ *\([0-9a-f]*\)-.* : Crash kernel$/0x\1/p' /proc/iomem
}

unpoison()
{
	echo $(($1 >> 12)) >/sys/kernel/debug/hwpoison/unpoison-pfn
}

stage1()
{
	check "no page is poisoned" fails grep poisoned $MAP
	middle=$(printf '%#x' $(($(region_start) + (128 << 20))))
	check "a page of the region goes bad" poison_anyway "$middle"
	# where the first segments would go: kexec-tools do not know that they cannot
	first=$(printf '%#x' $(($(region_start) + 0x3000)))
	[ "$CALL" != -s ] || check "so does one that would be in use" poison_anyway "$first"
	check "kexec_load onto it is refused" refused EADDRNOTAVAIL kx load crash "$middle" 1
	check "the log says why" said "the page at $middle is poisoned"
	check "so it is where only the last page is bad" \
		refused EADDRNOTAVAIL kx load crash $((middle - 8192)) 3
	check "beside it an image loads" kx load crash $((middle + 4096)) 1
	check "it unloads" kx unload crash

	pages=$(poison page $TEXT)
	bad=${pages% *}
	check "a page of a process goes bad" shows "$bad" ''
	check "a reboot image there is refused" refused EADDRNOTAVAIL kx load "$bad" 1
	check "the log says why there, too" said "the page at $bad is poisoned"
	check "a reboot image loads" kx file-load /boot/bzImage /boot/initrd "$(next_cmdline 2)"
	check "it keeps off that page" keeps_off "$bad"
	check "it unloads again" kx unload

	well=$(poison page $TEXT)
	well=${well% *}
	check "another one goes bad" shows "$well" ''
	check "and is well again" unpoison "$well"
	check "the map knows" fails shows "$well" '.*'

	check "a crash image loads" arm "$CALL" "rig.bad=$bad" "rig.other=${pages#* }" \
		"rig.first=$first" "rig.middle=$middle"
	check "it keeps off the page" keeps_off "$middle"
	[ "$CALL" != -s ] || check "and off the other" keeps_off "$first"
	crash
}

# has_no_memory ADDRESS: this kernel knows of none there
has_no_memory()
{
	sed -n 's/^\([0-9a-f]*\)-\([0-9a-f]*\) : System RAM$/0x\1 0x\2/p' /proc/iomem |
		while read -r first last; do
			[ $(($1)) -lt $((first)) ] || [ $(($1)) -gt $((last)) ] || return 1
		done
}

dump_has()
{
	text=$(poison dump "$1")
	[ "$text" = "$2" ] || {
		echo "$text"
		return 1
	}
}

are_told()
{
	test "$(dmesg | grep -c "kexec: dump: $1 pages were poisoned when the kernel crashed")" = 1
}

stage2()
{
	check "one line tells of them" are_told "$([ "$CALL" = -s ] && echo 3 || echo 2)"
	check "the dump has zeros in place of the page" dump_has "$(argument bad)" "zeros zeros"
	check "it has the page beside it" dump_has "$(argument other)" "$TEXT $TEXT"
	# kexec-tools tell the crash kernel of its memory themselves
	[ "$CALL" != -s ] || {
		check "this kernel has no memory at the first" has_no_memory "$(argument first)"
		check "this kernel has no memory at the second" has_no_memory "$(argument middle)"
	}
	dump_is_whole
	finish
}
