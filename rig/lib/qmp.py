# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's monitor: requests with a number, and the replies that belong to them.

A request does not wait: its reply is met when it comes, and what has to follow it
can be said along with it.  A request that QEMU refuses is an error, and so is a
word of QEMU's that is not understood, or that nobody asked for.
"""

import collections
import json

Request = collections.namedtuple("Request", "execute then")


class Monitor:
    """Speaks the QEMU Machine Protocol.

    send(bytes) sends; wrong(text) is told of each error, in one line.
    """

    def __init__(self, send, wrong):
        self.send, self.wrong = send, wrong
        self.asked, self.waiting = 0, {}
        self._rest = b""

    def ask(self, execute, then=None, **arguments):
        """Asks for something; then() is called when QEMU says that it is done."""
        self.asked += 1
        self.waiting[self.asked] = Request(execute, then)
        self.send(json.dumps({"execute": execute, "arguments": arguments,
                              "id": self.asked}).encode() + b"\n")

    def unanswered(self):
        """What was asked for and not answered, by name."""
        return [request.execute for request in self.waiting.values()]

    def take(self, data):
        """What has come from QEMU, in pieces of any size."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in filter(bytes.strip, whole):
            self.understand(line)

    def understand(self, line):
        """One message: a greeting, an event, or a reply."""
        try:
            message = json.loads(line)
            kinds = {"QMP", "event", "return", "error"} & set(message)
        except (ValueError, TypeError):
            kinds = ()
        if len(kinds) != 1:
            self.wrong(f"it said {line.decode('utf-8', 'replace').strip()[:200]}")
        elif not kinds & {"QMP", "event"}:
            self.reply(message)

    def reply(self, message):
        """A reply to the request that has its number; what was unreadable to QEMU has none."""
        request = self.waiting.pop(message.get("id"), None)
        if "error" in message:
            what = request.execute if request else "a request"
            self.wrong(f"{what}: {message['error'].get('desc', message['error'])}")
        elif not request:
            self.wrong(f"it answered what it was not asked: {json.dumps(message)[:200]}")
        elif request.then:
            request.then()
