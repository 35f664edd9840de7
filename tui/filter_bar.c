// SPDX-License-Identifier: MIT
/* The filter in force, and the keys while another one is typed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tui/filter_bar_internal.h"

/* ------------------------------------------------------------------ the filter in force */

static void steps_clear(struct filter_steps *s)
{
	while (s->n)
		free(s->v[--s->n]);
}

/* Takes text; the oldest makes room. */
static void steps_push(struct filter_steps *s, char *text)
{
	if (!text)
		return;
	if (s->n == FILTER_STEPS) {
		free(s->v[0]);
		memmove(s->v, s->v + 1, (FILTER_STEPS - 1) * sizeof(*s->v));
		s->n--;
	}
	s->v[s->n++] = text;
}

static int parse(const struct filter_bar *b, const char *text, struct ui_filter **ret,
		 struct ui_filter_error *ret_error)
{
	struct ui_filter_error e;

	return b->opt.host->filter_parse(b->opt.host->arg, text, ret, ret_error ? ret_error : &e);
}

/* In force from here on. The text of before goes to *before; NULL: nothing has changed. */
static int put_in_force(struct filter_bar *b, const char *text, char **before,
			struct ui_filter_error *ret_error)
{
	struct ui_filter *f;
	char *copy;
	int err = parse(b, text, &f, ret_error);

	*before = NULL;
	if (err)
		return err;
	copy = strdup(f->text);
	if (!copy) {
		ui_filter_free(f);
		return -ENOMEM;
	}
	if (!strcmp(copy, b->text)) {
		free(copy);
		ui_filter_free(f);
		return 0;
	}
	*before = b->text;
	b->text = copy;
	if (!*copy) {
		ui_filter_free(f);
		f = NULL;
	}
	b->opt.apply(b->opt.arg, f);
	return 0;
}

const char *filter_bar_text(const struct filter_bar *b)
{
	return b->text;
}

int filter_bar_set(struct filter_bar *b, const char *text, struct ui_filter_error *ret_error)
{
	char *before;
	int err = put_in_force(b, text, &before, ret_error);

	if (!before)
		return err;
	steps_push(&b->undo, before);
	steps_clear(&b->redo);
	return 0;
}

int filter_bar_set_meant(struct filter_bar *b, const char *text, struct ui_filter_error *ret_error)
{
	int err = filter_bar_set(b, text, ret_error);

	return err == -EINVAL && *ret_error->meant ? filter_bar_set(b, ret_error->meant, NULL)
						   : err;
}

int filter_bar_add(struct filter_bar *b, const char *expression, bool exclude, char **ret_instead,
		   struct ui_filter_error *ret_error)
{
	struct ui_filter *f;
	char *text;
	int err = parse(b, b->text, &f, ret_error);

	*ret_instead = NULL;
	if (err)
		return err;
	text = ui_filter_and(f, expression, exclude, ret_instead);
	ui_filter_free(f);
	err = text ? filter_bar_set(b, text, ret_error) : -ENOMEM;
	free(text);
	if (err) {
		free(*ret_instead);
		*ret_instead = NULL;
	}
	return err;
}

void filter_bar_remember(struct filter_bar *b)
{
	/* in memory it is kept in any case */
	if (*b->text)
		filter_history_add(&b->history, b->text);
}

static bool step(struct filter_bar *b, struct filter_steps *from, struct filter_steps *to)
{
	char *text, *before;

	if (!from->n)
		return false;
	text = from->v[--from->n];
	if (!put_in_force(b, text, &before, NULL))
		steps_push(to, before);
	free(text);
	return true;
}

bool filter_bar_undo(struct filter_bar *b)
{
	return step(b, &b->undo, &b->redo);
}

bool filter_bar_redo(struct filter_bar *b)
{
	return step(b, &b->redo, &b->undo);
}

/* ------------------------------------------------------------------------- its life */

int filter_bar_new(const struct filter_bar_options *opt, struct filter_bar **ret)
{
	struct filter_bar *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->opt = *opt;
	b->text = strdup("");
	offers_clear(&b->offers);
	if (!b->text || line_init(&b->line, NULL) ||
	    filter_history_load(&b->history, opt->history_path)) {
		filter_bar_free(b);
		return -ENOMEM;
	}
	*ret = b;
	return 0;
}

void filter_bar_free(struct filter_bar *b)
{
	if (!b)
		return;
	steps_clear(&b->undo);
	steps_clear(&b->redo);
	offers_clear(&b->offers);
	line_free(&b->line);
	filter_history_free(&b->history);
	free(b->draft);
	free(b->text);
	free(b);
}

/* ------------------------------------------------------------------ while it is typed */

/* What is wrong in the line, and what may stand at the cursor. */
static void look(struct filter_bar *b)
{
	const struct ui_host *host = b->opt.host;
	struct ui_words words = {0};
	struct ui_filter *f;
	size_t start = b->line.at;

	b->stale = false;
	b->err = parse(b, b->line.text, &f, &b->error);
	if (!b->err)
		ui_filter_free(f);
	host->filter_complete(host->arg, b->line.text, b->line.at,
			      b->opt.known ? known_words : NULL, b->opt.known, &start, &words);
	offers_set(&b->offers, words, start <= b->line.at ? start : b->line.at, b->line.at);
}

