# SPDX-License-Identifier: GPL-2.0-only
"""Reads a dump that makedumpfile wrote: its notes, its memory, by virtual address.

The format is makedumpfile's "kdump-compressed" one (makedumpfile's own
diskdump_mod.h describes it): a header of one block, a sub-header that says
where notes and VMCOREINFO are, two bitmaps of a bit a page frame, of which the
second says which frames are in the dump, then a descriptor for each of those.
Virtual addresses are translated by walking the dumped kernel's page tables.
"""

import collections
import mmap
import os
import re
import struct
import zlib

from common import RigError

PAGE = 4096
KERNEL_MAP = 0xffffffff80000000
FRAME = 0x000ffffffffff000
ZLIB = 1
NT_PRSTATUS = 1
# struct elf_prstatus: pr_pid, and the user_regs_struct, in this order
PID, REGISTERS = 32, 112
NAMES = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs "
         "eflags rsp ss fs_base gs_base ds es fs gs").split()

Cpu = collections.namedtuple("Cpu", "pid registers")


class Missing(Exception):
    """An address that the dump does not have."""


class Dump:
    """A dump on disk, mapped."""

    def __init__(self, path):
        if not os.path.getsize(path):
            raise RigError(f"{path} is empty")
        with open(path, "rb") as handle:
            self.data = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        if self.data[:8] != b"KDUMP   ":
            raise RigError(f"{path} is not a dump in makedumpfile's compressed format")
        self.path = path
        block, sub_blocks, bitmap_blocks = self.unpack("<iiI", 428)
        sub = block
        self.vmcoreinfo = self.read_vmcoreinfo(*self.unpack("<QQ", sub + 32))
        self.notes = self.piece(*self.unpack("<QQ", sub + 48))
        bitmap = (1 + sub_blocks) * block
        half = bitmap_blocks * block // 2
        self.present = self.piece(bitmap + half, half)
        self.descriptors = bitmap + bitmap_blocks * block
        self.ranks = self.count_frames()
        self.pages = {}

    def unpack(self, layout, at):
        return struct.unpack(layout, self.piece(at, struct.calcsize(layout)))

    def piece(self, at, size):
        """Bytes of the file, all of them."""
        data = self.data[at:at + size]
        if len(data) < size:
            raise RigError(f"{self.path} is cut off")
        return data

    def read_vmcoreinfo(self, offset, size):
        text = self.piece(offset, size).decode("ascii", "replace")
        return dict(re.findall(r"(?m)^([^=\n]+)=(.*)$", text))

    def count_frames(self):
        """How many frames of the dump come before each byte of the bitmap."""
        bits = [bin(byte).count("1") for byte in range(256)]
        ranks, total = [], 0
        for byte in self.present:
            ranks.append(total)
            total += bits[byte]
        return ranks

    # what VMCOREINFO says

    def symbol(self, name):
        return int(self.vmcoreinfo[f"SYMBOL({name})"], 16)

    def number(self, name, default=0):
        return int(self.vmcoreinfo.get(f"NUMBER({name})", default))

    @property
    def kernel_offset(self):
        return int(self.vmcoreinfo.get("KERNELOFFSET", "0"), 16)

    # notes

    def cpus(self):
        """Each CPU's registers at the crash, in the order of the notes."""
        at, found = 0, []
        while at + 12 <= len(self.notes):
            name, size, kind = struct.unpack_from("<III", self.notes, at)
            if not name:
                break
            body = at + 12 + (name + 3 & ~3)
            if body + size > len(self.notes):
                break
            if kind == NT_PRSTATUS and self.notes[at + 12:at + 16] == b"CORE":
                pid, = struct.unpack_from("<i", self.notes, body + PID)
                values = struct.unpack_from("<27Q", self.notes, body + REGISTERS)
                found.append(Cpu(pid, dict(zip(NAMES, values))))
            at = body + (size + 3 & ~3)
        return found

    # memory

    def page(self, frame):
        """A page of physical memory."""
        if frame not in self.pages:
            byte, bit = frame >> 3, frame & 7
            if byte >= len(self.present) or not self.present[byte] >> bit & 1:
                raise Missing
            rank = self.ranks[byte] + bin(self.present[byte] & (1 << bit) - 1).count("1")
            offset, size, flags = self.unpack("<QII", self.descriptors + rank * 24)
            stored = self.piece(offset, size)
            if flags & ~ZLIB:
                raise RigError(f"a page of the dump is compressed in a way ({flags:#x}) "
                               f"that is not understood here")
            self.pages[frame] = zlib.decompress(stored) if flags & ZLIB else stored
        return self.pages[frame]

    def entry(self, table, index):
        return struct.unpack_from("<Q", self.page(table >> 12), index * 8)[0]

    def physical(self, address):
        """The physical address of a virtual one, by the page tables of init."""
        table = self.symbol("init_top_pgt") - KERNEL_MAP + self.number("phys_base")
        top = 48 if self.number("pgtable_l5_enabled") else 39
        for shift in range(top, 3, -9):
            entry = self.entry(table, address >> shift & 511)
            if not entry & 1:
                raise Missing
            if shift == 12 or (shift < 39 and entry & 0x80):
                mask = (1 << shift) - 1
                return (entry & FRAME & ~mask) | (address & mask)
            table = entry & FRAME
        raise Missing

    def read(self, address, length):
        """Bytes at a virtual address; Missing when the first is not there, else what is."""
        data = b""
        while length:
            try:
                physical = self.physical(address)
                part = self.page(physical >> 12)[physical & PAGE - 1:][:length]
            except Missing:
                if data:
                    break
                raise
            data += part
            address += len(part)
            length -= len(part)
        return data
