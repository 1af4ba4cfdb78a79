# SPDX-License-Identifier: GPL-2.0-only
"""What is said to QEMU's side of gdb's protocol, and in which order."""

import debugger


def made():
    said, wrong = [], []
    return debugger.Debugger(said.append, wrong.append), said, wrong


def reply(text):
    return b"$%s#%02x" % (text, sum(text) & 255)


def packets(said):
    """What was said but for acknowledgements, sums left out."""
    return [data.partition(b"#")[0] for data in said if data != b"+"]


def test_a_guest_is_stopped_once():
    gdb, said, wrong = made()
    stood = []
    gdb.stop_at(0x1000, lambda: stood.append(True))
    assert said == [debugger.INTERRUPT]
    gdb.take(b"+" + reply(b"T02thread:01;"))
    assert packets(said)[1:] == [b"$Z1,1000,1"]
    half = reply(b"OK")
    gdb.take(half[:2])
    gdb.take(half[2:])
    assert packets(said)[2:] == [b"$c"]
    gdb.take(reply(b"T05thread:01;"))
    assert not stood and packets(said)[3:] == [b"$z1,1000,1"]
    gdb.take(reply(b"OK"))
    assert stood and not wrong and said.count(b"+") == 4


def test_an_argument_leads_nowhere():
    for answer, errors in ((b"OK", 0), (b"", 1)):
        gdb, said, wrong = made()
        gdb.fault_at(0x1000)
        for before in (b"T02", b"OK", b"T05", b"OK", b"l<target/>"):
            gdb.take(reply(before))
        assert packets(said)[-1] == b"$P4=000000000080ffff"
        gdb.take(reply(answer))
        assert packets(said)[-1] == b"$c" and len(wrong) == errors
