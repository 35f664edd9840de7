/* SPDX-License-Identifier: MIT */
/* For cli/ui*.c only, but for the command itself: `pitot ui`. */
#ifndef PITOT_CLI_UI_H
#define PITOT_CLI_UI_H

#include <stdbool.h>

#include "flows/sink.h"

/* A terminal at both ends that a screen can be drawn on: `pitot` alone opens it there. */
bool ui_has_terminal(void);

/*
 * A sink that writes to a file (made, or emptied where it is there): "json", "csv", "pb".
 * node_name may be NULL. 0, or -errno with one line in *why.
 */
int ui_sink_open(const char *format, const char *path, const char *node_name, struct sink **ret,
		 char **why);

/*
 * The same for what comes and does not wait: a thread writes it. What finds no room there, because
 * the disk does not keep up, is lost and counted; an error shows at a later flow or flush. Its
 * close() waits for a disk that does not answer, but not for long: -ETIMEDOUT.
 */
int ui_record_open(const char *format, const char *path, const char *node_name, struct sink **ret,
		   char **why);
void ui_record_state(const struct sink *s, uint64_t *ret_bytes, uint64_t *ret_lost);

/* --list-keys, to stdout. */
void ui_keys_print(void);

#endif
