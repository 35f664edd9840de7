// SPDX-License-Identifier: MIT
/* From options to filters, as Hubble's client makes them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/filter_labels.h"
#include "flows/filter_terms.h"

enum { PODS, SERVICES };

/* -------------------------------------------------------------------- clashes */

/* Never 0, which ends a group. */
#define FLAG(field, side) ((field)*3 + (side) + 1)
#define FROM(field) FLAG(FILTER_##field, FILTER_SOURCE)
#define TO(field) FLAG(FILTER_##field, FILTER_DESTINATION)
#define ANY(field) FLAG(FILTER_##field, FILTER_EITHER)
#define GROUP_MAX 9

/*
 * Of each group a list may use one option only. Hubble's, in its order, which decides
 * what the message names; the last two are ours.
 */
static const uint8_t groups[][GROUP_MAX] = {
	{FROM(FQDN), FROM(IP), ANY(IP), ANY(FQDN), FROM(NAMESPACE), ANY(NAMESPACE),
	 FROM(ALL_NAMESPACES), ANY(ALL_NAMESPACES)},
	{FROM(FQDN), FROM(IP), ANY(IP), ANY(FQDN), FROM(POD), ANY(POD)},
	{TO(FQDN), TO(IP), ANY(IP), ANY(FQDN), TO(NAMESPACE), ANY(NAMESPACE), TO(ALL_NAMESPACES),
	 ANY(ALL_NAMESPACES)},
	{TO(FQDN), TO(IP), ANY(IP), ANY(FQDN), TO(POD), ANY(POD)},
	{TO(POD), ANY(NAMESPACE), ANY(ALL_NAMESPACES)},
	{FROM(POD), ANY(NAMESPACE), ANY(ALL_NAMESPACES)},
	{TO(SERVICE), ANY(NAMESPACE), ANY(ALL_NAMESPACES)},
	{FROM(SERVICE), ANY(NAMESPACE), ANY(ALL_NAMESPACES)},
	{ANY(LABEL), FROM(LABEL)},
	{ANY(LABEL), TO(LABEL)},
	{ANY(SERVICE), FROM(SERVICE)},
	{ANY(SERVICE), TO(SERVICE)},
	{ANY(PORT), TO(PORT)},
	{ANY(PORT), FROM(PORT)},
	{ANY(IDENTITY), TO(IDENTITY)},
	{ANY(IDENTITY), FROM(IDENTITY)},
	{ANY(WORKLOAD), TO(WORKLOAD)},
	{ANY(WORKLOAD), FROM(WORKLOAD)},
	{ANY(ENCRYPTED), ANY(UNENCRYPTED)},
	{ANY(PROCESS), TO(PROCESS)},
	{ANY(PROCESS), FROM(PROCESS)},
};

_Static_assert(FLAG(FILTER_FLAGS, 0) <= UINT8_MAX, "a flag must fit");
static bool used(const struct filter_list *l, unsigned int flag)
{
	return l->sides[(flag - 1) / 3] >> (flag - 1) % 3 & 1;
}

static const char *flag_prefix(unsigned int flag)
{
	static const char *const prefixes[] = {"from-", "to-", ""};

	return prefixes[(flag - 1) % 3];
}

static const char *flag_name(unsigned int flag)
{
	return filter_rows[(flag - 1) / 3].name;
}

static int check_group(const struct filter_list *l, const uint8_t *group, char *err, size_t size)
{
	unsigned int first = 0;

	for (; *group; group++) {
		if (!used(l, *group))
			continue;
		if (first) {
			snprintf(err, size, "filters --%s%s and --%s%s cannot be combined",
				 flag_prefix(first), flag_name(first), flag_prefix(*group),
				 flag_name(*group));
			return -EINVAL;
		}
		first = *group;
	}
	return 0;
}

static int check_groups(const struct filter_list *l, char *err, size_t size)
{
	int ret = 0;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]) && !ret; i++)
		ret = check_group(l, groups[i], err, size);
	return ret;
}

/* ----------------------------------------------------------------- namespaces */

static int append_text(struct filter_texts *t, const char *text)
{
	char *copy = strdup(text);
	int err = copy ? filter_grow(&t->v, &t->n, &copy, sizeof(copy)) : -ENOMEM;

	if (err)
		free(copy);
	return err;
}

static void texts_clear(struct filter_texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i]);
	free(t->v);
}

/* Length of the namespace in "shop/cart", 0 where it names none. */
static size_t namespace_length(const char *name)
{
	const char *slash = strchr(name, '/');

	return slash ? slash - name : 0;
}

static int check_within(const struct filter_texts *spaces, const struct filter_texts *names,
			char *err, size_t size)
{
	for (size_t i = 0; i < spaces->n; i++)
		for (size_t k = 0; *spaces->v[i] && k < names->n; k++) {
			size_t n = namespace_length(names->v[k]);

			if (!n ||
			    (n == strlen(spaces->v[i]) && !memcmp(names->v[k], spaces->v[i], n)))
				continue;
			snprintf(err, size, "namespace conflict: \"%s\" does not contain \"%s\"",
				 spaces->v[i], names->v[k]);
			return -EINVAL;
		}
	return 0;
}

