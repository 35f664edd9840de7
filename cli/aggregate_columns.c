// SPDX-License-Identifier: MIT
#include "cli/aggregate_columns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/print_aggregate.h"
#include "flows/near.h"

#define NS_PER_SEC 1000000000ull
#define NAME_MAX_TYPED 64

#define NUMBER(id, n)                                                       \
	static uint64_t id(const struct aggregate_row *r, uint64_t span_ns) \
	{                                                                   \
		(void)span_ns;                                              \
		return (n);                                                 \
	}

NUMBER(port, r->port)
NUMBER(protocol, r->protocol)
NUMBER(connections, r->connections)
NUMBER(flows, r->flows)
NUMBER(packets, r->packets + r->reply_packets)
NUMBER(sent_packets, r->packets)
NUMBER(received_packets, r->reply_packets)
NUMBER(bytes, r->bytes + r->reply_bytes)
NUMBER(sent_bytes, r->bytes)
NUMBER(received_bytes, r->reply_bytes)
NUMBER(drops, r->drops)
NUMBER(errors, r->errors)
NUMBER(retransmits, r->retransmits)
NUMBER(rtt_p50, r->rtt_p50_ns)
NUMBER(rtt_p99, r->rtt_p99_ns)
NUMBER(latency_p50, r->latency_p50_ns)
NUMBER(latency_p99, r->latency_p99_ns)
NUMBER(first, r->first_ns)
NUMBER(last, r->last_ns)

static uint64_t rate(const struct aggregate_row *r, uint64_t span_ns)
{
	unsigned __int128 total = (unsigned __int128)bytes(r, 0) * NS_PER_SEC;

	return span_ns ? (uint64_t)(total / span_ns) : 0;
}

/* clang-format off */
const struct aggregate_column aggregate_columns[] = {
	{"source", "source", "SOURCE", COLUMN_SOURCE, true, "the initiator's side", NULL},
	{"destination", "destination", "DESTINATION", COLUMN_DESTINATION, true, "the responder's side", NULL},
	{"port", "port", "PORT", COLUMN_NUMBER, false, "the responder's port", port},
	{"protocol", "protocol", "PROTO", COLUMN_PROTOCOL, false, "IP protocol", protocol},
	{"connections", "connections", "CONNS", COLUMN_NUMBER, true, "connections that were seen", connections},
	{"flows", "flows", "EVENTS", COLUMN_NUMBER, true, "flow events", flows},
	{"packets", "packets", "PACKETS", COLUMN_NUMBER, false, "packets, both directions", packets},
	{"sent.packets", "sent_packets", NULL, COLUMN_NUMBER, false, "packets from the source", sent_packets},
	{"received.packets", "received_packets", NULL, COLUMN_NUMBER, false, "packets to the source", received_packets},
	{"bytes", "bytes", NULL, COLUMN_BYTES, false, "bytes, both directions", bytes},
	{"sent.bytes", "sent_bytes", "SENT", COLUMN_BYTES, false, "bytes from the source", sent_bytes},
	{"received.bytes", "received_bytes", "RECEIVED", COLUMN_BYTES, false, "bytes to the source", received_bytes},
	{"rate", "bytes_per_second", "RATE", COLUMN_RATE, false, "bytes a second, both directions", rate},
	{"drops", "drops", "DROPS", COLUMN_NUMBER, true, "packets dropped", drops},
	{"errors", "errors", "ERRORS", COLUMN_NUMBER, true, "connections reset, DNS errors, HTTP 5xx", errors},
	{"retransmits", "retransmits", "RETRANS", COLUMN_NUMBER, false, "TCP segments sent again", retransmits},
	{"rtt.p50", "rtt_p50_ns", "RTT-P50", COLUMN_DURATION, false, "round trip time, median", rtt_p50},
	{"rtt.p99", "rtt_p99_ns", "RTT-P99", COLUMN_DURATION, false, "round trip time, 99 of 100 are below", rtt_p99},
	{"latency.p50", "latency_p50_ns", "LAT-P50", COLUMN_DURATION, false, "time to answers of DNS and HTTP, median", latency_p50},
	{"latency.p99", "latency_p99_ns", "LAT-P99", COLUMN_DURATION, false, "time to answers, 99 of 100 are below", latency_p99},
	{"first", "first_ns", NULL, COLUMN_TIME, false, "first event", first},
	{"last", "last_ns", NULL, COLUMN_TIME, false, "last event", last},
	{NULL, NULL, NULL, 0, false, NULL, NULL},
};
/* clang-format on */

