// SPDX-License-Identifier: MIT
/* A kubeconfig: YAML to struct kube_config. kube_find.c says which files are read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/kube_yaml.h"

static void free_list(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

/* Secrets do not stay behind in freed memory. */
static void free_secret(char *s)
{
	if (s)
		explicit_bzero(s, strlen(s));
	free(s);
}

void kube_config_release(struct kube_config *c)
{
	if (!c)
		return;
	free(c->origin);
	free(c->server);
	free(c->ca_file);
	free(c->tls_server_name);
	free(c->proxy);
	free(c->ca.data);
	free_secret(c->token);
	free(c->token_file);
	free(c->username);
	free_secret(c->password);
	free(c->cert_file);
	free(c->key_file);
	free(c->cert.data);
	if (c->key.data)
		explicit_bzero(c->key.data, c->key.size);
	free(c->key.data);
	free(c->exec.command);
	free_list(c->exec.args);
	free_list(c->exec.env);
	free(c->exec.api_version);
	memset(c, 0, sizeof(*c));
}

/* ------------------------------------------------------------ one kubeconfig */

void kube_yaml_close(struct kube_yaml *y)
{
	if (y->loaded)
		yaml_document_delete(&y->doc);
	y->loaded = false;
}

int kube_yaml_load(struct kube_yaml *y, const char *text, size_t size, const char *folder,
		   const char *name, char **ret_error)
{
	yaml_parser_t parser;
	bool ok;

	*y = (struct kube_yaml){.folder = folder, .name = name};
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	ok = yaml_parser_load(&parser, &y->doc);
	if (!ok)
		*ret_error = kube_line("kubeconfig %s: no YAML: %s in line %zu", name,
				       parser.problem ? parser.problem : "error",
				       parser.problem_mark.line + 1);
	yaml_parser_delete(&parser);
	y->loaded = ok;
	return ok ? 0 : -EBADMSG;
}

static yaml_node_t *member(struct kube_yaml *y, yaml_node_t *map, const char *key)
{
	size_t len = strlen(key);

	if (!map || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
	     p++) {
		yaml_node_t *k = yaml_document_get_node(&y->doc, p->key);

		if (k && k->type == YAML_SCALAR_NODE && k->data.scalar.length == len &&
		    !memcmp(k->data.scalar.value, key, len))
			return yaml_document_get_node(&y->doc, p->value);
	}
	return NULL;
}

/* A scalar's text, NULL where there is none, where it is empty, null, or holds a NUL. */
static const char *text_of(yaml_node_t *node)
{
	const char *s;

	if (!node || node->type != YAML_SCALAR_NODE)
		return NULL;
	s = (const char *)node->data.scalar.value;
	if (!*s || strlen(s) != node->data.scalar.length)
		return NULL;
	if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    (!strcmp(s, "null") || !strcmp(s, "~")))
		return NULL;
	return s;
}

static const char *text(struct kube_yaml *y, yaml_node_t *map, const char *key)
{
	return text_of(member(y, map, key));
}

static bool is_true(struct kube_yaml *y, yaml_node_t *map, const char *key)
{
	const char *s = text(y, map, key);

	return s && (!strcasecmp(s, "true") || !strcasecmp(s, "yes") || !strcasecmp(s, "on"));
}

/* In all files, the first has it: `list` is "clusters", what is wanted "cluster". */
static yaml_node_t *named(struct kube_yaml *files, size_t n, const char *list, const char *what,
			  const char *name, struct kube_yaml **ret_file)
{
	for (struct kube_yaml *y = files; y < files + n; y++) {
		yaml_node_t *items = member(y, yaml_document_get_root_node(&y->doc), list);
		yaml_node_item_t *i, *end;

		if (!items || items->type != YAML_SEQUENCE_NODE)
			continue;
		end = items->data.sequence.items.top;
		for (i = items->data.sequence.items.start; i < end; i++) {
			yaml_node_t *item = yaml_document_get_node(&y->doc, *i);
			const char *its = text(y, item, "name");

			if (!its || strcmp(its, name))
				continue;
			*ret_file = y;
			return member(y, item, what);
		}
	}
	return NULL;
}

/* --------------------------------------------------------------- its fields */

