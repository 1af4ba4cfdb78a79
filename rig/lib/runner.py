# SPDX-License-Identifier: GPL-2.0-only
"""rig/test: builds, runs every case in a guest of its own, judges, reports."""

import collections
import concurrent.futures
import fnmatch
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

import arch
import bugs
import cases
import cli
import damage
import documents
import drgn
import field
import firmware
import guest
import initramfs
import kbuild
import ktap
import packing
import postmortem
import prebuilt
import selftests
import signing
import uki
from common import OUT, RIG, ROOT, STOCK, Lacking, RigError, lock, say
from report import XFAIL, XPASS, Finding, Report

# What a console must not show, whatever the case is about.
ALARMS = re.compile(r"BUG:|WARNING:|Oops|KASAN:|KCSAN:|UBSAN:|unreferenced object|INFO: task|"
                    r"general protection|Unable to handle|INFO: rcu|rcu: INFO|"
                    r"possible (recursive|circular)|suspicious RCU|stack-protector|"
                    r"Bad page|list_(add|del) corruption|refcount_t|kmemleak:.*disabled")
# What the base kernel has to say of itself: fs/pipe.c polls without its lock.
KNOWN = re.compile(r"KCSAN: data-race in pipe_poll / pipe_release")
# The build in which nothing is left out: what can be tested is.
PLAIN = "ours"
# RIG_MARKER of rig/guest/rigmod.c
MARKER = 0x7269676d61726b21
# For a guest whose QEMU gets stuck; where it has, it is likelier to do so again.
MORE_TRIES = 2
# How much longer than usual the variants take.
PATIENCE = {"kasan": 5, "kcsan": 6, "ubsan": 2, "lockdep": 3, "kmemleak": 3, "instrumented": 4}


# judging

def gathered(outcome):
    """The results that came out of the guest."""
    results, pending = [], []
    for line in outcome.lines + [guest.Line(0, "boot", "")]:
        fresh = line.verb == "ktap" and re.match("K?TAP version", line.text)
        if pending and (fresh or line.verb in ("ok", "no", "skip", "boot", "end")):
            results += ktap.parse(pending)
            pending = []
        if line.verb == "ktap":
            pending.append(line.text)
            continue
        name, _, why = line.text.partition(" # ")
        if line.verb in ("ok", "no", "skip"):
            status = {"ok": ktap.PASS, "no": ktap.FAIL, "skip": ktap.SKIP}[line.verb]
            results.append(ktap.Result(name, status, why))
    return results


def is_alarm(case, line):
    """Whether a console must not show that line."""
    return ALARMS.search(line) and not KNOWN.search(line) and \
        not any(re.search(allow, line) for allow in case.allow)


def console_problem(case, outcome):
    """What is wrong with the console log, or nothing."""
    text = guest.read_console(outcome.console)
    for line in text.splitlines():
        if is_alarm(case, line):
            return f"console: {line.strip()}"
    for wanted in case.required:
        if not re.search(wanted, text):
            return f"console lacks {wanted}"
    return ""


def completion(case, outcome, count):
    """Whether the case went all the way: the result that every case has."""
    planned = case.plan
    problem = ""
    if not outcome.ended and "damaged" not in case.settings:
        problem = outcome.reason
    elif (count < 1) if planned == "some" else (count != int(planned)):
        problem = f"{count} results came, planned are {planned}"
    problem = problem or console_problem(case, outcome)
    if outcome.again and not problem:
        return ktap.Result("runs to its end", ktap.PASS, "at another try: QEMU got stuck")
    return ktap.Result("runs to its end", ktap.FAIL if problem else ktap.PASS, problem)


def expected(case, finding, stock):
    """On stock, turns the failures that its known bugs explain into expected ones."""
    for sure, bug, pattern in case.xfail if stock else ():
        if fnmatch.fnmatch(finding.name, pattern):
            if finding.status == ktap.FAIL:
                finding.status = XFAIL
                finding.detail = f"{bugs.name(bug)} {finding.detail}".strip()
            elif finding.status == ktap.PASS and sure:
                finding.status, finding.detail = XPASS, f"{bugs.name(bug)} did not show"
    return finding


def permitted(case, finding, plain):
    """On our kernel as it is, a result that was skipped without leave is a failure."""
    skipped = f"{finding.name} # {finding.detail}"
    if plain and finding.status == ktap.SKIP and \
            not any(fnmatch.fnmatch(skipped, pattern) for pattern in case.skips):
        finding.status, finding.detail = ktap.FAIL, f"skipped: {finding.detail}"
    return finding


