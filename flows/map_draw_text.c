// SPDX-License-Identifier: MIT
#include "flows/map_draw_parts.h"

#include <string.h>

#define RETRANSMITS_BAD 0.01 /* of the packets: from here on it is worth a colour */

static void end_line(struct map_lines *l, uint8_t style)
{
	if (l->n >= MAP_NODE_LINES)
		return;
	l->end[l->n] = l->text.len;
	l->style[l->n++] = style;
}

void map_lines_free(struct map_lines *l)
{
	text_free(&l->text);
	*l = (struct map_lines){0};
}

const char *map_line(const struct map_lines *l, size_t i, size_t *ret_n)
{
	size_t from = i ? l->end[i - 1] : 0;

	*ret_n = l->end[i] - from;
	return l->text.data ? l->text.data + from : "";
}

int map_lines_width(const struct map_lines *l)
{
	int width = l->least;

	for (size_t i = 0; i < l->n; i++) {
		size_t n;
		const char *s = map_line(l, i, &n);
		int w = canvas_width_of(s, n);

		width = w > width ? w : width;
	}
	return width;
}

/* ------------------------------------------------------------------------ figures */

static void text_rate(struct text *t, double bytes)
{
	text_bytes(t, bytes < 1 ? 0 : (uint64_t)(bytes + 0.5));
	text_str(t, "/s");
}

/* "0.4", "12", "1200": a rate of things. */
static void text_count_rate(struct text *t, double v)
{
	uint64_t tenths = (uint64_t)(v * 10 + 0.5);

	if (!tenths && v > 0) {
		text_str(t, "<0.1");
		return;
	}
	text_u64(t, tenths / 10);
	if (tenths < 100 && tenths % 10) {
		text_char(t, '.');
		text_u64(t, tenths % 10);
	}
}

/* "90B", "244K", "1.2M": bytes a second where there is no room for the unit. */
static void text_short(struct text *t, double v)
{
	static const char units[] = "BKMGTP";
	size_t unit = 0;

	for (; v >= 999.5 && unit < sizeof(units) - 2; unit++)
		v /= 1024;
	text_count_rate(t, v);
	text_char(t, units[unit]);
}

/* "3%", "0.2%", "<0.1%"; v of all is not 0. */
static void text_share(struct text *t, double v, double all)
{
	uint64_t tenths = all > 0 ? (uint64_t)(v * 1000 / all + 0.5) : 1000;

	if (!tenths) {
		text_str(t, "<0.1%");
		return;
	}
	text_u64(t, tenths / 10);
	if (tenths < 100 && tenths % 10) {
		text_char(t, '.');
		text_u64(t, tenths % 10);
	}
	text_char(t, '%');
}

static void separate(struct text *t, size_t from)
{
	if (t->len > from)
		text_char(t, ' ');
}

/* ---------------------------------------------------------------------------- nodes */

static void mark(struct text *t, unsigned int m)
{
	if (m == MAP_NEW)
		text_str(t, "+ ");
	if (m == MAP_GONE)
		text_str(t, "- ");
}

static void name_line(struct map_lines *l, const struct map_node *n, bool with_namespace)
{
	mark(&l->text, n->mark);
	if (with_namespace)
		map_node_text(&l->text, n);
	else
		text_escape(&l->text, n->name, 256);
	end_line(l, map_node_style(n));
}

static void kind_line(struct map_lines *l, const struct map_node *n)
{
	if (n->workload_kind && *n->workload_kind)
		text_escape(&l->text, n->workload_kind, 64);
	else
		text_str(&l->text, map_node_kind_name(n->kind));
	if (n->members > 1) {
		text_str(&l->text, ", ");
		text_u64(&l->text, n->members);
		text_str(&l->text, " together");
	}
	end_line(l, STYLE_DIM);
}

static void rate_line(struct map_lines *l, const struct map_node *n, bool brief)
{
	void (*rate)(struct text *, double) = brief ? text_short : text_rate;

	text_str(&l->text, "in ");
	rate(&l->text, n->bytes_in);
	text_str(&l->text, brief ? " out " : ", out ");
	rate(&l->text, n->bytes_out);
	l->least = brief ? 18 : 29; /* "in 1023K out 1023K", "in 1023 KiB/s, out 1023 KiB/s" */
	end_line(l, STYLE_NORMAL);
}

