/* SPDX-License-Identifier: MIT */
/*
 * The filter of the bar: flags as `pitot observe` has them, then an expression as --where's:
 *   --namespace shop --verdict DROPPED   rtt > 50ms && dst.port == 443
 * What parses it is lent by the command line (tui/ui.h).
 */
#ifndef PITOT_TUI_FILTER_H
#define PITOT_TUI_FILTER_H

#include "flows/filter.h"
#include "flows/where.h"

struct ui_filter {
	char *text; /* as typed, blanks at the ends removed; --where's expression stands at the end */
	char *flags; /* the part that is flags, "" none */
	char *expression; /* the part that is an expression, "" none */
	struct filter filter;
	struct where *where; /* NULL: no expression */
};

struct ui_filter_error {
	size_t column, length; /* in characters of the text, where it is wrong */
	char message[256]; /* one line, escaped */
	char meant[1024]; /* the filter that it probably means; "": not known */
};

/* f NULL: as the empty filter, everything but drops of normal life (--all-drops shows them, too). */
bool ui_filter_pass(const struct ui_filter *f, const struct flow *flow);
void ui_filter_free(struct ui_filter *f); /* takes NULL */

/*
 * The text of a filter that also asks for `expression` (exclude: for all but it); f NULL:
 * of that alone. A term that together with it nothing could pass makes room: its contrary, or the
 * same field's equality with another value. *ret_instead (may be NULL): that one, NULL: there was
 * none. The caller frees both; NULL without memory.
 */
char *ui_filter_and(const struct ui_filter *f, const char *expression, bool exclude,
		    char **ret_instead);

#endif
