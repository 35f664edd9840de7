/* SPDX-License-Identifier: MIT */
/* JSON lines or length-delimited flow.Flow? */
#ifndef PITOT_EXPORT_FILE_SNIFF_H
#define PITOT_EXPORT_FILE_SNIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum file_format { FORMAT_UNKNOWN, FORMAT_JSON, FORMAT_PB };

/*
 * By the first n bytes; at_end: there are no others. FORMAT_UNKNOWN: more are needed.
 * What is neither is taken for lines, of which none may be a flow. message_max as
 * struct file_source_options has it.
 */
enum file_format file_sniff(const char *data, size_t n, bool at_end, size_t message_max);

/* Bytes of white space at the beginning. */
size_t file_spaces(const char *s, size_t n);

/* Bytes of UTF-8's byte order mark at the beginning: 3 or 0. */
size_t file_mark_size(const char *data, size_t n);

#endif
