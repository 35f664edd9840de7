// SPDX-License-Identifier: MIT
/*
 * The extension as JSON has it (export/json_extensions.c): a google.protobuf.Struct is
 * made the pitot.v1.FlowExtension that it says the same as, and that is read. What only
 * the message holds (numbers of reasons, start times) is not there.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "bpf/record.h"
#include "export/hubble_read.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DEPTH_MAX 8
#define TEXT_MAX 64

enum row_kind {
	NUMBER,
	FLAG,
	TEXT,
	TEXTS,
	NUMBERS,
	HEX,
	NAME,
	TCP_FLAGS,
	TIME,
	ADDR,
	END,
	MESSAGE
};

/* A member of an object, and the field that it is. */
struct row {
	const char *name;
	uint32_t number;
	enum row_kind kind;
	const struct row *rows; /* MESSAGE */
	const char *(*name_of)(unsigned int v); /* NAME */
};

static const char *tunnel_name(unsigned int v)
{
	static const char *const names[] = {"", "vxlan", "geneve", "ipip", "gre"};

	return names[v < COUNT(names) ? v : 0];
}

static const struct row counter_rows[] = {
	{"packets", 1, NUMBER, 0, 0},	    {"bytes", 2, NUMBER, 0, 0},
	{"delta_packets", 3, NUMBER, 0, 0}, {"delta_bytes", 4, NUMBER, 0, 0},
	{"first", 5, TIME, 0, 0},	    {"last", 6, TIME, 0, 0},
	{"retransmits", 7, NUMBER, 0, 0},   {"zero_windows", 8, NUMBER, 0, 0},
	{"resets", 9, NUMBER, 0, 0},	    {"srtt_us", 10, NUMBER, 0, 0},
	{"tcp_flags", 11, TCP_FLAGS, 0, 0}, {0},
};
static const struct row tuple_rows[] = {
	{"source", 1, END, 0, 0}, {"destination", 2, END, 0, 0}, {0}};
static const struct row nat_rows[] = {
	{"original", 1, MESSAGE, tuple_rows, 0}, {"translated", 2, MESSAGE, tuple_rows, 0}, {0}};
static const struct row tunnel_rows[] = {
	{"protocol", 1, NAME, 0, tunnel_name}, {"vni", 2, NUMBER, 0, 0}, {0}};
static const struct row icmp_error_rows[] = {
	{"type", 1, NUMBER, 0, 0},
	{"code", 2, NUMBER, 0, 0},
	{"from", 3, ADDR, 0, 0},
	{"mtu", 4, NUMBER, 0, 0},
	{0},
};
static const struct row process_rows[] = {
	{"pid", 1, NUMBER, 0, 0},      {"ppid", 2, NUMBER, 0, 0},      {"uid", 3, NUMBER, 0, 0},
	{"netns", 4, NUMBER, 0, 0},    {"cgroup_id", 5, NUMBER, 0, 0}, {"comm", 7, TEXT, 0, 0},
	{"executable", 8, TEXT, 0, 0}, {"command", 9, TEXT, 0, 0},     {0},
};
static const struct row place_rows[] = {
	{"asn", 1, NUMBER, 0, 0},	 {"as_name", 2, TEXT, 0, 0}, {"country", 3, TEXT, 0, 0},
	{"country_name", 4, TEXT, 0, 0}, {"city", 5, TEXT, 0, 0},    {0},
};
static const struct row end_rows[] = {
	{"kind", 3, NAME, 0, endpoint_kind_name},
	{"name", 4, TEXT, 0, 0},
	{"node", 5, TEXT, 0, 0},
	{"container", 6, TEXT, 0, 0},
	{"image", 7, TEXT, 0, 0},
	{"container_id", 8, TEXT, 0, 0},
	{"cgroup", 9, TEXT, 0, 0},
	{"reverse_names", 10, TEXTS, 0, 0},
	{0},
};
static const struct row dns_rows[] = {{"timeout", 1, FLAG, 0, 0},
				      {"truncated", 2, FLAG, 0, 0},
				      {"multicast", 3, FLAG, 0, 0},
				      {0}};
