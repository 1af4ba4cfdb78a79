# SPDX-License-Identifier: GPL-2.0-only
"""The dump's format, on dumps of a few pages, whole and broken; and what gdb said of some."""

import struct
import types
import zlib

import pytest

import gdbserver
import kdump
import postmortem
from common import RigError

BLOCK = 4096
VIRTUAL = kdump.KERNEL_MAP + 0x1000000
LARGE = kdump.KERNEL_MAP + 0x1200000
VMCOREINFO = (b"OSRELEASE=7.3.4\nPAGESIZE=4096\nSYMBOL(init_top_pgt)=ffffffff80001000\n"
              b"NUMBER(phys_base)=0\nNUMBER(pgtable_l5_enabled)=0\nKERNELOFFSET=1a000000\n")


def table(entries):
    """A page of a page table."""
    page = bytearray(BLOCK)
    for number, entry in entries.items():
        struct.pack_into("<Q", page, number * 8, entry)
    return bytes(page)


def index(address, shift):
    return address >> shift & 511


# Frame to content: VIRTUAL is in frame 5, LARGE in a page of 2 MiB at 0x200000.
PAGES = {
    1: table({index(VIRTUAL, 39): 0x2001}),
    2: table({index(VIRTUAL, 30): 0x3001}),
    3: table({index(VIRTUAL, 21): 0x4001, index(LARGE, 21): 0x200000 | 0x81}),
    4: table({index(VIRTUAL, 12): 0x5001, index(VIRTUAL, 12) + 1: 0x9001,
                     index(VIRTUAL, 12) + 2: 0}),
    5: b"the page".ljust(BLOCK, b"."),
    0x203: b"of a large page".ljust(BLOCK, b"-"),
}


def note(name, kind, body):
    def padded(data):
        return data + bytes(-len(data) % 4)
    return struct.pack("<III", len(name), len(body), kind) + padded(name) + padded(body)


def prstatus(pid, **registers):
    body = bytearray(336)
    struct.pack_into("<i", body, kdump.PID, pid)
    struct.pack_into("<27Q", body, kdump.REGISTERS,
                     *(registers.get(name, 0) for name in kdump.NAMES))
    return note(b"CORE\0", kdump.NT_PRSTATUS, bytes(body))


NOTES = prstatus(0, rip=0xffffffff81000000, cs=0x10) + \
    note(b"VMCOREINFO\0", 0, VMCOREINFO[:21]) + prstatus(321, rip=0x401000, cs=0x33)


def made(pages, notes=NOTES, flags=kdump.ZLIB):
    """A dump as makedumpfile -c writes it: the bytes of the file."""
    frames = sorted(pages)
    bitmap = bytearray(BLOCK)
    for frame in frames:
        bitmap[frame >> 3] |= 1 << (frame & 7)
    texts = BLOCK + 512     # in the block of the sub-header
    head = bytearray(2 * BLOCK)
    head[:8] = b"KDUMP   "
    struct.pack_into("<iiI", head, 428, BLOCK, 1, 2)
    struct.pack_into("<QQ", head, BLOCK + 32, texts, len(VMCOREINFO))
    struct.pack_into("<QQ", head, BLOCK + 48, texts + 512, len(notes))
    head[texts:texts + len(VMCOREINFO)] = VMCOREINFO
    head[texts + 512:texts + 512 + len(notes)] = notes
    at = len(head) + 2 * BLOCK + 24 * len(frames)
    descriptors, stored = b"", b""
    for frame in frames:
        data = zlib.compress(pages[frame]) if flags == kdump.ZLIB else pages[frame]
        descriptors += struct.pack("<QIIQ", at + len(stored), len(data), flags, 0)
        stored += data
    return bytes(head + bitmap + bitmap) + descriptors + stored


@pytest.fixture(name="opened")
def fixture_opened(tmp_path):
    def opened(data=made(PAGES)):
        path = tmp_path / "dump"
        path.write_bytes(data)
        return kdump.Dump(path)
    return opened