struct reading {
	struct kube_yaml *y; /* the file of `node` */
	yaml_node_t *node;
	int err; /* sticky; the first error is told */
	char **ret_error;
};

static void fail(struct reading *r, int err, char *line)
{
	if (r->err) {
		free(line);
		return;
	}
	r->err = err;
	*r->ret_error = line;
}

static char *copy(struct reading *r, const char *s)
{
	char *c = s ? strdup(s) : NULL;

	if (s && !c)
		fail(r, -ENOMEM, NULL);
	return c;
}

static char *string(struct reading *r, const char *key)
{
	return copy(r, text(r->y, r->node, key));
}

/* A header's value: what would end the line is refused. */
static char *word(struct reading *r, const char *key)
{
	const char *s = text(r->y, r->node, key);

	for (const char *p = s; p && *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f) {
			fail(r, -EINVAL,
			     kube_line("kubeconfig %s: %s holds a control character: write it anew",
				       r->y->name, key));
			return NULL;
		}
	return copy(r, s);
}

static char *resolved(struct reading *r, const char *path)
{
	char *full = NULL;

	if (!path || path[0] == '/')
		return copy(r, path);
	if (asprintf(&full, "%s/%s", r->y->folder, path) < 0) {
		fail(r, -ENOMEM, NULL);
		return NULL;
	}
	return full;
}

static char *path(struct reading *r, const char *key)
{
	return resolved(r, text(r->y, r->node, key));
}

static void blob(struct reading *r, const char *key, struct kube_blob *ret)
{
	const char *s = text(r->y, r->node, key);
	int err = s ? kube_base64_decode(s, strlen(s), ret) : 0;

	if (err == -EINVAL)
		fail(r, err,
		     kube_line(
			     "kubeconfig %s: %s is no base64: write it anew, or name a file without "
			     "\"-data\"",
			     r->y->name, key));
	else if (err)
		fail(r, err, NULL);
}

static void read_cluster(struct reading *r, struct kube_config *c)
{
	const char *server = text(r->y, r->node, "server");
	size_t len = server ? strlen(server) : 0;

	while (len && server[len - 1] == '/')
		len--;
	if (server && strchr(server, '@'))
		/* the URL is shown, a password is not */
		fail(r, -EINVAL,
		     kube_line("kubeconfig %s: server holds a user's name: give username and "
			       "password to the user",
			       r->y->name));
	else if (!server || len > 2000 ||
		 (strncmp(server, "https://", 8) && strncmp(server, "http://", 7)))
		fail(r, -EINVAL,
		     kube_line("kubeconfig %s: server \"%s\" is no URL: it begins with https://",
			       r->y->name, server ? server : ""));
	else if (!(c->server = strndup(server, len)))
		fail(r, -ENOMEM, NULL);
	c->ca_file = path(r, "certificate-authority");
	blob(r, "certificate-authority-data", &c->ca);
	c->insecure = is_true(r->y, r->node, "insecure-skip-tls-verify");
	c->tls_server_name = word(r, "tls-server-name");
	c->proxy = word(r, "proxy-url");
}

/* A list of strings; with `second`: of mappings, as "NAME=value". */
static char **list(struct reading *r, const char *key, const char *first, const char *second)
{
	yaml_node_t *node = member(r->y, r->node, key);
	char **strings;
	size_t n, used = 0;

	if (!node || node->type != YAML_SEQUENCE_NODE)
		return NULL;
	n = node->data.sequence.items.top - node->data.sequence.items.start;
	strings = calloc(n + 1, sizeof(*strings));
	for (size_t i = 0; strings && i < n; i++) {
		yaml_node_t *item =
			yaml_document_get_node(&r->y->doc, node->data.sequence.items.start[i]);
		const char *s = second ? text(r->y, item, first) : text_of(item);
		const char *v = second ? text(r->y, item, second) : NULL;
		int wrote;

		if (!s && second)
			continue;
		wrote = second ? asprintf(&strings[used], "%s=%s", s, v ? v : "")
			       : asprintf(&strings[used], "%s", s ? s : "");
		if (wrote < 0) {
			strings[used] = NULL;
			fail(r, -ENOMEM, NULL);
			break;
		}
		used++;
	}
	if (!strings)
		fail(r, -ENOMEM, NULL);
	return strings;
}

