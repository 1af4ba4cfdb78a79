# SPDX-License-Identifier: GPL-2.0-only
"""The points at which the sweep panics: what goes on, where in it, in which context.

A point is an operation of rig/cases/sweep/point.sh and what rig/guest/rigmod.c
is told.  Where the core traces what it does, the place is that event ("trace"),
kexec_step-fill being the end of the step that is called fill.  Elsewhere it is a
function, entered ("when") or left ("return"): a system call, a hook, or what
other code calls or stock has as well; private to our core are those that no event
stands for (INSIDE).  Exchanges of a pointer are found in the machine code (see
named_exchanges).  ".3" is the third time.  The other points come after a delay,
drawn from a generator that the point's name seeds.  So a name is all it takes to
have the same panic again, and the table is the same for every kernel: stock leaves
out what it has not, and ours what only stock has.
"""

import collections
import itertools
import random
import re
import subprocess
import zlib

import arch
from common import RigError

CONTEXTS = ("process", "hardirq", "nmi")
# Events of include/trace/events/kexec.h; what follows "-" is which of them.
EVENTS = """kexec_load kexec_loaded kexec_claim kexec_place kexec_step kexec_arm kexec_disarm
    kexec_unarmed kexec_reboot kexec_refused""".split()
# Private functions, which are the only marks of their places: where a file may be read to,
# each time that a piece of the region is opened or closed, before and behind the copying of
# what was staged.
INSIDE = """kimage_place_kernel kexec_map_region kexec_unmap_region kimage_copy_staged
    kimage_free_list""".split()
# Points that only stock's or only our code has show what is the same step there.
FILE = """__x64_sys_kexec_file_load kexec_load do_kimage_alloc_init kernel_read_file
    kernel_read_file.2 kimage_place_kernel memdup_user
    kexec_load_purgatory kexec_add_buffer kexec_add_buffer.3 kexec_locate_mem_hole.2""".split()
LOAD = "__x64_sys_kexec_load do_kexec_load kexec_load_permitted do_kimage_alloc_init".split()
BUILD_LOAD = """kexec_step-describe sanity_check_segment_list kimage_alloc_control_pages
    kexec_step-check kexec_step-place machine_kexec_prepare kimage_load_segment
    kimage_terminate""".split()
BUILD = [*BUILD_LOAD, "kimage_crash_copy_vmcoreinfo", "kimage_load_segment.3",
         "kexec_step-fill", "kexec_calculate_store_digests"]
REGION = """kexec_place.2 kimage_alloc_control_pages.2 arch_kexec_unprotect_crash_pages
    kexec_place""".split()
ARM = """kexec_arm kimage_free machine_kexec_cleanup
    kimage_free_pages kexec_step-arm arch_kexec_protect_crashkres
    crash_hotplug_catch_up""".split()
EXCHANGE = ["exchange", "exchanged"]
WINDOW = """kimage_copy_staged kexec_map_region kexec_map_region.2 kexec_map_region.3
    kexec_map_region.4 kimage_free_list""".split()
FREE = "kimage_free machine_kexec_cleanup kimage_free_pages".split()
HOTPLUG = ["crash_handle_hotplug_event", "update_crash_image",
           "arch_crash_handle_hotplug_event"]
# CPUs are all in the ELF core header from the start, memory is not.
UPDATE = "crash_prepare_headers crash_prepare_elf64_headers kimage_update_segment".split()
SHUTDOWN = """__x64_sys_reboot kernel_kexec kexec_reboot-call kernel_restart_prepare device_shutdown
    rig_shutdown pci_device_shutdown migrate_to_reboot_cpu""".split()
# From here on interrupts are off, then the local APIC is: none arrives, nor an NMI.
LATE = ["syscore_shutdown", "kexec_reboot-quiet", "native_machine_shutdown", "machine_kexec"]

# Places between "the new image is armed where it is staged" and "it is in the region".
IN_WINDOW = {"kimage_copy_staged", "kexec_map_region", "kexec_unmap_region"}

Point = collections.namedtuple("Point", "name operation at expect window")


def way(how, place):
    """Where a place is: an event, or a function that is entered or left."""
    event = place.partition(".")[0].partition("-")[0] in EVENTS
    return f"{'trace' if event else how}.{place}"


