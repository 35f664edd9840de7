// SPDX-License-Identifier: MIT
/* Which programs talk: by executable, container, unit; and a page of whom one talks to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tui/page.h"
#include "tui/screen.h"
#include "tui/sparkline.h"
#include "tui/sums_text.h"
#include "tui/top_table.h"
#include "tui/ui.h"
#include "tui/view_top.h"
#include "tui/views.h"

static const struct top_table_kind kind = {
	.n = 3,
	.by = {{TOP_EXECUTABLES, "Executables", "EXECUTABLE", NULL},
	       {TOP_CONTAINERS, "Containers", "CONTAINER", NULL},
	       {TOP_UNITS, "Units", "UNIT", NULL}},
	.processes = true,
	.empty = "processes",
};

struct processes_view {
	struct ui *ui;
	struct top_table *table;
};

/* The Top view, which closes before, has no use for it any more. */
static void processes_close(void *arg)
{
	struct processes_view *v = arg;

	top_table_free(v->table);
	free(v);
}

/* The Top view is open: it comes before. */
static int processes_open(struct ui *ui, void **ret)
{
	struct processes_view *v = calloc(1, sizeof(*v));
	void *top = ui_view_object(ui, VIEW_TOP);
	int err;

	if (!v || !top) {
		free(v);
		return v ? -EINVAL : -ENOMEM;
	}
	v->ui = ui;
	err = top_table_new(ui, view_top_share(top), &kind, &v->table);
	if (err) {
		free(v);
		return err;
	}
	view_top_listen(top, v->table);
	*ret = v;
	return 0;
}

/* ---------------------------------------------------------------------------- page */

/* What the page is about; it stays when the row goes. */
struct about {
	struct processes_view *view;
	enum top_dimension dimension;
	uint64_t key;
	char *title;
};

static void span(struct ui_page *p, enum style style, struct text *t, size_t width)
{
	size_t has = (size_t)canvas_width_of(t->data, t->len);

	text_spaces(t, has < width ? width - has : 0);
	ui_page_span(p, style, t->data, t->len);
	t->len = 0;
}

static void port_text(struct text *t, const struct top_talk *k)
{
	const char *name = protocol_name(k->protocol);

	if (name)
		text_str(t, name);
	else
		text_u64(t, k->protocol);
	if (k->port) {
		text_char(t, ' ');
		text_u64(t, k->port);
	}
}

static void titles(struct ui_page *p)
{
	ui_page_line(
		p, STYLE_DIM,
		"  PEER                                      PORT        CONNS   OPEN       SENT"
		"   RECEIVED  DROPS   RETR       RTT");
}

static void count_span(struct ui_page *p, struct text *t, double v, enum style style, size_t width)
{
	struct text n = {0};

	if (v > 0)
		figure_text(&n, v, "", false);
	else
		text_char(&n, '-');
	text_spaces(t, width > n.len ? width - n.len : 0);
	text_mem(t, n.data, n.len);
	text_free(&n);
	span(p, v > 0 ? style : STYLE_DIM, t, width);
}

static void bytes_span(struct ui_page *p, struct text *t, double v)
{
	struct text n = {0};

	figure_text(&n, v, "B", true);
	text_spaces(t, n.len < 11 ? 11 - n.len : 0);
	text_mem(t, n.data, n.len);
	text_free(&n);
	span(p, STYLE_NORMAL, t, 11);
}

static void talk_line(struct ui_page *p, const struct top_talk *k)
{
	struct text t = {0};

	text_str(&t, "  ");
	text_str(&t, k->peer);
	if (*k->peer_process) {
		text_str(&t, " (");
		text_str(&t, k->peer_process);
		text_char(&t, ')');
	}
	span(p, STYLE_NORMAL, &t, 43);
	text_char(&t, ' ');
	port_text(&t, k);
	span(p, STYLE_INFO, &t, 11);
	count_span(p, &t, (double)k->connections, STYLE_NORMAL, 7);
	count_span(p, &t, (double)k->open, STYLE_NORMAL, 7);
	bytes_span(p, &t, k->total.bytes_out);
	bytes_span(p, &t, k->total.bytes_in);
	count_span(p, &t, k->total.drops, STYLE_BAD, 7);
	count_span(p, &t, k->total.retransmits, STYLE_WARN, 7);
	text_str(&t, "  ");
	if (k->rtt_ns)
		duration_text(&t, k->rtt_ns);
	else
		text_char(&t, '-');
	span(p, k->rtt_ns ? STYLE_NORMAL : STYLE_DIM, &t, 0);
	ui_page_end(p);
	text_free(&t);
}

