/* SPDX-License-Identifier: MIT */
/* A file that has its name only when it is whole; for tui/export*.c. */
#ifndef PITOT_TUI_EXPORT_FILE_H
#define PITOT_TUI_EXPORT_FILE_H

#include "tui/ui.h"

struct export_file {
	char *path; /* NULL: not open */
	char *partial; /* what it is called until then */
	bool overwrite;
	struct sink *sink; /* NULL: of a text */
	const struct ui_host *host; /* of a recording: a thread writes it; NULL: what is written waits */
	uint64_t flows;
	uint64_t lost; /* of them: a recording's disk did not keep up. As of the last flush */
};

/* "~/x" is in the home. NULL without memory. */
char *export_path(const char *typed);

bool export_file_exists(const char *path);

/*
 * Begins to write flows; record: nothing waits for the disk. 0, -EEXIST (it is there, and overwrite is not asked for) or
 * another -errno, with one line in *ret_why (free() it; NULL without memory).
 */
int export_to_file_open(struct export_file *f, const struct ui_host *host, bool record,
			const char *format, const char *path, bool overwrite, char **ret_why);

int export_file_flow(struct export_file *f, const struct flow *flow); /* 0 or -errno */
int export_file_flush(struct export_file *f); /* 0 or -errno */
uint64_t export_file_bytes(const struct export_file *f); /* on the disk */

/* Writes all out and gives it its name. 0 or -errno (-ETIMEDOUT: the disk does not answer): what there is stays under f->partial until it is cleared. */
int export_file_finish(struct export_file *f);

/* Closes what is open; keep: what was written stays, under its partial name. Frees all but f. */
void export_file_clear(struct export_file *f, bool keep);

/* All of a text at once. As export_to_file_open(). */
int export_text(const struct text *t, const char *path, bool overwrite, char **ret_why);

#endif
