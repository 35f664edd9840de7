/* SPDX-License-Identifier: MIT */
/* What a run came to: the line that ends it. */
#ifndef PITOT_CLI_TOTALS_H
#define PITOT_CLI_TOTALS_H

#include "flows/flow.h"

/*
 * "812 events, 40 flows shown, 12 connections, 3 drops, no losses"; each loss
 * that is not zero is named with its cure. One line without its newline, to be
 * freed; NULL without memory.
 */
char *totals_line(const struct capture_stats *s, uint64_t shown);

/* The name of the i-th loss and its count, which may be 0; NULL at the end. */
const char *totals_loss(const struct capture_stats *s, size_t i, uint64_t *ret_count);

/* What helps against the i-th loss; NULL at the end. */
const char *totals_loss_cure(size_t i);

#endif
