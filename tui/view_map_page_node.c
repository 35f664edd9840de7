// SPDX-License-Identifier: MIT
/* A node's page: who it is, whom it talks to. */
#include <stdio.h>
#include <string.h>

#include "tui/view_map_page.h"

#define NAME_WIDTH 23
#define PORT_WIDTH 16

/* Text in so many columns, blanks behind; the page cuts nothing by itself. */
static void column(struct text *t, const struct text *s, int width)
{
	int n = canvas_width_of(s->data, s->len);

	if (n <= width) {
		text_mem(t, s->data, s->len);
		text_spaces(t, width - n);
		return;
	}
	/* whole characters, as long as there is room for the dots */
	for (size_t at = 0, len; at < s->len; at += len) {
		uint32_t c;

		len = utf8_next(s->data + at, s->len - at, &c);
		len = len ? len : 1;
		if (canvas_width_of(s->data, at + len) > width - 1) {
			int left = width - canvas_width_of(s->data, at) - 1;

			text_mem(t, s->data, at);
			text_str(t, "\u2026");
			text_spaces(t, left > 0 ? left : 0);
			return;
		}
	}
}

static void right(struct text *t, struct text *s, int width)
{
	int n = canvas_width_of(s->data, s->len);

	text_char(t, ' ');
	text_spaces(t, n < width ? width - n : 0);
	text_mem(t, s->data, s->len);
	s->len = 0;
}

static void peer_line(struct ui_page *p, const struct map_snapshot *s, const struct map_edge *e,
		      uint32_t other)
{
	struct text line = {0}, t = {0};
	bool bad = map_edge_is_bad(e);

	text_str(&line, "  ");
	map_node_text(&t, &s->nodes[other]);
	column(&line, &t, NAME_WIDTH);
	t.len = 0;
	text_char(&line, ' ');
	map_edge_text(&t, e);
	column(&line, &t, PORT_WIDTH);
	t.len = 0;
	map_bytes_rate_text(&t, e->bytes_rate);
	right(&line, &t, 11);
	if (e->latency_p99_ns)
		text_us(&t, e->latency_p99_ns / 1000);
	else if (e->rtt_p99_ns)
		text_us(&t, e->rtt_p99_ns / 1000);
	else
		text_char(&t, '-');
	if (!e->latency_p99_ns && e->rtt_p99_ns)
		text_str(&t, " rtt");
	right(&line, &t, 12);
	if (map_edge_is_cut(e))
		text_str(&t, "all");
	else
		map_count_text(&t, e->errors);
	right(&line, &t, 6);
	map_count_text(&t, e->drops);
	right(&line, &t, 6);
	if (e->drops && *e->drop_reason) {
		text_str(&line, "  ");
		text_escape(&line, e->drop_reason, 64);
	}
	ui_page_span(p, bad ? STYLE_BAD : STYLE_NORMAL, line.data, line.err ? 0 : line.len);
	ui_page_end(p);
	text_free(&line);
	text_free(&t);
}

static void peers(struct ui_page *p, const struct map_snapshot *s, int64_t node, bool calls)
{
	char head[160];
	size_t n = 0;

	for (size_t i = 0; i < s->n_edges; i++) {
		const struct map_edge *e = &s->edges[i];

		if ((calls ? e->from : e->to) != node)
			continue;
		if (!n++) {
			ui_page_heading(p, calls ? "It calls" : "It is called by");
			snprintf(head, sizeof(head), "  %-*s %-*s %11s %12s %6s %6s", NAME_WIDTH,
				 calls ? "WHOM" : "WHO", PORT_WIDTH, "PORT", "RATE", "P99",
				 "FAILED", "DROPS");
			ui_page_line(p, STYLE_HEADER, head);
		}
		peer_line(p, s, e, calls ? e->to : e->from);
	}
	if (!n) {
		ui_page_heading(p, calls ? "It calls" : "It is called by");
		ui_page_line(p, STYLE_DIM, "  nobody");
	}
}

static void in_and_out(struct map_page *m, struct ui_page *p)
{
	static const char *const names[MAP_WINDOWS] = {"last 1 s", "last 10 s", "last 60 s"};
	struct text t = {0};

	for (int i = 0; i < MAP_WINDOWS; i++) {
		int64_t at = map_view_node_at(&m->in[i], m->node);

		if (at < 0)
			continue;
		text_str(&t, "in ");
		map_bytes_rate_text(&t, m->in[i].nodes[at].bytes_in);
		text_str(&t, ", out ");
		map_bytes_rate_text(&t, m->in[i].nodes[at].bytes_out);
		map_page_field(p, names[i], STYLE_NORMAL, &t);
	}
	text_free(&t);
}

/* What a folded namespace is made of. */
static void members(struct map_page *m, struct ui_page *p, const struct map_node *n)
{
	const struct map_snapshot *all = &m->v->all;
	struct text t = {0};

	if (n->kind != MAP_NODE_NAMESPACE)
		return;
	for (size_t i = 0; i < all->n_nodes; i++) {
		if (strcmp(all->nodes[i].namespace_name, n->name) ||
		    all->nodes[i].kind == MAP_NODE_NAMESPACE)
			continue;
		if (t.len)
			text_str(&t, ", ");
		text_escape(&t, all->nodes[i].name, 255);
	}
	map_page_field(p, "in it", STYLE_NORMAL, &t);
	text_free(&t);
}

void map_page_node(struct map_page *m, struct ui_page *p)
{
	const struct map_snapshot *s = &m->v->shown;
	int64_t at = map_view_node_at(s, m->node);
	const struct map_node *n;
	struct text t = {0};

	if (at < 0) {
		ui_page_text(p, STYLE_DIM, "It is no more on the map.");
		return;
	}
	n = &s->nodes[at];
	map_node_text(&t, n);
	map_page_field(p, "name", STYLE_STRONG, &t);
	text_escape(&t, map_node_word(n), 128);
	map_page_field(p, "kind", STYLE_NORMAL, &t);
	members(m, p, n);
	map_count_text(&t, n->drops);
	map_page_field(p, "dropped", n->drops ? STYLE_BAD : STYLE_GOOD, &t);
	map_count_text(&t, n->errors);
	map_page_field(p, "failed", n->errors ? STYLE_BAD : STYLE_GOOD, &t);
	if (n->listen_drops) {
		map_count_text(&t, n->listen_drops);
		text_str(&t, " connection requests lost by its listeners");
		map_page_field(p, "listeners", STYLE_BAD, &t);
	}
	in_and_out(m, p);
	map_page_seen(p, s->now_ns, n->first_ns, n->last_ns);
	map_page_ends(m, p);
	peers(p, s, at, false);
	peers(p, s, at, true);
	text_free(&t);
}
