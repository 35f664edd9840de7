// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/config_value.h"
#include "export/exporter_config.h"
#include "export/yaml_doc.h"

struct reading {
	struct yaml_doc doc;
	char err[320];
	size_t line; /* of what err is about; 0: the document */
};

static int refuse(struct reading *r, const yaml_node_t *node, const char *what)
{
	snprintf(r->err, sizeof(r->err), "%s", what);
	r->line = yaml_doc_line(node);
	return -EINVAL;
}

static int set_text(struct reading *r, struct exporter_config *c, const char *key,
		    const yaml_node_t *node, const char *text)
{
	int err = exporter_config_set(c, key, text, r->err, sizeof(r->err));

	if (err)
		r->line = yaml_doc_line(node);
	return err;
}

/* A filter that is written out as YAML. */
static int set_object(struct reading *r, struct exporter_config *c, const char *key,
		      const yaml_node_t *node)
{
	struct text json = {0};
	int err = yaml_doc_json(&r->doc, node, &json);

	text_char(&json, '\0');
	if (!err)
		err = json.err;
	if (err)
		err = refuse(r, node, "nested too deeply, or too long");
	else
		err = set_text(r, c, key, node, json.data);
	text_free(&json);
	return err;
}

static int set_key(struct reading *r, struct exporter_config *c, const char *key,
		   const yaml_node_t *node)
{
	yaml_node_t *item;
	int err = 0;

	if (node->type == YAML_SCALAR_NODE)
		return set_text(r, c, key, node, yaml_doc_text(node));
	if (node->type != YAML_SEQUENCE_NODE)
		return set_object(r, c, key, node);
	for (size_t i = 0; !err && (item = yaml_doc_item(&r->doc, node, i)); i++)
		err = item->type == YAML_SCALAR_NODE
			      ? set_text(r, c, key, item, yaml_doc_text(item))
			      : set_object(r, c, key, item);
	return err;
}

static int read_exporter(struct reading *r, const yaml_node_t *map, struct exporter_config *c)
{
	yaml_node_t *value, *key = NULL;
	int err = 0;

	if (map->type != YAML_MAPPING_NODE)
		return refuse(r, map, "an exporter is a mapping: {name: .., file: ..}");
	for (size_t i = 0; !err && (value = yaml_doc_pair(&r->doc, map, i, &key)); i++) {
		const char *name = yaml_doc_text(key);

		if (!name)
			return refuse(r, map, "a key is not a word");
		/* Null is as good as not there. */
		if (value->type == YAML_SCALAR_NODE && !*yaml_doc_text(value))
			continue;
		err = set_key(r, c, name, value);
	}
	if (!err && (!c->target || !*c->target))
		return refuse(r, map, "an exporter without \"file\": where is it to write?");
	return err;
}

static int read_list(struct reading *r, const yaml_node_t *list, struct exporter_config *configs,
		     size_t *n)
{
	yaml_node_t *item;
	int err = 0;

	if (list->type == YAML_SCALAR_NODE && !*yaml_doc_text(list))
		return 0;
	if (list->type != YAML_SEQUENCE_NODE)
		return refuse(r, list, "the exporters are a list");
	for (size_t i = 0; !err && (item = yaml_doc_item(&r->doc, list, i)); i++) {
		if (*n == EXPORTERS_MAX)
			return refuse(r, item, "more than 64 exporters");
		err = read_exporter(r, item, &configs[(*n)++]);
	}
	return err;
}

static int read_lists(struct reading *r, struct exporter_config *configs, size_t *n)
{
	static const char *const keys[] = {"exporters", "flowLogs"};
	int err = 0;

	for (size_t i = 0; !err && i < 2; i++) {
		yaml_node_t *list = yaml_doc_get(&r->doc, yaml_doc_root(&r->doc), keys[i]);

		if (list)
			err = read_list(r, list, configs, n);
	}
	return err;
}

int exporter_configs_read(const char *text, size_t n, struct exporter_config **ret, size_t *ret_n,
			  char **ret_error)
{
	struct exporter_config *configs = calloc(EXPORTERS_MAX, sizeof(*configs));
	struct reading r = {.err = ""};
	size_t count = 0;
	int err;

	*ret_error = NULL;
	if (!configs)
		return -ENOMEM;
	err = yaml_doc_open(&r.doc, text, n, ret_error);
	if (!err) {
		err = read_lists(&r, configs, &count);
		if (err == -EINVAL)
			*ret_error = yaml_doc_error(r.line, r.err);
	}
	yaml_doc_close(&r.doc);
	if (err) {
		exporter_configs_free(configs, count);
		return err;
	}
	*ret = configs;
	*ret_n = count;
	return 0;
}
