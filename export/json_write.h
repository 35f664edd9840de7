/* SPDX-License-Identifier: MIT */
/* How export/json*.c put an object together; for those files only. */
#ifndef PITOT_EXPORT_JSON_WRITE_H
#define PITOT_EXPORT_JSON_WRITE_H

#include "export/json.h"

/* "name": with the comma that it takes after the member before it. name is plain ASCII. */
static inline void json_key(struct text *t, const char *name)
{
	size_t n = strlen(name);
	char *p = text_reserve(t, n + 4);
	char last = t->len ? t->data[t->len - 1] : '{';

	if (!p)
		return;
	if (last != '{' && last != '[')
		*p++ = ',';
	*p++ = '"';
	memcpy(p, name, n);
	p += n;
	*p++ = '"';
	*p++ = ':';
	t->len = p - t->data;
}

static inline void json_open(struct text *t, const char *name)
{
	json_key(t, name);
	text_char(t, '{');
}

static inline void json_close(struct text *t)
{
	text_char(t, '}');
}

/* A number; left out where it is 0. */
static inline void json_number(struct text *t, const char *name, uint64_t v)
{
	if (!v)
		return;
	json_key(t, name);
	text_u64(t, v);
}

/* A constant or other text that needs no escaping. */
static inline void json_plain(struct text *t, const char *name, const char *s)
{
	json_key(t, name);
	text_char(t, '"');
	text_str(t, s);
	text_char(t, '"');
}

/* Untrusted text; left out where NULL or empty. */
static inline void json_untrusted(struct text *t, const char *name, const char *s, size_t max)
{
	if (!s || !*s)
		return;
	json_key(t, name);
	json_quote(t, s, max);
}

static inline void json_true(struct text *t, const char *name, bool v)
{
	if (!v)
		return;
	json_key(t, name);
	text_mem(t, "true", 4);
}

static inline void json_addr(struct text *t, const char *name, const struct ip_addr *a)
{
	json_key(t, name);
	text_char(t, '"');
	text_addr(t, a);
	text_char(t, '"');
}

/* An array of untrusted texts, each up to max bytes; left out where it is empty. */
static inline void json_strings(struct text *t, const char *name, const char *const *v, size_t n,
				size_t max)
{
	if (!n)
		return;
	json_key(t, name);
	text_char(t, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			text_char(t, ',');
		json_quote(t, v[i], max);
	}
	text_char(t, ']');
}

/* An end as Hubble's Endpoint. */
void json_endpoint(struct text *t, const char *name, const struct flow_end *e);

/* source_names, destination_names; what is not there is left out, here and below. */
void json_dns_names(struct text *t, const struct flow *f);
void json_service(struct text *t, const char *name, const struct service *s);
void json_l7(struct text *t, const struct l7 *l);

/* For the extensions: what is known of an end, or of a message, and has no field of Hubble's. */
void json_end_extras(struct text *t, const char *name, const struct flow_end *e);
void json_l7_extras(struct text *t, const struct l7 *l);

/* "extensions":{"@type":..,"value":{..}} */
void json_extensions(struct text *t, const struct flow *f);

#endif