/* A Service's pods are in its own namespace. */
static int check_services(const struct filter_texts *pods, const struct filter_texts *services,
			  char *err, size_t size)
{
	for (size_t i = 0; i < pods->n; i++)
		for (size_t k = 0; k < services->n; k++) {
			size_t n = namespace_length(pods->v[i]);

			if (!n || (n == namespace_length(services->v[k]) &&
				   !memcmp(pods->v[i], services->v[k], n)))
				continue;
			snprintf(err, size, "namespace of service \"%s\" conflict with pod \"%s\"",
				 services->v[k], pods->v[i]);
			return -EINVAL;
		}
	return 0;
}

static int check_names(const struct filter_list *l, char *err, size_t size)
{
	int ret = 0;

	for (int i = 0; i < 2 && !ret; i++)
		for (int end = 0; end < 2 && !ret; end++) {
			const struct filter_texts *names = l->names[i][end];

			for (int kind = PODS; kind <= SERVICES && !ret; kind++) {
				ret = check_within(&l->namespaces[FILTER_EITHER], &names[kind], err,
						   size);
				if (!ret)
					ret = check_within(&l->namespaces[end], &names[kind], err,
							   size);
			}
			if (!ret)
				ret = check_services(&names[PODS], &names[SERVICES], err, size);
		}
	return ret;
}

static void term_clear(struct flow_filter *q, unsigned int term)
{
	struct filter_term *t = &q->terms[term];

	for (size_t i = 0; i < t->n; i++)
		filter_value_clear(&t->v[i]);
	q->n_values -= t->n;
	free(t->v);
	*t = (struct filter_term){0};
	q->asks &= ~(1ull << term);
}

/* The name, in each of the namespaces where it has none of its own. */
static int add_name(struct flow_filter *q, enum filter_field field, bool destination,
		    const struct filter_texts *spaces, const char *name, char *err, size_t size)
{
	int ret = 0;

	if (strchr(name, '/') || !spaces->n)
		return flow_filter_add(q, field, destination, name, err, size);
	for (size_t i = 0; i < spaces->n && !ret; i++) {
		char *whole;

		if (asprintf(&whole, "%s/%s", spaces->v[i], name) < 0)
			return -ENOMEM;
		ret = flow_filter_add(q, field, destination, whole, err, size);
		free(whole);
	}
	return ret;
}

/* Pods and Services of one end, within the namespaces that are asked for there. */
static int make_names(struct filter_list *l, int i, int end, char *err, size_t size)
{
	static const enum filter_field fields[] = {FILTER_POD, FILTER_SERVICE};
	const struct filter_texts *names = l->names[i][end], *spaces = &l->namespaces[end];
	struct flow_filter *q = &l->as[i];
	int ret = 0;

	/* Either side: the source's in the first filter, the destination's in the second. */
	if (i == end && l->namespaces[FILTER_EITHER].n)
		spaces = &l->namespaces[FILTER_EITHER];
	for (int kind = PODS; kind <= SERVICES; kind++) {
		term_clear(q, filter_term_of(fields[kind], end));
		for (size_t k = 0; k < names[kind].n && !ret; k++)
			ret = add_name(q, fields[kind], end, spaces, names[kind].v[k], err, size);
	}
	if (!ret && spaces->n && !names[PODS].n && !names[SERVICES].n)
		ret = add_name(q, FILTER_POD, end, spaces, "", err, size);
	return ret;
}

static int make_all_names(struct filter_list *l, char *err, size_t size)
{
	int ret = 0;

	for (int i = 0; i < 4 && !ret; i++)
		ret = make_names(l, i / 2, i % 2, err, size);
	return ret;
}

/* -------------------------------------------------------------------- options */

static bool same(const struct flow_filter *a, const struct flow_filter *b)
{
	if (a->asks != b->asks || a->n_values != b->n_values)
		return false;
	for (unsigned int term = 0; term < FILTER_TERMS; term++) {
		if (a->terms[term].n != b->terms[term].n)
			return false;
		for (size_t i = 0; i < a->terms[term].n; i++)
			if (strcmp(a->terms[term].v[i].text, b->terms[term].v[i].text))
				return false;
	}
	return true;
}

static int add_namespace(struct filter_list *l, enum filter_side side, const char *value, char *err,
			 size_t size)
{
	if (strchr(value, '/'))
		return filter_refuse(err, size, value, "a namespace: they have no slash");
	return append_text(&l->namespaces[side], value);
}

static int add_asked(struct filter_list *l, enum filter_field field, enum filter_side side,
		     const char *value, char *err, size_t size)
{
	int ret = 0;

	if (field == FILTER_NAMESPACE)
		return add_namespace(l, side, value, err, size);
	if (field == FILTER_ALL_NAMESPACES)
		return append_text(&l->namespaces[side], "");
	for (int i = 0; i < 2 && !ret; i++) {
		int end = side == FILTER_EITHER ? i : (int)side;

		if (field == FILTER_POD || field == FILTER_SERVICE)
			ret = append_text(&l->names[i][end][field == FILTER_SERVICE], value);
		else
			ret = flow_filter_add(&l->as[i], field, end, value, err, size);
	}
	return ret;
}

