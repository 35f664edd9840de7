/* SPDX-License-Identifier: MIT */
/* What export/file_source.c and its two readers, file/lines.c and file/messages.c, share. */
#ifndef PITOT_EXPORT_FILE_STATE_H
#define PITOT_EXPORT_FILE_STATE_H

#include <uv.h>

#include "export/file/input.h"
#include "export/file/needles.h"
#include "export/file/sniff.h"
#include "export/file_source.h"
#include "export/hubble.h"
#include "flows/text.h"

struct file_source {
	struct source source;
	struct source_events ev;
	struct file_input *input;
	struct file_buffer buffer;
	struct hubble_reader *reader;
	struct file_needles needles;
	struct text wire; /* of the line at hand */
	char *name; /* for notices, escaped */
	char *first_why; /* of stats; its own */
	size_t message_max;
	enum file_format format;
	size_t searched; /* lines: bytes of the buffer that have no line end */
	uint64_t records; /* lines or messages so far */
	uint64_t buffered; /* bytes that came into the buffer so far */
	bool discarding; /* the rest of a line that is too long */
	bool bare; /* lines: the last one was a flow without a response around it */
	bool at_end; /* of the file */
	bool over; /* end() is due or was called: nothing more is read */
	bool stopped, started, polled;
	int fd_flags; /* as they were before the loop changed them; -1: not changed */
	struct file_source_stats stats;
	uv_idle_t idle;
	uv_poll_t poll;
};

/* Deliver what is whole in the buffer; what is not stays. */
void file_lines(struct file_source *f);
void file_messages(struct file_source *f);

/* A flow that was read; releases it. */
void file_flow(struct file_source *f, struct flow *flow);

/*
 * Counts record f->records as bad and tells so, the first times: "NAME:17: what: why
 * (column 3)". why and unit may be NULL.
 */
void file_bad(struct file_source *f, const char *what, const char *why, const char *unit,
	      uint64_t at);

#endif
