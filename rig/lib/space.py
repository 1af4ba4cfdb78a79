# SPDX-License-Identifier: GPL-2.0-only
"""What a command is going to put on the disk, said before the first byte of it is fetched.

Measured, in GB: a base tree 1.8, and its package 0.2 while it is unpacked; a build
1.6, that of a variant up to twice as much; of all tests 0.5 in initramfs and as much
in dumps.  Our tree is links into the base, where that is the rig's own.
"""

import os
import shutil

import arch
from common import CACHE, OUT, STOCK, Lacking, say, shown

BASE, LINKS, BUILD, VARIANT, DISTRIBUTION, PACKAGES = 2.1, 0.1, 1.7, 3.4, 0.3, 1.5
# A Debian with a kernel, and once more as files while it is made.
DISK = 2.5
# What guests leave, by the command's module.
GUESTS = {"mainjob": 0.3, "runner": 1.2, "sweep": 1.2, "bench": 0.5, "mutants": 0.3}
# What is made in a directory of its own.
OBJECTS = {"configs": 3.0, "series": 0.2, "fuzz": 0.1, "gates": 0.3}
# Packages of our kernel and what they are made of; with all modules of the configuration, an estimate.
DEB = {"quick": 4.0, "full": 20.0}
# What is not worth a word.
LITTLE = 0.5


def in_packages(options):
    """Whether it is for the suite whose kernels are in packages (field.py)."""
    patterns = getattr(options, "patterns", [])
    return bool(patterns) and all(word.startswith("field") for word in patterns)


def kernels(module, options):
    """The builds that a command wants, by name."""
    variants = getattr(options, "config", [])
    if module == "series":
        return ["series"] * options.build
    if module != "kbuild" and module not in GUESTS or getattr(options, "build", None) or \
            in_packages(options):
        return []
    kind = arch.apart("stock" if STOCK else "ours")
    if module == "bench" or module == "sweep" and not (variants or STOCK):
        return [arch.apart("ours"), arch.apart("stock")]
    # guests of a variant crash into the kernel without it
    return ["-".join([kind, *variants])] + [kind] * bool(variants and module != "kbuild")


def trees(module, options):
    """The trees that it lays."""
    kinds = {name.partition("-")[0] for name in kernels(module, options)}
    if module == "deb":
        kinds.add("stock" if STOCK else "ours")
    return sorted(kinds | ({"ours"} if module in OBJECTS else set()))


def is_there(path):
    return path.exists() and (not path.is_dir() or any(path.iterdir()))


def parts(module, options):
    """(what, GB) of all that it makes and that is not there yet."""
    foreign = os.environ.get("LINUX")
    laid = [OUT / "tree" / name for name in trees(module, options)]
    if module == "tree":
        laid = [options.directory.resolve()]
    if laid and not foreign and not any(path.is_dir() for path in CACHE.glob("linux-source-*")):
        yield "the base", BASE
    for path in laid:
        if not is_there(path):
            yield f"the tree {path.name}", LINKS if OUT in path.parents and not foreign else BASE
    for name in kernels(module, options):
        if not is_there(OUT / "build" / name / "vmlinux"):
            yield f"the build {name}", VARIANT if "-" in name else BUILD
    if module in GUESTS and not shutil.which(arch.guests().qemu):
        yield "packages", PACKAGES
    if in_packages(options):
        if not any((OUT / "field").glob("*/release")):
            yield "a disk", DISK
    elif module == "runner" and not is_there(CACHE / "kernel-bookworm"):
        yield "the distribution's kernels", DISTRIBUTION
    if module == "deb":
        kind = "quick" if options.quick else "full"
        if not is_there(OUT / "deb" / ("stock-" * STOCK + kind) / "build/vmlinux"):
            yield f"packages, {kind}", DEB[kind]
    for what, sizes, path in (("what guests leave", GUESTS, OUT / "guests"),
                              ("objects", OBJECTS, OUT / module)):
        if module in sizes and not is_there(path):
            yield what, sizes[module]


def free(path):
    """GB on the disk where a path is, or will be."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free / 1e9


def need(module, options):
    """Refuses to begin what there is no room for; says what is to come, if it is much."""
    wanted = list(parts(module, options))
    total, left = sum(size for _, size in wanted), free(OUT)
    what = ", ".join(f"{name} {size}" for name, size in wanted)
    if total > left:
        raise Lacking(f"{shown(OUT)} has {left:.1f} GB free, this takes about {total:.1f} "
                      f"({what}); --out DIR puts it elsewhere")
    if total >= LITTLE:
        say(f"this takes about {total:.1f} GB of the {left:.1f} that are free ({what})")
