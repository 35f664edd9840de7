// SPDX-License-Identifier: MIT
#include "cli/complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"

#define ANSWER_MS 300
#define OFFERS_MAX 500

static const struct {
	const char *option, *kind;
} kinds[] = {
	{"pod", "pods"},
	{"namespace", "namespaces"},
	{"workload", "workloads"},
	{"node-name", "nodes"},
};

const char *complete_kind(const struct opt *o)
{
	const char *name = o->name;

	if (o->group != GROUP_FILTER || !o->arg)
		return NULL;
	name += !strncmp(name, "from-", 5) ? 5 : !strncmp(name, "to-", 3) ? 3 : 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(name, kinds[i].option))
			return kinds[i].kind;
	return NULL;
}

/* A shell takes these as they are. */
static bool harmless(const char *s)
{
	return *s &&
	       !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-@")];
}

struct offers {
	const char *prefix;
	char *v[OFFERS_MAX];
	size_t n;
};

/* dir and name with a slash between them; dir "": the name alone. */
static void offer(struct offers *o, const char *dir, const char *name)
{
	char *text;

	if (!*name || o->n == OFFERS_MAX)
		return;
	if (asprintf(&text, "%s%s%s", dir, *dir ? "/" : "", name) < 0)
		return;
	if (harmless(text) && !strncmp(text, o->prefix, strlen(o->prefix)))
		o->v[o->n++] = text;
	else
		free(text);
}

static void offer_endpoint(struct offers *o, const struct answer_endpoint *e, const char *kind)
{
	if (!strcmp(kind, "pods"))
		offer(o, e->namespace_name, e->name);
	else if (!strcmp(kind, "workloads"))
		offer(o, e->workload_kind, e->workload);
}

static void offer_rows(struct offers *o, const struct answer_rows *rows, const char *kind)
{
	for (size_t i = 0; i < rows->n; i++) {
		if (!strcmp(kind, "namespaces"))
			offer(o, "", ((const struct answer_namespace *)rows->v)[i].name);
		else if (!strcmp(kind, "nodes"))
			offer(o, "", ((const struct answer_node *)rows->v)[i].name);
		else
			offer_endpoint(o, &((const struct answer_endpoint *)rows->v)[i], kind);
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print(struct offers *o)
{
	qsort(o->v, o->n, sizeof(*o->v), by_text);
	for (size_t i = 0; i < o->n; i++) {
		if (!i || strcmp(o->v[i], o->v[i - 1]))
			puts(o->v[i]);
	}
	for (size_t i = 0; i < o->n; i++)
		free(o->v[i]);
}

static void ask(struct client *c, const char *kind, const char *prefix)
{
	bool nodes = !strcmp(kind, "nodes"), namespaces = !strcmp(kind, "namespaces");
	const char *path = nodes	? "/observer.Observer/GetNodes"
			   : namespaces ? "/observer.Observer/GetNamespaces"
					: "/pitot.v1.Agent/ListEndpoints";
	enum answer_type type = nodes	     ? ANSWER_NODES
				: namespaces ? ANSWER_NAMESPACES
					     : ANSWER_ENDPOINTS;
	struct offers offers = {.prefix = prefix};
	enum grpc_status status;
	struct answer_list list;
	struct answer a = {0};
	uint8_t *reply;
	size_t n;

	if (client_ask(c, path, NULL, &reply, &n, &status))
		return;
	if (!answer_read(&a, type, reply, n, &list))
		offer_rows(&offers, &list.rows, kind);
	print(&offers);
	answer_free(&a);
	free(reply);
}

int complete_run(char **args)
{
	struct server_options options = {0};
	struct client c;

	if (!args[0] || !freopen("/dev/null", "w", stderr))
		return EXIT_FAILED;
	/* kubectl takes longer than anybody waits for a word. */
	options.value[KEY_PORT_FORWARD] = strdup("false");
	options.origin[KEY_PORT_FORWARD] = FROM_FLAG;
	if (!client_open(&c, &options)) {
		c.server.request_ms = ANSWER_MS;
		ask(&c, args[0], args[1] ? args[1] : "");
		client_close(&c);
	}
	server_options_clear(&options);
	return EXIT_FINE;
}
