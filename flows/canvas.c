// SPDX-License-Identifier: MIT
#include "flows/canvas.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/text.h"

#define ELLIPSIS 0x2026

int canvas_resize(struct canvas *c, int width, int height)
{
	struct cell *cells;
	size_t n;

	if (width < 0 || height < 0 || (width && (size_t)height > CANVAS_MAX / width))
		return -E2BIG;
	n = (size_t)width * height;
	cells = realloc(c->cells, (n ? n : 1) * sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	c->cells = cells;
	c->width = width;
	c->height = height;
	c->clip = canvas_whole(c);
	canvas_clear(c, c->clip, STYLE_NORMAL);
	return 0;
}

void canvas_free(struct canvas *c)
{
	free(c->cells);
	*c = (struct canvas){0};
}

struct canvas_area canvas_whole(const struct canvas *c)
{
	return (struct canvas_area){.width = c->width, .height = c->height};
}

/* The part of a that lies in b; width 0 where there is none. */
static struct canvas_area both(struct canvas_area a, struct canvas_area b)
{
	int right = a.x + a.width < b.x + b.width ? a.x + a.width : b.x + b.width;
	int bottom = a.y + a.height < b.y + b.height ? a.y + a.height : b.y + b.height;
	struct canvas_area ret = {.x = a.x > b.x ? a.x : b.x, .y = a.y > b.y ? a.y : b.y};

	ret.width = right > ret.x ? right - ret.x : 0;
	ret.height = bottom > ret.y ? bottom - ret.y : 0;
	return ret;
}

struct canvas_area canvas_clip(struct canvas *c, struct canvas_area a)
{
	struct canvas_area before = c->clip;

	c->clip = both(a, canvas_whole(c));
	return before;
}

static struct cell *cell_at(const struct canvas *c, int x, int y)
{
	return &c->cells[(size_t)y * c->width + x];
}

/* The cell where it may be drawn on, else NULL. */
static struct cell *open_cell(const struct canvas *c, int x, int y)
{
	if (x < c->clip.x || x >= c->clip.x + c->clip.width || y < c->clip.y ||
	    y >= c->clip.y + c->clip.height)
		return NULL;
	return cell_at(c, x, y);
}

void canvas_clear(struct canvas *c, struct canvas_area a, uint8_t style)
{
	a = both(a, c->clip);
	for (int y = a.y; y < a.y + a.height; y++)
		for (int x = a.x; x < a.x + a.width; x++)
			*cell_at(c, x, y) = (struct cell){.c = ' ', .style = style};
}

/* What draws over one half of a wide character takes away the other one. */
static void part_wide(struct canvas *c, int x, int y)
{
	struct cell *cell = cell_at(c, x, y);

	if (!cell->c && x)
		cell[-1].c = ' ', cell[-1].flags &= ~CELL_WIDE;
	if ((cell->flags & CELL_WIDE) && x + 1 < c->width)
		cell[1].c = ' ';
}

static void set(struct canvas *c, int x, int y, uint32_t character, uint8_t style)
{
	struct cell *cell = open_cell(c, x, y);

	if (!cell)
		return;
	part_wide(c, x, y);
	*cell = (struct cell){.c = character, .style = style};
}

/* ------------------------------------------------------------- ASCII likeness */

/* U+2500 to U+257F: what a line goes through decides. */
static char box_ascii(uint32_t c)
{
	static const char lines[] = "--||--||--||++++++++++++++++++++++++++++++++++++++++"
				    "++++++++++++++++++++++++--||=|++++++++++++++++++++++++++"
				    "+++++/\\X-|-|-|-|-|-|";

	return c - 0x2500 < sizeof(lines) - 1 ? lines[c - 0x2500] : '+';
}

/* U+2580 to U+259F. */
static char block_ascii(uint32_t c)
{
	static const char blocks[] = "\"_.:-=+*#####||||.:%";

	return c - 0x2580 < sizeof(blocks) - 1 ? blocks[c - 0x2580] : '#';
}

static uint32_t ascii(uint32_t c)
{
	static const struct {
		uint32_t c;
		char is;
	} other[] = {
		{0x00b5, 'u'}, {0x00b7, '.'},	{0x00d7, 'x'}, {0x2013, '-'}, {0x2014, '-'},
		{0x2022, '*'}, {ELLIPSIS, '~'}, {0x2190, '<'}, {0x2191, '^'}, {0x2192, '>'},
		{0x2193, 'v'}, {0x2194, '='},	{0x21b5, '<'}, {0x21c4, '='}, {0x2248, '~'},
		{0x2264, '<'}, {0x2265, '>'},	{0x25a0, '#'}, {0x25b2, '^'}, {0x25b4, '^'},
		{0x25b6, '>'}, {0x25b8, '>'},	{0x25ba, '>'}, {0x25bc, 'v'}, {0x25be, 'v'},
		{0x25c0, '<'}, {0x25c2, '<'},	{0x25c4, '<'}, {0x25c6, '*'}, {0x25cb, 'o'},
		{0x25cf, '*'}, {0x2605, '*'},	{0x2713, '+'}, {0x2717, 'x'},
	};

	if (c < 0x80)
		return c;
	if (c >= 0x2500 && c < 0x2580)
		return box_ascii(c);
	if (c >= 0x2580 && c < 0x25a0)
		return block_ascii(c);
	for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++)
		if (other[i].c == c)
			return other[i].is;
	return '?';
}

