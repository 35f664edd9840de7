/* SPDX-License-Identifier: MIT */
/* For tui/view_dns*.c only. */
#ifndef PITOT_TUI_VIEW_DNS_OWN_H
#define PITOT_TUI_VIEW_DNS_OWN_H

#include "flows/dns_sums.h"
#include "tui/table.h"

struct ui_page;

enum dns_column {
	DNS_WHAT,
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

struct dns_view {
	struct ui *ui;
	struct dns_sums *sums;
	struct ui_table *tables[DNS_BYS];
	struct ui_column columns[DNS_BYS][DNS_COLUMNS];
	struct ui_page *pane; /* about the selected row */
	enum dns_by by;
	unsigned int window; /* seconds of the rate */
	size_t metric; /* which one m chose last */
	size_t sort; /* enum dns_column; SIZE_MAX: the model's order */
	bool descending;
	bool again; /* rows have to be made anew */
	struct dns_row *rows; /* the model's */
	size_t n;
	uint64_t version, epoch; /* of the model, when rows were made */
	uint64_t now_ns; /* time shown then */
	uint64_t grouped_ns, took_ns; /* when that was, CLOCK_MONOTONIC, and how long it took */
};

/* 0 or -ENOMEM. */
int dns_make_table(struct dns_view *v, enum dns_by by);

/* Rows as they are now, or were a moment ago. */
void dns_refresh(struct dns_view *v);

/* "NXDOMAIN 3, timeout 1"; "ok" where nothing failed. */
void dns_put_outcomes(struct text *t, const struct dns_counts *c);

/* Of counts: the worst there is. */
enum style dns_style(const struct dns_counts *c, uint64_t failed);

/* NULL: none. */
const struct dns_row *dns_selected(struct dns_view *v);

/* What failed, what is usually behind it, commands, and the sums of the row. */
void dns_fill_pane(struct dns_view *v, const struct dns_row *r);

#endif