/* ------------------------------------------------------------------------- --sort */

static int refuse(const char *name, char *err, size_t size)
{
	const char *words[64], *near;
	size_t n = 0;

	for (; aggregate_columns[n].name && n < 63; n++)
		words[n] = aggregate_columns[n].name;
	words[n] = NULL;
	near = near_word(name, words);
	if (near)
		snprintf(err, size,
			 "--sort: \"%s\" is no column of --aggregate (did you mean \"%s\"?)", name,
			 near);
	else
		snprintf(
			err, size,
			"--sort: \"%s\" is no column of --aggregate, such as bytes, drops or rtt.p99",
			name);
	return -EINVAL;
}

static const struct aggregate_column *column_find(const char *name)
{
	for (const struct aggregate_column *c = aggregate_columns; c->name; c++)
		if (!strcasecmp(c->name, name) || (c->title && !strcasecmp(c->title, name)))
			return c;
	return NULL;
}

int aggregate_sort_parse(const char *sort, struct aggregate_sort *ret, char *err, size_t err_size)
{
	*ret = (struct aggregate_sort){0};
	for (const char *at = sort ? sort : "-bytes,-flows";;) {
		size_t n = strcspn(at, ",");
		bool descending = *at == '-';
		char name[NAME_MAX_TYPED];

		if (ret->n == AGGREGATE_SORT_MAX) {
			snprintf(err, err_size, "--sort: at most %d columns", AGGREGATE_SORT_MAX);
			return -EINVAL;
		}
		snprintf(name, sizeof(name), "%.*s", (int)(n - descending), at + descending);
		ret->column[ret->n] = column_find(name);
		ret->descending[ret->n] = descending;
		if (!ret->column[ret->n])
			return refuse(name, err, err_size);
		ret->n++;
		if (!at[n])
			return 0;
		at += n + 1;
	}
}

int aggregate_sort_check(const char *sort, char *err, size_t err_size)
{
	struct aggregate_sort ignored;

	return aggregate_sort_parse(sort, &ignored, err, err_size);
}

static int compare_column(const struct aggregate_column *c, const struct aggregate_row *a,
			  const struct aggregate_row *b, uint64_t span_ns)
{
	uint64_t x, y;

	if (c->kind == COLUMN_SOURCE)
		return strcmp(a->source, b->source);
	if (c->kind == COLUMN_DESTINATION)
		return strcmp(a->destination, b->destination);
	x = c->number(a, span_ns);
	y = c->number(b, span_ns);
	return (x > y) - (x < y);
}

/* The others come last, whatever is asked for: they are no group. */
static int compare_rows(const void *a, const void *b, void *arg)
{
	static const char *const order[] = {"source", "destination", "port", "protocol"};
	const struct aggregate_row *x = *(const struct aggregate_row *const *)a;
	const struct aggregate_row *y = *(const struct aggregate_row *const *)b;
	const struct aggregate_sort *sort = arg;
	int ret = x->others - y->others;

	for (unsigned int i = 0; !ret && i < sort->n; i++) {
		ret = compare_column(sort->column[i], x, y, sort->span_ns);
		ret = sort->descending[i] ? -ret : ret;
	}
	for (unsigned int i = 0; !ret && i < sizeof(order) / sizeof(order[0]); i++)
		ret = compare_column(column_find(order[i]), x, y, 0);
	return ret;
}

void aggregate_sort_rows(const struct aggregate_sort *sort, const struct aggregate_row **rows,
			 size_t n)
{
	qsort_r(rows, n, sizeof(*rows), compare_rows, (void *)sort);
}
