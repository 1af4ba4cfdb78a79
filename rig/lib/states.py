# SPDX-License-Identifier: GPL-2.0-only
"""rig/bench states: how often a crash region can be had of a machine that runs.

rig/guest/states.c brings a guest's memory from one random state into the next and asks for
regions in each; guests differ by their seeds.  Each try is judged by what there was: memory
that is free must be enough for it with something left, since nothing of what these guests
have in use can be reclaimed.  How much lies in one piece is another question: the kernel's
own pages are few here, but come to lie anywhere when memory is full, as it is between any two
states.  Beside it stands what crashkernel= has of the same machine at boot.  Time is counted in instructions, at two nanoseconds each.
"""

import collections
import concurrent.futures
import errno
import os
import statistics

import guest
from common import RIG, RigError, say

SCRIPT = {"rig/cases/bench/states": RIG / "bench.d/states.sh"}
SIZES = (32, 64, 128, 256)
MEMORY = "1G"
STATES, EACH = 1000, 50         # in all, and of one guest
# What a load leaves to everybody else, in MiB, with the page lists of CPUs.
LEFT = 32
# Upper bounds in per cent of how much is in use, and of how much of it cannot be moved.
USED = (50, 75, 90, 100)
FIXED = (0, 2, 10, 100)

# One try: sizes are MiB, shares per cent, took milliseconds, error an errno or 0.
Try = collections.namedtuple("Try", "state mib used fixed free error took")


def tries(outcome):
    for name, text in outcome.values().items():
        seed, state, mib = name.split("-")
        used, fixed, free, error, took = map(int, text.split())
        yield Try(f"{seed}-{state}", int(mib), used, fixed, free, error, took / 1e6)


def run(name, build, ramdisk, words, cmdline=""):
    machine = guest.Machine(memory=MEMORY, cpus=1, icount=True, timeout=1200)
    cmdline = f"nokaslr {cmdline} rig.case=bench/states rig.stage=1 rig.set={words}"
    outcome = guest.Guest(f"bench/states-{name}", build, ramdisk, machine, cmdline).run()
    failed = [line.text for line in outcome.of("no")]
    if failed or not outcome.ended:
        raise RigError(f"states {name}: {(failed or [outcome.reason])[0]} (see {outcome.console})")
    return outcome


def batch(build, ramdisk, seed):
    words = f"SEED:{seed},COUNT:{EACH},SIZES:{'+'.join(map(str, SIZES))}"
    found = list(tries(run(seed, build, ramdisk, words)))
    if len(found) != EACH * len(SIZES):
        raise RigError(f"states {seed}: {len(found)} tries, not {EACH * len(SIZES)}")
    say(f"seed {seed}: {sum(not one.error for one in found)} of {len(found)} regions")
    return found


def reserved(build, ramdisk, mib):
    """Whether crashkernel= has it at boot."""
    outcome = run(f"reserved-{mib}", build, ramdisk, "COUNT:", f"crashkernel={mib}M")
    return int(outcome.values()["reserved"]) == mib << 20


def measure(build, ramdisk, states):
    """All tries, and the sizes that can be reserved at boot."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        at_boot = [pool.submit(reserved, build, ramdisk, mib) for mib in SIZES]
        running = [pool.submit(batch, build, ramdisk, seed + 1) for seed in range(states // EACH)]
        try:
            return ([one for each in running for one in each.result()],
                    {mib: had.result() for mib, had in zip(SIZES, at_boot)})
        except BaseException:
            guest.stop_all()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


# ---- what comes of it ----

def fits(one):
    """Whether so much is free that it could be had at all."""
    return one.free >= one.mib + LEFT


def cell(found):
    """How many of these tries had a region."""
    return f"{sum(not one.error for one in found)}/{len(found)}" if found else "-"


def between(bounds):
    """("0-50", whether a share is in it), ...; the first bound counts itself in."""
    below = -1
    for bound in bounds:
        name = f"{below + 1}-{bound}" if below + 1 < bound else f"{bound}"
        yield name, lambda share, low=below, high=bound: low < share <= high
        below = bound


def table(found, at_boot):
    """Of those that fit: by how much is in use, how much of it is fixed, and size."""
    rows = [("% in use", "% fixed", *(f"{mib} MiB" for mib in SIZES))]
    fitting = [one for one in found if fits(one)]
    for used, in_use in between(USED):
        for fixed, is_fixed in between(FIXED):
            chosen = [one for one in fitting if in_use(one.used) and is_fixed(one.fixed)]
            if chosen:
                rows.append((used, fixed, *(cell([one for one in chosen if one.mib == mib])
                                            for mib in SIZES)))
    rows.append(("all", "", *(cell([one for one in fitting if one.mib == mib]) for mib in SIZES)))
    rows.append(("at boot", "", *("1/1" if at_boot[mib] else "0/1" for mib in SIZES)))
    rows.append(("ms median", "", *(took(fitting, mib, statistics.median) for mib in SIZES)))
    rows.append(("ms at most", "", *(took(fitting, mib, max) for mib in SIZES)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(text.rjust(width) for text, width in zip(row, widths))
                     for row in rows)


def took(found, mib, of):
    times = [one.took for one in found if one.mib == mib]
    return f"{of(times):.0f}" if times else "-"


def claims(found):
    """(text, whether it holds).  How many are had is a figure: it is chance what lies where."""
    errors = {errno.errorcode[one.error] for one in found if one.error}
    yield (f"refused with {', '.join(sorted(errors)) or 'nothing'}, which may be ENOMEM",
           errors <= {"ENOMEM"})