def test_vmcoreinfo_and_notes_are_found(opened):
    dump = opened()
    assert dump.vmcoreinfo["OSRELEASE"] == "7.3.4"
    assert dump.symbol("init_top_pgt") == 0xffffffff80001000
    assert dump.kernel_offset == 0x1a000000 and dump.number("nothing", 7) == 7
    first, second = dump.cpus()
    assert (first.pid, second.pid) == (0, 321)
    assert first.registers["rip"] == 0xffffffff81000000 and second.registers["cs"] == 0x33
    assert [postmortem.in_user_mode(cpu) for cpu in (first, second)] == [False, True]


@pytest.mark.parametrize("flags", [0, kdump.ZLIB])
def test_pages_are_read_by_virtual_address(opened, flags):
    dump = opened(made(PAGES, flags=flags))
    assert dump.read(VIRTUAL, 8) == b"the page"
    assert dump.read(VIRTUAL + 4, 4) == b"page"
    assert dump.read(LARGE + 0x3000, 15) == b"of a large page"


def test_a_read_ends_where_the_dump_does(opened):
    assert opened().read(VIRTUAL + BLOCK - 3, 9) == b"..."


@pytest.mark.parametrize("address", [
    VIRTUAL + BLOCK,        # its page is not in the dump
    VIRTUAL + 2 * BLOCK,    # nothing is mapped there
    LARGE + 0x4000,         # a page of the large one that is not in the dump
    0x1000])                # no tables
def test_what_the_dump_does_not_have_is_missing(opened, address):
    with pytest.raises(kdump.Missing):
        opened().read(address, 8)


def test_notes_that_are_cut_off_are_no_cpus(opened):
    assert [cpu.pid for cpu in opened(made(PAGES, NOTES[:-100])).cpus()] == [0]
    assert not opened(made(PAGES, b"")).cpus()


@pytest.mark.parametrize("data, why", [
    (b"", "is empty"),
    (b"\x7fELF" + bytes(BLOCK), "not a dump"),
    (b"makedumpfile" + bytes(BLOCK), "not a dump"),
    (made(PAGES)[:100], "cut off"),
    (made(PAGES)[:BLOCK + 20], "cut off"),
    (made(PAGES)[:3 * BLOCK], "cut off"),
])
def test_what_is_no_whole_dump_is_an_error(opened, data, why):
    with pytest.raises(RigError, match=why):
        opened(data)


def test_a_page_that_is_cut_off_is_an_error(opened):
    dump = opened(made(PAGES)[:-20])
    assert dump.read(VIRTUAL, 8) == b"the page"
    with pytest.raises(RigError, match="page"):
        dump.read(LARGE + 0x3000, 8)


def test_a_compression_that_is_not_known_is_an_error(opened):
    with pytest.raises(RigError, match="compressed in a way"):
        opened(made(PAGES, flags=0x20)).read(VIRTUAL, 8)


def test_gdb_is_told_what_the_dump_has(opened):
    server = gdbserver.Server(opened())
    assert bytes.fromhex(server.answer(f"m{VIRTUAL:x},8")) == b"the page"
    assert server.answer("m1000,8") == "E14"
    assert server.answer("qfThreadInfo") == "m1,2"
    assert server.answer("Hg2") == "OK"
    assert bytes.fromhex(server.answer("g"))[16 * 8:17 * 8] == struct.pack("<Q", 0x401000)
    assert server.answer("D") is None and server.answer("vMustReplyEmpty") == ""


# what gdb says

TREE = "/work/out/tree/ours"
OUTPUT = f"""\
crash_setup_regs (...) at {TREE}/arch/x86/include/asm/kexec.h:117
117\t\t\tnewregs->ip = _THIS_IP_;
rig panic 1
rig cpu 0 0 swapper/0
[Switching to thread 1 (Thread 1)]
#0  native_irq_disable () at {TREE}/arch/x86/include/asm/irqflags.h:37
37\t\tasm volatile("cli": : :"memory");
#0  native_irq_disable () at {TREE}/arch/x86/include/asm/irqflags.h:37
#1  default_idle () at {TREE}/arch/x86/kernel/process.c:769
#2  secondary_startup_64 () at {TREE}/arch/x86/kernel/head_64.S:418
#3  ?? ()
rig cpu 1 36 kworker/1:1 of many words
[Switching to thread 2 (Thread 2)]
#0  crash_setup_regs (...) at {TREE}/arch/x86/include/asm/kexec.h:117
117\t\t\tnewregs->ip = _THIS_IP_;
#0  crash_setup_regs (...) at {TREE}/arch/x86/include/asm/kexec.h:117
#1  __crash_kexec (...) at {TREE}/kernel/crash_core.c:135
#2  rig_panic_process (...) at rigmod.c:98
#3  0xffffffff81234567 in asm_exc_nmi () at {TREE}/arch/x86/entry/entry_64.S:1412
#4  process_one_work (...) at {TREE}/kernel/workqueue.c:3396
rig cpu 2 40 sh
[Switching to thread 3 (Thread 3)]
#0  0x0000000000401000 in ?? ()
#0  0x0000000000401000 in ?? ()
rig value marker 8244234312362388257
rig value text "two words"
[Inferior 1 (Remote target) detached]
"""
BUILD = types.SimpleNamespace(tree=TREE)
CPUS = [kdump.Cpu(0, {"cs": 0x10}), kdump.Cpu(36, {"cs": 0x10}), kdump.Cpu(40, {"cs": 0x33})]


