#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# field_root.sh ROOT OVERLAY WORD...: the last steps to the root file system of a machine, as a
# hook of mmdebstrap's: what is laid over the packages, the loader, and a kernel, by apt, for
# which WORDs are what to install, or packages that lie here; and another initrd, dracut's.

set -e
root=$1
overlay=$2
shift 2

inside()
{
	# The loader's partition is a directory as yet.
	chroot "$root" env SYSTEMD_RELAX_ESP_CHECKS=1 SYSTEMD_ESP_PATH=/boot/efi \
		BOOT_MNT=/boot/efi LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"
}

cp -a "$overlay/." "$root"
mkdir "$root/run/rig"
# A hook of kdump-tools' makes no initrd in a chroot; here it shall.
printf '#!/bin/sh\nexit 1\n' >"$root/run/rig/ischroot"
chmod 755 "$root/run/rig/ischroot"
inside bootctl install --no-variables
for word; do
	shift
	if [ -f "$word" ]; then
		cp "$word" "$root/run/rig"
		word=/run/rig/${word##*/}
	fi
	set -- "$@" "$word"
done
inside apt-get -q -y -o "DPkg::Path=/run/rig:$PATH" --no-install-recommends install "$@"
# Without this kdump-config would make the crash kernel's initrd again at the first boot.
for initrd in "$root"/var/lib/kdump/initrd.img-*; do
	cp "$root/etc/kdump/sysctl.conf" "${initrd%/*}/latest_sysctls-${initrd##*/initrd.img-}"
done
rm -r "$root/run/rig"
for kernel in "$root"/boot/vmlinuz-*; do
	release=${kernel##*/vmlinuz-}
	# The loader's entry keeps the initrd that it has.
	inside NO_POST_UPDATE_HOOKS=yes dracut -q --no-hostonly --no-hostonly-cmdline \
		--compress "zstd -1" --add-drivers "virtio_pci virtio_blk ext4" \
		"/boot/dracut.img-$release" "$release"
done
# systemd would do again at the first boot what the packages' scripts have done.
inside touch -d "now + 1 hour" /etc/.updated /var/.updated
