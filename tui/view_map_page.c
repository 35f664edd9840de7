// SPDX-License-Identifier: MIT
/* All about a node or a link of the map, on a page of its own that lives on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "flows/drop_advice.h"
#include "tui/page.h"
#include "tui/view_map_page.h"

#define NEW_NS 1000000000ull /* figures of the page are as old as that at most */

static const unsigned int windows[MAP_WINDOWS] = {1, 10, 60};

/* ------------------------------------------------------------------- lines */

void map_page_field(struct ui_page *p, const char *name, enum style style, struct text *t)
{
	text_char(t, '\0');
	if (!t->err && t->len > 1)
		ui_page_field(p, name, style, t->data);
	t->len = 0;
}

static void spread(struct ui_page *p, const char *name, uint64_t p50, uint64_t p99)
{
	struct text t = {0};

	if (!p99)
		return;
	text_str(&t, "half in ");
	text_us(&t, p50 / 1000);
	text_str(&t, ", 99 % in ");
	text_us(&t, p99 / 1000);
	map_page_field(p, name, STYLE_NORMAL, &t);
	text_free(&t);
}

void map_page_seen(struct ui_page *p, uint64_t now, uint64_t first, uint64_t last)
{
	struct text t = {0};

	map_ago_text(&t, now, first);
	map_page_field(p, "first seen", STYLE_NORMAL, &t);
	map_ago_text(&t, now, last);
	map_page_field(p, "last seen", STYLE_NORMAL, &t);
	text_free(&t);
}

/* Figures of three windows below each other's columns. */
static void row(struct ui_page *p, const char *name, const struct map_edge *const *e,
		void (*put)(struct text *t, const struct map_edge *e))
{
	char line[128];
	int n = snprintf(line, sizeof(line), "  %-16s", name);
	struct text t = {0};

	for (int i = 0; i < MAP_WINDOWS; i++) {
		t.len = 0;
		if (e[i])
			put(&t, e[i]);
		else
			text_char(&t, '-');
		text_char(&t, '\0');
		n += snprintf(line + n, sizeof(line) - n, "%16s", t.err ? "" : t.data);
	}
	text_free(&t);
	ui_page_line(p, STYLE_NORMAL, line);
}

static void put_bytes(struct text *t, const struct map_edge *e)
{
	map_bytes_rate_text(t, e->bytes_rate);
}

static void put_packets(struct text *t, const struct map_edge *e)
{
	map_rate_text(t, e->packets_rate, "packets");
}

static void put_connections(struct text *t, const struct map_edge *e)
{
	map_rate_text(t, e->connections_rate, "conn");
}

static void put_requests(struct text *t, const struct map_edge *e)
{
	map_rate_text(t, e->requests_rate, "req");
}

/* ------------------------------------------------------------------- an edge */

static void next_steps(struct ui_page *p, const struct drop_case *c)
{
	struct drop_step steps[DROP_STEPS_MAX];
	size_t n = drop_steps(c, steps);

	for (size_t i = 0; i < n; i++) {
		if (*steps[i].command)
			ui_page_field(p, i ? "" : "look at", STYLE_KEY, steps[i].command);
		if (*steps[i].note)
			ui_page_field(p, i || *steps[i].command ? "" : "look at", STYLE_DIM,
				      steps[i].note);
	}
}

static void drops(struct ui_page *p, const struct map_edge *e, const struct flow *example)
{
	const struct drop_case c = {
		.reason = e->drop_reason, .function = e->drop_function, .example = example};
	struct text t = {0};

	if (!e->drops) {
		ui_page_field(p, "drops", STYLE_GOOD, "none");
		return;
	}
	map_share_text(&t, e->drops, e->sent);
	text_str(&t, " packets");
	map_page_field(p, "drops", STYLE_BAD, &t);
	text_escape(&t, e->drop_reason, 256);
	map_page_field(p, "reason", STYLE_BAD, &t);
	text_escape(&t, e->drop_function, 256);
	map_page_field(p, "in", STYLE_NORMAL, &t);
	text_escape(&t, e->drop_policy, 512);
	map_page_field(p, "denied by", STYLE_BAD, &t);
	if (*e->drop_reason) {
		drop_meaning(&t, &c);
		map_page_field(p, "which means", STYLE_NORMAL, &t);
		if (drop_cause(&c))
			ui_page_field(p, "usually", STYLE_NORMAL, drop_cause(&c));
		next_steps(p, &c);
	}
	if (example && example->drop.netns) {
		text_str(&t, "lsns ");
		text_u64(&t, example->drop.netns);
		text_str(&t, "   # its processes; nsenter -n -t PID enters it");
		map_page_field(p, "there", STYLE_KEY, &t);
	}
	text_free(&t);
}

static void errors(struct ui_page *p, const struct map_edge *e)
{
	struct text t = {0};

	if (map_edge_is_cut(e)) {
		text_str(&t, "all: nothing of it gets through");
	} else if (e->errors) {
		map_share_text(&t, e->errors, e->requests ? e->requests : e->connections);
		text_str(&t, e->requests ? " requests" : " connections");
	} else {
		text_str(&t, "none");
	}
	map_page_field(p, "failed", e->errors || map_edge_is_cut(e) ? STYLE_BAD : STYLE_GOOD, &t);
	if (e->retransmits) {
		map_share_text(&t, e->retransmits, e->packets + e->reply_packets);
		text_str(&t, " segments");
		map_page_field(p, "sent again", STYLE_WARN, &t);
	}
	text_free(&t);
}

