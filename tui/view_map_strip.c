// SPDX-License-Identifier: MIT
/* The lines below the map: all about what is selected, else about what is wrong. */
#include <stdio.h>

#include "tui/view_map_own.h"

#define FACTS 24

/* Short statements in the order of their weight; what has no room is left out. */
struct fact {
	enum style style;
	struct text t;
};

struct facts {
	struct fact v[FACTS];
	size_t n;
};

static struct text *fact(struct facts *f, enum style style)
{
	static struct text nowhere;
	struct fact *one;

	if (f->n == FACTS) {
		nowhere.len = 0;
		return &nowhere;
	}
	one = &f->v[f->n++];
	one->style = style;
	return &one->t;
}

static void say(struct facts *f, enum style style, const char *s)
{
	text_str(fact(f, style), s);
}

static void facts_free(struct facts *f)
{
	for (size_t i = 0; i < f->n; i++)
		text_free(&f->v[i].t);
}

/* One after the other, on to the next line where it is full. */
static void facts_draw(const struct facts *f, struct canvas *c, struct canvas_area a)
{
	int x = a.x + 1, right = a.x + a.width, y = a.y;

	for (size_t i = 0; i < f->n; i++) {
		const struct text *t = &f->v[i].t;
		int width = canvas_width_of(t->data, t->len);

		if (x != a.x + 1 && x + 3 + width > right) {
			if (y + 1 >= a.y + a.height)
				continue;
			x = a.x + 1;
			y++;
		}
		if (x != a.x + 1)
			x += canvas_str(c, x, y, right - x, STYLE_DIM, " \u00b7 ");
		x += canvas_text(c, x, y, right - x, f->v[i].style, t->data, t->len);
	}
}

/* ---------------------------------------------------------------------- a link */

static void drops_fact(struct facts *f, const struct map_edge *e)
{
	struct text *t;

	if (!e->drops)
		return;
	t = fact(f, STYLE_BAD);
	map_share_text(t, e->drops, e->sent);
	text_str(t, e->sent == 1 ? " packet dropped" : " packets dropped");
	if (*e->drop_reason) {
		text_str(t, ": ");
		text_escape(t, e->drop_reason, 128);
	}
	if (*e->drop_function) {
		text_str(t, " in ");
		text_escape(t, e->drop_function, 128);
	}
	if (*e->drop_policy) {
		text_str(t, " by ");
		text_escape(t, e->drop_policy, 128);
	}
}

static void errors_fact(struct facts *f, const struct map_edge *e)
{
	struct text *t;

	if (!e->errors || map_edge_is_cut(e)) /* what was dropped says it */
		return;
	t = fact(f, STYLE_BAD);
	map_share_text(t, e->errors, e->requests ? e->requests : e->connections);
	text_str(t, e->requests ? " requests failed" : " connections failed");
}

static void spread_fact(struct facts *f, const char *what, uint64_t p50, uint64_t p99)
{
	struct text *t;

	if (!p99)
		return;
	t = fact(f, p99 >= SLOW_NS ? STYLE_WARN : STYLE_NORMAL);
	text_str(t, what);
	text_char(t, ' ');
	text_us(t, p50 / 1000);
	text_str(t, ", p99 ");
	text_us(t, p99 / 1000);
}

static void rate_facts(struct facts *f, const struct map_edge *e)
{
	if (e->bytes || e->reply_bytes)
		map_bytes_rate_text(fact(f, STYLE_NORMAL), e->bytes_rate);
	if (e->requests)
		map_rate_text(fact(f, STYLE_NORMAL), e->requests_rate, "requests");
	else if (e->connections)
		map_rate_text(fact(f, STYLE_NORMAL), e->connections_rate, "connections");
	spread_fact(f, "answers", e->latency_p50_ns, e->latency_p99_ns);
	spread_fact(f, "round trip", e->rtt_p50_ns, e->rtt_p99_ns);
	spread_fact(f, "handshake", e->handshake_p50_ns, e->handshake_p99_ns);
}

static void seen_facts(struct facts *f, uint64_t now, uint64_t first, uint64_t last)
{
	struct text *t = fact(f, STYLE_DIM);

	text_str(t, "last seen ");
	map_ago_text(t, now, last);
	t = fact(f, STYLE_DIM);
	text_str(t, "first ");
	map_ago_text(t, now, first);
}

