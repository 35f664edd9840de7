// SPDX-License-Identifier: MIT
/* The line behind ":": typing, completing, the lines of before. */
#include "tui/command.h"

#include <stdlib.h>
#include <string.h>

#include "tui/clock.h"
#include "tui/command_internal.h"
#include "tui/known.h"
#include "tui/offers.h"
#include "tui/screen.h"
#include "tui/views.h"

#define BEFORE 50 /* lines kept */
#define FILTER "filter "

struct command_line {
	struct ui *ui;
	bool open;
	struct line line;
	struct offers offers;
	bool stale; /* the line has changed since the offers were found */
	char *wrong; /* with the line as it stands; NULL: not known to be */
	char *before[BEFORE];
	size_t n_before, at_before;
	struct canvas_area drawn;
};

struct command_line *command_line_new(struct ui *ui)
{
	struct command_line *c = calloc(1, sizeof(*c));

	if (!c || line_init(&c->line, NULL)) {
		free(c);
		return NULL;
	}
	c->ui = ui;
	offers_clear(&c->offers);
	return c;
}

void command_line_free(struct command_line *c)
{
	if (!c)
		return;
	while (c->n_before)
		free(c->before[--c->n_before]);
	offers_clear(&c->offers);
	line_free(&c->line);
	free(c->wrong);
	free(c);
}

bool command_line_is_open(const struct command_line *c)
{
	return c->open;
}

/* ------------------------------------------------------------------ completion */

/* Is the first word of `line` there already? */
static bool is_offered(const struct ui_words *w, const char *line, size_t n)
{
	for (size_t i = 0; i < w->n; i++)
		if (!strncmp(w->v[i], line, n) && (!w->v[i][n] || w->v[i][n] == '\t'))
			return true;
	return false;
}

static void offer(struct ui_words *w, const char *word, size_t n, const char *what)
{
	char **v = reallocarray(w->v, w->n + 1, sizeof(*v));
	struct text t = {0};

	if (!v)
		return;
	w->v = v;
	text_mem(&t, word, n);
	if (what) {
		text_char(&t, '\t');
		text_str(&t, what);
	}
	text_char(&t, '\0');
	if (t.err)
		text_free(&t);
	else
		w->v[w->n++] = t.data;
}

/* A line that may be typed: its first word as long as that is typed, then all of it. */
static void offer_line(struct ui_words *w, const char *typed, const char *line, const char *what)
{
	size_t typed_n = strlen(typed), n = strlen(line);

	if (strncmp(line, typed, typed_n))
		return;
	if (!strchr(typed, ' '))
		n = strcspn(line, " ");
	if (!is_offered(w, line, n) && n > typed_n - (n == typed_n))
		offer(w, line, n, what);
}

static void offer_lines(struct ui_words *w, const char *typed, const char *const *lines)
{
	bool first = !strchr(typed, ' ');

	for (; lines && *lines; lines++)
		offer_line(w, typed, *lines, first ? command_word_help(*lines) : NULL);
}

/* Behind "filter " stands what the filter bar has. */
static bool offer_filter(struct command_line *c, size_t *ret_start, struct ui_words *ret)
{
	const struct ui_host *host = ui_config(c->ui)->host;
	size_t n = strlen(FILTER);

	if (c->line.at < n || strncmp(c->line.text, FILTER, n))
		return false;
	host->filter_complete(host->arg, c->line.text + n, c->line.at - n, known_words,
			      ui_known(c->ui), ret_start, ret);
	*ret_start += n;
	return true;
}

static void look(struct command_line *c)
{
	char *typed = strndup(c->line.text, c->line.at);
	struct ui_words w = {0};
	size_t start = 0;

	c->stale = false;
	if (typed && !offer_filter(c, &start, &w)) {
		for (const struct command_row *r = command_rows; r->name; r++)
			offer_line(&w, typed, r->name, r->help);
		offer_lines(&w, typed, clock_commands);
		offer_lines(&w, typed, views[ui_view(c->ui)]->commands);
		offer_lines(&w, typed, command_arguments);
	}
	offers_set(&c->offers, w, start <= c->line.at ? start : c->line.at, c->line.at);
	free(typed);
}

/* ------------------------------------------------------------------------ keys */

/* What is pasted comes key by key: what may stand there is looked for when it is seen. */
static void changed(struct command_line *c)
{
	free(c->wrong);
	c->wrong = NULL;
	offers_clear(&c->offers);
	c->stale = true;
}

static void look_again(struct command_line *c)
{
	if (c->stale)
		look(c);
}

