// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "flows/names/kube_auth.h"
#include "flows/names/kube_exec.h"

#define TOKEN_MAX (64 << 10)
#define OUTPUT_MAX (1 << 20)
#define RUN_MS 30000
/* A credential that is about to end is asked for anew, but never more often than this. */
#define EARLY_S 10
#define RUN_GAP_S 5

struct kube_auth {
	struct kube_config config;
	uv_loop_t *loop;
	struct kube_auth_events ev;
	struct kube_run *run;
	struct kube_credential given;
	time_t given_at; /* 0: nothing given */
	char *authorization;
};

/* ----------------------------------------------------------- ExecCredential */

void kube_credential_release(struct kube_credential *c)
{
	char *secrets[] = {c->token, c->cert, c->key};

	for (size_t i = 0; i < 3; i++) {
		if (secrets[i])
			explicit_bzero(secrets[i], strlen(secrets[i]));
		free(secrets[i]);
	}
	memset(c, 0, sizeof(*c));
}

/* RFC 3339: "2026-11-22T05:00:00Z", with fractions or an offset. 0 where it is none. */
static time_t parse_time(const char *s)
{
	int hours, minutes;
	struct tm tm = {0};
	const char *p = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
	time_t t;

	if (!p)
		return 0;
	t = timegm(&tm);
	if (*p == '.')
		p += 1 + strspn(p + 1, "0123456789");
	if ((*p == '+' || *p == '-') && sscanf(p + 1, "%2d:%2d", &hours, &minutes) == 2)
		t -= (*p == '+' ? 1 : -1) * (hours * 3600 + minutes * 60);
	return t;
}

static char *member_copy(json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s && *s ? strdup(s) : NULL;
}

