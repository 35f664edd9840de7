/* SPDX-License-Identifier: MIT */
/* What the printers share; for cli/print*.c only. */
#ifndef PITOT_CLI_PRINTER_H
#define PITOT_CLI_PRINTER_H

#include <time.h>

#include "cli/print.h"
#include "flows/text.h"

/* Output is handed to write(2) in pieces of at least this size. */
#define PRINT_BUFFER (64 * 1024)

/* The formatted part of a time stamp that holds for a whole second. */
struct time_cache {
	uint64_t second; /* UINT64_MAX: nothing cached */
	uint8_t head_len, zone_len;
	char head[40]; /* up to the seconds */
	char zone[8]; /* "Z", "+02:00" or "" */
};

struct printer {
	struct sink sink; /* first, so that a sink is its printer */
	struct print_options opt;
	struct text out;
	struct time_cache time;
	int (*lost)(struct printer *p, const struct lost_events *l);
	/* Appends to t; printer_node_status() unless it is replaced after printer_new(). */
	void (*node_status)(struct printer *p, struct text *t, const struct node_status *s);
};

/*
 * A printer as the first member of a zeroed object of `size` bytes, with a buffer,
 * the given functions, a flush and a close that write out and free. NULL: no memory.
 */
struct printer *printer_new(size_t size, const struct print_options *opt,
			    int (*flow)(struct sink *s, const struct flow *f),
			    int (*lost)(struct printer *p, const struct lost_events *l));

/* A line is complete: writes when there is enough. 0 or -errno. */
int printer_line(struct printer *p);

/* sink.flush: writes what is buffered. */
int printer_flush(struct sink *s);

/* sink.close of a plain printer. */
int printer_close(struct sink *s);

/* Appends a time stamp in the chosen format to t; "N/A" for 0. */
void printer_time(struct printer *p, struct text *t, uint64_t time_ns);

/* " [node]" where it is asked for. */
void printer_node(struct printer *p, const struct flow *f);

/* Where f was captured, and who lost events; "" where not known. */
const char *printer_node_name(const struct printer *p, const struct flow *f);
const char *printer_lost_node(const struct printer *p, const struct lost_events *l);

/* A line: "TIME [relay]: 1 nodes are unavailable: node-3". */
void printer_node_status(struct printer *p, struct text *t, const struct node_status *s);

/* The names of a node_status: the first few, and how many more there are. */
void node_names_text(struct text *t, const struct node_status *s);

/* Text in double quotes, as Hubble quotes a message. */
void quoted_text(struct text *t, const char *s);

/* relay.NodeState, "NODE_UNAVAILABLE". */
const char *printer_node_state(enum node_state state);

/* An end with Hubble's colours, where colours are on. */
void printer_end(struct printer *p, const struct flow *f, const struct flow_end *e);
void printer_identity(struct printer *p, uint32_t identity);

/* What a line begins with: "TIME[ [NODE]]: SRC (ID) -> DST (ID)", ends swapped for replies. */
void printer_ends(struct printer *p, const struct flow *f, const char *arrow);
void printer_verdict(struct printer *p, const struct flow *f);

/* The summary, red where it is bad news. */
void printer_summary(struct printer *p, const struct flow *f);

/* "CPU(3) 37 (first: .., last: ..)"; sep is between CPU and count. */
void printer_lost_detail(struct printer *p, struct text *t, const struct lost_events *l,
			 const char *sep);

/* A line with Hubble's fields up to the summary, no line end. */
void compact_line(struct printer *p, const struct flow *f);

/* Appends " [part; part]", or nothing when no part has anything to say. */
void compact_tail(struct printer *p, const struct flow *f);

/* Begins the next part of the tail that started at `from`. */
void tail_part(struct text *t, size_t from);

/*
 * Parts: what names say beside the ends' own, "container app -> web", "ptr x",
 * "DE AS3320 Deutsche Telekom AG"; ends from shown left to right.
 */
void names_tail(struct printer *p, struct text *t, size_t from, const struct flow *f);

/* Parts: what a message says beside its summary, "NXDOMAIN", "latency 3.2 ms", "truncated". */
void l7_tail(struct text *t, size_t from, const struct l7 *l);

/* "dnat 10.96.0.10:80 to 10.0.0.2:8080", "snat ..", or both. */
void nat_text(struct text *t, const struct flow *f);

/* "3/2 pkts 180 B/1.2 KiB" */
void counters_text(struct text *t, const struct flow *f);

/* "veth0", "veth0,br0": where it is counted, and who else saw it. */
void interfaces_text(struct text *t, const struct flow *f);

int compact_lost(struct printer *p, const struct lost_events *l);

int print_compact_create(const struct print_options *opt, struct sink **ret_sink);
int print_dict_create(const struct print_options *opt, struct sink **ret_sink);
int print_json_create(const struct print_options *opt, struct sink **ret_sink);
int print_pb_create(const struct print_options *opt, struct sink **ret_sink);
int print_table_create(const struct print_options *opt, struct sink **ret_sink);
int print_wide_create(const struct print_options *opt, struct sink **ret_sink);
int print_connection_create(const struct print_options *opt, struct sink **ret_sink);
int print_csv_create(const struct print_options *opt, struct sink **ret_sink);

#endif