/* ------------------------------------------------------------------------ text */

void canvas_put(struct canvas *c, int x, int y, uint32_t character, uint8_t style)
{
	set(c, x, y, c->ascii ? ascii(character) : character, style);
}

static void put_wide(struct canvas *c, int x, int y, uint32_t character, uint8_t style)
{
	struct cell *left = open_cell(c, x, y), *right = open_cell(c, x + 1, y);

	if (!left || !right) { /* half of it says nothing */
		set(c, x, y, ' ', style);
		set(c, x + 1, y, ' ', style);
		return;
	}
	part_wide(c, x, y);
	part_wide(c, x + 1, y);
	*left = (struct cell){.c = character, .style = style, .flags = CELL_WIDE};
	*right = (struct cell){.style = style};
}

/* Where text is drawn; c NULL: only measured. */
struct pen {
	struct canvas *c;
	int x, y, used, max;
	uint8_t style;
	bool full;
};

static void draw(struct pen *p, uint32_t character, int width)
{
	if (p->full)
		return;
	if (width > p->max - p->used) {
		p->full = true;
		if (p->c && p->max > 0)
			canvas_put(p->c, p->x + p->max - 1, p->y, ELLIPSIS, p->style);
		p->used = p->max;
		return;
	}
	if (p->c && width == 2)
		put_wide(p->c, p->x + p->used, p->y, character, p->style);
	else if (p->c)
		set(p->c, p->x + p->used, p->y, character, p->style);
	p->used += width;
}

static void draw_escaped(struct pen *p, const char *s, size_t n)
{
	char room[64];
	struct text t = {.data = room, .size = sizeof(room)};

	/* At most four bytes, four characters each: it never grows. */
	for (size_t i = 0; i < n; i++) {
		size_t from = t.len;

		text_escape(&t, (char[]){s[i], 0}, 2);
		if (t.len == from || (t.len == from + 1 && t.data[from] == s[i])) { /* NUL */
			t.len = from;
			text_str(&t, "\\x");
			text_hex(&t, (unsigned char)s[i], 2);
		}
	}
	for (size_t i = 0; i < t.len; i++)
		draw(p, (unsigned char)t.data[i], 1);
}

