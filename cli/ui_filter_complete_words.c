// SPDX-License-Identifier: MIT
/* The words of expressions: fields, operators, values. */
#include <string.h>
#include <strings.h>

#include "cli/filter_rows.h"
#include "cli/ui_filter_complete.h"
#include "flows/where.h"

#define SOURCES "source's "

const char *completion_behind_any(const char *name)
{
	if (!strncasecmp(name, "any.", 4))
		return name + 4;
	return strncasecmp(name, "either.", 7) ? NULL : name + 7;
}

/* ------------------------------------------------------------------------ fields */

/* What is asked for most. */
static const char *const favourites[] = {
	"any.namespace", "any.workload", "any.pod",	  "any.service",   "any.process",
	"any.ip",	 "any.port",	 "any.dns",	  "any.name",	   "verdict",
	"drop.reason",	 "protocol",	 "src.namespace", "dst.namespace", "src.workload",
	"dst.workload",	 "dst.port",	 "rtt",		  "latency",	   "bytes",
	"retransmits",	 "dns.query",	 "dns.rcode",	  "http.status",
};

static void add_field(struct completion *c, const char *name)
{
	const char *rest = completion_behind_any(name);
	const struct field *f;
	struct text what = {0};
	char full[80];

	if (strlen(name) + 4 >= sizeof(full) || !completion_wants(c, name))
		return;
	memcpy(full, "src.", 4);
	memcpy(full + 4, rest ? rest : "", rest ? strlen(rest) + 1 : 1);
	f = field_find(rest ? full : name);
	if (!f)
		return;
	if (rest)
		text_str(&what, "either end's ");
	/* the row is the source's */
	text_str(&what,
		 f->help + (rest && !strncmp(f->help, SOURCES, strlen(SOURCES)) ? strlen(SOURCES)
										: 0));
	text_char(&what, '\0');
	if (!what.err)
		completion_add(c, name, NULL, what.data);
	text_free(&what);
}

void completion_add_fields(struct completion *c)
{
	char any[80];

	for (size_t i = 0; i < sizeof(favourites) / sizeof(favourites[0]); i++)
		add_field(c, favourites[i]);
	for (const struct field *f = fields; f->name; f++) {
		completion_add(c, f->name, NULL, f->help);
		if (strncmp(f->name, "src.", 4) || strlen(f->name) >= sizeof(any))
			continue;
		memcpy(any, "any.", 4);
		memcpy(any + 4, f->name + 4, strlen(f->name + 4) + 1);
		add_field(c, any);
	}
	completion_add(c, "has(", NULL, "the flow says something there: has(rtt)");
}

/* --------------------------------------------------------------------- operators */

enum { T_TEXT = 1, T_NUMBER = 2, T_BOOL = 4, T_ADDR = 8, T_ENUM = 16, T_ALL = 31 };

static const struct {
	const char *name;
	unsigned int types;
	const char *what;
} operators[] = {
	{"==", T_ALL, "equal"},
	{"!=", T_ALL, "not equal"},
	{">", T_NUMBER, "more"},
	{">=", T_NUMBER, "at least"},
	{"<", T_NUMBER, "less"},
	{"<=", T_NUMBER, "at most"},
	{"in", T_ALL & ~T_BOOL, "any of (a, b); a network: in 10.0.0.0/8"},
	{"not in", T_ALL & ~T_BOOL, "none of (a, b)"},
	{"contains", T_TEXT, "a part of it"},
	{"startswith", T_TEXT, "its beginning"},
	{"endswith", T_TEXT, "its end"},
	{"like", T_TEXT, "all of it; * and ? match"},
	{"=~", T_TEXT, "a regular expression (RE2)"},
	{"!~", T_TEXT, "no match"},
};

static unsigned int type_of(const struct scan *s)
{
	if (!s->field)
		return T_ALL;
	switch (s->field->type) {
	case FIELD_TEXT:
	case FIELD_TEXTS:
		return T_TEXT;
	case FIELD_BOOL:
		return T_BOOL;
	case FIELD_ADDR:
	case FIELD_ADDRS:
		return T_ADDR;
	case FIELD_ENUM:
		return T_ENUM;
	default:
		return T_NUMBER;
	}
}

void completion_add_joins(struct completion *c)
{
	completion_add(c, "&&", NULL, "and: both hold");
	completion_add(c, "||", NULL, "or: one of them holds");
}

void completion_add_operators(struct completion *c, const struct scan *s)
{
	bool yes_or_no = s->field && s->field->type == FIELD_BOOL;

	/* it stands by itself, too */
	if (yes_or_no)
		completion_add_joins(c);
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (operators[i].types & type_of(s))
			completion_add(c, operators[i].name, NULL, operators[i].what);
}

void completion_add_behind_not(struct completion *c)
{
	static const char *const behind[] = {"in",	 "contains", "startswith",
					     "endswith", "like",     NULL};

	completion_add_list(c, behind);
}

/* ------------------------------------------------------------------------ values */

static void put_plain(struct text *t, const char *value)
{
	text_str(t, value);
}

static void put_quoted(struct text *t, const char *value)
{
	where_quote(t, value);
}

/* Behind the slash: "shop/cart". */
static void put_name(struct text *t, const char *value)
{
	const char *slash = strchr(value, '/');

	where_quote(t, slash ? slash + 1 : value);
}

