/* SPDX-License-Identifier: MIT */
/* What http.c and http_setup.c share: libcurl's calls and a request. Nobody else's. */
#ifndef PITOT_FLOWS_NAMES_HTTP_CURL_H
#define PITOT_FLOWS_NAMES_HTTP_CURL_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "flows/names/http.h"

struct curl_calls {
	CURLcode (*global_init)(long flags);
	CURL *(*easy_init)(void);
	CURLcode (*easy_setopt)(CURL *easy, CURLoption option, ...);
	CURLcode (*easy_getinfo)(CURL *easy, CURLINFO info, ...);
	void (*easy_cleanup)(CURL *easy);
	const char *(*easy_strerror)(CURLcode code);
	struct curl_slist *(*slist_append)(struct curl_slist *list, const char *s);
	void (*slist_free_all)(struct curl_slist *list);
	CURLM *(*multi_init)(void);
	CURLMcode (*multi_setopt)(CURLM *multi, CURLMoption option, ...);
	CURLMcode (*multi_add_handle)(CURLM *multi, CURL *easy);
	CURLMcode (*multi_remove_handle)(CURLM *multi, CURL *easy);
	CURLMcode (*multi_socket_action)(CURLM *multi, curl_socket_t fd, int mask, int *running);
	CURLMcode (*multi_assign)(CURLM *multi, curl_socket_t fd, void *arg);
	CURLMsg *(*multi_info_read)(CURLM *multi, int *left);
	CURLMcode (*multi_cleanup)(CURLM *multi);
};

struct http_request {
	const struct curl_calls *curl;
	struct http *http;
	struct http_request *next, **link; /* in http->requests */
	CURL *easy;
	struct curl_slist *headers, *connect_to;
	struct http_events ev;
	uint64_t max_bytes, bytes;
	uint64_t idle_ms, last_ms;
	size_t header_bytes;
	int err; /* of body(), or a bound that was passed */
	CURLcode code;
	bool added, answered, finished, cancelled;
	char why[CURL_ERROR_SIZE];
};

/* libcurl, loaded at the first call; NULL: it is not here. */
const struct curl_calls *curl_load(void);

/* r->easy becomes what opt asks for. 0 or -errno. */
int http_setup(struct http_request *r, const struct http_options *opt);

/* For r->easy: they get r. */
size_t http_on_header(char *data, size_t size, size_t n, void *arg);
size_t http_on_body(char *data, size_t size, size_t n, void *arg);

#endif
