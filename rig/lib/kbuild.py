# SPDX-License-Identifier: GPL-2.0-only
"""rig/build: configures and builds a guest kernel out of a tree that rig/tree laid.

A build is named after what is in it: "ours" or "stock", then the variants
asked for by --config and the user's own fragments.  Each has a directory
under out/build, so that they stand side by side and each is incremental.
"""

import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import arch
import tree
from common import OUT, RIG, STOCK, RigError, lock, need_space, remove, say, shown, tail

# A kernel built twice is the same kernel.
REPRODUCIBLE = {"KBUILD_BUILD_TIMESTAMP": "2026-01-01 00:00:00 UTC",
                "KBUILD_BUILD_USER": "rig", "KBUILD_BUILD_HOST": "rig",
                "KBUILD_BUILD_VERSION": "1", "LOCALVERSION": ""}
STEP = re.compile(rb"^\s+(?:CC|AS|LD|AR|HOSTCC|GEN|OBJCOPY|CC \[M\])\s")
WRONG = re.compile(r"error[: ]|\*\*\*|undefined reference|No rule to make", re.I)
FIRST_BUILD_STEPS = 2250
# Variants that a crash region has room for.
SMALL = {"ubsan", "clang", "poison"}
NEWEST_CLANG, OLDEST_CLANG = 40, 15


class Build(collections.namedtuple("Build", "name directory tree")):
    """A built kernel and what belongs to it."""

    @property
    def image(self):
        """The kernel as it is booted and loaded: a bzImage, or what the architecture has."""
        return self.directory / arch.guests().image

    @property
    def vmlinux(self):
        return self.directory / "vmlinux"

    @property
    def module(self):
        return self.directory / "rig/rigmod.ko"

    @property
    def release(self):
        return (self.directory / "include/config/kernel.release").read_text().strip()

    def option(self, name):
        """The value of a CONFIG_ option, "n" when it is not set."""
        return read_options([self.directory / ".config"]).get(name, "n")


# configuration

def fragments(variants, stock):
    """The files with the options asked for, in the order in which they count."""
    names = ["base", *["foreign"] * arch.is_foreign(), *["ours"] * (not stock), arch.NAME]
    files = [RIG / f"config/{name}.config" for name in names]
    for name in variants:
        files.append(RIG / "config" / f"{name}.config")
        if not files[-1].exists():
            raise RigError(f"no such configuration: {name} (no {files[-1]})")
    for name in os.environ.get("CONFIG_FRAGMENTS", "").split():
        files.append(pathlib.Path(name).resolve())
        if not files[-1].exists():
            raise RigError(f"CONFIG_FRAGMENTS: no such file: {name}")
    return files


def read_options(files):
    """CONFIG_ name to value; the last word counts, "n" is no."""
    options = {}
    for path in files:
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"^(?:# )?(CONFIG_\w+)(?:=(.*)| is not set)$", text, re.M):
            options[match[1]] = match[2] or "n"
    return options


def lost_options(wanted, config):
    """The options asked for that the configuration does not have."""
    have = read_options([config])
    return [f"{name}={value} (is {have.get(name, 'n')})"
            for name, value in wanted.items() if have.get(name, "n") != value]


def configure(build, files):
    """Writes .config, unless it is that already."""
    wanted = read_options(files)
    scratch = build.directory / ".config.rig"
    env = {"KCONFIG_CONFIG": str(scratch)}
    log = build.directory / "config.log"
    run_make(build, log, "tinyconfig", env=env)
    with open(scratch, "a", encoding="utf-8") as config:
        config.writelines(f"{name}={value}\n" for name, value in wanted.items())
    run_make(build, log, "olddefconfig", env=env)
    lost = lost_options(wanted, scratch)
    if lost:
        raise RigError(f"{len(lost)} requested options did not survive: {', '.join(lost)}")
    config = build.directory / ".config"
    if not config.exists() or config.read_bytes() != scratch.read_bytes():
        os.replace(scratch, config)


# make

class Progress:
    """A line that says how far a build is: over itself on a terminal, else now and then."""

    def __init__(self, name, total):
        self.name, self.total, self.done = name, total, 0
        self.start = self.last = time.monotonic()
        self.terminal = sys.stderr.isatty()

    def step(self):
        self.done += 1
        now = time.monotonic()
        if now - self.last >= (0.2 if self.terminal else 20):
            self.last = now
            self.show()

    def show(self):
        seconds = time.monotonic() - self.start
        about = f" of about {self.total}" if self.total > self.done else ""
        line = f"build {self.name}: {self.done}{about} steps, {seconds:.0f} s"
        if self.terminal:
            print(f"\r\033[Krig: {line}", end="", file=sys.stderr, flush=True)
        else:
            say(line)

    def close(self):
        if self.terminal and self.done:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def clang():
    """The suffix of the newest clang that has its linker beside it."""
    for version in range(NEWEST_CLANG, OLDEST_CLANG - 1, -1):
        if shutil.which(f"clang-{version}") and shutil.which(f"ld.lld-{version}"):
            return f"-{version}"
    raise RigError("no clang with a linker (packages clang-19, lld-19 and llvm-19)")


