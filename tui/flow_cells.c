// SPDX-License-Identifier: MIT
#include "tui/flow_cells.h"

#include <string.h>

#include "flows/fields.h"
#include "flows/summary.h"
#include "flows/where.h"
#include "tui/clock.h"
#include "tui/flow_words.h"

/* The shown left end, its right one, or the flow itself. */
enum side { WHOLE, LEFT, RIGHT };

struct cell_row {
	struct ui_column column;
	enum side side;
	const char *field; /* of fields[], without the end's part; NULL: `put` alone */
	void (*put)(struct text *t, const struct flow *f, const struct flow_cell_options *opt,
		    enum style *style);
	const struct field *fields[2]; /* found: of the whole flow or the source; the destination */
};

static const struct flow_end *left(const struct flow *f)
{
	return flow_is_swapped(f) ? &f->dst : &f->src;
}

static const struct flow_end *right(const struct flow *f)
{
	return flow_is_swapped(f) ? &f->src : &f->dst;
}

/* -------------------------------------------------------------------- cells */

static void put_time(struct text *t, const struct flow *f, const struct flow_cell_options *opt,
		     enum style *style)
{
	*style = STYLE_DIM;
	clock_text(t, f->time_ns, opt->local_time, false, 3);
}

static void put_date(struct text *t, const struct flow *f, const struct flow_cell_options *opt,
		     enum style *style)
{
	*style = STYLE_DIM;
	clock_text(t, f->time_ns, opt->local_time, true, 6);
}

static void put_left(struct text *t, const struct flow *f, const struct flow_cell_options *opt,
		     enum style *style)
{
	(void)style;
	flow_short_end(t, f, left(f), opt->numeric);
}

static void put_right(struct text *t, const struct flow *f, const struct flow_cell_options *opt,
		      enum style *style)
{
	(void)style;
	flow_short_end(t, f, right(f), opt->numeric);
}

static void put_arrow(struct text *t, const struct flow *f, const struct flow_cell_options *opt,
		      enum style *style)
{
	(void)opt;
	*style = STYLE_DIM;
	text_str(t, flow_arrow(f));
}

static void put_protocol(struct text *t, const struct flow *f, const struct flow_cell_options *opt,
			 enum style *style)
{
	(void)opt, (void)style;
	flow_short_protocol(t, f);
}

static void put_verdict(struct text *t, const struct flow *f, const struct flow_cell_options *opt,
			enum style *style)
{
	(void)opt;
	*style = flow_verdict_style(f);
	text_str(t, flow_verdict_name(f));
}

static void put_words(struct text *t, const struct flow *f, const struct flow_cell_options *opt,
		      enum style *style)
{
	(void)opt;
	flow_short_summary(t, f, style);
}

static void put_rtt(struct text *t, const struct flow *f, const struct flow_cell_options *opt,
		    enum style *style)
{
	uint64_t us = flow_rtt_us(f);

	(void)opt;
	*style = us >= 100000 ? STYLE_WARN : STYLE_NORMAL;
	if (us)
		text_us(t, us);
}

static void put_process(struct text *t, const struct flow *f, const struct flow_cell_options *opt,
			enum style *style)
{
	(void)opt, (void)style;
	flow_processes_text(t, f, flow_is_swapped(f));
}

static void put_retransmits(struct text *t, const struct flow *f,
			    const struct flow_cell_options *opt, enum style *style)
{
	uint64_t n = (uint64_t)f->forward.retransmits + f->reply.retransmits;

	(void)opt;
	*style = STYLE_WARN;
	if (n)
		clock_count(t, n);
}

static void put_type(struct text *t, const struct flow *f, const struct flow_cell_options *opt,
		     enum style *style)
{
	(void)opt, (void)style;
	flow_type_text(t, f);
}

/* ---------------------------------------------------------------------- rows */

#define TEXT_COLUMN(name_, title_, width_, help_) \
	.column = {.name = (name_),               \
		   .title = (title_),             \
		   .width = (width_),             \
		   .min = 4,                      \
		   .sortable = true,              \
		   .hidden = true,                \
		   .help = (help_)}
#define NUMBER_COLUMN(name_, title_, width_, help_) \
	.column = {.name = (name_),                 \
		   .title = (title_),               \
		   .width = (width_),               \
		   .min = (width_),                 \
		   .right = true,                   \
		   .hidden = true,                  \
		   .sortable = true,                \
		   .descending = true,              \
		   .help = (help_)}

