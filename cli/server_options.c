// SPDX-License-Identifier: MIT
#include "cli/server_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/config_file.h"
#include "flows/time_arg.h"

const struct server_key_info server_keys[SERVER_KEYS] = {
	[KEY_ALLOWLIST] = {"allowlist", KEY_LIST, ""},
	[KEY_BASIC_AUTH_PASSWORD] = {"basic-auth-password", KEY_TEXT, ""},
	[KEY_BASIC_AUTH_USERNAME] = {"basic-auth-username", KEY_TEXT, ""},
	[KEY_CONFIG] = {"config", KEY_TEXT, ""},
	[KEY_DEBUG] = {"debug", KEY_BOOL, "false"},
	[KEY_DENYLIST] = {"denylist", KEY_LIST, ""},
	[KEY_KUBE_CONTEXT] = {"kube-context", KEY_TEXT, ""},
	[KEY_KUBE_NAMESPACE] = {"kube-namespace", KEY_TEXT, "kube-system"},
	[KEY_KUBECONFIG] = {"kubeconfig", KEY_TEXT, ""},
	[KEY_PORT_FORWARD] = {"port-forward", KEY_BOOL, "false"},
	[KEY_PORT_FORWARD_PORT] = {"port-forward-port", KEY_NUMBER, "4245"},
	[KEY_REQUEST_TIMEOUT] = {"request-timeout", KEY_DURATION, "12s"},
	[KEY_SERVER] = {"server", KEY_TEXT, "unix://" AGENT_SOCKET},
	[KEY_TIMEOUT] = {"timeout", KEY_DURATION, "5s"},
	[KEY_TLS] = {"tls", KEY_BOOL, "false"},
	[KEY_TLS_ALLOW_INSECURE] = {"tls-allow-insecure", KEY_BOOL, "false"},
	[KEY_TLS_CA_CERT_FILES] = {"tls-ca-cert-files", KEY_LIST, ""},
	[KEY_TLS_CLIENT_CERT_FILE] = {"tls-client-cert-file", KEY_TEXT, ""},
	[KEY_TLS_CLIENT_KEY_FILE] = {"tls-client-key-file", KEY_TEXT, ""},
	[KEY_TLS_SERVER_NAME] = {"tls-server-name", KEY_TEXT, ""},
};

int server_key_find(const char *name)
{
	for (int i = 0; i < SERVER_KEYS; i++)
		if (!strcmp(server_keys[i].name, name))
			return i;
	return -1;
}

/* ----------------------------------------------------------------- values */

static bool bool_ok(const char *value)
{
	static const char *const words[] = {"true", "t", "1", "false", "f", "0"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(words[i], value))
			return true;
	return false;
}

static bool number_ok(const char *value)
{
	return *value && !value[strspn(value, "0123456789")] && strlen(value) < 6 &&
	       strtoul(value, NULL, 10) <= 65535;
}

static bool duration_ok(const char *value)
{
	uint64_t ns;

	return !duration_parse(value, &ns) && ns && ns / 1000000 < UINT32_MAX;
}

static bool text_ok(const char *value)
{
	for (; *value; value++)
		if (iscntrl((unsigned char)*value))
			return false;
	return true;
}

int server_key_check(enum server_key key, const char *value, char *err, size_t err_size)
{
	static const char *const wanted[] = {
		[KEY_TEXT] = "text of one line",
		[KEY_BOOL] = "true or false",
		[KEY_NUMBER] = "a port from 0 to 65535",
		[KEY_DURATION] = "a duration such as 300ms, 5s or 1h30m",
		[KEY_LIST] = "text of one line",
	};
	static bool (*const ok[])(const char *) = {
		[KEY_TEXT] = text_ok,	      [KEY_BOOL] = bool_ok, [KEY_NUMBER] = number_ok,
		[KEY_DURATION] = duration_ok, [KEY_LIST] = text_ok,
	};
	enum key_type type = server_keys[key].type;

	if (ok[type](value))
		return 0;
	snprintf(err, err_size, "\"%s\" is not %s", value, wanted[type]);
	return -EINVAL;
}

const char *server_text(const struct server_options *s, enum server_key key)
{
	return s->value[key] ? s->value[key] : server_keys[key].fallback;
}

bool server_bool(const struct server_options *s, enum server_key key)
{
	const char *value = server_text(s, key);

	return *value == 't' || *value == 'T' || *value == '1';
}

uint64_t server_duration_ns(const struct server_options *s, enum server_key key)
{
	uint64_t ns = 0;

	duration_parse(server_text(s, key), &ns);
	return ns;
}

/* ------------------------------------------------------------ where from */

