# SPDX-License-Identifier: GPL-2.0-only
"""The suite field: a case in a Debian on a disk, started by UEFI and its loader.

What is tested is a kernel that was installed as a package: ours, of rig/deb, or with --stock
Debian's own of the same version (field_disk.py makes the disk of either).  systemd starts the
stage of a case when all else is up (rig/guest/field).  The case, and what it needs, is on a
second drive, which is a tar archive; results leave by the same port as any guest's.
"""

import collections
import io
import pathlib
import tarfile

import debian
import field_disk
import firmware
import guest
import initramfs
import kbuild
import ktap
import packaged_drgn
import postmortem
import prebuilt
import signing
import uki
from common import CACHE, OUT, RIG, STOCK, RigError, lock, replacing, say, shown
from timing import Clock

SUITE = "field"
# Programs of ours, and busybox for what the scripts have of it and Debian has not.
PROGRAMS = ("kx",)
UKI_CMDLINE = "root=LABEL=rig ro console=ttyS0 no_timer_check crashkernel=320M rig.own=yes"
FROM_UKI = "rig: the initrd of a unified kernel image"
# What a machine is given: its disk, and names on its second drive to paths or contents.
Media = collections.namedtuple("Media", "disk files")
# What is no part of an installed kernel.
NOT_INSTALLED = ("-dbg_", "linux-headers-", "linux-libc-dev_")


class Kernel(collections.namedtuple("Kernel", "name directory packages")):
    """A kernel on its disk; stands in for a kbuild.Build."""

    @property
    def disk(self):
        return self.directory / "disk"

    @property
    def image(self):
        return self.directory / "vmlinuz"

    @property
    def module(self):
        return self.directory / "no module"

    @property
    def vmlinux(self):
        """With what a debugger wants to know; of Debian's there is none here."""
        return self.packages[0].parent / "build/vmlinux" if self.packages else None

    @property
    def tree(self):
        return OUT / "tree/ours"

    @property
    def release(self):
        return (self.directory / "release").read_text(encoding="ascii")

    def option(self, name):
        """The value of a CONFIG_ option, "n" when it is not set."""
        return kbuild.read_options([self.directory / "config"]).get(name, "n")


def packages():
    """Those that rig/deb has made, of the whole configuration if there are."""
    for kind in ("full", "quick"):
        found = [path for path in sorted((OUT / "deb" / kind).glob("linux-image-*.deb"))
                 if not any(part in path.name for part in NOT_INSTALLED)]
        if found:
            return found
    raise RigError(f"there is no package in {shown(OUT / 'deb')}: run rig/deb --quick, "
                   "or this with --stock")


def kernel(stock=STOCK):
    """What is tested, on its disk; or Debian's own."""
    name = "stock-field" if stock else "field"
    installed = [] if stock else packages()
    return Kernel(name, field_disk.get(name, installed), installed)


# ---- the guest ----

def media(case, build):
    """What a case's machine is given; it may begin with Debian's own kernel."""
    begins = kernel(stock=True) if case.settings.get("disk") == "debian" else build
    return Media(begins.disk, files(case, build))


def files(case, build):
    """What a case finds on the second drive."""
    programs = {path.name: path for path in initramfs.compile_programs()}
    found = {f"rig/bin/{name}": programs[name] for name in PROGRAMS}
    for name in ("busybox", "usleep"):
        found[f"rig/bin/{name}"] = initramfs.find_tool("busybox")
    for name in ("lib.sh", "field.sh"):
        found[f"rig/{name}"] = RIG / "guest" / name
    found[f"rig/cases/{case.suite}/{case.script}"] = RIG / f"cases/{case.suite}/{case.script}.sh"
    for name in filter(None, case.settings.get("holds", "").split(",")):
        found |= HOLDS[name](build)
    return found


def foreign(build):
    """Kernels that no firmware believes."""
    return {"rig/unsigned": signing.without_signature(build.image),
            "rig/signed-by-stranger": signing.for_firmware(build.image, signing.stranger())}


def unified(build):
    """The kernel with its initrd and a command line in one file; the initrd's last word tells
    the log of the next kernel that it was this one."""
    last = initramfs.Archive()
    last.file("conf/conf.d/rig", f"echo '{FROM_UKI}' >/dev/kmsg\n".encode())
    initrd = (build.directory / "initrd.img").read_bytes()
    target = OUT / "guests" / f"uki-{build.name}"
    uki.of_stub(target, {
        ".osrel": b"ID=rig\n", ".cmdline": UKI_CMDLINE.encode() + b"\n",
        # another archive begins at a multiple of four bytes
        ".initrd": initrd + bytes(-len(initrd) % 4) + last.bytes(),
        ".linux": build.image.read_bytes()})
    return {"rig/uki-unsigned": target.read_bytes(), "rig/uki": signing.for_firmware(target)}


