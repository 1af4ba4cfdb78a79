# SPDX-License-Identifier: GPL-2.0-only
"""Reads the cases: what each is called, which guests it wants, what it expects.

A case is a shell script rig/cases/SUITE/NAME.sh whose functions stage1,
stage2, ... run inside the guest, one a kernel.  Its header is comments:

    # what: one line that says which property holds
    # guest: memory=1G cpus=2 timeout=60 append="crashkernel=256M"
    # plan: 4                    results that have to come ("some": at least one)
    # variant NAME: CALL=-s cpus=4 plan=5
    # arch: any                  whatever the guest's architecture is, or its name (x86)
    # on kasan: memory=4G        the guest that it wants with rig/test --config kasan, or
                                 on an architecture
    # each: point                a variant for each point of the short sweep (points.py)
    # host: COMMAND              of the rig's, run in place of a guest; prints TAP
                                 (the word BUILD stands for the build directory)
    # needs: CONFIG_KEXEC_JUMP   else the case is skipped
    # console: require REGEX     the console log must have it
    # console: late REGEX        the same of what is said when devices are shut down, unless
                                 the console is one of them
    # console: allow REGEX       is no reason to fail, though it looks like one
    # skip: NAME # WHY           globs: a result that our kernel may skip, and for what reason
    # stock: xfail O8 GLOB       fails on stock, by known bug O8 (KNOWN_BUGS.md): results that match
    # stock: may O10 GLOB        the same, if the moment is right or the variant
    # stock: skip REASON         has no meaning on stock

Names in small letters are settings of the guest (see guest.Machine, and
append, plan); capitals are variables that the script finds in its environment.
A case that sends its dump (send_dump) has it opened by gdb on the host when a
setting says what must be found there: dump_cpu (the CPU that panicked),
dump_stack (a function on its stack), dump_log (a regular expression) and, where
it is known, dump_task (a glob of the name of the task that panicked, whose number
the case may tell as the value task_pid) or other_stack (a function on the stack of
another CPU); with reader=drgn, by drgn too, which is $DRGN or the machine's own, and with
reader=documents it is held against what our documents say of dumps (documents.py).  A case
that has its image damaged says by the setting damaged what the machine has to
do then, and by screen and unseen what its screen has to show (see damage.py).  A case with the setting prebuilt finds a kernel of the
distribution (see prebuilt.py) in /boot/debian, and with first=debian it begins
with that one; with the names of several it finds each in /boot/debian.NAME.  A program of the host's that few cases want is named by with, and
where the signed kernel is to be by signed, beside one with a stranger's signature; packed names the compressor by which our
kernel is packed in /boot/packed (see packing.py), or several, for /boot/packed.NAME.  With uki, which names the case, it
finds unified kernel images and other files with kernels inside, with ukify those that ukify
makes (see uki.py).  A variant
that has no meaning on stock says why by stock_skip.  With firmware=uefi the machine has
that, with firmware=secure secure boot as well (see firmware.py); the suite field has no other
machines, and a disk with a Debian on it (see field.py).  A variant of a case for any architecture may be for one: arch=x86.

Suites in ON_DEMAND are left out unless they are named: rig/test kernels.  So are cases
that take many minutes, which have long=1: rig/test e2e/large.
"""

import dataclasses
import fnmatch
import re
import shlex

import arch
import bugs
import points
from common import RIG, RigError
from guest import Machine

# Suites that take hours and the network: run by who names them.
ON_DEMAND = ("kernels", "field")

HEADER = re.compile(r"^# (what|guest|plan|arch|variant|on|each|host|needs|console|skip|stock)(?: (\S+))?: *(.*)$")

# The distribution's kernels patch their text while other CPUs run it.  With a
# thread for each CPU, QEMU's TCG shows one of them an int3 long after it is gone.
ONE_THREAD = "tcg,thread=single"

# What all guests of a configuration want.  While identify_cpu() has no memory of LA57,
# KASAN takes every address of an interrupt for a wild one, and it reports only once.
ON = {"kasan": {"cpu": "max,la57=off"}}


