// SPDX-License-Identifier: MIT
/* A question on the last line, and a list to choose from. */
#include <stdlib.h>
#include <string.h>

#include "tui/line.h"
#include "tui/ui_internal.h"

/* --------------------------------------------------------------- question */

struct question {
	struct ui *ui;
	char *text;
	struct line line;
	void (*fn)(void *arg, const char *line);
	void *arg;
};

static void question_size(void *o, int width, int height, int *ret_width, int *ret_height)
{
	(void)o, (void)height;
	*ret_width = width;
	*ret_height = 1;
}

static void question_draw(void *o, struct canvas *c, struct canvas_area a, int *cursor_x,
			  int *cursor_y)
{
	struct question *q = o;
	int x = a.x + 1;

	x += canvas_str(c, x, a.y, a.width / 2, STYLE_STRONG, q->text) + 1;
	if (x >= a.x + a.width)
		return;
	line_draw(&q->line, c, (struct canvas_area){x, a.y, a.x + a.width - x, 1}, SIZE_MAX, 0,
		  STYLE_NORMAL, cursor_x);
	*cursor_y = a.y;
}

static void question_free(struct question *q)
{
	line_free(&q->line);
	free(q->text);
	free(q);
}

/* Gone before it is answered: given up. */
static void question_close(void *o)
{
	struct question *q = o;

	if (q->fn)
		q->fn(q->arg, NULL);
	question_free(q);
}

static bool question_key(void *o, int key)
{
	struct question *q = o;
	void (*fn)(void *arg, const char *line) = q->fn;
	void *arg = q->arg;
	char *answer;

	if (key == KEY_ESCAPE || key == CONTROL('c')) {
		ui_overlay_pop(q->ui, q);
		return true;
	}
	if (key != KEY_RETURN) {
		line_key(&q->line, key);
		return true;
	}
	/* the answer may ask the next question: this one is gone by then */
	answer = strdup(q->line.text);
	q->fn = NULL;
	ui_overlay_pop(q->ui, q);
	if (fn)
		fn(arg, answer);
	free(answer);
	return true;
}

static const struct overlay question_overlay = {
	.place = OVERLAY_LINE,
	.size = question_size,
	.draw = question_draw,
	.key = question_key,
	.close = question_close,
};

void ui_ask(struct ui *ui, const char *question, const char *initial,
	    void (*fn)(void *arg, const char *line), void *arg)
{
	struct question *q = calloc(1, sizeof(*q));

	if (q) {
		q->ui = ui;
		q->text = strdup(question);
	}
	if (!q || !q->text || line_init(&q->line, initial)) {
		if (q)
			free(q->text);
		free(q);
		ui_say(ui, STYLE_BAD, "out of memory");
		fn(arg, NULL);
		return;
	}
	q->fn = fn;
	q->arg = arg;
	ui_overlay_push(ui, &question_overlay, q);
}

/* ------------------------------------------------------------------- list */

struct choice {
	struct overlay overlay; /* its own: the title differs */
	struct ui *ui;
	char **words;
	size_t n, selected, top;
	int height; /* lines drawn last */
	bool *marks; /* NULL: one is chosen */
	bool *ret_marks; /* the caller's */
	char *title;
	void (*fn)(void *arg, size_t index);
	void *arg;
};

static const char choose_hint[] = "Enter: this one   Esc: none";
static const char mark_hint[] = "Space: on and off   Enter: done   Esc: as it was";

static void choice_size(void *o, int width, int height, int *ret_width, int *ret_height)
{
	struct choice *ch = o;
	int widest = (int)strlen(ch->marks ? mark_hint : choose_hint);

	(void)width;
	for (size_t i = 0; i < ch->n; i++) {
		int w = canvas_width_of(ch->words[i], strlen(ch->words[i])) + 4;

		if (w > widest)
			widest = w;
	}
	*ret_width = widest;
	*ret_height = (int)ch->n + 2;
	if (*ret_height > height - 2)
		*ret_height = height - 2;
}

static void choice_draw(void *o, struct canvas *c, struct canvas_area a, int *cursor_x,
			int *cursor_y)
{
	struct choice *ch = o;
	int lines = a.height > 3 ? a.height - 2 : a.height;

	(void)cursor_x, (void)cursor_y;
	ch->height = lines;
	if (ch->selected < ch->top)
		ch->top = ch->selected;
	if (lines > 0 && ch->selected >= ch->top + (size_t)lines)
		ch->top = ch->selected - (size_t)lines + 1;
	for (int i = 0; i < lines && ch->top + (size_t)i < ch->n; i++) {
		size_t k = ch->top + (size_t)i;

		if (ch->marks)
			canvas_str(c, a.x, a.y + i, 3, STYLE_KEY, ch->marks[k] ? "[x]" : "[ ]");
		canvas_str(c, a.x + (ch->marks ? 4 : 1), a.y + i, a.width - 4, STYLE_NORMAL,
			   ch->words[k]);
		if (k == ch->selected)
			canvas_flag(c, (struct canvas_area){a.x, a.y + i, a.width, 1},
				    CELL_SELECTED);
	}
	if (lines < a.height)
		canvas_str(c, a.x, a.y + a.height - 1, a.width, STYLE_DIM,
			   ch->marks ? mark_hint : choose_hint);
}

