# SPDX-License-Identifier: GPL-2.0-only
"""What all of the rig's modules share: paths, messages, one-line errors, locks."""

import contextlib
import errno
import fcntl
import os
import pathlib
import shutil
import signal
import sys
import tempfile

RIG = pathlib.Path(os.environ.get("RIG", pathlib.Path(__file__).parents[1])).resolve()
ROOT = RIG.parent
OUT = pathlib.Path(os.environ.get("OUT") or ROOT / "out").resolve()
CACHE = OUT / "cache"
STOCK = os.environ.get("STOCK", "") not in ("", "0")


class RigError(Exception):
    """Something the user can understand from one line."""


class Lacking(RigError):
    """Something that the machine does not have, or cannot fetch: no fault of ours."""


def say(text):
    """Tells the user what goes on; results are printed, this is not one."""
    print(f"rig: {from_here(str(text))}", file=sys.stderr, flush=True)


def from_here(text):
    """A text with the paths in it as the user sees them: from where he called us."""
    here = os.getcwd().rstrip("/") + "/"
    return text.replace(here, "") if here != "/" else text


def need_space(gigabytes, path=OUT):
    """Refuses to begin what the disk has no room for."""
    path.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(path).free / 1e9
    if free < gigabytes:
        raise Lacking(f"{path} has {free:.1f} GB free, this needs {gigabytes}")


def shown(path):
    """A path as the user sees it: from where he called us, if it is below that."""
    path = pathlib.Path(path)
    try:
        return path.resolve().relative_to(pathlib.Path.cwd())
    except ValueError:
        return path


@contextlib.contextmanager
def lock(name, directory=OUT):
    """One of us at a time; says so when it has to wait."""
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / f".{name}.lock", "w", encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another rig command that holds the {name} lock")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def replacing(path):
    """A temporary name beside path, renamed to it when all went well.

    The lock of the caller makes leftovers of the same prefix an earlier,
    interrupted run's: they are removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{path.name}.new."
    for old in path.parent.glob(prefix + "*"):
        remove(old)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=path.parent))
    try:
        yield scratch / "it"
        os.replace(scratch / "it", path)
    finally:
        remove(scratch)


def remove(path):
    """Removes a file or a directory, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_if_different(path, data, mode=None):
    """Writes bytes so that an unchanged file keeps its time; says whether it wrote."""
    if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.rig-new")
    scratch.write_bytes(data)
    if mode is not None:
        scratch.chmod(mode)
    os.replace(scratch, path)
    return True


def tail(path, lines):
    """The last lines of a text file, as a list."""
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-lines:]


def main(function):
    """Runs a command: one line and a non-zero exit for whatever goes wrong."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)    # also when in the background
    try:
        sys.exit(function())
    except RigError as error:
        say(error)
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT):
            raise
        say(error)
    sys.exit(1)
