# SPDX-License-Identifier: GPL-2.0-only
"""Puts together the initramfs of the guests: a cpio archive, made here byte by byte.

There are two layers.  The lower one has /init, busybox, kexec-tools,
makedumpfile, our own programs and the scripts of the cases: it is what every
kernel needs, the next one and the crash kernel included.  The upper one adds
/boot with the kernel and with the lower layer as a file, from which a guest
makes the initrd of the kernel it loads.
"""

import os
import pathlib
import re
import shutil
import stat
import subprocess

import arch
import foreign
import points
from common import OUT, RIG, ROOT, Lacking, RigError, write_if_different

TOOLS = ("kexec", "makedumpfile")
# Programs that load machine code of x86's.
FOR_X86 = ("jump", "tailkernel", "witness")
CFLAGS = ("-O2", "-Wall", "-Wextra", "-static", "-std=gnu11", "-D_GNU_SOURCE", "-pthread")


class Archive:
    """A cpio archive in the "newc" format, in memory."""

    def __init__(self):
        self.parts, self.names = [], set()

    def _entry(self, name, mode, data=b"", device=(0, 0)):
        self.names.add(name)
        fields = (len(self.names), mode, 0, 0, 1, 0, len(data), 0, 0, *device,
                  len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields)
        head += name.encode() + b"\0"
        self.parts += [head, bytes(-len(head) % 4), data, bytes(-len(data) % 4)]

    def directory(self, name):
        """A directory with those above it."""
        for parent in [*reversed(pathlib.PurePath(name).parents), pathlib.PurePath(name)]:
            if str(parent) != "." and str(parent) not in self.names:
                self._entry(str(parent), stat.S_IFDIR | 0o755)

    def file(self, name, data, mode=0o644):
        self.directory(os.path.dirname(name))
        self._entry(name, stat.S_IFREG | mode, data)

    def copy(self, name, source):
        """A host's file, which the guest may execute whatever it is."""
        self.file(name, pathlib.Path(source).read_bytes(), 0o755)

    def link(self, name, target):
        self.directory(os.path.dirname(name))
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def device(self, name, major, minor):
        self.directory(os.path.dirname(name))
        self._entry(name, stat.S_IFCHR | 0o600, device=(major, minor))

    def bytes(self):
        trailer = Archive()
        trailer._entry("TRAILER!!!", 0)
        body = b"".join(self.parts + trailer.parts)
        return body + bytes(-len(body) % 512)


def find_tool(name):
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not path:
        raise Lacking(f"{name} is not installed")
    return path


def libraries(program):
    """The shared libraries of a program, loader included."""
    done = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    return re.findall(r"(?m)(?:=> )(/\S+)|^\s+(/\S+)", done.stdout)


def compile_programs():
    """Compiles rig/guest/*.c, statically; returns the programs' paths."""
    headers = max(path.stat().st_mtime for path in (RIG / "guest").glob("*.h"))
    programs = []
    for source in sorted((RIG / "guest").glob("*.c")):
        if source.name == "rigmod.c" or arch.is_foreign() and source.stem in FOR_X86:
            continue
        program = OUT / arch.apart("guest-programs") / source.stem
        program.parent.mkdir(parents=True, exist_ok=True)
        programs.append(program)
        newest = max(headers, source.stat().st_mtime)
        if program.exists() and program.stat().st_mtime > newest:
            continue
        done = subprocess.run([f"{arch.guests().cross}gcc", *CFLAGS, "-o", program, source],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise RigError(f"cannot compile {source}:\n{done.stderr}")
    return programs


def add_busybox(archive):
    """What applets it has the host's own says, which is made of the same package."""
    busybox = find_tool("busybox")
    archive.copy("bin/busybox", foreign.find(["busybox"])[0] if arch.is_foreign() else busybox)
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True)
    for applet in applets.stdout.split():
        if applet != "busybox":
            archive.link(f"bin/{applet}", "busybox")


def add_foreign_tools(archive, tools):
    """Programs of another architecture, their libraries where every loader looks."""
    paths = foreign.find(tools)
    for path in paths:
        archive.copy(f"bin/{path.name}", path)
    for name, path in foreign.libraries(paths).items():
        archive.copy(f"lib/{name}", path)
    archive.link("lib64", "lib")


def add_tools(archive, tools):
    if arch.is_foreign():
        add_foreign_tools(archive, tools)
        return
    wanted = set()
    for name in tools:
        tool = find_tool(name)
        archive.copy(f"bin/{name}", tool)
        wanted.update(one or other for one, other in libraries(tool))
    for path in sorted(wanted):
        archive.copy(path.lstrip("/"), path)


def lower_layer(build, extra, more, tools):
    archive = Archive()
    archive.copy("init", RIG / "guest/init")
    archive.device("dev/console", 5, 1)
    for name in ("proc", "sys", "tmp"):
        archive.directory(name)
    add_busybox(archive)
    add_tools(archive, TOOLS + tools)
    for program in compile_programs():
        archive.copy(f"bin/{program.name}", program)
    archive.copy("rig/lib.sh", RIG / "guest/lib.sh")
    archive.copy("rig/guide.rst", ROOT / "Documentation/admin-guide/kdump/kdump.rst")
    archive.copy("rig/cases/run", RIG / "guest/run.sh")
    for script in sorted((RIG / "cases").glob("*/*.sh")):
        archive.copy(f"rig/cases/{script.parent.name}/{script.stem}", script)
    if build.module.exists():
        archive.copy("rig/rigmod.ko", build.module)
    archive.file("rig/places", "".join(f"{name} {place}\n" for name, place
                                       in points.places(build)).encode())
    for name, path in extra.items():
        archive.copy(name, path)
    for name, data in more.items():
        archive.file(name, data)
    return archive.bytes()


def upper_layer(build, initrd, more):
    archive = Archive()
    for name, data in more.items():
        archive.file(name, data)
    archive.copy("boot/bzImage", build.image)   # whatever it is, the cases call it that
    archive.link(f"boot/vmlinuz-{build.release}", "bzImage")
    if initrd:
        archive.file("boot/initrd", initrd)
    return archive.bytes()


def make_initramfs(build, extra=None, purpose="", initrd=True, more=None, tools=()):
    """Writes the initramfs of a build's guests and returns its path.

    extra: name inside the guest to file on the host; purpose keeps apart what has
    different ones.  Guests that make an initrd of their own need none in /boot.
    more: name inside the guest to contents, those in /boot for the upper layer only, where
    a function may make them of the lower one;
    tools: names of the host's programs, beside those that all have.
    """
    files = dict(more or {})
    for_boot = {name: files.pop(name) for name in list(files) if name.startswith("boot/")}
    lower = lower_layer(build, extra or {}, files, tools)
    for_boot = {name: data(lower) if callable(data) else data for name, data in for_boot.items()}
    path = OUT / "guests" / f"initramfs-{build.name}{purpose and '-' + purpose}"
    write_if_different(path, lower + upper_layer(build, initrd and lower, for_boot))
    return path