/* Appends to a list, else replaces. "a,b" of a list of files are two; JSON has commas of its own. */
static int put(struct server_options *s, enum server_key key, enum key_origin origin,
	       const char *value)
{
	bool list = server_keys[key].type == KEY_LIST;
	char *now = list && s->origin[key] == origin ? s->value[key] : NULL, *text;

	if (asprintf(&text, "%s%s%s", now ? now : "", now ? "\n" : "", value) < 0)
		return -ENOMEM;
	if (key == KEY_TLS_CA_CERT_FILES)
		for (char *c = text; *c; c++)
			if (*c == ',')
				*c = LIST_SEPARATOR;
	free(s->value[key]);
	s->value[key] = text;
	s->origin[key] = origin;
	return 0;
}

int server_row_set(void *options, const struct opt *o, bool negated, const char *value, char *err,
		   size_t err_size)
{
	struct server_options *s = (struct server_options *)((char *)options + o->target);
	int ret;

	(void)negated;
	if (o->type == OPT_SWITCH && !*value)
		value = "true";
	ret = server_key_check(o->field, value, err, err_size);
	if (ret)
		return ret;
	ret = put(s, o->field, FROM_FLAG, value);
	if (ret)
		snprintf(err, err_size, "out of memory");
	return ret;
}

/* "PITOT_TLS_SERVER_NAME" */
static const char *from_environment(enum server_key key, char *name, size_t size)
{
	size_t n = snprintf(name, size, "PITOT_%s", server_keys[key].name);

	for (size_t i = 0; i < n && i < size; i++)
		name[i] = name[i] == '-' ? '_' : toupper((unsigned char)name[i]);
	return getenv(name);
}

static int take_environment(struct server_options *s, char *err, size_t err_size)
{
	char name[64], why[200];

	for (int key = 0; key < SERVER_KEYS; key++) {
		const char *value = from_environment(key, name, sizeof(name));

		if (!value || s->origin[key] > FROM_ENVIRONMENT)
			continue;
		if (!*value && server_keys[key].type != KEY_TEXT)
			continue;
		if (server_key_check(key, value, why, sizeof(why))) {
			snprintf(err, err_size, "%s: %s", name, why);
			return -EINVAL;
		}
		if (put(s, key, FROM_ENVIRONMENT, value))
			return -ENOMEM;
	}
	return 0;
}

struct filling {
	struct server_options *s;
	const char *path;
	char *err;
	size_t err_size;
	bool unknown; /* a key that nobody knows was told of */
};

/* A slip in a name would else be without effect and without a word. */
static void tell_unknown(struct filling *f, const char *name)
{
	if (!f->unknown)
		say(0,
		    "configuration file \"%s\": unknown key \"%s\" is passed over "
		    "(\"pitot config view\" lists the keys)",
		    f->path, name);
	f->unknown = true;
}

static int take_from_file(void *arg, const char *name, const char *value)
{
	struct filling *f = arg;
	int key = server_key_find(name);
	char why[200];

	if (key < 0)
		tell_unknown(f, name);
	if (key < 0 || key == KEY_CONFIG || f->s->origin[key] > FROM_FILE)
		return 0;
	if (server_key_check(key, value, why, sizeof(why))) {
		snprintf(f->err, f->err_size, "%s: %s", name, why);
		return -EINVAL;
	}
	return put(f->s, key, FROM_FILE, value);
}

static int take_file(struct server_options *s, char *err, size_t err_size)
{
	char why[256] = "out of memory", *path = server_config_path(s);
	struct filling f = {.s = s, .path = path, .err = why, .err_size = sizeof(why)};
	bool asked = s->origin[KEY_CONFIG] != FROM_DEFAULT;
	int ret;

	if (!path)
		return 0;
	ret = config_file_read(path, take_from_file, &f, why, sizeof(why));
	if (ret == -ENOENT && !asked)
		ret = 0;
	/* Somebody else's HOME, as under sudo or setpriv. */
	if (ret == -EACCES && !asked)
		ret = say(0, "configuration file \"%s\" is passed over: %s", path, why);
	if (ret)
		snprintf(err, err_size, "configuration file \"%s\": %s", path, why);
	free(path);
	return ret;
}

static char *below(const char *dir, const char *rest)
{
	char *path;

	if (!dir || !*dir || asprintf(&path, "%s%s", dir, rest) < 0)
		return NULL;
	return path;
}

char *server_config_path(const struct server_options *s)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *path, *old;

	if (*server_text(s, KEY_CONFIG))
		return strdup(server_text(s, KEY_CONFIG));
	path = xdg && *xdg ? below(xdg, "/pitot/config.yaml")
			   : below(home, "/.config/pitot/config.yaml");
	old = below(home, "/.pitot/config.yaml");
	if (old && (!path || (access(path, F_OK) && !access(old, F_OK)))) {
		free(path);
		return old;
	}
	free(old);
	return path;
}

int server_options_finish(struct server_options *s, char *err, size_t err_size)
{
	int ret;

	snprintf(err, err_size, "out of memory");
	ret = take_environment(s, err, err_size);
	if (!ret)
		ret = take_file(s, err, err_size);
	return ret;
}

void server_options_clear(struct server_options *s)
{
	for (int i = 0; i < SERVER_KEYS; i++)
		free(s->value[i]);
	*s = (struct server_options){0};
}
