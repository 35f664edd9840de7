/* SPDX-License-Identifier: MIT */
/*
 * The rotated files beside an export's file: "events.log" becomes
 * "events-2026-01-15T10-20-30.123.log" (UTC, as Hubble's exporter names them), then .gz
 * or .zst behind it. The oldest go when there are too many.
 */
#ifndef PITOT_EXPORT_EXPORT_BACKUPS_H
#define PITOT_EXPORT_EXPORT_BACKUPS_H

#include "export/export_compress.h"

struct export_backups {
	char *dir; /* "/var/log/pitot" */
	char *stem, *ext; /* "events", ".log" */
	uint32_t max;
	enum export_compression kind;
	struct export_compress *running;
	bool look; /* there may be something to compress */
};

/* 0 or -ENOMEM. path has a name at its end. */
int export_backups_init(struct export_backups *b, const char *path, uint32_t max,
			enum export_compression kind);

/* Renames path to a backup's name, removes what is too many. 0 or -errno. */
int export_backups_take(struct export_backups *b, const char *path, uint64_t now_ns);

/* A step of compressing what is not; true: there is more to do. */
bool export_backups_work(struct export_backups *b);

/* True for a name that export_backups_take() could have given. *ret_plain: not compressed. */
bool export_backups_match(const struct export_backups *b, const char *name, bool *ret_plain);
void export_backups_clear(struct export_backups *b);

#endif