static void talk_lines(struct ui_page *p, const struct top_talks *talks, bool calls)
{
	size_t n = 0;

	for (size_t i = 0; i < talks->n; i++)
		n += talks->v[i].calls == calls;
	ui_page_heading(p, calls ? "It calls" : "It is called by");
	if (!n) {
		ui_page_line(p, STYLE_DIM, "  nobody, in the connections held");
		return;
	}
	titles(p);
	for (size_t i = 0; i < talks->n; i++)
		if (talks->v[i].calls == calls)
			talk_line(p, &talks->v[i]);
}

static void fill(void *arg, struct ui_page *p)
{
	struct about *a = arg;
	struct top_talks talks = {0};
	struct text t = {0};

	ui_page_clear(p);
	if (top_talks(top_table_model(a->view->table), a->dimension, a->key, &talks)) {
		ui_page_text(p, STYLE_WARN,
			     "No flow of it passes the filter at the time shown, or it has no room "
			     "any more beside busier ones.");
		return;
	}
	talk_lines(p, &talks, true);
	talk_lines(p, &talks, false);
	if (talks.gone) {
		text_u64(&t, talks.gone);
		text_str(&t, " older connections are no more held one by one.");
		text_char(&t, '\0');
		ui_page_line(p, STYLE_DIM, "");
		ui_page_text(p, STYLE_DIM, t.err ? "" : t.data);
		text_free(&t);
	}
	ui_page_line(p, STYLE_DIM, "");
	ui_page_text(p, STYLE_DIM, "Esc goes back; v shows its flows.");
	top_talks_free(&talks);
}

static void page_closed(void *arg)
{
	struct about *a = arg;

	free(a->title);
	free(a);
}

static void open_page(struct processes_view *v)
{
	enum top_dimension d;
	const struct top_row *r = top_table_row(v->table, &d);
	struct about *a;
	struct ui_page *p;

	if (!r)
		return;
	if (r->others) {
		ui_say(v->ui, STYLE_WARN, "these have no rows of their own: a filter makes room");
		return;
	}
	a = calloc(1, sizeof(*a));
	if (!a)
		return;
	*a = (struct about){v, d, r->key, strdup(r->name)};
	p = ui_page_new(a->title ? a->title : "");
	ui_page_live(p, fill, page_closed, a); /* without a page it is closed there */
	ui_page_keys(p, ACT_BIT(ACT_FLOWS), NULL);
	if (p)
		ui_page_show(v->ui, p);
	else
		ui_say(v->ui, STYLE_BAD, "out of memory");
}

/* ---------------------------------------------------------------------------- view */

static void draw(void *arg, struct canvas *c, struct canvas_area a)
{
	struct processes_view *v = arg;

	top_table_draw(v->table, c, a);
}

static bool act(void *arg, enum action a, int count)
{
	struct processes_view *v = arg;

	if (a != ACT_OPEN)
		return top_table_act(v->table, a, count);
	open_page(v);
	return true;
}

static bool mouse(void *arg, const struct ui_mouse *m)
{
	struct processes_view *v = arg;
	bool open, mine = top_table_mouse(v->table, m, &open);

	if (open)
		open_page(v);
	return mine;
}

static bool cell(void *arg, struct text *ret)
{
	struct processes_view *v = arg;

	return top_table_cell(v->table, ret);
}

static int export(void *arg, const char *format, struct text *t)
{
	struct processes_view *v = arg;

	return top_table_export(v->table, format, t);
}

static void caption(void *arg, struct text *t)
{
	struct processes_view *v = arg;

	top_table_caption(v->table, t);
	put_missed(t, store_missed(ui_store(v->ui), ui_view_object(v->ui, VIEW_TOP)));
}

static bool command(void *arg, const char *word, const char *rest, char **ret_error)
{
	struct processes_view *v = arg;

	return top_table_command(v->table, word, rest, ret_error);
}

static void shown(void *arg, bool is_shown)
{
	struct processes_view *v = arg;

	store_look(ui_store(v->ui), ui_view_object(v->ui, VIEW_TOP), is_shown);
	if (is_shown)
		top_table_shown(v->table);
}

const struct view view_processes = {
	.name = "Processes",
	.open = processes_open,
	.close = processes_close,
	.draw = draw,
	.act = act,
	.mouse = mouse,
	.cell = cell,
	.formats = top_table_formats,
	.export = export,
	.caption = caption,
	.command = command,
	.commands = top_table_commands,
	.shown = shown,
};
