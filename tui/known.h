/* SPDX-License-Identifier: MIT */
/*
 * Values seen in flows, for completion: the newest of each kind, bounded. It is given
 * every flow that comes, whether it passes the filter or not: a name that the filter hides
 * is the one that is asked for next.
 */
#ifndef PITOT_TUI_KNOWN_H
#define PITOT_TUI_KNOWN_H

#include "tui/ui.h"

struct known;

#define KNOWN_MAX 4096 /* values a kind; beyond them the oldest go */

struct known *known_new(void); /* NULL without memory */
void known_free(struct known *k); /* takes NULL */

/* From the source, each flow: of what goes on, and of more than some thousand a second, it looks at some. */
void known_flow(struct known *k, const struct flow *f);

/* Sorted; valid until the next known_flow(). known: a struct known, as ui_host.filter_complete() calls it. */
const struct ui_words *known_words(void *known, enum ui_known kind);

#endif
