# SPDX-License-Identifier: GPL-2.0-only
"""Reads the text that the purgatory paints, by the font that it paints with.

A picture is its width and height and one byte a pixel: 0 where it is black.
"""

import collections
import re

GLYPH = 8           # dots of a character, in both directions
WIDTH_OF_DOT = 800  # a screen of less than twice that width has dots of one pixel
FONT = "lib/fonts/font_8x8.c"

Picture = collections.namedtuple("Picture", "width height pixels")


def font(tree):
    """Printable characters by their dots, a byte for each line of them."""
    source = (tree / FONT).read_text(encoding="latin-1")
    dots = bytes(int(byte, 16) for byte in re.findall(r"^\s*0x(\w\w),", source, re.M))
    return {dots[GLYPH * code:GLYPH * (code + 1)]: chr(code) for code in range(0x20, 0x7f)}


def from_ppm(data):
    """A screen dump of QEMU's."""
    head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    return Picture(int(head[1]), int(head[2]), data[head.end()::3])


def from_memory(data, width, height, pitch):
    """A framebuffer of 32 bits a pixel."""
    return Picture(width, height, b"".join(data[y * pitch:y * pitch + 4 * width:4]
                                           for y in range(height)))


def rows(picture, characters):
    """The lines of text, "?" for what is no character."""
    dot = max(1, picture.width // WIDTH_OF_DOT)
    size = GLYPH * dot

    def glyph(row, column):
        at = row * size * picture.width + column * size
        lines = (picture.pixels[at + y * dot * picture.width:][:size:dot] for y in range(GLYPH))
        return bytes(sum(0x80 >> x for x in range(GLYPH) if line[x]) for line in lines)

    return ["".join(characters.get(glyph(row, column), "?")
                    for column in range(picture.width // size)).rstrip()
            for row in range(picture.height // size)]
