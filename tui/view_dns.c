// SPDX-License-Identifier: MIT
/* DNS: what is asked, by whom, what fails and what is slow; by name, client, resolver or type. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/page.h"
#include "tui/sums_text.h"
#include "tui/view_dns_own.h"
#include "tui/views.h"

/* --------------------------------------------------------------------- model */

static void on_reset(void *arg)
{
	dns_sums_reset(((struct dns_view *)arg)->sums);
}

static void on_flow(void *arg, const struct flow *f, uint64_t number)
{
	dns_sums_add(((struct dns_view *)arg)->sums, f, number);
}

/* ------------------------------------------------------------------------ view */

static struct ui_table *table(struct dns_view *v)
{
	return v->tables[v->by];
}

static void dns_close(void *arg)
{
	struct dns_view *v = arg;

	for (int i = 0; i < DNS_BYS; i++)
		ui_table_free(v->tables[i]);
	ui_page_free(v->pane);
	dns_sums_free(v->sums);
	free(v);
}

static int dns_open(struct ui *ui, void **ret)
{
	struct dns_view *v = calloc(1, sizeof(*v));
	const struct store_model model = {.arg = v, .reset = on_reset, .flow = on_flow};
	int err = v ? dns_sums_new(&v->sums) : -ENOMEM;

	if (!v)
		return err;
	v->ui = ui;
	v->window = 10;
	v->sort = SIZE_MAX;
	v->again = true;
	v->pane = ui_page_new("");
	for (int i = 0; !err && i < DNS_BYS; i++)
		err = dns_make_table(v, i);
	if (!err)
		err = v->pane ? store_attach(ui_store(ui), &model) : -ENOMEM;
	if (err)
		dns_close(v);
	else
		*ret = v;
	return err;
}

const struct dns_row *dns_selected(struct dns_view *v)
{
	size_t row = ui_table_row(table(v));

	return row < v->n ? &v->rows[row] : NULL;
}

static void dns_draw(void *arg, struct canvas *c, struct canvas_area a)
{
	struct dns_view *v = arg;
	struct canvas_area below;

	dns_refresh(v);
	if (!v->n) {
		ui_draw_empty(v->ui, c, a, "DNS messages");
		return;
	}
	below = pane_split(&a, v->n);
	ui_table_draw(table(v), c, a);
	if (!below.height || !dns_selected(v))
		return;
	pane_line(c, &below);
	dns_fill_pane(v, dns_selected(v));
	ui_page_draw(v->pane, c, below);
}

/* The cell's own where it says more than the row. */
static bool expression_of(struct dns_view *v, size_t column, struct text *t)
{
	const struct dns_row *r = dns_selected(v);

	if (!r)
		return false;
	if (column == DNS_CLIENT)
		return dns_row_expression(r, DNS_BY_CLIENT, t);
	if (column == DNS_RESOLVER)
		return dns_row_expression(r, DNS_BY_RESOLVER, t);
	if (column == DNS_TYPES && *r->top->type)
		return dns_row_expression(r, DNS_BY_TYPE, t);
	return dns_row_expression(r, v->by, t);
}

static bool dns_cell(void *arg, struct text *t)
{
	struct dns_view *v = arg;

	return expression_of(v, ui_table_column(table(v)), t);
}

static void drill(struct dns_view *v)
{
	struct text t = {0};

	if (expression_of(v, DNS_WHAT, &t)) {
		text_char(&t, '\0');
		if (!t.err)
			ui_drill(v->ui, t.data);
	} else if (dns_selected(v)) {
		ui_say(v->ui, STYLE_WARN, "These are many put together: a filter tells them apart");
	}
	text_free(&t);
}

static void set_by(struct dns_view *v, enum dns_by by)
{
	v->by = by;
	ui_table_sorted(table(v), &v->sort, &v->descending);
	v->again = true;
	ui_changed(v->ui);
}

/* What the rows are ranked by. */
static const char *const sorts[] = {"failed desc", "asked desc", "p99 desc", "last desc"};
#define SORTS (sizeof(sorts) / sizeof(sorts[0]))

