# SPDX-License-Identifier: GPL-2.0-only
"""Boots a guest under QEMU, listens to it, and ends it in time.

A guest has three channels: the serial console, written to console.log by
QEMU; the virtio port rig.result, whose lines are the guest's results (see
rig/guest/lib.sh) and come with the host's time of their arrival; and the
virtio port rig.data for bulk, written to the file "data".  QEMU is driven
through QMP (see qmp.py).  All sockets are inherited, none has a name in the file system.

    guest = Guest("name", build, initramfs, Machine(memory="1G"), "rig.case=e2e/reboot")
    outcome = guest.run()

A guest may ask the host for something by the line "host ACTION":
nmi (inject one), reset, stop, cont, quit, plug NAME BYTES (a module of memory), or,
with shared memory, damage TEXT (see damage.py), or, when it is debugged, fault FUNCTION
(the second argument of the function at that address leads nowhere, once; see debugger.py).
"""

import collections
import contextlib
import ctypes
import dataclasses
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import threading
import time

import arch
import damage
import debugger
import firmware
import initramfs
import qmp
from common import CACHE, OUT, RigError, lock, say, tail
from stopwatch import Stopwatch

ICOUNT = ("-icount", "shift=1,sleep=off", "-rtc", "base=2026-01-01T00:00:00,clock=vm",
          "-seed", "1")
# Else QEMU's main loop takes what the guest writes whenever it comes to it.
ICOUNT_PORTS = ",ioeventfd=off"
# A guest that has no word for so many seconds, at least, may be stuck.
MUTE = 30
# The last words of a kernel before all its CPUs have to meet, as for another clock source:
# there one of QEMU's threads misses that it was woken, one time in thousands.
STICKING = ("vgaarb: loaded", "e820: register RAM buffer resource")
PR_SET_PDEATHSIG = 1

Line = collections.namedtuple("Line", "time verb text")


@dataclasses.dataclass
class Machine:
    """What QEMU is asked for."""
    memory: str = "1G"
    cpus: int = 2
    cpu: str = dataclasses.field(default_factory=lambda: arch.guests().cpu)
    machine: str = dataclasses.field(default_factory=lambda: arch.guests().machine)
    icount: bool = False
    accel: str = ""      # "" is what the user asked for
    timeout: float = 120
    console: str = dataclasses.field(default_factory=lambda: arch.guests().console)
    shared: bool = False  # its memory is within the host's reach
    screen: str = ""      # it has a VGA screen, with text or pixels
    debugged: bool = False  # it can be stopped at a function
    firmware: str = "bios"  # or uefi; secure: with secure boot
    qemu: tuple = ()

    def console_words(self):
        """For the kernel's command line; early messages on the first port only."""
        early = arch.guests().early if self.console == arch.guests().console else ""
        words = (f"console={self.console}", early, "panic=-1", arch.guests().words)
        return " ".join(filter(None, words))

    def serial_port(self):
        """Which of the machine's ports that is."""
        return int(re.search(r"\d+$", self.console)[0])


@dataclasses.dataclass
class Outcome:
    """What became of a guest."""
    lines: list
    ended: bool          # it said "end"
    reason: str          # in one phrase, why it is over
    seconds: float
    directory: pathlib.Path
    again: bool = False  # it is that of another try

    def of(self, verb):
        return [line for line in self.lines if line.verb == verb]

    def values(self):
        """The guest's "val NAME TEXT" lines."""
        return dict(line.text.partition(" ")[::2] for line in self.of("val"))

    @property
    def console(self):
        return self.directory / "console.log"

    @property
    def data(self):
        return self.directory / "data"


def bytes_of(memory):
    """The size of a guest's memory, "768M" or "512M,slots=16,maxmem=4G"."""
    present = memory.split(",")[0]
    return int(present[:-1]) << {"M": 20, "G": 30}[present[-1]]


