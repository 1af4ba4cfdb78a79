# SPDX-License-Identifier: GPL-2.0-only
"""Unified kernel images: made of the distribution's stub, put together by hand, damaged.

For guests, objcopy puts sections behind those of systemd's stub, as whoever builds such
images does; the stub comes as a package and is unpacked under out/cache, and so does systemd's
own tool for that.  The fuzzers begin with small ones that are written here, byte by byte.
Damage is done to the headers of either.
"""

import functools
import gzip
import hashlib
import pathlib
import struct
import os
import subprocess
import sys
import threading

import debian
import guest
import initramfs
import packing
import signing
from common import OUT, RigError
from initramfs import find_tool

PACKAGE, STUB = "systemd-boot-efi", "usr/lib/systemd/boot/efi/linuxx64.efi.stub"
# The machine's own release may have none.
SUITE, UKIFY, UKIFY_NEEDS = "trixie", "systemd-ukify", "python3-pefile"
DOS, PE, OPTIONAL, SECTION = 0x40, 24, 112, struct.Struct("<8sIIIIIIHHI")
DIRS, ALIGNED = 6, 512


# ---- the headers of one that is there ----

class Headers:
    """The sections' headers of a PE file, to be changed."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.pe, = struct.unpack_from("<I", data, 0x3c)
        self.nr, = struct.unpack_from("<H", data, self.pe + 6)
        optional, = struct.unpack_from("<H", data, self.pe + 20)
        self.table = self.pe + PE + optional

    def header(self, index):
        return list(SECTION.unpack_from(self.data, self.table + index * SECTION.size))

    def find(self, name):
        return next(index for index in range(self.nr)
                    if self.header(index)[0].rstrip(b"\0") == name.encode())

    def change(self, section, **fields):
        """name, size (in memory), raw_size, raw_at: of a section's header."""
        index = self.find(section)
        header = self.header(index)
        for field, value in fields.items():
            header[("name", "size", "at", "raw_size", "raw_at").index(field)] = value
        SECTION.pack_into(self.data, self.table + index * SECTION.size, *header)
        return self

    def raw_at(self, name):
        return self.header(self.find(name))[4]

    def bytes(self):
        return bytes(self.data)


