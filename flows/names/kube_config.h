/* SPDX-License-Identifier: MIT */
/*
 * Where the cluster's API server is, and how to prove there who one is: a pod's
 * service account, or a kubeconfig as kubectl reads it.
 */
#ifndef PITOT_FLOWS_NAMES_KUBE_CONFIG_H
#define PITOT_FLOWS_NAMES_KUBE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "flows/names/names.h"

struct kube_blob {
	char *data; /* a NUL follows */
	size_t size;
};

/* A program that gives credentials. */
struct kube_exec {
	char *command; /* NULL: there is none */
	char **args, **env; /* NULL-terminated or NULL; env: "NAME=value" */
	char *api_version; /* "client.authentication.k8s.io/v1" or v1beta1 */
	bool cluster_info; /* it wants to know the cluster */
};

/* Owned strings; NULL: not set. Paths are absolute, or relative to the working directory. */
struct kube_config {
	char *origin; /* "the pod's service account", "/root/.kube/config" */
	char *server; /* "https://10.0.0.1:6443", no slash at its end */
	char *ca_file, *tls_server_name, *proxy;
	struct kube_blob ca;
	bool insecure;
	char *token, *token_file, *username, *password;
	char *cert_file, *key_file;
	struct kube_blob cert, key;
	struct kube_exec exec;
};

/*
 * What opt, the environment and the usual places say: opt->kubeconfig and kube_context;
 * a pod's service account; $KUBECONFIG; ~/.kube/config; an administrator's file of this
 * node, where it may be read. 0; -ENOENT: there is none of these; -errno and one line in
 * *ret_error (free() it): what, where, how to mend. *ret is to be released on 0 alone.
 */
int kube_config_find(const struct names_options *opt, struct kube_config *ret, char **ret_error);

/*
 * The text of one kubeconfig. folder: relative paths begin there. context NULL: the
 * current one. As above; -ENOENT: it names no current context.
 */
int kube_config_parse(const char *yaml, size_t size, const char *folder, const char *context,
		      struct kube_config *ret, char **ret_error);

void kube_config_release(struct kube_config *c); /* takes NULL and a zeroed one */

/*
 * A whole regular file of at most max bytes. 0, -EFBIG, -EINVAL (no regular file) or
 * -errno. ret->data is to be freed.
 */
int kube_read_file(const char *path, size_t max, struct kube_blob *ret);

/* One line, as printf() makes it, without control bytes; NULL without memory. free() it. */
char *kube_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* 0, or -EINVAL where s is no base64 (RFC 4648, white space skipped), or -ENOMEM. */
int kube_base64_decode(const char *s, size_t size, struct kube_blob *ret);
char *kube_base64_encode(const void *data, size_t size); /* NULL without memory */

#endif
