/* SPDX-License-Identifier: MIT */
/* What export/protojson/ share: values whose text is not JSON's own. For those files only. */
#ifndef PITOT_EXPORT_PROTOJSON_PARTS_H
#define PITOT_EXPORT_PROTOJSON_PARTS_H

#include "flows/text.h"

/* google.protobuf.Timestamp's range: years 1 to 9999. */
#define TIMESTAMP_MIN (-62135596800)
#define TIMESTAMP_MAX 253402300799

/* RFC 3339, "2026-01-15T10:20:30.5+02:00". False: it is none, or out of range. */
bool time_parse(const char *s, size_t n, int64_t *ret_seconds, uint32_t *ret_nanos);

/* Appended without quotes. */
void base64_write(struct text *t, const uint8_t *data, size_t n);

/* Appends the bytes; either alphabet, with or without padding. False: it is no base64. */
bool base64_read(struct text *t, const char *s, size_t n);

/* The shortest text that reads back as v; not for infinities and NaN. */
void double_write(struct text *t, double v, bool is_float);

/* A number as JSON has it, n bytes that were checked to be one. False: too large. */
bool double_read(const char *s, size_t n, double *ret_v);

/* A path of a FieldMask: "source.pod_name" <-> "source.podName". */
void camel_write(struct text *t, const char *s, size_t n);
void snake_write(struct text *t, const char *s, size_t n);

#endif