class Operation:
    """What goes on, and the names of the points in it."""

    def __init__(self, name, title, *, enter=(), leave=(), thrice=(), only_process=(),
                 word_at=(), word_after=(), random_ones=0, within=400, settings=""):
        """thrice: places to be entered in every context, the others take turns.
        word_at, word_after: places where nothing is armed, and the log has to say so.
        within: the delays are shorter than so many milliseconds.
        """
        self.name, self.title, self.settings, self.within = name, title, settings, within
        self.words = {f"{name}.{way('when', place)}" for place in word_at} | \
            {f"{name}.{way('return', place)}" for place in word_after}
        ways = [*(way("when", place) for place in [*enter, *word_at]),
                *(way("return", place) for place in [*leave, *word_after])]
        self.names = [f"{name}.{one}.{context}"
                      for one, context in zip(ways, itertools.cycle(CONTEXTS))]
        self.names += [f"{name}.{way('when', place)}.{context}" for place in thrice
                       for context in CONTEXTS]
        self.names += [f"{name}.{way('when', place)}.process" for place in only_process]
        self.names += [f"{name}.after.{number}.{context}" for number, context
                       in zip(range(random_ones), itertools.cycle((*CONTEXTS, "outside")))]

    def point(self, name):
        """What a name says."""
        how, *place, context = name.split(".")[1:]
        if how == "after":
            usec = random.Random(name).randrange(self.within * 1000)
            at = f"outside/{usec}" if context == "outside" else f"after/{context}/{usec}/0"
            return Point(name, self.name, at, "dump", False)
        symbol, hit = place if len(place) == 2 else (*place, 1)
        expect = "word" if name.rpartition(".")[0] in self.words else "dump"
        return Point(name, self.name, f"{how}/{context}/{hit}/{symbol}", expect,
                     self.name in STAGED and symbol in IN_WINDOW)


STAGED = {"reload_load", "reload_tight", "reload_both", "kernel_staged", "kernel_staged_plug"}
MEMORY = "memory=768M,slots=16,maxmem=4G append=memhp_default_state=online_movable"
KERNEL_MEMORY = MEMORY.replace("movable", "kernel")


