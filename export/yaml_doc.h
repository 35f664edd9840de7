/* SPDX-License-Identifier: MIT */
/* A YAML document and the few questions that the configuration files ask of it. For export/ only. */
#ifndef PITOT_EXPORT_YAML_DOC_H
#define PITOT_EXPORT_YAML_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "flows/text.h"

#define YAML_DOC_MAX (1u << 20) /* bytes of a document */
#define YAML_DEPTH_MAX 16 /* of what becomes JSON */
#define YAML_JSON_MAX (64u << 10) /* bytes of it: aliases may repeat a node without end */

struct yaml_doc {
	yaml_document_t doc;
	bool loaded;
};

/* 0, or -EINVAL, -ENOMEM with one line in *ret_error. yaml_doc_close() is right in any case. */
int yaml_doc_open(struct yaml_doc *d, const char *text, size_t n, char **ret_error);
void yaml_doc_close(struct yaml_doc *d);

/* The root; NULL: the document is empty. */
yaml_node_t *yaml_doc_root(struct yaml_doc *d);

/* A mapping's value; NULL: no such key, or no mapping. */
yaml_node_t *yaml_doc_get(struct yaml_doc *d, const yaml_node_t *map, const char *key);

/* Item i of a sequence, value and key i of a mapping; NULL at the end. */
yaml_node_t *yaml_doc_item(struct yaml_doc *d, const yaml_node_t *seq, size_t i);
yaml_node_t *yaml_doc_pair(struct yaml_doc *d, const yaml_node_t *map, size_t i,
			   yaml_node_t **ret_key);

/* A scalar's text; NULL: it is none. "" for null. */
const char *yaml_doc_text(const yaml_node_t *node);

/* From 1. */
size_t yaml_doc_line(const yaml_node_t *node);

/*
 * Appends the node as JSON. true, false and null that are not quoted keep their kind,
 * all other scalars become strings (protojson reads numbers from those, too). 0,
 * -E2BIG: too deep or too long, -ENOMEM.
 */
int yaml_doc_json(struct yaml_doc *d, const yaml_node_t *node, struct text *json);

/*
 * "line 3: MESSAGE", one line whatever the document's words in it are; free() it. NULL
 * without memory.
 */
char *yaml_doc_error(size_t line, const char *message);

#endif
