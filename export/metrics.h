/* SPDX-License-Identifier: MIT */
/*
 * Prometheus metrics made of flows: Hubble's series and context options under the
 * same names, and what only pitot knows (bytes, packets, RTT, retransmits, kernel
 * drop reasons). OpenMetrics text at http://LISTEN/metrics.
 */
#ifndef PITOT_EXPORT_METRICS_H
#define PITOT_EXPORT_METRICS_H

#include <uv.h>

#include "flows/flow.h"
#include "flows/source.h"
#include "flows/text.h"

struct metrics;

/*
 * As Hubble's --hubble-metrics: "name:opt;opt=v|v,v name ..."; NULL: the default set.
 * max_series: of each metric; beyond it values go into one series "other", counted.
 * 0, -ENOMEM, or -EINVAL with one line in *ret_error (which word, what there is).
 */
int metrics_new(const char *spec, uint32_t max_series, struct metrics **ret, char **ret_error);
void metrics_flow(struct metrics *m, const struct flow *f);
void metrics_lost(struct metrics *m, const struct lost_events *l);

/* A pod is gone: its series are dropped a minute later. */
void metrics_pod_gone(struct metrics *m, const char *namespace_name, const char *name);
void metrics_tick(struct metrics *m, uint64_t now_ns); /* CLOCK_MONOTONIC, about once a second */

/*
 * Further lines that the agent adds to each scrape (losses, memory, exporters), in
 * Prometheus' text format 0.0.4 ("# TYPE x_total counter"); the page makes OpenMetrics
 * of them. Up to 8 of them.
 */
void metrics_extra(struct metrics *m, void *arg, void (*write)(void *arg, struct text *t));

void metrics_write(struct metrics *m, struct text *t); /* the whole page, ends with # EOF */
void metrics_free(struct metrics *m); /* after its server. Takes NULL */

/* Where the flows come from, for filters by node; before metrics_watch(). Both live on. */
void metrics_set_node(struct metrics *m, const char *cluster, const char *node);

/*
 * Hubble's dynamic metrics, beside those of the spec: YAML, "metrics: [{name,
 * contextOptions: [{name, values}], includeFilters, excludeFilters}]", read again every
 * 5 s when it has changed. Later trouble is told by notice() (may be NULL) and changes
 * nothing; those that are configured as before go on counting. path is copied. 0, or
 * -errno with one line in *ret_error.
 */
int metrics_watch(struct metrics *m, uv_loop_t *loop, const char *path, void *arg,
		  void (*notice)(void *arg, const char *line), char **ret_error);

/*
 * HTTP/1.1, GET and HEAD of /metrics; bounded in every way. listen: "9965" (this machine
 * only), ":9965" (every address, as Hubble), "ADDRESS:9965", "[::1]:9965". 0, or -errno
 * with one line in *ret_error.
 */
struct metrics_server;
int metrics_server_new(uv_loop_t *loop, const char *listen, struct metrics *m,
		       struct metrics_server **ret, char **ret_error);
uint16_t metrics_server_port(const struct metrics_server *s); /* where listen had 0 */
void metrics_server_free(struct metrics_server *s); /* run the loop once more. Takes NULL */

#endif
