# SPDX-License-Identifier: GPL-2.0-only
"""gdbserver.py DUMP: shows a dump to gdb, by gdb's remote protocol on stdin and stdout.

    (gdb) symbol-file vmlinux -o KERNELOFFSET
    (gdb) target remote | python3 gdbserver.py DUMP

gdb gets all of the dumped kernel's virtual memory, stacks in vmalloc space
included, and a thread for each CPU, with the registers it had at the crash.
gdb cannot read makedumpfile's format, and an ELF file that it can read would
have to list every stack.
"""

import struct
import sys

import kdump

GENERAL = "rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip".split()
SHORT = "eflags cs ss ds es fs gs".split()

TARGET = "<target><architecture>i386:x86-64</architecture></target>"


class Server:
    """Answers gdb's packets."""

    def __init__(self, dump):
        self.dump, self.cpus, self.current = dump, dump.cpus(), 0

    def registers(self):
        values = self.cpus[self.current].registers
        return (b"".join(struct.pack("<Q", values[name]) for name in GENERAL) +
                b"".join(struct.pack("<I", values[name] & 0xffffffff) for name in SHORT)).hex()

    def memory(self, where):
        address, length = (int(word, 16) for word in where.split(","))
        try:
            return self.dump.read(address & (1 << 64) - 1, length).hex()
        except kdump.Missing:
            return "E14"

    def select(self, thread):
        number = int(thread, 16)
        if 0 < number <= len(self.cpus):
            self.current = number - 1
        return "OK"

    def answer(self, packet):
        """What to say to a packet; None ends the session."""
        if packet == "?":
            return "T05thread:1;"
        if packet[0] == "g":
            return self.registers()
        if packet[0] == "m":
            return self.memory(packet[1:])
        if packet[:2] in ("Hg", "Hc"):
            return self.select(packet[2:]) if packet[2:] != "-1" else "OK"
        if packet[0] == "T":
            return "OK"
        if packet == "qfThreadInfo":
            return "m" + ",".join(f"{number + 1:x}" for number in range(len(self.cpus)))
        if packet == "qsThreadInfo":
            return "l"
        if packet.startswith("qThreadExtraInfo,"):
            cpu = int(packet.split(",")[1], 16) - 1
            return f"CPU {cpu}, pid {self.cpus[cpu].pid}".encode().hex()
        if packet.startswith("qSupported"):
            return "PacketSize=1000;qXfer:features:read+"
        if packet.startswith("qXfer:features:read:target.xml"):
            return "l" + TARGET
        if packet == "qAttached":
            return "1"
        return None if packet[0] in "Dk" else ""


def packets(stream):
    """The packets that arrive, each as text."""
    while True:
        byte = stream.read(1)
        if not byte:
            return
        if byte == b"$":
            text = b""
            while (byte := stream.read(1)) not in (b"#", b""):
                text += byte
            stream.read(2)
            yield text.decode("ascii")


def serve(path):
    server = Server(kdump.Dump(path))
    for packet in packets(sys.stdin.buffer):
        reply = server.answer(packet) if packet else ""
        body = ("OK" if reply is None else reply).encode()
        sys.stdout.buffer.write(b"+$%s#%02x" % (body, sum(body) & 255))
        sys.stdout.buffer.flush()
        if reply is None:
            return


if __name__ == "__main__":
    serve(sys.argv[1])