static const struct row drop_rows[] = {
	{"reason", 2, TEXT, 0, 0},	     {"text", 3, TEXT, 0, 0},
	{"function", 4, TEXT, 0, 0},	     {"offset", 5, NUMBER, 0, 0},
	{"normal", 6, FLAG, 0, 0},	     {"netns", 7, NUMBER, 0, 0},
	{"packets", 8, NUMBER, 0, 0},	     {"bytes", 9, NUMBER, 0, 0},
	{"delta_packets", 10, NUMBER, 0, 0}, {"delta_bytes", 11, NUMBER, 0, 0},
	{"stack", 12, TEXTS, 0, 0},	     {0},
};
static const struct row listen_rows[] = {
	{"drops", 1, NUMBER, 0, 0},
	{"delta_drops", 2, NUMBER, 0, 0},
	{"backlog", 3, NUMBER, 0, 0},
	{"backlog_max", 4, NUMBER, 0, 0},
	{"half_open", 5, NUMBER, 0, 0},
	{"synflood", 6, FLAG, 0, 0},
	{0},
};
static const struct row extension_rows[] = {
	{"event", 1, NAME, 0, flow_event_name},
	{"connection_id", 2, HEX, 0, 0},
	{"closed", 3, FLAG, 0, 0},
	{"initiator", 4, NAME, 0, initiator_by_name},
	{"forward", 5, MESSAGE, counter_rows, 0},
	{"reply", 6, MESSAGE, counter_rows, 0},
	{"handshake_us", 7, NUMBER, 0, 0},
	{"handshake_client_us", 8, NUMBER, 0, 0},
	{"handshake_server_us", 9, NUMBER, 0, 0},
	{"icmp_errors", 10, NUMBER, 0, 0},
	{"interfaces", 11, TEXTS, 0, 0},
	{"nat", 12, MESSAGE, nat_rows, 0},
	{"vlan", 14, NUMBERS, 0, 0},
	{"icmp_error", 16, MESSAGE, icmp_error_rows, 0},
	{"dns", 19, MESSAGE, dns_rows, 0},
	{"drop", 20, MESSAGE, drop_rows, 0},
	{"listen", 21, MESSAGE, listen_rows, 0},
	{0},
};

/* -------------------------------------------------------------------- a Value */

/* google.protobuf.Value: which of its fields there is. */
enum { VALUE_NUMBER = 2, VALUE_STRING = 3, VALUE_BOOL = 4, VALUE_STRUCT = 5, VALUE_LIST = 6 };

static bool value_of(struct span s, struct wire_field *ret_value)
{
	struct wire_reader r = wire_reader(s.p, s.n);

	return wire_next(&r, ret_value);
}

/* An entry of Struct.fields. */
static bool entry_of(struct span s, struct span *ret_name, struct wire_field *ret_value)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct span value = {0};
	struct wire_field f;

	while (wire_next(&r, &f)) {
		if (f.number == 1)
			*ret_name = span_of(&f);
		else if (f.number == 2)
			value = span_of(&f);
	}
	return !r.bad && value_of(value, ret_value);
}

/* A short text with a NUL behind it; "" where it is none. */
static const char *short_text(const struct wire_field *v, char *buf)
{
	struct span s = v->number == VALUE_STRING ? span_of(v) : (struct span){0};
	size_t n = s.n < TEXT_MAX ? s.n : TEXT_MAX - 1;

	if (n)
		memcpy(buf, s.p, n);
	buf[n] = '\0';
	return buf;
}

/* 64-bit numbers are texts where JSON could not hold them. */
static uint64_t number_of(const struct wire_field *v)
{
	char buf[TEXT_MAX];
	double d;

	if (v->number == VALUE_STRING)
		return strtoull(short_text(v, buf), NULL, 10);
	if (v->number != VALUE_NUMBER || v->type != WIRE_FIXED64)
		return 0;
	memcpy(&d, &v->v, sizeof(d));
	return d > 0 && d < 18446744073709551616.0 ? (uint64_t)d : 0;
}

static uint64_t time_of(const char *s)
{
	struct tm tm = {0};
	const char *rest = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
	uint64_t ns = 0, unit = 100000000;
	time_t seconds;

	if (!rest)
		return 0;
	seconds = timegm(&tm);
	if (*rest == '.')
		for (rest++; *rest >= '0' && *rest <= '9' && unit; rest++, unit /= 10)
			ns += (uint64_t)(*rest - '0') * unit;
	return seconds > 0 ? (uint64_t)seconds * 1000000000 + ns : 0;
}

static uint64_t tcp_flags_of(const char *s)
{
	static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK",
					    "URG", "ECE", "CWR", "NS"};
	uint64_t flags = 0;

	while (*s) {
		size_t n = strcspn(s, ",");

		for (size_t i = 0; i < COUNT(names); i++)
			if (strlen(names[i]) == n && !memcmp(s, names[i], n))
				flags |= 1u << i;
		s += n;
		s += strspn(s, ", ");
	}
	return flags;
}

static uint64_t name_index(const char *s, const char *(*name_of)(unsigned int v))
{
	for (unsigned int i = 0; i < 16; i++)
		if (!strcmp(s, name_of(i)))
			return i;
	return 0;
}

/* ----------------------------------------------------------- the message's fields */

static void put_addr(struct text *t, uint32_t number, struct span s)
{
	struct ip_addr a;

	if (span_addr(s, &a))
		wire_bytes_always(t, number, a.b, sizeof(a.b));
}

/* "10.0.0.1:80", "[fd00::a]:80", or without the port; the port's field is two above. */
static void put_end(struct text *t, uint32_t number, const char *s)
{
	bool brackets = *s == '[';
	const char *colon = strrchr(s, ':');
	size_t n = strlen(s);

	if (brackets) {
		s++;
		n = strcspn(s, "]");
	} else if (colon && strchr(s, ':') == colon) {
		n = colon - s;
	}
	put_addr(t, number, (struct span){(const uint8_t *)s, n});
	if (colon && (s[n] == ']' || s[n] == ':'))
		wire_u64(t, number + 2, strtoul(colon + 1, NULL, 10) & 0xffff);
}

