// SPDX-License-Identifier: MIT
/*
 * Any calls with any bytes on a canvas: nothing is drawn outside of it or of the clip,
 * wide characters are whole, and what is printed is UTF-8 without control bytes, in as many
 * columns as the canvas has.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "flows/canvas.h"
#include "flows/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_SIDE 64

struct input {
	const uint8_t *p;
	size_t n;
};

static unsigned int byte(struct input *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->p++;
}

/* Mostly near the canvas, now and then far away. */
static int number(struct input *in)
{
	unsigned int b = byte(in);

	if (b == 255)
		return (int16_t)(byte(in) << 8 | byte(in)) * 512;
	return (int)b % 90 - 13;
}

static struct canvas_area area(struct input *in)
{
	int x = number(in), y = number(in), width = number(in);

	return (struct canvas_area){.x = x, .y = y, .width = width, .height = number(in)};
}

static uint32_t character(struct input *in)
{
	static const uint32_t some[] = {' ', 'a', 0x2500, 0x253c, 0x2588, 0x25b8, 0x2026, 0xb7};

	return some[byte(in) % 8];
}

static void text(struct canvas *c, struct input *in)
{
	int x = number(in), y = number(in), max = number(in), used, width;
	unsigned int style = byte(in) % STYLES;
	size_t n = byte(in) % 40;

	if (n > in->n)
		n = in->n;
	used = canvas_text(c, x, y, max, style, (const char *)in->p, n);
	width = canvas_width_of((const char *)in->p, n);
	if (used < 0 || used > width || (max >= 0 && used > max))
		abort();
	if (max < 0 && x >= 0 && x + width <= c->clip.x + c->clip.width && used != width)
		abort();
	in->p += n;
	in->n -= n;
}

/* Nothing but the clip's part of the canvas may change, but for halves of wide characters. */
static void check_clip(const struct canvas *c, const struct cell *before)
{
	for (int y = 0; y < c->height; y++)
		for (int x = 0; x < c->width; x++) {
			const struct cell *now = &c->cells[y * c->width + x];
			const struct cell *was = &before[y * c->width + x];
			bool inside = x >= c->clip.x && x < c->clip.x + c->clip.width &&
				      y >= c->clip.y && y < c->clip.y + c->clip.height;

			if (!inside && memcmp(now, was, sizeof(*now)) && now->c != ' ')
				abort();
		}
}

static void check_cells(const struct canvas *c)
{
	for (int i = 0; i < c->width * c->height; i++) {
		const struct cell *cell = &c->cells[i];
		bool last = i % c->width == c->width - 1;

		if (!!(cell->flags & CELL_WIDE) != (!last && !cell[1].c))
			abort();
		if (!cell->c && (i % c->width == 0 || !(cell[-1].flags & CELL_WIDE)))
			abort();
		if (cell->c && (cell->c < 0x20 || (cell->c >= 0x7f && cell->c < 0xa0)))
			abort();
		if (c->ascii && cell->c > 0x7e)
			abort();
	}
}

/* Judged by the C library, not by the code under test. */
static void check_printed(const struct canvas *c)
{
	struct text t = {0};
	mbstate_t state = {0};
	int columns = 0, rows = 0;

	canvas_print(c, false, &t);
	if (t.err || !setlocale(LC_CTYPE, "C.UTF-8"))
		abort();
	for (size_t at = 0; at < t.len;) {
		wchar_t w = 0;
		size_t n = mbrtowc(&w, t.data + at, t.len - at, &state);

		if (!n || n > t.len - at)
			abort();
		at += n;
		if (w == '\n') {
			columns = 0;
			rows++;
			continue;
		}
		if (wcwidth(w) < 1 || (columns += wcwidth(w)) > c->width)
			abort();
	}
	if (rows != c->height)
		abort();
	canvas_print(c, true, &t);
	text_free(&t);
}

static void step(struct canvas *c, struct input *in)
{
	struct canvas_area a;

	switch (byte(in) % 8) {
	case 0:
		canvas_clip(c, area(in));
		return;
	case 1:
		canvas_clear(c, area(in), byte(in) % STYLES);
		return;
	case 2:
		canvas_flag(c, area(in), CELL_SELECTED);
		return;
	case 3:
		canvas_restyle(c, area(in), byte(in));
		return;
	case 4:
		a = area(in);
		canvas_put(c, a.x, a.y, character(in), byte(in) % STYLES);
		return;
	default:
		text(c, in);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cell before[MAX_SIDE * MAX_SIDE];
	struct input in = {data, size};
	struct canvas c = {0};

	if (canvas_resize(&c, byte(&in) % MAX_SIDE, byte(&in) % MAX_SIDE))
		abort();
	c.ascii = byte(&in) & 1;
	for (int i = 0; i < 100 && in.n; i++) {
		struct canvas_area clip = c.clip;
		bool clips = *in.p % 8 == 0;

		memcpy(before, c.cells, sizeof(*before) * c.width * c.height);
		step(&c, &in);
		if (!clips && memcmp(&clip, &c.clip, sizeof(clip)))
			abort();
		if (!clips)
			check_clip(&c, before);
		check_cells(&c);
	}
	check_printed(&c);
	canvas_free(&c);
	return 0;
}
