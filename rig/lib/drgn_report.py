# SPDX-License-Identifier: GPL-2.0-only
"""Run by drgn on a dump: prints as JSON what the kernel that panicked left.

Its argument is the address of a 64-bit marker.  Nothing of the rig is imported,
since it is drgn's Python that runs this.
"""

# pylint: disable=undefined-variable,import-error
import json
import sys

from drgn.helpers.linux.cpumask import for_each_online_cpu
from drgn.helpers.linux.sched import cpu_curr


def frames(trace):
    return [frame.name for frame in trace if frame.name]


def report():
    crashed = prog.crashed_thread()
    stacks = {}
    for cpu in for_each_online_cpu(prog):
        task = cpu_curr(prog, cpu)
        trace = prog.stack_trace(task)
        stacks[cpu] = {"comm": task.comm.string_().decode(), "frames": frames(trace),
                       "sp": trace[0].sp if len(trace) else 0}
    return {"panic_cpu": prog["panic_cpu"].counter.value_(),
            "crashed": frames(crashed.stack_trace()),
            "comm": crashed.object.comm.string_().decode(),
            "pid": crashed.object.pid.value_(),
            "marker": prog.read_u64(int(sys.argv[1], 0)),
            "cpus": stacks}


print(json.dumps(report()))
