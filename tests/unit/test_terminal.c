// SPDX-License-Identifier: MIT
/* Bytes of a terminal become keys, and colours that can be read on black and on white. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tui/screen.h"
#include "tui/terminal_input.h"
#include "tui/terminal_palette.h"

static struct terminal_input in;
static struct ui_mouse mouse;

static void give(const char *bytes)
{
	assert_int_equal(terminal_input_add(&in, bytes, strlen(bytes)), strlen(bytes));
}

static int next(void)
{
	return terminal_input_next(&in, false, 1000, &mouse);
}

static void expect_key(const char *bytes, int key)
{
	give(bytes);
	assert_int_equal(next(), key);
	assert_int_equal(next(), 0);
	assert_int_equal(in.n, 0);
}

static int reset(void **state)
{
	(void)state;
	memset(&in, 0, sizeof(in));
	return 0;
}

static void test_keys(void **state)
{
	static const struct {
		const char *bytes;
		int key;
	} rows[] = {
		{"q", 'q'},
		{"\t", '\t'},
		{"\r", KEY_RETURN},
		{"\n", KEY_RETURN},
		{"\177", KEY_BACKSPACE_},
		{"\b", KEY_BACKSPACE_},
		{"\3", CONTROL('c')},
		{"\xc3\xa4", 0xe4},
		{"\xf0\x9f\x90\xa7", 0x1f427},
		{"\033[A", KEY_UP_},
		{"\033OB", KEY_DOWN_},
		{"\033[1;2C", KEY_SHIFT_RIGHT},
		{"\033[1;5D", KEY_SHIFT_LEFT},
		{"\033[d", KEY_SHIFT_LEFT},
		{"\033[H", KEY_HOME_},
		{"\033[1~", KEY_HOME_},
		{"\033[7~", KEY_HOME_},
		{"\033OF", KEY_END_},
		{"\033[4~", KEY_END_},
		{"\033[5~", KEY_PAGE_UP},
		{"\033[6~", KEY_PAGE_DOWN},
		{"\033[6;5~", KEY_PAGE_DOWN},
		{"\033[2~", KEY_INSERT},
		{"\033[3~", KEY_DELETE},
		{"\033[Z", KEY_BACK_TAB},
		{"\033OP", KEY_F1},
		{"\033[[B", KEY_F1 + 1},
		{"\033[13~", KEY_F1 + 2},
		{"\033[24~", KEY_F1 + 11},
		{"\033Ok", '+'},
		{"\033OM", KEY_RETURN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		expect_key(rows[i].bytes, rows[i].key);
}

/* A sequence may come in pieces; an Escape is one when nothing follows it. */
static void test_pieces(void **state)
{
	(void)state;
	for (const char *p = "\033[1;2"; *p; p++) {
		char one[2] = {*p, 0};

		give(one);
		assert_int_equal(next(), 0);
	}
	give("A");
	assert_int_equal(next(), KEY_SHIFT_UP);
	give("\033");
	assert_int_equal(next(), 0);
	assert_int_equal(terminal_input_next(&in, true, 0, &mouse), KEY_ESCAPE);
	give("\033x");
	assert_int_equal(next(), KEY_ESCAPE);
	assert_int_equal(next(), 'x');
	give("\xc3");
	assert_int_equal(next(), 0);
	give("\xa4");
	assert_int_equal(next(), 0xe4);
}

/* What means nothing is no key, and what comes behind it is one again. */
static void test_nonsense(void **state)
{
	static const char *const rows[] = {
		"\033[?1;2cq",	   "\033[12;40Rq",  "\033[Iq",	   "\033[Oq",	   "\377\376q",
		"\033[99999999~q", "\033[;;;;;;~q", "\033[>0;1cq", "\033[1;2;3zq", "\xc3q",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		reset(NULL);
		expect_key(rows[i], 'q');
	}
	/* longer than any sequence: what is left over are characters */
	reset(NULL);
	give("\033[");
	for (int i = 0; i < 60; i++)
		give("1");
	while (next())
		;
	assert_int_equal(in.n, 0);
}

static void expect_mouse(const char *bytes, enum mouse_event event, int x, int y)
{
	give(bytes);
	assert_int_equal(next(), KEY_MOUSE_);
	assert_int_equal(mouse.event, event);
	assert_int_equal(mouse.x, x);
	assert_int_equal(mouse.y, y);
}

