/* SPDX-License-Identifier: MIT */
/* Values of configuration files. All: 0 or -EINVAL, *ret untouched then. */
#ifndef PITOT_EXPORT_CONFIG_VALUE_H
#define PITOT_EXPORT_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Go's: "1h30m", "1.5s", "300ms", and "2d"; "0". Nanoseconds. */
int config_duration(const char *s, uint64_t *ret_ns);

/* "65536", "512K", "10MB", "1GiB": powers of 1024. */
int config_size(const char *s, uint64_t *ret_bytes);

int config_number(const char *s, uint64_t max, uint64_t *ret);
int config_bool(const char *s, bool *ret); /* true, yes, on, 1 and their opposites */

/* RFC 3339, "2006-01-02T15:04:05.999+02:00", or a date alone (UTC). Since the epoch. */
int config_time(const char *s, uint64_t *ret_ns);

/* Capitals, `-` and `_` make no difference. */
bool config_same_key(const char *a, const char *b);

/*
 * A file that is read again when it has changed. path is the caller's and lives on.
 * Looked at by time of change and size first, then by content.
 */
struct config_file {
	const char *path;
	uint64_t seen_ns, seen_size, seen_inode, hash;
	bool known;
};

/* 1: *ret_text (free() it) is new; 0: as it was; -errno. */
int config_file_changed(struct config_file *f, char **ret_text, size_t *ret_n);

#define CONFIG_POLL_MS 5000 /* as Hubble does */

#endif