/* clang-format off */
static struct cell_row rows[FLOW_COLUMNS] = {
	{.column = {"time", "TIME", 12, 12, .sortable = true, .help = "when it was seen"}, WHOLE, "time", put_time},
	{.column = {"source", "SOURCE", 26, 17, .sortable = true, .stretch = true, .keep_from = ':', .keep_tail = 5, .help = "who began, or sent the packet"}, LEFT, NULL, put_left},
	{.column = {"arrow", "", 2, 2, .help = "which way the packet ran; <>: a drop"}, WHOLE, "reply", put_arrow},
	{.column = {"destination", "DESTINATION", 26, 17, .sortable = true, .stretch = true, .keep_from = ':', .keep_tail = 5, .help = "who answers"}, RIGHT, NULL, put_right},
	{.column = {"protocol", "PROTO", 6, 6, .sortable = true, .help = "protocol"}, WHOLE, "protocol", put_protocol},
	{.column = {"summary", "WHAT", 14, 9, .sortable = true, .stretch = 4, .help = "flags, message, drop reason, how it ended"}, WHOLE, "summary", put_words},
	{.column = {"verdict", "VERDICT", 9, 9, .sortable = true, .descending = true, .help = "what became of it"}, WHOLE, "verdict", put_verdict},
	{.column = {"bytes", "BYTES", 9, 9, .right = true, .sortable = true, .descending = true, .help = "bytes of the connection so far"}, WHOLE, "bytes", NULL},
	{.column = {"packets", "PKTS", 5, 5, .right = true, .sortable = true, .descending = true, .help = "packets of the connection so far"}, WHOLE, "packets", NULL},
	{.column = {"rtt", "RTT", 7, 7, .right = true, .sortable = true, .descending = true, .help = "round trip time, smoothed"}, WHOLE, "rtt", put_rtt},
	{.column = {"latency", "LATENCY", 7, 7, .hidden = true, .right = true, .sortable = true, .descending = true, .help = "from a question to its answer"}, WHOLE, "latency", NULL},
	{.column = {"process", "PROCESS", 56, 56, .sortable = true, .help = "processes at both ends"}, WHOLE, NULL, put_process},
	{NUMBER_COLUMN("retransmits", "RETR", 5, "TCP segments sent again"), WHOLE, "retransmits", put_retransmits},
	{TEXT_COLUMN("event", "EVENT", 11, "why there is an event: new, flags, report, end, drop, .."), WHOLE, "event", NULL},
	{TEXT_COLUMN("type", "TYPE", 16, "where it was seen, or the drop's reason"), WHOLE, "subtype", put_type},
	{TEXT_COLUMN("date", "DATE AND TIME", 26, "with the date, to the microsecond"), WHOLE, NULL, put_date},
	{TEXT_COLUMN("source.ip", "SRC ADDRESS", 15, "the left end's address"), LEFT, "ip", NULL},
	{TEXT_COLUMN("destination.ip", "DST ADDRESS", 15, "the right end's address"), RIGHT, "ip", NULL},
	{NUMBER_COLUMN("source.port", "SPORT", 5, "the left end's port"), LEFT, "port", NULL},
	{NUMBER_COLUMN("destination.port", "DPORT", 5, "the right end's port"), RIGHT, "port", NULL},
	{TEXT_COLUMN("source.namespace", "SRC NAMESPACE", 14, "the left end's namespace"), LEFT, "namespace", NULL},
	{TEXT_COLUMN("destination.namespace", "DST NAMESPACE", 14, "the right end's namespace"), RIGHT, "namespace", NULL},
	{TEXT_COLUMN("source.pod", "SRC POD", 26, "the left end's pod, container, unit or process"), LEFT, "pod", NULL},
	{TEXT_COLUMN("destination.pod", "DST POD", 26, "the right end's"), RIGHT, "pod", NULL},
	{TEXT_COLUMN("destination.service", "SERVICE", 14, "the right end's Service"), RIGHT, "service", NULL},
	{NUMBER_COLUMN("duration", "DURATION", 8, "from the connection's first packet to its last"), WHOLE, "duration", NULL},
	{NUMBER_COLUMN("handshake", "HANDSHAKE", 9, "from the SYN to the ACK of its answer"), WHOLE, "handshake", NULL},
	{NUMBER_COLUMN("new.bytes", "+BYTES", 9, "bytes since the connection's last event"), WHOLE, "delta.bytes", NULL},
	{TEXT_COLUMN("reason", "DROP REASON", 18, "the kernel's reason for a drop"), WHOLE, "drop.reason", NULL},
	{TEXT_COLUMN("function", "FUNCTION", 22, "the kernel's function that dropped it"), WHOLE, "drop.function", NULL},
	{TEXT_COLUMN("query", "DNS QUERY", 26, "name that was asked for"), WHOLE, "dns.query", NULL},
	{TEXT_COLUMN("path", "HTTP PATH", 26, "path of the URL"), WHOLE, "http.path", NULL},
	{TEXT_COLUMN("interface", "INTERFACE", 12, "interface where it is counted"), WHOLE, "interface", NULL},
	{TEXT_COLUMN("direction", "DIRECTION", 9, "into or out of the end that is here"), WHOLE, "direction", NULL},
	{TEXT_COLUMN("node", "NODE", 12, "node where it was seen"), WHOLE, "node", NULL},
	{TEXT_COLUMN("connection", "CONNECTION", 16, "number of the connection"), WHOLE, "connection", NULL},
};
/* clang-format on */

