/* SPDX-License-Identifier: MIT */
/*
 * HTTP for the decorators: GET over TCP, TLS or a unix socket on the event loop.
 * What is behind it alone knows libcurl, which is loaded when it is first needed: a
 * machine without it does without Kubernetes and Docker alone.
 */
#ifndef PITOT_FLOWS_NAMES_HTTP_H
#define PITOT_FLOWS_NAMES_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct http;
struct http_request;

/* Strings are copied. NULL and 0: not set. */
struct http_options {
	const char *url; /* "https://10.96.0.1:443/api/v1/pods?limit=500" */
	const char *unix_socket; /* connect there; url's host is then only a name */
	const char *accept; /* header */
	const char *authorization; /* header's value, "Bearer ..." */
	const char *ca_file, *cert_file, *key_file;
	const void *ca_data, *cert_data, *key_data; /* PEM, in place of the files */
	size_t ca_size, cert_size, key_size;
	const char *tls_server_name;
	const char *proxy; /* URL; NULL: what the environment says */
	bool insecure; /* no check of the server's certificate */
	uint32_t timeout_ms; /* for all of it; 0: none (a watch) */
	uint32_t idle_ms; /* without a byte; 0: none */
	uint64_t max_bytes; /* body; more is -EFBIG; 0: no limit (a watch) */
};

/* All are called on the loop; none after done() or http_cancel(). */
struct http_events {
	void *arg;
	/* The headers are in; content_type "" where there is none. May be NULL. */
	void (*response)(void *arg, long status, const char *content_type);
	/* A part of the body, decoded (gzip). 0, or -errno: done() comes with that. */
	int (*body)(void *arg, const void *data, size_t size);
	/* It is over: 0 (whatever the status) or -errno and one line of why. The request is freed after it. */
	void (*done)(void *arg, int err, const char *why);
};

/* 0, -ENOSYS (no libcurl here) or -errno. */
int http_new(uv_loop_t *loop, struct http **ret);

/* 0 or -errno. *ret_request is valid until done() or http_cancel(). */
int http_get(struct http *h, const struct http_options *opt, const struct http_events *ev,
	     struct http_request **ret_request);
void http_cancel(struct http_request *r); /* takes NULL; done() does not come */

/* From response() on: seconds that the server wants to be left alone (Retry-After); 0: it says nothing. */
uint32_t http_retry_after(const struct http_request *r);

/* Cancels everything and closes the handles; then run the loop and http_free(). Take NULL. */
void http_stop(struct http *h);
void http_free(struct http *h);

#endif
