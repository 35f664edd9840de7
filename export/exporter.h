/* SPDX-License-Identifier: MIT */
/*
 * Exporters: flows that leave the agent as they come. Each has its filters, mask,
 * aggregation and one target. A kind of target is one file and one row of
 * export_targets[]: it gets finished messages and may block, in a thread of its own
 * behind a bounded queue.
 */
#ifndef PITOT_EXPORT_EXPORTER_H
#define PITOT_EXPORT_EXPORTER_H

#include <uv.h>

#include "export/hubble.h"
#include "flows/filter.h"

enum export_format { EXPORT_JSON, EXPORT_PB }; /* lines (ExportEvent); length-delimited flow.Flow */
enum export_compression { COMPRESS_NONE, COMPRESS_GZIP, COMPRESS_ZSTD }; /* of rotated files */
enum export_fsync { FSYNC_NEVER, FSYNC_ROTATE, FSYNC_INTERVAL };

/* One exporter, as the configuration has it; strings and lists are its own, exporter_config_clear(). */
struct exporter_config {
	char *name; /* unique; "" : "exporter-N" */
	char *target; /* "file:/path", "/path", "stdout" */
	enum export_format format;
	char **allow, **deny; /* JSON FlowFilters; NULL-terminated or NULL */
	char *where; /* expression; NULL */
	char **field_mask; /* paths; NULL-terminated or NULL */
	char **field_aggregate; /* paths that make the key; NULL: no aggregation */
	uint64_t aggregation_interval_ns; /* 0: off */
	uint64_t max_bytes; /* rotation by size; 0: 10 MB */
	uint64_t max_age_ns; /* rotation by time; 0: none */
	uint32_t max_backups; /* 0: 5 */
	enum export_compression compression;
	enum export_fsync fsync;
	uint64_t fsync_interval_ns;
	uint64_t end_ns; /* wall clock: it stops then; 0: never */
	bool normal_drops;
};
void exporter_config_clear(struct exporter_config *c);

/* Where messages go. Called on the target's own thread, but for open() and free(). */
struct export_target {
	/* n messages, one after the other. 0, or -errno: they are lost and counted; it is called again later. */
	int (*write)(struct export_target *t, const uint8_t *bytes, size_t n, uint64_t messages);
	int (*tick)(struct export_target *t); /* once a second: time-outs, fsync; may be NULL */
	void (*free)(struct export_target *t); /* writes out and closes */
};

struct export_target_kind {
	const char *scheme; /* "file" */
	int (*open)(const struct exporter_config *c, struct export_target **ret, char **ret_error);
};
extern const struct export_target_kind export_targets[]; /* ended by a NULL scheme */

struct exporter_status {
	const char *name, *target, *error; /* error "": it is fine; valid until the next call */
	bool up;
	uint64_t flows, bytes, lost, filtered;
};

struct exporters;

struct exporters_options {
	const char *node_name, *cluster_name;
	void *arg;
	void (*notice)(void *arg, const char *line); /* one line, once a cause: failed, resumed */
};

/* The set of exporters of an agent. */
int exporters_new(uv_loop_t *loop, const struct exporters_options *opt, struct exporters **ret);

/*
 * What is to be there from now on: those whose configuration is the same go on
 * undisturbed, others are closed or opened. Takes over the configs' contents. 0, or
 * -EINVAL with one line in *ret_error: nothing was changed.
 */
int exporters_set(struct exporters *e, struct exporter_config *configs, size_t n,
		  char **ret_error);
void exporters_flow(struct exporters *e, const struct flow *f);
void exporters_lost(struct exporters *e, const struct lost_events *l);
size_t exporters_status(struct exporters *e, struct exporter_status *rows, size_t max);
void exporters_free(struct exporters *e); /* writes out. Takes NULL */

#endif
