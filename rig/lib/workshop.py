# SPDX-License-Identifier: GPL-2.0-only
"""rig/purgatory: hands over to the program in rig/bench.d/purgatory."""

import os

from common import OUT, RIG

VALUES = ("ours", "stock", "qemu", "only", "tree", "mib", "rounds", "csv")


def words(options):
    """What the program is told: nothing of what it has not been asked."""
    given = vars(options)
    told = [(f"--{name}", str(given[name])) for name in VALUES if given.get(name) is not None]
    return [word for pair in told for word in pair] + \
        ["--goals"] * bool(given.get("goals")) + given.get("patterns", [])


def command(options):
    program = str(RIG / "bench.d/purgatory" / options.program)
    os.environ["OUT"] = str(OUT)
    os.execv(program, [program, *words(options)])