struct ui_column flow_columns[FLOW_COLUMNS];

static const struct field *end_field(const char *end, const char *name)
{
	struct text t = {0};
	const struct field *f = NULL;

	text_str(&t, end);
	text_str(&t, name);
	text_char(&t, '\0');
	if (!t.err)
		f = field_find(t.data);
	text_free(&t);
	return f;
}

void flow_cells_init(void)
{
	for (size_t i = 0; i < FLOW_COLUMNS; i++) {
		struct cell_row *r = &rows[i];
		const char *name = r->field;

		flow_columns[i] = r->column;
		if (r->side != WHOLE && !name)
			name = "name";
		if (!name)
			continue;
		r->fields[0] = r->side == WHOLE ? field_find(name) : end_field("src.", name);
		r->fields[1] = r->side == WHOLE ? r->fields[0] : end_field("dst.", name);
	}
}

void flow_columns_fit(int width)
{
	/* WHAT: "NETFILTER_DROP: nft_do_chain", "NETFILTER_DROP"; then "kube-system/coredns:53" */
	int what = width >= 100 ? 28 : width >= 80 ? 19 : 9;
	int end = width >= 120 ? 22 : width >= 100 ? 20 : 17;

	for (size_t i = 0; i < FLOW_COLUMNS; i++) {
		struct ui_column *c = &flow_columns[i];

		if (rows[i].put == put_words) {
			c->min = what;
			c->width = what < 14 ? 14 : what;
		} else if (rows[i].put == put_left || rows[i].put == put_right) {
			c->min = end;
		}
	}
}

/* The field of what the cell shows: of the end that stands there. */
static const struct field *field_of(const struct cell_row *r, const struct flow *f)
{
	bool swapped = flow_is_swapped(f);

	return r->fields[r->side == LEFT ? swapped : r->side == RIGHT ? !swapped : 0];
}

static void put_number(struct text *t, const struct field *field, uint64_t n)
{
	if (field->type == FIELD_BYTES) {
		if (n)
			text_bytes(t, n);
	} else if (field->type == FIELD_DURATION) {
		if (n)
			text_us(t, (n + 500) / 1000);
	} else if (field->type == FIELD_NUMBER && n) {
		clock_count(t, n);
	}
}

/* Fields are not escaped: that is the canvas's part. */
static void put_field(struct text *t, const struct field *field, const struct flow *f)
{
	struct text scratch = {0};
	struct field_value v = {0};

	field->get(f, &v, &scratch);
	if (v.known && (field->type == FIELD_BYTES || field->type == FIELD_DURATION ||
			(field->type == FIELD_NUMBER && !strstr(field->name, "port"))))
		put_number(t, field, v.number);
	else if (v.known)
		field_value_text(t, field, &v);
	text_free(&scratch);
}

void flow_cell(const struct flow *f, size_t column, const struct flow_cell_options *opt,
	       struct text *t, enum style *style)
{
	const struct cell_row *r = &rows[column];

	if (r->put)
		r->put(t, f, opt, style);
	else
		put_field(t, field_of(r, f), f);
}

/* ------------------------------------------------------------ sort and filter */

static uint64_t key_of_field(void *arg, const struct flow *f, unsigned int *generation)
{
	const struct flow_cell_order *o = arg;
	const struct field *field = field_of(&rows[o->column], f);
	struct text scratch = {0};
	struct field_value v = {0};

	(void)generation;
	field->get(f, &v, &scratch);
	text_free(&scratch);
	return v.known ? v.number : 0;
}

/* As the cell shows it; an end without its port, so that there are not as many names as connections. */
static uint64_t key_of_text(void *arg, const struct flow *f, unsigned int *generation)
{
	struct flow_cell_order *o = arg;
	const char *port;
	enum style style;
	uint64_t label;

	o->scratch.len = 0;
	flow_cell(f, o->column, &o->opt, &o->scratch, &style);
	port = rows[o->column].column.keep_from && o->scratch.len
		       ? memrchr(o->scratch.data, ':', o->scratch.len)
		       : NULL;
	if (port)
		o->scratch.len = port - o->scratch.data;
	label = text_label(o->labels, o->scratch.data, o->scratch.len);
	*generation = text_labels_generation(o->labels);
	return label;
}

