# SPDX-License-Identifier: GPL-2.0-only
"""rig/tree: a complete kernel source tree with our files laid over a base.

The base is Debian's linux-source package, fetched once into out/cache, or the
user's own tree.  What the tree should hold where it differs from the base is
computed first, as a table from path to content (see wanted_files); then the
tree is made to agree with the table, file by file, so that a build redoes only
what changed.  The stamp in the tree lists every path that may differ from the
base: it is widened before files are touched and narrowed after, so that an
interrupted run leaves nothing that the next one does not know of.
"""

import collections
import glob
import hashlib
import json
import os
import pathlib
import re
import subprocess
import tempfile

import debian
import maintainers
from common import CACHE, OUT, ROOT, STOCK, RigError, lock, need_space, \
    remove, replacing, say, shown, write_if_different

PACKAGE = "linux-source-7.3"
SUITE = "trixie-backports"
SERIES, LEAST = (7, 3), (7, 3, 4)
STAMP = ".rig-tree.json"

# The base's files that ours stand in for: gone before ours are laid in.
REPLACED = (
    "include/linux/kexec.h",
    "kernel/kexec_internal.h",
    "kernel/kexec_core.c",
    "kernel/kexec.c",
    "kernel/kexec_file.c",
    "arch/x86/purgatory/*",
    "tools/testing/selftests/kexec/*",
)
OVERLAY = ("include", "kernel", "arch", "tools", "Documentation")

Base = collections.namedtuple("Base", "path identity version origin")
File = collections.namedtuple("File", "data mode")


def kernel_version(tree):
    """(7, 3, 4) from the tree's Makefile."""
    try:
        head = (tree / "Makefile").read_text(encoding="utf-8")[:1000]
        return tuple(int(re.search(rf"^{name} = (\d+)$", head, re.M)[1])
                     for name in ("VERSION", "PATCHLEVEL", "SUBLEVEL"))
    except (OSError, TypeError):
        raise RigError(f"{tree} is not a kernel tree") from None


def dotted(version):
    return ".".join(map(str, version))


# Debian's package

def fetch_package():
    """Downloads the package and returns its path."""
    try:
        return debian.fetch(SUITE, PACKAGE)[0]
    except RigError as error:
        raise RigError(f"cannot fetch {PACKAGE} from {SUITE}: {error} "
                       "(LINUX= takes a tree of yours)") from None


def unpack_package(package, path):
    """The tree inside the package, at path."""
    say(f"unpacking {package.name}")
    need_space(2.5)
    with replacing(path) as scratch:
        scratch.mkdir()
        pipe = (f"dpkg-deb --fsys-tarfile '{package}' | "
                f"tar -xO ./usr/src/{PACKAGE}.tar.xz | "
                f"tar -xJ --strip-components=1 -C '{scratch}'")
        unpack(["bash", "-o", "pipefail", "-c", pipe], package.name)


def unpack(command, what):
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["unknown error"])[0]
        raise RigError(f"cannot unpack {what}: {why}")


def debian_base():
    there = sorted(CACHE.glob(f"{PACKAGE}_*"), key=os.path.getmtime)
    trees = [path for path in there if path.is_dir()]
    if trees:
        path = trees[-1]
        version = path.name.split("_")[1]
    else:
        package = there[-1] if there else fetch_package()
        version = package.name.split("_")[1]
        path = CACHE / f"{PACKAGE}_{version}"
        unpack_package(package, path)
        package.unlink()
    return Base(path, f"debian {version}", kernel_version(path),
                f"Debian's {PACKAGE} {version}")


# the user's own

def own_base(given):
    given = pathlib.Path(given).resolve()
    if given.is_dir():
        if (given / ".config").exists() or (given / "include/config").exists():
            raise RigError(f"{given} has been built in: run make mrproper there first")
        return Base(given, f"directory {given}", kernel_version(given), str(given))
    if not given.is_file():
        raise RigError(f"LINUX={given}: no such directory or tarball")
    status = given.stat()
    identity = f"tarball {given} {status.st_size} {status.st_mtime_ns}"
    path = CACHE / ("linux-" + hashlib.sha256(identity.encode()).hexdigest()[:16])
    if not path.is_dir():
        say(f"unpacking {given}")
        need_space(2.5)
        with replacing(path) as scratch:
            scratch.mkdir()
            unpack(["tar", "-xf", given, "--strip-components=1", "-C", scratch], given)
    return Base(path, identity, kernel_version(path), str(given))


def find_base():
    """The tree to start from: the user's, or Debian's."""
    given = os.environ.get("LINUX")
    base = own_base(given) if given else debian_base()
    if base.version[:2] != SERIES:
        say(f"warning: {base.origin} is Linux {dotted(base.version)}, "
            f"our files are made for {dotted(SERIES)}")
    elif base.version < LEAST:
        say(f"warning: {base.origin} is older than {dotted(LEAST)}")
    return base


# what the tree should hold

def read(path):
    status = path.stat()
    return File(path.read_bytes(), 0o755 if status.st_mode & 0o100 else 0o644)


def of_base(base, path):
    """A file of the base, or None."""
    return read(base / path) if (base / path).is_file() else None


