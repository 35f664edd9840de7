// SPDX-License-Identifier: MIT
#include "tui/terminal_input.h"

#include <string.h>

#include "flows/text.h"
#include "tui/screen.h"

#define ESC 27
#define SEQUENCE_MAX 48 /* longer ones are none that a terminal sends */
#define PARAMETERS 4
#define PARAMETER_MAX 65535
#define PASTE_BEGIN 200
#define PASTE_END 201

enum { MORE = -1, NOTHING = 0 };

struct csi {
	int p[PARAMETERS];
	int n;
	char mark, final; /* mark: '<', '?', '>' or 0 */
};

void terminal_input_learn(struct terminal_input *in, const char *bytes, int key)
{
	size_t len = strlen(bytes);

	if (in->n_learned == INPUT_LEARNED || len < 2 || len >= sizeof(in->learned[0].bytes) ||
	    bytes[0] != ESC)
		return;
	memcpy(in->learned[in->n_learned].bytes, bytes, len + 1);
	in->learned[in->n_learned++].key = key;
}

size_t terminal_input_add(struct terminal_input *in, const void *bytes, size_t n)
{
	if (n > sizeof(in->buf) - in->n)
		n = sizeof(in->buf) - in->n;
	memcpy(in->buf + in->n, bytes, n);
	in->n += n;
	return n;
}

static void drop(struct terminal_input *in, size_t n)
{
	in->n -= n;
	memmove(in->buf, in->buf + n, in->n);
}

/* -------------------------------------------------------------- sequences */

static const struct {
	char final;
	int key, shifted;
} letters[] = {
	{'A', KEY_UP_, KEY_SHIFT_UP},
	{'B', KEY_DOWN_, KEY_SHIFT_DOWN},
	{'C', KEY_RIGHT_, KEY_SHIFT_RIGHT},
	{'D', KEY_LEFT_, KEY_SHIFT_LEFT},
	{'H', KEY_HOME_, KEY_HOME_},
	{'F', KEY_END_, KEY_END_},
	{'Z', KEY_BACK_TAB, KEY_BACK_TAB},
	{'P', KEY_F1, KEY_F1},
	{'Q', KEY_F1 + 1, KEY_F1 + 1},
	{'R', KEY_F1 + 2, KEY_F1 + 2},
	{'S', KEY_F1 + 3, KEY_F1 + 3},
	{'M', KEY_RETURN, KEY_RETURN},
	/* rxvt's shifted arrows */
	{'a', KEY_SHIFT_UP, KEY_SHIFT_UP},
	{'b', KEY_SHIFT_DOWN, KEY_SHIFT_DOWN},
	{'c', KEY_SHIFT_RIGHT, KEY_SHIFT_RIGHT},
	{'d', KEY_SHIFT_LEFT, KEY_SHIFT_LEFT},
};

static int letter_key(char final, bool shifted)
{
	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++)
		if (letters[i].final == final)
			return shifted ? letters[i].shifted : letters[i].key;
	return NOTHING;
}

/* "ESC [ n ~" */
static int tilde_key(int n)
{
	static const short keys[] = {
		[1] = KEY_HOME_ - KEY_BASE,    [2] = KEY_INSERT - KEY_BASE,
		[3] = KEY_DELETE - KEY_BASE,   [4] = KEY_END_ - KEY_BASE,
		[5] = KEY_PAGE_UP - KEY_BASE,  [6] = KEY_PAGE_DOWN - KEY_BASE,
		[7] = KEY_HOME_ - KEY_BASE,    [8] = KEY_END_ - KEY_BASE,
		[11] = KEY_F1 - KEY_BASE,      [12] = KEY_F1 - KEY_BASE + 1,
		[13] = KEY_F1 - KEY_BASE + 2,  [14] = KEY_F1 - KEY_BASE + 3,
		[15] = KEY_F1 - KEY_BASE + 4,  [17] = KEY_F1 - KEY_BASE + 5,
		[18] = KEY_F1 - KEY_BASE + 6,  [19] = KEY_F1 - KEY_BASE + 7,
		[20] = KEY_F1 - KEY_BASE + 8,  [21] = KEY_F1 - KEY_BASE + 9,
		[23] = KEY_F1 - KEY_BASE + 10, [24] = KEY_F1 - KEY_BASE + 11,
	};

	if (n < 0 || n >= (int)(sizeof(keys) / sizeof(*keys)) || !keys[n])
		return NOTHING;
	return KEY_BASE + keys[n];
}

