/* SPDX-License-Identifier: MIT */
/* Cells of `-o csv`, for flows and for what they come to. */
#ifndef PITOT_CLI_CSV_H
#define PITOT_CLI_CSV_H

#include "flows/text.h"

/*
 * A cell with RFC 4180's quotes where it needs them. What is not trusted and begins
 * with =, +, - or @ gets an apostrophe before it, so that a spreadsheet does not
 * take it for a formula. s has no control bytes.
 */
void csv_cell(struct text *t, const char *s, size_t n, bool trusted);

#endif
