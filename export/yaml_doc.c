// SPDX-License-Identifier: MIT
#include "export/yaml_doc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "export/json.h"

int yaml_doc_open(struct yaml_doc *d, const char *text, size_t n, char **ret_error)
{
	yaml_parser_t parser;
	int err = 0;

	d->loaded = false;
	if (n > YAML_DOC_MAX) {
		if (asprintf(ret_error, "larger than %u bytes", YAML_DOC_MAX) < 0)
			*ret_error = NULL;
		return -EINVAL;
	}
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
	d->loaded = yaml_parser_load(&parser, &d->doc);
	if (!d->loaded) {
		err = parser.error == YAML_MEMORY_ERROR ? -ENOMEM : -EINVAL;
		if (asprintf(ret_error, "line %zu is not YAML: %s", parser.problem_mark.line + 1,
			     parser.problem ? parser.problem : "not readable") < 0)
			*ret_error = NULL;
	}
	yaml_parser_delete(&parser);
	return err;
}

void yaml_doc_close(struct yaml_doc *d)
{
	if (d->loaded)
		yaml_document_delete(&d->doc);
	d->loaded = false;
}

yaml_node_t *yaml_doc_root(struct yaml_doc *d)
{
	return d->loaded ? yaml_document_get_root_node(&d->doc) : NULL;
}

yaml_node_t *yaml_doc_item(struct yaml_doc *d, const yaml_node_t *seq, size_t i)
{
	if (!seq || seq->type != YAML_SEQUENCE_NODE)
		return NULL;
	if (i >= (size_t)(seq->data.sequence.items.top - seq->data.sequence.items.start))
		return NULL;
	return yaml_document_get_node(&d->doc, seq->data.sequence.items.start[i]);
}

yaml_node_t *yaml_doc_pair(struct yaml_doc *d, const yaml_node_t *map, size_t i,
			   yaml_node_t **ret_key)
{
	const yaml_node_pair_t *pair;

	if (!map || map->type != YAML_MAPPING_NODE)
		return NULL;
	if (i >= (size_t)(map->data.mapping.pairs.top - map->data.mapping.pairs.start))
		return NULL;
	pair = map->data.mapping.pairs.start + i;
	*ret_key = yaml_document_get_node(&d->doc, pair->key);
	return yaml_document_get_node(&d->doc, pair->value);
}

yaml_node_t *yaml_doc_get(struct yaml_doc *d, const yaml_node_t *map, const char *key)
{
	yaml_node_t *value, *k = NULL;

	for (size_t i = 0; (value = yaml_doc_pair(d, map, i, &k)); i++) {
		const char *text = yaml_doc_text(k);

		if (text && !strcmp(text, key))
			return value;
	}
	return NULL;
}

static bool is_plain(const yaml_node_t *node, const char *word)
{
	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       !strcmp((const char *)node->data.scalar.value, word);
}

const char *yaml_doc_text(const yaml_node_t *node)
{
	if (!node || node->type != YAML_SCALAR_NODE)
		return NULL;
	if (is_plain(node, "null") || is_plain(node, "~"))
		return "";
	return (const char *)node->data.scalar.value;
}

size_t yaml_doc_line(const yaml_node_t *node)
{
	return node ? node->start_mark.line + 1 : 0;
}

static void put_scalar(struct text *json, const yaml_node_t *node)
{
	if (is_plain(node, "true") || is_plain(node, "false"))
		text_str(json, (const char *)node->data.scalar.value);
	else if (is_plain(node, "null") || is_plain(node, "~") || is_plain(node, ""))
		text_str(json, "null");
	else
		json_quote(json, (const char *)node->data.scalar.value, node->data.scalar.length);
}

static int put_node(struct yaml_doc *d, const yaml_node_t *node, struct text *json, size_t end,
		    unsigned int depth)
{
	bool map = node && node->type == YAML_MAPPING_NODE;
	yaml_node_t *item, *key = NULL;
	int err = 0;

	if (!node || depth > YAML_DEPTH_MAX || json->len > end)
		return -E2BIG;
	if (node->type == YAML_SCALAR_NODE) {
		put_scalar(json, node);
		return json->err;
	}
	text_char(json, map ? '{' : '[');
	for (size_t i = 0; !err; i++) {
		item = map ? yaml_doc_pair(d, node, i, &key) : yaml_doc_item(d, node, i);
		if (!item)
			break;
		if (i)
			text_char(json, ',');
		if (map) {
			json_quote(json, yaml_doc_text(key) ? yaml_doc_text(key) : "", 256);
			text_char(json, ':');
		}
		err = put_node(d, item, json, end, depth + 1);
	}
	text_char(json, map ? '}' : ']');
	return err ? err : json->err;
}

int yaml_doc_json(struct yaml_doc *d, const yaml_node_t *node, struct text *json)
{
	return put_node(d, node, json, json->len + YAML_JSON_MAX, 0);
}

char *yaml_doc_error(size_t line, const char *message)
{
	struct text t = {0};

	text_str(&t, "line ");
	text_u64(&t, line);
	text_str(&t, ": ");
	text_escape(&t, message, strlen(message) + 1);
	text_char(&t, '\0');
	if (t.err)
		text_free(&t);
	return t.data;
}