static void test_mouse(void **state)
{
	(void)state;
	expect_mouse("\033[<0;250;70M", MOUSE_CLICK, 249, 69);
	give("\033[<0;250;70m");
	assert_int_equal(next(), 0); /* let go */
	expect_mouse("\033[<0;250;70M", MOUSE_DOUBLE, 249, 69);
	expect_mouse("\033[<0;250;70M", MOUSE_CLICK, 249, 69); /* three are no two doubles */
	expect_mouse("\033[<64;1;1M", MOUSE_WHEEL_UP, 0, 0);
	expect_mouse("\033[<65;1;1M", MOUSE_WHEEL_DOWN, 0, 0);
	expect_mouse("\033[<35;2;3M", MOUSE_MOVE, 1, 2);
	expect_mouse("\033[<32;2;3M", MOUSE_DRAG, 1, 2);
	expect_mouse("\033[<20;2;3M", MOUSE_CLICK, 1, 2);
	assert_true(mouse.shift);
	assert_true(mouse.control);
	expect_mouse("\033[M !!", MOUSE_CLICK, 0, 0); /* before SGR */
	give("\033[<2;5;5M\033[<0;0;0M\033[<66;1;1M");
	assert_int_equal(next(), 0);
}

static void test_paste(void **state)
{
	(void)state;
	give("\033[200~q\n\033[A\xc3\xa4\033[201~q");
	assert_int_equal(next(), 'q' | KEY_PASTED);
	assert_int_equal(next(), ' ' | KEY_PASTED);
	assert_int_equal(next(), 0xe4 | KEY_PASTED);
	assert_int_equal(next(), 'q');
	assert_int_equal(next(), 0);
}

static void test_learned(void **state)
{
	(void)state;
	terminal_input_learn(&in, "\033[225z", KEY_PAGE_UP);
	terminal_input_learn(&in, "x", 'y'); /* no sequence */
	expect_key("\033[225z", KEY_PAGE_UP);
	expect_key("x", 'x');
}

/* ----------------------------------------------------------------- colours */

/* x to the power of 2.4, without libm: x * x * y with y^5 = x * x. */
static double power(double x)
{
	double y = 1;

	for (int i = 0; i < 40; i++)
		y -= (y * y * y * y * y - x * x) / (5 * y * y * y * y);
	return x * x * y;
}

static double channel(uint32_t c)
{
	double v = (c & 255) / 255.0;

	return v <= 0.04045 ? v / 12.92 : power((v + 0.055) / 1.055);
}

/* WCAG 2's relative luminance and contrast. */
static double luminance(uint32_t rgb)
{
	return 0.2126 * channel(rgb >> 16) + 0.7152 * channel(rgb >> 8) + 0.0722 * channel(rgb);
}

static double contrast(uint32_t a, uint32_t b)
{
	double la = luminance(a) + 0.05, lb = luminance(b) + 0.05;

	return la > lb ? la / lb : lb / la;
}

static void test_contrast(void **state)
{
	(void)state;
	for (int style = 0; style < STYLES; style++) {
		for (int flags = 0; flags <= CELL_SELECTED; flags++) {
			struct look l = terminal_look(256, false, (uint8_t)style, (uint8_t)flags);

			if (l.fg == LOOK_DEFAULT)
				continue;
			if (l.bg != LOOK_DEFAULT) {
				assert_true(contrast(terminal_rgb(l.fg), terminal_rgb(l.bg)) > 4.4);
				continue;
			}
			if (contrast(terminal_rgb(l.fg), 0) < 3.9 ||
			    contrast(terminal_rgb(l.fg), 0xffffff) < 3.9)
				fail_msg("style %d (colour %d) cannot be read everywhere", style,
					 l.fg);
		}
	}
}

static void test_few_colors(void **state)
{
	(void)state;
	for (int style = 0; style < STYLES; style++) {
		struct look none = terminal_look(0, false, (uint8_t)style, 0);
		struct look eight = terminal_look(8, false, (uint8_t)style, CELL_SELECTED);

		assert_int_equal(none.fg, LOOK_DEFAULT);
		assert_int_equal(none.bg, LOOK_DEFAULT);
		assert_true(eight.fg < 8 && eight.bg < 8);
		assert_true(terminal_look(0, false, (uint8_t)style, CELL_SELECTED).flags &
			    LOOK_REVERSE);
	}
	assert_int_not_equal(terminal_look(8, true, STYLE_WARN, 0).fg, 3); /* yellow on white */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_keys, reset),
		cmocka_unit_test_setup(test_pieces, reset),
		cmocka_unit_test_setup(test_nonsense, reset),
		cmocka_unit_test_setup(test_mouse, reset),
		cmocka_unit_test_setup(test_paste, reset),
		cmocka_unit_test_setup(test_learned, reset),
		cmocka_unit_test(test_contrast),
		cmocka_unit_test(test_few_colors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
