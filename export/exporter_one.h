/* SPDX-License-Identifier: MIT */
/* Between exporter.c, exporters.c and exporter_watch.c: one exporter, and the set. */
#ifndef PITOT_EXPORT_EXPORTER_ONE_H
#define PITOT_EXPORT_EXPORTER_ONE_H

#include "export/config_value.h"
#include "export/export_queue.h"
#include "export/exporter_aggregate.h"
#include "export/exporter_encode.h"

struct where;

struct exporter {
	struct exporter *next;
	struct exporter_config config;
	char *name;
	bool watched; /* of the file that is watched */
	bool kept; /* while the configuration changes */
	struct filter filter;
	struct where *where;
	struct export_encoding *encoding;
	struct exporter_aggregation *aggregation;
	struct export_target *target; /* until it is started */
	struct export_queue *queue; /* NULL: not started, or it has ended */
	struct export_queue_state last; /* when it ended */
	bool ended; /* its time was over */
	uint64_t flush_ns; /* CLOCK_MONOTONIC: the groups leave then */
	uint64_t filtered, failed; /* failed: no memory for a message */
	int said_err; /* what was told last */
	uint64_t said_lost;
	char error[320];
};

/*
 * Everything but the thread; takes c's contents over, but for an error. name is copied.
 * 0, -ENOMEM, or -EINVAL with one line in *ret_error.
 */
int exporter_new(const struct exporter_config *c, const char *name,
		 const struct exporters_options *opt, struct export_encoding **encodings,
		 struct exporter **ret, char **ret_error);
int exporter_start(struct exporter *x, bool wait, bool finish, uint64_t now_ns);

/* The encoding's `ready` is for one and the same flow: the caller clears it before. */
void exporter_flow(struct exporter *x, const struct flow *f, const char *node_name);
void exporter_lost(struct exporter *x, const struct text *line);
void exporter_flush(struct exporter *x, uint64_t now_ns); /* the groups, where there are any */
void exporter_end(
	struct exporter *x); /* begins to: before exporter_stop(), of several that end at once */
void exporter_stop(
	struct exporter *x); /* writes out, for two seconds at most but with `wait` or `finish` */
void exporter_state(struct exporter *x, struct export_queue_state *ret);
void exporter_free(struct exporter *x, struct export_encoding **encodings); /* takes NULL */

struct exporters {
	uv_timer_t timer;
	struct exporters_options opt;
	char *node_name, *cluster_name;
	struct exporter *list;
	struct export_encoding *encodings;
	struct config_file file;
	char *watch; /* the file's path; NULL: none */
	uint64_t watch_at; /* CLOCK_MONOTONIC */
	int watch_err; /* told last: -errno, or 1: its content is wrong */
	struct text line; /* scratch */
};

__attribute__((format(printf, 2, 3))) void exporters_notice(struct exporters *e, const char *format,
							    ...);

/* exporters_set() for those that were given, or those of the file. */
int exporters_apply(struct exporters *e, bool watched, struct exporter_config *c, size_t n,
		    char **ret_error);
void exporters_set_timer(struct exporters *e);

/* Once in a while: is the file another one? */
void exporters_watch_again(struct exporters *e);

#endif
