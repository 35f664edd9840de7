// SPDX-License-Identifier: MIT
/* Which metrics there are: Hubble's --hubble-metrics syntax, and its YAML. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "export/flow_filter.h"
#include "export/metrics_parts.h"
#include "export/yaml_doc.h"

/* Ours where nothing is said: Hubble itself has none then. */
#define DEFAULT_SET                                                       \
	"dns drop flow flows-to-world icmp port-distribution tcp httpV2 " \
	"traffic connections rtt retransmits kernel-drops listen-drops dns-timeouts"
#define SPEC_MAX 65536
#define WORD " \t\r\n"

static const struct metric_kind *const tables[] = {metric_l7_kinds, metric_hubble_kinds,
						   metric_own_kinds};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static const struct metric_kind *kind_find(const char *name)
{
	for (size_t i = 0; i < TABLES; i++)
		for (const struct metric_kind *k = tables[i]; k->name; k++)
			if (!strcasecmp(k->name, name))
				return k;
	return NULL;
}

int metric_new(const char *name, struct metric **ret, char *err, size_t err_size)
{
	const struct metric_kind *k = kind_find(name);
	struct metric *m;
	size_t n;

	if (!k) {
		n = snprintf(err, err_size, "\"%.60s\" is no metric; there are", name);
		for (size_t i = 0; i < TABLES; i++)
			for (k = tables[i]; k->name && n < err_size; k++)
				n += snprintf(err + n, err_size - n, " %s", k->name);
		return -EINVAL;
	}
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->kind = k;
	m->filter.normal_drops = true;
	*ret = m;
	return 0;
}

static int no_option(const struct metric *m, const char *name, char *err, size_t err_size)
{
	size_t n = snprintf(err, err_size, "%s: \"%.60s\" is no option; there are", m->kind->name,
			    name);

	for (size_t i = 0; m->kind->options[i] && n < err_size; i++)
		n += snprintf(err + n, err_size - n, " %s,", m->kind->options[i]);
	if (n < err_size)
		snprintf(err + n, err_size - n, " %s", metric_context_help);
	return -EINVAL;
}

int metric_option(struct metric *m, const char *name, const char *value, char *err, size_t err_size)
{
	char why[256];
	int ret;

	for (size_t i = 0; m->kind->options[i]; i++)
		if (!strcasecmp(m->kind->options[i], name)) {
			if (strcasecmp(value, "false"))
				m->options |= 1u << i;
			return 0;
		}
	ret = metric_context_option(&m->context, name, value, why, sizeof(why));
	if (ret == -ENOENT)
		return no_option(m, name, err, err_size);
	if (ret)
		snprintf(err, err_size, "%s: %s", m->kind->name, why);
	return ret;
}

static bool has_extra(const struct metric *m, const struct metric_row *row)
{
	for (size_t i = 0; row->extra && m->kind->options[i]; i++)
		if (!strcmp(m->kind->options[i], row->extra))
			return m->options & 1u << i;
	return false;
}

int metric_finish(struct metric *m, uint32_t max_series)
{
	const char *names[METRIC_LABELS_MAX];
	size_t n = metric_context_names(&m->context, names);

	for (const struct metric_row *row = m->kind->families; row->name; row++)
		if (metric_family_init(&m->families[m->n_families++], row, has_extra(m, row), names,
				       n, max_series))
			return -ENOMEM;
	return 0;
}

void metric_free(struct metric *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_families; i++)
		metric_family_clear(&m->families[i]);
	metric_retransmits_free(m->memory);
	filter_clear(&m->filter);
	free(m->text);
	free(m);
}

void metrics_free_list(struct metric *list)
{
	while (list) {
		struct metric *m = list;

		list = m->next;
		metric_free(m);
	}
}

/* No two series of one name: a scrape of those would be refused. */
static int append(struct metric **list, struct metric *m, char *err, size_t err_size)
{
	size_t count = 0;

	for (; *list; list = &(*list)->next, count++)
		for (size_t i = 0; i < m->n_families; i++)
			for (size_t j = 0; j < (*list)->n_families; j++)
				if (!strcmp(m->families[i].row->name,
					    (*list)->families[j].row->name)) {
					snprintf(err, err_size,
						 "\"%s\" and \"%s\" both make %s: leave one out",
						 (*list)->kind->name, m->kind->name,
						 m->families[i].row->name);
					return -EINVAL;
				}
	if (count == METRICS_MAX) {
		snprintf(err, err_size, "more than %d metrics", METRICS_MAX);
		return -EINVAL;
	}
	*list = m;
	return 0;
}

/* ------------------------------------------------------------ "name:opt;opt=v|v" */

static int parse_options(struct metric *m, char *options, char *err, size_t err_size)
{
	int ret = 0;

	while (!ret && *options) {
		size_t n = strcspn(options, ";");
		char *next = options + n + !!options[n], *value;

		options[n] = '\0';
		value = strchr(options, '=');
		if (value)
			*value++ = '\0';
		if (*options)
			ret = metric_option(m, options, value ? value : "", err, err_size);
		options = next;
	}
	return ret;
}

static int parse_word(char *word, uint32_t max_series, struct metric **list, char *err,
		      size_t err_size)
{
	char *options = strchr(word, ':');
	struct metric *m = NULL;
	char *text = strdup(word);
	int ret = text ? 0 : -ENOMEM;

	if (options)
		*options++ = '\0';
	if (!ret)
		ret = metric_new(word, &m, err, err_size);
	if (!ret && options)
		ret = parse_options(m, options, err, err_size);
	if (!ret)
		ret = metric_finish(m, max_series);
	if (!ret)
		ret = append(list, m, err, err_size);
	if (ret) {
		metric_free(m);
		free(text);
		return ret;
	}
	m->text = text;
	return 0;
}

