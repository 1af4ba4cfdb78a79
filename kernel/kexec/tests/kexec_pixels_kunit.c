// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: tests of how the purgatory paints
 *
 * Its painter is compiled in here, and paints a screen that is memory, with more memory
 * beside and below it that nobody may paint to.
 */
#include <kunit/test.h>
#include <linux/kexec_digest.h>

/* That of the kernel's own has the name already. */
#define font_vga_8x8	kexec_test_font
#include "../../../arch/x86/purgatory/pixels.c"

#include "kexec_kunit.h"

#define NOBODYS		0x5a5a5a5a

/**
 * struct screen - what is painted on
 * @given: as the purgatory is told of it
 * @pixel: its pixels, a line after the other, and room for one line of text more
 * @words: from one line to the next
 * @nr:    of them in all
 */
struct screen {
	struct kexec_digest_console given;
	u32 *pixel;
	unsigned int words, nr;
};

static struct screen new_screen(struct kunit *test, unsigned int width, unsigned int height)
{
	struct screen screen = { .words = width + 3 };

	screen.nr = screen.words * (height + 4 * GLYPH);
	screen.pixel = kunit_kmalloc_array(test, screen.nr, sizeof(u32), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, screen.pixel);
	memset32(screen.pixel, NOBODYS, screen.nr);
	screen.given = (struct kexec_digest_console) {
		.pixels = (unsigned long)screen.pixel,
		.width = width,
		.height = height,
		.pitch = screen.words * sizeof(u32),
	};
	memset(&picture, 0, sizeof(picture));
	pixels_open(&screen.given);
	return screen;
}

static void put(const char *text)
{
	while (*text)
		pixels_putc(*text++);
}

/* Is there that character at that place, in dots of that size? */
static bool shows(const struct screen *screen, unsigned int dot, unsigned int column,
		  unsigned int row, char c)
{
	unsigned int x, y, size = GLYPH * dot;

	for (y = 0; y < size; y++)
		for (x = 0; x < size; x++) {
			u8 dots = fontdata_8x8.data[GLYPH * (u8)c + y / dot];
			u32 want = dots & 0x80 >> x / dot ? WHITE : BLACK;

			if (screen->pixel[(row * size + y) * screen->words + column * size + x] !=
			    want)
				return false;
		}
	return true;
}

/* How many pixels were painted that are not of a character's place. */
static unsigned int painted_beside(const struct screen *screen, unsigned int dot)
{
	unsigned int size = GLYPH * dot, nr = 0, i;
	unsigned int width = screen->given.width / size * size;
	unsigned int height = screen->given.height / size * size;

	for (i = 0; i < screen->nr; i++)
		nr += screen->pixel[i] != NOBODYS &&
		      (i % screen->words >= width || i / screen->words >= height);
	return nr;
}

static const struct {
	unsigned int width, height, dot;
} screens[] = {
	{ 4 * GLYPH, 3 * GLYPH, 1 }, { 5 * GLYPH - 1, 4 * GLYPH - 1, 1 },
	{ WIDTH_OF_DOT - 1, 3 * GLYPH, 1 }, { 2 * WIDTH_OF_DOT - 1, 3 * GLYPH, 1 },
	{ 2 * WIDTH_OF_DOT, 6 * GLYPH, 2 }, { 2 * WIDTH_OF_DOT + 15, 8 * GLYPH - 1, 2 },
};

/* Text begins at the top, goes on there below the last line, and leaves none of the old. */
static void text_stays_on_the_screen(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(screens); i++) {
		struct screen screen = new_screen(test, screens[i].width, screens[i].height);
		unsigned int dot = screens[i].dot;
		unsigned int last = screens[i].width / (GLYPH * dot) - 1;

		put("\nab\nc\nx");
		KUNIT_EXPECT_TRUE_MSG(test, shows(&screen, dot, 0, 0, 'a') &&
				      shows(&screen, dot, 1, 0, 'b') &&
				      shows(&screen, dot, last, 0, ' '), "screen %d", i);
		KUNIT_EXPECT_TRUE(test, shows(&screen, dot, 0, 1, 'c'));
		KUNIT_EXPECT_TRUE(test, shows(&screen, dot, 0, 2, 'x'));
		put("\ne\nf");
		KUNIT_EXPECT_TRUE(test, shows(&screen, dot, 0, 0, 'e') &&
				  shows(&screen, dot, 1, 0, ' '));
		KUNIT_EXPECT_TRUE(test, shows(&screen, dot, 0, 1, 'f'));
		KUNIT_EXPECT_EQ_MSG(test, painted_beside(&screen, dot), 0, "screen %d", i);
	}
}

/* A line that is too long goes on in the next. */
static void a_long_line_goes_on_in_the_next(struct kunit *test)
{
	struct screen screen = new_screen(test, 2 * GLYPH, 3 * GLYPH);

	put("\nabc");
	KUNIT_EXPECT_TRUE(test, shows(&screen, 1, 0, 0, 'a') && shows(&screen, 1, 1, 0, 'b') &&
			  shows(&screen, 1, 0, 1, 'c') && shows(&screen, 1, 1, 1, ' '));
	KUNIT_EXPECT_EQ(test, painted_beside(&screen, 1), 0);
}

/* Where not even a character has room, and where there is no screen, nothing is painted. */
static void what_is_too_small_is_left_alone(struct kunit *test)
{
	struct screen narrow = new_screen(test, GLYPH - 1, 3 * GLYPH), low;

	put("\na");
	KUNIT_EXPECT_EQ(test, painted_beside(&narrow, 1), 0);
	low = new_screen(test, 3 * GLYPH, GLYPH - 1);
	put("\na");
	KUNIT_EXPECT_EQ(test, painted_beside(&low, 1), 0);
	low.given.pixels = 0;
	memset(&picture, 0, sizeof(picture));
	pixels_open(&low.given);
	put("\na");
}

static struct kunit_case pixels_cases[] = {
	KUNIT_CASE(text_stays_on_the_screen),
	KUNIT_CASE(a_long_line_goes_on_in_the_next),
	KUNIT_CASE(what_is_too_small_is_left_alone),
	{}
};

static struct kunit_suite pixels_suite = {
	.name = "kexec_pixels",
	.test_cases = pixels_cases,
};

kunit_test_suite(pixels_suite);

MODULE_DESCRIPTION("KUnit tests of how the purgatory paints");
MODULE_LICENSE("GPL");
