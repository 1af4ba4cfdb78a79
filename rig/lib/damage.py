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

and jumps.  The case's setting damaged is what has to follow: "reset" or "halt".  With
screen=text the same has to be on a VGA screen, with screen=pixels it has to be painted
there; with unseen=1 nothing must be.
"""

import os
import time

import ktap
import picture

PAGE = 4096
PIECE = 1 << 20
HALTING = "purgatory: image damaged, halting"
RESETTING = "purgatory: image damaged, resetting the machine"
# More than the purgatory waits before a reset, in seconds.
HALT_PATIENCE = 6
# A VGA screen in text mode: a character and its colours, 25 lines of 80.
TEXT_MEMORY, COLUMNS, ROWS = 0xb8000, 80, 25


def pages_with(memory, text):
    """Where the pages are that begin with the text."""
    for base in range(0, os.fstat(memory).st_size, PIECE):
        piece = os.pread(memory, PIECE, base)
        yield from (base + at for at in range(0, len(piece), PAGE) if piece.startswith(text, at))


def damage(memory, text):
    """Changes a bit at the start of every page that begins with the text.

    They are found first: who sees one of them changed may go by the others.
    """
    for at in list(pages_with(memory, text)):
        os.pwrite(memory, bytes([text[0] ^ 0x10]), at)


def read_bytes(directory, name):
    """A file of the guest's, empty when it has none."""
    try:
        return (directory / name).read_bytes()
    except FileNotFoundError:
        return b""


def read(directory, name):
    """One of the guest's logs."""
    return read_bytes(directory, name).decode("utf-8", "replace").replace("\r\n", "\n")


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
            self.keep_screen(guest, str(guest.directory / "screen"))
            guest.qmp("human-monitor-command", **{"command-line": "info registers -a"})
            guest.qmp("quit")


    @staticmethod
    def keep_screen(guest, filename):
        if guest.machine.screen == "text":
            guest.qmp("pmemsave", val=TEXT_MEMORY, size=2 * COLUMNS * ROWS, filename=filename)
        elif guest.machine.screen == "pixels":
            guest.qmp("screendump", filename=filename)


def text_cells(data):
    """The text on a screen in text mode; a line that fills a row goes on in the next."""
    cells = data[::2].decode("cp437")
    rows = [cells[at:at + COLUMNS].rstrip() for at in range(0, len(cells), COLUMNS)]
    return "".join(row + "\n" * (len(row) < COLUMNS) for row in rows)


def screen_text(kind, outcome, tree):
    """The text on a guest's screen, "" when there is none."""
    data = read_bytes(outcome.directory, "screen")
    if kind == "pixels" and data:
        return "\n".join(picture.rows(picture.from_ppm(data), picture.font(tree)))
    return text_cells(data)


def results(case, outcome, tree):
    """What the console says, and what the machine does."""
    values, halt = outcome.values(), case.settings["damaged"] == "halt"
    monitor = read(outcome.directory, "qmp.log")
    cpus = case.machine().cpus
    # on the screen a line that fills its row has no other end
    places = [("the console", read(outcome.directory, "console.log"), "\n")]
    screen = case.machine().screen
    shown = screen_text(screen, outcome, tree)
    unseen = []
    if "unseen" in case.settings:
        unseen = [("nothing is painted", shown and "purgatory" not in shown, shown[-300:])]
    elif screen:
        places.append(("the screen", shown, ""))

    def told(place, text, end):
        said = text.partition("purgatory: region ")[2]
        return [(what, words in said, said[-300:]) for what, words in (
            (f"{place} names the region", f"{values.get('region')}: digest mismatch{end}"),
            (f"{place} has the digest that was expected",
             f"expected {values.get('expected')}{end}"),
            (f"{place} has the one that there is", f"actual   {values.get('actual')}{end}"),
            (f"{place} says what follows", HALTING if halt else RESETTING))]

    checks = [check for place in places for check in told(*place)] + unseen + [
        ("no kernel was entered", len(outcome.of("boot")) == 1, outcome.of("boot")),
        ("every CPU halts", monitor.count("HLT=1") == cpus, outcome.reason) if halt else
        ("the machine is reset", '"guest-reset"' in monitor, outcome.reason)]
    return [ktap.Result(name, ktap.PASS if good else ktap.FAIL, "" if good else repr(why))
            for name, good, why in checks]
