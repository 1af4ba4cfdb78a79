# SPDX-License-Identifier: GPL-2.0-only
"""UEFI for a guest: OVMF, which comes as a package and is unpacked under out/cache.

With secure boot it knows one key, ours (signing.py), which virt-fw-vars writes into the file
that it keeps its variables in.
"""

import os
import subprocess

import debian
import signing
from common import OUT, RigError, lock

PACKAGE, FILES = "ovmf", "usr/share/OVMF"
# The machine's own release may have none.
SUITE, VARS_TOOL = "trixie", "python3-virt-firmware"
MAIN = "from virt.firmware.vars import main; main()"
OWNER = "5f0c3c1e-6a55-4c6e-9d0e-3f7d1b2a4e61"
# Only the firmware may change its variables, in a mode of the CPU's that is its own.
GUARDED = ("-machine", "smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on")


def directory():
    """Where its files are, once they have been fetched."""
    return debian.unpacked(PACKAGE) / FILES


def enrolled():
    """Its variables, with our key as the only one that it knows, and secure boot on."""
    key, target = signing.secure_boot(), OUT / "guests/secure-boot.vars"
    modules = debian.unpacked(VARS_TOOL, SUITE) / "usr/lib/python3/dist-packages"
    with lock("firmware"):
        done = subprocess.run(
            ["/usr/bin/python3", "-B", "-c", MAIN, "--secure-boot",
             "--input", directory() / "OVMF_VARS_4M.fd", "--output", target,
             *(word for option in ("--set-pk", "--add-kek", "--add-db")
               for word in (option, OWNER, f"{key}.cert"))],
            env={**os.environ, "PYTHONPATH": str(modules)}, capture_output=True, text=True,
            check=False)
    if done.returncode:
        raise RigError(f"virt-fw-vars: {done.stderr.strip().splitlines()[-1]}")
    return target


def words(secure=False):
    """For QEMU's command line; what the firmware remembers is forgotten with the guest."""
    code, variables = directory() / "OVMF_CODE_4M.fd", directory() / "OVMF_VARS_4M.fd"
    if secure:
        code, variables = directory() / "OVMF_CODE_4M.secboot.fd", enrolled()
    return ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={code}",
            "-drive", f"if=pflash,unit=1,format=raw,snapshot=on,file={variables}",
            *(GUARDED if secure else ())]
