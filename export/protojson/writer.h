/* SPDX-License-Identifier: MIT */
/* Writing the wire form as JSON, for export/protojson/ only. All return 0 or -EBADMSG. */
#ifndef PITOT_EXPORT_PROTOJSON_WRITER_H
#define PITOT_EXPORT_PROTOJSON_WRITER_H

#include "export/protojson/types.h"
#include "export/wire.h"

struct json_writer {
	struct text *t;
	unsigned int depth; /* of objects and lists */
	size_t merge_left; /* bytes of messages that came in parts */
};

/* Any message's JSON. */
int protojson_write_message(struct json_writer *w, const struct message *m, const uint8_t *data,
			    size_t n);

/* The same for messages that are no object of their fields: any kind but MESSAGE_PLAIN. */
int protojson_write_known(struct json_writer *w, const struct message *m, const uint8_t *data,
			  size_t n);

/* A plain message's members; the caller has written the brace. */
int protojson_write_members(struct json_writer *w, const struct message *m, const uint8_t *data,
			    size_t n);

/* A single value of a field, whose type v has on the wire. */
int protojson_write_value(struct json_writer *w, const struct field *f, const struct wire_field *v);

/* "name": with the comma that it takes. */
static inline void protojson_put_key(struct text *t, const char *name, size_t n)
{
	char *p = text_reserve(t, n + 4);

	if (!p)
		return;
	if (t->len && p[-1] != '{')
		*p++ = ',';
	*p++ = '"';
	memcpy(p, name, n);
	p += n;
	*p++ = '"';
	*p++ = ':';
	t->len = p - t->data;
}

/* The comma that an element of a list takes. */
static inline void protojson_next_element(struct text *t)
{
	if (t->len && t->data[t->len - 1] != '[')
		text_char(t, ',');
}

#endif