static void link_facts(struct facts *f, const struct map_snapshot *s, const struct map_link *l)
{
	struct map_edge e;
	struct text *t;

	map_link_sum(s, l, &e);
	drops_fact(f, &e);
	errors_fact(f, &e);
	rate_facts(f, &e);
	if (e.retransmits) {
		t = fact(f, STYLE_WARN);
		map_share_text(t, e.retransmits, e.packets + e.reply_packets);
		text_str(t, " sent again");
	}
	t = fact(f, STYLE_NORMAL);
	map_edge_bytes_text(t, &e);
	if (e.connections && e.requests) {
		t = fact(f, STYLE_NORMAL);
		map_count_text(t, e.connections);
		text_str(t, e.connections == 1 ? " connection" : " connections");
	}
	seen_facts(f, s->now_ns, e.first_ns, e.last_ns);
}

/* "TCP 5432 PostgreSQL, UDP 53 DNS" */
static void ports_text(struct text *t, const struct map_snapshot *s, const struct map_link *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (i == 3 && l->n > 4) {
			text_str(t, ", ");
			text_u64(t, l->n - i);
			text_str(t, " more");
			return;
		}
		if (i)
			text_str(t, ", ");
		map_edge_text(t, &s->edges[l->first + i]);
	}
}

/* ---------------------------------------------------------------------- a node */

/* The worst of its links in some words. */
static void worst_fact(struct facts *f, const struct map_view *v, const struct map_drawing *d,
		       int64_t node)
{
	const struct map_snapshot *s = &v->shown;
	uint64_t most = 0;
	size_t worst = 0;
	struct map_edge e, is;
	struct text *t;

	for (size_t i = 0; i < d->n_links; i++) {
		if (d->links[i].from != node && d->links[i].to != node)
			continue;
		map_link_sum(s, &d->links[i], &e);
		if (e.drops + e.errors <= most)
			continue;
		most = e.drops + e.errors;
		worst = i;
		is = e;
	}
	if (!most)
		return;
	t = fact(f, STYLE_BAD);
	text_str(t, d->links[worst].from == node ? "\u2192 " : "\u2190 ");
	map_node_text(t, &s->nodes[d->links[worst].from == node ? d->links[worst].to
								: d->links[worst].from]);
	text_str(t, is.drops ? " drops " : " fails ");
	map_count_text(t, is.drops ? is.drops : is.errors);
	if (is.drops && *is.drop_reason) {
		text_str(t, ": ");
		text_escape(t, is.drop_reason, 128);
	}
}

static void count_fact(struct facts *f, enum style style, uint64_t n, const char *what)
{
	struct text *t;

	if (!n)
		return;
	t = fact(f, style);
	map_count_text(t, n);
	text_char(t, ' ');
	text_str(t, what);
}

static void node_facts(struct facts *f, const struct map_view *v, const struct map_drawing *d,
		       int64_t node)
{
	const struct map_node *n = &v->shown.nodes[node];
	struct text *t;

	count_fact(f, STYLE_BAD, n->drops, n->drops == 1 ? "packet dropped" : "packets dropped");
	count_fact(f, STYLE_BAD, n->errors, n->errors == 1 ? "call failed" : "calls failed");
	count_fact(f, STYLE_BAD, n->listen_drops, "connection requests lost by its listeners");
	worst_fact(f, v, d, node);
	if (n->counted) {
		t = fact(f, STYLE_NORMAL);
		text_str(t, "in ");
		map_bytes_rate_text(t, n->bytes_in);
		t = fact(f, STYLE_NORMAL);
		text_str(t, "out ");
		map_bytes_rate_text(t, n->bytes_out);
	}
	if (n->members > 1)
		count_fact(f, STYLE_NORMAL, n->members,
			   map_node_is_rest(n) ? "names or addresses as one (x: each)" : "members");
	count_fact(f, STYLE_NORMAL, n->edges_in, n->edges_in == 1 ? "link in" : "links in");
	count_fact(f, STYLE_NORMAL, n->edges_out, n->edges_out == 1 ? "link out" : "links out");
	seen_facts(f, v->shown.now_ns, n->first_ns, n->last_ns);
}

/* ------------------------------------------------------------------- all of it */

static size_t bad_links(const struct map_view *v, const struct map_drawing *d)
{
	size_t n = 0;

	for (size_t i = 0; d && i < d->n_links; i++)
		n += d->links[i].bad;
	(void)v;
	return n;
}