def operations():
    """The table."""
    yield Operation("first_file", "first load, by kexec_file_load",
                    enter=["kexec_step-arm", "crash_hotplug_catch_up"],
                    leave=["kexec_loaded", "__x64_sys_kexec_file_load"], thrice=["exchanged"],
                    word_at=["__x64_sys_kexec_file_load", "exchange", "kexec_add_buffer",
                             "kimage_load_segment", "machine_kexec_prepare",
                             "kernel_read_file.2"])
    yield Operation("first_load", "first load, by kexec_load",
                    enter=["exchanged", "kexec_step-arm"],
                    leave=["kexec_loaded", "__x64_sys_kexec_load"],
                    word_at=["do_kexec_load", "exchange", "kimage_load_segment.2"])
    yield Operation("reload_file", "reload, by kexec_file_load",
                    enter=[*FILE, *BUILD, *REGION, *ARM],
                    leave=["kernel_read_file", "kimage_load_segment.2", "kexec_step-digest",
                           "kimage_free", "kexec_loaded", "__x64_sys_kexec_file_load"],
                    thrice=EXCHANGE, random_ones=12)
    yield Operation("reload_load", "reload, by kexec_load", enter=[*LOAD, *BUILD, *ARM],
                    leave=["kimage_load_segment.2", "kimage_copy_staged", "kexec_loaded",
                           "__x64_sys_kexec_load"],
                    thrice=[*EXCHANGE, *WINDOW], random_ones=12, within=600)
    yield Operation("reload_tight", "reload without room beside, by kexec_file_load",
                    enter=["kexec_arm", *EXCHANGE, *WINDOW],
                    leave=["kimage_copy_staged", "kimage_free_list", "kexec_loaded"], random_ones=8,
                    settings="memory=768M")
    yield Operation("reload_both", "reload, by one call after the other",
                    enter=["exchange.2", "exchanged.2", "kimage_copy_staged", "kimage_free.3"],
                    random_ones=8, within=800)
    yield Operation("reload_copied", "reload by kexec_load, nothing relocates crash images",
                    enter=["kexec_arm", "kexec_unarmed"],
                    leave=["kexec_loaded", "__x64_sys_kexec_load"],
                    word_at=["kimage_copy_staged", "kexec_map_region.4"],
                    word_after=["kimage_copy_staged"])
    yield Operation("reboot_file", "load of a reboot image, by kexec_file_load",
                    enter=[*FILE, *BUILD], leave=["kexec_loaded", "kernel_read_file.2"],
                    thrice=["kexec_claim"],
                    random_ones=8)
    yield Operation("reboot_load", "load of a reboot image, by kexec_load",
                    enter=[*LOAD, *BUILD_LOAD, "kexec_arm", "kimage_free"], random_ones=8,
                    within=100)
    yield Operation("unload_reboot", "unload of a reboot image", enter=["kexec_disarm", *FREE],
                    leave=["__x64_sys_kexec_load.2"], random_ones=4, within=100)
    yield Operation("unload", "unload of the crash image, by kexec_load", enter=["do_kexec_load"],
                    thrice=["kexec_disarm"], only_process=["exchange"],
                    word_at=["exchanged", "kimage_free"], word_after=["__x64_sys_kexec_load"])
    yield Operation("unload_file", "unload of the crash image, by kexec_file_load",
                    enter=["__x64_sys_kexec_file_load"], thrice=["kexec_disarm"],
                    word_at=["exchanged"])
    yield Operation("fail_file", "failed load: bad file",
                    enter=["kernel_read_file", "kernel_read_file.2", "kexec_refuse",
                           "kexec_refuse.2", "kexec_refuse.3", "kimage_file_post_load_cleanup",
                           "kexec_refused", "kimage_free_pages"],
                    leave=["kexec_loaded", "__x64_sys_kexec_file_load",
                           "__x64_sys_kexec_file_load.2"], random_ones=8, within=200)
    yield Operation("fail_segments", "failed load: bad segments",
                    enter=["sanity_check_segment_list", "kexec_refuse", "kexec_refuse.2",
                           "kexec_refused", "kimage_free_pages"],
                    leave=["sanity_check_segment_list", "__x64_sys_kexec_load"], random_ones=6,
                    within=100)
    yield Operation("fail_buffer", "failed load: buffer that faults",
                    enter=["kimage_load_segment", "kexec_refuse", "kexec_refuse.2", "memdup_user",
                           "kexec_step-fill", *FREE[1:]],
                    leave=["kimage_load_segment", "__x64_sys_kexec_load"], random_ones=6,
                    within=150)
    yield Operation("fail_room", "failed load: no room",
                    enter=["kernel_read_file.2", "kexec_refuse", "kexec_refused",
                           "kimage_free_pages"], random_ones=4)
    yield Operation("fail_memory", "failed load: out of memory",
                    enter=["kexec_refuse", "kexec_refuse.4", "kexec_refuse.9", "kexec_refused.5",
                           "kexec_refused.11", "kimage_free_pages.8"],
                    leave=["kexec_loaded.3", "kexec_loaded.7", "__x64_sys_kexec_file_load.10"],
                    random_ones=8, within=3000)
    yield Operation("fail_signal", "failed load: killed", enter=["kexec_refused", "kexec_refuse"],
                    random_ones=8, within=1500)
    for name, title in (("held_load", "kexec_load of a reboot image"),
                        ("held_file", "kexec_file_load of a reboot image"),
                        ("held_crash", "kexec_load of a crash image"),
                        ("held_file_crash", "kexec_file_load of a crash image")):
        yield Operation(name, f"load stuck in a page fault: {title}", random_ones=4, within=20)
    yield Operation("shrink", "shrink refused, crash_size read",
                    enter=["crash_get_memory_size", "crash_shrink_memory", "crash_size_store"],
                    leave=["crash_get_memory_size", "crash_shrink_memory"], random_ones=5,
                    within=100)
    yield Operation("shrunk", "reload in a region that was shrunk",
                    enter=["exchange", "exchanged", "kimage_load_segment.3"], random_ones=4)
    yield Operation("cpu", "CPU hotplug",
                    enter=["crash_cpuhp_offline", "crash_cpuhp_online"], thrice=HOTPLUG,
                    leave=["arch_crash_handle_hotplug_event"], random_ones=6, within=300)
    yield Operation("cpu_reload", "CPU hotplug and reload at once", random_ones=8, within=900)
    yield Operation("cpu_held", "CPU hotplug while a load is stuck in a page fault",
                    enter=["update_crash_image"], random_ones=4, within=900)
    yield Operation("memory", "memory hotplug: blocks offline and online",
                    enter=["crash_memhp_notifier", "offline_pages", "online_pages", *HOTPLUG,
                           *UPDATE],
                    leave=["kimage_update_segment"],
                    thrice=["kexec_map_region", "kexec_unmap_region"], random_ones=6,
                    within=300, settings=MEMORY)
    yield Operation("memory_reload", "memory hotplug and reload at once", random_ones=6,
                    within=900, settings=MEMORY)
    yield Operation("memory_plug", "memory hotplug: modules plugged in",
                    enter=["crash_memhp_notifier", "kimage_update_segment", "kexec_map_region",
                           "arch_crash_handle_hotplug_event"],
                    leave=["kimage_update_segment"], random_ones=4, within=900, settings=MEMORY)
    yield Operation("kernel_plug", "memory hotplug: modules for the kernel plugged in",
                    enter=["kimage_update_segment.3", "kexec_map_region.3"],
                    leave=["kimage_update_segment.3"],
                    thrice=["kexec_unmap_region.2", "kexec_unmap_region.3"], random_ones=2,
                    within=900, settings=KERNEL_MEMORY)
    yield Operation("kernel_staged", "reload by kexec_load in a module plugged in before",
                    enter=["kexec_map_region.4", "kimage_copy_staged", "kimage_free_list"],
                    leave=["kimage_copy_staged"], random_ones=2, within=900, settings=KERNEL_MEMORY)
    yield Operation("kernel_staged_plug", "reload by kexec_load, modules are plugged in meanwhile",
                    enter=["kimage_copy_staged.2", "kimage_copy_staged.3", "kexec_unmap_region.9"],
                    random_ones=4, within=3000, settings=KERNEL_MEMORY)
    yield Operation("reboot", "kexec reboot: devices shut down", enter=SHUTDOWN,
                    leave=["device_shutdown", "rig_shutdown", "migrate_to_reboot_cpu"],
                    thrice=["rig_shutdown"], only_process=LATE)
    yield Operation("reboot_slowly", "kexec reboot: a device takes its time", random_ones=8,
                    within=1000)
    yield Operation("loaders", "several loaders at once",
                    enter=["exchange.3", "exchanged.2", "kimage_free.4",
                           "kexec_refuse.5"], random_ones=12, within=2000)


