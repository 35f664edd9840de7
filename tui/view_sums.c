// SPDX-License-Identifier: MIT
#include "tui/view_sums.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/clock.h"
#include "tui/sums_text.h"

#define SORTS (sizeof(((struct sums_view_kind *)0)->sorts) / sizeof(char *))

/* --------------------------------------------------------------------- model */

static void on_reset(void *arg)
{
	sums_reset(((struct sums_view *)arg)->sums);
}

static void on_flow(void *arg, const struct flow *f, uint64_t number)
{
	sums_add(((struct sums_view *)arg)->sums, f, number);
}

/* ------------------------------------------------------------------------ view */

static struct ui_table *table(struct sums_view *v)
{
	return v->tables[v->by];
}

void sums_view_close(void *arg)
{
	struct sums_view *v = arg;

	for (size_t i = 0; i < v->kind->n_by; i++)
		ui_table_free(v->tables[i]);
	ui_page_free(v->pane);
	sums_free(v->sums);
	free(v);
}

static size_t bytes(const void *arg)
{
	const struct sums_view *v = arg;

	return sums_bytes(v->sums);
}

int sums_view_open(const struct sums_view_kind *kind, struct ui *ui, void **ret)
{
	struct sums_view *v = calloc(1, sizeof(*v));
	const struct store_model model = {
		.arg = v, .reset = on_reset, .flow = on_flow, .bytes = bytes};
	int err;

	if (!v)
		return -ENOMEM;
	*v = (struct sums_view){
		.kind = kind, .ui = ui, .window = 10, .sort = SIZE_MAX, .again = true};
	err = sums_new(kind->sums, &v->sums);
	v->pane = ui_page_new("");
	for (size_t i = 0; !err && i < kind->n_by; i++)
		err = sums_view_make_table(v, i);
	if (!err)
		err = v->pane ? store_attach(ui_store(ui), &model) : -ENOMEM;
	if (err)
		sums_view_close(v);
	else
		*ret = v;
	return err;
}

/* Filled anew where the rows were made anew, or another one is selected: it looks at many sums. */
static void fill_pane(struct sums_view *v, const void *row, int height)
{
	uint64_t key = *(const uint64_t *)row;
	struct text t = {0};

	if (v->pane_key == key && v->pane_ns == v->grouped_ns && v->pane_height == height)
		return;
	v->pane_key = key;
	v->pane_ns = v->grouped_ns;
	v->pane_height = height;
	ui_page_clear(v->pane);
	if (!v->kind->pane(v, row, height, &t))
		ui_page_text(v->pane, STYLE_NORMAL,
			     "Many small ones, put together because there is no room for each: a "
			     "filter or another grouping (b) tells them apart.");
	text_free(&t);
}

void sums_view_draw(void *arg, struct canvas *c, struct canvas_area a)
{
	struct sums_view *v = arg;
	struct canvas_area below;

	sums_view_refresh(v);
	if (!v->n) {
		ui_draw_empty(v->ui, c, a, v->kind->empty);
		return;
	}
	below = pane_split(&a, v->n);
	ui_table_draw(table(v), c, a);
	if (!below.height || !sums_view_selected(v))
		return;
	pane_line(c, &below);
	fill_pane(v, sums_view_selected(v), below.height);
	ui_page_draw(v->pane, c, below);
}

bool sums_view_cell(void *arg, struct text *t)
{
	struct sums_view *v = arg;
	const void *row = sums_view_selected(v);

	return row && v->kind->expression(v, row, ui_table_column(table(v)), t);
}

static void drill(struct sums_view *v)
{
	const void *row = sums_view_selected(v);
	struct text t = {0};

	if (row && v->kind->expression(v, row, SUMS_WHAT, &t)) {
		text_char(&t, '\0');
		if (!t.err)
			ui_drill(v->ui, t.data);
	} else if (row) {
		ui_say(v->ui, STYLE_WARN,
		       "These are many small ones put together: a filter tells them apart");
	}
	text_free(&t);
}

static void set_by(struct sums_view *v, unsigned int by)
{
	v->by = by;
	ui_table_sorted(table(v), &v->sort, &v->descending);
	v->again = true;
	ui_changed(v->ui);
}

static void set_metric(struct sums_view *v, size_t metric)
{
	const char *sort = v->kind->sorts[metric];
	char *error = NULL;

	v->metric = metric;
	ui_table_command(table(v), "sort", sort, &error);
	free(error);
	ui_say(v->ui, STYLE_NORMAL, "Sorted by %.*s", (int)strcspn(sort, " "), sort);
}