def test_stacks_are_read_the_panicking_one_first():
    panicked, idle, user = postmortem.read_stacks(OUTPUT, BUILD, CPUS)
    assert (panicked.cpu, panicked.pid, panicked.comm) == (1, 36, "kworker/1:1 of many words")
    assert panicked.panicked and not idle.panicked and not user.panicked
    assert panicked.frames[0] == "crash_setup_regs () at arch/x86/include/asm/kexec.h:117"
    assert len(panicked.frames) == 4, "no further than the kernel's entry"
    assert idle.frames[-1].startswith("secondary_startup_64")
    assert user.user and not user.frames


def test_a_function_is_found_on_a_stack_by_its_whole_name():
    panicked = postmortem.read_stacks(OUTPUT, BUILD, CPUS)[0]
    assert postmortem.on_stack(panicked, "rig_panic_process")
    assert postmortem.on_stack(panicked, "asm_exc_nmi")
    assert not postmortem.on_stack(panicked, "rig_panic")
    assert not postmortem.on_stack(panicked, "process_one_work"), "it is beyond the entry"


def test_values_are_read_to_the_end_of_their_line():
    assert postmortem.read_values(OUTPUT) == {"marker": "8244234312362388257",
                                              "text": '"two words"'}


@pytest.mark.parametrize("output", [
    OUTPUT.replace("rig panic 1\n", ""),
    OUTPUT.replace("rig panic 1", "rig panic <error: Cannot access memory at address 0x0>"),
    OUTPUT.replace("rig cpu 0 0 swapper/0", "rig cpu 0 "),
    OUTPUT.replace("rig cpu 2 40", "rig cpu 7 40")])
def test_output_that_is_broken_is_an_error(output):
    with pytest.raises(RigError, match="gdb"):
        postmortem.read_stacks(output, BUILD, CPUS)


@pytest.mark.parametrize("output", [
    OUTPUT.replace("rig panic 1", "rig panic -1"), OUTPUT[:OUTPUT.index("rig cpu 1")],
    OUTPUT[:OUTPUT.index("#1  __crash_kexec")].replace("#0  crash", "crash")])
def test_no_stack_of_the_cpu_that_panicked_is_an_error(output, monkeypatch):
    monkeypatch.setattr(postmortem, "run_gdb", lambda *_: output)
    monkeypatch.setattr(postmortem, "Dump", lambda _: types.SimpleNamespace(cpus=lambda: CPUS))
    with pytest.raises(RigError, match="no stack"):
        postmortem.stacks("dump", BUILD)


def test_an_empty_stream_is_no_dump(tmp_path):
    (tmp_path / "data").write_bytes(b"")
    with pytest.raises(RigError, match="nothing came of a dump"):
        postmortem.rearrange(tmp_path / "data", tmp_path / "dump")


def test_a_tool_that_hangs_on_a_stream_is_ended(tmp_path, monkeypatch):
    (tmp_path / "data").write_bytes(b"cut off")
    tool = tmp_path / "makedumpfile"
    tool.write_text("#!/bin/sh\nexec sleep 1000\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(postmortem, "LIMIT", 0.1)
    with pytest.raises(RigError, match="still runs"):
        postmortem.rearrange(tmp_path / "data", tmp_path / "dump")
