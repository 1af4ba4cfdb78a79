# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's monitor, on replies as QEMU 7.2 and 10.0 gave them."""

import json
import types

import pytest

import damage
import guest
import qmp

GREETING = (b'{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": '
            b'"Debian 1:7.2+dfsg-7+deb12u18+b3"}, "capabilities": ["oob"]}}\r\n')
STOP = b'{"timestamp": {"seconds": 1795740787, "microseconds": 642237}, "event": "STOP"}\r\n'
NOT_FOUND = (b'{"id": 2, "error": {"class": "CommandNotFound", '
             b'"desc": "The command inject-mni has not been found"}}\r\n')
NO_SLOT = (b'{"id": 2, "error": {"class": "GenericError", "desc": "no slots where allocated, '
           b'please specify the \'slots\' option"}}\r\n')
UNREADABLE = (b'{"error": {"class": "GenericError", '
              b'"desc": "JSON parse error, invalid keyword \'nonsense\'"}}\r\n')


class Talk:
    """A monitor with its two ends in our hands."""

    def __init__(self):
        self.sent, self.errors, self.done = [], [], []
        self.monitor = qmp.Monitor(self.sent.append, self.errors.append)
        self.monitor.ask("qmp_capabilities")
        self.monitor.take(GREETING + b'{"return": {}, "id": 1}\r\n')


@pytest.fixture(name="talk")
def fixture_talk():
    return Talk()


def test_a_request_is_one_line_with_a_number_of_its_own(talk):
    talk.monitor.ask("inject-nmi")
    talk.monitor.ask("pmemsave", val=0xb8000, size=4000, filename="screen")
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in talk.sent)
    assert [json.loads(line)["id"] for line in talk.sent] == [1, 2, 3]
    assert json.loads(talk.sent[2])["arguments"]["size"] == 4000


def test_what_goes_well_is_no_error(talk):
    talk.monitor.ask("stop")
    talk.monitor.ask("human-monitor-command", **{"command-line": "info registers -a"})
    talk.monitor.take(STOP + b'{"return": {}, "id": 2}\r\n{"return": "RAX=0\\r\\nHLT=1", "id": 3}\r\n')
    assert not talk.errors and not talk.monitor.unanswered()


@pytest.mark.parametrize("reply, says", [
    (NOT_FOUND, "has not been found"), (NO_SLOT, "no slots")])
def test_an_error_is_told_with_what_was_asked(talk, reply, says):
    talk.monitor.ask("device_add", then=lambda: talk.done.append(1))
    talk.monitor.take(reply)
    assert len(talk.errors) == 1 and talk.errors[0].startswith("device_add: ")
    assert says in talk.errors[0]
    assert not talk.done and not talk.monitor.unanswered()


def test_an_error_without_a_number_is_one_as_well(talk):
    talk.monitor.ask("stop")
    talk.monitor.take(UNREADABLE)
    assert talk.errors == ["a request: JSON parse error, invalid keyword 'nonsense'"]
    assert talk.monitor.unanswered() == ["stop"]


@pytest.mark.parametrize("line", [
    b'{"return": {}, "id": 7}\r\n', b'{"return": {}}\r\n', b"qemu: help\r\n", b"[]\r\n", b"7\r\n",
    b'{"return": {}, "error": {}, "id": 2}\r\n', b"{}\r\n", b"\xff\xfe\r\n"])
def test_what_nobody_asked_for_is_an_error(talk, line):
    talk.monitor.ask("stop")
    talk.monitor.take(line)
    assert len(talk.errors) == 1
    assert talk.monitor.unanswered() == ["stop"]


def test_replies_come_in_pieces(talk):
    talk.monitor.ask("stop", then=lambda: talk.done.append("stopped"))
    for byte in STOP + b'{"return": {}, "id": 2}\r\n':
        assert not talk.done
        talk.monitor.take(bytes([byte]))
    assert talk.done == ["stopped"] and not talk.errors


def test_each_reply_is_met_by_its_own_request(talk):
    talk.monitor.ask("stop", then=lambda: talk.done.append("stop"))
    talk.monitor.ask("cont", then=lambda: talk.done.append("cont"))
    talk.monitor.take(b'{"return": {}, "id": 3}\r\n')
    assert talk.done == ["cont"] and talk.monitor.unanswered() == ["stop"]


# what a guest asks for

class FakeMonitor:
    """Sockets of a guest: what is sent to QEMU, and a QEMU that says nothing by itself."""

    def __init__(self):
        self.sent = []

    def sendall(self, data):
        self.sent.append(json.loads(data))


@pytest.fixture(name="made")
def fixture_made(tmp_path, monkeypatch):
    monkeypatch.setattr(guest, "OUT", tmp_path)
    made = guest.Guest("name", types.SimpleNamespace(), None, guest.Machine(), "")
    made.directory.mkdir(parents=True)
    made.monitor = FakeMonitor()
    return made


def answer(made, **reply):
    made.heard(json.dumps({"id": made.monitor.sent[-1]["id"], **reply}).encode() + b"\n")


def test_an_error_of_the_monitor_fails_the_case(made):
    made.act("nmi")
    answer(made, error={"class": "GenericError", "desc": "machine does not provide NMIs"})
    assert [line.text for line in made.lines if line.verb == "no"] == [
        "the monitor obeys # inject-nmi: machine does not provide NMIs"]


def test_an_action_that_is_not_known_fails_the_case(made):
    made.act("dance")
    assert made.lines[-1].verb == "no" and not made.monitor.sent


def test_memory_is_plugged_in_two_steps(made):
    made.act("plug more 134217728")
    assert [sent["execute"] for sent in made.monitor.sent] == ["object-add"]
    assert made.monitor.sent[0]["arguments"]["size"] == 128 << 20
    answer(made, **{"return": {}})
    assert [sent["execute"] for sent in made.monitor.sent] == ["object-add", "device_add"]
    assert made.monitor.sent[1]["arguments"]["memdev"] == made.monitor.sent[0]["arguments"]["id"]


def test_no_device_without_its_memory(made):
    made.act("plug more 134217728")
    answer(made, error={"class": "GenericError", "desc": "attempt to add duplicate property"})
    assert len(made.monitor.sent) == 1 and made.lines[-1].verb == "no"


def test_an_image_is_damaged_only_while_the_guest_stands_still(made, monkeypatch):
    done = []
    monkeypatch.setattr(damage, "damage", lambda memory, text: done.append(text))
    made.memory = 7
    made.act("damage some words")
    assert not done and made.monitor.sent[-1]["execute"] == "stop"
    answer(made, **{"return": {}})
    assert done == [b"some words"] and made.monitor.sent[-1]["execute"] == "cont"