bool flow_cell_is_text(size_t column)
{
	const struct cell_row *r = &rows[column];

	return r->column.sortable && !flow_cell_is_time(column) &&
	       (!r->fields[0] || (r->side != WHOLE && !r->field) ||
		r->fields[0]->type == FIELD_TEXT || r->fields[0]->type == FIELD_TEXTS ||
		r->fields[0]->type == FIELD_ADDR);
}

flow_key flow_cell_key(size_t column)
{
	if (!rows[column].column.sortable || flow_cell_is_time(column))
		return NULL;
	return flow_cell_is_text(column) ? key_of_text : key_of_field;
}

bool flow_cell_is_time(size_t column)
{
	return rows[column].put == put_time;
}

static bool put_term(struct text *t, const struct field *field, const struct field_value *v)
{
	struct text value = {0};

	if (field->type == FIELD_TEXTS || field->type == FIELD_ADDRS || field->type == FIELD_TIME)
		return false;
	field_value_text(&value, field, v);
	text_char(&value, '\0');
	text_str(t, field->name);
	text_str(t, " == ");
	if (field->type == FIELD_TEXT)
		where_quote(t, value.data ? value.data : "");
	else if (!value.err)
		text_str(t, value.data);
	if (field->type == FIELD_DURATION)
		text_char(t, 's');
	text_free(&value);
	return !t->err;
}

/* Whichever end it is of a packet: replies and drops are wanted as well. */
static bool either_end(struct text *t, const struct cell_row *r, const struct field_value *v)
{
	text_char(t, '(');
	if (!put_term(t, r->fields[0], v))
		return false;
	text_str(t, " || ");
	if (!put_term(t, r->fields[1], v))
		return false;
	text_char(t, ')');
	return true;
}

/* The workload, where the cell shows that and not the pod. */
static bool workload_expression(struct text *t, const struct endpoint *e)
{
	for (int i = 0; i < 2; i++) {
		const char *end = i ? "dst" : "src";

		text_str(t, i ? " || (" : "((");
		text_str(t, end);
		text_str(t, ".namespace == ");
		where_quote(t, e->namespace_name);
		text_str(t, " && ");
		text_str(t, end);
		text_str(t, ".workload == ");
		where_quote(t, e->workload);
		text_char(t, ')');
	}
	text_char(t, ')');
	return !t->err;
}

static bool end_expression(const struct flow *f, const struct cell_row *r, bool numeric,
			   struct text *t)
{
	const struct flow_end *e = r->side == LEFT ? left(f) : right(f);
	const char *name = numeric ? "ip" : "name";
	const struct cell_row ends = {.fields = {end_field("src.", name), end_field("dst.", name)}};
	struct text scratch = {0};
	struct field_value v = {0};
	bool found;

	if (!numeric && endpoint_is_pod(e->endpoint) && flow_pod_is_made_up(e->endpoint))
		return workload_expression(t, e->endpoint);
	ends.fields[e == &f->dst]->get(f, &v, &scratch);
	found = v.known && either_end(t, &ends, &v);
	text_free(&scratch);
	return found;
}

static bool process_expression(const struct flow *f, struct text *t)
{
	const struct process *p = left(f)->process ? left(f)->process : right(f)->process;

	if (!p)
		return false;
	text_str(t, "(src.process == ");
	where_quote(t, p->comm);
	text_str(t, " || dst.process == ");
	where_quote(t, p->comm);
	text_char(t, ')');
	return !t->err;
}

/* What the words of a cell stand for, where one field says that. */
static const char *words_field(const struct cell_row *r, const struct flow *f)
{
	if (r->put == put_protocol)
		return f->l7 ? "l7.protocol" : "protocol";
	if (f->event == FLOW_DROP)
		return "drop.reason";
	if (f->l7 && f->l7->protocol == L7_DNS)
		return "dns.query";
	if (f->l7 && f->l7->protocol == L7_HTTP)
		return "http.path";
	return f->event == FLOW_NEW || f->event == FLOW_FLAGS ? "summary" : "event";
}

bool flow_cell_expression(const struct flow *f, size_t column, bool numeric, struct text *t)
{
	const struct cell_row *r = &rows[column];
	const struct field *field;
	struct text scratch = {0};
	struct field_value v = {0};
	bool found;

	if (r->side != WHOLE && !r->field)
		return end_expression(f, r, numeric, t);
	if (r->put == put_process)
		return process_expression(f, t);
	if (r->put == put_words || r->put == put_protocol)
		field = field_find(words_field(r, f));
	else
		field = field_of(r, f);
	if (!field)
		return false;
	field->get(f, &v, &scratch);
	if (!v.known)
		found = false;
	else if (r->side != WHOLE)
		found = either_end(t, r, &v);
	else
		found = put_term(t, field, &v);
	text_free(&scratch);
	return found;
}