static void put_dir(struct text *t, const char *value)
{
	char dir[160];
	size_t n = strcspn(value, "/");

	if (!value[n] || n >= sizeof(dir))
		return;
	memcpy(dir, value, n);
	dir[n] = '\0';
	where_quote(t, dir);
}

/* "app" of "k8s:app=cart" */
static void put_key(struct text *t, const char *value)
{
	size_t source = strcspn(value, ":="), n;
	char key[160];

	if (value[source] == ':')
		value += source + 1;
	n = strcspn(value, "=");
	if (!n || n >= sizeof(key))
		return;
	memcpy(key, value, n);
	key[n] = '\0';
	where_quote(t, key);
}

void completion_add_label_keys(struct completion *c)
{
	completion_add_known(c, KNOWN_LABEL, put_key);
}

static const struct {
	const char *field; /* behind "src." and the like, or all of it */
	enum ui_known kind;
	void (*put)(struct text *t, const char *value);
} seen[] = {
	{"namespace", KNOWN_NAMESPACE, put_quoted},
	{"service.namespace", KNOWN_NAMESPACE, put_quoted},
	{"pod", KNOWN_POD, put_name},
	{"workload", KNOWN_WORKLOAD, put_name},
	{"workload.kind", KNOWN_WORKLOAD, put_dir},
	{"service", KNOWN_SERVICE, put_name},
	{"process", KNOWN_PROCESS, put_quoted},
	{"dns", KNOWN_DNS, put_quoted},
	{"reverse", KNOWN_DNS, put_quoted},
	{"name", KNOWN_POD, put_quoted},
	{"name", KNOWN_DNS, put_quoted},
	{"node", KNOWN_NODE, put_quoted},
	{"labels", KNOWN_LABEL, put_quoted},
	{"ip", KNOWN_IP, put_plain},
	{"dns.ips", KNOWN_IP, put_plain},
	{"port", KNOWN_PORT, put_plain},
	{"interface", KNOWN_INTERFACE, put_quoted},
	{"interfaces", KNOWN_INTERFACE, put_quoted},
	{"drop.reason", KNOWN_DROP_REASON, put_quoted},
	{"dns.query", KNOWN_DNS, put_quoted},
};

static const char *behind_end(const char *name)
{
	static const char *const ends[] = {"src.", "dst.", "client.", "server."};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!strncmp(name, ends[i], strlen(ends[i])))
			return name + strlen(ends[i]);
	return name;
}

static void add_seen(struct completion *c, const struct field *f)
{
	const char *name = behind_end(f->name);

	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
		if (!strcmp(seen[i].field, name))
			completion_add_known(c, seen[i].kind, seen[i].put);
}

/* Names that enumerations have; a text's are put in quotes as they are everywhere. */
static void add_names(struct completion *c, const struct field *f)
{
	for (unsigned int i = 0; f->value_name && i < f->n_names; i++) {
		const char *name = f->value_name(i);

		if (name && *name && !strcasestr(name, "unknown"))
			completion_add(c, name, NULL, NULL);
	}
}

static void add_examples(struct completion *c, const struct field *f)
{
	static const char *const durations[] = {"1ms",	 "10ms", "50ms", "100ms",
						"500ms", "1s",	 "5s",	 NULL},
				 *const bytes[] = {"1KB", "100KB", "1MB", "10MB", "1GB", NULL},
				 *const times[] = {"1m", "5m", "15m", "1h", NULL},
				 *const bools[] = {"true", "false", NULL},
				 *const status[] = {"200", "301", "400", "401", "403", "404",
						    "429", "500", "502", "503", "504", NULL};

	if (f->type == FIELD_DURATION)
		completion_add_list(c, durations);
	else if (f->type == FIELD_BYTES)
		completion_add_list(c, bytes);
	else if (f->type == FIELD_TIME)
		completion_add_list(c, times);
	else if (f->type == FIELD_BOOL)
		completion_add_list(c, bools);
	else if (!strcmp(f->name, "http.status"))
		completion_add_list(c, status);
}

static void add_methods(struct completion *c)
{
	for (const char *const *m = filter_http_methods; *m; m++) {
		struct text t = {0};

		where_quote(&t, *m);
		text_char(&t, '\0');
		if (!t.err)
			completion_add(c, t.data, *m, NULL);
		text_free(&t);
	}
}

/* The values of src.labels["app"]. */
static void add_label_values(struct completion *c, const char *key)
{
	const struct ui_words *w = c->known ? c->known(c->known_arg, KNOWN_LABEL) : NULL;
	size_t n = strlen(key);

	for (size_t i = 0; w && i < w->n; i++) {
		const char *label = w->v[i];
		size_t source = strcspn(label, ":=");
		struct text t = {0};

		if (label[source] == ':')
			label += source + 1;
		if (strncmp(label, key, n) || label[n] != '=')
			continue;
		where_quote(&t, label + n + 1);
		text_char(&t, '\0');
		if (!t.err)
			completion_add(c, t.data, label + n + 1, NULL);
		text_free(&t);
	}
}

void completion_add_values(struct completion *c, const struct scan *s)
{
	if (!s->field)
		return;
	if (*s->key) {
		add_label_values(c, s->key);
		return;
	}
	add_names(c, s->field);
	add_seen(c, s->field);
	if (!strcmp(s->field->name, "http.method"))
		add_methods(c);
	add_examples(c, s->field);
}
