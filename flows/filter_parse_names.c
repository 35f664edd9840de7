// SPDX-License-Identifier: MIT
/* From the text of a value to what is compared: names, patterns, layer 7. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "flows/filter_labels.h"
#include "flows/filter_terms.h"
#include "flows/regex.h"
#include "flows/summary.h"

#define NAME_MAX_BYTES 255 /* of a DNS name */
#define CILIUM_REASON_MIN 130
#define CILIUM_REASON_MAX 255
#define REASON_DIGITS 5

int filter_grow(void *list, size_t *n, const void *item, size_t size)
{
	void *old, *new;

	memcpy(&old, list, sizeof(old));
	/* Doubled whenever the count is a power of two: no capacity is kept. */
	if (!(*n & (*n - 1))) {
		new = reallocarray(old, *n ? 2 * *n : 1, size);
		if (!new)
			return -ENOMEM;
		memcpy(list, &new, sizeof(new));
		old = new;
	}
	memcpy((char *)old + *n * size, item, size);
	++*n;
	return 0;
}

int filter_value_pair(struct filter_value *v, const char *dir, const char *name)
{
	v->dir = dir ? strdup(dir) : NULL;
	v->name = strdup(name);
	v->name_len = strlen(name);
	return v->name && (v->dir || !dir) ? 0 : -ENOMEM;
}

void filter_value_clear(struct filter_value *v)
{
	free(v->text);
	free(v->dir);
	free(v->name);
	label_selector_free(v->labels);
	regex_free(v->regex);
}

static int split(struct filter_value *v, const char *text, const char *mark)
{
	v->dir = strndup(text, mark - text);
	if (!v->dir)
		return -ENOMEM;
	v->name = strdup(mark + 1);
	if (!v->name)
		return -ENOMEM;
	v->name_len = strlen(v->name);
	return 0;
}

/* "shop/cart", "shop/", "/cart", "cart" */
int parse_path(struct filter_value *v, const char *text, char *err, size_t size)
{
	const char *slash = strchr(text, '/');

	(void)err, (void)size;
	return slash ? split(v, text, slash) : filter_value_pair(v, NULL, text);
}

/* Hubble's client cuts at the first colon. */
int parse_header(struct filter_value *v, const char *text, char *err, size_t size)
{
	const char *colon = strchr(text, ':');

	if (colon)
		return split(v, text, colon);
	return filter_refuse(err, size, text, "a header as NAME:VALUE");
}

int parse_interface(struct filter_value *v, const char *text, char *err, size_t size)
{
	(void)err, (void)size;
	return filter_value_pair(v, NULL, text);
}

int parse_identity(struct filter_value *v, const char *text, char *err, size_t size)
{
	const char *name;
	char *end;

	for (; (name = identity_name(v->number)); v->number++)
		if (!strcasecmp(name, text))
			return 0;
	errno = 0;
	v->number = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno && v->number <= UINT32_MAX)
		return 0;
	return filter_refuse(err, size, text,
			     "an identity: a number, or host, world, unmanaged, health, init, "
			     "remote-node, kube-apiserver, ingress, unknown");
}

/* A name's pattern, n bytes: in lower case and without the dot at its end. NULL: it is none. */
static char *name_pattern(const char *text, size_t n)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.*";
	char *name;

	if (n && text[n - 1] == '.')
		n--;
	if (!n || n > NAME_MAX_BYTES || text[n - 1] == '.')
		return NULL;
	name = strndup(text, n);
	for (char *p = name; p && *p; p++) {
		*p = tolower((unsigned char)*p);
		if (!strchr(letters, *p)) {
			free(name);
			return NULL;
		}
	}
	return name;
}

int parse_fqdn(struct filter_value *v, const char *text, char *err, size_t size)
{
	v->name = name_pattern(text, strlen(text));
	if (v->name)
		return 0;
	return filter_refuse(err, size, text,
			     "a DNS name such as example.com or *.example.com: letters, digits, "
			     "-, _, . and *");
}

/* "node-1", "prod/", "prod/node-*": an empty part is any. */
int parse_node(struct filter_value *v, const char *text, char *err, size_t size)
{
	const char *slash = strchr(text, '/');
	const char *node = slash ? slash + 1 : text;

	v->dir = slash && slash != text ? name_pattern(text, slash - text) : NULL;
	v->name = *node ? name_pattern(node, strlen(node)) : strdup("");
	if (v->name && (v->dir || !slash || slash == text))
		return 0;
	return filter_refuse(err, size, text,
			     "a node as [CLUSTER/]NODE: letters, digits, -, _, . and *");
}

int parse_labels(struct filter_value *v, const char *text, char *err, size_t size)
{
	const char *why = "";
	int ret = label_selector_new(text, &v->labels, &why);

	if (ret == -EINVAL)
		snprintf(err, size, VALUE_FORMAT " is not a label selector: expected %s",
			 VALUE_CUT(text), why);
	return ret;
}

int parse_regex(struct filter_value *v, const char *text, char *err, size_t size)
{
	return regex_new(text, &v->regex, err, size);
}

/* The number of a DropReason, -1: none is called that. */
static int64_t cilium_drop_reason(const char *name)
{
	for (uint32_t i = CILIUM_REASON_MIN; i <= CILIUM_REASON_MAX; i++)
		if (!strcasecmp(cilium_drop_name(i), name) &&
		    strcmp(cilium_drop_name(i), cilium_drop_name(0)))
			return i;
	return strcasecmp(cilium_drop_name(0), name) ? -1 : 0;
}

/* One of Cilium's, by name or number; anything else is a glob for the kernel's. */
int parse_drop_reason(struct filter_value *v, const char *text, char *err, size_t size)
{
	size_t digits = strspn(text, "0123456789");

	(void)err, (void)size;
	v->sub_type = cilium_drop_reason(text);
	if (digits && digits <= REASON_DIGITS && !text[digits])
		v->sub_type = strtol(text, NULL, 10);
	return 0;
}

/* "404", "40+", "5+": sub_type is what a code is divided by before it is compared. */
int parse_http_status(struct filter_value *v, const char *text, char *err, size_t size)
{
	size_t digits = strspn(text, "0123456789");
	bool open = text[digits] == '+' && !text[digits + 1];

	if (*text < '1' || *text > '5' || !((digits == 3 && !text[3]) || (digits < 3 && open)))
		return filter_refuse(err, size, text, "an HTTP status such as 404, 40+ or 5+");
	v->number = strtoul(text, NULL, 10);
	v->sub_type = digits == 3 ? 1 : digits == 2 ? 10 : 100;
	return 0;
}