@dataclasses.dataclass
class Case:
    """A script with one of its variants: what one guest runs."""
    suite: str
    script: str
    variant: str
    what: str
    settings: dict
    variables: dict
    needs: list
    allow: list
    require: list
    late: list
    skips: list          # globs of "NAME # WHY"
    xfail: list          # (whether it always shows, bug, glob)
    stock_skip: str
    host: str            # the command that takes the place of a guest
    on: dict             # settings by configuration

    @property
    def name(self):
        variant = f".{self.variant}" if self.variant else ""
        return f"{self.suite}/{self.script}{variant}"

    @property
    def on_demand(self):
        return self.suite in ON_DEMAND or "long" in self.settings

    @property
    def own_word(self):
        """What a pattern has to say if it is to mean a case on demand."""
        return self.suite if self.suite in ON_DEMAND else f"{self.suite}/{self.script}"

    @property
    def runs_here(self):
        """Whether it is for guests of the architecture that was asked for."""
        return self.settings.get("arch", arch.DEFAULT) in ("any", arch.NAME)

    @property
    def required(self):
        """What the console log must have: virtio's is shut down with all devices."""
        return self.require + ([] if arch.guests().terminal else self.late)

    @property
    def plan(self):
        return self.settings.get("plan", "1")

    def under(self, configurations):
        """The case as it is on this architecture's kernel with those configurations."""
        settings = self.settings
        for name in (arch.NAME, *configurations):
            settings = join_settings({**ON.get(name, {}), **settings}, self.on.get(name, {}))
        return dataclasses.replace(self, settings=settings)

    def machine(self, patience=1):
        """The guest it wants; patience is for kernels that are slow by design."""
        wanted = {}
        for field in dataclasses.fields(Machine):
            if field.name in self.settings:
                text = self.settings[field.name]
                wanted[field.name] = tuple(shlex.split(text)) if field.name == "qemu" \
                    else text not in ("0", "no") if field.type is bool else field.type(text)
        machine = Machine(**wanted)
        machine.timeout *= patience
        if "prebuilt" in self.settings or self.suite == "field":
            machine.accel = ONE_THREAD
        return machine

    def cmdline(self):
        words = [self.settings["append"], f"rig.case={self.suite}/{self.script}",
                 "rig.stage=1"]
        if self.variables:
            words.append("rig.set=" + ",".join(f"{name}:{value}" for name, value
                                               in self.variables.items()))
        return " ".join(filter(None, words))


def split_settings(words):
    """Settings of the guest, and variables of the script."""
    pairs = dict(word.partition("=")[::2] for word in words)
    return ({name: value for name, value in pairs.items() if name.islower()},
            {name: value for name, value in pairs.items() if not name.islower()})


def join_settings(base, more):
    """The variant's settings over the case's; words for the command line add up."""
    append = " ".join(filter(None, (base.get("append"), more.get("append"))))
    return {**base, **more, "append": append}


def read_header(path):
    """The header's lines as (key, argument, text)."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        match = HEADER.match(line)
        if match:
            lines.append(match.groups(default=""))
    return lines


def read_cases(path, swept=None):
    """All the variants of one script."""
    header = read_header(path)

    def texts(key):
        return [text for name, _, text in header if name == key]

    base, variables = split_settings(shlex.split(" ".join(texts("guest"))))
    base.update((key, texts(key)[0]) for key in ("plan", "arch") if texts(key))

    def console(key):
        return [text.partition(" ")[2] for text in texts("console") if text.startswith(f"{key} ")]

    stock = [text.split(None, 1) for text in texts("stock")]
    xfails = [(words[0] == "xfail", *words[1].split(None, 1)) for words in stock
              if words[0] in ("xfail", "may")]
    for _, bug, _ in xfails:
        bugs.name(bug)
    skips = [words[1] for words in stock if words[0] == "skip"]
    on = {name: split_settings(shlex.split(text))[0] for key, name, text in header if key == "on"}
    variants = [(name, text) for key, name, text in header if key == "variant"]
    if "point" in texts("each"):
        variants = [points.variant(name) for name in swept or points.short()]
    elif not variants:
        variants = [("", "")]
    for variant, text in variants:
        settings, more = split_settings(shlex.split(text))
        yield Case(path.parent.name, path.stem, variant, (texts("what") or [""])[0],
                   join_settings(base, settings), {**variables, **more},
                   " ".join(texts("needs")).split(),
                   console("allow"), console("require"), console("late"), texts("skip"),
                   xfails, settings.get("stock_skip") or "".join(skips),
                   (texts("host") or [""])[0], on)


def all_cases():
    """Every case there is, in order."""
    return [case for path in sorted((RIG / "cases").glob("*/*.sh")) for case in read_cases(path)]


def names(pattern, case):
    """Whether a pattern is one for a case: a glob, or a part of its name.

    That of a case on demand has to begin with its suite, or name its script too.
    """
    if case.on_demand and not pattern.startswith(case.own_word):
        return False
    return fnmatch.fnmatch(case.name, pattern) or pattern in case.name


def select(cases, patterns, everything=False):
    """The cases that any of the patterns names; if there is none, all but those on demand."""
    chosen = []
    for pattern in patterns:
        found = [case for case in cases if names(pattern, case)]
        if not found:
            raise RigError(f"no case matches {pattern} (rig/test --list names them)")
        exact = [case for case in found if case.name == pattern]
        chosen += exact or found
    return [case for case in cases
            if (case in chosen if patterns else everything or not case.on_demand)]
