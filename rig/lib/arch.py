# SPDX-License-Identifier: GPL-2.0-only
"""The architectures of guests, and what the rig has to know of each.

The machine that the rig runs on is an x86 one: for x86 it takes what is installed here,
for another one a cross compiler, QEMU's other programs, and packages of the distribution's
for that architecture, which are unpacked beside (foreign.py) and not installed.
"""

import collections
import os

from common import RigError

Architecture = collections.namedtuple("Architecture", (
    "kernel",       # the kernel's ARCH, nothing for the host's own
    "cross",        # what the names of the compiler and its tools begin with
    "image",        # the kernel that is booted and loaded, below the build directory
    "qemu",         # QEMU's program
    "machine",      # and its -machine
    "cpu",          # and its -cpu
    "counted",      # what the CPU has to lack where instructions are counted
    "ports",        # the device with the ports of the results
    "console",      # the serial port that is a kernel's console
    "words",        # for every kernel's command line
    "early",        # for one whose console is that port
    "debian",       # the distribution's name of it, nothing for the host's own
    "suite",        # and whose packages, where the host's release has none
    "packages",     # what has to be installed here for guests of it
    "terminal"),    # the device that is the kernel's console in place of the serial port
    defaults=((),))

TABLE = {
    "x86": Architecture(
        kernel="", cross="", image="arch/x86/boot/bzImage",
        qemu="qemu-system-x86_64", machine="q35", cpu="max",
        ports="virtio-serial-pci", console="ttyS0",
        # Each instruction does about as much as another: none copies by single bytes, as the
        # kernel has it where CPUs are said to be good at that (later versions of QEMU say
        # so), and none by a dozen words, as memcpy() has it with AVX.
        counted=",erms=off,fsrm=off,avx=off,avx2=off",
        # Else the first kernel of a guest panics if ten ticks of its timer do not come in
        # the time that ten ticks take, which on a busy machine they do not.
        words="no_timer_check", early="earlyprintk=ttyS0,115200",
        debian="", suite="", packages=()),
    "arm64": Architecture(
        kernel="arm64", cross="aarch64-linux-gnu-", image="arch/arm64/boot/Image",
        # Pointer authentication, which later CPUs have, costs more than all the rest.
        # An ITS goes on using its tables in memory after the reboot, which only EFI can tell
        # the next kernel of; this machine has none.
        qemu="qemu-system-aarch64", machine="virt,gic-version=3,its=off", cpu="cortex-a57",
        counted="", ports="virtio-serial-pci", console="ttyAMA0", words="", early="earlycon",
        debian="arm64", suite="", packages=("gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross",
                                            "qemu-system-arm")),
    "riscv64": Architecture(
        kernel="riscv", cross="riscv64-linux-gnu-", image="arch/riscv/boot/Image",
        qemu="qemu-system-riscv64", machine="virt", cpu="rv64",
        counted="", ports="virtio-serial-pci", console="ttyS0", words="", early="earlycon",
        # The first kexec-tools for it are later than any release so far.
        debian="riscv64", suite="sid", packages=("gcc-riscv64-linux-gnu", "libc6-dev-riscv64-cross",
                                                 "qemu-system-misc", "opensbi")),
    "s390x": Architecture(
        kernel="s390", cross="s390x-linux-gnu-", image="arch/s390/boot/bzImage",
        qemu="qemu-system-s390x", machine="s390-ccw-virtio", cpu="max",
        counted="", ports="virtio-serial-ccw", console="hvc0", words="", early="earlyprintk",
        debian="s390x", suite="", packages=("gcc-s390x-linux-gnu", "libc6-dev-s390x-cross",
                                            "qemu-system-misc"),
        # The serial port's driver keeps lines for a while, and who dumps does not wait for it.
        terminal=("virtio-serial-ccw,id=terminal", "virtconsole,bus=terminal.0,chardev=console")),
    "ppc64le": Architecture(
        kernel="powerpc", cross="powerpc64le-linux-gnu-", image="vmlinux",
        # Of protections that the emulator has none of it would complain.
        qemu="qemu-system-ppc64", cpu="power9",
        machine="pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off",
        counted="", ports="virtio-serial-pci", console="hvc0", words="", early="",
        debian="ppc64el", suite="", packages=("gcc-powerpc64le-linux-gnu",
                                              "libc6-dev-ppc64el-cross", "qemu-system-ppc")),
}
DEFAULT = "x86"
NAME = os.environ.get("RIG_ARCH") or DEFAULT


def named(name):
    """What is known of an architecture."""
    if name not in TABLE:
        raise RigError(f"no such architecture: {name} ({', '.join(TABLE)})")
    return TABLE[name]


def guests():
    """That of the guests."""
    return named(NAME)


def is_foreign():
    """Whether programs for the guests do not run here."""
    return bool(guests().debian)


def apart(name):
    """The name of something made for guests, which each architecture has one of."""
    return name if NAME == DEFAULT else f"{name}-{NAME}"


def make_settings():
    """What the kernel's make is told."""
    arch = guests()
    return [f"ARCH={arch.kernel}", f"CROSS_COMPILE={arch.cross}"] if arch.kernel else []
