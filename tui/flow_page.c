// SPDX-License-Identifier: MIT
/* The page of a flow: it looks for the connection's events in slices, back and forth. */
#include "tui/flow_page.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "flows/summary.h"
#include "tui/clock.h"
#include "tui/flow_words.h"
#include "tui/ui.h"

#define EVENTS_MAX 400 /* on either side of the flow */
#define LOOK_BUDGET_NS 6000000ull
#define LOOK_AT_CLOCK 32
#define SLOW_NS 100000000ull /* a pause between two events that is worth a look */

/* Events on one side of the flow, nearest first. */
struct side {
	uint64_t numbers[EVENTS_MAX];
	size_t n;
	bool full;
};

struct page {
	struct ui *ui;
	struct flow_cell_options opt;
	uint64_t number;
	struct flow flow; /* of that number: it may be gone from the history */
	struct flow latest; /* the connection's newest event that has counters */
	uint64_t latest_number;
	struct side before, after;
	uint64_t low, high; /* looked at: from low to before high */
};

/* ---------------------------------------------------------------- the events */

static bool same_end(const struct flow_end *a, const struct flow_end *b)
{
	return a->port == b->port && !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

static const char *node_of(const struct flow *f)
{
	return f->hubble ? f->hubble->node_name : "";
}

/* By the connection's number where it has one, which holds on its node; else by addresses and ports. */
static bool same_connection(const struct flow *a, const struct flow *b)
{
	if (a->connection_id && b->connection_id)
		return a->connection_id == b->connection_id && !strcmp(node_of(a), node_of(b));
	if (a->protocol != b->protocol || a->ip_version != b->ip_version)
		return false;
	return (same_end(&a->src, &b->src) && same_end(&a->dst, &b->dst)) ||
	       (same_end(&a->src, &b->dst) && same_end(&a->dst, &b->src));
}

static bool has_counters(const struct flow *f)
{
	return f->forward.packets || f->reply.packets;
}

static void note(struct page *p, struct side *side, uint64_t number, const struct flow *f)
{
	if (side->n < EVENTS_MAX)
		side->numbers[side->n++] = number;
	else
		side->full = true;
	if (!has_counters(f) || (number < p->latest_number && has_counters(&p->latest)))
		return;
	flow_release(&p->latest);
	flow_copy(&p->latest, f);
	p->latest_number = number;
}

static bool look_back(struct page *p)
{
	struct store *s = ui_store(p->ui);
	const struct flow *f;

	if (p->low <= store_first(s) || p->before.full)
		return false;
	f = store_get(s, --p->low);
	if (f && same_connection(&p->flow, f))
		note(p, &p->before, p->low, f);
	return true;
}

static bool look_ahead(struct page *p)
{
	struct store *s = ui_store(p->ui);
	const struct flow *f;

	if (p->high >= store_end(s))
		return false;
	f = store_get(s, p->high);
	if (f && same_connection(&p->flow, f))
		note(p, &p->after, p->high, f);
	p->high++;
	return true;
}

/* True: it has seen all there is. */
static bool look(struct page *p)
{
	uint64_t until = clock_monotonic_ns() + LOOK_BUDGET_NS;

	for (unsigned int i = 1;; i++) {
		bool more = look_ahead(p);

		if (!(look_back(p) || more))
			return true;
		if (i % LOOK_AT_CLOCK == 0 && clock_monotonic_ns() >= until)
			return false;
	}
}

/* --------------------------------------------------------------- the timeline */

struct timeline {
	struct ui_page *page;
	const struct page *p;
	uint64_t first_ns, before_ns;
	struct text t;
};

static void put_span(struct timeline *l, enum style style, size_t width)
{
	size_t columns = text_width(&l->t, 0);

	if (columns < width)
		text_spaces(&l->t, width - columns);
	ui_page_span(l->page, style, l->t.data ? l->t.data : "", l->t.len);
	l->t.len = 0;
}

/* "+178 ms", and how long after the event before. */
static void put_times(struct timeline *l, uint64_t ns)
{
	uint64_t gap = ns > l->before_ns ? ns - l->before_ns : 0;

	text_str(&l->t, " +");
	text_us(&l->t, (ns > l->first_ns ? ns - l->first_ns : 0) / 1000);
	put_span(l, STYLE_NORMAL, 12);
	if (l->before_ns && gap >= 1000) {
		text_str(&l->t, "(");
		text_us(&l->t, gap / 1000);
		text_str(&l->t, ")");
	}
	put_span(l, gap >= SLOW_NS ? STYLE_WARN : STYLE_DIM, 12);
	l->before_ns = ns;
}

static void put_place(struct timeline *l, const struct flow *f)
{
	const struct flow_drop *d = &f->drop;

	if (f->event != FLOW_DROP || !d->function || !*d->function)
		return;
	text_str(&l->t, "  in ");
	text_escape(&l->t, d->function, 128);
	put_span(l, STYLE_DIM, 0);
}

static void put_totals(struct timeline *l, const struct flow *f)
{
	if ((f->event != FLOW_REPORT && f->event != FLOW_END) || !has_counters(f))
		return;
	text_str(&l->t, "  ");
	clock_count(&l->t, f->forward.packets);
	text_char(&l->t, '/');
	clock_count(&l->t, f->reply.packets);
	text_str(&l->t, " pkts ");
	text_bytes(&l->t, f->forward.bytes);
	text_char(&l->t, '/');
	text_bytes(&l->t, f->reply.bytes);
	put_span(l, STYLE_DIM, 0);
}

static void put_event(struct timeline *l, uint64_t number)
{
	const struct flow *f =
		number == l->p->number ? &l->p->flow : store_get(ui_store(l->p->ui), number);
	enum style style;

	if (!f)
		return;
	if (!l->first_ns)
		l->first_ns = f->time_ns;
	text_str(&l->t, number == l->p->number ? " >" : "  ");
	put_span(l, STYLE_KEY, 0);
	put_times(l, f->time_ns);
	text_str(&l->t, flow_arrow(f));
	put_span(l, STYLE_DIM, 3);
	if (flow_verdict_style(f) != STYLE_GOOD) {
		text_str(&l->t, flow_verdict_name(f));
		text_char(&l->t, ' ');
		put_span(l, flow_verdict_style(f), 0);
	}
	flow_short_summary(&l->t, f, &style);
	put_span(l, style, 0);
	put_place(l, f);
	put_totals(l, f);
	ui_page_end(l->page);
}

static void put_timeline(struct page *p, struct ui_page *page, bool all)
{
	struct timeline l = {.page = page, .p = p};

	ui_page_heading(page, p->flow.connection_id ? "Events of the connection"
						    : "Events between these ports");
	if (p->before.full)
		ui_page_line(page, STYLE_DIM, "  .. earlier ones are left out");
	for (size_t i = p->before.n; i > 0; i--)
		put_event(&l, p->before.numbers[i - 1]);
	put_event(&l, p->number);
	for (size_t i = 0; i < p->after.n; i++)
		put_event(&l, p->after.numbers[i]);
	if (p->after.full)
		ui_page_line(page, STYLE_DIM, "  .. later ones are left out");
	if (!all)
		ui_page_line(page, STYLE_DIM, "  .. still looking");
	text_free(&l.t);
}

/* ------------------------------------------------------------------- the page */

static void fill(void *arg, struct ui_page *page)
{
	struct page *p = arg;
	bool all = look(p);

	ui_page_clear(page);
	flow_page_event(page, &p->flow, &p->opt);
	flow_page_message(page, &p->flow);
	put_timeline(p, page, all);
	flow_page_ends(page, &p->flow);
	flow_page_connection(page, &p->latest, &p->opt);
	if (!all)
		ui_changed(p->ui);
}

static void put_any(struct text *t, const struct flow_end *e)
{
	char addr[46];

	text_str(t, "any.ip == ");
	text_str(t, ip_addr_text(&e->addr, addr));
	if (!e->port)
		return;
	text_str(t, " && any.port == ");
	text_u64(t, e->port);
}

/* Its connection, both directions, with drops, which may not know their connection's number. */
static bool tuple(void *arg, struct text *t)
{
	const struct page *p = arg;

	if (!flow_has_addr(&p->flow, &p->flow.src) || !flow_has_addr(&p->flow, &p->flow.dst))
		return false;
	put_any(t, &p->flow.src);
	text_str(t, " && ");
	put_any(t, &p->flow.dst);
	return true;
}

static void closed(void *arg)
{
	struct page *p = arg;

	flow_release(&p->flow);
	flow_release(&p->latest);
	free(p);
}

static void set_title(const struct flow *f, const struct flow_cell_options *opt, struct text *t)
{
	bool swapped = flow_is_swapped(f);

	flow_short_end(t, f, swapped ? &f->dst : &f->src, opt->numeric);
	text_char(t, ' ');
	text_str(t, flow_arrow(f));
	text_char(t, ' ');
	flow_short_end(t, f, swapped ? &f->src : &f->dst, opt->numeric);
	text_str(t, "  ");
	flow_protocol_text(t, f);
	text_char(t, '\0');
}

void flow_page_show(struct ui *ui, uint64_t number, const struct flow_cell_options *opt)
{
	const struct flow *f = store_get(ui_store(ui), number);
	struct page *p = f ? calloc(1, sizeof(*p)) : NULL;
	struct ui_page *page = NULL;
	struct text title = {0};

	if (!p) {
		ui_say(ui, STYLE_WARN, "this flow is gone from the history by now");
		return;
	}
	p->ui = ui;
	p->opt = *opt;
	p->number = p->latest_number = p->low = number;
	p->high = number + 1;
	flow_copy(&p->flow, f);
	flow_copy(&p->latest, f);
	set_title(&p->flow, opt, &title);
	if (!title.err)
		page = ui_page_new(title.data);
	text_free(&title);
	if (!page) {
		closed(p);
		ui_say(ui, STYLE_BAD, "out of memory");
		return;
	}
	ui_page_live(page, fill, closed, p);
	if (flow_has_addr(f, &f->src) && flow_has_addr(f, &f->dst))
		ui_page_keys(page, 0, tuple);
	ui_page_show(ui, page);
}
