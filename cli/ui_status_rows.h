/* SPDX-License-Identifier: MIT */
/* For cli/ui_status*.c only: rows under construction, and what is told in them. */
#ifndef PITOT_CLI_UI_STATUS_ROWS_H
#define PITOT_CLI_UI_STATUS_ROWS_H

#include "cli/ui_status.h"
#include "export/answers.h"
#include "flows/capture/capture.h"

#define STATUS_ROWS_MAX 256

/* Zeroed is empty. Texts are escaped by whoever draws them. */
struct status_rows {
	struct text t;
	struct {
		size_t name, value, hint; /* in t; hint SIZE_MAX: none */
		enum style style;
	} at[STATUS_ROWS_MAX];
	struct ui_status_row v[STATUS_ROWS_MAX];
	size_t n;
};

void status_rows_clear(struct status_rows *r);
void status_rows_free(struct status_rows *r);
/* Fills in v; returns n, 0 without memory. */
size_t status_rows_finish(struct status_rows *r);

void row_heading(struct status_rows *r, const char *name);

/* The row begins; what is put into r->t up to row_end() is its value. hint: NULL or a line. */
void row_begin(struct status_rows *r, const char *name);
void row_end(struct status_rows *r, enum style style, const char *hint);
void row_text(struct status_rows *r, const char *name, enum style style, const char *value,
	      const char *hint);

void put_grouped(struct text *t, uint64_t v); /* "4,095" */
void put_percent(struct text *t, double part); /* of 1: "0.42 %" */

/* eBPF programs, of this process or of an agent; cost: those of a question before, for what ran since. */
struct status_cost {
	struct answer_program before[64]; /* names are not looked at */
	size_t n;
	uint64_t at_ns, cpu_ns; /* monotonic; CPU time of the process asked about */
};

void rows_own_cost(struct status_rows *r, struct status_cost *cost, bool alone);
void rows_programs(struct status_rows *r, const struct answer_program *p, size_t n,
		   struct status_cost *cost, uint64_t now_ns);
void rows_losses(struct status_rows *r, const struct capture_stats *stats);
void rows_names_begin(struct status_rows *r);
void rows_name(struct status_rows *r, const struct names_row *row);
void rows_agent(struct status_rows *r, const struct answer_agent_status *s,
		struct status_cost *cost);
void rows_server(struct status_rows *r, const struct answer_server_status *s);

#endif