void filter_bar_look(struct filter_bar *b)
{
	if (b->stale)
		look(b);
}

void filter_bar_open(struct filter_bar *b)
{
	line_set(&b->line, b->text);
	/* the next word begins behind a blank */
	if (b->line.len && b->line.text[b->line.len - 1] != ' ')
		line_replace(&b->line, b->line.len, b->line.len, " ");
	b->open = true;
	b->asked = false;
	b->edited = false;
	b->history_at = b->history.n;
	look(b);
}

bool filter_bar_is_open(const struct filter_bar *b)
{
	return b->open;
}

static void close_bar(struct filter_bar *b)
{
	offers_clear(&b->offers);
	b->open = false;
}

/* It closes only with what is right: no other filter than the one on the screen is in force. */
static void apply_line(struct filter_bar *b)
{
	b->err = filter_bar_set_meant(b, b->line.text, &b->error);
	b->asked = true;
	if (b->err == -EINVAL) {
		/* to where it can be put right */
		b->line.at = line_byte(b->line.text, b->error.column + b->error.length);
		look(b);
	}
	if (b->err)
		return;
	filter_bar_remember(b);
	close_bar(b);
}

static bool begins_as_draft(const struct filter_bar *b, const char *s)
{
	return !b->draft || !strncmp(s, b->draft, strlen(b->draft));
}

/* Is it what stands in the line, but for blanks at its end? */
static bool is_typed(const struct filter_bar *b, const char *s)
{
	size_t n = strlen(s);

	return !strncmp(b->line.text, s, n) && !b->line.text[n + strspn(b->line.text + n, " ")];
}

/* Filters of before that begin as what was typed. */
static void recall(struct filter_bar *b, int by)
{
	size_t i = b->history_at, n = b->history.n;

	if (i == n && by < 0) {
		free(b->draft);
		b->draft = b->edited ? strdup(b->line.text) : NULL;
	}
	do {
		if ((by < 0 && !i) || (by > 0 && i >= n))
			return;
		i += by;
	} while (i < n && (!begins_as_draft(b, b->history.v[i]) || is_typed(b, b->history.v[i])));
	b->history_at = i;
	line_set(&b->line, i < n ? b->history.v[i] : b->draft ? b->draft : b->text);
	look(b);
}

/* A word that is the only one is done with: a blank follows, unless one begins there. */
static void finish_word(struct filter_bar *b)
{
	struct line *l = &b->line;
	char last = l->at ? l->text[l->at - 1] : ' ';

	if (strchr("(=. ", last))
		return;
	if (l->text[l->at] == ' ')
		l->at++;
	else
		line_replace(l, l->at, l->at, " ");
}

/* What is wrong in the line; the list stays as it is, for one goes through it. */
static void recheck(struct filter_bar *b)
{
	struct ui_filter *f;

	b->err = parse(b, b->line.text, &f, &b->error);
	if (!b->err)
		ui_filter_free(f);
}

static void complete(struct filter_bar *b, int by)
{
	struct offers *o = &b->offers;
	bool only;

	filter_bar_look(b);
	only = o->words.n == 1;
	if (!o->words.n)
		return;
	offers_step(o, &b->line, by);
	b->edited = true;
	if (only)
		finish_word(b);
	if (o->selected == OFFERS_NONE || only)
		look(b);
	else
		recheck(b);
}

static void leave(struct filter_bar *b)
{
	if (offers_give_up(&b->offers, &b->line))
		look(b);
	else
		close_bar(b);
}

static void type(struct filter_bar *b, int key)
{
	enum line_result r = line_key(&b->line, key);

	if (r == LINE_IGNORED)
		return;
	if (r == LINE_CHANGED) {
		b->edited = true;
		b->asked = false;
		b->history_at = b->history.n;
	}
	/* what is pasted comes key by key: it is looked at when it is seen */
	offers_clear(&b->offers);
	b->stale = true;
}

void filter_bar_key(struct filter_bar *b, int key)
{
	bool choosing = b->offers.selected != OFFERS_NONE;

	switch (key) {
	case KEY_RETURN:
	case '\r':
	case '\n':
		apply_line(b);
		break;
	case KEY_ESCAPE:
	case CONTROL('c'):
	case CONTROL('g'):
		leave(b);
		break;
	case '\t':
		complete(b, 1);
		break;
	case KEY_BACK_TAB:
		complete(b, -1);
		break;
	case KEY_UP_:
	case CONTROL('p'):
		choosing ? complete(b, -1) : recall(b, -1);
		break;
	case KEY_DOWN_:
	case CONTROL('n'):
		/* below the newest filter of before stands the list */
		if (choosing || b->history_at == b->history.n)
			complete(b, 1);
		else
			recall(b, 1);
		break;
	default:
		type(b, key);
	}
}

bool filter_bar_click(struct filter_bar *b, int x, int y)
{
	size_t i = offers_at(&b->offers, x, y);

	if (i == OFFERS_NONE)
		return b->open && y == b->drawn.y;
	offers_pick(&b->offers, &b->line, i);
	b->edited = true;
	finish_word(b);
	look(b);
	return true;
}
