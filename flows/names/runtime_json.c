// SPDX-License-Identifier: MIT
#include "flows/names/runtime_json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define ID_DIGITS 64

static const char *text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

static bool id_ok(const char *id)
{
	return strspn(id, "0123456789abcdef") == ID_DIGITS && !id[ID_DIGITS];
}

static const char *no_slash(const char *name)
{
	return *name == '/' ? name + 1 : name;
}

/* ---------------------------------------------------------------------- parts */

struct labels {
	struct runtime_label list[LABELS_MAX];
};

/* Of an event's attributes, those that the runtime adds to the container's labels. */
static bool is_attribute(const char *key)
{
	static const char *const own[] = {
		"image",    "name",   "oldName", "podId",	 "containerExitCode",
		"exitCode", "signal", "execID",	 "execDuration", "containerInspectData"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (!strcmp(key, own[i]))
			return true;
	return false;
}

static void read_labels(struct runtime_container *c, struct labels *labels, json_t *object,
			bool attributes)
{
	const char *key;
	json_t *value;

	c->labels = labels->list;
	json_object_foreach(object, key, value)
	{
		if (c->n_labels == LABELS_MAX)
			break;
		if (!json_is_string(value) || (attributes && is_attribute(key)))
			continue;
		labels->list[c->n_labels].key = key;
		labels->list[c->n_labels++].value = json_string_value(value);
	}
}

static void read_address(struct runtime_container *c, const char *text)
{
	struct ip_addr a = {{[10] = 0xff, [11] = 0xff}};

	if (c->n_addresses < RUNTIME_ADDRESSES &&
	    (inet_pton(AF_INET, text, a.b + 12) == 1 || inet_pton(AF_INET6, text, a.b) == 1))
		c->addresses[c->n_addresses++] = a;
}

static void read_networks(struct runtime_container *c, const json_t *settings)
{
	const char *key;
	json_t *network;

	c->has_addresses = true;
	json_object_foreach(json_object_get(settings, "Networks"), key, network)
	{
		read_address(c, text_of(network, "IPAddress"));
		read_address(c, text_of(network, "GlobalIPv6Address"));
	}
}

/* A link to another container is a second name, "/other/alias". */
static const char *list_name(const json_t *names)
{
	const char *first = json_string_value(json_array_get(names, 0));
	const char *s;
	size_t i;
	json_t *name;

	json_array_foreach(names, i, name)
	{
		s = json_string_value(name);
		if (s && !strchr(no_slash(s), '/'))
			return no_slash(s);
	}
	return first ? no_slash(first) : "";
}

/* --------------------------------------------------------------------- shapes */

static bool read_list(const json_t *o, struct runtime_container *c, struct labels *labels)
{
	c->id = text_of(o, "Id");
	c->name = list_name(json_object_get(o, "Names"));
	c->image = text_of(o, "Image");
	c->running =
		!strcmp(text_of(o, "State"), "running") || !strcmp(text_of(o, "State"), "paused");
	read_labels(c, labels, json_object_get(o, "Labels"), false);
	read_networks(c, json_object_get(o, "NetworkSettings"));
	return true;
}

static bool read_config(const json_t *o, struct runtime_container *c, struct labels *labels)
{
	const json_t *config = json_object_get(o, "Config");

	c->id = text_of(o, "ID");
	c->name = no_slash(text_of(o, "Name"));
	c->image = text_of(config, "Image");
	c->running = json_is_true(json_object_get(json_object_get(o, "State"), "Running"));
	read_labels(c, labels, json_object_get(config, "Labels"), false);
	read_networks(c, json_object_get(o, "NetworkSettings"));
	return true;
}

/*
 * metadata is JSON in a string. A rename changes `names` alone. *ret_metadata keeps
 * the strings.
 */
static bool read_storage(const json_t *o, struct runtime_container *c, json_t **ret_metadata)
{
	*ret_metadata = json_loads(text_of(o, "metadata"), 0, NULL);
	c->id = text_of(o, "id");
	c->name = list_name(json_object_get(o, "names"));
	if (!*c->name)
		c->name = text_of(*ret_metadata, "name");
	c->image = text_of(*ret_metadata, "image-name");
	c->running = true; /* not told */
	return true;
}

static bool one_of(const char *s, const char *const *words)
{
	while (*words && strcmp(*words, s))
		words++;
	return *words;
}

static bool read_event(const json_t *o, struct runtime_container *c, struct labels *labels,
		       enum runtime_change *ret_change)
{
	static const char *const began[] = {"create", "init",	 "start", "restart",
					    "rename", "unpause", NULL};
	static const char *const gone[] = {"destroy", "remove", NULL};
	static const char *const changed[] = {"die",	    "died",   "stop", "connect",
					      "disconnect", "update", NULL};
	const json_t *actor = json_object_get(o, "Actor");
	json_t *attributes = json_object_get(actor, "Attributes");
	const char *type = text_of(o, "Type"), *action = text_of(o, "Action");
	bool network = !strcmp(type, "network");

	if (!network && strcmp(type, "container"))
		return false;
	c->id = text_of(network ? attributes : actor, network ? "container" : "ID");
	*ret_change = one_of(action, gone)	? RUNTIME_GONE
		      : one_of(action, changed) ? RUNTIME_ASK
						: RUNTIME_BEGAN;
	if (*ret_change == RUNTIME_BEGAN && (network || !one_of(action, began)))
		return false;
	if (network && *ret_change == RUNTIME_GONE)
		return false;
	c->name = no_slash(text_of(attributes, "name"));
	c->image = text_of(attributes, "image");
	c->running = true;
	read_labels(c, labels, attributes, true);
	return true;
}

static void read_object(struct runtime_reader *r)
{
	json_t *o = json_loadb(r->text, r->len, 0, NULL), *metadata = NULL;
	struct runtime_container c = {.id = "", .name = "", .image = ""};
	enum runtime_change change = RUNTIME_IS;
	struct labels labels;
	bool is = false;

	switch (r->shape) {
	case RUNTIME_LIST:
		is = read_list(o, &c, &labels);
		break;
	case RUNTIME_EVENTS:
		is = read_event(o, &c, &labels, &change);
		break;
	case RUNTIME_CONFIG:
		is = read_config(o, &c, &labels);
		break;
	case RUNTIME_STORAGE:
		is = read_storage(o, &c, &metadata);
		break;
	}
	if (is && id_ok(c.id))
		r->container(r->arg, change, &c);
	else if (!o || is)
		r->skipped++;
	json_decref(metadata);
	json_decref(o);
}

/* -------------------------------------------------------------------- objects */

static bool keep(struct runtime_reader *r, char c)
{
	if (r->len == r->size) {
		size_t size = r->size ? r->size * 2 : 4096;
		char *text = size <= RUNTIME_OBJECT_MAX ? realloc(r->text, size) : NULL;

		if (!text)
			return false;
		r->text = text;
		r->size = size;
	}
	r->text[r->len++] = c;
	return true;
}

static void object_end(struct runtime_reader *r)
{
	if (r->too_long)
		r->skipped++;
	else
		read_object(r);
	r->len = 0;
	r->too_long = false;
}

/* A character within an object: where it ends, if it is well-formed; else the parser tells. */
static void inside(struct runtime_reader *r, char c)
{
	if (!r->too_long && !keep(r, c))
		r->too_long = true;
	if (r->in_string) {
		if (r->escaped)
			r->escaped = false;
		else if (c == '\\')
			r->escaped = true;
		else if (c == '"')
			r->in_string = false;
		return;
	}
	if (c == '"')
		r->in_string = true;
	else if (c == '{' || c == '[')
		r->depth++;
	else if ((c == '}' || c == ']') && !--r->depth)
		object_end(r);
}

int runtime_reader_feed(struct runtime_reader *r, const void *data, size_t size)
{
	const char *p = data;

	for (size_t i = 0; i < size; i++) {
		if (r->depth) {
			inside(r, p[i]);
		} else if (p[i] == '{') {
			inside(r, p[i]);
		} else if (!p[i] || !strchr("[], \t\r\nnul", p[i])) {
			/* that of an empty list may be written as null */
			return -EBADMSG;
		}
	}
	return 0;
}

void runtime_reader_free(struct runtime_reader *r)
{
	free(r->text);
	r->text = NULL;
	r->len = r->size = 0;
	r->depth = 0;
	r->in_string = r->escaped = r->too_long = false;
}

const char *runtime_of_version(const char *text, size_t size)
{
	json_t *o = json_loadb(text, size, 0, NULL);
	const json_t *first = json_array_get(json_object_get(o, "Components"), 0);
	bool podman = strstr(text_of(first, "Name"), "Podman") != NULL;

	json_decref(o);
	return podman ? "podman" : "docker";
}