/* button: as xterm's reports have it, the low two bits and the flags above them. */
static int mouse_key(struct terminal_input *in, int button, int x, int y, bool release,
		     uint64_t now_ms, struct ui_mouse *m)
{
	*m = (struct ui_mouse){.x = x - 1, .y = y - 1, .shift = button & 4, .control = button & 16};
	if (release || x < 1 || y < 1)
		return NOTHING;
	if (button & 64) {
		if (button & 2)
			return NOTHING; /* sideways */
		m->event = button & 1 ? MOUSE_WHEEL_DOWN : MOUSE_WHEEL_UP;
	} else if (button & 32) {
		if ((button & 3) != 3 && (button & 3) != 0)
			return NOTHING;
		m->event = (button & 3) == 3 ? MOUSE_MOVE : MOUSE_DRAG;
	} else if ((button & 3) != 0) {
		return NOTHING;
	} else if (in->click_x == x && in->click_y == y && in->click_ms &&
		   now_ms - in->click_ms < INPUT_DOUBLE_MS) {
		m->event = MOUSE_DOUBLE;
		in->click_ms = 0;
	} else {
		m->event = MOUSE_CLICK;
		in->click_x = x;
		in->click_y = y;
		in->click_ms = now_ms;
	}
	return KEY_MOUSE_;
}

/* Length of "ESC [ ... final"; 0: not whole. Longer than any: its length so far, final 0. */
static size_t csi_read(const struct terminal_input *in, struct csi *c)
{
	size_t i = 2;

	*c = (struct csi){0};
	if (i < in->n && in->buf[i] >= '<' && in->buf[i] <= '?')
		c->mark = (char)in->buf[i++];
	for (; i < in->n && i < SEQUENCE_MAX; i++) {
		uint8_t b = in->buf[i];

		if (b >= '0' && b <= '9') {
			if (c->n < PARAMETERS && c->p[c->n] < PARAMETER_MAX)
				c->p[c->n] = c->p[c->n] * 10 + (b - '0');
		} else if (b == ';' || b == ':') {
			c->n++;
		} else if (b >= 0x40 && b < 0x7f) {
			c->final = (char)b;
			return i + 1;
		} else if (b < 0x20 || b >= 0x7f) {
			return i; /* broken off: what follows is something else */
		}
	}
	return i < SEQUENCE_MAX ? 0 : i;
}

static int csi_key(struct terminal_input *in, const struct csi *c, uint64_t now_ms,
		   struct ui_mouse *m)
{
	if (c->mark == '<')
		return c->final == 'M' || c->final == 'm' ? mouse_key(in, c->p[0], c->p[1], c->p[2],
								      c->final == 'm', now_ms, m)
							  : NOTHING;
	if (c->mark)
		return NOTHING;
	if (c->final == '~' && (c->p[0] == PASTE_BEGIN || c->p[0] == PASTE_END)) {
		in->pasting = c->p[0] == PASTE_BEGIN;
		return NOTHING;
	}
	/* "ESC [ 12 ; 40 R" is an answer and not F3: a key has 1 there */
	if (c->final >= 'P' && c->final <= 'S' && c->p[0] > 1)
		return NOTHING;
	return c->final == '~' ? tilde_key(c->p[0]) : letter_key(c->final, c->p[1] > 1);
}

/* "ESC O x": the keypad and the cursor keys in application mode. */
static int ss3_key(char x)
{
	static const char keypad[] = "*+,-./0123456789";

	if (x >= 'j' && x <= 'y')
		return keypad[x - 'j'];
	return letter_key(x, false);
}