static bool about_names(enum filter_field field)
{
	return field == FILTER_POD || field == FILTER_SERVICE || field == FILTER_NAMESPACE ||
	       field == FILTER_ALL_NAMESPACES;
}

static int add(struct filter_list *l, enum filter_field field, enum filter_side side,
	       const char *value, char *err, size_t size)
{
	int ret;

	l->sides[field] |= 1u << side;
	ret = check_groups(l, err, size);
	if (ret)
		return ret;
	if (field == FILTER_ENCRYPTED && !*value)
		value = "true";
	if (field == FILTER_UNENCRYPTED) {
		field = FILTER_ENCRYPTED;
		value = "false";
	}
	ret = add_asked(l, field, side, value, err, size);
	if (!ret && about_names(field))
		ret = check_names(l, err, size);
	if (!ret && about_names(field))
		ret = make_all_names(l, err, size);
	if (!ret)
		l->n_as = same(&l->as[0], &l->as[1]) ? 1 : 2;
	return ret;
}

int filter_add(struct filter *f, bool deny, enum filter_field field, enum filter_side side,
	       const char *value, char *err, size_t err_size)
{
	bool needs_none = field == FILTER_ALL_NAMESPACES || field == FILTER_ENCRYPTED ||
			  field == FILTER_UNENCRYPTED;
	int ret;

	if (!*value && !needs_none)
		return filter_refuse(err, err_size, value, "a value");
	if (field >= FILTER_END_FIELDS && field < FILTER_NAMESPACE)
		side = FILTER_EITHER;
	if (field == FILTER_UNENCRYPTED)
		side = FILTER_EITHER;
	ret = add(deny ? &f->deny : &f->allow, field, side, value, err, err_size);
	if (ret == -ENOMEM)
		snprintf(err, err_size, "out of memory");
	if (!ret && !deny && field == FILTER_DROP_REASON)
		f->by_reason = true;
	return ret;
}

/* -------------------------------------------------------------- whole filters */

/* As many values as it takes to look at it: a short text may be a long selector. */
static size_t value_weight(const struct filter_value *v)
{
	if (v->labels)
		return label_selector_size(v->labels);
	return v->regex ? REGEX_VALUES : 1;
}

static int add_value(struct flow_filter *q, unsigned int term, struct filter_value *v, char *err,
		     size_t size)
{
	size_t n = value_weight(v);
	int ret;

	if (q->n_values + n > FILTER_VALUES_MAX) {
		snprintf(err, size, "more than %d values in a filter", FILTER_VALUES_MAX);
		return -EINVAL;
	}
	ret = filter_grow(&q->terms[term].v, &q->terms[term].n, v, sizeof(*v));
	if (ret)
		return ret;
	q->n_values += n;
	q->asks |= 1ull << term;
	return 0;
}

int flow_filter_add(struct flow_filter *q, enum filter_field field, bool destination,
		    const char *value, char *err, size_t err_size)
{
	struct filter_value v = {.text = strdup(value), .sub_type = -1};
	int ret = v.text ? filter_rows[field].parse(&v, value, err, err_size) : -ENOMEM;

	if (!ret)
		ret = add_value(q, filter_term_of(field, destination), &v, err, err_size);
	if (ret)
		filter_value_clear(&v);
	return ret;
}

int flow_filter_add_pair(struct flow_filter *q, enum filter_field field, bool destination,
			 const char *dir, const char *name, char *err, size_t err_size)
{
	struct filter_value v = {.sub_type = -1};
	const char *mark = field == FILTER_HTTP_HEADER ? ":" : "/";
	int ret = filter_value_pair(&v, dir, name);

	if (!ret && asprintf(&v.text, "%s%s%s", dir ? dir : "", dir ? mark : "", name) < 0) {
		v.text = NULL;
		ret = -ENOMEM;
	}
	if (field == FILTER_INTERFACE && dir)
		v.number = strtoul(dir, NULL, 10);
	if (!ret)
		ret = add_value(q, filter_term_of(field, destination), &v, err, err_size);
	if (ret)
		filter_value_clear(&v);
	return ret;
}

static void list_clear(struct filter_list *l)
{
	for (int i = 0; i < 2; i++)
		flow_filter_clear(&l->as[i]);
	for (size_t i = 0; i < l->n_more; i++)
		flow_filter_clear(&l->more[i]);
	free(l->more);
	for (int side = 0; side < 3; side++)
		texts_clear(&l->namespaces[side]);
	for (int i = 0; i < 8; i++)
		texts_clear(&l->names[i / 4][i / 2 % 2][i % 2]);
}

void filter_clear(struct filter *f)
{
	list_clear(&f->allow);
	list_clear(&f->deny);
	memset(f, 0, sizeof(*f));
}