def damaged(data):
    """Names to images that are to be refused, each with one thing wrong."""
    def changed(section, **fields):
        return Headers(data).change(section, **fields).bytes()

    initrd = Headers(data).raw_at(".initrd")
    return {
        "duplicate": changed(".osrel", name=b".linux"),
        "overlap": changed(".cmdline", raw_at=initrd),
        "truncated": data[:len(data) // 2],
        "beyond": changed(".cmdline", raw_at=len(data)),
        "huge": changed(".cmdline", raw_size=0xffffffff),
        "larger": changed(".cmdline", size=0x7fffffff),
        "empty": changed(".linux", size=0),
        "headers": changed(".cmdline", raw_at=16),
        "no-linux": changed(".linux", name=b".text2"),
        "no-sections": data[:Headers(data).pe + 6] + b"\0\0" + data[Headers(data).pe + 8:],
    }


# ---- of the distribution's stub ----

def stub():
    """systemd's, fetched when it is not there yet."""
    return debian.unpacked(PACKAGE) / STUB


def end_of(path):
    """Where in memory a PE file ends, up to a page."""
    headers = Headers(path.read_bytes())
    ends = [header[2] + header[1] for header in map(headers.header, range(headers.nr))]
    return -(-max(ends) // 0x1000) * 0x1000


def of_stub(target, sections):
    """Writes an image with sections of those names, in that order."""
    base = stub()
    image_base, = struct.unpack_from("<Q", base.read_bytes(), Headers(base.read_bytes()).pe + PE + 24)
    at, words = image_base + end_of(base), []
    for name, data in sections.items():
        path = pathlib.Path(f"{target}{name}")
        path.write_bytes(data)
        words += ["--add-section", f"{name}={path}", "--change-section-vma", f"{name}={at:#x}"]
        at += -(-len(data) // 0x1000) * 0x1000 + 0x1000
    done = subprocess.run([find_tool("objcopy"), *words, base, target], check=False,
                          capture_output=True, text=True)
    for name in sections:
        pathlib.Path(f"{target}{name}").unlink()
    if done.returncode:
        raise RigError(f"objcopy: {done.stderr.strip()}")


CONTENT = bytes(number * 7 % 251 for number in range(1 << 20))


def with_content(initrd):
    """An initrd, and what tells in the next kernel that it came out of the image."""
    archive = initramfs.Archive()
    archive.file("rig/from-uki", CONTENT)
    return initrd + archive.bytes()


def cmdline_for(case):
    """An image's own command line, which begins the second stage."""
    return f"{guest.Machine().console_words()} rig.case={case} rig.stage=2 rig.own=yes"


def run_ukify(target, words):
    """As somebody who has it installed."""
    script, modules = (debian.unpacked(name, SUITE) for name in (UKIFY, UKIFY_NEEDS))
    done = subprocess.run(
        [sys.executable, "-B", script / "usr/lib/systemd/ukify", "build", f"--stub={stub()}",
         f"--output={target}", *words],
        env={**os.environ, "PYTHONPATH": str(modules / "usr/lib/python3/dist-packages")},
        capture_output=True, text=True, check=False)
    if done.returncode:
        raise RigError(f"ukify: {done.stderr.strip()}")


def by_ukify(build, case):
    """As for_guest(): an image with all that ukify puts into one, and the same, signed."""
    target, both = OUT / "guests" / f"ukify-{build.name}", threading.Lock()

    def make(initrd, sign):
        parts = {"initrd": with_content(initrd), "ucode": initramfs.Archive()}
        parts["ucode"].file("rig/from-ucode", CONTENT)
        parts["ucode"] = parts["ucode"].bytes()
        with both:
            for name, data in parts.items():
                pathlib.Path(f"{target}.{name}").write_bytes(data)
            run_ukify(target, [f"--linux={build.image}", f"--initrd={target}.initrd",
                               f"--microcode={target}.ucode", "--os-release=ID=rig",
                               f"--cmdline={cmdline_for(case)}"])
            for name in parts:
                pathlib.Path(f"{target}.{name}").unlink()
            return signing.signed(build, target) if sign else target.read_bytes()

    return {
        "boot/uki": lambda initrd: make(initrd, False),
        "boot/uki-signed": lambda initrd: make(initrd, True),
        "rig/from-uki.sum": hashlib.sha256(CONTENT).hexdigest().encode() + b"\n",
    }


def for_guest(build, case):
    """Names in a guest to contents, or to what makes them of the initrd that the guest has."""
    plain, both = OUT / "guests" / f"uki-{build.name}", threading.Lock()

    def whole(initrd, sign):
        with both:
            of_stub(plain, {".osrel": b"ID=rig\n", ".cmdline": cmdline_for(case).encode() + b"\n",
                            ".initrd": with_content(initrd), ".linux": build.image.read_bytes()})
            return signing.signed(build, plain) if sign else plain.read_bytes()

    small = by_hand(SECTIONS)
    bzimage = build.image.read_bytes()
    return {
        "boot/uki": lambda initrd: whole(initrd, False),
        "boot/uki-signed": lambda initrd: whole(initrd, True),
        "rig/from-uki.sum": hashlib.sha256(CONTENT).hexdigest().encode() + b"\n",
        "rig/files/bzImage.gz": gzip.compress(bzimage, 1, mtime=0),
        "rig/files/zboot": zboot(gzip.compress(bzimage, 1, mtime=0)),
        "rig/files/script.gz": gzip.compress(b"#!/bin/sh\n", mtime=0),
        "rig/files/gzip.gz": functools.reduce(lambda data, _: gzip.compress(data, mtime=0),
                                              range(4), b"#!/bin/sh\n"),
        "rig/files/cut.gz": packing.sized(gzip.compress(bzimage, 1, mtime=0)[:100000], len(bzimage)),
        **{f"rig/bad/{name}": data for name, data in damaged(small).items()},
        "rig/bad/no-kernel": small,
    }


# ---- by hand ----

def by_hand(sections, last=b""):
    """An image of nothing but those sections: pairs of name and contents."""
    headers = -(-(DOS + PE + OPTIONAL + 8 * DIRS + SECTION.size * len(sections)) // ALIGNED) * ALIGNED
    optional = bytearray(OPTIONAL + 8 * DIRS)
    struct.pack_into("<H", optional, 0, 0x20b)
    struct.pack_into("<I", optional, 60, headers)
    struct.pack_into("<I", optional, 108, DIRS)
    table, body = b"", b""
    for number, (name, data) in enumerate(sections):
        padded = data + bytes(-len(data) % ALIGNED)
        table += SECTION.pack(name.encode(), len(data), 0x1000 * (number + 1), len(padded),
                              headers + len(body), 0, 0, 0, 0, 0)
        body += padded
    start = b"MZ" + bytes(DOS - 6) + struct.pack("<I", DOS)
    start += b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, len(sections), 0, 0, 0, len(optional), 0)
    start += bytes(optional) + table
    return start + bytes(headers - len(start)) + body + last


def zboot(packed, more=b""):
    """The header of an EFI zboot image, and what is packed."""
    head = b"MZ\0\0zimg" + struct.pack("<II", 0x40, len(packed)) + bytes(8) + b"gzip"
    return head + bytes(0x40 - len(head)) + packed + more


SECTIONS = [(".osrel", b"ID=rig\n"), (".linux", b"K" * 700), (".ucode", b"U" * 99),
            (".initrd", b"I" * 600), (".cmdline", b"quiet\n")]
GZIP = b"\x1f\x8b\x08" + bytes(7) + b"X" * 20 + struct.pack("<I", 4711)
ZSTD = b"\x28\xb5\x2f\xfd"


def seeds():
    """Names to (bytes, verdict), for the fuzzer of what is found inside files."""
    whole = by_hand(SECTIONS)
    profiles = by_hand(SECTIONS[:2] + [(".profile", b"1")] + SECTIONS[3:] + [(".profile", b"2")] +
                       SECTIONS[3:])
    wrong = {
        "duplicate": "it has two sections of one name",
        "overlap": "its sections overlap",
        "truncated": "a section is not in it",
        "beyond": "a section is not in it",
        "huge": "a section is not in it",
        "larger": "a section is larger than what the file has of it",
        "empty": "its section for the kernel is empty",
        "headers": "a section is where its headers are",
        "no-linux": "no such file",
        "no-sections": "no such file",
    }
    made = {name: (data, wrong[name]) for name, data in damaged(whole).items()}
    made |= {
        "whole": (whole, "taken"),
        "trailing": (whole + b"signature", "taken"),
        "profiles": (profiles, "taken"),
        "cut": (whole[:-1], "a section is not in it"),
        "table-cut": (whole[:DOS + PE + OPTIONAL + 8 * DIRS + SECTION.size], "no such file"),
        "table-uncovered": (whole[:DOS + PE + 60] + struct.pack("<I", 0x100) + whole[DOS + PE + 64:],
                            "its table of sections is not where its headers end"),
        "mz": (whole[:DOS], "no such file"),
        "zboot": (zboot(GZIP), "taken"),
        "zboot-zstd": (zboot(ZSTD + b"X" * 20, struct.pack("<I", 99)), "taken"),
        "zboot-cut": (zboot(GZIP)[:-1], "what is packed in it is not in it"),
        "zboot-zstd-cut": (zboot(ZSTD + b"X" * 20, b"\1\0\0"), "what is packed in it is not in it"),
        "gzip": (GZIP, "taken"),
        "zstd": (ZSTD + b"\xa0\1\2\3\4", "taken"),
        "zstd-cut": (ZSTD + b"\xa0\1\2\3", "it does not tell how much it unpacks to"),
        "lz4": (b"\x02\x21\x4c\x18" + bytes(9), "it does not tell how much it unpacks to"),
    }
    return made