static void set_window(struct sums_view *v, unsigned int seconds)
{
	v->window = seconds;
	v->again = true;
	ui_changed(v->ui);
}

bool sums_view_act(void *arg, enum action a, int count)
{
	struct sums_view *v = arg;

	sums_view_refresh(v);
	switch (a) {
	case ACT_OPEN:
		drill(v);
		return true;
	case ACT_DIMENSION:
		set_by(v, (v->by + 1) % v->kind->n_by);
		return true;
	case ACT_METRIC:
		set_metric(v, (v->metric + 1) % SORTS);
		return true;
	case ACT_WINDOW:
		set_window(v, v->window == 1 ? 10 : v->window == 10 ? 60 : 1);
		return true;
	default:
		return ui_table_act(table(v), a, count);
	}
}

bool sums_view_mouse(void *arg, const struct ui_mouse *m)
{
	struct sums_view *v = arg;

	sums_view_refresh(v);
	if (ui_table_mouse(table(v), m))
		return true;
	if (m->event == MOUSE_DOUBLE)
		drill(v);
	return m->event == MOUSE_DOUBLE;
}

void sums_view_caption(void *arg, struct text *t)
{
	struct sums_view *v = arg;

	v->kind->caption(v, t);
	text_str(t, "; by ");
	text_str(t, v->kind->by_name(v->by));
	text_str(t, ", /s of ");
	text_u64(t, v->window);
	text_str(t, " s");
	if (sums_left_out(v->sums)) {
		text_str(t, ", ");
		clock_count(t, sums_left_out(v->sums));
		text_str(t, " in others");
	}
}

int sums_view_export(void *arg, const char *format, struct text *t)
{
	return ui_table_export(table(arg), format, t);
}

const char *const sums_view_formats[] = {"json", "csv", NULL};

/* ------------------------------------------------------------------- commands */

/* Which of the words it is, cut at a blank ("packets desc"); n: none, *ret_error has "what: words". */
static size_t word_of(const char *const *words, size_t n, const char *word, const char *what,
		      char **ret_error)
{
	struct text t = {0};

	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(words[i], " ");

		if (strlen(word) == len && !strncmp(word, words[i], len)) {
			text_free(&t);
			return i;
		}
		text_str(&t, i ? ", " : "");
		text_mem(&t, words[i], len);
	}
	text_char(&t, '\0');
	if (asprintf(ret_error, "\"%.40s\" is %s %s", word, what, t.err ? "" : t.data) < 0)
		*ret_error = NULL;
	text_free(&t);
	return n;
}

bool sums_view_command(void *arg, const char *word, const char *rest, char **ret_error)
{
	static const char *const windows[] = {"1", "10", "60"};
	static const unsigned int seconds[] = {1, 10, 60};
	struct sums_view *v = arg;
	const char *names[SUMS_VIEW_BYS];
	size_t i;

	*ret_error = NULL;
	if (!strcmp(word, "window")) {
		i = word_of(windows, 3, rest, "no window (seconds):", ret_error);
		if (i < 3)
			set_window(v, seconds[i]);
	} else if (!strcmp(word, "metric")) {
		i = word_of(v->kind->sorts, SORTS, rest, "no metric here:", ret_error);
		if (i < SORTS)
			set_metric(v, i);
	} else if (!strcmp(word, "by")) {
		for (i = 0; i < v->kind->n_by; i++)
			names[i] = v->kind->by_name(i);
		i = word_of(names, v->kind->n_by, rest, "not one of", ret_error);
		if (i < v->kind->n_by)
			set_by(v, i);
	} else {
		return ui_table_command(table(v), word, rest, ret_error);
	}
	return true;
}

/* ------------------------------------------------------------------------ pane */

#define LABEL 11 /* columns of a line's label */

void pane_words(struct ui_page *p, enum style style, const char *s)
{
	ui_page_span(p, style, s, strlen(s));
}

void pane_span(struct ui_page *p, enum style style, struct text *t)
{
	if (!t->err && t->len)
		ui_page_span(p, style, t->data, t->len);
	t->len = 0;
}

void pane_label(struct ui_page *p, const char *s)
{
	char padded[LABEL + 1];

	ui_page_indent(p, LABEL);
	snprintf(padded, sizeof(padded), "%-*s", LABEL, s);
	pane_words(p, STYLE_DIM, padded);
}