static void totals(struct ui_page *p, const struct map_edge *e)
{
	struct text t = {0};

	map_count_text(&t, e->connections);
	map_page_field(p, "connections", STYLE_NORMAL, &t);
	if (e->requests) {
		map_count_text(&t, e->requests);
		map_page_field(p, "requests", STYLE_NORMAL, &t);
	}
	text_bytes(&t, e->bytes);
	text_str(&t, " in ");
	map_count_text(&t, e->packets);
	text_str(&t, " packets");
	map_page_field(p, "there", STYLE_NORMAL, &t);
	text_bytes(&t, e->reply_bytes);
	text_str(&t, " in ");
	map_count_text(&t, e->reply_packets);
	text_str(&t, " packets");
	map_page_field(p, "back", STYLE_NORMAL, &t);
	text_free(&t);
}

static const struct map_edge *edge_of(const struct map_snapshot *s, uint64_t key)
{
	for (size_t i = 0; i < s->n_edges; i++)
		if (s->edges[i].key == key)
			return &s->edges[i];
	return NULL;
}

static void edge(struct map_page *m, struct ui_page *p, const struct map_edge *e)
{
	const struct map_edge *in[MAP_WINDOWS];
	struct text t = {0};

	map_edge_text(&t, e);
	text_char(&t, '\0');
	ui_page_heading(p, t.err ? "" : t.data);
	text_free(&t);
	drops(p, e, m->has_example ? &m->example : NULL);
	errors(p, e);
	spread(p, "answers", e->latency_p50_ns, e->latency_p99_ns);
	spread(p, "round trip", e->rtt_p50_ns, e->rtt_p99_ns);
	spread(p, "handshake", e->handshake_p50_ns, e->handshake_p99_ns);
	for (int i = 0; i < MAP_WINDOWS; i++)
		in[i] = edge_of(&m->in[i], e->key);
	ui_page_line(p, STYLE_HEADER,
		     "                           last 1 s       last 10 s       last 60 s");
	row(p, "bytes", in, put_bytes);
	row(p, "packets", in, put_packets);
	row(p, "connections", in, put_connections);
	if (e->requests)
		row(p, "requests", in, put_requests);
	totals(p, e);
	map_page_seen(p, m->v->shown.now_ns, e->first_ns, e->last_ns);
}

static void one_end(struct ui_page *p, const char *what, const struct map_node *n)
{
	struct text t = {0};

	map_node_text(&t, n);
	text_str(&t, ", ");
	text_escape(&t, map_node_word(n), 128);
	map_page_field(p, what, STYLE_STRONG, &t);
	text_free(&t);
}

static void fill_link(struct map_page *m, struct ui_page *p)
{
	const struct map_snapshot *s = &m->v->shown;
	int64_t from = map_view_node_at(s, m->from), to = map_view_node_at(s, m->to);

	if (from < 0 || to < 0) {
		ui_page_text(p, STYLE_DIM, "It is no more on the map.");
		return;
	}
	one_end(p, "from", &s->nodes[from]);
	one_end(p, "to", &s->nodes[to]);
	for (size_t i = 0; i < s->n_edges; i++)
		if (s->edges[i].from == from && s->edges[i].to == to)
			edge(m, p, &s->edges[i]);
	map_page_ends(m, p);
}

/* -------------------------------------------------------------- kept up to date */

static void free_windows(struct map_page *m)
{
	for (int i = 0; i < MAP_WINDOWS; i++)
		service_map_snapshot_free(&m->in[i]);
}

/* Folded as the map is, so that keys are the same. */
static void take_window(struct map_page *m, int i)
{
	struct map_view *v = m->v;
	struct map_snapshot all = {0};

	if (service_map_snapshot(v->map, store_now_ns(ui_store(v->ui)), windows[i], &all))
		return;
	map_view_select(v, &all, &m->in[i]);
	service_map_snapshot_free(&all);
}

static void fill(void *arg, struct ui_page *p)
{
	struct map_page *m = arg;
	uint64_t now = uv_hrtime();
	bool news = map_view_take(m->v, false);

	if (m->filled_at && !news && now - m->filled_at < NEW_NS)
		return;
	if (!m->filled_at || now - m->filled_at >= NEW_NS) {
		free_windows(m);
		for (int i = 0; i < MAP_WINDOWS; i++)
			take_window(m, i);
		map_page_look(m);
		m->filled_at = now;
	}
	ui_page_clear(p);
	if (m->node)
		map_page_node(m, p);
	else
		fill_link(m, p);
}

static void closed(void *arg)
{
	struct map_page *m = arg;

	free_windows(m);
	map_page_ends_free(m);
	free(m);
}

void map_view_details(struct map_view *v)
{
	int64_t node = map_view_node(v), link = map_view_link(v);
	struct map_page *m;
	struct text title = {0};
	struct ui_page *p;

	if (node < 0 && link < 0) {
		ui_say(v->ui, STYLE_DIM, "select a node or a link first: arrows, a, p, or a click");
		return;
	}
	m = calloc(1, sizeof(*m));
	if (!m)
		return;
	m->v = v;
	m->node = v->node;
	m->from = v->link_from;
	m->to = v->link_to;
	if (node >= 0) {
		map_node_text(&title, &v->shown.nodes[node]);
	} else {
		const struct map_link *l = &map_view_drawing(v)->links[link];

		map_link_name(&title, &v->shown, l->from, l->to);
	}
	text_char(&title, '\0');
	p = ui_page_new(title.err ? "" : title.data);
	text_free(&title);
	ui_page_live(p, fill, closed, m);
	/* of what is selected: the page is about that */
	ui_page_keys(p, ACT_BIT(ACT_FLOWS) | ACT_BIT(ACT_FILTER_CELL) | ACT_BIT(ACT_EXCLUDE_CELL),
		     NULL);
	ui_page_show(v->ui, p);
}
