# SPDX-License-Identifier: GPL-2.0-only
"""Inputs for the fuzzers to begin with, made of a kernel that is at hand.

A real kernel is millions of bytes, of which hardly one decides anything.  Kept are its
ELF header, its program headers, a little of each segment, a few relocations of each
list, brought close together.  The payloads are that again, by each compressor as the
kernel's build calls it, and what is made so that a certain line is come by.  What is
to be refused is made of what is not.  See tools/testing/kexec for the inputs' form.
"""

import bz2
import gzip
import lzma
import struct

import packing
import uki

TAKEN = "taken"
KEPT = 192              # bytes of a segment
APART = 0x20            # from one to the next, cleared
LIST = 6                # relocations of a list
EHDR, PHDR, SHDR = struct.Struct("<16sHHIQQQIHHHHHH"), struct.Struct("<IIQQQQQQ"), 64
PT_LOAD, KERNEL_MAP = 1, 0xffffffff80000000


# ---- an ELF file, shortened ----

class Vmlinux:
    """What of a kernel's file is worth to be kept."""

    def __init__(self, file, base):
        self.base = base
        self.header = list(EHDR.unpack_from(file))
        self.phdrs = [list(PHDR.unpack_from(file, self.header[5] + i * PHDR.size))
                      for i in range(self.header[10])]
        self.loads = [phdr for phdr in self.phdrs if phdr[0] == PT_LOAD and phdr[6]]
        self.bytes = [file[phdr[2]:phdr[2] + min(KEPT, phdr[5])] for phdr in self.loads]
        self.sections = file[self.header[6]:][:self.header[12] * SHDR]
        end = max(self.header[6] + len(self.sections), *(phdr[2] + phdr[5] for phdr in self.loads))
        self.lists = self.split(file[end:])
        # where what was kept ends, from the base
        self.end = sum(map(len, self.bytes)) + APART * (len(self.bytes) - 1)

    @staticmethod
    def split(tail):
        """The lists behind the file, each without its zero."""
        lists = []
        for (word,) in struct.iter_unpack("<i", tail[:len(tail) // 4 * 4]):
            if word:
                lists[-1].append(word)
            else:
                lists.append([])
        return lists

    def cut(self, shift=0x400, further=0, lists=None, offset=0x1000000, sections=2):
        """A file of the same build, and the two words that the harness wants."""
        lists = self.lists if lists is None else lists
        loads, body, to = [], bytearray(shift), 0
        for number, (phdr, data) in enumerate(zip(self.loads, self.bytes)):
            last = number == len(self.loads) - 1
            at = shift + to + (further if last else 0)
            body[at:] = bytes(max(0, at - len(body))) + data
            memsz = len(data) + (0x1000 if last else APART)
            loads.append([PT_LOAD, phdr[1], at, KERNEL_MAP + self.base + to, self.base + to,
                          len(data), memsz, 0x200000])
            to += len(data) + APART
        notes = [phdr for phdr in self.phdrs if phdr[0] != PT_LOAD]
        phdrs = loads + notes
        header = self.header[:]
        header[4] = self.base + len(self.bytes[0]) // 2
        header[5], header[6] = EHDR.size, len(body)
        header[10], header[12], header[13] = len(phdrs), sections, 0
        body[:EHDR.size] = EHDR.pack(*header)
        for number, phdr in enumerate(phdrs):
            PHDR.pack_into(body, EHDR.size + number * PHDR.size, *phdr)
        body += self.sections[:sections * SHDR]
        body += self.relocations(lists)
        return bytes(body), struct.pack("<QQ", self.base, offset)

    def relocations(self, lists):
        """A few of each, moved into what was kept of the first segment."""
        room = len(self.bytes[0]) - 8
        words = []
        for entries in lists:
            words.append(0)
            words += [(KERNEL_MAP + self.base + (entry & 0xffffffff) % room) - (1 << 64)
                      for entry in entries[:LIST]]
        return struct.pack(f"<{len(words)}i", *words)


def vmlinux_seeds(vmlinux):
    """Names to (bytes, verdict)."""
    three = vmlinux.lists if len(vmlinux.lists) == 3 else vmlinux.lists[:1] + vmlinux.lists
    whole, words = vmlinux.cut()
    seeds = {
        "whole": (whole + words, TAKEN),
        "three-lists": (b"".join(vmlinux.cut(lists=three)), TAKEN),
        "no-lists": (b"".join(vmlinux.cut(lists=[])), TAKEN),
        "apart": (b"".join(vmlinux.cut(further=0x40)), TAKEN),
        "no-sections": (b"".join(vmlinux.cut(sections=0)), TAKEN),
        "far": (b"".join(vmlinux.cut(shift=0x1000, offset=0x3e000000)), TAKEN),
        "short": (whole[:-1] + words, ""),
        "no-contents": (whole[:0x400] + words, "its segments are not in it"),
        "header": (whole[:EHDR.size] + words, "its program headers are not in it"),
        "half-header": (whole[:EHDR.size // 2] + words, "it is no 64-bit ELF file"),
        "four-lists": (b"".join(vmlinux.cut(lists=three + three[:1])),
                       "it has another number of lists of relocations"),
        "outside": (whole[:-4] + struct.pack("<i", -0x10000000) + words,
                    "a relocation is not within it"),
    }
    # what a segment has in the file, beyond its end
    edge = bytearray(whole)
    struct.pack_into("<Q", edge, EHDR.size + PHDR.size * (len(vmlinux.loads) - 1) + 8, len(whole) - 8)
    seeds["beyond"] = (bytes(edge) + words, "its segments are not in it")
    # segments that are closer in the file than in memory
    seeds["astride"] = (b"".join(vmlinux.cut(further=-0x30)),
                        "its segments do not lie as they should")
    # an address of four bytes of which one is contents
    last = struct.pack("<i", KERNEL_MAP + vmlinux.base + vmlinux.end - 1 - (1 << 64))
    seeds["edge"] = (whole[:-4] + last + words, "a relocation is not within it")
    return seeds


# ---- packed ----

def unpack_seeds(file, small):
    """Names to (bytes, verdict)."""
    code = file[0x200000:0x203000]
    noise = lzma.compress(code)[:700]          # does not get smaller
    wide = (code[:600] + bytes(40)) * 480      # more than is unpacked without a pause
    seeds = {}
    for content, data in (("small", small), ("code", code), ("noise", noise), ("wide", wide)):
        for name, payload in packing.by_all(data).items():
            seeds[f"{name}-{content}"] = (payload, TAKEN)
    for name, payload in packing.by_all(small).items():
        seeds |= damaged(name, payload, len(small))
    for name, payload in packing.by_all(wide).items():
        if not name.startswith("xz"):
            killed = payload[:-4] + struct.pack("<I", len(wide) | 1 << 24)
            # gzip has its size in the same place and is killed before it looks
            seeds[f"{name}-killed"] = (killed, "killed")
    blocks = packing.by_all(code)["lz4"][:-4] + packing.by_all(small)["lz4"][4:-4]
    seeds["lz4-blocks"] = (packing.sized(blocks, len(code) + len(small)), TAKEN)
    seeds["gzip-named"] = (named_gzip(small), TAKEN)
    seeds["bzip2"] = (packing.sized(bz2.compress(small), len(small)), "not supported")
    return seeds


def named_gzip(data):
    whole = gzip.compress(data, mtime=0)
    return whole[:3] + b"\x08" + whole[4:10] + b"vmlinux.bin\0" + whole[10:]


def damaged(name, payload, size):
    """Cut at a few places, and of another size than it says."""
    rest = payload[:-4]
    cuts = {f"{name}-cut{part}": (packing.sized(rest[:len(rest) * part // 8], size), "damaged")
            for part in range(1, 8)}
    start = {f"{name}-start{length}": (packing.sized(rest[:length], size), "")
             for length in (2, 4, 6, 9, 10, 12, 20)}
    sizes = {f"{name}-{word}": (packing.sized(rest, size + more), "damaged")
             for word, more in (("less", -1), ("more", 1))}
    memory = {f"{name}-memory": (packing.sized(rest, size | 255 << 24),
                                 TAKEN if name in ("lz4", "lzo") else "no memory")}
    return {**cuts, **start, **sizes, **memory}


# ---- all ----

def make(bzimage, directory):
    """Writes the seeds of all targets; target to {path: verdict}, "" for any."""
    file, base = packing.unpacked(bzimage)
    vmlinux = Vmlinux(file, base)
    small = b"".join(vmlinux.cut())
    made = {}
    for target, seeds in (("vmlinux", vmlinux_seeds(vmlinux)), ("unpack", unpack_seeds(file, small)),
                          ("wrapped", uki.seeds())):
        made[target] = {}
        (directory / target).mkdir(parents=True, exist_ok=True)
        for name, (data, verdict) in seeds.items():
            path = directory / target / name
            path.write_bytes(data)
            made[target][path] = verdict
    return made
