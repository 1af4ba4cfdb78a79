# SPDX-License-Identifier: GPL-2.0-only
"""Fetches Debian packages from backports, with an apt configuration of our own.

The machine's sources and lists are left alone: the mirror is the one that its
own apt uses, the signatures are verified, and lists and packages are kept
under out/cache.
"""

import os
import pathlib
import re
import subprocess

from common import CACHE, Lacking, lock, replacing, say

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def codename():
    """What the release is called that the machine runs, "" when it has no name."""
    release = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    name = re.search(r"^VERSION_CODENAME=(\S+)", release, re.M)
    return name[1] if name else ""


def mirror():
    """The mirror that the machine's own apt uses, for the release it runs."""
    name = codename()
    if name:
        uris = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(REPO_URI)", f"Codename: {name}"],
            capture_output=True, text=True, check=False).stdout.split()
        if uris:
            return uris[0]
    raise Lacking("apt knows no mirror for this release")


def private(suite, architecture=""):
    """A directory with apt's configuration, lists and cache for one suite."""
    if not os.path.exists(KEYRING):
        raise Lacking(f"{KEYRING} is missing (package debian-archive-keyring)")
    directory = CACHE / "apt" / "-".join(filter(None, (suite, architecture)))
    for name in ("lists/partial", "cache/archives/partial"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    (directory / "sources.list").write_text(
        f"deb [signed-by={KEYRING}] {mirror()} {suite} main\n", encoding="utf-8")
    (directory / "apt.conf").write_text(
        f'APT::Architecture "{architecture}";\n' if architecture else "", encoding="utf-8")
    return directory


def apt(directory, program, *arguments):
    """What an apt program prints, with a configuration, lists and a cache of its own."""
    settings = {"Dir::Etc::SourceList": directory / "sources.list",
                "Dir::Etc::SourceParts": "-",
                "Dir::State::Lists": directory / "lists",
                "Dir::State::status": "/dev/null",
                "Dir::Cache": directory / "cache",
                "APT::Update::Error-Mode": "any",
                "APT::Sandbox::User": "",
                "Acquire::Retries": "2"}
    command = [program, "-q"]
    for name, value in settings.items():
        command += ["-o", f"{name}={value}"]
    done = subprocess.run(command + list(arguments), cwd=directory, check=False,
                          capture_output=True, text=True,
                          env={**os.environ, "APT_CONFIG": str(directory / "apt.conf")})
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line[:2] in ("E:", "Er")]
        raise Lacking((lines or [f"{program} failed"])[0])
    return done.stdout


def depends(suite, name):
    """What a package of a suite depends on, by name, as far as one name says it."""
    directory = private(suite)
    apt(directory, "apt-get", "update")
    listed = apt(directory, "apt-cache", "depends", name)
    return re.findall(r"^  Depends: ([^<\s]+)$", listed, re.M)


def libraries(suite, names, architecture):
    """The packages of libraries that packages depend on, and those that these depend on."""
    directory = private(suite, architecture)
    apt(directory, "apt-get", "update")
    found, left = [], list(names)
    while left:
        listed = apt(directory, "apt-cache", "depends", *left)
        wanted = re.findall(r"^ [ |]Depends: ((?:lib|zlib)[^\s:]*)$", listed, re.M)
        left = sorted(set(wanted) - set(found))
        found += left
    return found


def fetch(suite, *names, architecture=""):
    """Downloads the packages, signatures verified; returns their paths in out/cache."""
    directory = private(suite, architecture)
    for old in directory.glob("*.deb"):
        old.unlink()
    say(f"fetching {', '.join(names)} from {suite}")
    apt(directory, "apt-get", "update")
    apt(directory, "apt-get", "download", *names)
    fetched = [next(directory.glob(f"{name}_*.deb"), None) for name in names]
    if not all(fetched):
        raise Lacking(f"apt-get left no {names[fetched.index(None)]} package")
    return [package.rename(CACHE / package.name) for package in fetched]


def unpacked(name, suite=""):
    """Where a package is unpacked, once it has been fetched: of the machine's own release, or that."""
    directory = CACHE / f"{name}{suite and '-'}{suite}"
    with lock(directory.name):
        if not directory.is_dir():
            with replacing(directory) as scratch:
                for package in fetch(suite or codename(), name):
                    subprocess.run(["dpkg-deb", "-x", package, scratch], check=True)
                    package.unlink()
    return directory