static int learned_key(struct terminal_input *in)
{
	for (size_t i = 0; i < in->n_learned; i++) {
		size_t len = strlen(in->learned[i].bytes);

		if (in->n < len || memcmp(in->buf, in->learned[i].bytes, len))
			continue;
		drop(in, len);
		return in->learned[i].key;
	}
	return NOTHING;
}

static int x10_mouse(struct terminal_input *in, bool late, uint64_t now_ms, struct ui_mouse *m)
{
	int b, x, y;

	if (in->n < 6) {
		if (!late)
			return MORE;
		drop(in, in->n);
		return NOTHING;
	}
	b = in->buf[3] - 32;
	x = in->buf[4] - 32;
	y = in->buf[5] - 32;
	drop(in, 6);
	/* a release says 3 for every button */
	return b < 0 ? NOTHING : mouse_key(in, b, x, y, !(b & 0x60) && (b & 3) == 3, now_ms, m);
}

static int bracket_sequence(struct terminal_input *in, bool late, uint64_t now_ms,
			    struct ui_mouse *m)
{
	struct csi c;
	size_t len;
	int key;

	if (in->n > 2 && in->buf[2] == 'M')
		return x10_mouse(in, late, now_ms, m);
	if (in->n > 2 && in->buf[2] == '[') { /* the Linux console's F1 to F5 */
		if (in->n < 4 && !late)
			return MORE;
		key = in->n > 3 && in->buf[3] >= 'A' && in->buf[3] <= 'E'
			      ? KEY_F1 + (in->buf[3] - 'A')
			      : NOTHING;
		drop(in, in->n > 3 ? 4 : in->n);
		return key;
	}
	len = csi_read(in, &c);
	if (!len && !late)
		return MORE;
	drop(in, len ? len : in->n);
	return len && c.final ? csi_key(in, &c, now_ms, m) : NOTHING;
}

static int escape_sequence(struct terminal_input *in, bool late, uint64_t now_ms,
			   struct ui_mouse *m)
{
	int key = learned_key(in);

	if (key)
		return key;
	if (in->n == 1) {
		if (!late)
			return MORE;
		drop(in, 1);
		return KEY_ESCAPE;
	}
	if (in->buf[1] == '[' && (in->n > 2 || !late))
		return bracket_sequence(in, late, now_ms, m);
	if (in->buf[1] == 'O' && in->n > 2) {
		key = ss3_key((char)in->buf[2]);
		drop(in, 3);
		return key;
	}
	if (in->buf[1] == 'O' && !late)
		return MORE;
	/* Escape, and something else soon after */
	drop(in, 1);
	return KEY_ESCAPE;
}

/* ------------------------------------------------------------- characters */

static int plain_key(uint32_t c)
{
	switch (c) {
	case '\r':
	case '\n':
		return KEY_RETURN;
	case 8:
	case 127:
		return KEY_BACKSPACE_;
	default:
		return (int)c;
	}
}

/* How many bytes a character has that begins with this one; 1: it begins none. */
static size_t wanted(uint8_t first)
{
	if (first < 0xc2 || first > 0xf4)
		return 1;
	return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
}

static int character(struct terminal_input *in, bool late)
{
	uint32_t c = 0;
	size_t len = utf8_next((const char *)in->buf, in->n, &c);
	size_t want = wanted(in->buf[0]);

	if (!len && in->n < want && !late)
		return MORE;
	drop(in, len ? len : 1);
	if (!len)
		return NOTHING;
	if (!in->pasting)
		return plain_key(c);
	/* what is pasted is text: its line ends and tabs are blanks */
	if (c == '\r' || c == '\n' || c == '\t')
		c = ' ';
	return utf8_is_control(c) ? NOTHING : (int)(c | KEY_PASTED);
}

int terminal_input_next(struct terminal_input *in, bool late, uint64_t now_ms,
			struct ui_mouse *ret_mouse)
{
	while (in->n) {
		int key = in->buf[0] == ESC ? escape_sequence(in, late, now_ms, ret_mouse)
					    : character(in, late);

		if (key == MORE)
			return 0;
		/* within a paste nothing but its characters and its end counts */
		if (key != NOTHING && (!in->pasting || key & KEY_PASTED))
			return key;
	}
	return 0;
}
