// SPDX-License-Identifier: MIT
#include "export/exporter_encode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export/exporter_config.h"
#include "export/field_mask.h"
#include "export/json.h"
#include "export/proto/flow.pb-c.h"
#include "export/protojson.h"
#include "export/wire.h"

#define NODE_NAME_MAX 512

static bool same_paths(char *const *a, char *const *b)
{
	size_t i = 0;

	if (!a || !b)
		return !a == !b;
	while (a[i] && b[i] && !strcmp(a[i], b[i]))
		i++;
	return !a[i] && !b[i];
}

static void encoding_free(struct export_encoding *e)
{
	if (e->owner)
		exporter_config_clear(e->owner);
	free(e->owner);
	field_mask_free(e->mask);
	text_free(&e->bytes);
	text_free(&e->wire);
	free(e);
}

static int encoding_new(const struct exporter_config *c, char *err, size_t err_size,
			struct export_encoding **ret)
{
	struct export_encoding *e = calloc(1, sizeof(*e));
	size_t n = 0;
	int ret_err = 0;

	if (!e)
		return -ENOMEM;
	e->format = c->format;
	e->owner = calloc(1, sizeof(*e->owner));
	if (!e->owner)
		ret_err = -ENOMEM;
	while (!ret_err && c->field_mask && c->field_mask[n])
		ret_err = exporter_config_set(e->owner, "field-mask", c->field_mask[n++], err,
					      err_size);
	if (!ret_err)
		ret_err = field_mask_new((const char *const *)c->field_mask, n, &e->mask, err,
					 err_size);
	if (ret_err) {
		encoding_free(e);
		return ret_err;
	}
	e->paths = e->owner->field_mask;
	*ret = e;
	return 0;
}

int export_encoding_get(struct export_encoding **list, const struct exporter_config *c, char *err,
			size_t err_size, struct export_encoding **ret)
{
	struct export_encoding *e = *list;
	int ret_err = 0;

	while (e && (e->format != c->format || !same_paths(e->paths, c->field_mask)))
		e = e->next;
	if (!e) {
		ret_err = encoding_new(c, err, err_size, &e);
		if (ret_err)
			return ret_err;
		e->next = *list;
		*list = e;
	}
	e->users++;
	*ret = e;
	return 0;
}

void export_encoding_put(struct export_encoding **list, struct export_encoding *e)
{
	if (!e || --e->users)
		return;
	while (*list != e)
		list = &(*list)->next;
	*list = e->next;
	encoding_free(e);
}

static const struct text *checked(struct export_encoding *e)
{
	if (!e->bytes.err)
		return &e->bytes;
	text_free(&e->bytes);
	return NULL;
}

const struct text *export_encode_wire(struct export_encoding *e, const uint8_t *wire, size_t n,
				      const char *node_name, uint64_t time_ns)
{
	struct text *t = &e->bytes;

	t->len = 0;
	if (e->format == EXPORT_PB) {
		char length[WIRE_VARINT_MAX];

		text_mem(t, length, wire_put_varint(length, n) - length);
		text_mem(t, (const char *)wire, n);
		return checked(e);
	}
	text_str(t, "{\"flow\":");
	if (protojson_write(t, &flow__flow__descriptor, wire, n))
		return NULL;
	if (node_name && *node_name) {
		text_str(t, ",\"node_name\":");
		json_quote(t, node_name, NODE_NAME_MAX);
	}
	if (time_ns) {
		text_str(t, ",\"time\":");
		json_time(t, time_ns);
	}
	text_str(t, "}\n");
	return checked(e);
}

const struct text *export_encode(struct export_encoding *e, const struct flow *f,
				 const char *node_name)
{
	const struct hubble_options opt = {
		.extensions = EXTENSIONS_STRUCT, .mask = e->mask, .node_name = node_name};

	/* The way that needs no wire in between, for most of what is exported. */
	if (e->format == EXPORT_JSON && !e->mask && !f->hubble) {
		e->bytes.len = 0;
		json_flow(&e->bytes, f, node_name);
		text_char(&e->bytes, '\n');
		return checked(e);
	}
	e->wire.len = 0;
	hubble_write_flow(&e->wire, f, &opt);
	if (e->wire.err) {
		text_free(&e->wire);
		return NULL;
	}
	return export_encode_wire(e, (const uint8_t *)e->wire.data, e->wire.len, node_name,
				  f->time_ns);
}