static void link_fact(struct facts *f, const struct map_view *v, const struct map_drawing *d,
		      const char *what, enum style style, int64_t link)
{
	struct map_edge e;
	struct text *t;

	if (link < 0)
		return;
	map_link_sum(&v->shown, &d->links[link], &e);
	t = fact(f, style);
	text_str(t, what);
	map_link_name(t, &v->shown, d->links[link].from, d->links[link].to);
	text_char(t, ' ');
	if (style != STYLE_BAD) {
		if (e.bytes || e.reply_bytes)
			map_bytes_rate_text(t, e.bytes_rate);
		else
			map_edge_bytes_text(t, &e);
	} else if (e.drops) {
		map_share_text(t, e.drops, e.sent);
		text_str(t, " dropped ");
		text_escape(t, e.drop_reason, 64);
	} else {
		map_share_text(t, e.errors, e.requests ? e.requests : e.connections);
		text_str(t, " failed");
	}
}

static int64_t slowest(const struct map_view *v, const struct map_drawing *d, uint64_t *ret_ns)
{
	int64_t best = -1;

	*ret_ns = 0;
	for (size_t i = 0; i < d->n_links; i++) {
		struct map_edge e;

		map_link_sum(&v->shown, &d->links[i], &e);
		if (e.latency_p99_ns <= *ret_ns)
			continue;
		*ret_ns = e.latency_p99_ns;
		best = (int64_t)i;
	}
	return best;
}

/* The n-th worst or busiest; -1: there are not so many. */
static int64_t ranked(const struct map_view *v, const struct map_drawing *d, bool bad, int n)
{
	double limit = 1e300, is;
	int64_t best = -1;

	for (; n >= 0; n--, limit = is) {
		int64_t last = best;

		best = -1;
		is = 0;
		for (size_t i = 0; i < d->n_links; i++) {
			double w = map_link_weight(&v->shown, &d->links[i], bad);
			bool after = w < limit || (w == limit && (int64_t)i > last);

			if (!after || w <= is)
				continue;
			is = w;
			best = (int64_t)i;
		}
		if (best < 0)
			return -1;
	}
	return best;
}

#define WORST 6 /* of the bad links that are told */
#define BUSIEST 4

static void summary_facts(struct facts *f, const struct map_view *v, const struct map_drawing *d)
{
	uint64_t ns;
	int64_t slow = slowest(v, d, &ns);
	struct text *t;

	if (!bad_links(v, d))
		say(f, STYLE_GOOD, "no drops, no errors");
	for (int i = 0; i < WORST; i++)
		link_fact(f, v, d, "", STYLE_BAD, ranked(v, d, true, i));
	count_fact(f, STYLE_WARN, v->all.strays, "of a wrong clock: a day off all others");
	count_fact(f, STYLE_WARN, v->all.left_out, "flows in \"others\": too many nodes or links");
	if (slow >= 0) {
		t = fact(f, ns >= SLOW_NS ? STYLE_WARN : STYLE_NORMAL);
		text_str(t, "slowest: ");
		map_link_name(t, &v->shown, d->links[slow].from, d->links[slow].to);
		text_str(t, " p99 ");
		text_us(t, ns / 1000);
	}
	for (int i = 0; i < BUSIEST; i++)
		link_fact(f, v, d, i ? "" : "busiest: ", STYLE_NORMAL, ranked(v, d, false, i));
}

static void count_of(struct text *t, uint64_t n, const char *one, const char *many)
{
	map_count_text(t, n);
	text_char(t, ' ');
	text_str(t, n == 1 ? one : many);
}

/* Why there are fewer nodes than there could be. */
static void folded_text(struct text *t, const struct map_view *v)
{
	uint64_t rest = 0;

	for (size_t i = 0; i < v->shown.n_nodes; i++)
		if (map_node_is_rest(&v->shown.nodes[i]))
			rest += v->shown.nodes[i].members;
	if (rest) {
		text_str(t, " (");
		map_count_text(t, rest);
		text_str(t, " outside are one)");
	}
	if (v->fold_all || v->n_unlike) {
		text_str(t, " of ");
		map_count_text(t, v->all.n_nodes);
		text_str(t, v->fold_chosen ? ": namespaces folded" : ": many, namespaces folded");
	}
}

