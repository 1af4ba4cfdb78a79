# SPDX-License-Identifier: GPL-2.0-only
"""Draws the benchmark's figures with gnuplot."""

import subprocess

from common import RigError

STYLE = """set terminal svg size 720,420 font "sans,12" background "white"
set key left top
set logscale x 2
set xlabel "initrd, MiB"
set grid
set yrange [0:*]
"""

# name of the plot: title, field of a figure, unit
PLOTS = {
    "load": ("Time to load", "load", "ms"),
    "downtime": ("Downtime: reboot call to the next kernel's clock", "downtime", "ms"),
    "peak": ("Memory at the peak of a load, as a multiple of the files", "peak", ""),
    "unload": ("Time to unload", "unload", "ms"),
}


def series(figures, mode, kernel, way, field):
    """The points of one line, smallest first."""
    chosen = [f for f in figures if (f.mode, f.kernel, f.way) == (mode, kernel, way)]
    points = [(f.mib, getattr(f, field)) for f in chosen if getattr(f, field) is not None]
    return sorted(points)


def block(name, points):
    rows = "\n".join(f"{x} {y}" for x, y in points)
    return f"${name} << END\n{rows}\nEND\n"


def draw(path, title, unit, lines):
    """lines: title of each to its points."""
    logarithmic = "set logscale y\nset yrange [*:*]\n" if unit else ""
    script = f'{STYLE}{logarithmic}set title "{title}"\nset ylabel "{unit}"\n'
    script += f'set output "{path}"\n'
    script += "".join(block(f"d{i}", points) for i, points in enumerate(lines.values()))
    script += "plot " + ", ".join(f'$d{i} with linespoints lw 2 title "{name}"'
                                  for i, name in enumerate(lines)) + "\n"
    done = subprocess.run(["gnuplot"], input=script, text=True, capture_output=True, check=False)
    if done.returncode:
        raise RigError(f"gnuplot: {done.stderr.strip()}")


def bench(figures, directory):
    """A plot for each quantity and mode that was measured."""
    directory.mkdir(parents=True, exist_ok=True)
    for mode in sorted({figure.mode for figure in figures}):
        for name, (title, field, unit) in PLOTS.items():
            lines = {f"{kernel}, {way}": series(figures, mode, kernel, way, field)
                     for way in ("file", "load") for kernel in ("stock", "ours")}
            if name == "load":
                lines["memcpy"] = series(figures, mode, "ours", "file", "memcpy")
            lines = {title: points for title, points in lines.items() if points}
            if lines:
                draw(directory / f"{mode}-{name}.svg", f"{title} ({mode})", unit, lines)