class Room:
    """The memory that this machine can spare: who wants more than is left of it waits."""

    def __init__(self):
        with open("/proc/meminfo", encoding="ascii") as info:
            available = next(int(line.split()[1]) for line in info
                             if line.startswith("MemAvailable:"))
        self.total = self.left = (available << 10) - (1 << 30)
        self.changed = threading.Condition()

    def has(self, memory):
        """Whether a guest with that much can run at all."""
        return bytes_of(memory) <= self.total

    @contextlib.contextmanager
    def taken(self, memory):
        """As long as a guest with that much runs."""
        with self.changed:
            self.changed.wait_for(lambda: bytes_of(memory) <= self.left)
            self.left -= bytes_of(memory)
        try:
            yield
        finally:
            with self.changed:
                self.left += bytes_of(memory)
                self.changed.notify_all()


_running = set()
_stopping = threading.Event()


def stop_all():
    """Ends every guest of this process, as at the user's Ctrl-C."""
    _stopping.set()
    for process in list(_running):
        process.kill()


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Guest:
    """One run of QEMU."""

    def __init__(self, name, build, ramdisk, machine, cmdline, watch=None):
        """watch(guest, line): called for each line, and with None at least once a second."""
        self.name, self.build, self.ramdisk = name, build, ramdisk
        self.machine, self.cmdline = machine, cmdline
        self.directory = OUT / "guests" / name
        self.signs = [self.directory / name for name in ("console.log", "results.log", "data")]
        # when it last gave one, and then: the time it had had, that of QEMU's main loop
        self.last_sign = self.had = self.spent = 0
        self.lines, self.ended = [], False
        self.watch = watch or (lambda guest, line: None)
        self.memory = None      # its descriptor, when it is shared
        self._text = b""
        self.talk = qmp.Monitor(self.tell, self.disobeyed)
        self.gdb = debugger.Debugger(self.tell_gdb, self.disobeyed)

    # starting

    def command(self, result, monitor, memory, gdb):
        machine, directory = self.machine, self.directory
        acceleration = machine.accel or accelerator(self.build, self.ramdisk, machine)
        command = [initramfs.find_tool(arch.guests().qemu),
                   "-name", f"rig-{self.name}", "-nodefaults", "-no-user-config",
                   "-display", "none", "-no-reboot",
                   "-machine", machine.machine,
                   "-cpu", machine.cpu + arch.guests().counted * machine.icount, "-accel", acceleration,
                   "-m", machine.memory, "-smp", str(machine.cpus),
                   *self.writes_console(),
                   "-chardev", f"socket,id=monitor,fd={monitor}",
                   "-mon", "chardev=monitor,mode=control",
                   "-device", arch.guests().ports + ICOUNT_PORTS * machine.icount,
                   "-chardev", f"socket,id=result,fd={result}",
                   "-device", "virtserialport,chardev=result,name=rig.result",
                   "-chardev", f"file,id=data,path={directory}/data",
                   "-device", "virtserialport,chardev=data,name=rig.data",
                   *self.boots()]
        if memory is not None:
            command += ["-machine", "memory-backend=memory", "-object",
                        f"memory-backend-file,id=memory,size={machine.memory},share=on,"
                        f"mem-path=/proc/self/fd/{memory}"]
        if gdb is not None:
            command += ["-chardev", f"socket,id=gdb,fd={gdb}", "-gdb", "chardev:gdb"]
        if machine.screen:
            command += ["-vga", "std"]
        if machine.icount:
            command += ICOUNT
        return command + list(machine.qemu)

    def boots(self):
        """What the machine starts, and by what firmware."""
        return ["-kernel", str(self.build.image), "-initrd", str(self.ramdisk),
                "-append", f"{self.machine.console_words()} {self.cmdline}",
                *(firmware.words() if self.machine.firmware == "uefi" else ())]

    def writes_console(self):
        """What writes console.log: a serial port, and the terminal where that is another device."""
        terminal = arch.guests().terminal
        return ["-chardev", f"file,id=console,mux={'on' if terminal else 'off'},"
                            f"path={self.directory}/console.log",
                *["-serial", "null"] * self.machine.serial_port(),
                "-serial", "chardev:console",
                *[word for device in terminal for word in ("-device", device)]]

    def start(self):
        """Starts QEMU; its sockets become ours."""
        for name in ("console.log", "results.log", "data", "screen", "qemu.log", "qmp.log"):
            (self.directory / name).unlink(missing_ok=True)
        self.result, far_result = socket.socketpair()
        self.monitor, far_monitor = socket.socketpair()
        self.gdb_socket, far_gdb = socket.socketpair()
        fds = [far_result.fileno(), far_monitor.fileno()]
        if self.machine.shared:
            self.memory = os.memfd_create("guest")
            fds.append(self.memory)
        if self.machine.debugged:
            fds.append(far_gdb.fileno())
        command = self.command(fds[0], fds[1], self.memory,
                               far_gdb.fileno() if self.machine.debugged else None)
        (self.directory / "qemu.command").write_text(" ".join(command) + "\n", encoding="utf-8")
        with open(self.directory / "qemu.log", "wb") as log:
            # pylint: disable-next=consider-using-with,subprocess-popen-preexec-fn
            self.process = subprocess.Popen(
                command, pass_fds=fds, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=die_with_parent, start_new_session=True)
        self.stopwatch = Stopwatch(self.process.pid)
        far_result.close()
        far_monitor.close()
        far_gdb.close()
        _running.add(self.process)
        if _stopping.is_set():
            self.process.kill()
        self.qmp("qmp_capabilities")

    # QMP

    def qmp(self, execute, **arguments):
        """Asks the monitor for something, and does not wait."""
        self.talk.ask(execute, **arguments)

    def tell(self, data):
        send(self.monitor, data)

    def tell_gdb(self, data):
        send(self.gdb_socket, data)

    def disobeyed(self, why):
        """The monitor would not: a result like the guest's own."""
        self.lines.append(Line(time.monotonic(), "no", f"the monitor obeys # {why}"))

    def act(self, action):
        """Does what the guest asks for."""
        verb, _, rest = action.partition(" ")
        if verb == "nmi":
            self.qmp("inject-nmi")
        elif verb == "reset":
            self.qmp("system_reset")
        elif verb in ("stop", "cont", "quit"):
            self.qmp(verb)
        elif verb == "damage" and self.memory is not None:
            self.qmp("stop", then=lambda: self.damage(rest.encode()))
        elif verb == "fault" and self.machine.debugged:
            self.gdb.fault_at(int(rest, 16))
        elif verb == "plug":
            self.plug(*rest.split())
        else:
            self.lines.append(Line(time.monotonic(), "no", f"host action {action} # unknown"))

    def damage(self, text):
        damage.damage(self.memory, text)
        self.qmp("cont")

    def plug(self, name, size):
        """A module of memory, once there is something to make it of."""
        self.qmp("object-add", **{"qom-type": "memory-backend-ram", "id": f"{name}-memory",
                                  "size": int(size)},
                 then=lambda: self.qmp("device_add", driver="pc-dimm", id=name,
                                       memdev=f"{name}-memory"))

    # listening

    def take(self, data, log):
        """Splits what came from the result port into lines, and reacts to them."""
        *whole, self._text = (self._text + data).split(b"\n")
        now = time.monotonic()
        for raw in whole:
            verb, _, text = raw.decode("utf-8", "replace").rstrip("\r").partition(" ")
            self.lines.append(Line(now, verb, text))
            log.write(f"{now - self.began:9.3f} {verb} {text}\n")
            log.flush()
            if verb == "end":
                self.ended = True
            elif verb == "host":
                self.act(text)
            self.watch(self, self.lines[-1])

    def listen(self, log):
        """Until QEMU is gone or time is up."""
        deadline = self.machine.timeout
        streams = [self.result, self.monitor, self.gdb_socket]
        while streams:
            left = deadline - self.stopwatch.read()
            if left <= 0:
                return "in time" if self.ended else \
                    f"still running after {self.machine.timeout:.0f} s"
            if self.mute():
                return "still mute"
            self.watch(self, None)
            for stream in select.select(streams, [], [], min(left, 1))[0]:
                data = receive(stream)
                if not data:
                    streams.remove(stream)
                elif stream is self.result:
                    self.take(data, log)
                elif stream is self.gdb_socket:
                    self.gdb.take(data)
                else:
                    self.heard(data)
            if self.ended:
                deadline = min(deadline, self.stopwatch.read() + 10)
        return None

    def mute(self):
        """Whether it has stopped saying anything, and that is no doing of the guest's:

        its first kernel has not come as far as its init, or it is QEMU that is busy, or
        it is where every kernel may get stuck.
        """
        signs = [self.born] + [path.stat().st_mtime for path in self.signs if path.exists()]
        had = self.stopwatch.read()
        if max(signs) != self.last_sign:
            self.last_sign, self.had = max(signs), had
            self.spent = main_thread_seconds(self.process.pid)
        silence = had - self.had
        if silence <= max(MUTE, self.machine.timeout / 4):
            return False
        busy = main_thread_seconds(self.process.pid) - self.spent > silence / 4
        return not self.lines or self.is_sticking() or (busy and not self.machine.icount)

    def is_sticking(self):
        last = tail(self.directory / "console.log", 1)
        return bool(last) and any(words in last[0] for words in STICKING)

    def heard(self, data):
        with open(self.directory / "qmp.log", "ab") as log:
            log.write(data)
        self.talk.take(data)

    def finish(self):
        """Makes sure that QEMU is gone."""
        try:
            self.process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        _running.discard(self.process)
        self.result.close()
        self.monitor.close()
        self.gdb_socket.close()
        if self.memory is not None:
            os.close(self.memory)

    def run(self):
        """From start to end; never raises because of what the guest does."""
        with lock("guest", self.directory):
            self.began, self.born = time.monotonic(), time.time()
            self.start()
            try:
                with open(self.directory / "results.log", "w", encoding="utf-8") as log:
                    overdue = self.listen(log)
            finally:
                self.finish()
        return Outcome(self.lines, self.ended, overdue or self.epitaph(),
                       time.monotonic() - self.began, self.directory)

    def epitaph(self):
        """Why QEMU ended."""
        if _stopping.is_set():
            return "interrupted"
        if self.process.returncode:
            why = tail(self.directory / "qemu.log", 1)
            return f"QEMU failed: {why[0] if why else self.process.returncode}"
        return "in time" if self.ended else "ended without its last word"


