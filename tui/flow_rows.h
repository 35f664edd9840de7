/* SPDX-License-Identifier: MIT */
/*
 * The rows of the Flows view: the numbers of the flows that pass, as they came, or in the order
 * of something that is asked of each. Sorting goes on in slices, and takes in what comes.
 */
#ifndef PITOT_TUI_FLOW_ROWS_H
#define PITOT_TUI_FLOW_ROWS_H

#include "tui/store.h"

struct flow_rows;

/*
 * What a flow is sorted by. *generation moves when all that was said before holds no more: the
 * rows are sorted anew.
 */
typedef uint64_t (*flow_key)(void *arg, const struct flow *f, unsigned int *generation);

/* It attaches itself to the store: to be freed after the store's last work. 0 or -errno. */
int flow_rows_new(struct store *store, struct flow_rows **ret);
void flow_rows_free(struct flow_rows *r); /* takes NULL */

/* key NULL: as they came. descending: the largest, or the newest, first. */
void flow_rows_sort(struct flow_rows *r, flow_key key, void *key_arg, bool descending);

/* Sorts on for at most budget_ns. True: there is more to do. */
bool flow_rows_work(struct flow_rows *r, uint64_t budget_ns);

size_t flow_rows_count(const struct flow_rows *r); /* rows there are by now */
size_t flow_rows_total(const struct flow_rows *r); /* those that are yet to be sorted, too */
uint64_t flow_rows_number(const struct flow_rows *r, size_t row); /* for store_get() */
size_t flow_rows_find(const struct flow_rows *r, uint64_t number); /* SIZE_MAX: not a row */

#endif
