# SPDX-License-Identifier: GPL-2.0-only
"""The disk of a machine: a Debian, with its own kernel or ours, and a loader for UEFI.

mmdebstrap makes the root file system of the distribution's packages, with what is in
rig/guest/field laid over it; then field_root.sh installs a kernel in it as anybody would, by
apt, whose hooks make initrds and the loader's entries.  Kernels and loader are signed by a key
that a firmware may be told to believe (firmware.py).  A disk is made once, named after all that
it is made of, and no guest writes to it.  Nothing is mounted for it, and it takes no loop device.
"""

import hashlib
import pathlib
import shutil
import subprocess

import debian
import signing
from common import CACHE, OUT, RIG, RigError, lock, need_space, remove, say, shown
from initramfs import find_tool

SUITE, BACKPORTS, META = "trixie", "trixie-backports", "linux-image-cloud-amd64"
PACKAGES = ("systemd-sysv systemd-boot udev kmod initramfs-tools zstd e2fsprogs procps file "
            "kexec-tools kdump-tools makedumpfile bpftrace dracut-core").split()
NOT_UNPACKED = ("/usr/share/man/*", "/usr/share/locale/*", "/usr/share/doc/*")
OVERLAY, HOOK = RIG / "guest/field", RIG / "lib/field_root.sh"
# MiB: where the loader's partition and the root file system begin, and where the disk ends.
ESP, ROOT, END = 1, 513, 4608
MIB = 1 << 20


def run(*command, **more):
    """A program whose output matters only when it fails."""
    done = subprocess.run([find_tool(command[0]), *map(str, command[1:])], check=False,
                          capture_output=True, text=True, **more)
    if done.returncode:
        lines = (done.stderr + done.stdout).strip().splitlines()
        raise RigError(f"{command[0]}: {lines[-1] if lines else done.returncode}")
    return done.stdout


# ---- the root file system ----

def sources(*suites):
    """Lines that tell apt of releases."""
    return "".join(f"deb [signed-by={debian.KEYRING}] {debian.mirror()} {suite} main\n"
                   for suite in suites)


def make_root(root, packages):
    """A directory with it; what has been fetched for another one is not fetched again."""
    archives = CACHE / "field-archives"
    archives.mkdir(parents=True, exist_ok=True)
    kernel = packages or ["-t", BACKPORTS, META]
    run("mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory",
        "--skip=essential/unlink,cleanup/apt/cache",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in NOT_UNPACKED),
        '--setup-hook=mkdir -p "$1"/var/cache/apt/archives',
        f"--setup-hook=sync-in {archives} /var/cache/apt/archives",
        f"--include={','.join(PACKAGES)}",
        f"--customize-hook={HOOK} \"$1\" {OVERLAY} {' '.join(map(str, kernel))}",
        f"--customize-hook=sync-out /var/cache/apt/archives {archives}",
        '--customize-hook=rm -rf "$1"/var/cache/apt/archives',
        SUITE, root, "-", input=sources(SUITE, BACKPORTS))


def sign(root):
    """All that the firmware or a kernel is asked to believe."""
    esp = root / "boot/efi"
    for loader in [*esp.rglob("*.efi"), *esp.rglob("*.EFI")]:
        loader.write_bytes(signing.for_firmware(loader))
    for kernel in (root / "boot").glob("vmlinuz-*"):
        kernel.write_bytes(signing.for_firmware(kernel))
        for entry in esp.glob(f"*/{kernel.name.removeprefix('vmlinuz-')}/linux"):
            shutil.copy(kernel, entry)


# ---- the disk ----

def make_disk(disk, root):
    """Two partitions, made where they are in the file."""
    with open(disk, "wb") as file:
        file.truncate(END * MIB)
    run("sfdisk", "-q", disk, input=f"label: gpt\n"
        f"start={ESP}MiB, size={ROOT - ESP}MiB, type=uefi\n"
        f"start={ROOT}MiB, size={END - ROOT - 1}MiB, type=linux\n")
    esp = root / "boot/efi"
    run("mkfs.vfat", "-F", "32", "-n", "ESP", "--offset", ESP * MIB // 512, disk,
        (ROOT - ESP) << 10)
    run("mcopy", "-s", "-i", f"{disk}@@{ESP}M", *esp.iterdir(), "::/")
    for path in esp.iterdir():
        remove(path)
    run("mkfs.ext4", "-q", "-L", "rig", "-d", root, "-E",
        f"offset={ROOT * MIB},lazy_itable_init=1", disk, f"{END - ROOT - 1}M")


def digest(packages):
    """What names a disk: all that it is made of, but for the versions of the distribution's."""
    told = hashlib.sha256()
    files = [pathlib.Path(__file__), HOOK, signing.secure_boot(), *sorted(OVERLAY.rglob("*")), *packages]
    for path in files:
        told.update(path.name.encode() + b"\0")
        if path.is_file():
            told.update(hashlib.sha256(path.read_bytes()).digest())
    return told.hexdigest()[:16]


def get(name, packages):
    """The directory with a disk and what else is known of it, made when it is not there yet."""
    directory = OUT / "field" / f"{name}-{digest(packages)}"
    with lock(f"field-{name}"):
        if not (directory / "release").exists():
            need_space(4)
            say(f"making {shown(directory)}")
            for old in directory.parent.glob(f"{name}-*"):
                remove(old)
            directory.mkdir(parents=True)
            root = directory / "root"
            make_root(root, packages)
            sign(root)
            keep(directory, root)
            make_disk(directory / "disk", root)
            release = kernels(root)
            remove(root)
            (directory / "release").write_text(release, encoding="ascii")
    return directory


def kernels(root):
    """The release of the kernel, of which there is one."""
    found = [path.name.removeprefix("vmlinuz-") for path in (root / "boot").glob("vmlinuz-*")]
    if len(found) != 1:
        raise RigError(f"the packages installed {len(found)} kernels")
    return found[0]


def keep(directory, root):
    """What the host wants of it: the kernel, its initrd, its configuration."""
    for path in (root / "boot").iterdir():
        if path.is_file():
            shutil.copy(path, directory / path.name.partition("-")[0])
