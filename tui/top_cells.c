// SPDX-License-Identifier: MIT
/* What stands in the columns of the sums. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/sparkline.h"
#include "tui/top_internal.h"

#define MINUTE 60
#define PROTO_TCP 6
#define NS_PER_SEC 1000000000ull

/* ---------------------------------------------------------------------------- values */

static double bytes(const struct top_amounts *a)
{
	return a->bytes_out + a->bytes_in;
}

/* The part that a row has of all; of what is no amount: relative to nothing, 0. */
static double share(const struct top_table *t, const struct top_row *r)
{
	double all = t->snapshot.all.value;

	if (t->metric == TOP_RTT || t->metric == TOP_LATENCY || !(all > 0))
		return 0;
	return r->value / all;
}

static double number_of(const struct top_table *t, enum top_column id, const struct top_row *r)
{
	switch (id) {
	case TOP_COL_PORTS:
		return r->ports[0];
	case TOP_COL_PID:
		return r->pids[0];
	case TOP_COL_USER:
		return r->has_uid ? (double)r->uid : -1;
	case TOP_COL_SHARE:
		return share(t, r);
	case TOP_COL_OUT:
		return r->window.bytes_out;
	case TOP_COL_IN:
		return r->window.bytes_in;
	case TOP_COL_PEERS:
		return r->peers;
	case TOP_COL_BEGUN:
		return r->total.begun;
	case TOP_COL_DROPS:
		return r->total.drops;
	case TOP_COL_RETRANSMITS:
		return r->total.retransmits;
	case TOP_COL_RTT:
		return (double)r->rtt.p99_ns;
	case TOP_COL_LATENCY:
		return (double)r->latency.p99_ns;
	case TOP_COL_RTT_MEDIAN:
		return (double)r->rtt.p50_ns;
	case TOP_COL_LATENCY_MEDIAN:
		return (double)r->latency.p50_ns;
	case TOP_COL_TOTAL:
		return bytes(&r->total);
	case TOP_COL_PACKETS:
		return r->total.packets;
	case TOP_COL_EVENTS:
		return (double)r->flows;
	case TOP_COL_LAST:
		return (double)r->last_ns;
	default:
		return r->value;
	}
}

int top_compare(const struct top_table *t, enum top_column id, const struct top_row *a,
		const struct top_row *b)
{
	double x, y;

	if (id == TOP_COL_NAME)
		return strcmp(a->name, b->name);
	if (id == TOP_COL_PEER)
		return strcmp(a->peer, b->peer);
	x = number_of(t, id, a);
	y = number_of(t, id, b);
	return (x > y) - (x < y);
}

/* ----------------------------------------------------------------------------- cells */

/* The one used most, and how many others. */
static void put_ports(const struct top_table *t, const struct top_row *r, struct text *out)
{
	size_t n = 0;

	while (n < TOP_PORTS && r->ports[n])
		n++;
	if (!n)
		return;
	text_u64(out, r->ports[0]);
	if (r->port_protocols[0] != PROTO_TCP && protocol_name(r->port_protocols[0])) {
		text_char(out, '/');
		text_str(out, protocol_name(r->port_protocols[0]));
	}
	if (n < 2 || t->narrow)
		return;
	text_str(out, " +");
	text_u64(out, n - 1);
	if (r->more_ports)
		text_str(out, "..");
}

/* From the client's to the server's. */
static void put_connection_ports(const struct top_table *t, const struct top_row *r,
				 struct text *out)
{
	const char *name = protocol_name(r->protocol);

	if (r->ports[0])
		text_u64(out, r->ports[0]);
	if (r->ports[0] || r->ports[1])
		text_str(out, t->ascii ? ">" : "→");
	if (r->ports[1])
		text_u64(out, r->ports[1]);
	if (r->protocol == PROTO_TCP || !name)
		return;
	if (out->len)
		text_char(out, '/');
	text_str(out, name);
}