def of_ours(build):
    """Its packages, to be installed."""
    return {f"rig/packages/{path.name}": path for path in build.packages}


def of_release(_build):
    """That of the kernel which the release came with, years before ours."""
    directory = CACHE / f"field-kernel-{field_disk.SUITE}"
    with lock(directory.name):
        if not directory.is_dir():
            with replacing(directory) as scratch:
                _, names = prebuilt.packages(field_disk.SUITE, field_disk.META)
                scratch.mkdir()
                for path in debian.fetch(field_disk.SUITE, *names):
                    path.rename(scratch / path.name)
    return {f"rig/packages/{path.name}": path for path in directory.iterdir()}


HOLDS = {"foreign": foreign, "unified": unified, "packages": of_ours, "older": of_release}


def write_drive(path, contents):
    """An archive whose files anybody may execute."""
    with tarfile.open(path, "w") as archive:
        for name, content in contents.items():
            data = content if isinstance(content, bytes) else pathlib.Path(content).read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755
            archive.addfile(entry, io.BytesIO(data))


class Guest(guest.Guest):
    """A machine with a disk; where others have a ramdisk it has its media."""

    def boots(self):
        disk, contents = self.ramdisk
        drive = self.directory / "drive"
        write_drive(drive, {**contents, "rig/cmdline": self.cmdline.encode() + b"\n"})
        return ["-drive", f"if=none,id=disk,format=raw,snapshot=on,file={disk}",
                "-device", "virtio-blk-pci,drive=disk,bootindex=0",
                "-drive", f"if=none,id=case,format=raw,readonly=on,file={drive}",
                "-device", "virtio-blk-pci,drive=case,serial=rig",
                "-action", "reboot=reset", *firmware.words(self.machine.firmware == "secure")]


# ---- what comes of it ----

def results(case, build, outcome):
    """What the host finds in the dump that a case sent, if it is to send one."""
    tell_downtimes(case, outcome)
    if not outcome.ended:
        return []
    return [ktap.Result(name.format(case.settings[setting]), *opened(look, case, build, outcome))
            for setting, (name, look) in LOOKS.items() if setting in case.settings]


def opened(look, case, build, outcome):
    """Status and detail of a look at the dump."""
    if not (build.vmlinux and build.vmlinux.exists()):
        return ktap.SKIP, "the build that knows its symbols is not here"
    try:
        wrong = look(case, build, postmortem.rearrange(outcome.data, outcome.directory / "dump"))
    except (RigError, OSError) as error:
        wrong = str(error)
    return (ktap.FAIL, wrong) if wrong else (ktap.PASS, "")


def by_gdb(case, build, dump):
    """What is wrong with the stack of the task that panicked."""
    stacks, _ = postmortem.stacks(dump, build)
    return "" if postmortem.on_stack(stacks[0], case.settings["dump_stack"]) \
        else str(stacks[0].frames)


def by_drgn(case, build, dump):
    """What is wrong with drgn's answers."""
    said = packaged_drgn.answers(dump, build.vmlinux)
    return "" if said == {"release": build.release, "comm": case.settings["dump_comm"]} \
        else str(said)


# Settings of a case that has sent a dump: what is looked for in it.
LOOKS = {"dump_stack": ("gdb: the stack of the task that panicked has {}", by_gdb),
         "dump_comm": ("drgn: it is a dump of this kernel, in which {} panicked", by_drgn)}


def downtimes(lines):
    """Of each reboot that a mark was made before: which it is, the seconds from there to the
    next kernel's clock, and to systemd's first line, which that kernel tells the time of."""
    clock = Clock(lines)
    told = dict(line.text.split(" ", 1) for line in lines if line.verb == "val")
    for number, marks in enumerate(clock.kernels[:-1]):
        for name in marks:
            if name.startswith("reboot-"):
                seconds = clock.start(number + 1) - clock.at(number, name)
                yield (name.removeprefix("reboot-"), seconds,
                       seconds + float(told[f"systemd-{number + 2}"]))


def tell_downtimes(case, outcome):
    """Figures are no verdicts: they depend on the machine."""
    if outcome.ended and any(line.text.startswith("reboot-") for line in outcome.of("mark")):
        for name, kernel_up, systemd_up in downtimes(outcome.lines):
            say(f"{case.name}: {name}: {kernel_up:.2f} s from the reboot call to the next "
                f"kernel's clock, {systemd_up:.2f} s to systemd's first line")
