// SPDX-License-Identifier: MIT
#include "cli/agent_config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "flows/near.h"

#define KEYS_MAX 128
#define KEY_BYTES_MAX 64
#define DEPTH_MAX 64

/* Keys whose value is a list of mappings; somebody else reads them. */
static const char *const elsewhere[] = {"exporters", "flowLogs"};

struct reading {
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_event;
	const struct opt *table;
	agent_config_entry *entry;
	void *arg;
	unsigned int entries;
	const char *seen[KEYS_MAX]; /* rows' names */
	size_t n_seen;
	char *err;
	size_t err_size;
};

static int __attribute__((format(printf, 3, 4)))
fail_at(struct reading *r, yaml_mark_t mark, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	snprintf(r->err, r->err_size, "%zu:%zu: %s", mark.line + 1, mark.column + 1, line);
	return -EINVAL;
}

#define fail(r, ...) fail_at(r, (r)->event.start_mark, __VA_ARGS__)

static int next(struct reading *r)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = false;
	if (!yaml_parser_parse(&r->parser, &r->event)) {
		if (r->parser.error == YAML_MEMORY_ERROR)
			return fail_at(r, r->parser.mark, "out of memory");
		return fail_at(r, r->parser.problem_mark, "%s",
			       r->parser.problem ? r->parser.problem : "this is no YAML");
	}
	r->has_event = true;
	return 0;
}

/* Passes over the node at hand, whatever it is. */
static int pass_over(struct reading *r)
{
	unsigned int depth = 0;

	for (;;) {
		int err;

		if (r->event.type == YAML_SEQUENCE_START_EVENT ||
		    r->event.type == YAML_MAPPING_START_EVENT)
			depth++;
		else if (r->event.type == YAML_SEQUENCE_END_EVENT ||
			 r->event.type == YAML_MAPPING_END_EVENT)
			depth--;
		if (!depth)
			return 0;
		if (depth > DEPTH_MAX)
			return fail(r, "this is nested too deeply");
		err = next(r);
		if (err)
			return err;
	}
}

/* -------------------------------------------------------------------- a value */

static bool is_null(const yaml_event_t *e, const char *text)
{
	return e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || !strcmp(text, "~") || !strcasecmp(text, "null"));
}

static int flag_value(struct reading *r, const struct opt *o, const char *text, bool *ret_on)
{
	static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no",
									       "off"};

	for (size_t i = 0; i < 3; i++) {
		*ret_on = !strcasecmp(text, yes[i]);
		if (*ret_on || !strcasecmp(text, no[i]))
			return 0;
	}
	return fail(r, "%s: \"%.100s\" is not true or false", o->name, text);
}

static int scalar(struct reading *r, const struct opt *o)
{
	const char *text = (const char *)r->event.data.scalar.value;
	bool on = true;
	char why[400] = "";
	int err;

	if (strlen(text) != r->event.data.scalar.length)
		return fail(r, "%s: a text with a NUL in it", o->name);
	if (is_null(&r->event, text))
		return 0;
	if (++r->entries > AGENT_CONFIG_ENTRIES_MAX)
		return fail(r, "more than %u values", AGENT_CONFIG_ENTRIES_MAX);
	if (!o->arg) {
		err = flag_value(r, o, text, &on);
		if (err || !on)
			return err;
		text = "";
	}
	err = r->entry(r->arg, o, text, why, sizeof(why));
	if (!err)
		return 0;
	fail(r, "%s", *why ? why : strerror(-err));
	return err;
}

static int list(struct reading *r, const struct opt *o)
{
	for (;;) {
		int err = next(r);

		if (err || r->event.type == YAML_SEQUENCE_END_EVENT)
			return err;
		if (r->event.type != YAML_SCALAR_EVENT)
			return fail(r, "%s: a list of plain values is wanted", o->name);
		err = scalar(r, o);
		if (err)
			return err;
	}
}

static int value(struct reading *r, const struct opt *o)
{
	if (r->event.type == YAML_SCALAR_EVENT)
		return scalar(r, o);
	if (r->event.type == YAML_SEQUENCE_START_EVENT && o->arg)
		return list(r, o);
	return fail(r, "%s: a plain value is wanted", o->name);
}

/* ---------------------------------------------------------------------- a key */

static bool may_be_a_key(const struct opt *o)
{
	return o->type != OPT_HELP && o->type != OPT_NOT && strcmp(o->name, "config") &&
	       strcmp(o->name, "check-config");
}

static int unknown(struct reading *r, const char *key)
{
	const char *names[KEYS_MAX + 1], *near;
	size_t n = 0;

	for (const struct opt *o = r->table; o->name && n < KEYS_MAX - 1; o++)
		if (o->group != GROUP_HIDDEN && may_be_a_key(o))
			names[n++] = o->name;
	names[n++] = "exporters";
	names[n] = NULL;
	near = near_word(key, names);
	if (near)
		return fail(r, "unknown key \"%.64s\" (did you mean \"%s\"?)", key, near);
	return fail(r, "unknown key \"%.64s\": keys are the options of \"pitot agent\"", key);
}

/* *ret_row NULL: somebody else's. */
static int find_row(struct reading *r, const struct opt **ret_row)
{
	const char *key = (const char *)r->event.data.scalar.value;

	*ret_row = NULL;
	if (r->event.type != YAML_SCALAR_EVENT)
		return fail(r, "a key is wanted");
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		if (!strcmp(key, elsewhere[i]))
			return 0;
	for (const struct opt *o = r->table; o->name; o++) {
		if (strcmp(o->name, key) || !may_be_a_key(o))
			continue;
		for (size_t i = 0; i < r->n_seen; i++)
			if (r->seen[i] == o->name)
				return fail(r, "\"%s\" is there twice", o->name);
		if (r->n_seen < KEYS_MAX)
			r->seen[r->n_seen++] = o->name;
		*ret_row = o;
		return 0;
	}
	return unknown(r, key);
}

static int mapping(struct reading *r)
{
	for (;;) {
		const struct opt *o;
		int err = next(r);

		if (err || r->event.type == YAML_MAPPING_END_EVENT)
			return err;
		err = find_row(r, &o);
		if (!err)
			err = next(r);
		if (!err)
			err = o ? value(r, o) : pass_over(r);
		if (err)
			return err;
	}
}

static int document(struct reading *r)
{
	bool had_one = false;

	for (;;) {
		int err = next(r);

		if (err || r->event.type == YAML_STREAM_END_EVENT)
			return err;
		switch (r->event.type) {
		case YAML_MAPPING_START_EVENT:
			if (had_one)
				return fail(r, "one document is wanted");
			had_one = true;
			err = mapping(r);
			break;
		case YAML_SCALAR_EVENT: /* an empty one */
			if (r->event.data.scalar.length)
				return fail(r, "\"key: value\" is wanted");
			break;
		case YAML_SEQUENCE_START_EVENT:
		case YAML_ALIAS_EVENT:
			return fail(r, "\"key: value\" is wanted");
		default:
			break;
		}
		if (err)
			return err;
	}
}

int agent_config_read(const char *text, size_t n, const struct opt *table,
		      agent_config_entry *entry, void *arg, char *err, size_t err_size)
{
	struct reading r = {
		.table = table, .entry = entry, .arg = arg, .err = err, .err_size = err_size};
	int ret;

	*err = '\0';
	if (n > AGENT_CONFIG_BYTES_MAX) {
		snprintf(err, err_size, "1:1: it has more than 1 MiB");
		return -EFBIG;
	}
	if (!yaml_parser_initialize(&r.parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
	ret = document(&r);
	if (r.has_event)
		yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	return ret;
}