static void put_list(struct text *t, const struct row *row, const struct wire_field *v)
{
	struct span s = v->number == VALUE_LIST ? span_of(v) : (struct span){0};
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field one, value;

	while (wire_next(&r, &one)) {
		if (one.number != 1 || !value_of(span_of(&one), &value))
			continue;
		if (row->kind == NUMBERS)
			wire_u64_always(t, row->number, number_of(&value));
		else if (value.number == VALUE_STRING)
			wire_bytes_always(t, row->number, span_of(&value).p, span_of(&value).n);
	}
}

static void put_rows(struct text *t, struct span object, const struct row *rows, int depth);

static void put_row(struct text *t, const struct row *row, const struct wire_field *v, int depth)
{
	char buf[TEXT_MAX];
	size_t mark;

	switch (row->kind) {
	case NUMBER:
		wire_u64(t, row->number, number_of(v));
		break;
	case FLAG:
		wire_u64(t, row->number, v->number == VALUE_BOOL && wire_as_u64(v));
		break;
	case TEXT:
		if (v->number == VALUE_STRING)
			wire_bytes(t, row->number, v->data, span_of(v).n);
		break;
	case TEXTS:
	case NUMBERS:
		put_list(t, row, v);
		break;
	case HEX:
		wire_fixed64(t, row->number, strtoull(short_text(v, buf), NULL, 16));
		break;
	case NAME:
		wire_u64(t, row->number, name_index(short_text(v, buf), row->name_of));
		break;
	case TCP_FLAGS:
		wire_u64(t, row->number, tcp_flags_of(short_text(v, buf)));
		break;
	case TIME:
		wire_u64(t, row->number, time_of(short_text(v, buf)));
		break;
	case ADDR:
		put_addr(t, row->number, v->number == VALUE_STRING ? span_of(v) : (struct span){0});
		break;
	case END:
		put_end(t, row->number, short_text(v, buf));
		break;
	case MESSAGE:
		if (v->number != VALUE_STRUCT || !depth)
			break;
		mark = wire_open(t, row->number);
		put_rows(t, span_of(v), row->rows, depth - 1);
		wire_close(t, mark);
		break;
	}
}

static void put_rows(struct text *t, struct span object, const struct row *rows, int depth)
{
	struct wire_reader r = wire_reader(object.p, object.n);
	struct wire_field entry, value;
	struct span name = {0};

	while (wire_next(&r, &entry)) {
		if (entry.number != 1 || !entry_of(span_of(&entry), &name, &value))
			continue;
		for (const struct row *row = rows; row->name; row++)
			if (span_is(name, row->name))
				put_row(t, row, &value, depth);
	}
}

/* A member that is an object; nothing where there is none. */
static struct span object_of(struct span object, const char *want)
{
	struct wire_reader r = wire_reader(object.p, object.n);
	struct wire_field entry, value;
	struct span name = {0};

	while (wire_next(&r, &entry))
		if (entry.number == 1 && entry_of(span_of(&entry), &name, &value) &&
		    span_is(name, want) && value.number == VALUE_STRUCT)
			return span_of(&value);
	return (struct span){0};
}

static void put_part(struct text *t, uint32_t number, struct span object, const struct row *rows)
{
	size_t before = t->len, mark = wire_open(t, number);

	put_rows(t, object, rows, DEPTH_MAX);
	wire_close_or_drop(t, mark, before);
}

/* In JSON an end's process is beside it, and its place is a part of it. */
static void put_whole_end(struct text *t, uint32_t number, struct span end, struct span process)
{
	size_t before = t->len, mark = wire_open(t, number), from;

	if (process.p)
		put_part(t, 1, process, process_rows);
	from = t->len;
	put_rows(t, end, end_rows, DEPTH_MAX);
	if (t->len != from)
		wire_u64(t, 2, 1);
	put_part(t, 11, end, place_rows);
	wire_close_or_drop(t, mark, before);
}

static void put_tunnel(struct text *t, struct span tunnel)
{
	size_t mark;

	if (!tunnel.p)
		return;
	mark = wire_open(t, 13);
	put_rows(t, tunnel, tunnel_rows, DEPTH_MAX);
	put_part(t, 3, tunnel, tuple_rows);
	wire_close(t, mark);
}

static void put_icmp_id(struct text *t, struct span object)
{
	static const struct row id[] = {{"icmp_id", 1, NUMBER, 0, 0}, {0}};

	put_part(t, 15, object, id);
}

int struct_to_extension(struct text *t, struct span object)
{
	put_rows(t, object, extension_rows, DEPTH_MAX);
	put_tunnel(t, object_of(object, "tunnel"));
	put_icmp_id(t, object);
	put_whole_end(t, 17, object_of(object, "source"), object_of(object, "source_process"));
	put_whole_end(t, 18, object_of(object, "destination"),
		      object_of(object, "destination_process"));
	return t->err;
}