TABLE = {operation.name: operation for operation in operations()}
NAMES = list(dict.fromkeys(name for operation in TABLE.values() for name in operation.names))

# The short version: each operation, each context, each step of the road once.
SHORT = """first_file.when.exchanged.process
    reload_file.when.kernel_read_file.2.process reload_file.when.kimage_load_segment.3.process
    reload_file.when.exchange.nmi reload_file.when.exchanged.process
    reload_file.when.kimage_free.hardirq reload_file.after.2.nmi
    reload_load.when.exchange.process reload_load.when.exchanged.nmi
    reload_load.when.kimage_copy_staged.process reload_load.when.kexec_map_region.4.nmi
    reload_load.return.kimage_copy_staged.hardirq reload_tight.when.kexec_map_region.3.hardirq
    reload_both.after.1.hardirq reboot_file.after.3.outside reboot_load.after.0.process
    unload_reboot.when.kimage_free.hardirq unload.when.exchange.process
    fail_file.trace.kexec_loaded.process fail_segments.after.0.process
    fail_buffer.trace.kexec_step-fill.hardirq fail_memory.after.3.outside fail_signal.after.2.nmi
    held_load.after.2.nmi held_file_crash.after.1.hardirq shrink.after.0.process
    cpu.when.update_crash_image.nmi cpu_reload.after.3.outside cpu_held.after.0.process
    memory.when.kexec_map_region.process memory.when.kexec_unmap_region.nmi
    memory_plug.when.kimage_update_segment.nmi
    kernel_plug.when.kexec_unmap_region.3.nmi kernel_staged.when.kexec_map_region.4.process
    reload_copied.trace.kexec_loaded.nmi
    reboot.when.rig_shutdown.nmi reboot_slowly.after.1.hardirq loaders.after.2.nmi""".split()


def point(name):
    """The point of that name, whether or not the table has it."""
    operation = TABLE.get(name.partition(".")[0])
    try:
        return operation.point(name)
    except (AttributeError, ValueError):
        raise RigError(f"no such point: {name} (rig/test panic-sweep --list names them)") from None


def variant(name):
    """A point as a variant of a case: its name, and what its guest wants (cases.py)."""
    chosen = point(name)
    token = f"rig-{zlib.crc32(name.encode()):08x}"
    only = "" if runs_here(chosen) else f" arch={arch.DEFAULT}"
    return name, (f"OP={chosen.operation} AT={chosen.at} TOKEN={token} "
                  f"{TABLE[chosen.operation].settings}{only}")


