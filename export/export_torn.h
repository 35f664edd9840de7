/* SPDX-License-Identifier: MIT */
/* Where messages of an export's formats end: for rotation, and for a file that a crash left. */
#ifndef PITOT_EXPORT_EXPORT_TORN_H
#define PITOT_EXPORT_EXPORT_TORN_H

#include "export/exporter.h"

#define EXPORT_MESSAGE_MAX (64u << 20)

/*
 * Bytes of the whole messages at p that fit into limit; at least those of the first
 * one. n bytes, which are whole messages.
 */
size_t export_messages_fit(enum export_format format, const uint8_t *p, size_t n, uint64_t limit);

enum torn {
	TORN_NOT, /* ends with a whole message, or is empty */
	TORN_CUT, /* what follows *ret_end is the begin of a message */
	TORN_NEWLINE, /* the last line is whole but for its end */
	TORN_OTHER, /* not this format at all */
};

/* How the file ends. Reads fd with pread(). 0 or -errno. */
int export_torn(enum export_format format, int fd, uint64_t size, enum torn *ret_how,
		uint64_t *ret_end);

#endif
