/* SPDX-License-Identifier: MIT */
/* For tui/view_dns*.c only. */
#ifndef PITOT_TUI_VIEW_DNS_OWN_H
#define PITOT_TUI_VIEW_DNS_OWN_H

#include "flows/dns_sums.h"
#include "tui/view_sums.h"

#define DNS_SLOW_NS 100000000ull

enum dns_column {
	DNS_WHAT = SUMS_WHAT,
	DNS_TYPES,
	DNS_ASKED,
	DNS_FAILED,
	DNS_OUTCOME,
	DNS_P50,
	DNS_P99,
	DNS_CLIENT,
	DNS_RESOLVER,
	DNS_RATE,
	DNS_NAMES,
	DNS_LAST,
	DNS_COLUMNS
};

/* "NXDOMAIN 3, timeout 1"; "ok" where nothing failed. */
void dns_put_outcomes(struct text *t, const struct dns_counts *c);

/* Of counts: the worst there is. */
enum style dns_style(const struct dns_counts *c, uint64_t failed);

/* What failed, what is usually behind it, commands, and the sums of the row. */
bool dns_fill_pane(struct sums_view *v, const void *row, int height, struct text *t);

#endif
