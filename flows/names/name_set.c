// SPDX-License-Identifier: MIT
#include "flows/names/name_set.h"

#include <string.h>

static void set_expiry(struct name_set *s)
{
	s->first_expiry = UINT32_MAX;
	for (uint32_t i = 0; s->list && i < s->list->n; i++)
		if (s->expires[i] < s->first_expiry)
			s->first_expiry = s->expires[i];
}

static uint32_t expiry_of(const struct name_set *s, const char *name)
{
	for (uint32_t i = 0; s->list && i < s->list->n; i++)
		if (!strcmp(s->list->names[i], name))
			return s->expires[i];
	return 0;
}

static void set_list(struct name_set *s, struct name_list *list, size_t *bytes)
{
	*bytes -= s->list ? s->list->bytes : 0;
	name_list_put(s->list);
	s->list = list;
	*bytes += list ? list->bytes : 0;
}

/* Makes the list anew: `first` (may be NULL), then what has not expired and is another name. */
static void renew(struct name_set *s, const char *first, uint32_t expires_s, uint32_t now_s,
		  size_t *bytes)
{
	const char *names[NAMES_MAX];
	uint32_t kept[NAMES_MAX], n = 0;
	struct name_list *list;

	if (first) {
		names[n] = first;
		kept[n++] = expires_s;
	}
	for (uint32_t i = 0; s->list && i < s->list->n && n < NAMES_MAX; i++) {
		if (s->expires[i] <= now_s || (first && !strcmp(first, s->list->names[i])))
			continue;
		names[n] = s->list->names[i];
		kept[n++] = s->expires[i];
	}
	list = n ? name_list_new(names, n) : NULL;
	if (n && !list)
		return;
	set_list(s, list, bytes);
	memcpy(s->expires, kept, n * sizeof(*kept));
	set_expiry(s);
}

void name_set_add(struct name_set *s, const char *name, uint32_t expires_s, uint32_t now_s,
		  size_t *bytes)
{
	uint32_t before = expiry_of(s, name);

	if (expires_s < before)
		expires_s = before;
	if (!before || strcmp(s->list->names[0], name)) {
		renew(s, name, expires_s, now_s, bytes);
		return;
	}
	s->expires[0] = expires_s;
	set_expiry(s);
}

struct name_list *name_set_now(struct name_set *s, uint32_t now_s, size_t *bytes)
{
	if (s->list && s->first_expiry <= now_s)
		renew(s, NULL, 0, now_s, bytes);
	return s->list;
}

void name_set_clear(struct name_set *s, size_t *bytes)
{
	set_list(s, NULL, bytes);
}
