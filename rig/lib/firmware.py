# SPDX-License-Identifier: GPL-2.0-only
"""UEFI for a guest: OVMF, which comes as a package and is unpacked under out/cache."""

import debian

PACKAGE, FILES = "ovmf", "usr/share/OVMF"


def directory():
    """Where its files are, once they have been fetched."""
    return debian.unpacked(PACKAGE) / FILES


def words():
    """For QEMU's command line; what the firmware remembers is forgotten with the guest."""
    files = directory()
    return ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={files}/OVMF_CODE_4M.fd",
            "-drive", f"if=pflash,unit=1,format=raw,snapshot=on,file={files}/OVMF_VARS_4M.fd"]