int metrics_parse(const char *spec, uint32_t max_series, struct metric **ret, char *err,
		  size_t err_size)
{
	struct metric *list = NULL;
	char *copy, *word, *rest;
	int ret_err = 0;

	if (!spec)
		spec = DEFAULT_SET;
	if (strlen(spec) > SPEC_MAX) {
		snprintf(err, err_size, "longer than %d bytes", SPEC_MAX);
		return -EINVAL;
	}
	copy = strdup(spec);
	if (!copy)
		return -ENOMEM;
	for (rest = copy; !ret_err;) {
		rest += strspn(rest, WORD);
		if (!*rest)
			break;
		word = rest;
		rest += strcspn(rest, WORD);
		if (*rest)
			*rest++ = '\0';
		ret_err = parse_word(word, max_series, &list, err, err_size);
	}
	free(copy);
	if (ret_err)
		metrics_free_list(list);
	else
		*ret = list;
	return ret_err;
}

/* ------------------------------------------------------------------------ YAML */

struct reading {
	struct yaml_doc doc;
	uint32_t max_series;
	char err[512];
	size_t line;
};

/* A value, or a list of them that becomes "a|b". */
static int join(struct reading *r, const yaml_node_t *node, struct text *t)
{
	const char *text = yaml_doc_text(node);
	yaml_node_t *item;

	if (text)
		text_str(t, text);
	for (size_t i = 0; !text && (item = yaml_doc_item(&r->doc, node, i)); i++) {
		if (t->len)
			text_char(t, '|');
		if (yaml_doc_text(item) && t->len < SPEC_MAX)
			text_str(t, yaml_doc_text(item));
	}
	text_char(t, '\0');
	return t->err;
}

static int read_option(struct reading *r, struct metric *m, const yaml_node_t *node)
{
	const char *name = yaml_doc_text(yaml_doc_get(&r->doc, node, "name"));
	struct text value = {0};
	int ret;

	r->line = yaml_doc_line(node);
	if (!name) {
		snprintf(r->err, sizeof(r->err), "a context option has a name and values");
		return -EINVAL;
	}
	ret = join(r, yaml_doc_get(&r->doc, node, "values"), &value);
	if (!ret)
		ret = metric_option(m, name, value.data, r->err, sizeof(r->err));
	text_free(&value);
	return ret;
}

static int read_filters(struct reading *r, struct metric *m, bool deny, const yaml_node_t *list)
{
	yaml_node_t *item;
	int ret = 0;

	for (size_t i = 0; !ret && (item = yaml_doc_item(&r->doc, list, i)); i++) {
		const char *text = yaml_doc_text(item);
		struct text json = {0};

		r->line = yaml_doc_line(item);
		if (text)
			text_str(&json, text);
		else
			ret = yaml_doc_json(&r->doc, item, &json);
		text_char(&json, '\0');
		if (ret == -E2BIG) {
			snprintf(r->err, sizeof(r->err), "nested too deeply, or too long");
			ret = -EINVAL;
		}
		if (!ret)
			ret = json.err ? json.err
				       : flow_filter_read_json(&m->filter, deny, json.data, r->err,
							       sizeof(r->err));
		text_free(&json);
		m->filtered = true;
	}
	return ret;
}

/* What a metric is, as text: one that says the same goes on when the file is read again. */
static char *text_of(struct reading *r, const yaml_node_t *node)
{
	struct text t = {0};
	int err = yaml_doc_json(&r->doc, node, &t);

	text_char(&t, '\0');
	if (err || t.err)
		text_free(&t);
	return t.data;
}

static int read_metric(struct reading *r, const yaml_node_t *node, struct metric **list)
{
	const char *name = yaml_doc_text(yaml_doc_get(&r->doc, node, "name"));
	const yaml_node_t *options = yaml_doc_get(&r->doc, node, "contextOptions");
	struct metric *m = NULL;
	yaml_node_t *item;
	int ret;

	r->line = yaml_doc_line(node);
	ret = metric_new(name ? name : "", &m, r->err, sizeof(r->err));
	for (size_t i = 0; !ret && (item = yaml_doc_item(&r->doc, options, i)); i++)
		ret = read_option(r, m, item);
	if (!ret)
		ret = read_filters(r, m, false, yaml_doc_get(&r->doc, node, "includeFilters"));
	if (!ret)
		ret = read_filters(r, m, true, yaml_doc_get(&r->doc, node, "excludeFilters"));
	if (!ret) {
		r->line = yaml_doc_line(node);
		ret = metric_finish(m, r->max_series);
	}
	if (!ret)
		ret = append(list, m, r->err, sizeof(r->err));
	if (ret)
		metric_free(m);
	else
		m->text = text_of(r, node);
	return ret;
}

int metrics_parse_yaml(const char *text, size_t n, uint32_t max_series, struct metric **ret,
		       char **ret_error)
{
	struct reading r = {.max_series = max_series};
	struct metric *list = NULL;
	const yaml_node_t *seq;
	yaml_node_t *item;
	int err;

	*ret_error = NULL;
	err = yaml_doc_open(&r.doc, text, n, ret_error);
	seq = err ? NULL : yaml_doc_get(&r.doc, yaml_doc_root(&r.doc), "metrics");
	for (size_t i = 0; !err && (item = yaml_doc_item(&r.doc, seq, i)); i++)
		err = read_metric(&r, item, &list);
	if (*r.err)
		*ret_error = yaml_doc_error(r.line, r.err);
	yaml_doc_close(&r.doc);
	if (err)
		metrics_free_list(list);
	else
		*ret = list;
	return err;
}
