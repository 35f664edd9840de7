// SPDX-License-Identifier: MIT
/* The columns of the sums: what they are called, how wide they are, what stands in them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/sparkline.h"
#include "tui/top_internal.h"

#define MINUTE 60
#define PROTO_TCP 6
#define NS_PER_SEC 1000000000ull

static const struct ui_column templates[TOP_COLUMNS] = {
	[TOP_COL_NAME] = {.name = "name",
			  .title = "NAME",
			  .width = 30,
			  .min = 22,
			  .stretch = true,
			  .sortable = true,
			  .help = "who it is"},
	[TOP_COL_PEER] = {.name = "peer",
			  .title = "DESTINATION",
			  .width = 30,
			  .min = 20,
			  .stretch = true,
			  .sortable = true,
			  .help = "the other end"},
	[TOP_COL_PORTS] = {.name = "port",
			   .title = "PORT",
			   .width = 8,
			   .min = 6,
			   .sortable = true,
			   .help = "the responder's ports"},
	[TOP_COL_PID] = {.name = "pid",
			 .title = "PID",
			 .width = 10,
			 .min = 8,
			 .sortable = true,
			 .help = "process numbers, the last ones seen"},
	[TOP_COL_USER] = {.name = "user",
			  .title = "USER",
			  .width = 9,
			  .min = 6,
			  .sortable = true,
			  .help = "whose process it is"},
	[TOP_COL_VALUE] = {.name = "value",
			   .title = "BYTES/s",
			   .width = 10,
			   .min = 10,
			   .right = true,
			   .sortable = true,
			   .descending = true,
			   .help = "what rows are ranked by: m changes it"},
	[TOP_COL_SHARE] = {.name = "share",
			   .title = "SHARE",
			   .width = 4,
			   .min = 4,
			   .sortable = true,
			   .descending = true,
			   .help = "the part of all traffic"},
	[TOP_COL_MINUTE] = {.name = "minute",
			    .title = "MINUTE",
			    .width = 12,
			    .min = 12,
			    .help = "the last 60 seconds"},
	[TOP_COL_OUT] = {.name = "out",
			 .title = "OUT",
			 .width = 10,
			 .min = 10,
			 .right = true,
			 .sortable = true,
			 .descending = true,
			 .help = "bytes that it sent; of two: the first one"},
	[TOP_COL_IN] = {.name = "in",
			.title = "IN",
			.width = 10,
			.min = 10,
			.right = true,
			.sortable = true,
			.descending = true,
			.help = "bytes that it received"},
	[TOP_COL_PEERS] = {.name = "peers",
			   .title = "PEERS",
			   .width = 5,
			   .min = 5,
			   .right = true,
			   .sortable = true,
			   .descending = true,
			   .help = "how many others it has connections with"},
	[TOP_COL_BEGUN] = {.name = "connections",
			   .title = "CONNS",
			   .width = 5,
			   .min = 5,
			   .right = true,
			   .sortable = true,
			   .descending = true,
			   .help = "connections begun, or seen for the first time"},
	[TOP_COL_DROPS] = {.name = "drops",
			   .title = "DROPS",
			   .width = 5,
			   .min = 5,
			   .right = true,
			   .sortable = true,
			   .descending = true,
			   .help = "packets dropped"},
	[TOP_COL_RETRANSMITS] = {.name = "retransmits",
				 .title = "RETR",
				 .width = 5,
				 .min = 4,
				 .right = true,
				 .sortable = true,
				 .descending = true,
				 .help = "TCP segments sent again"},
	[TOP_COL_RTT] = {.name = "rtt",
			 .title = "RTT P99",
			 .width = 8,
			 .min = 7,
			 .right = true,
			 .sortable = true,
			 .descending = true,
			 .help = "round trip time, 99th percentile"},
	[TOP_COL_LATENCY] = {.name = "latency",
			     .title = "LAT P99",
			     .width = 8,
			     .min = 7,
			     .right = true,
			     .sortable = true,
			     .descending = true,
			     .help = "answers of applications, 99th percentile"},
	[TOP_COL_TOTAL] = {.name = "total",
			   .title = "TOTAL",
			   .width = 8,
			   .min = 8,
			   .right = true,
			   .sortable = true,
			   .descending = true,
			   .help = "all bytes so far"},
	[TOP_COL_PACKETS] = {.name = "packets",
			     .title = "PACKETS",
			     .width = 7,
			     .min = 7,
			     .right = true,
			     .sortable = true,
			     .descending = true,
			     .help = "all packets so far"},
	[TOP_COL_RTT_MEDIAN] = {.name = "rtt-p50",
				.title = "RTT P50",
				.width = 8,
				.min = 7,
				.right = true,
				.sortable = true,
				.descending = true,
				.help = "round trip time, median"},
	[TOP_COL_LATENCY_MEDIAN] = {.name = "latency-p50",
				    .title = "LAT P50",
				    .width = 8,
				    .min = 7,
				    .right = true,
				    .sortable = true,
				    .descending = true,
				    .help = "answers of applications, median"},
	[TOP_COL_EVENTS] = {.name = "events",
			    .title = "EVENTS",
			    .width = 6,
			    .min = 6,
			    .right = true,
			    .sortable = true,
			    .descending = true,
			    .help = "flow events"},
	[TOP_COL_LAST] = {.name = "last",
			  .title = "LAST",
			  .width = 8,
			  .min = 6,
			  .right = true,
			  .sortable = true,
			  .descending = true,
			  .help = "how long ago the last event was"},
};

/* -------------------------------------------------------------------------- columns */