# While one image is copied over another there is none, where the relocation code does not
# serve crash images: KUnit (kexec_arm) sees what a panic there says.  Delays may end there.
FOR_X86 = ("reload_load.when.exchanged.", "reload_load.when.kexec_map_region.4.",
           "reload_load.when.kimage_copy_staged.", "reload_load.return.kimage_copy_staged.",
           "reload_both.after.", "loaders.after.",
           "reload_copied.",            # has x86 do what others do anyway
           "cpu.when.")                 # their dumps need no headers rewritten
# What others have in exchange.
ELSEWHERE = """first_load.when.exchanged.process reload_file.when.kexec_add_buffer.3.process
    reload_file.trace.kexec_step-place.process reload_file.trace.kexec_arm.process
    reload_file.return.kimage_free.hardirq held_crash.after.0.process""".split()


def runs_here(chosen):
    """Whether guests of the architecture have what it takes: NMIs, memory to plug in."""
    context = chosen.name.rpartition(".")[2]
    return not arch.is_foreign() or context not in ("nmi", "outside") and \
        "maxmem" not in TABLE[chosen.operation].settings and \
        not chosen.name.startswith(FOR_X86)


def short():
    """The short version's names; where there are no NMIs, interrupts come at those places."""
    if not arch.is_foreign():
        return SHORT
    return [name if ".after." in name else name.replace(".nmi", ".hardirq")
            for name in SHORT + ELSEWHERE]


# which points a kernel has

EXCHANGERS = ("kimage_arm", "arm_crash_image", "replace_staged", "kimage_disarm",
              "disarm_crash_image")
# What they call for it, unless it is inlined: it does nothing else, and there the pointer is
# an argument.
EXCHANGER = "exchange_armed"
# What a disassembler calls its end; on powerpc it may be one on a condition.
RETURNS = ("ret", "blr", "bnelr", "beqlr", "br\t%r14")


def instructions(build, function):
    """Those of a function: offset and text."""
    done = subprocess.run([f"{arch.guests().cross}objdump", "-d", "--no-show-raw-insn",
                           f"--disassemble={function}", build.vmlinux],
                          capture_output=True, text=True, check=True)
    lines = re.findall(r"^([0-9a-f]+):\t(.*)$", done.stdout, re.M)
    return [(int(at, 16) - int(lines[0][0], 16), text) for at, text in lines]


def exchanges(build, function):
    """Offsets in a function of the exchanges of the armed image, with those behind them."""
    lines = instructions(build, function)
    for (at, text), (behind, _) in zip(lines, lines[1:]):
        if text.startswith("xchg") and ("<kexec_crash_image>" in text or function == EXCHANGER):
            yield at, behind


def named_exchanges(build):
    """Where the armed image is exchanged: before and behind it, as pairs of name and place."""
    if arch.is_foreign():
        yield "exchange", f"{EXCHANGER}+0x0"
        yield from (("exchanged", f"{EXCHANGER}+{at:#x}")
                    for at, text in instructions(build, EXCHANGER) if text in RETURNS)
        return
    for function in (*EXCHANGERS, EXCHANGER):
        for at, behind in exchanges(build, function):
            yield "exchange", f"{function}+{at:#x}"
            yield "exchanged", f"{function}+{behind:#x}"


def symbols(build):
    """The functions of a kernel: name to name, the latter as the compiler has it."""
    text = (build.directory / "System.map").read_text(encoding="ascii")
    found = {name: name + more for name, more in
             re.findall(r" [tT] (\w+?)((?:\.(?:isra|constprop|part)\.\d+)*)$", text, re.M)}
    # The entries of system calls are called here what they are called on x86.
    entries = {re.sub(r"^(__(arm64|riscv|s390x)_)?sys_", "__x64_sys_", name): there
               for name, there in found.items()}
    return {**found, **entries, "rig_shutdown": "rig_shutdown"}


def symbol_of(chosen):
    """What a point's place is called, or nothing."""
    parts = chosen.at.split("/")
    return parts[3] if parts[0] in ("when", "return") else ""


def places(build):
    """The places of a kernel: pairs of name and SYMBOL[+OFFSET]."""
    known = symbols(build)
    yield from ((name, known[name]) for name in
                sorted(set(map(symbol_of, map(point, [*NAMES, *SHORT])))) if name in known)
    if build.vmlinux.exists():
        yield from named_exchanges(build)


def of_kernel(build):
    """The points of the table that there are on this kernel; ours has all events."""
    there = {"", *(name for name, _ in places(build))}
    return [chosen for chosen in map(point, NAMES)
            if symbol_of(chosen) in there and runs_here(chosen)
            and not (chosen.at.startswith("trace/") and build.name.startswith("stock"))]
