// SPDX-License-Identifier: MIT
#include "tui/line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/text.h"
#include "tui/screen.h"

/* ------------------------------------------------------------------ characters */

/* Length of the character at i, at least 1 before the end. */
static size_t length_at(const char *s, size_t n, size_t i)
{
	uint32_t c;
	size_t len = i < n ? utf8_next(s + i, n - i, &c) : 0;

	return len ? len : i < n;
}

static bool joins(const char *s, size_t n, size_t i)
{
	uint32_t c;

	return i < n && utf8_next(s + i, n - i, &c) && !utf8_is_control(c) && !character_width(c);
}

/* Behind the character at i and what joins it. */
static size_t next_of(const struct line *l, size_t i)
{
	i += length_at(l->text, l->len, i);
	while (joins(l->text, l->len, i))
		i += length_at(l->text, l->len, i);
	return i;
}

static size_t previous_of(const struct line *l, size_t at)
{
	size_t i = 0, before = 0;

	while (i < at) {
		before = i;
		i = next_of(l, i);
	}
	return before;
}

size_t line_characters(const char *text, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; count++)
		i += length_at(text, n, i);
	return count;
}

size_t line_byte(const char *text, size_t character)
{
	size_t n = strlen(text), i = 0;

	while (i < n && character--)
		i += length_at(text, n, i);
	return i;
}

/* ------------------------------------------------------------------------ text */

static bool grow(struct line *l, size_t len)
{
	size_t size = l->size ? l->size : 64;
	char *text;

	if (len > LINE_MAX_BYTES)
		return false;
	if (len < l->size)
		return true;
	while (size <= len)
		size *= 2;
	text = realloc(l->text, size);
	if (!text)
		return false;
	l->text = text;
	l->size = size;
	return true;
}

int line_init(struct line *l, const char *text)
{
	*l = (struct line){0};
	if (!grow(l, 0))
		return -ENOMEM;
	*l->text = '\0';
	if (text)
		line_set(l, text);
	return 0;
}

void line_free(struct line *l)
{
	free(l->text);
	free(l->cut);
	*l = (struct line){0};
}

bool line_replace(struct line *l, size_t from, size_t to, const char *s)
{
	size_t n = strlen(s), rest;

	if (to > l->len)
		to = l->len;
	if (from > to)
		from = to;
	rest = l->len - to;
	if (!grow(l, from + n + rest))
		return false;
	memmove(l->text + from + n, l->text + to, rest + 1);
	memcpy(l->text + from, s, n);
	l->len = from + n + rest;
	l->at = from + n;
	return true;
}

void line_set(struct line *l, const char *text)
{
	size_t n = 0, whole = strlen(text);
	char *cut;

	l->scroll = 0;
	if (line_replace(l, 0, l->len, text))
		return;
	while (n + length_at(text, whole, n) <= LINE_MAX_BYTES && n < whole)
		n += length_at(text, whole, n);
	cut = strndup(text, n);
	if (cut)
		line_replace(l, 0, l->len, cut);
	free(cut);
}

/* ------------------------------------------------------------------------ keys */

static enum line_result remove_bytes(struct line *l, size_t from, size_t to, bool keep)
{
	if (from >= to)
		return LINE_MOVED;
	if (keep) {
		free(l->cut);
		l->cut = strndup(l->text + from, to - from);
	}
	line_replace(l, from, to, "");
	return LINE_CHANGED;
}

static enum line_result insert(struct line *l, uint32_t c)
{
	char s[5] = "";

