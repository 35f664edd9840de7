/* SPDX-License-Identifier: MIT */
/* What `pitot ui` is asked. */
#ifndef PITOT_CLI_UI_OPTIONS_H
#define PITOT_CLI_UI_OPTIONS_H

#include "cli/observe_options.h"
#include "flows/text.h"

struct ui_options {
	struct observe_options observe; /* first: rows of others look for it there */
	const char *where;
	bool all_drops;
	uint32_t history_bytes;
	int view; /* enum view_id */
	const char *record;
	int color; /* enum terminal_color */
	bool ascii, no_mouse, light, clipboard, local_time;
	bool list_keys;
	/* Of argv: words that filter, for the bar, and words that choose the source, for `y`. */
	struct text filter; /* NUL-terminated */
	const char **source; /* NULL-terminated */
};

extern const struct opt ui_option_table[];
extern const char *const ui_views[]; /* --view's, in the order of enum view_id */

/*
 * From the words as they were typed. 0, OPTIONS_HELP, or -errno with one line in err. *ret is
 * to be freed in every case.
 */
int ui_options_load(char **argv, struct ui_options **ret, char *err, size_t err_size);
void ui_options_free(struct ui_options *o); /* takes NULL */

#endif
