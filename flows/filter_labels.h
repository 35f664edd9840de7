/* SPDX-License-Identifier: MIT */
/*
 * Label selectors in Kubernetes' grammar: requirements by comma, all of which must
 * hold. "app=cart", "tier in (web, api)", "!canary", "k8s:version>3". A key may begin
 * with the label's source ("k8s:", "reserved:", "container:"); without one, or with
 * "any:", every source will do.
 */
#ifndef PITOT_FLOWS_FILTER_LABELS_H
#define PITOT_FLOWS_FILTER_LABELS_H

#include <stdbool.h>
#include <stddef.h>

struct label_selector;

/* 0, -ENOMEM, or -EINVAL and *ret_why, a constant: what was wanted at the place that was wrong. */
int label_selector_new(const char *text, struct label_selector **ret, const char **ret_why);
void label_selector_free(struct label_selector *s); /* takes NULL */

/* What it is made of, requirements and their values: the memory and the time that it takes. */
size_t label_selector_size(const struct label_selector *s);

/* Labels are "source:key=value", "source:key" or "key=value". */
bool label_selector_matches(const struct label_selector *s, const char *const *labels, size_t n);

#endif