	if (utf8_is_control(c) || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return LINE_IGNORED;
	if (c < 0x80) {
		s[0] = c;
	} else if (c < 0x800) {
		s[0] = 0xc0 | c >> 6;
		s[1] = 0x80 | (c & 0x3f);
	} else if (c < 0x10000) {
		s[0] = 0xe0 | c >> 12;
		s[1] = 0x80 | (c >> 6 & 0x3f);
		s[2] = 0x80 | (c & 0x3f);
	} else {
		s[0] = 0xf0 | c >> 18;
		s[1] = 0x80 | (c >> 12 & 0x3f);
		s[2] = 0x80 | (c >> 6 & 0x3f);
		s[3] = 0x80 | (c & 0x3f);
	}
	return line_replace(l, l->at, l->at, s) ? LINE_CHANGED : LINE_MOVED;
}

static enum line_result move(struct line *l, size_t at)
{
	l->at = at;
	return LINE_MOVED;
}

/* Words are parted by blanks; a dot parts names, too, when one moves. */
static bool parts(char c)
{
	return c && strchr(" \t\n\r.,/()[]\"'=!<>&|", c);
}

static size_t word_left(const struct line *l, bool blanks_only)
{
	size_t i = l->at;

	while (i && (blanks_only ? l->text[i - 1] == ' ' : parts(l->text[i - 1])))
		i--;
	while (i && !(blanks_only ? l->text[i - 1] == ' ' : parts(l->text[i - 1])))
		i--;
	return i;
}

static size_t word_right(const struct line *l)
{
	size_t i = l->at;

	while (i < l->len && parts(l->text[i]))
		i++;
	while (i < l->len && !parts(l->text[i]))
		i++;
	return i;
}

/* What is pasted is text, whatever it would be as a key. */
static enum line_result paste(struct line *l, uint32_t c)
{
	return insert(l, c == '\t' || c == '\n' || c == '\r' ? ' ' : c);
}

enum line_result line_key(struct line *l, int key)
{
	if (key & KEY_PASTED)
		return paste(l, key & ~KEY_PASTED);
	switch (key) {
	case KEY_LEFT_:
	case CONTROL('b'):
		return move(l, previous_of(l, l->at));
	case KEY_RIGHT_:
	case CONTROL('f'):
		return move(l, next_of(l, l->at));
	case KEY_HOME_:
	case CONTROL('a'):
		return move(l, 0);
	case KEY_END_:
	case CONTROL('e'):
		return move(l, l->len);
	case KEY_SHIFT_LEFT:
		return move(l, word_left(l, false));
	case KEY_SHIFT_RIGHT:
		return move(l, word_right(l));
	case KEY_BACKSPACE_:
	case CONTROL('h'):
	case 0x7f:
		return remove_bytes(l, previous_of(l, l->at), l->at, false);
	case KEY_DELETE:
	case CONTROL('d'):
		return remove_bytes(l, l->at, next_of(l, l->at), false);
	case CONTROL('w'):
		return remove_bytes(l, word_left(l, true), l->at, true);
	case CONTROL('u'):
		return remove_bytes(l, 0, l->at, true);
	case CONTROL('k'):
		return remove_bytes(l, l->at, l->len, true);
	case CONTROL('y'):
		return l->cut && line_replace(l, l->at, l->at, l->cut) ? LINE_CHANGED : LINE_MOVED;
	default:
		return key > 0 && key < KEY_BASE ? insert(l, key) : LINE_IGNORED;
	}
}

/* --------------------------------------------------------------------- drawing */

static int columns(const struct line *l, size_t from, size_t to)
{
	return to > from ? canvas_width_of(l->text + from, to - from) : 0;
}

/* So that the cursor is seen; what fits is shown from its beginning. */
static void scroll(struct line *l, int width)
{
	int before;

	if (l->scroll > l->at || columns(l, 0, l->len) < width)
		l->scroll = columns(l, 0, l->at) < width ? 0 : l->at;
	before = columns(l, l->scroll, l->at);
	while (l->scroll < l->at && before >= width) {
		size_t next = next_of(l, l->scroll);

		before -= columns(l, l->scroll, next);
		l->scroll = next;
	}
}

int line_x(const struct line *l, struct canvas_area area, size_t byte)
{
	int x = area.x + (byte > l->scroll ? columns(l, l->scroll, byte) : 0);

	return x < area.x + area.width ? x : area.x + area.width - 1;
}

void line_draw(struct line *l, struct canvas *c, struct canvas_area area, size_t bad,
	       size_t bad_len, uint8_t bad_style, int *ret_x)
{
	int x = area.x, end = area.x + area.width;
	size_t i, character;

	scroll(l, area.width);
	i = l->scroll;
	character = line_characters(l->text, i);
	while (i < l->len && x < end) {
		size_t next = next_of(l, i), n = line_characters(l->text + i, next - i);
		bool wrong = character < bad + bad_len && character + n > bad;

		x += canvas_text(c, x, area.y, end - x, wrong ? bad_style : STYLE_NORMAL,
				 l->text + i, next - i);
		character += n;
		i = next;
	}
	*ret_x = line_x(l, area, l->at);
}