def main_thread_seconds(pid):
    """How long QEMU's main loop has run, which has little to do while a guest is well."""
    try:
        text = pathlib.Path(f"/proc/{pid}/task/{pid}/stat").read_text(encoding="ascii")
    except OSError:
        return 0
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def send(stream, data):
    try:
        stream.sendall(data)
    except OSError:
        pass    # the guest is gone, which the main loop will notice


def receive(stream):
    try:
        return stream.recv(65536)
    except ConnectionError:
        return b""


# acceleration

def accelerator(build, ramdisk, machine):
    """TCG; or KVM when ACCEL=kvm asks for it and a probe came back."""
    if machine.icount or os.environ.get("ACCEL", "tcg") == "tcg":
        return "tcg"
    if os.environ["ACCEL"] != "kvm":
        raise RigError(f"ACCEL={os.environ['ACCEL']}: tcg or kvm")
    return "kvm" if kvm_works(build, ramdisk) else "tcg"


_probe_lock = threading.Lock()


def kvm_works(build, ramdisk):
    """Boots a guest under KVM once, with a short time limit; remembers what came of it."""
    boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    verdict = CACHE / f"kvm-{boot}"
    with _probe_lock:
        if not verdict.exists():
            probe = Guest("kvm-probe", build, ramdisk,
                          Machine(timeout=15, accel="kvm", cpu="host", cpus=1),
                          "rig.case=e2e/hello rig.stage=1")
            works = os.access("/dev/kvm", os.R_OK | os.W_OK) and probe.run().ended
            verdict.parent.mkdir(parents=True, exist_ok=True)
            verdict.write_text("yes" if works else "no", encoding="ascii")
            if not works:
                say("KVM does not work here (the probe did not come back): using TCG")
        return verdict.read_text(encoding="ascii") == "yes"


def plain_name(text):
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)


def read_console(path):
    """The console's text; control sequences of the firmware's left in."""
    try:
        return pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
