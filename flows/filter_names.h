/* SPDX-License-Identifier: MIT */
/* What a filter asks about the names of an end; for flows/filter*.c only. */
#ifndef PITOT_FLOWS_FILTER_NAMES_H
#define PITOT_FLOWS_FILTER_NAMES_H

#include "flows/filter.h"

/* Adds a value of one of the fields from FILTER_NAMES on. As filter_add(). */
int filter_names_add(struct filter_names *n, enum filter_field field, const char *value, char *err,
		     size_t err_size);

/* True when the end has the names that are asked for, or nothing is asked. */
bool filter_names_hold(const struct filter_names *n, const struct flow_end *e);

/* 0, or -EINVAL with one line: a pod's or Service's namespace is none of those asked for beside it. */
int filter_names_check(const struct filter_names *n, char *err, size_t err_size);

void filter_names_clear(struct filter_names *n);

/*
 * Growing lists: *list is a pointer to items of that size. Texts are copied.
 * 0 or -ENOMEM.
 */
int filter_append(void *list, size_t *n, const void *item, size_t size);
int filter_append_text(struct filter_texts *t, const char *text);
int filter_append_path(struct filter_path **list, size_t *n, const char *text);
void filter_texts_clear(struct filter_texts *t);
void filter_paths_clear(struct filter_path *p, size_t n);

/* `*` stands for any characters. */
bool filter_glob(const char *pattern, const char *text);

#endif