def dump_results(case, build, outcome):
    """What gdb and makedumpfile find in the dump that a case sent."""
    wanted = case.settings
    values = outcome.values()
    try:
        dump = postmortem.rearrange(outcome.data, outcome.directory / "dump")
        log = postmortem.kernel_log(dump, outcome.directory / "dmesg.txt")
        stacks, found = postmortem.stacks(
            dump, build, {"marker": f"*(unsigned long long *){values['rigmod_marker']}"},
            {build.module: values["rigmod_text"]})
    except RigError as error:
        return [ktap.Result("the dump opens", ktap.FAIL, str(error))]
    outcome.data.unlink()       # it is in the dump, put in order
    first, cpus = stacks[0], case.machine().cpus
    return [judged(name, good, detail) for name, good, detail in (
        ("the dump opens", True, ""),
        ("its log tells of the panic", any(re.search(wanted["dump_log"], line)
                                           for line in log), log[-1:]),
        ("the CPU that panicked", first.cpu == int(wanted["dump_cpu"]), first.cpu),
        (f"its stack has {wanted['dump_stack']}",
         postmortem.on_stack(first, wanted["dump_stack"]), first.frames),
        ("every other CPU has a stack", len(stacks) == cpus and
         all(stack.frames or stack.user for stack in stacks), stacks),
        ("a marker variable has its value", found.get("marker") == str(MARKER), found),
        *more_of_the_dump(wanted, values, stacks))]


def is_task(wanted, values, comm, pid):
    """Whether that is the task that the case says; of some it knows the number, too."""
    return fnmatch.fnmatchcase(comm, wanted["dump_task"]) and \
        str(pid) == values.get("task_pid", str(pid))


def more_of_the_dump(wanted, values, stacks):
    """What only some cases know of their dump: name, whether it is so, what there is."""
    first, others = stacks[0], stacks[1:]
    if "dump_task" in wanted:
        yield (f"the task that panicked is {wanted['dump_task']}",
               is_task(wanted, values, first.comm, first.pid), (first.comm, first.pid))
    if "other_stack" in wanted:
        yield (f"another CPU's stack has {wanted['other_stack']}",
               any(postmortem.on_stack(stack, wanted["other_stack"]) for stack in others), others)


def document_results(build, outcome):
    """Whether the guide's words and macros fit the dump, once it is on disk."""
    log = outcome.directory / "dmesg.txt"
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        return [judged(name, good, detail) for name, good, detail
                in documents.dump_results(outcome.directory / "dump", lines, build)]
    except (RigError, OSError) as error:
        return [ktap.Result("the documents fit the dump", ktap.FAIL, str(error))]


def drgn_results(case, build, outcome):
    """What drgn finds in the dump, once it is on disk."""
    wanted, values = case.settings, outcome.values()
    try:
        found = drgn.read(outcome.directory / "dump", build, values["rigmod_marker"])
    except (RigError, KeyError) as error:
        return [ktap.Result("drgn reads the dump", ktap.FAIL, str(error))]
    others = {cpu: stack for cpu, stack in found["cpus"].items() if cpu != wanted["dump_cpu"]}
    return [judged(f"drgn: {name}", good, detail) for name, good, detail in (
        ("the CPU that panicked", found["panic_cpu"] == int(wanted["dump_cpu"]), found),
        (f"its stack has {wanted['dump_stack']}",
         wanted["dump_stack"] in found["crashed"], found),
        (f"the task that panicked is {wanted['dump_task']}",
         is_task(wanted, values, found["comm"], found["pid"]), found),
        ("every other CPU has registers and a stack",
         len(others) == case.machine().cpus - 1 and
         all(stack["sp"] and stack["frames"] for stack in others.values()), others),
        ("a marker variable has its value", found["marker"] == MARKER, found["marker"]))]


def judged(name, good, detail):
    return ktap.Result(name, ktap.PASS if good else ktap.FAIL, "" if good else str(detail))


def judge(case, build, outcome, stock):
    results = gathered(outcome)
    results.append(completion(case, outcome, len(results)))
    if "dump_cpu" in case.settings and outcome.ended:
        results += dump_results(case, build, outcome)
    if case.settings.get("reader") == "documents" and outcome.ended:
        results += document_results(build, outcome)
    if case.settings.get("reader") == "drgn" and outcome.ended:
        results += drgn_results(case, build, outcome)
    if case.suite == field.SUITE:
        results += field.results(case, build, outcome)
    if "damaged" in case.settings:
        results += damage.results(case, outcome, build.directory / "source")
    findings = [expected(case, Finding(case.name, *result), stock) for result in results]
    findings = [permitted(case, finding, build.name == PLAIN) for finding in findings]
    findings[0].seconds = outcome.seconds
    return findings


