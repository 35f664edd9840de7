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

/* Where messages go. Called on the target's own thread, but for open(). */
struct export_target {
	/*
	 * Whole messages, one after the other. 0, or -errno: none of them counts as written,
	 * they are offered again a second later, until the queue has no room for what follows.
	 */
	int (*write)(struct export_target *t, const uint8_t *bytes, size_t n, uint64_t messages);
	/* About once a second: time-outs, fsync. 0 or -errno. May be NULL. */
	int (*tick)(struct export_target *t);
	/* A piece of work aside (compression); true: there is more. May be NULL. */
	bool (*work)(struct export_target *t);
	void (*free)(struct export_target *t); /* writes out and closes */
	bool finish; /* free() finishes work aside, however long it takes */
};

struct export_target_kind {
	const char *scheme; /* "file" */
	/* rest: what follows the scheme and its colon. 0 or -errno, maybe with a line in *ret_error */
	int (*open)(const struct exporter_config *c, const char *rest, struct export_target **ret,
		    char **ret_error);
};
extern const struct export_target_kind export_targets[]; /* ended by a NULL scheme */

/* Of "file:/path", "/path", "stdout"; never NULL, a file where no scheme is known. */
const struct export_target_kind *export_target_find(const char *target, const char **ret_rest);

struct exporter_status {
	const char *name, *target, *error; /* error "": it is fine; valid until the next call */
	bool up;
	uint64_t flows, bytes; /* messages that were written, their bytes before compression */
	uint64_t lost, filtered;
};

struct exporters;

struct exporters_options {
	const char *node_name, *cluster_name;
	void *arg;
	/* One line, once a cause: failed, resumed. May be NULL. */
	void (*notice)(void *arg, const char *line);
	/*
	 * A full queue makes the caller wait: for flows that come from a file. A target that
	 * fails is then final: nothing more is written.
	 */
	bool wait;
	bool finish; /* exporters_free() compresses what is rotated; else the next start does */
};

/* The set of exporters of an agent. */
int exporters_new(uv_loop_t *loop, const struct exporters_options *opt, struct exporters **ret);

/*
 * What is to be there from now on: those whose configuration is the same go on
 * undisturbed, others are closed or opened. Takes over the configs' contents. 0, or
 * -EINVAL with one line in *ret_error: nothing was changed.
 */
int exporters_set(struct exporters *e, struct exporter_config *configs, size_t n, char **ret_error);

/*
 * Beside those: what the file at path says (export/exporter_config.h), read again when
 * it changes. A file that cannot be read or is wrong is told by notice() and changes
 * nothing; at the first time it is an error. path is copied. 0 or -errno.
 */
int exporters_watch(struct exporters *e, const char *path, char **ret_error);
void exporters_flow(struct exporters *e, const struct flow *f);
void exporters_lost(struct exporters *e, const struct lost_events *l);

/* The groups leave, and all that is queued is tried: what the status says then is final. */
void exporters_drain(struct exporters *e);
size_t exporters_status(struct exporters *e, struct exporter_status *rows, size_t max);

/* Appends their counters for metrics_extra() (export/metrics.h), Hubble's dynamic_exporter_* among them. */
struct text;
void exporters_write_metrics(struct exporters *e, struct text *t);
void exporters_free(struct exporters *e); /* writes out; run the loop once more. Takes NULL */

#endif
