/* SPDX-License-Identifier: MIT */
/*
 * Texts without which a flow cannot pass a filter: a line or a message that has none of
 * them need not be read. Only such as are in it byte for byte: namespaces.
 */
#ifndef PITOT_EXPORT_FILE_NEEDLES_H
#define PITOT_EXPORT_FILE_NEEDLES_H

#include <stdbool.h>
#include <stddef.h>

#include "flows/filter.h"

#define NEEDLES_MAX 8

struct file_needle {
	char *text; /* with the quotes that JSON has around it */
	size_t n;
};

/* n 0: every flow has to be read. */
struct file_needles {
	struct file_needle v[NEEDLES_MAX];
	size_t n;
};

/* f may be NULL. 0 or -ENOMEM. */
int file_needles_init(struct file_needles *x, const struct filter *f);
void file_needles_clear(struct file_needles *x);

/* A line of JSON; false: whatever flow it holds cannot pass. */
bool file_needles_in_line(const struct file_needles *x, const char *s, size_t n);

/* The same for a flow.Flow. */
bool file_needles_in_message(const struct file_needles *x, const char *s, size_t n);

#endif