def our_files():
    """Paths of our files that belong in the tree, relative to the root."""
    done = subprocess.run(["git", "-C", ROOT, "ls-files", "-coz", "--exclude-standard",
                           "--", *OVERLAY], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        names = done.stdout.split("\0")
    else:
        names = [str(path.relative_to(ROOT)) for top in OVERLAY
                 for path in (ROOT / top).rglob("*")]
    return sorted({name for name in names if name and (ROOT / name).is_file()})


def replaced_files(base):
    """Paths in the base that ours stand in for."""
    found = []
    for pattern in REPLACED:
        for name in glob.glob(str(base / pattern.replace("/*", "/**")), recursive=True):
            if os.path.isfile(name):
                found.append(os.path.relpath(name, base))
    return found


def patched_paths(patch):
    """The paths that a patch names, without the a/ and b/."""
    named = re.findall(r"^(?:---|\+\+\+) [ab]/([^\t\n]+)", patch.read_text(encoding="utf-8"), re.M)
    return sorted(set(named))


def patched(patches, now):
    """What patches make of files: path to File, or to None; now(path) is what there is."""
    paths = sorted({path for patch in patches for path in patched_paths(patch)})
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        for path in paths:
            source = now(path)
            if source:
                write_if_different(scratch / path, source.data, source.mode)
        for patch in patches:
            apply_patch(patch, scratch)
        return {path: of_base(scratch, path) for path in paths}


def apply_patch(patch, directory):
    done = subprocess.run(
        ["patch", "-p1", "-s", "-f", "-E", "--no-backup-if-mismatch", "-r", "-",
         "-d", directory, "-i", patch], capture_output=True, text=True, check=False)
    if done.returncode:
        why = " ".join(done.stdout.split()) or done.stderr.strip()
        raise RigError(f"{patch.relative_to(ROOT)} does not apply: {why}")


def wanted_files(base):
    """Where the tree differs from the base: path to File, or to None for no file."""
    want = {path: None for path in replaced_files(base)}
    ours = our_files()
    want.update((path, read(ROOT / path)) for path in ours)
    entries = ROOT / "MAINTAINERS"
    if entries.is_file():
        merged = maintainers.merge((base / "MAINTAINERS").read_text(encoding="utf-8"),
                                   entries.read_text(encoding="utf-8"))
        want["MAINTAINERS"] = File(merged.encode(), 0o644)
    patches = sorted((ROOT / "patches").glob("*.patch"))
    want.update(patched(patches, lambda path: want[path] if path in want else of_base(base, path)))
    return want, f"{len(ours)} files of ours, {len(patches)} patches"


# making it so

def load_stamp(tree):
    try:
        return json.loads((tree / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def save_stamp(tree, base, paths):
    stamp = {"base": base.identity, "differs": sorted(paths)}
    write_if_different(tree / STAMP, json.dumps(stamp, indent=1).encode())


def copy_base(base, tree, keep=(), linked=False):
    """Makes tree a copy of the base, but for the paths to keep.

    linked: its files are the base's own; whoever changes one puts another in its place.
    """
    rules = "".join(f"- /{path}\n" for path in (".git", STAMP, *keep))
    links = [f"--link-dest={base.path}"] if linked else []
    done = subprocess.run(["rsync", "-a", "--delete", "--exclude-from=-", *links,
                           f"{base.path}/", f"{tree}/"], input=rules, text=True, check=False,
                          capture_output=True)
    if done.returncode:
        raise RigError(f"cannot copy {base.path}: {done.stderr.strip().splitlines()[0]}")


def start_tree(tree, base):
    """A tree that is a copy of the base, stamped; or the one that is there."""
    stamp = load_stamp(tree)
    if stamp and stamp["base"] == base.identity:
        if base.identity.startswith("directory"):
            copy_base(base, tree, stamp["differs"])
        return set(stamp["differs"])
    if not stamp and tree.exists() and any(tree.iterdir()):
        raise RigError(f"{tree} is there and was not made by rig/tree")
    linked = OUT in tree.parents and CACHE in base.path.parents
    say(f"{'linking' if linked else 'copying'} {base.origin} to {shown(tree)}")
    need_space(0.2 if linked else 2.5, tree.parent)
    remove(tree)
    with replacing(tree) as scratch:
        scratch.mkdir()
        copy_base(base, scratch, linked=linked)
        save_stamp(scratch, base, ())
    return set()


def set_file(tree, path, target):
    """Makes one path of the tree what it should be; says whether it was not."""
    if target:
        return write_if_different(tree / path, target.data, target.mode)
    if (tree / path).is_file():
        (tree / path).unlink()
        return True
    return False


def lay(tree, stock=STOCK):
    """Brings tree up to date and returns its base."""
    with lock("tree"):
        base = find_base()
        differed = start_tree(tree, base)
        want, what = ({}, "untouched") if stock else wanted_files(base.path)
        save_stamp(tree, base, differed | set(want))
        changed = 0
        for path in sorted(differed | set(want)):
            target = want[path] if path in want else of_base(base.path, path)
            changed += set_file(tree, path, target)
        save_stamp(tree, base, want)
    say(f"tree: Linux {dotted(base.version)} ({base.origin}), {what}, "
        f"{changed} files updated in {shown(tree)}")
    return base


def command(options):
    lay(options.directory.resolve())
    return 0