void command_line_open(struct command_line *c)
{
	line_set(&c->line, "");
	c->open = true;
	c->at_before = c->n_before;
	changed(c);
}

static void close_line(struct command_line *c)
{
	offers_clear(&c->offers);
	c->open = false;
}

static void keep(struct command_line *c)
{
	char *copy;

	if (c->n_before && !strcmp(c->before[c->n_before - 1], c->line.text))
		return;
	copy = strdup(c->line.text);
	if (!copy)
		return;
	if (c->n_before == BEFORE) {
		free(c->before[0]);
		memmove(c->before, c->before + 1, (BEFORE - 1) * sizeof(*c->before));
		c->n_before--;
	}
	c->before[c->n_before++] = copy;
}

static void run(struct command_line *c)
{
	char *line = strdup(c->line.text);

	if (!line)
		return;
	/* it may open what takes the keys next */
	if (line[strspn(line, " ")])
		keep(c);
	close_line(c);
	free(c->wrong);
	c->wrong = command_run_line(c->ui, line);
	free(line);
	if (!c->wrong)
		return;
	c->open = true;
	look(c);
}

static void recall(struct command_line *c, int by)
{
	if ((by < 0 && !c->at_before) || (by > 0 && c->at_before >= c->n_before))
		return;
	c->at_before += by;
	line_set(&c->line, c->at_before < c->n_before ? c->before[c->at_before] : "");
	changed(c);
}

static void complete(struct command_line *c, int by)
{
	struct line *l = &c->line;
	bool only;

	look_again(c);
	only = c->offers.words.n == 1;
	if (!c->offers.words.n)
		return;
	offers_step(&c->offers, l, by);
	if (only && l->at == l->len && l->len && l->text[l->len - 1] != ' ')
		line_replace(l, l->len, l->len, " ");
	if (only || c->offers.selected == OFFERS_NONE)
		changed(c);
}

static void type(struct command_line *c, int key)
{
	/* as in vi: there is nothing left to be taken away */
	if (key == KEY_BACKSPACE_ && !c->line.len)
		close_line(c);
	else if (line_key(&c->line, key) != LINE_IGNORED)
		changed(c);
}

void command_line_key(struct command_line *c, int key)
{
	bool choosing = c->offers.selected != OFFERS_NONE;

	switch (key) {
	case KEY_RETURN:
	case '\r':
	case '\n':
		run(c);
		break;
	case KEY_ESCAPE:
	case CONTROL('c'):
	case CONTROL('g'):
		if (!offers_give_up(&c->offers, &c->line))
			close_line(c);
		break;
	case '\t':
		complete(c, 1);
		break;
	case KEY_BACK_TAB:
		complete(c, -1);
		break;
	case KEY_UP_:
	case CONTROL('p'):
		choosing ? complete(c, -1) : recall(c, -1);
		break;
	case KEY_DOWN_:
	case CONTROL('n'):
		choosing ? complete(c, 1) : recall(c, 1);
		break;
	default:
		type(c, key);
	}
}

bool command_line_click(struct command_line *c, int x, int y)
{
	size_t i = offers_at(&c->offers, x, y);

	if (i == OFFERS_NONE)
		return c->open && y == c->drawn.y;
	offers_pick(&c->offers, &c->line, i);
	changed(c);
	return true;
}

/* --------------------------------------------------------------------- drawing */

void command_line_draw(struct command_line *c, struct canvas *canvas, struct canvas_area line,
		       struct canvas_area popup, int *ret_x, int *ret_y)
{
	bool upward = popup.y < line.y;

	c->drawn = line;
	if (line.width <= 0 || line.height <= 0 || line.y < 0)
		return;
	look_again(c);
	canvas_clear(canvas, line, STYLE_NORMAL);
	canvas_str(canvas, line.x, line.y, 1, STYLE_KEY, ":");
	*ret_y = line.y;
	*ret_x = line.x;
	line.x++;
	line.width--;
	if (line.width <= 0)
		return;
	line_draw(&c->line, canvas, line, SIZE_MAX / 2, 0, STYLE_NORMAL, ret_x);
	if (c->wrong && popup.height > 0) {
		struct canvas_area row = {popup.x, upward ? popup.y + popup.height - 1 : popup.y,
					  popup.width, 1};

		canvas_clear(canvas, row, STYLE_NORMAL);
		canvas_str(canvas, row.x, row.y, row.width, STYLE_BAD, c->wrong);
		popup.height--;
		popup.y += !upward;
	}
	offers_draw(&c->offers, canvas, popup, line_x(&c->line, line, c->offers.start), upward);
}
