// SPDX-License-Identifier: MIT
/* `pitot config`: the client's configuration file, as Hubble's `config`. */
#include "cli/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/config_file.h"

#define AT offsetof(struct config_options, server)

const struct opt config_option_table[] = {
	{"config", 0, OPT_CALL, "FILE", SERVER_ROW(AT, KEY_CONFIG), .help = "the file"},
	{"debug", 'D', OPT_SWITCH, NULL, SERVER_ROW(AT, KEY_DEBUG),
	 .help = "tell which file it is"},
	HELP_ROW,
	{.name = NULL},
};

void *config_options_new(void)
{
	return calloc(1, sizeof(struct config_options));
}

void config_options_free(void *options)
{
	struct config_options *o = options;

	if (o)
		server_options_clear(&o->server);
	free(o);
}

/* ---------------------------------------------------------------- printing */

static void put_list(struct text *t, const char *list)
{
	size_t n;

	if (!*list) {
		text_str(t, " []\n");
		return;
	}
	text_char(t, '\n');
	for (; *list; list += n + (list[n] != '\0')) {
		char *one;

		n = strcspn(list, "\n");
		one = strndup(list, n);
		text_str(t, "    - ");
		config_scalar(t, one ? one : "");
		text_char(t, '\n');
		free(one);
	}
}

static void put_key(struct text *t, enum server_key key, const char *value)
{
	enum key_type type = server_keys[key].type;

	text_str(t, server_keys[key].name);
	text_char(t, ':');
	if (type == KEY_LIST) {
		put_list(t, value);
		return;
	}
	text_char(t, ' ');
	if (type == KEY_BOOL)
		text_str(t, strchr("tT1", *value) ? "true" : "false");
	else if (type == KEY_NUMBER)
		text_str(t, value);
	else
		config_scalar(t, value);
	text_char(t, '\n');
}

static int write_out(struct text *t)
{
	int err = text_write(t, STDOUT_FILENO);

	text_free(t);
	if (err)
		return say(EXIT_FAILED, "cannot write: %s", strerror(-err));
	return EXIT_FINE;
}

static int view(struct server_options *s)
{
	struct text t = {0};
	char *path = server_config_path(s);

	for (int key = 0; key < SERVER_KEYS; key++) {
		bool filter = key == KEY_ALLOWLIST || key == KEY_DENYLIST;

		if (key == KEY_CONFIG)
			put_key(&t, key, path ? path : "");
		else if (!filter || *server_text(s, key))
			put_key(&t, key, server_text(s, key));
	}
	free(path);
	return write_out(&t);
}

/* ------------------------------------------------------------- the actions */

static int unknown_key(const char *name)
{
	fflush(stdout);
	return say(EXIT_FAILED, "unknown key: %s", name);
}

static int get(struct server_options *s, char **args)
{
	struct text t = {0};
	int key;

	if (!args[0])
		return view(s);
	key = server_key_find(args[0]);
	if (key < 0)
		return unknown_key(args[0]);
	if (key == KEY_CONFIG) {
		char *path = server_config_path(s);

		text_str(&t, path ? path : "");
		free(path);
	} else {
		text_str(&t, server_text(s, key));
	}
	text_char(&t, '\n');
	return write_out(&t);
}

/* What stands in the file, and only that. */
struct kept {
	char *value[SERVER_KEYS];
	char *unknown; /* the first key that nobody knows */
};

static int keep(void *arg, const char *name, const char *value)
{
	struct kept *k = arg;
	int key = server_key_find(name);
	char *text;

	if (key < 0 || key == KEY_CONFIG) {
		if (!k->unknown)
			k->unknown = strdup(name);
		return 0;
	}
	if (asprintf(&text, "%s%s%s", k->value[key] ? k->value[key] : "", k->value[key] ? "\n" : "",
		     value) < 0)
		return -ENOMEM;
	free(k->value[key]);
	k->value[key] = text;
	return 0;
}

static int write_kept(const char *path, const struct kept *k)
{
	struct text t = {0};
	int err;

	for (int key = 0; key < SERVER_KEYS; key++)
		if (k->value[key])
			put_key(&t, key, k->value[key]);
	err = t.err ? t.err : config_file_write(path, &t);
	text_free(&t);
	if (err)
		return say(EXIT_FAILED, "cannot write \"%s\": %s", path, strerror(-err));
	return EXIT_FINE;
}

/* value NULL: back to the default; key < 0: all of them. */
static int change(struct server_options *s, int key, const char *value)
{
	struct kept k = {0};
	char err[256], *path = server_config_path(s);
	int ret;

	if (!path)
		return say(EXIT_FAILED,
			   "where is the file? neither XDG_CONFIG_HOME nor HOME is set: "
			   "give \"--config\"");
	ret = config_file_read(path, keep, &k, err, sizeof(err));
	if (ret && ret != -ENOENT && key >= 0)
		ret = say(EXIT_FAILED, "configuration file \"%s\": %s", path, err);
	else if (k.unknown && key >= 0)
		ret = say(EXIT_FAILED,
			  "\"%s\" has the unknown key \"%s\", which would be lost: "
			  "take it out first",
			  path, k.unknown);
	else {
		for (int i = 0; i < SERVER_KEYS; i++)
			if (key < 0 || i == key) {
				free(k.value[i]);
				k.value[i] = i == key && value ? strdup(value) : NULL;
			}
		if (key == KEY_TLS_CA_CERT_FILES && k.value[key])
			for (char *c = k.value[key]; *c; c++)
				*c = *c == ',' ? '\n' : *c;
		ret = write_kept(path, &k);
	}
	for (int i = 0; i < SERVER_KEYS; i++)
		free(k.value[i]);
	free(k.unknown);
	free(path);
	return ret;
}

static int set(struct server_options *s, char **args)
{
	int key = args[0] ? server_key_find(args[0]) : -1;
	char err[256];

	if (!args[0])
		return say(EXIT_USAGE, "which key? \"pitot config set KEY [VALUE]\"");
	if (key < 0 || key == KEY_CONFIG)
		return unknown_key(args[0]);
	if (args[1] && server_key_check(key, args[1], err, sizeof(err)))
		return say(EXIT_FAILED, "%s: %s", args[0], err);
	return change(s, key, args[1]);
}

static int reset(struct server_options *s, char **args)
{
	int key = args[0] ? server_key_find(args[0]) : -1;

	if (args[0] && (key < 0 || key == KEY_CONFIG))
		return unknown_key(args[0]);
	return change(s, key, NULL);
}

int config_run(char **args, void *options)
{
	struct server_options *s = &((struct config_options *)options)->server;
	char err[512];
	size_t n = 0;

	while (args[n])
		n++;
	if (!n)
		return say(EXIT_USAGE,
			   "do what? \"pitot config\" takes one of view, get, set, reset");
	/* A file that cannot be read is mended with "reset", and must not keep from it. */
	if ((!strcmp(args[0], "view") || !strcmp(args[0], "get")) &&
	    server_options_finish(s, err, sizeof(err)))
		return say(EXIT_FAILED, "%s", err);
	if (!strcmp(args[0], "view") && n == 1)
		return view(s);
	if (!strcmp(args[0], "get") && n <= 2)
		return get(s, args + 1);
	if (!strcmp(args[0], "set") && n <= 3)
		return set(s, args + 1);
	if (!strcmp(args[0], "reset") && n <= 2)
		return reset(s, args + 1);
	return say(EXIT_USAGE,
		   "\"pitot config %s\"%s: view, get [KEY], set KEY [VALUE] or reset [KEY]",
		   args[0], n > 1 ? " with so many words" : "");
}
