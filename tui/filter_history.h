/* SPDX-License-Identifier: MIT */
/* The filters of before: a file of lines, the newest last, bounded, for its owner only. */
#ifndef PITOT_TUI_FILTER_HISTORY_H
#define PITOT_TUI_FILTER_HISTORY_H

#include <stddef.h>

#define FILTER_HISTORY_MAX 500

struct filter_history {
	char *path; /* NULL: it is not kept */
	char **v; /* the newest last, none twice */
	size_t n;
};

/* A file that is not there or cannot be read is an empty one. path may be NULL. 0 or -ENOMEM. */
int filter_history_load(struct filter_history *h, const char *path);
void filter_history_free(struct filter_history *h); /* takes a zeroed one */

/*
 * The newest one from now on; the file is written anew, with what others have added to it
 * meanwhile. Texts with control characters are not kept. 0 or -errno; it is kept in memory anyway.
 */
int filter_history_add(struct filter_history *h, const char *text);

#endif
