/* SPDX-License-Identifier: MIT */
/* Credentials for a request: from the configuration, a token's file, a program. */
#ifndef PITOT_FLOWS_NAMES_KUBE_AUTH_H
#define PITOT_FLOWS_NAMES_KUBE_AUTH_H

#include <time.h>
#include <uv.h>

#include "flows/names/http.h"
#include "flows/names/kube_config.h"

struct kube_auth;

struct kube_auth_events {
	void *arg;
	/* What kube_auth_fill() was waiting for is there (0), or -errno and one line of why. */
	void (*ready)(void *arg, int err, const char *why);
};

/* 0 or -ENOMEM. It owns *config from then on, which is emptied. */
int kube_auth_new(struct kube_config *config, uv_loop_t *loop, const struct kube_auth_events *ev,
		  struct kube_auth **ret);
const struct kube_config *kube_auth_config(const struct kube_auth *a);

/*
 * Sets server trust, certificate and authorization in *opt; what they point to is a's,
 * until the next call. 0; -EINPROGRESS: a program is asked, ready() comes; or -errno and
 * one line in *ret_error (free() it).
 */
int kube_auth_fill(struct kube_auth *a, struct http_options *opt, char **ret_error);

/* What the program of another one has given goes on to be used, where a has the same program. */
void kube_auth_inherit(struct kube_auth *a, struct kube_auth *from);

/* Is a program being asked? */
bool kube_auth_busy(const struct kube_auth *a);

/* The server did not accept them (401): a program is asked anew. */
void kube_auth_refused(struct kube_auth *a);

/* Frees it; a program under way is ended, run the loop for its handles. Takes NULL. */
void kube_auth_close(struct kube_auth *a);

/* What a program answered, client.authentication.k8s.io's ExecCredential. */
struct kube_credential {
	char *token, *cert, *key; /* PEM; NULL: not given */
	time_t expires; /* 0: never */
};

/* 0, or -EBADMSG and one line of why. *ret is to be released on 0 alone. */
int kube_credential_parse(const char *json, size_t size, struct kube_credential *ret,
			  const char **ret_why);
void kube_credential_release(struct kube_credential *c);

#endif
