// SPDX-License-Identifier: MIT
#include "flows/fields.h"

#include <strings.h>

#include "flows/fields_rows.h"
#include "flows/near.h"
#include "flows/summary.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NS_PER_SEC 1000000000ull
#define FIELDS_MAX 384

/* clang-format off */
#define SRC_ROW(id, name, type, ...) {"src." name, FIELD_##type, FIELD_HELP("source's ", __VA_ARGS__), field_src_##id},
#define DST_ROW(id, name, type, ...) {"dst." name, FIELD_##type, FIELD_HELP("destination's ", __VA_ARGS__), field_dst_##id},
#define CLIENT_ROW(id, name, type, ...) {"client." name, FIELD_##type, FIELD_HELP("initiator's ", __VA_ARGS__), field_client_##id},
#define SERVER_ROW(id, name, type, ...) {"server." name, FIELD_##type, FIELD_HELP("responder's ", __VA_ARGS__), field_server_##id},
#define FORWARD_ROW(id, name, type, ...) {"forward." name, FIELD_##type, FIELD_HELP("initiator to responder: ", __VA_ARGS__), field_forward_##id},
#define REPLY_ROW(id, name, type, ...) {"reply." name, FIELD_##type, FIELD_HELP("responder to initiator: ", __VA_ARGS__), field_reply_##id},
#define FLOW_ROW(id, name, type, ...) {name, FIELD_##type, FIELD_HELP("", __VA_ARGS__), field_flow_##id},
#define FIELD_HELP(whose, ...) FIELD_HELP_(whose, __VA_ARGS__)
#define FIELD_HELP_(whose, names, n_names, help) whose help, names, n_names
/* clang-format on */

const struct field fields[] = {
	FLOW_FIELDS_HEAD(FLOW_ROW) /* */
	END_FIELDS(SRC_ROW) /* */
	END_FIELDS(DST_ROW) /* */
	FLOW_FIELDS_TRAFFIC(FLOW_ROW) /* */
	COUNTER_FIELDS(FORWARD_ROW) /* */
	COUNTER_FIELDS(REPLY_ROW) /* */
	FLOW_FIELDS_TAIL(FLOW_ROW) /* */
	END_FIELDS(CLIENT_ROW) /* */
	END_FIELDS(SERVER_ROW) /* */
	{NULL, 0, NULL, NULL, 0, NULL},
};

/* ------------------------------------------------------------------------ names */

struct alias {
	const char *alias, *name;
};

/* A name's first part, whole names, an end's part. */
static const struct alias prefixes[] = {
	{"source.", "src."}, {"destination.", "dst."},	{"from.", "src."},
	{"to.", "dst."},     {"initiator.", "client."}, {"responder.", "server."},
};
static const struct alias names[] = {
	{"src", "src.name"},	     {"dst", "dst.name"},	 {"source", "src.name"},
	{"destination", "dst.name"}, {"client", "client.name"},	 {"server", "server.name"},
	{"proto", "protocol"},	     {"is_reply", "reply"},	 {"iface", "interface"},
	{"flags", "tcp.flags"},	     {"tcp_flags", "tcp.flags"}, {"traffic_direction", "direction"},
	{"drop", "drop.reason"},     {"node_name", "node"},	 {"sport", "src.port"},
	{"dport", "dst.port"},	     {"url", "http.url"},	 {"status", "http.status"},
};
static const struct alias ends[] = {
	{"ns", "namespace"}, {"address", "ip"},	  {"svc", "service"}, {"comm", "process"},
	{"label", "labels"}, {"fqdn", "dns"},	  {"host", "name"},   {"executable", "exe"},
	{"names", "dns"},    {"pod_name", "pod"},
};

static const struct field *exact(const char *name)
{
	for (const struct field *f = fields; f->name; f++)
		if (!strcasecmp(f->name, name))
			return f;
	return NULL;
}

/* The name with its aliases resolved; false where it does not fit or has none. */
static bool unalias(const char *name, char *buf, size_t size)
{
	const char *head = "", *dot;
	size_t n;

	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcasecmp(name, names[i].alias))
			name = names[i].name;
	for (size_t i = 0; i < COUNT(prefixes); i++) {
		n = strlen(prefixes[i].alias);
		if (!strncasecmp(name, prefixes[i].alias, n)) {
			head = prefixes[i].name;
			name += n;
			break;
		}
	}
	dot = strchr(name, '.');
	n = *head || !dot ? 0 : dot + 1 - name;
	for (size_t i = 0; i < COUNT(ends); i++)
		if (!strcasecmp(name + n, ends[i].alias)) {
			if (strlen(head) + n + strlen(ends[i].name) >= size)
				return false;
			memcpy(buf, head, strlen(head));
			memcpy(buf + strlen(head), name, n);
			strncpy(buf + strlen(head) + n, ends[i].name, size - strlen(head) - n);
			return true;
		}
	if (strlen(head) + strlen(name) >= size)
		return false;
	memcpy(buf, head, strlen(head));
	memcpy(buf + strlen(head), name, strlen(name) + 1);
	return true;
}

const struct field *field_find(const char *name)
{
	const struct field *f = exact(name);
	char buf[64];

	return f || !unalias(name, buf, sizeof(buf)) ? f : exact(buf);
}

const char *field_near(const char *name)
{
	const char *words[FIELDS_MAX], *near;
	char buf[64];
	size_t n = 0;

	for (; fields[n].name && n < FIELDS_MAX - 1; n++)
		words[n] = fields[n].name;
	words[n] = NULL;
	near = near_word(name, words);
	return near || !unalias(name, buf, sizeof(buf)) ? near : near_word(buf, words);
}