static void trouble_line(struct map_lines *l, const struct map_node *n)
{
	size_t from = l->text.len;

	if (n->drops) {
		text_u64(&l->text, n->drops);
		text_str(&l->text, n->drops == 1 ? " drop" : " drops");
	}
	if (n->errors) {
		if (l->text.len > from)
			text_char(&l->text, ',');
		separate(&l->text, from);
		text_u64(&l->text, n->errors);
		text_str(&l->text, n->errors == 1 ? " error" : " errors");
	}
	if (l->text.len > from)
		end_line(l, STYLE_BAD);
}

void map_node_lines(struct map_lines *l, const struct map_node *n, enum map_zoom zoom,
		    bool with_namespace, bool brief)
{
	name_line(l, n, with_namespace);
	if (zoom != MAP_ZOOM_FULL)
		return;
	kind_line(l, n);
	if (n->counted || n->bytes_in > 0 || n->bytes_out > 0)
		rate_line(l, n, brief);
	trouble_line(l, n);
}

/* ---------------------------------------------------------------------------- links */

/* All of a link's edges as one. */
static struct map_edge sum_of(const struct map_snapshot *s, const struct map_link *link)
{
	struct map_edge sum = s->edges[link->first];

	for (size_t i = link->first + 1; i < link->first + link->n; i++) {
		const struct map_edge *e = &s->edges[i];

		sum.flows += e->flows;
		sum.bytes += e->bytes;
		sum.reply_bytes += e->reply_bytes;
		sum.bytes_rate += e->bytes_rate;
		sum.requests_rate += e->requests_rate;
		sum.connections_rate += e->connections_rate;
		sum.packets += e->packets;
		sum.reply_packets += e->reply_packets;
		sum.connections += e->connections;
		sum.requests += e->requests;
		sum.drops += e->drops;
		sum.sent += e->sent;
		sum.errors += e->errors;
		sum.retransmits += e->retransmits;
		if (e->latency_p99_ns > sum.latency_p99_ns)
			sum.latency_p99_ns = e->latency_p99_ns;
		if (e->rtt_p99_ns > sum.rtt_p99_ns)
			sum.rtt_p99_ns = e->rtt_p99_ns;
	}
	return sum;
}

static void text_port(struct text *t, const struct map_snapshot *s, const struct map_link *link)
{
	const struct map_edge *e = &s->edges[link->first];

	if (e->port)
		text_u64(t, e->port);
	else if (e->app && *e->app)
		text_escape(t, e->app, 32);
	else
		map_edge_text(t, e);
	if (link->n > 1) {
		text_str(t, " +");
		text_u64(t, link->n - 1);
	}
}

/* Of so many that were tried those that failed, a part; 1 at most. */
static double failed(const struct map_edge *e)
{
	uint64_t asked = e->requests ? e->requests : e->connections;

	return asked > e->errors ? (double)e->errors / (double)asked : e->errors > 0;
}

/* "12% dropped", "!12%": what makes the link bad, be it drops or failed calls of one of its ports; the worse of them. */
static void text_worst(struct text *t, size_t from, const struct map_snapshot *s,
		       const struct map_link *link, const struct map_edge *sum, bool brief)
{
	double dropped = sum->drops ? (double)sum->drops / (double)sum->sent : 0, worst = dropped;

	for (size_t i = link->first; i < link->first + link->n; i++)
		if (map_edge_is_bad(&s->edges[i]) && failed(&s->edges[i]) > worst)
			worst = failed(&s->edges[i]);
	if (worst <= 0)
		return;
	separate(t, from);
	if (brief)
		text_char(t, '!');
	text_share(t, worst, 1);
	if (!brief)
		text_str(t, worst > dropped ? " failed" : " dropped");
}

static void quality_line(struct map_lines *l, const struct map_edge *e, uint8_t style)
{
	uint64_t ns = e->latency_p99_ns ? e->latency_p99_ns : e->rtt_p99_ns;
	struct text *t = &l->text;
	size_t from = t->len;

	if (ns) {
		text_str(t, e->latency_p99_ns ? "p99 " : "RTT ");
		text_us(t, ns / 1000);
	}
	if (e->errors &&
	    !map_edge_is_cut(e)) { /* else it is known why, and that all of them will */
		separate(t, from);
		text_share(t, failed(e), 1);
		text_str(t, " errors");
	}
	if (e->drops) {
		separate(t, from);
		text_share(t, (double)e->drops, (double)e->sent);
		text_str(t, " dropped");
	}
	if (t->len > from)
		end_line(l, style);
}

