/* SPDX-License-Identifier: MIT */
/* What a scraper asks: the head of an HTTP/1.x request (RFC 9112). Pure, for export/metrics_server.c. */
#ifndef PITOT_EXPORT_METRICS_HTTP_H
#define PITOT_EXPORT_METRICS_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#define METRICS_HTTP_MAX 8192 /* bytes of a head */

struct metrics_request {
	int status; /* what to answer: 200, or why not */
	bool head; /* HEAD: no body */
	bool root; /* "/" was asked for */
	bool openmetrics;
	bool keep_alive;
	bool chunked; /* HTTP/1.1 */
};

/* Bytes of the head, 0: it is not complete yet. Reads data as far as it is there. */
size_t metrics_http_parse(const char *data, size_t n, struct metrics_request *ret);

const char *metrics_http_reason(int status); /* "Not Found" */

#endif