# running

# Settings that ask for what is made for the host's architecture only, and why.
FOR_X86 = {"prebuilt": "the distribution's kernels are fetched for x86",
           "signed": "a bzImage is what gets a signature", "uki": "it is made of a bzImage",
           "firmware": "the firmware is fetched for x86", "dump_cpu": "gdb knows stacks of x86",
           "plugged": "memory is plugged in by ACPI"}


def machine_lacks(case):
    """Why a machine of another architecture cannot run a case, or nothing."""
    wanted = {*case.settings, *(["plugged"] if "maxmem" in case.machine().memory else [])}
    return next((why for name, why in FOR_X86.items()
                 if arch.is_foreign() and name in wanted), "")


def reason_to_skip(case, build, stock, room):
    if stock and case.stock_skip:
        return case.stock_skip
    if machine_lacks(case):
        return machine_lacks(case)
    lacking = [option for option in case.needs
               if option.startswith("CONFIG_") and build.option(option) == "n"]
    if lacking:
        return f"the kernel has no {', '.join(lacking)}"
    if case.settings.get("reader") == "drgn" and drgn.reason_to_skip():
        return drgn.reason_to_skip()
    memory = case.machine().memory
    return "" if room.has(memory) else f"this machine has no {memory} to spare"


def not_supplied(case, supplies):
    """What became of a case that lacks what it needs beside our own kernel: status, why."""
    name = supplies.name_of(case)
    if name not in supplies.lacking:
        try:
            supplies.of(case)
            supplies.lacking[name] = None
        except Lacking as error:
            supplies.lacking[name] = ktap.SKIP, str(error)
        except RigError as error:
            supplies.lacking[name] = ktap.FAIL, str(error)
    return supplies.lacking[name]


def not_run(case, build, stock, supplies, room):
    """What became of a case whose guest is not even started: status, why."""
    why = reason_to_skip(case, build, stock, room)
    return (ktap.SKIP, why) if why else not_supplied(case, supplies)


Supply = collections.namedtuple("Supply", "ramdisk prebuilt")


class Supplies:
    """What guests are given, made when the first one wants it."""

    def __init__(self, build, more):
        self.build, self.more = build, more
        self.made, self.lacking = {}, {}

    @staticmethod
    def name_of(case):
        keys = ("prebuilt", "with", "signed", "packed", "uki", "ukify", "firmware")
        return "selftests" * (case.suite == "selftest") + \
            "".join(case.settings.get(key, "").replace("/", "-") for key in keys)

    def of(self, case):
        name = self.name_of(case)
        if case.suite == field.SUITE:
            return Supply(field.media(case, self.build), None)
        if name not in self.made:
            names = list(filter(None, case.settings.get("prebuilt", "").split(",")))
            kernel = prebuilt.get(names[0]) if names else None
            more = {**self.more, **(prebuilt.for_guest(names) if names else {})}
            if "signed" in case.settings:
                more |= signing.for_guest(self.build, case.settings["signed"])
            if "packed" in case.settings:
                more |= packing.for_guest(self.build.image, case.settings["packed"].split(","))
            if case.machine().firmware == "uefi":
                firmware.directory()
            if "uki" in case.settings:
                more |= uki.for_guest(self.build, case.settings["uki"])
            if "ukify" in case.settings:
                more |= uki.by_ukify(self.build, case.settings["ukify"])
            tools = (case.settings["with"],) if "with" in case.settings else ()
            extra = selftests.install() if case.suite == "selftest" else {}
            self.made[name] = Supply(initramfs.make_initramfs(
                self.build, extra, name, more=more, tools=tools), kernel)
        return self.made[name]


def run_case_in(room, case, build, supply, patience):
    """As soon as there is room for its guest."""
    with room.taken(case.machine().memory):
        return run_case(case, build, supply, patience)


def run_case(case, build, supply, patience):
    """Boots the guest of one case, or runs what it has in place of one."""
    name = f"{build.name}/{guest.plain_name(case.name)}"
    machine = case.machine(patience)
    if case.host:
        return run_on_host(case, build, OUT / "guests" / name, machine.timeout)
    first = supply.prebuilt if "first" in case.settings else build
    outcome = run_guest(name, first, supply.ramdisk, machine, case)
    for _ in range(MORE_TRIES):
        if not qemu_is_stuck(outcome):
            break
        say(f"{case.name}: QEMU got stuck, once more")
        os.replace(outcome.console, outcome.console.with_suffix(".stuck"))
        outcome = run_guest(name, first, supply.ramdisk, machine, case)
        outcome.again = True
    return outcome


