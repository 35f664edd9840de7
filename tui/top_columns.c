// SPDX-License-Identifier: MIT
/* The columns of the sums: which there are, what they are called, how wide they are. */
#include "tui/top_internal.h"

#define MINUTE 60
#define TAIL 5 /* of a pod's name */

static const struct ui_column templates[TOP_COLUMNS] = {
	[TOP_COL_NAME] = {.name = "name",
			  .title = "NAME",
			  .keep_tail = TAIL,
			  .width = 30,
			  .min = 22,
			  .stretch = true,
			  .sortable = true,
			  .help = "who it is"},
	[TOP_COL_PEER] = {.name = "peer",
			  .title = "DESTINATION",
			  .keep_tail = TAIL,
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
			 .help = "process numbers: the lowest, and how many more"},
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
