// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/canvas.h"
#include "flows/text.h"

static struct canvas *made(int width, int height)
{
	static struct canvas c;

	canvas_free(&c);
	assert_int_equal(canvas_resize(&c, width, height), 0);
	return &c;
}

/* The whole of it as text, rows by line ends. */
static void expect_printed(struct canvas *c, bool color, const char *want)
{
	struct text t = {0};

	canvas_print(c, color, &t);
	text_char(&t, '\0');
	assert_int_equal(t.err, 0);
	assert_string_equal(t.data, want);
	text_free(&t);
}

static void expect(struct canvas *c, const char *want)
{
	expect_printed(c, false, want);
}

static void test_size(void **state)
{
	struct canvas c = {0};

	(void)state;
	assert_int_equal(canvas_resize(&c, 3, 2), 0);
	expect(&c, "\n\n");
	canvas_str(&c, 0, 1, -1, STYLE_NORMAL, "abcdef");
	expect(&c, "\nab\u2026\n");
	assert_int_equal(canvas_resize(&c, 4, 1), 0);
	expect(&c, "\n");
	assert_int_equal(canvas_resize(&c, 0, 0), 0);
	expect(&c, "");
	assert_int_equal(canvas_resize(&c, 4096, 4097), -E2BIG);
	assert_int_equal(canvas_resize(&c, -1, 1), -E2BIG);
	assert_int_equal(canvas_resize(&c, 1, -1), -E2BIG);
	assert_int_equal(c.width, 0); /* as it was */
	canvas_free(&c);
	canvas_free(&c);
}

static void test_text(void **state)
{
	struct canvas *c = made(10, 1);

	(void)state;
	assert_int_equal(canvas_str(c, 0, 0, -1, STYLE_NORMAL, "hello"), 5);
	expect(c, "hello\n");
	assert_int_equal(canvas_str(c, 0, 0, 4, STYLE_NORMAL, "HELLO"), 4);
	expect(c, "HEL\u2026o\n");
	assert_int_equal(canvas_str(c, 0, 0, 5, STYLE_NORMAL, "hello"), 5);
	expect(c, "hello\n");
	assert_int_equal(canvas_str(c, 6, 0, -1, STYLE_NORMAL, "world"), 4);
	expect(c, "hello wor\u2026\n");
	assert_int_equal(canvas_str(c, 10, 0, -1, STYLE_NORMAL, "x"), 0);
	assert_int_equal(canvas_str(c, 0, 0, 0, STYLE_NORMAL, "x"), 0);
	assert_int_equal(canvas_str(c, 0, 0, 1, STYLE_NORMAL, "xy"), 1);
	expect(c, "\u2026ello wor\u2026\n");
	canvas_str(c, 0, 1, -1, STYLE_NORMAL, "below");
	canvas_str(c, 0, -1, -1, STYLE_NORMAL, "above");
	expect(c, "\u2026ello wor\u2026\n");
	/* what lies left of the canvas is not seen, the rest is in its place */
	assert_int_equal(canvas_str(made(10, 1), -2, 0, -1, STYLE_NORMAL, "hello"), 5);
	expect(c, "llo\n");
}

static void test_untrusted(void **state)
{
	struct canvas *c = made(40, 1);

	(void)state;
	assert_int_equal(canvas_str(c, 0, 0, -1, STYLE_NORMAL, "a\033[31mb"), 8);
	expect(c, "a^[[31mb\n");
	c = made(40, 1);
	canvas_text(c, 0, 0, -1, STYLE_NORMAL, "a\0b\r\n\t\x7f\xff", 8);
	expect(c, "a\\x00b\\r\\n\\t\\x7f\\xff\n");
	c = made(40, 1);
	canvas_str(c, 0, 0, -1, STYLE_NORMAL, "\u202eevil\xc2\x85");
	expect(c, "\\xe2\\x80\\xaeevil\\xc2\\x85\n");
	/* what takes no column of its own would move all that follows */
	c = made(40, 1);
	assert_int_equal(canvas_str(c, 0, 0, -1, STYLE_NORMAL, "e\u0301"), 9);
	expect(c, "e\\xcc\\x81\n");
	/* cut in the midst of an escape */
	c = made(40, 1);
	assert_int_equal(canvas_str(c, 0, 0, 4, STYLE_NORMAL, "ab\xff"), 4);
	expect(c, "ab\\\u2026\n");
}

static void test_wide(void **state)
{
	struct canvas *c = made(6, 1);

	(void)state;
	assert_int_equal(character_width('a'), 1);
	assert_int_equal(character_width(0x4e2d), 2);
	assert_int_equal(character_width(0x301), 0);
	assert_int_equal(character_width(0x1f600), 2);
	assert_int_equal(canvas_width_of("a\u4e2d\033", strlen("a\u4e2d\033")), 5);
	assert_int_equal(canvas_str(c, 0, 0, -1, STYLE_NORMAL, "\u4e2d\u6587"), 4);
	assert_int_equal(c->cells[0].flags, CELL_WIDE);
	assert_int_equal(c->cells[1].c, 0);
	expect(c, "\u4e2d\u6587\n");
	/* half of one is none */
	canvas_put(c, 1, 0, 'x', STYLE_NORMAL);
	expect(c, " x\u6587\n");
	assert_int_equal(c->cells[0].flags, 0);
	canvas_put(c, 2, 0, 'y', STYLE_NORMAL);
	expect(c, " xy\n");
	assert_int_equal(c->cells[3].c, ' ');
	c = made(3, 1);
	assert_int_equal(canvas_str(c, 0, 0, -1, STYLE_NORMAL, "\u4e2d\u6587"), 3);
	expect(c, "\u4e2d\u2026\n");
	c = made(4, 1);
	canvas_str(c, -1, 0, -1, STYLE_NORMAL, "\u4e2dab");
	expect(c, " ab\n");
}

