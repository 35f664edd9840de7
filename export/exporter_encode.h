/* SPDX-License-Identifier: MIT */
/* A flow as an exporter's message. Exporters that write the same way share the work. */
#ifndef PITOT_EXPORT_EXPORTER_ENCODE_H
#define PITOT_EXPORT_EXPORTER_ENCODE_H

#include "export/exporter.h"

struct field_mask;

struct export_encoding {
	struct export_encoding *next;
	enum export_format format;
	char **paths; /* of the mask, as configured; borrowed from `owner` */
	struct exporter_config *owner; /* a config of its own, with the mask alone */
	struct field_mask *mask;
	unsigned int users;
	bool ready; /* bytes hold the flow that is being exported */
	struct text bytes, wire;
};

/* The encoding for c, out of *list where there is one. 0, -ENOMEM, -EINVAL with a line in err. */
int export_encoding_get(struct export_encoding **list, const struct exporter_config *c, char *err,
			size_t err_size, struct export_encoding **ret);
void export_encoding_put(struct export_encoding **list, struct export_encoding *e);

/* The message, in e->bytes until the next call with another flow. NULL: it could not be made. */
const struct text *export_encode(struct export_encoding *e, const struct flow *f,
				 const char *node_name);

/* The same of a flow.Flow on the wire. */
const struct text *export_encode_wire(struct export_encoding *e, const uint8_t *wire, size_t n,
				      const char *node_name, uint64_t time_ns);

#endif