static void put_pids(const struct top_row *r, struct text *out)
{
	if (!r->pids[0])
		return;
	text_u64(out, r->pids[0]);
	if (r->n_pids < 2)
		return;
	text_str(out, " +");
	text_u64(out, r->n_pids - 1);
	if (r->more_pids)
		text_str(out, "..");
}

static void put_user(const struct top_table *t, const struct top_row *r, struct text *out)
{
	const char *name = r->has_uid ? users_name(t->users, r->uid) : NULL;

	if (!r->has_uid)
		return;
	if (!name && !r->uid) /* everywhere */
		name = "root";
	if (name)
		text_str(out, name);
	else
		text_u64(out, r->uid);
	if (r->more_uids)
		text_str(out, " +");
}

static void put_minute(const struct top_table *t, const struct top_row *r, struct text *out)
{
	struct top_query q = top_query_of(t);
	float v[MINUTE];

	if (!top_series(t->top, &q, r->key, MINUTE, v))
		return;
	sparkline_text(out, v, MINUTE, t->minute, t->ascii);
}

static void put_share(const struct top_table *t, const struct top_row *r, struct text *out)
{
	double part = share(t, r);

	if (t->bar) {
		bar_text(out, part, t->bar, t->ascii);
		text_char(out, ' ');
	}
	percent_text(out, part);
}

static void put_value(const struct top_table *t, const struct top_row *r, struct text *out)
{
	bool all = !top_windows[t->window];

	if (t->metric == TOP_RTT || t->metric == TOP_LATENCY) {
		if (r->value > 0)
			duration_text(out, (uint64_t)r->value);
		else
			text_char(out, '-');
	} else if (t->metric == TOP_BYTES && !top_only_events(t)) {
		figure_text(out, r->value, all ? "B" : "B/s", true);
	} else {
		figure_text(out, r->value, all ? "" : "/s", false);
	}
}

/* What was not is quiet; what tells of a fault is not. */
static void put_count(double v, enum style bad, struct text *out, enum style *style)
{
	if (v > 0) {
		figure_text(out, v, "", false);
		*style = bad;
	} else {
		text_char(out, '-');
		*style = STYLE_DIM;
	}
}

static void put_duration(uint64_t ns, struct text *out, enum style *style)
{
	if (ns) {
		duration_text(out, ns);
		return;
	}
	text_char(out, '-');
	*style = STYLE_DIM;
}

static void put_bytes(const struct top_table *t, double v, bool rate, struct text *out,
		      enum style *style)
{
	if (top_only_events(t) || !(v > 0)) {
		text_char(out, '-');
		*style = STYLE_DIM;
		return;
	}
	figure_text(out, v, rate && top_windows[t->window] ? "B/s" : "B", true);
}

static void put_last(const struct top_table *t, const struct top_row *r, struct text *out)
{
	if (r->last_ns && t->now_ns >= r->last_ns + NS_PER_SEC)
		text_u64(out, (t->now_ns - r->last_ns) / NS_PER_SEC);
	else
		text_char(out, '0');
	text_str(out, " s");
}

/* A table in a file has plain numbers: bytes, seconds, a second. */
static void put_plain(const struct top_table *t, const struct top_row *r, enum top_column id,
		      struct text *out)
{
	double v = number_of(t, id, r);
	char buf[64];

	if (id == TOP_COL_USER && !r->has_uid)
		return;
	if (id == TOP_COL_RTT || id == TOP_COL_LATENCY || id == TOP_COL_RTT_MEDIAN ||
	    id == TOP_COL_LATENCY_MEDIAN || id == TOP_COL_LAST ||
	    (id == TOP_COL_VALUE && (t->metric == TOP_RTT || t->metric == TOP_LATENCY))) {
		if (v > 0)
			snprintf(buf, sizeof(buf), "%.9f", v / 1e9);
		else
			*buf = '\0';
	} else {
		snprintf(buf, sizeof(buf), v == (double)(uint64_t)v ? "%.0f" : "%.6g", v);
	}
	text_str(out, buf);
}

