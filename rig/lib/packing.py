# SPDX-License-Identifier: GPL-2.0-only
"""What is packed in a bzImage: taken out, and packed again by another compressor."""

import gzip
import lzma
import pathlib
import struct
import subprocess

import arch
from common import RigError
from initramfs import find_tool

# Fields of the setup header, Documentation/arch/x86/boot.rst.
SETUP_SECTS, SYSSIZE, PAYLOAD, PREF_ADDRESS = 0x1f1, 0x1f4, 0x248, 0x258

# Where the initramfs has such a kernel.
NAME = "boot/packed"

# Who loads other kernels than that as they are (CONFIG_KEXEC_UNWRAP).
PACKED_AS_FILES = ("arm64", "riscv64")


def run(command, data):
    done = subprocess.run([find_tool(command[0]), *command[1:]], input=data,
                          capture_output=True, check=False)
    if done.returncode:
        raise RigError(f"{command[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


# ---- taken out ----

UNPACK = {
    b"\x1f\x8b": lambda data: run(["sh", "-c", "gzip -dc 2>/dev/null || [ $? = 2 ]"], data),
    b"\xfd7zXZ\0": lambda data: lzma.LZMADecompressor().decompress(data),
    b"\x28\xb5\x2f\xfd": lambda data: run(["sh", "-c", "zstd -dc 2>/dev/null || true"], data),
    b"\x02\x21\x4c\x18": lambda data: run(["lz4", "-dc"], data[:-4]),
}


def protected_mode(data):
    """Where the part of a bzImage begins that its fields count from."""
    return ((data[SETUP_SECTS] or 4) + 1) * 512


def unpacked(bzimage):
    """The ELF file and relocations in a bzImage, and the address it is linked for."""
    data = pathlib.Path(bzimage).read_bytes()
    offset, length = struct.unpack_from("<II", data, PAYLOAD)
    payload = data[protected_mode(data) + offset:][:length]
    for magic, unpack in UNPACK.items():
        if payload.startswith(magic):
            return unpack(payload), *struct.unpack_from("<Q", data, PREF_ADDRESS)
    raise RigError(f"{bzimage}: a payload that begins with {payload[:4].hex()} is not known")


def contents(bzimage):
    """How many bytes of memory, from its base, a kernel's file says something about."""
    file, base = unpacked(bzimage)
    start, = struct.unpack_from("<Q", file, 32)
    count, = struct.unpack_from("<H", file, 56)
    phdrs = [struct.unpack_from("<IIQQQQQQ", file, start + 56 * i) for i in range(count)]
    return max(phdr[4] + phdr[5] for phdr in phdrs if phdr[0] == 1 and phdr[5]) - base


# ---- packed ----

def sized(packed, size):
    """With its size behind it, as the decompressors want to have it."""
    return packed + struct.pack("<I", size)


def xz(data, x86):
    lzma2 = {"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 20}
    return lzma.compress(data, lzma.FORMAT_XZ, lzma.CHECK_CRC32,
                         filters=[{"id": lzma.FILTER_X86}] * x86 + [lzma2])


# As the kernel's build has them, if not as small.
PACK = {
    "gzip": lambda data: run(["gzip", "-n", "-9"], data),
    "xz": lambda data: sized(xz(data, False), len(data)),
    "xz-x86": lambda data: sized(xz(data, True), len(data)),
    "zstd": lambda data: sized(run(["zstd", "-10", "-c", "-q"], data), len(data)),
    "zstd-fast": lambda data: sized(run(["zstd", "-1", "-c", "-q", "--no-check"], data), len(data)),
    "lz4": lambda data: sized(run(["lz4", "-l", "-9", "-c", "-q"], data), len(data)),
    "lzo": lambda data: sized(run(["lzop", "-6", "-c"], data), len(data)),
}


def by_all(data):
    """Names to payloads."""
    return {name: pack(data) for name, pack in PACK.items()}


def elf_end(file):
    """Where the relocations begin behind an ELF file, whose last part are its headers."""
    start, = struct.unpack_from("<Q", file, 40)
    size, count = struct.unpack_from("<HH", file, 58)
    return start + size * count


def not_packed(bzimage, name):
    """The kernel in a bzImage as the linker made it, with its relocations or without."""
    file = unpacked(bzimage)[0]
    return file if name == "elf-relocs" else file[:elf_end(file)]


def packed_by(bzimage, name):
    """A bzImage with another payload, put behind all that there is.

    The decompressor in front is still the one for the old payload and can make nothing
    of it: such a kernel runs if it is entered directly, or not at all.
    """
    if name.startswith("elf"):
        return not_packed(bzimage, name)
    data = bytearray(pathlib.Path(bzimage).read_bytes())
    payload = PACK[name](unpacked(bzimage)[0])
    data += bytes(-len(data) % 16)
    start = protected_mode(data)
    struct.pack_into("<II", data, PAYLOAD, len(data) - start, len(payload))
    data += payload + bytes(-len(payload) % 16)
    struct.pack_into("<I", data, SYSSIZE, (len(data) - start) // 16)
    return bytes(data)


def for_guest(bzimage, names):
    """A kernel packed by each of these compressors: the files inside the guest.

    Other architectures have kernels that are compressed as files are, by gzip, or not at all.
    """
    if arch.NAME in PACKED_AS_FILES:
        return {NAME: gzip.compress(bzimage.read_bytes(), 1, mtime=0)}
    if arch.is_foreign():
        return {NAME: bzimage.read_bytes()}
    if len(names) == 1:
        return {NAME: packed_by(bzimage, names[0])}
    return {f"{NAME}.{name}": packed_by(bzimage, name) for name in names}