static void choice_close(void *o)
{
	struct choice *ch = o;

	for (size_t i = 0; i < ch->n && ch->words; i++)
		free(ch->words[i]);
	free(ch->words);
	free(ch->marks);
	free(ch->title);
	free(ch);
}

static void choose(struct choice *ch)
{
	void (*fn)(void *arg, size_t index) = ch->fn;
	void *arg = ch->arg;
	size_t index = ch->selected;

	if (ch->marks)
		memcpy(ch->ret_marks, ch->marks, ch->n * sizeof(*ch->marks));
	ui_overlay_pop(ch->ui, ch);
	fn(arg, index);
}

static void choice_move(struct choice *ch, long by)
{
	long to = (long)ch->selected + by;

	ch->selected = to < 0 ? 0 : to >= (long)ch->n ? ch->n - 1 : (size_t)to;
}

static bool choice_act(void *o, enum action a, int count)
{
	struct choice *ch = o;

	(void)count;
	switch (a) {
	case ACT_UP:
		choice_move(ch, -1);
		return true;
	case ACT_DOWN:
		choice_move(ch, 1);
		return true;
	case ACT_PAGE_UP:
		choice_move(ch, -ch->height);
		return true;
	case ACT_PAGE_DOWN:
		choice_move(ch, ch->height);
		return true;
	case ACT_HOME:
		choice_move(ch, -(long)ch->n);
		return true;
	case ACT_END:
		choice_move(ch, (long)ch->n);
		return true;
	case ACT_OPEN:
		choose(ch);
		return true;
	default:
		return false;
	}
}

static bool choice_key(void *o, int key)
{
	struct choice *ch = o;

	if (key != ' ' || !ch->marks)
		return false;
	ch->marks[ch->selected] = !ch->marks[ch->selected];
	return true;
}

static bool choice_mouse(void *o, const struct ui_mouse *m)
{
	struct choice *ch = o;

	if (m->event == MOUSE_WHEEL_UP || m->event == MOUSE_WHEEL_DOWN) {
		choice_move(ch, m->event == MOUSE_WHEEL_UP ? -1 : 1);
		return true;
	}
	if (m->y >= ch->height || ch->top + (size_t)m->y >= ch->n || m->event == MOUSE_MOVE)
		return false;
	ch->selected = ch->top + (size_t)m->y;
	if (ch->marks && m->event == MOUSE_CLICK)
		ch->marks[ch->selected] = !ch->marks[ch->selected];
	else if (m->event == MOUSE_DOUBLE || m->event == MOUSE_CLICK)
		choose(ch);
	return true;
}

static bool choice_words(struct choice *ch, const char *const *words)
{
	while (words[ch->n])
		ch->n++;
	ch->words = calloc(ch->n + 1, sizeof(*ch->words));
	for (size_t i = 0; ch->words && i < ch->n; i++) {
		ch->words[i] = strdup(words[i]);
		if (!ch->words[i])
			return false;
	}
	return ch->words && ch->n;
}

void ui_choose(struct ui *ui, const char *title, const char *const *words, size_t selected,
	       bool *marks, void (*fn)(void *arg, size_t index), void *arg)
{
	struct choice *ch = calloc(1, sizeof(*ch));
	bool ok = ch && (ch->title = strdup(title)) && choice_words(ch, words);

	if (ok && marks) {
		ch->marks = calloc(ch->n, sizeof(*marks));
		ok = ch->marks;
		if (ok)
			memcpy(ch->marks, marks, ch->n * sizeof(*marks));
	}
	if (!ok) {
		if (ch)
			choice_close(ch);
		ui_say(ui, STYLE_BAD, "there is nothing to choose from");
		return;
	}
	ch->overlay = (struct overlay){
		.place = OVERLAY_BOX,
		.size = choice_size,
		.draw = choice_draw,
		.key = choice_key,
		.act = choice_act,
		.mouse = choice_mouse,
		.close = choice_close,
		.title = ch->title,
	};
	ch->ui = ui;
	ch->selected = selected < ch->n ? selected : 0;
	ch->ret_marks = marks;
	ch->fn = fn;
	ch->arg = arg;
	ui_overlay_push(ui, &ch->overlay, ch);
}
