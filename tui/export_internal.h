/* SPDX-License-Identifier: MIT */
/* For tui/export*.c only. */
#ifndef PITOT_TUI_EXPORT_INTERNAL_H
#define PITOT_TUI_EXPORT_INTERNAL_H

#include "tui/export.h"
#include "tui/export_file.h"

#define EXPORT_CHOICES 16

/* Flows of the history on their way into a file. */
struct export_flows {
	struct export_file file; /* path NULL: none is under way */
	struct ui_filter *filter; /* of the moment when it began; NULL: none */
	uint64_t first, next, end; /* numbers in the history */
	uint64_t gone; /* left the history before they were written */
};

/* What the questions have been answered so far. */
struct export_asked {
	const char *format;
	bool flows; /* the flows; else the view's own */
	bool record;
	char *path;
};

struct ui_export {
	struct ui *ui;
	struct export_flows flows;
	struct export_file record; /* path NULL: nothing is recorded */
	struct ui_filter *record_filter;
	bool record_all; /* whatever the filter says */
	int record_err; /* why it has stopped by itself; 0: it has not, or another was asked for since */
	char *record_why; /* the line that told so; NULL: as record_err */
	uint64_t record_bytes; /* of a second ago at most */
	struct export_asked asked;
	const char *words[EXPORT_CHOICES + 1]; /* of the list that is asked in */
	struct export_asked choices[EXPORT_CHOICES];
	char *labels[EXPORT_CHOICES];
};

/* "json" for "x.jsonl"; NULL: its name does not tell. */
const char *export_format_of(const char *path);
bool export_is_of_flows(const char *format); /* json, csv, pb */

int export_flows_begin(struct ui_export *e, const char *format, const char *path, bool overwrite,
		       char **ret_why);
/* shown: only what passes the filter of now. */
int export_record_begin(struct ui_export *e, const char *path, bool shown, bool overwrite,
			char **ret_why);
void export_record_end(struct ui_export *e);

/* Says it and frees it; NULL: out of memory. */
void export_say_why(struct ui_export *e, char *why);

#endif