def qemu_is_stuck(outcome):
    """QEMU's threads get stuck now and then, mostly where a kernel sets up PCI.

    Unit tests run before there is an init: a guest that hangs there has hung in one.
    """
    return outcome.reason == "still mute" and "KTAP" not in guest.read_console(outcome.console)


def run_guest(name, build, ramdisk, machine, case):
    watch = damage.Watch() if case.settings.get("damaged") == "halt" else None
    kind = field.Guest if case.suite == field.SUITE else guest.Guest
    return kind(name, build, ramdisk, machine, case.cmdline(), watch).run()


def run_on_host(case, build, directory, timeout):
    """What a guest would be asked for, of a program here; its output is the console."""
    directory.mkdir(parents=True, exist_ok=True)
    console = directory / "console.log"
    program, *words = shlex.split(case.host.replace("BUILD", str(build.directory)))
    began, reason = time.monotonic(), "in time"
    with open(console, "wb") as log:
        try:
            subprocess.run([RIG / program, *words], stdin=subprocess.DEVNULL, stdout=log,
                           stderr=log, timeout=timeout, check=False)
        except subprocess.TimeoutExpired:
            reason = f"still running after {timeout:.0f} s"
    lines = [guest.Line(0, "ktap", text) for text in guest.read_console(console).splitlines()
             if not text.startswith("rig: ")]       # what say() says is no result
    return guest.Outcome(lines, reason == "in time", reason, time.monotonic() - began, directory)


def forgotten_programs():
    """Findings: the programs of the selftests' Makefile that no case runs."""
    run = {case.variables.get("PROGRAM") for case in cases.all_cases()}
    return [Finding("selftest/kexec", program, ktap.FAIL, "no case runs it")
            for program in selftests.programs() if program not in run]


def run_all(chosen, build, options, report):
    stock = STOCK or build.name.startswith("stock")
    patience = max([PATIENCE.get(name, 1) for name in options.config],
                   default=1) * float(os.environ.get("PATIENCE", "1"))
    suites = {case.suite for case in chosen}
    supplies = Supplies(build, kbuild.plain_kernel(options.config))
    room = guest.Room()
    report.add(forgotten_programs() if "selftest" in suites else [], None)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running = []
        for case in chosen:
            verdict = not_run(case, build, stock, supplies, room)
            if verdict:
                report.add([Finding(case.name, case.what, *verdict)], None)
            else:
                running.append((case, pool.submit(run_case_in, room, case, build,
                                                  supplies.of(case), patience)))
        try:
            for case, future in running:
                outcome = future.result()
                report.add(judge(case, build, outcome, stock), outcome)
        except BaseException:
            guest.stop_all()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def repeat_command(options):
    """What to type to run one case again."""
    words = [f"{name}={shlex.quote(os.environ[name])}" for name in cli.SWITCHES
             if os.environ.get(name)]
    if OUT != ROOT / "out":
        words.append(f"OUT={shlex.quote(str(OUT))}")
    words.append(os.path.relpath(pathlib.Path(sys.argv[0]).parents[1] / "test"))
    for name in options.config:
        words.append(f"--config {name}")
    if options.build:
        words.append(f"--build {shlex.quote(options.build)}")
    return " ".join(words)


def build_for(chosen, options):
    """The kernel to be tested; that of the suite field is in packages, so it is a run of its own."""
    installed = [case for case in chosen if case.suite == field.SUITE]
    if not installed:
        return kbuild.from_arguments(options)
    if len(installed) < len(chosen) or options.build or options.config:
        raise RigError(f"the suite {field.SUITE} runs by itself, and tests a kernel in packages")
    return field.kernel()


def command(options):
    here = [case for case in cases.all_cases() if case.runs_here]
    chosen = [case.under(options.config)
              for case in cases.select(here, options.patterns, options.list)]
    if options.list:
        for case in chosen:
            print(f"{case.name:<40} {case.what}")
        return 0
    build = build_for(chosen, options)
    say(f"testing {build.name}, Linux {build.release}")
    began = time.monotonic()
    report = Report(repeat_command(options))
    with lock(f"test-{build.name}"):
        try:
            run_all(chosen, build, options, report)
        finally:
            report.write(OUT / "test" / build.name, build.name)
    good = report.close(time.monotonic() - began)
    return 0 if good else 1
