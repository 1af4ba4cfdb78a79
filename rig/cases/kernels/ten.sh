# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# what: ten kernels in a row, ours by each compressor and the distribution's, each loaded by the one before
# guest: memory=2G cpus=2 timeout=900 packed=xz,zstd,lz4,lzo prebuilt=backports,bookworm,trixie WANT=random
# plan: 37
# stock: skip it has no direct entry

# What is packed anew can only be entered directly (rig/lib/packing.py), which the
# distribution's kernels do not do.

# shellcheck source=rig/cases/e2e/direct.sh
. /rig/cases/e2e/direct

# nth N: what kernel N loads
nth()
{
	number=$1
	set -- packed.xz debian.backports bzImage packed.zstd debian.bookworm \
		bzImage packed.lz4 debian.trixie bzImage packed.lzo
	shift $((number - 1))
	echo "$1"
}

is_ours()
{
	case $(uname -r) in
	*-amd64) return 1 ;;
	esac
}

arrived()
{
	NEXT=$(nth $((STAGE - 1)))
	check "kernel $STAGE is $NEXT" is_next_kernel
	check "kernel $STAGE: the content has arrived" content_intact
}

hop()
{
	[ "$STAGE" = 1 ] || arrived
	file=$(nth "$STAGE")
	make_initrd /tmp/initrd 4 boot
	# The distribution's older ones have no such flag.
	is_ours && flag=debug || flag=
	check "kernel $STAGE: it loads $file" kx file-load "/boot/$file" /tmp/initrd \
		"$(next_cmdline $((STAGE + 1)) "rig.content=$(content_sum)")" ${flag:+"$flag"}
	! is_ours || check "kernel $STAGE: $file is entered as it should be" logged
	kx reboot
}

for number in $(seq 10); do
	eval "stage$number() { hop; }"
done

stage11()
{
	arrived
	finish
}