static void draw_text(struct pen *p, const char *s, size_t n)
{
	while (n && !p->full) {
		uint32_t character = (unsigned char)*s;
		size_t len = 1;
		int width = 1;

		if (character < 0x20 || character >= 0x7f) {
			len = utf8_next(s, n, &character);
			width = len && !utf8_is_control(character) ? character_width(character) : 0;
			len = len ? len : 1;
		}
		if (!width)
			draw_escaped(p, s, len);
		else if (p->c && p->c->ascii)
			draw(p, ascii(character), 1);
		else
			draw(p, character, width);
		s += len;
		n -= len;
	}
}

int canvas_text(struct canvas *c, int x, int y, int max, uint8_t style, const char *s, size_t n)
{
	struct pen p = {.c = c, .x = x, .y = y, .style = style};
	int right = c->clip.x + c->clip.width;

	p.max = max < 0 || max > right - x ? right - x : max;
	if (p.max <= 0)
		return 0;
	draw_text(&p, s, n);
	return p.used;
}

int canvas_str(struct canvas *c, int x, int y, int max, uint8_t style, const char *s)
{
	return canvas_text(c, x, y, max, style, s, strlen(s));
}

int canvas_width_of(const char *s, size_t n)
{
	struct pen p = {.max = CANVAS_MAX};

	draw_text(&p, s, n);
	return p.used;
}

/* ------------------------------------------------------------------ afterwards */

void canvas_flag(struct canvas *c, struct canvas_area a, uint8_t flags)
{
	a = both(a, c->clip);
	for (int y = a.y; y < a.y + a.height; y++)
		for (int x = a.x; x < a.x + a.width; x++)
			cell_at(c, x, y)->flags |= flags;
}

void canvas_restyle(struct canvas *c, struct canvas_area a, uint8_t style)
{
	a = both(a, c->clip);
	for (int y = a.y; y < a.y + a.height; y++)
		for (int x = a.x; x < a.x + a.width; x++)
			cell_at(c, x, y)->style = style;
}

/* ----------------------------------------------------------------- as a text */

static void utf8_put(struct text *t, uint32_t c)
{
	char b[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; --i > 0; c >>= 6)
		b[i] = 0x80 | (c & 0x3f);
	b[0] = n == 1 ? c : (0xf0 << (4 - n) & 0xff) | c;
	text_mem(t, b, n);
}

static const char *sgr(uint8_t style)
{
	static const char *const codes[STYLES] = {
		[STYLE_DIM] = "2",
		[STYLE_STRONG] = "1",
		[STYLE_GOOD] = "32",
		[STYLE_BAD] = "1;31",
		[STYLE_WARN] = "33",
		[STYLE_INFO] = "36",
		[STYLE_HEADER] = "7",
		[STYLE_BAR] = "7",
		[STYLE_KEY] = "1",
		[STYLE_MATCH] = "7",
		[STYLE_NAMESPACE] = "34",
		"35",
		"36",
		"32",
		"33",
		"94",
	};

	return style < STYLES ? codes[style] : NULL;
}

static void print_style(struct text *t, uint8_t style)
{
	const char *code = sgr(style);

	text_str(t, "\033[0");
	if (code) {
		text_char(t, ';');
		text_str(t, code);
	}
	text_char(t, 'm');
}

static void print_row(const struct canvas *c, int y, bool color, struct text *t)
{
	uint8_t style = STYLE_NORMAL;
	int end = c->width;

	while (end && cell_at(c, end - 1, y)->c == ' ')
		end--;
	for (int x = 0; x < end; x++) {
		const struct cell *cell = cell_at(c, x, y);

		if (!cell->c)
			continue;
		if (color && cell->style != style)
			print_style(t, style = cell->style);
		utf8_put(t, cell->c);
	}
	if (style != STYLE_NORMAL)
		text_str(t, "\033[0m");
	text_char(t, '\n');
}

void canvas_print(const struct canvas *c, bool color, struct text *t)
{
	for (int y = 0; y < c->height; y++)
		print_row(c, y, color, t);
}
