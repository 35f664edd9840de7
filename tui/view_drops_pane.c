// SPDX-License-Identifier: MIT
/* Below the drops: what the selected row means, what is behind it, what to look at next. */
#include "tui/clock.h"
#include "tui/store.h"
#include "tui/sums_text.h"
#include "tui/view_drops_own.h"

#define STACK_SHOWN 8
#define PAIRS_SHOWN 3
#define PAIRS_HEIGHT 12 /* lines of a pane that has room for them */

static void heading(struct ui_page *p, const struct drop_row *r, const struct drop_case *c,
		    struct text *t)
{
	pane_words(p, r->top->normal ? STYLE_STRONG : STYLE_BAD, r->top->reason);
	if (*r->top->function) {
		pane_words(p, STYLE_DIM, " in ");
		pane_words(p, STYLE_NORMAL, r->top->function);
	}
	pane_words(p, STYLE_DIM, ": ");
	drop_meaning(t, c);
	pane_span(p, STYLE_STRONG, t);
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
		pane_label(p, i ? "" : "Look next:");
		if (*step[i].command)
			pane_words(p, STYLE_KEY, step[i].command);
		if (*step[i].command && *step[i].note)
			pane_words(p, STYLE_DIM, "   # ");
		pane_words(p, *step[i].command ? STYLE_DIM : STYLE_NORMAL, step[i].note);
		ui_page_end(p);
	}
}

/* Where the packet was, so that the commands are typed in the right place. */
static void place(struct ui_page *p, const struct drop_row *r, struct text *t)
{
	const struct drop_sum *s = r->top;

	pane_label(p, "Where:");
	if (*s->interface) {
		text_str(t, s->interface);
		put_more(t, r->places);
	} else {
		text_str(t, "no interface is known");
	}
	if (*s->node) {
		text_str(t, " on ");
		text_escape(t, s->node, NODE_MAX);
	}
	if (s->netns) {
		text_str(t, ", network namespace ");
		text_u64(t, s->netns);
	}
	pane_span(p, STYLE_NORMAL, t);
	ui_page_end(p);
	if (!s->netns)
		return;
	pane_label(p, "There:");
	text_str(t, "lsns ");
	text_u64(t, s->netns);
	pane_span(p, STYLE_KEY, t);
	pane_words(p, STYLE_DIM, "   # its processes; nsenter -n -t PID enters it");
	ui_page_end(p);
}

static void put_drop_pair(struct text *t, const struct drop_pair *p)
{
	const struct sums_end *from = &p->top->source, *to = &p->top->destination;

	put_pair(t, p->one_source ? from->name : from->work, from->port,
		 p->one_destination ? to->name : to->work, to->port);
}

static double part_of(const struct drop_row *r, const struct drop_pair *p)
{
	return r->packets ? (double)p->packets / r->packets : 0;
}

/* "3 sources, 93 % shop/cart" */
static void put_ends(struct text *t, struct sums_view *v, const struct drop_row *r,
		     enum drop_by within, uint32_t n)
{
	bool source = within == DROP_BY_SOURCE;
	struct drop_pair most;

	clock_count(t, n);
	text_str(t, n < SUMS_DIFFERENT_MAX ? " " : " or more ");
	text_str(t, source ? "source" : "destination");
	text_str(t, n == 1 ? "" : "s");
	if (n < 2 || !drop_sums_pairs(v->sums, v->by, r->key, within, &most, 1))
		return;
	text_str(t, ", ");
	put_share(t, part_of(r, &most));
	text_char(t, ' ');
	text_str(t, source ? most.top->source.work : most.top->destination.work);
}

/* Is it one client or all? The largest pairs with their parts, and how many ends there are. */
static void who(struct sums_view *v, const struct drop_row *r, size_t max, struct text *t)
{
	struct drop_pair pairs[PAIRS_SHOWN];
	size_t n = drop_sums_pairs(v->sums, v->by, r->key, DROP_BY_PAIR, pairs, max);

	for (size_t i = 0; i < n; i++) {
		double part = part_of(r, &pairs[i]);

		pane_label(v->pane, i ? "" : "Who:");
		if (r->pairs > 1) {
			text_spaces(t, part > 0 && part < 0.095 && part >= 0.005);
			put_share(t, part);
			text_str(t, "  ");
			pane_span(v->pane, STYLE_STRONG, t);
		}
		put_drop_pair(t, &pairs[i]);
		pane_span(v->pane, STYLE_INFO, t);
		ui_page_end(v->pane);
	}
	if (r->pairs <= n)
		return;
	pane_label(v->pane, "");
	text_str(t, "and ");
	put_some(t, r->pairs - n, "pair more", "pairs more");
	text_str(t, "; ");
	put_ends(t, v, r, DROP_BY_SOURCE, r->sources);
	text_str(t, "; ");
	put_ends(t, v, r, DROP_BY_DESTINATION, r->destinations);
	pane_span(v->pane, STYLE_DIM, t);
	ui_page_end(v->pane);
}

static void when(struct sums_view *v, const struct drop_row *r, struct text *t)
{
	pane_label(v->pane, "When:");
	put_clock(t, r->first_ns);
	if (r->last_ns / 1000000000 != r->first_ns / 1000000000) {
		text_str(t, " to ");
		put_clock(t, r->last_ns);
	}
	text_str(t, ", ");
	put_some(t, r->events, "event", "events");
	text_str(t, v->by == DROP_BY_REASON ? "; Enter: its flows" : "; Enter: these flows");
	pane_span(v->pane, STYLE_DIM, t);
	ui_page_end(v->pane);
}

static void stack(struct ui_page *p, const struct drop_sum *s, struct text *t)
{
	if (!s->stack_depth)
		return;
	pane_label(p, "Stack:");
	for (unsigned int i = 0; i < s->stack_depth && i < STACK_SHOWN; i++) {
		text_str(t, i ? " < " : "");
		text_escape(t, s->stack[i] ? s->stack[i] : "?", 128);
	}
	pane_span(p, STYLE_NORMAL, t);
	ui_page_end(p);
}

/* An example of the row, for the addresses in the commands; of the largest sum, not another one's. */
static const struct flow *example_of(struct sums_view *v, const struct drop_row *r)
{
	const struct flow *f = store_get(ui_store(v->ui), r->top->newest);

	return f && (f->event == FLOW_DROP || f->event == FLOW_LISTEN_DROP) ? f : NULL;
}

bool drops_fill_pane(struct sums_view *v, const void *row, int height, struct text *t)
{
	const struct drop_row *r = row;
	struct drop_case c = {r->top->reason, r->top->function, NULL};

	if (r->top->others)
		return false;
	c.example = example_of(v, r);
	heading(v->pane, r, &c, t);
	steps(v->pane, &c);
	who(v, r, height >= PAIRS_HEIGHT ? PAIRS_SHOWN : 1, t);
	when(v, r, t);
	place(v->pane, r, t);
	stack(v->pane, r->top, t);
	return true;
}
