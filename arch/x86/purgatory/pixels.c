// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Text in a framebuffer
 *
 * A machine that UEFI has started has no screen in text mode, but pixels in memory.
 * Text is painted there from the top, and from the top again below the last line:
 * to scroll would be to read, which is slow, and in all there are a few lines.
 *
 * White on black, which is the same for each order of colours: of a pixel's 32 bits
 * all, or none.  A dot of the font is as many pixels wide and high as leave about a
 * hundred characters in a line.
 */

#include <linux/compiler.h>

#include "machine.h"
#include "../../../lib/fonts/font_8x8.c"

#define GLYPH		8		/* dots, in both directions */
#define WIDTH_OF_DOT	(100 * GLYPH)	/* a screen with so many pixels in a line has dots of 1 */
#define WHITE		0xffffffff
#define BLACK		0

static struct {
	u8 *base;
	unsigned int pitch;		/* bytes from a line of pixels to the next */
	unsigned int dot;		/* pixels */
	unsigned int cols, rows;	/* characters */
	unsigned int column, row;
} picture;

static void paint(unsigned int column, char c)
{
	const u8 *glyph = &fontdata_8x8.data[GLYPH * (u8)c];
	unsigned int size = GLYPH * picture.dot;
	unsigned int x, y;

	for (y = 0; y < size; y++) {
		u32 *pixel = (u32 *)(picture.base + (picture.row * size + y) * picture.pitch) +
			     column * size;

		for (x = 0; x < size; x++)
			WRITE_ONCE(pixel[x], glyph[y / picture.dot] & 0x80 >> x / picture.dot ?
					     WHITE : BLACK);
	}
}

static void newline(void)
{
	picture.row = (picture.row + 1) % picture.rows;
	for (picture.column = picture.cols; picture.column; picture.column--)
		paint(picture.column - 1, ' ');
}

/**
 * pixels_open - paint text from now on, if there is where to
 * @given: The devices.
 *
 * The first line is the one after the first '\n'.
 */
void pixels_open(const struct kexec_digest_console *given)
{
	unsigned int dot = given->width < WIDTH_OF_DOT ? 1 : given->width / WIDTH_OF_DOT;

	picture.dot = dot;
	picture.cols = given->width / (GLYPH * dot);
	picture.rows = given->height / (GLYPH * dot);
	picture.pitch = given->pitch;
	picture.row = picture.rows - 1;
	if (picture.cols && picture.rows)
		picture.base = (u8 *)given->pixels;
}

/**
 * pixels_putc - paint a character
 * @c: The character; '\n' ends a line, and so does the edge of the screen.
 */
void pixels_putc(char c)
{
	if (!picture.base)
		return;
	if (c == '\n' || picture.column == picture.cols)
		newline();
	if (c != '\n')
		paint(picture.column++, c);
}
