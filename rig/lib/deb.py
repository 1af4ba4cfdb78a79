# SPDX-License-Identifier: GPL-2.0-only
"""rig/deb: packages of our kernel for Debian, configured as Debian configures its own.

The configuration is that of the kernel for virtual machines in the suite that the base
tree comes from; rig/config/deb/ours.config says what we change in it.  What came out
otherwise than Debian has it is listed by cause: asked for, new in our tree, due to --quick,
or lost, mostly to the tools that this machine has.

A build that is cut off goes on where it was; what has been compiled once, for another of
these builds too, ccache knows.
"""

import os

import kbuild
import prebuilt
import tree
from common import CACHE, OUT, RIG, STOCK, RigError, lock, need_space, remove, say, shown

FRAGMENTS = RIG / "config/deb"
# Options that say what the tools of this machine are, not what the kernel is.
OF_TOOLS = ("CONFIG_CC_", "CONFIG_GCC_", "CONFIG_LD_", "CONFIG_AS_", "CONFIG_RUSTC_",
            "CONFIG_PAHOLE_", "CONFIG_HAVE_", "CONFIG_CLANG_", "CONFIG_TOOLS_",
            "CONFIG_BINDGEN_", "CONFIG_OPENSSL_")
# Steps of a whole build; those of a full one are estimated by the makefiles.
STEPS = {"quick": 3200, "full": 9000}
# It would take the place of the C library's own headers.
NOT_OURS = "linux-libc-dev_*.deb"


# ---- configuration: options are names to values, "n" is no ----

def debian_config():
    """The configuration of Debian's own kernel, fetched when it is not there yet."""
    name = next(name for name, suite in prebuilt.SUITES.items() if suite == tree.SUITE)
    kernel = prebuilt.get(name)
    for path in (kernel.modules / "config", kernel.directory / f"boot/config-{kernel.release}"):
        if path.exists():
            return kernel.release, path
    raise RigError(f"{shown(kernel.directory)} has no configuration in it")


def without_modules(options):
    """What is a module in one configuration is none in this."""
    return {name: "n" if value == "m" else value for name, value in options.items()}


def wanted(debian, fragments, quick):
    """Debian's options under ours; with quick, of its modules only those that are named there."""
    return {**(without_modules(debian) if quick else debian), **fragments}


def cause(name, debian, fragments, quick):
    """Why an option is not as Debian has it."""
    if name in fragments:
        return "asked"
    if name not in debian:
        return "new"
    return "quick" if quick else "lost"


def differences(debian, have, fragments, quick):
    """What is otherwise than Debian has it, by cause: lists of "NAME: THERE -> HERE"."""
    found = {"asked": [], "new": [], "quick": [], "lost": []}
    for name in sorted(debian.keys() | have.keys()):
        there, here = debian.get(name, "n"), have.get(name, "n")
        if there != here and not name.startswith(OF_TOOLS):
            found[cause(name, debian, fragments, quick)].append(f"{name}: {there} -> {here}")
    return found


def write_config(build, options):
    """Completes the options to a configuration, unless it is that already."""
    scratch = build.directory / ".config.rig"
    scratch.write_text("".join(f"{name}={value}\n" for name, value in options.items()),
                       encoding="utf-8")
    kbuild.run_make(build, build.directory / "config.log", *compiler(), "olddefconfig",
                    env={"KCONFIG_CONFIG": str(scratch)})
    config = build.directory / ".config"
    if not config.exists() or config.read_bytes() != scratch.read_bytes():
        os.replace(scratch, config)
    return kbuild.read_options([config])


def lost(fragments, have):
    """What our fragments ask for and did not get."""
    return [f"{name}={value}" for name, value in fragments.items() if have.get(name, "n") != value]


def configure(build, quick):
    """Writes .config and, beside the packages, in what it differs from Debian's."""
    release, path = debian_config()
    names = ["ours"] * (not STOCK) + ["quick"] * quick
    fragments = kbuild.read_options([FRAGMENTS / f"{name}.config" for name in names])
    fragments["CONFIG_LOCALVERSION"] = f'"-{suffix(quick)}"'
    debian = kbuild.read_options([path])
    have = write_config(build, wanted(debian, fragments, quick))
    missing = lost(fragments, have)
    if missing:
        raise RigError(f"{len(missing)} options did not survive: {', '.join(missing)}")
    found = differences(debian, have, fragments, quick)
    report = build.directory.parent / "differences"
    report.write_text("".join(f"{why}\n" + "".join(f"  {line}\n" for line in lines)
                              for why, lines in found.items()), encoding="utf-8")
    counts = ", ".join(f"{len(lines)} {why}" for why, lines in found.items())
    say(f"configured as {release}; options that differ: {counts} ({shown(report)})")
    for line in found["lost"]:
        say(f"not as Debian has it: {line}")


# ---- the build ----

def suffix(quick):
    """What a release ends in, so that packages of several builds can be there side by side.

    None may be how another one begins, nor Debian's: systemd's kernel-install removes every
    entry of the loader's that begins with the release which goes.
    """
    return "quick-" * quick + ("stock" if STOCK else "kexec")


def compiler():
    """Each file is compiled once for all of these builds, as long as ccache has it."""
    return ["CC=ccache gcc"]


def make(build, jobs, *targets, progress=None):
    os.environ.setdefault("CCACHE_DIR", str(CACHE / "ccache"))
    os.environ.setdefault("CCACHE_DEPEND", "1")     # what is not there yet costs no second pass
    kbuild.run_make(build, build.directory.parent / f"{targets[0]}.log", *targets, *compiler(),
                    f"-j{jobs}", progress=progress)


def package(build, base, jobs):
    """The packages of what has been compiled, in the directory above the build's."""
    directory = build.directory.parent
    for old in directory.glob("*.deb"):
        old.unlink()
    make(build, jobs, "bindeb-pkg", f"KDEB_PKGVERSION={tree.dotted(base.version)}-1",
         "KDEB_CHANGELOG_DIST=unstable")
    for pattern in (NOT_OURS, "linux-upstream_*"):
        for path in directory.glob(pattern):
            remove(path)
    return sorted(directory.glob("*.deb"))


def build_packages(quick, jobs):
    """Lays the tree, builds, packs; returns the packages."""
    kind = "quick" if quick else "full"
    directory = OUT / "deb" / ("stock-" * STOCK + kind)
    build = kbuild.Build(directory.name, directory / "build",
                         OUT / "tree" / ("stock" if STOCK else "ours"))
    with lock(f"deb-{directory.name}"):
        base = tree.lay(build.tree)
        need_space(2)
        build.directory.mkdir(parents=True, exist_ok=True)
        configure(build, quick)
        progress = kbuild.Progress(directory.name, STEPS[kind])
        make(build, jobs, "headers", "all", progress=progress)
        progress.close()
        return package(build, base, jobs)


def command(options):
    for path in build_packages(options.quick, options.jobs or os.cpu_count()):
        print(shown(path))
    return 0
