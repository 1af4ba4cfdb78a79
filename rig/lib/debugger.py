# SPDX-License-Identifier: GPL-2.0-only
"""Gives a function of a guest another argument, once, by what QEMU has for gdb.

The other side of gdb's remote protocol is in gdbserver.py.  A packet does not wait: its
reply is met when it comes, and what has to follow it is said along with it.
"""

import re

PACKET = re.compile(rb"\$([^#]*)#..", re.S)
INTERRUPT = b"\x03"
# A function's second argument: rsi, by gdb's number.
SECOND = 4
# Between what is of processes and what is the kernel's: nothing is mapped there.
NOWHERE = 0xffff800000000000
# Who has not asked which registers there are may not write to one.
REGISTERS = b"qXfer:features:read:target.xml:0,ffb"


class Debugger:
    """send(bytes) sends to QEMU; wrong(text) is told when it does not do what it should."""

    def __init__(self, send, wrong):
        self.send, self.wrong = send, wrong
        self.waiting, self._rest = [], b""

    def ask(self, packet, then=lambda reply: None):
        """Sends a packet; then(reply) is called when there is one: for "c", at the next stop."""
        self.waiting.append(then)
        if packet == INTERRUPT:
            self.send(packet)
        else:
            self.send(b"$%s#%02x" % (packet, sum(packet) & 255))

    def take(self, data):
        """What has come from QEMU, in pieces of any size."""
        self._rest += data
        while match := PACKET.search(self._rest):
            self._rest = self._rest[match.end():]
            self.send(b"+")
            if self.waiting:
                self.waiting.pop(0)(match[1])

    def stop_at(self, address, then):
        """Has the guest stop at an address, once; then() finds it standing there."""
        place = b"1,%x,1" % address
        self.ask(INTERRUPT, lambda stopped: self.ask(
            b"Z" + place, lambda placed: self.ask(
                b"c", lambda there: self.ask(
                    b"z" + place, lambda removed: then()))))

    def fault_at(self, function):
        """Has the second argument of a function lead nowhere, when it is called next."""
        def written(reply):
            if reply != b"OK":
                self.wrong(f"register {SECOND} cannot be written: {reply.decode()}")
            self.ask(b"c")

        value = NOWHERE.to_bytes(8, "little").hex().encode()
        self.stop_at(function, lambda: self.ask(
            REGISTERS, lambda described: self.ask(b"P%x=%s" % (SECOND, value), written)))
