// SPDX-License-Identifier: MIT
/* Which cluster: the service account, the kubeconfigs, their order. */
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flows/names/kube_yaml.h"

#define FILE_MAX (1 << 20)
#define FILES_MAX 16
#define ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

/* Where installers put an administrator's kubeconfig on a node of the control plane. */
static const char *const admin_files[] = {
	"/etc/kubernetes/admin.conf",
	"/etc/rancher/k3s/k3s.yaml",
	"/etc/rancher/rke2/rke2.yaml",
	"/var/lib/k0s/pki/admin.conf",
	"/var/snap/microk8s/current/credentials/client.config",
};

struct files {
	size_t n;
	struct kube_yaml yaml[FILES_MAX];
	char *names[FILES_MAX], *folders[FILES_MAX];
};

static void close_files(struct files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		kube_yaml_close(&f->yaml[i]);
		free(f->names[i]);
		free(f->folders[i]);
	}
	f->n = 0;
}

/* 0, -ENOENT without a line: it is not there; else an error and a line. */
static int open_file(struct files *f, const char *path, char **ret_error)
{
	struct kube_blob b;
	char *name = NULL, *copy = NULL;
	size_t i = f->n;
	int err;

	if (i == FILES_MAX) {
		*ret_error =
			kube_line("$KUBECONFIG names more than %d files: name fewer", FILES_MAX);
		return -E2BIG;
	}
	err = kube_read_file(path, FILE_MAX, &b);
	if (err == -ENOENT || err == -ENOTDIR)
		return -ENOENT;
	if (err) {
		*ret_error = kube_line("kubeconfig %s cannot be read: %s", path,
				       err == -EINVAL ? "it is no file" : strerror(-err));
		return err;
	}
	name = strdup(path);
	copy = strdup(path);
	f->names[i] = name;
	f->folders[i] = copy ? strdup(dirname(copy)) : NULL;
	free(copy);
	f->n++;
	f->yaml[i].loaded = false;
	err = name && f->folders[i]
		      ? kube_yaml_load(&f->yaml[i], b.data, b.size, f->folders[i], name, ret_error)
		      : -ENOMEM;
	explicit_bzero(b.data, b.size);
	free(b.data);
	return err;
}

static int resolve(struct files *f, const char *context, struct kube_config *ret, char **ret_error)
{
	return f->n ? kube_yaml_resolve(f->yaml, f->n, context, ret, ret_error) : -ENOENT;
}

/* A file, or all of a list with colons. -ENOENT: none is there (*ret_n is 0), or without a current context. */
static int from_files(const char *paths, bool list, const char *context, struct kube_config *ret,
		      size_t *ret_n, char **ret_error)
{
	struct files f = {0};
	int err = 0;

	while (*paths && (!err || err == -ENOENT)) {
		size_t len = list ? strcspn(paths, ":") : strlen(paths);
		char *path = strndup(paths, len);

		err = !path ? -ENOMEM : len ? open_file(&f, path, ret_error) : 0;
		free(path);
		paths += len + (paths[len] == ':');
	}
	if (!err || err == -ENOENT)
		err = resolve(&f, context, ret, ret_error);
	*ret_n = f.n;
	close_files(&f);
	return err;
}

static int from_explicit(const char *what, const char *paths, bool list, const char *context,
			 struct kube_config *ret, char **ret_error)
{
	size_t n;
	int err = from_files(paths, list, context, ret, &n, ret_error);

	if (err == -ENOENT && n)
		*ret_error = kube_line("%s %s has no current-context: name one with --kube-context",
				       what, paths);
	else if (err == -ENOENT)
		*ret_error = kube_line("%s %s: there is no such file", what, paths);
	return err == -ENOENT ? -EINVAL : err;
}

static int from_service_account(const char *root, struct kube_config *ret, char **ret_error)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");
	struct kube_config c = {0};
	bool v6 = host && strchr(host, ':');
	int n;

	if (!host || !*host || strlen(host) > 255)
		return -ENOENT;
	if (!port || !*port || strlen(port) > 5)
		port = "443";
	n = asprintf(&c.server, "https://%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "", port);
	if (n < 0)
		c.server = NULL;
	if (asprintf(&c.token_file, "%s" ACCOUNT "/token", root) < 0)
		c.token_file = NULL;
	if (asprintf(&c.ca_file, "%s" ACCOUNT "/ca.crt", root) < 0)
		c.ca_file = NULL;
	c.origin = strdup("the pod's service account");
	if (!c.server || !c.token_file || !c.ca_file || !c.origin) {
		kube_config_release(&c);
		return -ENOMEM;
	}
	/* a pod without one: automountServiceAccountToken is false */
	if (access(c.token_file, R_OK)) {
		int err = errno == ENOENT || errno == ENOTDIR ? -ENOENT : -errno;

		if (err != -ENOENT)
			*ret_error =
				kube_line("%s cannot be read: %s", c.token_file, strerror(-err));
		kube_config_release(&c);
		return err;
	}
	*ret = c;
	return 0;
}

static int from_place(const char *root, const char *folder, const char *file, const char *context,
		      struct kube_config *ret, char **ret_error)
{
	char *path;
	size_t n;
	int err;

	if (asprintf(&path, "%s%s%s", root, folder, file) < 0)
		return -ENOMEM;
	err = access(path, R_OK) && errno != ENOENT && errno != ENOTDIR
		      ? -EACCES
		      : from_files(path, false, context, ret, &n, ret_error);
	free(path);
	return err;
}

int kube_config_find(const struct names_options *opt, struct kube_config *ret, char **ret_error)
{
	const char *root = opt->root ? opt->root : "", *context = opt->kube_context;
	const char *list = getenv("KUBECONFIG"), *home = getenv("HOME");
	int err = -ENOENT;

	*ret_error = NULL;
	if (opt->kubeconfig)
		return from_explicit("--kubeconfig", opt->kubeconfig, false, context, ret,
				     ret_error);
	if (!context)
		err = from_service_account(root, ret, ret_error);
	if (err == -ENOENT && list && *list)
		return from_explicit("$KUBECONFIG", list, true, context, ret, ret_error);
	if (err == -ENOENT && home && *home)
		err = from_place(root, home, "/.kube/config", context, ret, ret_error);
	for (size_t i = 0; i < sizeof(admin_files) / sizeof(*admin_files); i++)
		if (err == -ENOENT || (err == -EACCES && !*ret_error))
			err = from_place(root, "", admin_files[i], context, ret, ret_error);
	if (err == -EACCES && !*ret_error)
		err = -ENOENT;
	if (err == -ENOENT && context) {
		*ret_error = kube_line("--kube-context %s: there is no kubeconfig: name it with "
				       "--kubeconfig",
				       context);
		err = -EINVAL;
	}
	return err;
}
