// SPDX-License-Identifier: MIT
#include "export/field_mask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "export/proto/flow.pb-c.h"
#include "export/wire.h"

#define PATHS_MAX 512
#define PATH_MAX_BYTES 256
#define FIELDS_MAX 64 /* of a message; flow.Flow has 45 */

/* What of a message passes: a tree, as deep as the longest path. */
struct field_mask {
	size_t n;
	struct mask_field {
		uint32_t number;
		struct field_mask *inner; /* NULL: all of the field */
	} fields[FIELDS_MAX];
};

void field_mask_free(struct field_mask *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++)
		field_mask_free(m->fields[i].inner);
	free(m);
}

static const struct mask_field *find(const struct field_mask *m, uint32_t number)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->fields[i].number == number)
			return &m->fields[i];
	return NULL;
}

bool field_mask_passes(const struct field_mask *m, uint32_t number)
{
	return !m || find(m, number);
}

static const ProtobufCFieldDescriptor *field_of(const ProtobufCMessageDescriptor *type,
						const char *name, size_t n)
{
	char buf[PATH_MAX_BYTES + 1];

	if (!type || n > PATH_MAX_BYTES)
		return NULL;
	memcpy(buf, name, n);
	buf[n] = '\0';
	return protobuf_c_message_descriptor_get_field_by_name(type, buf);
}

static const ProtobufCMessageDescriptor *message_of(const ProtobufCFieldDescriptor *field)
{
	/* as in every protobuf: a path may end in a repeated field, not go through it */
	if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED)
		return NULL;
	return field->descriptor;
}

/* The number of the path's first field, its message (NULL: none) and what of the path is left ("": nothing). */
static uint32_t step(const ProtobufCMessageDescriptor **type, const char **path)
{
	size_t n = strcspn(*path, ".");
	const ProtobufCFieldDescriptor *field = field_of(*type, *path, n);
	bool last = !(*path)[n];

	if (!field)
		return 0;
	*type = message_of(field);
	if (!last && !*type)
		return 0;
	*path += n + !last;
	return last || **path ? field->id : 0;
}

static bool is_path(const char *path)
{
	const ProtobufCMessageDescriptor *type = &flow__flow__descriptor;

	do
		if (!step(&type, &path))
			return false;
	while (*path);
	return true;
}

static struct mask_field *take(struct field_mask *m, uint32_t number, bool *ret_new)
{
	struct mask_field *field = (struct mask_field *)find(m, number);

	*ret_new = !field;
	if (field)
		return field;
	m->fields[m->n] = (struct mask_field){.number = number};
	return &m->fields[m->n++];
}

/* The path is_path(), so no message gets more fields than it has. 0 or -ENOMEM. */
static int add_path(struct field_mask *m, const char *path)
{
	const ProtobufCMessageDescriptor *type = &flow__flow__descriptor;

	for (;;) {
		uint32_t number = step(&type, &path);
		bool is_new;
		struct mask_field *field = take(m, number, &is_new);

		if (!*path) { /* all of it, whatever was asked for within */
			field_mask_free(field->inner);
			field->inner = NULL;
			return 0;
		}
		if (!is_new && !field->inner)
			return 0;
		if (is_new)
			field->inner = calloc(1, sizeof(*field->inner));
		if (!field->inner)
			return -ENOMEM;
		m = field->inner;
	}
}

static int refuse(const char *path, char *err, size_t err_size)
{
	struct text t = {0};

	text_str(&t, "invalid field mask: flow has no field \"");
	text_escape(&t, path, 80);
	text_char(&t, '"');
	snprintf(err, err_size, "%.*s", (int)t.len, t.data ? t.data : "");
	text_free(&t);
	return -EINVAL;
}

int field_mask_new(const char *const *paths, size_t n, struct field_mask **ret_mask, char *err,
		   size_t err_size)
{
	struct field_mask *m;
	int e = 0;

	if (n > PATHS_MAX) {
		snprintf(err, err_size, "invalid field mask: %zu paths, at most %d are allowed", n,
			 PATHS_MAX);
		return -EINVAL;
	}
	for (size_t i = 0; i < n; i++)
		if (!is_path(paths[i]))
			return refuse(paths[i], err, err_size);
	m = n ? calloc(1, sizeof(*m)) : NULL;
	if (n && !m)
		return -ENOMEM;
	for (size_t i = 0; i < n && !e; i++)
		e = add_path(m, paths[i]);
	if (e)
		field_mask_free(m);
	else
		*ret_mask = m;
	return e;
}

int field_mask_apply(const struct field_mask *m, const uint8_t *wire, size_t n,
		     struct text *ret_wire)
{
	struct wire_reader r = wire_reader(wire, n);
	const uint8_t *from = r.p;
	struct wire_field f;
	int err = 0;

	while (!err && wire_next(&r, &f)) {
		const struct mask_field *field = find(m, f.number);

		if (field && !field->inner) {
			text_mem(ret_wire, (const char *)from, r.p - from);
		} else if (field && f.type == WIRE_BYTES) {
			size_t mark = wire_open(ret_wire, f.number);

			err = field_mask_apply(field->inner, f.data, f.n, ret_wire);
			wire_close(ret_wire, mark);
		}
		from = r.p;
	}
	if (!err && r.bad)
		err = -EBADMSG;
	return err ? err : ret_wire->err;
}
