// SPDX-License-Identifier: MIT
/* Below the drops: what the selected row means, what is behind it, what to look at next. */
#include <stdio.h>
#include <string.h>

#include "tui/page.h"
#include "tui/store.h"
#include "tui/sums_text.h"
#include "tui/view_drops_own.h"

/* Spans of t, which is emptied. */
static void span(struct ui_page *p, enum style style, struct text *t)
{
	if (!t->err && t->len)
		ui_page_span(p, style, t->data, t->len);
	t->len = 0;
}

static void words(struct ui_page *p, enum style style, const char *s)
{
	ui_page_span(p, style, s, strlen(s));
}

#define LABEL 11 /* columns of a line's label */
#define STACK_SHOWN 8

static void label(struct ui_page *p, const char *s)
{
	char padded[LABEL + 1];

	ui_page_indent(p, LABEL);
	snprintf(padded, sizeof(padded), "%-*s", LABEL, s);
	words(p, STYLE_DIM, padded);
}

static void heading(struct ui_page *p, const struct drop_row *r, const struct drop_case *c,
		    struct text *t)
{
	words(p, r->top->normal ? STYLE_STRONG : STYLE_BAD, r->top->reason);
	if (*r->top->function) {
		words(p, STYLE_DIM, " in ");
		words(p, STYLE_NORMAL, r->top->function);
	}
	words(p, STYLE_DIM, ": ");
	drop_meaning(t, c);
	span(p, STYLE_STRONG, t);
	ui_page_end(p);
	if (r->top->normal)
		ui_page_text(p, STYLE_NORMAL,
			     "Part of normal life: no packet was lost that anybody waits for.");
	else if (drop_cause(c))
		ui_page_text(p, STYLE_NORMAL, drop_cause(c));
}

static void steps(struct ui_page *p, const struct drop_case *c)
{
	struct drop_step step[DROP_STEPS_MAX];
	size_t n = drop_steps(c, step);

	for (size_t i = 0; i < n; i++) {
		label(p, i ? "" : "Look next:");
		if (*step[i].command)
			words(p, STYLE_KEY, step[i].command);
		if (*step[i].command && *step[i].note)
			words(p, STYLE_DIM, "   # ");
		words(p, *step[i].command ? STYLE_DIM : STYLE_NORMAL, step[i].note);
		ui_page_end(p);
	}
}

/* Where the packet was, so that the commands are typed in the right place. */
static void place(struct ui_page *p, const struct drop_row *r, struct text *t)
{
	const struct drop_sum *s = r->top;

	label(p, "Where:");
	if (*s->interface) {
		text_str(t, s->interface);
		put_more(t, r->places);
	} else {
		text_str(t, "no interface is known");
	}
	if (*s->node) {
		text_str(t, " on ");
		text_str(t, s->node);
	}
	if (s->netns) {
		text_str(t, ", network namespace ");
		text_u64(t, s->netns);
	}
	span(p, STYLE_NORMAL, t);
	ui_page_end(p);
	if (!s->netns)
		return;
	label(p, "There:");
	text_str(t, "lsns ");
	text_u64(t, s->netns);
	span(p, STYLE_KEY, t);
	words(p, STYLE_DIM, "   # its processes; nsenter -n -t PID enters it");
	ui_page_end(p);
}

static void who(struct ui_page *p, const struct drops_view *v, const struct drop_row *r,
		struct text *t)
{
	label(p, "Who:");
	put_pair(t, r->pair->source, r->pair->source_port, r->pair->destination,
		 r->pair->destination_port);
	if (r->pairs > 1) {
		text_str(t, " and ");
		put_some(t, r->pairs - 1, "pair more", "pairs more");
	}
	span(p, STYLE_INFO, t);
	ui_page_end(p);
	label(p, "When:");
	put_clock(t, r->first_ns);
	if (r->last_ns / 1000000000 != r->first_ns / 1000000000) {
		text_str(t, " to ");
		put_clock(t, r->last_ns);
	}
	text_str(t, ", ");
	put_some(t, r->events, "event", "events");
	text_str(t, v->by == DROP_BY_REASON ? "; Enter: its flows" : "; Enter: these flows");
	span(p, STYLE_DIM, t);
	ui_page_end(p);
}

static void stack(struct ui_page *p, const struct drop_sum *s, struct text *t)
{
	if (!s->stack_depth)
		return;
	label(p, "Stack:");
	for (unsigned int i = 0; i < s->stack_depth && i < STACK_SHOWN; i++) {
		text_str(t, i ? " < " : "");
		text_escape(t, s->stack[i] ? s->stack[i] : "?", 128);
	}
	span(p, STYLE_NORMAL, t);
	ui_page_end(p);
}

/* An example of the row, for the addresses in the commands; of the largest sum, not another one's. */
static const struct flow *example_of(struct drops_view *v, const struct drop_row *r)
{
	const struct flow *f = store_get(ui_store(v->ui), r->top->newest);

	return f && (f->event == FLOW_DROP || f->event == FLOW_LISTEN_DROP) ? f : NULL;
}

void drops_fill_pane(struct drops_view *v, const struct drop_row *r)
{
	struct drop_case c = {r->top->reason, r->top->function, example_of(v, r)};
	struct text t = {0};

	ui_page_clear(v->pane);
	if (r->top->others) {
		ui_page_text(
			v->pane, STYLE_NORMAL,
			"Many small ones, put together because there is no room for each: a filter "
			"or another grouping (b) tells them apart.");
		return;
	}
	heading(v->pane, r, &c, &t);
	steps(v->pane, &c);
	who(v->pane, v, r, &t);
	place(v->pane, r, &t);
	stack(v->pane, r->top, &t);
	text_free(&t);
}