static void read_exec(struct reading *user, struct kube_exec *e)
{
	struct reading r = {user->y, member(user->y, user->node, "exec"), 0, user->ret_error};
	const char *command = text(r.y, r.node, "command");

	if (!r.node || user->err)
		return;
	e->api_version = string(&r, "apiVersion");
	if (!command)
		fail(&r, -EINVAL,
		     kube_line("kubeconfig %s: exec has no command: name the program", r.y->name));
	/* a bare name is looked for in $PATH */
	e->command = command && strchr(command, '/') ? resolved(&r, command) : copy(&r, command);
	e->args = list(&r, "args", NULL, NULL);
	e->env = list(&r, "env", "name", "value");
	e->cluster_info = is_true(r.y, r.node, "provideClusterInfo");
	if (!r.err &&
	    (!e->api_version || (strcmp(e->api_version, "client.authentication.k8s.io/v1") &&
				 strcmp(e->api_version, "client.authentication.k8s.io/v1beta1"))))
		fail(&r, -EINVAL,
		     kube_line("kubeconfig %s: exec's apiVersion \"%s\" is not known: "
			       "client.authentication.k8s.io/v1 is",
			       r.y->name, e->api_version ? e->api_version : ""));
	user->err = r.err;
}

static void read_user(struct reading *r, struct kube_config *c)
{
	yaml_node_t *provider = member(r->y, r->node, "auth-provider");

	c->token = word(r, "token");
	c->token_file = path(r, "tokenFile");
	c->username = word(r, "username");
	c->password = word(r, "password");
	c->cert_file = path(r, "client-certificate");
	c->key_file = path(r, "client-key");
	blob(r, "client-certificate-data", &c->cert);
	blob(r, "client-key-data", &c->key);
	read_exec(r, &c->exec);
	if (provider && provider->type == YAML_MAPPING_NODE && !c->token && !c->exec.command)
		fail(r, -ENOTSUP,
		     kube_line("kubeconfig %s: auth-provider is not supported: take an exec plugin",
			       r->y->name));
}

static const char *current_context(struct kube_yaml *files, size_t n)
{
	for (struct kube_yaml *y = files; y < files + n; y++) {
		const char *s = text(y, yaml_document_get_root_node(&y->doc), "current-context");

		if (s)
			return s;
	}
	return NULL;
}

static int missing(const char *what, const char *name, const char *file, const char *cure,
		   char **ret_error)
{
	*ret_error = kube_line("kubeconfig %s: there is no %s \"%s\": %s", file, what, name, cure);
	return -EINVAL;
}

int kube_yaml_resolve(struct kube_yaml *files, size_t n, const char *context,
		      struct kube_config *ret, char **ret_error)
{
	struct kube_config c = {0};
	struct reading r = {.ret_error = ret_error};
	struct kube_yaml *file;
	yaml_node_t *node;
	const char *user;

	if (!context)
		context = current_context(files, n);
	if (!context)
		return -ENOENT;
	node = named(files, n, "contexts", "context", context, &file);
	if (!node)
		return missing("context", context, files[0].name,
			       "mend current-context, or name another one", ret_error);
	user = text(file, node, "user");
	r.node = named(files, n, "clusters", "cluster", text(file, node, "cluster") ?: "", &r.y);
	if (!r.node)
		return missing("cluster", text(file, node, "cluster") ?: "", file->name,
			       "mend the context's cluster", ret_error);
	read_cluster(&r, &c);
	c.origin = copy(&r, r.y->name);
	if (user) {
		r.node = named(files, n, "users", "user", user, &r.y);
		if (r.node)
			read_user(&r, &c);
		else if (!r.err)
			r.err = missing("user", user, file->name, "mend the context's user",
					ret_error);
	}
	if (r.err) {
		kube_config_release(&c);
		return r.err;
	}
	*ret = c;
	return 0;
}

int kube_config_parse(const char *yaml, size_t size, const char *folder, const char *context,
		      struct kube_config *ret, char **ret_error)
{
	struct kube_yaml y;
	int err;

	*ret_error = NULL;
	err = kube_yaml_load(&y, yaml, size, folder, folder, ret_error);
	if (!err)
		err = kube_yaml_resolve(&y, 1, context, ret, ret_error);
	kube_yaml_close(&y);
	return err;
}
