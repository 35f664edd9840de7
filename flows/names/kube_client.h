/* SPDX-License-Identifier: MIT */
/* What kube.c (the namer, the connection) and kube_watch.c (one kind's list and watch) share. */
#ifndef PITOT_FLOWS_NAMES_KUBE_CLIENT_H
#define PITOT_FLOWS_NAMES_KUBE_CLIENT_H

#include "flows/names/http.h"
#include "flows/names/kube.h"
#include "flows/names/kube_auth.h"
#include "flows/names/kube_frames.h"
#include "flows/text.h"

/* How long is waited for what; kube_timing_default, tests are in more of a hurry. */
struct kube_timing {
	uint32_t backoff_ms,
		backoff_max_ms; /* before another try: 0 to backoff, doubled each time */
	uint32_t off_ms; /* before a kind that we may not see is asked for again */
	uint32_t steady_ms; /* a watch that lasted so long was a good one */
	uint32_t list_ms, list_idle_ms;
	uint32_t watch_s; /* timeoutSeconds: this to twice this */
	uint32_t watch_idle_ms; /* bookmarks come every minute */
	uint32_t config_ms; /* before a configuration with an error is read again */
};

extern const struct kube_timing kube_timing_default;

struct kube;

/* One kind. */
struct kube_watch {
	struct kube *kube;
	enum kube_kind kind;
	uv_timer_t timer; /* the next try */
	struct http_request *request; /* NULL: none under way */
	bool listing; /* what is under way, or is next: the list; else the watch */
	bool json; /* protobuf was refused */
	bool waiting; /* for credentials */
	bool settled, known; /* the first list has come or failed; has come */
	bool off; /* no rights, or not served */
	bool watched; /* there were rights: see forbidden() */
	unsigned int denied; /* refusals since an answer */
	enum kube_encoding encoding;
	long status; /* of the answer; 0: none yet */
	int verdict; /* -errno of our own about an answer */
	uint32_t attempts, retry_after;
	uint32_t pages, limit; /* of the list; objects a page */
	uint64_t began_ns; /* the request */
	uint64_t current_ns; /* known to be current; 0: never */
	uint64_t events;
	char resource_version[64];
	char message[256]; /* of an error; untrusted */
	char *next; /* `continue` of the list */
	struct text body;
	struct kube_frames frames;
	char *problem; /* one line; NULL: all is well */
};

#define KUBE_CAUSES 32

struct kube {
	struct namer namer;
	struct kube_store *store;
	uv_loop_t *loop;
	struct namer_events ev;
	struct names_options opt; /* strings owned: kubeconfig, kube_context, root */
	struct kube_timing timing;
	char node_name[256];
	struct http *http;
	struct kube_auth *auth; /* NULL: no API */
	bool stale; /* the configuration is to be read again */
	bool started, no_http; /* no_http: there is no libcurl */
	bool away, back_told; /* the server is; and it was said since that it is back */
	char *problem; /* with the configuration; NULL: none */
	uint64_t config_ns; /* when it was last read */
	uint64_t answered_ns, aged_ns;
	struct {
		char key[64];
		uint64_t at_ns;
	} told[KUBE_CAUSES];
	unsigned int n_told;
	struct kube_watch watches[KUBE_KINDS];
};

/*
 * Credentials and trust into *opt. 0, -EINPROGRESS (kube_watch_credentials() comes), or
 * -errno and a line in *ret_error.
 */
int kube_prepare(struct kube *k, struct http_options *opt, char **ret_error);

/* The server refused the credentials, or could not be spoken with: all is read anew. */
void kube_refused(struct kube *k);

/* Says line once for each cause; where: "" about the server as a whole, else the kind's name. */
void kube_tell(struct kube *k, const char *where, const char *cause, const char *line);

/* An answer that was as it should be. */
void kube_answered(struct kube *k);

const char *kube_kind_title(enum kube_kind kind); /* "pods" */

/* The request that is next: its URL, NUL-terminated (or url->err), and its Accept header. */
void kube_watch_url(const struct kube_watch *w, uint32_t watch_s, struct text *url);
const char *kube_watch_accepts(const struct kube_watch *w);

void kube_watch_init(struct kube_watch *w, struct kube *k, enum kube_kind kind);
void kube_watch_start(struct kube_watch *w);
/* What kube_prepare() had to wait for: 0, or an error and its line. */
void kube_watch_credentials(struct kube_watch *w, int err, const char *why);
void kube_watch_stop(struct kube_watch *w); /* handles are closed when the loop has run */
void kube_watch_free(struct kube_watch *w);

/* For tests: in place of the usual waiting times. Before start(). */
void kube_set_timing(struct namer *n, const struct kube_timing *t);

#endif