static void name_cell(const struct top_table *t, const struct top_row *r, struct text *out,
		      enum style *style)
{
	if (r->others) {
		text_str(out, "others");
		if (!t->exporting) {
			text_str(out, ": ");
			figure_text(out, (double)t->snapshot.put_together, "", false);
			text_str(out, " with no room");
		}
		*style = STYLE_DIM;
		return;
	}
	text_str(out, *r->name ? r->name : "-");
	if (t->kind->by[t->at].dimension == TOP_NAMESPACES && !r->is_name)
		*style = STYLE_INFO; /* what is called so by us */
	if (r->ended)
		*style = STYLE_DIM;
	if (!t->exporting && *r->process) {
		text_str(out, " ");
		text_str(out, r->process);
	}
}

static void peer_cell(const struct top_table *t, const struct top_row *r, struct text *out,
		      enum style *style)
{
	if (r->both && !t->exporting)
		text_str(out, t->ascii ? "<> " : "⇄ ");
	text_str(out, r->peer);
	if (r->ended)
		*style = STYLE_DIM;
	if (!t->exporting && *r->peer_process) {
		text_str(out, " ");
		text_str(out, r->peer_process);
	}
}

static void sum_cell(const struct top_table *t, const struct top_row *r, enum top_column id,
		     struct text *out, enum style *style)
{
	switch (id) {
	case TOP_COL_PEERS:
		put_count(r->peers, STYLE_NORMAL, out, style);
		if (r->peers && r->more_peers)
			text_char(out, '+');
		return;
	case TOP_COL_OUT:
		put_bytes(t, r->window.bytes_out, true, out, style);
		return;
	case TOP_COL_IN:
		put_bytes(t, r->window.bytes_in, true, out, style);
		return;
	case TOP_COL_TOTAL:
		put_bytes(t, bytes(&r->total), false, out, style);
		return;
	case TOP_COL_BEGUN:
	case TOP_COL_PACKETS:
	case TOP_COL_EVENTS:
		put_count(number_of(t, id, r), STYLE_NORMAL, out, style);
		return;
	case TOP_COL_DROPS:
		put_count(r->total.drops, STYLE_BAD, out, style);
		return;
	case TOP_COL_RETRANSMITS:
		put_count(r->total.retransmits, STYLE_WARN, out, style);
		return;
	default:
		put_duration((uint64_t)number_of(t, id, r), out, style);
	}
}

void top_cell(struct top_table *t, const struct top_row *r, enum top_column id, struct text *out,
	      enum style *style)
{
	switch (id) {
	case TOP_COL_NAME:
		name_cell(t, r, out, style);
		return;
	case TOP_COL_PEER:
		peer_cell(t, r, out, style);
		return;
	case TOP_COL_PORTS:
		if (t->kind->by[t->at].dimension == TOP_CONNECTIONS)
			put_connection_ports(t, r, out);
		else
			put_ports(t, r, out);
		return;
	case TOP_COL_MINUTE:
		if (!t->exporting)
			put_minute(t, r, out);
		*style = STYLE_INFO;
		return;
	default:
		break;
	}
	if (t->exporting) {
		put_plain(t, r, id, out);
		return;
	}
	switch (id) {
	case TOP_COL_PID:
		put_pids(r, out);
		return;
	case TOP_COL_USER:
		put_user(t, r, out);
		return;
	case TOP_COL_VALUE:
		put_value(t, r, out);
		*style = r->others ? STYLE_DIM : STYLE_STRONG;
		return;
	case TOP_COL_SHARE:
		put_share(t, r, out);
		*style = STYLE_INFO;
		return;
	case TOP_COL_LAST:
		put_last(t, r, out);
		*style = STYLE_DIM;
		return;
	default:
		sum_cell(t, r, id, out, style);
	}
}