static void set_metric(struct dns_view *v, size_t metric)
{
	char *error = NULL;

	v->metric = metric;
	ui_table_command(table(v), "sort", sorts[metric], &error);
	free(error);
	ui_say(v->ui, STYLE_NORMAL, "Sorted by %.*s", (int)strcspn(sorts[metric], " "),
	       sorts[metric]);
}

static void set_window(struct dns_view *v, unsigned int seconds)
{
	v->window = seconds;
	v->again = true;
	ui_changed(v->ui);
}

static bool dns_act(void *arg, enum action a, int count)
{
	struct dns_view *v = arg;

	dns_refresh(v);
	if (a == ACT_OPEN) {
		drill(v);
		return true;
	}
	if (a == ACT_DIMENSION) {
		set_by(v, (v->by + 1) % DNS_BYS);
		return true;
	}
	if (a == ACT_METRIC) {
		set_metric(v, (v->metric + 1) % SORTS);
		return true;
	}
	if (a == ACT_WINDOW) {
		set_window(v, v->window == 1 ? 10 : v->window == 10 ? 60 : 1);
		return true;
	}
	return ui_table_act(table(v), a, count);
}

static bool dns_mouse(void *arg, const struct ui_mouse *m)
{
	struct dns_view *v = arg;

	dns_refresh(v);
	if (ui_table_mouse(table(v), m))
		return true;
	if (m->event == MOUSE_DOUBLE)
		drill(v);
	return m->event == MOUSE_DOUBLE;
}

static void dns_caption(void *arg, struct text *t)
{
	struct dns_view *v = arg;
	struct dns_row all;
	uint64_t left_out;

	dns_sums_totals(v->sums, &all, &left_out);
	put_number(t, all.counts.queries);
	text_str(t, " asked, ");
	put_number(t, all.failed);
	text_str(t, " failed");
	if (all.p99_ns) {
		text_str(t, ", 99 % in ");
		put_ms(t, all.p99_ns);
	}
	text_str(t, ", by ");
	text_str(t, dns_by_name(v->by));
	text_str(t, ", ");
	text_u64(t, v->window);
	text_str(t, " s");
	if (left_out) {
		text_str(t, ", ");
		put_number(t, left_out);
		text_str(t, " in others");
	}
}

static bool dns_command(void *arg, const char *word, const char *rest, char **ret_error)
{
	struct dns_view *v = arg;
	unsigned int seconds;
	size_t metric;

	*ret_error = NULL;
	if (!strcmp(word, "window")) {
		if (sums_window(rest, &seconds, ret_error))
			set_window(v, seconds);
		return true;
	}
	if (!strcmp(word, "metric")) {
		metric = sums_metric(sorts, SORTS, rest, ret_error);
		if (metric < SORTS)
			set_metric(v, metric);
		return true;
	}
	if (strcmp(word, "by") != 0)
		return ui_table_command(table(v), word, rest, ret_error);
	for (int i = 0; i < DNS_BYS; i++) {
		if (strcmp(rest, dns_by_name(i)) != 0)
			continue;
		set_by(v, i);
		return true;
	}
	if (asprintf(ret_error, "\"%s\" is not one of name, client, resolver, type", rest) < 0)
		*ret_error = NULL;
	return true;
}

static int dns_export(void *arg, const char *format, struct text *t)
{
	struct dns_view *v = arg;

	return ui_table_export(table(v), format, t);
}

static const char *const formats[] = {"json", "csv", NULL};
static const char *const commands[] = {
	"by name", "by client", "by resolver", "by type", "metric",
	"window",  "sort",	"columns",     NULL,
};

const struct view view_dns = {
	.name = "DNS",
	.open = dns_open,
	.close = dns_close,
	.draw = dns_draw,
	.act = dns_act,
	.mouse = dns_mouse,
	.cell = dns_cell,
	.formats = formats,
	.export = dns_export,
	.caption = dns_caption,
	.command = dns_command,
	.commands = commands,
};
