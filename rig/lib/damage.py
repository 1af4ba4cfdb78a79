# SPDX-License-Identifier: GPL-2.0-only
"""Damages the image that a guest has loaded, and sees what the guest makes of it.

The guest makes an initrd with a page that begins with a text of its own, loads
it, and asks for "damage TEXT": then one bit changes in every page of the guest's
memory that begins so, wherever its kernel may have put the image, and in the
file, by which the guest knows that it is done.  It reports as values what the
purgatory then has to say:

    val region [mem START-END]      the part of the initrd with the page
    val expected DIGEST             what it was
    val actual DIGEST               what it is now

and jumps.  The case's setting damaged is what has to follow: "reset" or "halt".
"""

import os
import time

import ktap

PAGE = 4096
PIECE = 1 << 20
HALTING = "purgatory: image damaged, halting"
RESETTING = "purgatory: image damaged, resetting the machine"
# More than the purgatory waits before a reset, in seconds.
HALT_PATIENCE = 6


def damage(memory, text):
    """Changes a bit at the start of every page that begins with the text."""
    for base in range(0, os.fstat(memory).st_size, PIECE):
        piece = os.pread(memory, PIECE, base)
        for at in range(0, len(piece), PAGE):
            if piece.startswith(text, at):
                os.pwrite(memory, bytes([piece[at] ^ 0x10]), base + at)


def read(directory, name):
    """One of the guest's logs."""
    try:
        return (directory / name).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


class Watch:
    """Ends a guest that halts, after it had time to do something else."""

    def __init__(self):
        self.since = None

    def __call__(self, guest, line):
        if line:
            return
        if not self.since:
            if HALTING in read(guest.directory, "console.log"):
                self.since = time.monotonic()
        elif time.monotonic() - self.since > HALT_PATIENCE:
            guest.qmp("human-monitor-command", **{"command-line": "info registers -a"})
            guest.qmp("quit")


def results(case, outcome):
    """What the console says, and what the machine does."""
    values, halt = outcome.values(), case.settings["damaged"] == "halt"
    said = read(outcome.directory, "console.log").partition("\npurgatory: region ")[2]
    monitor = read(outcome.directory, "qmp.log")
    cpus = case.machine().cpus

    def told(what, words):
        return what, words in said, said[-300:]

    checks = (
        told("the console names the region", f"{values.get('region')}: digest mismatch\n"),
        told("and the digest that was expected", f"expected {values.get('expected')}\n"),
        told("and the one that it has", f"actual   {values.get('actual')}\n"),
        told("and what follows", HALTING if halt else RESETTING),
        ("no kernel was entered", len(outcome.of("boot")) == 1, outcome.of("boot")),
        ("every CPU halts", monitor.count("HLT=1") == cpus, outcome.reason) if halt else
        ("the machine is reset", '"guest-reset"' in monitor, outcome.reason))
    return [ktap.Result(name, ktap.PASS if good else ktap.FAIL, "" if good else repr(why))
            for name, good, why in checks]
