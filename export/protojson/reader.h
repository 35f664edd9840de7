/* SPDX-License-Identifier: MIT */
/*
 * Reading JSON's values into the wire form, for export/protojson/ only. All append
 * to r->wire; false after json_fail().
 */
#ifndef PITOT_EXPORT_PROTOJSON_READER_H
#define PITOT_EXPORT_PROTOJSON_READER_H

#include "export/protojson/scan.h"
#include "export/protojson/types.h"

/* A message's fields, without its tag and length. */
bool protojson_read_message(struct json_reader *r, const struct message *m);

/* The same for messages that are no object of their fields: any kind but MESSAGE_PLAIN. */
bool protojson_read_known(struct json_reader *r, const struct message *m);

/* A value with its tag. null is nothing. */
bool protojson_read_field(struct json_reader *r, const struct field *f);

/* A member that the message does not have: passed over, or an error. */
bool protojson_read_unknown(struct json_reader *r, const struct json_span *name);

/* With their tag; "" is left out unless even_empty. */
bool protojson_read_string(struct json_reader *r, uint32_t number, bool even_empty);
bool protojson_read_bytes(struct json_reader *r, uint32_t number, bool even_empty);

#endif
