# SPDX-License-Identifier: GPL-2.0-only
"""Draws the rig's pictures as SVG: a timeline, lines over sizes."""

import math
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT = 1100, 120, 40
COLOURS = ("#4c72b0", "#dd8452", "#55a868", "#c44e52", "#8172b3", "#937860",
           "#da8bc3", "#64b5cd", "#ccb974", "#8c8c8c")


class Drawing:
    """Shapes, and at the end a file."""

    def __init__(self):
        self.shapes, self.height = [], 0

    def rectangle(self, left, top, width, height, fill, title="", stroke="none"):
        self.shapes.append(
            f'<rect x="{left:.2f}" y="{top:.1f}" width="{max(width, 1):.2f}" '
            f'height="{height:.1f}" fill="{fill}" stroke="{stroke}">'
            f"<title>{escape(title)}</title></rect>")

    def line(self, x1, y1, x2, y2, stroke="#bbb", width=1):
        self.shapes.append(f'<line x1="{x1:.2f}" y1="{y1:.1f}" x2="{x2:.2f}" y2="{y2:.1f}" '
                           f'stroke="{stroke}" stroke-width="{width}"/>')

    def text(self, left, top, words, anchor="start", size=12, fill="#222"):
        self.height = max(self.height, top + 16)
        self.shapes.append(f'<text x="{left:.1f}" y="{top:.1f}" text-anchor="{anchor}" '
                           f'font-size="{size}" fill="{fill}">{escape(words)}</text>')

    def svg(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
                f'height="{self.height:.0f}" font-family="sans-serif">\n'
                f'<rect width="100%" height="100%" fill="white"/>\n'
                + "\n".join(self.shapes) + "\n</svg>\n")


class Scale:
    """From values to places across the picture."""

    def __init__(self, low, high):
        self.low, self.high = low, max(high, low + 1e-9)

    def __call__(self, value):
        return LEFT + (value - self.low) / (self.high - self.low) * (WIDTH - LEFT - RIGHT)


def seconds(value):
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"


def size(value):
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if value >= factor:
            return f"{value / factor:.1f} {unit}"
    return f"{value} bytes"


def ticks(high, about=10):
    """Steps of 1, 2 or 5 times a power of ten that divide 0..high into at most so many parts."""
    step = next(digit * 10.0 ** power for power in range(-4, 9) for digit in (1, 2, 5)
                if high <= about * digit * 10.0 ** power)
    return [n * step for n in range(int(high / step) + 1)]


def decades(low, high):
    """The powers of ten from the last below low to the first above high."""
    return [10.0 ** power for power in range(math.floor(math.log10(low)),
                                             math.ceil(math.log10(high)) + 1)]


def chart(title, unit, lines):
    """Lines of points over sizes in MiB, {name: [(MiB, value), ...]}.

    Sizes are by powers of two.  Values with a unit are by powers of ten; those
    without, multiples of something, begin with 0.
    """
    drawing, top, bottom = Drawing(), 50, 420
    xs, ys = zip(*(point for points in lines.values() for point in points))
    marks = decades(min(ys), max(ys)) if unit else ticks(max(ys) * 1.1)
    along = Scale(math.log2(min(xs)), math.log2(max(xs)))
    height = Scale(*((math.log10(marks[0]), math.log10(marks[-1])) if unit else
                     (0, max(ys) * 1.1)))

    def place(x, y):
        value = math.log10(y) if unit else y
        share = (value - height.low) / (height.high - height.low)
        return along(math.log2(x)), bottom - share * (bottom - top)

    drawing.text(LEFT, 24, title, size=16)
    for mark in marks:
        _, at = place(min(xs), mark)
        drawing.line(LEFT, at, WIDTH - RIGHT, at)
        drawing.text(LEFT - 8, at + 4, f"{mark:,g} {unit}".strip(), "end", 11)
    for size_of in sorted(set(xs)):
        left, _ = place(size_of, ys[0])
        drawing.line(left, top, left, bottom)
        drawing.text(left, bottom + 18, f"{size_of} MiB", "middle", 11)
    for number, (name, points) in enumerate(lines.items()):
        colour, places = COLOURS[number % len(COLOURS)], [place(*point) for point in points]
        for begin, end in zip(places, places[1:]):
            drawing.line(*begin, *end, colour, 2)
        for (left, at), (_, value) in zip(places, points):
            drawing.rectangle(left - 3, at - 3, 6, 6, colour, f"{name}: {value:g} {unit}".strip())
        left, at = LEFT + 480 * (number % 2), bottom + 46 + 20 * (number // 2)
        drawing.rectangle(left, at - 11, 14, 14, colour)
        drawing.text(left + 22, at, name)
    return drawing.svg()


def timeline(title, phases):
    """Phases with names, times and the kernel they belong to: a lane for each kernel."""
    drawing, scale = Drawing(), Scale(0, max(phase.end for phase in phases))
    kernels = sorted({phase.kernel for phase in phases})
    drawing.text(LEFT, 24, title, size=16)
    bottom = 50 + 46 * len(kernels)
    for tick in ticks(scale.high):
        drawing.line(scale(tick), 44, scale(tick), bottom)
        drawing.text(scale(tick), bottom + 16, f"{tick:g} s", "middle", 11)
    for lane, kernel in enumerate(kernels):
        drawing.text(LEFT - 8, 50 + 46 * lane + 22, kernel, "end")
    for number, phase in enumerate(phases):
        top = 50 + 46 * kernels.index(phase.kernel)
        drawing.rectangle(scale(phase.begin), top, scale(phase.end) - scale(phase.begin), 34,
                          COLOURS[number % len(COLOURS)], phase.name)
    for number, phase in enumerate(phases):
        column, row = divmod(number, (len(phases) + 1) // 2)
        left, top = LEFT + column * 480, bottom + 46 + 20 * row
        drawing.rectangle(left, top - 11, 14, 14, COLOURS[number % len(COLOURS)])
        drawing.text(left + 22, top, f"{phase.name}: {seconds(phase.end - phase.begin)}")
    return drawing.svg()