static bool is_header_value(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

int kube_credential_parse(const char *json, size_t size, struct kube_credential *ret,
			  const char **ret_why)
{
	struct kube_credential c = {0};
	json_t *root = json_loadb(json, size, 0, NULL), *status = json_object_get(root, "status");
	const char *kind = json_string_value(json_object_get(root, "kind"));
	const char *expires = json_string_value(json_object_get(status, "expirationTimestamp"));

	*ret_why = NULL;
	c.token = member_copy(status, "token");
	c.cert = member_copy(status, "clientCertificateData");
	c.key = member_copy(status, "clientKeyData");
	c.expires = expires ? parse_time(expires) : 0;
	if (!root || !kind || strcmp(kind, "ExecCredential"))
		*ret_why = "what it printed is no ExecCredential";
	else if (!c.token && !(c.cert && c.key))
		*ret_why =
			"its ExecCredential holds neither a token nor a certificate with its key";
	else if (c.token && !is_header_value(c.token))
		*ret_why = "its token holds a control character";
	json_decref(root);
	if (*ret_why) {
		kube_credential_release(&c);
		return -EBADMSG;
	}
	*ret = c;
	return 0;
}

/* What the program gets in $KUBERNETES_EXEC_INFO. NULL without memory. */
static char *exec_info(const struct kube_config *c)
{
	json_t *spec = json_pack("{s:b}", "interactive", 0), *root, *cluster;
	char *text = NULL, *line = NULL, *ca;

	if (spec && c->exec.cluster_info) {
		ca = c->ca.data ? kube_base64_encode(c->ca.data, c->ca.size) : NULL;
		cluster = json_pack("{s:s, s:b}", "server", c->server, "insecure-skip-tls-verify",
				    c->insecure);
		if (ca)
			json_object_set_new(cluster, "certificate-authority-data", json_string(ca));
		if (c->tls_server_name)
			json_object_set_new(cluster, "tls-server-name",
					    json_string(c->tls_server_name));
		json_object_set_new(spec, "cluster", cluster);
		free(ca);
	}
	root = json_pack("{s:s, s:s, s:o}", "apiVersion", c->exec.api_version, "kind",
			 "ExecCredential", "spec", spec);
	if (root)
		text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (text && asprintf(&line, "KUBERNETES_EXEC_INFO=%s", text) < 0)
		line = NULL;
	free(text);
	return line;
}

static void on_run(void *arg, int err, const char *why, const char *out, size_t size)
{
	struct kube_auth *a = arg;
	struct kube_credential c;
	const char *bad;
	char *line = NULL;

	a->run = NULL;
	if (!err) {
		err = kube_credential_parse(out, size, &c, &bad);
		why = bad;
	}
	if (err) {
		line = kube_line("exec plugin \"%s\": %s", a->config.exec.command, why);
	} else {
		kube_credential_release(&a->given);
		a->given = c;
		a->given_at = time(NULL);
	}
	a->ev.ready(a->ev.arg, err, line ? line : "");
	free(line);
}

static int begin_run(struct kube_auth *a, char **ret_error)
{
	char *info = exec_info(&a->config);
	const struct kube_run_options opt = {
		.command = a->config.exec.command,
		.args = a->config.exec.args,
		.env = a->config.exec.env,
		.info = info,
		.max_bytes = OUTPUT_MAX,
		.timeout_ms = RUN_MS,
	};
	int err = info ? kube_run(a->loop, &opt, on_run, a, &a->run) : -ENOMEM;

	free(info);
	if (!err)
		return -EINPROGRESS;
	*ret_error = kube_line(
		"exec plugin \"%s\" of %s cannot be run: %s: install it, or name its path",
		opt.command, a->config.origin, strerror(-err));
	return err;
}

static bool is_current(const struct kube_auth *a)
{
	time_t now = time(NULL);

	if (!a->given_at)
		return false;
	return !a->given.expires || now + EARLY_S < a->given.expires ||
	       now < a->given_at + RUN_GAP_S;
}

/* --------------------------------------------------------------- a request's */

static void forget_authorization(struct kube_auth *a)
{
	if (a->authorization)
		explicit_bzero(a->authorization, strlen(a->authorization));
	free(a->authorization);
	a->authorization = NULL;
}

static int set_authorization(struct kube_auth *a, const char *scheme, const char *value)
{
	if (asprintf(&a->authorization, "%s %s", scheme, value) < 0)
		a->authorization = NULL;
	return a->authorization ? 0 : -ENOMEM;
}

/* Read each time: it is replaced while we run. */
static int from_token_file(struct kube_auth *a, char **ret_error)
{
	const char *path = a->config.token_file;
	struct kube_blob b;
	int err = kube_read_file(path, TOKEN_MAX, &b);

	if (err) {
		*ret_error = kube_line("the token %s of %s cannot be read: %s", path,
				       a->config.origin, strerror(-err));
		return err;
	}
	while (b.size && strchr(" \t\r\n", b.data[b.size - 1]))
		b.data[--b.size] = 0;
	if (!b.size || strlen(b.data) != b.size || !is_header_value(b.data)) {
		*ret_error = kube_line("%s is empty or no token", path);
		err = -EINVAL;
	} else {
		err = set_authorization(a, "Bearer", b.data);
	}
	explicit_bzero(b.data, b.size);
	free(b.data);
	return err;
}

static int from_password(struct kube_auth *a)
{
	const struct kube_config *c = &a->config;
	char *pair, *encoded;
	int err = -ENOMEM;

	if (asprintf(&pair, "%s:%s", c->username, c->password ? c->password : "") < 0)
		return -ENOMEM;
	encoded = kube_base64_encode(pair, strlen(pair));
	if (encoded)
		err = set_authorization(a, "Basic", encoded);
	explicit_bzero(pair, strlen(pair));
	free(pair);
	free(encoded);
	return err;
}

static void set_trust(const struct kube_config *c, struct http_options *opt)
{
	opt->insecure = c->insecure;
	opt->tls_server_name = c->tls_server_name;
	opt->proxy = c->proxy;
	opt->ca_file = c->ca_file;
	opt->ca_data = c->ca.data;
	opt->ca_size = c->ca.size;
	opt->cert_file = c->cert_file;
	opt->key_file = c->key_file;
	opt->cert_data = c->cert.data;
	opt->cert_size = c->cert.size;
	opt->key_data = c->key.data;
	opt->key_size = c->key.size;
}

static int from_exec(struct kube_auth *a, struct http_options *opt, char **ret_error)
{
	if (a->run)
		return -EINPROGRESS;
	if (!is_current(a))
		return begin_run(a, ret_error);
	if (a->given.cert) {
		opt->cert_data = a->given.cert;
		opt->cert_size = strlen(a->given.cert);
		opt->key_data = a->given.key;
		opt->key_size = a->given.key ? strlen(a->given.key) : 0;
	}
	return a->given.token ? set_authorization(a, "Bearer", a->given.token) : 0;
}

int kube_auth_fill(struct kube_auth *a, struct http_options *opt, char **ret_error)
{
	const struct kube_config *c = &a->config;
	int err = 0;

	*ret_error = NULL;
	forget_authorization(a);
	set_trust(c, opt);
	/* as kubectl: a file before the token beside it */
	if (c->token_file)
		err = from_token_file(a, ret_error);
	else if (c->token)
		err = set_authorization(a, "Bearer", c->token);
	else if (c->username)
		err = from_password(a);
	else if (c->exec.command)
		err = from_exec(a, opt, ret_error);
	opt->authorization = a->authorization;
	return err;
}

void kube_auth_refused(struct kube_auth *a)
{
	/* one that was given just now will not get better by asking at once */
	if (a->given_at + RUN_GAP_S <= time(NULL))
		a->given_at = 0;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_list(char *const *a, char *const *b)
{
	if (!a || !b)
		return a == b;
	while (*a && *b && !strcmp(*a, *b)) {
		a++;
		b++;
	}
	return !*a && !*b;
}

void kube_auth_inherit(struct kube_auth *a, struct kube_auth *from)
{
	const struct kube_exec *mine = &a->config.exec, *its = &from->config.exec;

	if (!mine->command || !same_text(mine->command, its->command) ||
	    !same_list(mine->args, its->args) || !same_list(mine->env, its->env) ||
	    !same_text(a->config.server, from->config.server))
		return;
	kube_credential_release(&a->given);
	a->given = from->given;
	a->given_at = from->given_at;
	memset(&from->given, 0, sizeof(from->given));
	from->given_at = 0;
}

bool kube_auth_busy(const struct kube_auth *a)
{
	return a->run;
}

const struct kube_config *kube_auth_config(const struct kube_auth *a)
{
	return &a->config;
}

int kube_auth_new(struct kube_config *config, uv_loop_t *loop, const struct kube_auth_events *ev,
		  struct kube_auth **ret)
{
	struct kube_auth *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->config = *config;
	memset(config, 0, sizeof(*config));
	a->loop = loop;
	a->ev = *ev;
	*ret = a;
	return 0;
}

void kube_auth_close(struct kube_auth *a)
{
	if (!a)
		return;
	kube_run_cancel(a->run);
	kube_credential_release(&a->given);
	kube_config_release(&a->config);
	forget_authorization(a);
	free(a);
}