def make_command(build, *targets):
    settings = [f"{name}={value}" for name, value in REPRODUCIBLE.items()]
    settings += arch.make_settings()
    if "clang" in build.name.split("-"):
        settings.append(f"LLVM={clang()}")
    return ["nice", "make", "-C", str(build.tree), f"O={build.directory}",
            f"-j{os.cpu_count()}", *settings, *targets]


def run_make(build, log, *targets, env=None, progress=None):
    """Runs make with its output in a log; shows the log's errors when it fails."""
    with open(log, "wb") as out, subprocess.Popen(
            make_command(build, *targets), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}) as process:
        for line in process.stdout:
            out.write(line)
            if progress and STEP.match(line):
                progress.step()
    if process.returncode:
        if progress:
            progress.close()
        lines = tail(log, 400)
        for line in [line for line in lines if WRONG.search(line)][:15] or lines[-15:]:
            print(line, file=sys.stderr)
        raise RigError(f"make {' '.join(targets)} failed, see {log}")


def compile_kernel(build):
    """Builds kernel and module; remembers how many steps a whole build takes."""
    whole = not build.vmlinux.exists()
    progress = Progress(build.name, FIRST_BUILD_STEPS if whole else 0)
    run_make(build, build.directory / "build.log", build.image.name, "modules", progress=progress)
    progress.close()
    compile_module(build)
    return progress


def compile_module(build):
    """Builds rig/guest/rigmod.c against this kernel."""
    source = RIG / "guest/rigmod.c"
    directory = build.module.parent
    if not source.exists():
        return
    directory.mkdir(exist_ok=True)
    tree.write_if_different(directory / "rigmod.c", source.read_bytes())
    tree.write_if_different(directory / "Kbuild", b"obj-m := rigmod.o\n")
    forget_older(directory.glob("*.o"), build.directory / "include/generated/autoconf.h")
    run_make(build, directory / "build.log", f"M={directory}", "modules")


def forget_older(paths, file):
    """Removes what was made before that file: of options make knows within a tree only."""
    for path in paths:
        if file.exists() and path.stat().st_mtime < file.stat().st_mtime:
            path.unlink()


def size(path):
    return f"{path.stat().st_size:,} bytes" if path.exists() else "none"


def keep_to_base(directory, base):
    """Forgets what was built of another base: make takes it for newer than this one's files."""
    stamp = directory / "rig.base"
    if stamp.exists() and stamp.read_text(encoding="utf-8") != base.identity:
        say(f"{shown(directory)} was built of another base: from nothing")
        remove(directory)
    tree.write_if_different(stamp, base.identity.encode())


def build_kernel(variants=(), stock=STOCK):
    """Lays the tree and builds; returns the Build."""
    files = fragments(variants, stock)
    kind = "stock" if stock else "ours"
    own = [path.stem for path in files if path.parent != RIG / "config"]
    name = "-".join([arch.apart(kind), *variants, *own])
    build = Build(name, OUT / "build" / name, OUT / "tree" / kind)
    with lock("kbuild"):
        base = tree.lay(build.tree, stock)
        need_space(2)
        keep_to_base(build.directory, base)
        configure(build, files)
        progress = compile_kernel(build)
    seconds = time.monotonic() - progress.start
    say(f"build {build.name}: {progress.done} steps in {seconds:.0f} s, Linux {build.release}, "
        f"{build.image.name} {size(build.image)}, "
        f"purgatory.ro {size(build.directory / 'arch/x86/purgatory/purgatory.ro')}")
    return build


def plain_kernel(variants):
    """For guests of a variant that takes much memory, the same kernel without it.

    As a file of their initramfs: a name to contents, or nothing.
    """
    return {"boot/plain": build_kernel().image.read_bytes()} if set(variants) - SMALL else {}


def existing_build(directory):
    """A kernel that is built already, for who says --build."""
    path = pathlib.Path(directory).resolve()
    source = path / "source"
    build = Build(path.name, path, source.resolve() if source.exists() else None)
    if not build.image.exists():
        raise RigError(f"{path} holds no built kernel")
    return build


def from_arguments(options):
    return existing_build(options.build) if options.build else build_kernel(options.config)


def command(options):
    print(shown(build_kernel(options.config).directory))
    return 0