/* Hubble's flows have no bytes. */
static bool is_counted(const struct map_edge *e)
{
	return e->bytes || e->reply_bytes || e->bytes_rate > 0 || !e->flows;
}

/* Do requests say what all of it is? Another port of the link may carry more. */
static bool is_asked(const struct map_snapshot *s, const struct map_link *link)
{
	bool asked = false;

	for (size_t i = link->first; i < link->first + link->n; i++) {
		const struct map_edge *e = &s->edges[i];

		if (e->requests_rate > 0)
			asked = true;
		else if (e->bytes_rate > 0)
			return false;
	}
	return asked;
}

static void text_traffic(struct text *t, const struct map_edge *e, bool asked, bool brief)
{
	if (asked) {
		text_count_rate(t, e->requests_rate);
		text_str(t, brief ? "/s" : " req/s");
	} else if (!is_counted(e)) {
		text_u64(t, e->flows);
		text_str(t, e->flows == 1 ? " flow" : " flows");
	} else if (brief) {
		text_short(t, e->bytes_rate);
	} else {
		text_rate(t, e->bytes_rate);
	}
}

void map_link_lines(struct map_lines *l, const struct map_snapshot *s, const struct map_link *link,
		    enum map_zoom zoom, bool brief)
{
	struct text *t = &l->text;
	struct map_edge e;
	uint8_t style;
	size_t from = t->len;
	bool full = zoom == MAP_ZOOM_FULL && !brief;

	if (zoom == MAP_ZOOM_NAMES || !link->n)
		return;
	e = sum_of(s, link);
	style = map_link_style(s, link);
	mark(t, link->mark);
	if (full && link->n == 1)
		map_edge_text(t, &e);
	else
		text_port(t, s, link);
	separate(t, from);
	l->least = (int)text_width(t, from) + (brief ? 5 : 10); /* "1023K", "10.4 KiB/s" */
	text_traffic(t, &e, is_asked(s, link), brief);
	if (zoom == MAP_ZOOM_RATES)
		text_worst(t, from, s, link, &e, brief);
	end_line(l, style);
	if (zoom == MAP_ZOOM_FULL)
		quality_line(l, &e, style);
}

void map_link_text(struct text *t, const struct map_snapshot *s, const struct map_link *link,
		   enum map_zoom zoom)
{
	struct map_lines l = {0};

	map_link_lines(&l, s, link, zoom, false);
	for (size_t i = 0; i < l.n; i++) {
		size_t n;
		const char *line = map_line(&l, i, &n);

		if (i)
			text_str(t, "  ");
		text_mem(t, line, n);
	}
	map_lines_free(&l);
}

/* --------------------------------------------------------------------------- colours */

uint8_t map_namespace_style(const char *namespace_name)
{
	uint32_t hash = 2166136261u;

	if (!namespace_name || !*namespace_name)
		return STYLE_NORMAL;
	for (; *namespace_name; namespace_name++)
		hash = (hash ^ (unsigned char)*namespace_name) * 16777619u;
	return (uint8_t)(STYLE_NAMESPACE + (hash >> 8) % STYLE_NAMESPACES);
}

uint8_t map_link_style(const struct map_snapshot *s, const struct map_link *link)
{
	uint64_t retransmits = 0, packets = 0;

	if (link->mark != MAP_SAME)
		return link->mark == MAP_NEW ? STYLE_GOOD : STYLE_DIM;
	if (link->bad)
		return STYLE_BAD;
	for (size_t i = link->first; i < link->first + link->n; i++) {
		retransmits += s->edges[i].retransmits;
		packets += s->edges[i].packets + s->edges[i].reply_packets;
	}
	return retransmits > (double)packets * RETRANSMITS_BAD ? STYLE_WARN : STYLE_NORMAL;
}

uint8_t map_node_style(const struct map_node *n)
{
	if (n->mark != MAP_SAME)
		return n->mark == MAP_NEW ? STYLE_GOOD : STYLE_DIM;
	return n->kind == MAP_NODE_WORLD || n->kind == MAP_NODE_OTHERS ? STYLE_INFO : STYLE_STRONG;
}
