/* SPDX-License-Identifier: MIT */
/* The columns of the Flows view: what is in a cell, what it is sorted by, what it filters for. */
#ifndef PITOT_TUI_FLOW_CELLS_H
#define PITOT_TUI_FLOW_CELLS_H

#include "flows/flow.h"
#include "flows/text.h"
#include "tui/flow_rows.h"
#include "tui/table.h"
#include "tui/text_labels.h"

#define FLOW_COLUMNS 36

/* In the order of flow_cell()'s column. */
extern struct ui_column flow_columns[FLOW_COLUMNS];

struct flow_cell_options {
	bool numeric; /* addresses in place of names */
	bool local_time;
};

/* Fills in flow_columns[], which the rows of flow_cells.c have the rest of. Once, before a table is made. */
void flow_cells_init(void);

/* The columns need as much as there is room for in a table of that width: a drop's reason whole, ends. */
void flow_columns_fit(int width);

/* Text (untrusted) and style of a cell. */
void flow_cell(const struct flow *f, size_t column, const struct flow_cell_options *opt,
	       struct text *t, enum style *style);

/* What a sorted column looks at; `labels` is needed for texts only. */
struct flow_cell_order {
	size_t column;
	struct flow_cell_options opt;
	struct text_labels *labels;
	struct text scratch;
};

/* A flow_key with a struct flow_cell_order; NULL: as the flows came (TIME), or not at all. */
flow_key flow_cell_key(size_t column);
bool flow_cell_is_text(size_t column);
bool flow_cell_is_time(size_t column);

/* An expression (flows/where.h) for what the cell says; false: there is none. */
bool flow_cell_expression(const struct flow *f, size_t column, bool numeric, struct text *t);

#endif