const char *field_type_name(enum field_type type)
{
	static const char *const type_names[] = {
		[FIELD_TEXT] = "text",	 [FIELD_TEXTS] = "texts",	[FIELD_NUMBER] = "number",
		[FIELD_BYTES] = "bytes", [FIELD_DURATION] = "duration", [FIELD_TIME] = "time",
		[FIELD_BOOL] = "bool",	 [FIELD_ADDR] = "address",	[FIELD_ADDRS] = "addresses",
		[FIELD_ENUM] = "name",
	};

	return type_names[type];
}

/* ------------------------------------------------------------------ as text */

void field_seconds_text(struct text *t, uint64_t ns)
{
	uint64_t fraction = ns % NS_PER_SEC;
	unsigned int digits = 9;

	text_u64(t, ns / NS_PER_SEC);
	if (!fraction)
		return;
	for (; fraction % 10 == 0; digits--)
		fraction /= 10;
	text_char(t, '.');
	text_padded(t, fraction, digits);
}

/* Days since the epoch as a date; the year begins in March, so that the leap day is its last. */
static void text_date(struct text *t, uint64_t days)
{
	uint64_t z = days + 719468, era = z / 146097, of_era = z % 146097;
	uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint64_t day = of_era - (365 * year + year / 4 - year / 100);
	uint64_t month = (5 * day + 2) / 153;

	text_padded(t, year + era * 400 + (month >= 10), 4);
	text_char(t, '-');
	text_padded(t, month < 10 ? month + 3 : month - 9, 2);
	text_char(t, '-');
	text_padded(t, day - (153 * month + 2) / 5 + 1, 2);
}

static void text_time(struct text *t, uint64_t ns)
{
	uint64_t s = ns / NS_PER_SEC;

	text_date(t, s / 86400);
	text_char(t, 'T');
	text_padded(t, s % 86400 / 3600, 2);
	text_char(t, ':');
	text_padded(t, s % 3600 / 60, 2);
	text_char(t, ':');
	text_padded(t, s % 60, 2);
	text_char(t, '.');
	text_padded(t, ns % NS_PER_SEC, 9);
	text_char(t, 'Z');
}

static void text_enum(struct text *t, const struct field *field, uint64_t number)
{
	const char *name = number < field->n_names ? field->value_name(number) : NULL;

	if (name)
		text_str(t, name);
	else
		text_u64(t, number);
}

static void text_lists(struct text *t, const struct field *field, const struct field_value *v)
{
	bool texts = field->type == FIELD_TEXTS;
	size_t n = texts ? v->texts.n : v->addrs.n;

	for (size_t i = 0; i < n; i++) {
		if (i)
			text_char(t, ',');
		if (texts)
			text_str(t, v->texts.v[i]);
		else
			text_addr(t, &v->addrs.v[i]);
	}
}

void field_value_text(struct text *t, const struct field *field, const struct field_value *v)
{
	if (!v->known)
		return;
	switch (field->type) {
	case FIELD_TEXT:
		text_str(t, v->text);
		break;
	case FIELD_TEXTS:
	case FIELD_ADDRS:
		text_lists(t, field, v);
		break;
	case FIELD_NUMBER:
	case FIELD_BYTES:
		text_u64(t, v->number);
		break;
	case FIELD_DURATION:
		field_seconds_text(t, v->number);
		break;
	case FIELD_TIME:
		text_time(t, v->number);
		break;
	case FIELD_BOOL:
		text_str(t, v->number ? "true" : "false");
		break;
	case FIELD_ADDR:
		text_addr(t, &v->addr);
		break;
	case FIELD_ENUM:
		text_enum(t, field, v->number);
		break;
	}
}

void field_text(struct text *t, const struct field *field, const struct flow *f)
{
	struct text scratch = {0};
	struct field_value v;

	field->get(f, &v, &scratch);
	field_value_text(t, field, &v);
	text_free(&scratch);
}

/* ---------------------------------------------------------------------- in order */

static int compare_texts(const struct field_value *a, const struct field_value *b)
{
	for (size_t i = 0; i < a->texts.n && i < b->texts.n; i++) {
		int order = strcmp(a->texts.v[i], b->texts.v[i]);

		if (order)
			return order;
	}
	return (a->texts.n > b->texts.n) - (a->texts.n < b->texts.n);
}

static int compare_addrs(const struct field_value *a, const struct field_value *b)
{
	size_t n = a->addrs.n < b->addrs.n ? a->addrs.n : b->addrs.n;
	int order = n ? memcmp(a->addrs.v, b->addrs.v, n * sizeof(*a->addrs.v)) : 0;

	return order ? order : (a->addrs.n > b->addrs.n) - (a->addrs.n < b->addrs.n);
}

int field_compare(const struct field *field, const struct field_value *a,
		  const struct field_value *b)
{
	if (!a->known || !b->known)
		return a->known - b->known;
	switch (field->type) {
	case FIELD_TEXT:
		return strcmp(a->text, b->text);
	case FIELD_TEXTS:
		return compare_texts(a, b);
	case FIELD_ADDR:
		return memcmp(&a->addr, &b->addr, sizeof(a->addr));
	case FIELD_ADDRS:
		return compare_addrs(a, b);
	default:
		return (a->number > b->number) - (a->number < b->number);
	}
}