static void summary_title(struct text *t, const struct map_view *v, const struct map_drawing *d)
{
	size_t bad = bad_links(v, d);

	count_of(t, v->shown.n_nodes, "node", "nodes");
	folded_text(t, v);
	if (v->focus)
		text_str(t, " around the focus");
	text_str(t, ", ");
	count_of(t, d->n_links, "link", "links");
	if (bad) {
		text_str(t, ", ");
		map_count_text(t, bad);
		text_str(t, " bad");
	}
}

/* ------------------------------------------------------------------- the strip */

/* What the mouse points at, else what is selected. */
static void about(const struct map_view *v, const struct map_drawing *d, int64_t *node,
		  int64_t *link)
{
	struct canvas_area a = v->drawn;
	int x = v->hover_x - a.x, y = v->hover_y - a.y;

	*node = map_view_node(v);
	*link = map_view_link(v);
	if (v->hover_x < 0 || x < 0 || y < 0 || x >= a.width || y >= a.height)
		return;
	int64_t over_node, over_link;

	if (!map_hit(d, x + v->x, y + v->y, &over_node, &over_link))
		return;
	*node = over_node;
	*link = over_link;
}

static const char *hints(int64_t node, int64_t link, int width)
{
	if (node < 0 && link < 0)
		return width >= 100 ? "arrows or click select \u00b7 p problem \u00b7 \\ find"
				    : "p problem \u00b7 \\ find";
	if (width < 100)
		return "Enter \u00b7 v flows";
	return node >= 0 ? "Enter details \u00b7 v flows \u00b7 o focus \u00b7 f only it"
			 : "Enter details \u00b7 v flows \u00b7 f only it";
}

/* ── title ──────────── hints ── */
static void rule(struct canvas *c, struct canvas_area a, const struct text *title, enum style style,
		 const struct text *more, const char *hint)
{
	int x = a.x, right = a.x + a.width, width = canvas_width_of(hint, strlen(hint));

	for (int i = 0; i < a.width; i++)
		canvas_put(c, a.x + i, a.y, 0x2500, STYLE_DIM);
	if (width + 40 < a.width) {
		right -= width + 4;
		canvas_str(c, right, a.y, -1, STYLE_NORMAL, " ");
		canvas_str(c, right + 1, a.y, width, STYLE_DIM, hint);
		canvas_str(c, right + 1 + width, a.y, -1, STYLE_NORMAL, " ");
	}
	x += 1;
	canvas_str(c, x, a.y, -1, STYLE_NORMAL, " ");
	x += 1 + canvas_text(c, x + 1, a.y, right - x - 4, style, title->data, title->len);
	if (more->len && right - x > 8) {
		canvas_str(c, x, a.y, 2, STYLE_NORMAL, "  ");
		x += 2 +
		     canvas_text(c, x + 2, a.y, right - x - 6, STYLE_INFO, more->data, more->len);
	}
	canvas_str(c, x, a.y, -1, STYLE_NORMAL, " ");
}

void map_view_strip(struct map_view *v, struct canvas *c, struct canvas_area a)
{
	const struct map_drawing *d = map_view_drawing(v);
	struct text title = {0}, more = {0};
	struct facts f = {0};
	struct canvas_area lines = {a.x, a.y + 1, a.width, a.height - 1};
	enum style style = STYLE_STRONG;
	int64_t node, link;

	if (!d || a.height < 2)
		return;
	about(v, d, &node, &link);
	if (node >= 0) {
		const struct map_node *n = &v->shown.nodes[node];

		map_node_text(&title, n);
		text_str(&more, map_node_word(n));
		style = n->drops || n->errors ? STYLE_BAD : STYLE_STRONG;
		node_facts(&f, v, d, node);
	} else if (link >= 0) {
		const struct map_link *l = &d->links[link];

		map_link_name(&title, &v->shown, l->from, l->to);
		ports_text(&more, &v->shown, l);
		style = l->bad ? STYLE_BAD : STYLE_STRONG;
		link_facts(&f, &v->shown, l);
	} else {
		summary_title(&title, v, d);
		summary_facts(&f, v, d);
	}
	rule(c, a, &title, style, &more, hints(node, link, a.width));
	facts_draw(&f, c, lines);
	facts_free(&f);
	text_free(&title);
	text_free(&more);
}