static bool has_column(const struct top_table_kind *kind, size_t at, enum top_column id)
{
	switch (id) {
	case TOP_COL_PEER:
		return kind->by[at].peer;
	case TOP_COL_PORTS:
		return kind->by[at].dimension == TOP_PAIRS ||
		       kind->by[at].dimension == TOP_CONNECTIONS;
	case TOP_COL_PID:
	case TOP_COL_USER:
	case TOP_COL_PEERS:
		return kind->processes;
	case TOP_COL_BEGUN:
		return kind->by[at].dimension != TOP_CONNECTIONS;
	default:
		return true;
	}
}

void top_columns_make(struct top_table *t, size_t at)
{
	size_t n = 0;

	for (enum top_column id = 0; id < TOP_COLUMNS; id++) {
		if (!has_column(t->kind, at, id))
			continue;
		t->each[at].columns[n] = templates[id];
		t->each[at].ids[n++] = (uint8_t)id;
	}
	t->each[at].n = n;
	t->each[at].columns[0].title = t->kind->by[at].name;
	if (t->kind->by[at].peer)
		t->each[at].columns[1].title = t->kind->by[at].peer;
	t->each[at].sorted = TOP_COL_VALUE;
	t->each[at].descending = true;
}

bool top_only_events(const struct top_table *t)
{
	return t->snapshot.uncounted && t->snapshot.uncounted == t->snapshot.flows;
}

static const char *value_title(const struct top_table *t)
{
	static const char *const titles[TOP_METRICS][2] = {
		[TOP_BYTES] = {"BYTES/s", "BYTES"},	[TOP_PACKETS] = {"PACKETS/s", "PACKETS"},
		[TOP_BEGUN] = {"CONNS/s", "CONNS"},	[TOP_DROPS] = {"DROPS/s", "DROPS"},
		[TOP_RETRANSMITS] = {"RETR/s", "RETR"}, [TOP_RTT] = {"RTT P99", "RTT P99"},
		[TOP_LATENCY] = {"LATENCY", "LATENCY"},
	};
	bool all = !top_windows[t->window];

	if (top_only_events(t) && (t->metric == TOP_BYTES || t->metric == TOP_PACKETS))
		return all ? "EVENTS" : "EVENTS/s";
	return titles[t->metric][all];
}

void top_columns_fit(struct top_table *t, int width)
{
	bool two = t->kind->by[t->at].peer;

	t->narrow = width < 100;
	t->minute = width >= 190	   ? MINUTE
		    : width >= 140	   ? 30
		    : width >= 100 && !two ? 20
		    : two && width < 100   ? 8
					   : 12;
	t->bar = width >= 170 ? 12 : width >= (two ? 140 : 110) ? 6 : 0;
	for (size_t i = 0; i < t->each[t->at].n; i++) {
		struct ui_column *c = &t->each[t->at].columns[i];
		enum top_column id = t->each[t->at].ids[i];

		if (id == TOP_COL_VALUE)
			c->title = value_title(t);
		else if (id == TOP_COL_MINUTE)
			c->width = c->min = (uint16_t)t->minute;
		else if (id == TOP_COL_SHARE)
			c->width = c->min = (uint16_t)(t->bar ? t->bar + 5 : 5);
		else if (id == TOP_COL_PORTS && t->kind->by[t->at].dimension == TOP_CONNECTIONS)
			c->width = c->min = 11;
		else if (id == TOP_COL_PORTS)
			c->width = c->min = t->narrow ? 8 : 11;
		else if (id <= TOP_COL_PEER) /* what there is to see of a name */
			c->min = (uint16_t)(two		  ? width < 100	    ? 19
							      : width < 140 ? 28
									    : 34
					    : width < 100 ? 24
							  : 30);
	}
}

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