static void test_clip(void **state)
{
	struct canvas *c = made(6, 3);
	struct canvas_area whole =
		canvas_clip(c, (struct canvas_area){.x = 1, .y = 1, .width = 3, .height = 1});

	(void)state;
	assert_int_equal(whole.width, 6);
	assert_int_equal(whole.height, 3);
	for (int y = 0; y < 3; y++)
		canvas_str(c, 0, y, -1, STYLE_NORMAL, "abcdef");
	expect(c, "\n bc\u2026\n\n");
	canvas_clear(c, whole, STYLE_NORMAL);
	canvas_put(c, 0, 1, 'x', STYLE_NORMAL);
	canvas_put(c, 4, 1, 'x', STYLE_NORMAL);
	canvas_put(c, 3, 1, 'x', STYLE_NORMAL);
	expect(c, "\n   x\n\n");
	/* beyond the canvas there is nothing to draw on */
	canvas_clip(c, (struct canvas_area){.x = 4, .y = -2, .width = 100, .height = 100});
	assert_int_equal(c->clip.x, 4);
	assert_int_equal(c->clip.y, 0);
	assert_int_equal(c->clip.width, 2);
	assert_int_equal(c->clip.height, 3);
	canvas_clip(c, (struct canvas_area){.x = 60, .y = 1, .width = 3, .height = 3});
	canvas_put(c, 5, 1, 'y', STYLE_NORMAL);
	canvas_clip(c, whole);
	expect(c, "\n   x\n\n");
}

static void test_styles(void **state)
{
	struct canvas *c = made(6, 1);

	(void)state;
	canvas_str(c, 0, 0, -1, STYLE_BAD, "ab");
	canvas_str(c, 2, 0, -1, STYLE_NORMAL, "cd");
	expect_printed(c, true, "\033[0;1;31mab\033[0mcd\n");
	canvas_restyle(c, (struct canvas_area){.x = 1, .width = 2, .height = 5}, STYLE_GOOD);
	expect_printed(c, true, "\033[0;1;31ma\033[0;32mbc\033[0md\n");
	canvas_flag(c, (struct canvas_area){.x = 3, .width = 9, .height = 1}, CELL_SELECTED);
	assert_int_equal(c->cells[2].flags, 0);
	assert_int_equal(c->cells[3].flags, CELL_SELECTED);
	assert_int_equal(c->cells[5].flags, CELL_SELECTED);
	/* a style beyond those that there are is none */
	canvas_str(c, 0, 0, -1, 200, "abcdef");
	expect_printed(c, true, "\033[0mabcdef\033[0m\n");
}

/* What is drawn where the terminal has no more than ASCII. */
static void test_ascii(void **state)
{
	static const struct {
		uint32_t c;
		char is;
	} likeness[] = {
		{'a', 'a'},    {0x2500, '-'},  {0x2501, '-'}, {0x2502, '|'}, {0x2503, '|'},
		{0x2504, '-'}, {0x2506, '|'},  {0x250c, '+'}, {0x2518, '+'}, {0x251c, '+'},
		{0x253c, '+'}, {0x254b, '+'},  {0x254c, '-'}, {0x254e, '|'}, {0x2550, '='},
		{0x2551, '|'}, {0x2554, '+'},  {0x256c, '+'}, {0x256d, '+'}, {0x2570, '+'},
		{0x2571, '/'}, {0x2572, '\\'}, {0x2573, 'X'}, {0x2574, '-'}, {0x2575, '|'},
		{0x257f, '|'}, {0x2581, '_'},  {0x2588, '#'}, {0x2591, '.'}, {0x2190, '<'},
		{0x2191, '^'}, {0x2192, '>'},  {0x2193, 'v'}, {0x25b8, '>'}, {0x25c2, '<'},
		{0x25b4, '^'}, {0x25be, 'v'},  {0x25b2, '^'}, {0x25bc, 'v'}, {0x25b6, '>'},
		{0x25c0, '<'}, {0x00b7, '.'},  {0x2026, '~'}, {0x25cf, '*'}, {0x00b5, 'u'},
		{0x4e2d, '?'},
	};
	struct canvas *c = made(1, 1);

	(void)state;
	c->ascii = true;
	for (size_t i = 0; i < sizeof(likeness) / sizeof(*likeness); i++) {
		canvas_put(c, 0, 0, likeness[i].c, STYLE_NORMAL);
		if (c->cells[0].c != (uint32_t)likeness[i].is)
			fail_msg("U+%04x is drawn as %c and not %c", likeness[i].c, c->cells[0].c,
				 likeness[i].is);
	}
	for (uint32_t u = 0x80; u < 0x3000; u++) {
		canvas_put(c, 0, 0, u, STYLE_NORMAL);
		assert_in_range(c->cells[0].c, ' ', '~');
	}
	assert_int_equal(canvas_resize(c, 8, 1), 0);
	canvas_str(c, 0, 0, -1, STYLE_NORMAL, "\u4e2d\u2192b\u2026");
	expect(c, "?>b~\n");
	c->ascii = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),	  cmocka_unit_test(test_text),
		cmocka_unit_test(test_untrusted), cmocka_unit_test(test_wide),
		cmocka_unit_test(test_clip),	  cmocka_unit_test(test_styles),
		cmocka_unit_test(test_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
