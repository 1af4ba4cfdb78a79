# SPDX-License-Identifier: GPL-2.0-only
"""Text is read from a picture as it was painted."""

import picture

FONT = "static const struct font_data fontdata_8x8 = {\n" + "".join(
    f"\t/* {code} */\n" + "".join(f"\t0x{((code - 32) * (line + 3)) & 0xff:02x}, /* .. */\n"
                                  for line in range(picture.GLYPH))
    for code in range(256)) + "} };\n"


def font(tmp_path):
    (tmp_path / "lib/fonts").mkdir(parents=True)
    (tmp_path / picture.FONT).write_text(FONT, encoding="latin-1")
    return picture.font(tmp_path)


def painted(lines, characters, width, height, dot):
    """A byte a pixel."""
    pixels = bytearray(width * height)
    glyphs = {character: glyph for glyph, character in characters.items()}
    for row, line in enumerate(lines):
        for column, character in enumerate(line):
            for y in range(picture.GLYPH * dot):
                for x in range(picture.GLYPH * dot):
                    if glyphs[character][y // dot] & 0x80 >> x // dot:
                        at = (row * picture.GLYPH * dot + y) * width
                        pixels[at + column * picture.GLYPH * dot + x] = 255
    return bytes(pixels)


def read(tmp_path, width, height, dot, to_picture):
    characters = font(tmp_path)
    lines = ["Zap!", "~ x 8"]
    pixels = painted(lines, characters, width, height, dot)
    # what no font has, at the beginning of the third line
    at = 2 * picture.GLYPH * dot * width
    pixels = pixels[:at] + b"\xff" + pixels[at + 1:]
    return lines, picture.rows(to_picture(pixels), characters)


def test_a_screen_dump_is_read(tmp_path):
    lines, rows = read(tmp_path, 100, 26, 1, lambda pixels: picture.from_ppm(
        b"P6\n100 26\n255\n" + bytes(byte for pixel in pixels for byte in [pixel] * 3)))
    assert rows == lines + ["?"]


def test_a_framebuffer_is_read_with_gaps_and_large_dots(tmp_path):
    def with_gaps(pixels):
        lines = (pixels[at:at + 1600] for at in range(0, len(pixels), 1600))
        return b"".join(b"".join(bytes([pixel] * 4) for pixel in line) + b"\xff" * 12
                        for line in lines)

    lines, rows = read(tmp_path, 1600, 50, 2, lambda pixels: picture.from_memory(
        with_gaps(pixels), 1600, 50, 4 * 1600 + 12))
    assert rows == lines + ["?"]
