// SPDX-License-Identifier: MIT
#include "flows/names/reverse.h"

#include <ares.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADER 12
#define TYPE_CNAME 5
#define TYPE_PTR 12
#define CLASS_IN 1
#define RECORDS_MAX 64

char *reverse_query(const struct ip_addr *a, char *buf)
{
	static const char digits[] = "0123456789abcdef";
	char *to = buf;

	if (ip_addr_is_v4(a)) {
		snprintf(buf, REVERSE_QUERY_MAX, "%u.%u.%u.%u.in-addr.arpa", a->b[15], a->b[14],
			 a->b[13], a->b[12]);
		return buf;
	}
	for (int i = 15; i >= 0; i--) {
		*to++ = digits[a->b[i] & 15];
		*to++ = '.';
		*to++ = digits[a->b[i] >> 4];
		*to++ = '.';
	}
	memcpy(to, "ip6.arpa", sizeof("ip6.arpa"));
	return buf;
}

/* A message that is being read. */
struct reader {
	const uint8_t *data;
	size_t size, at;
};

struct record {
	char owner[REVERSE_NAME_MAX];
	unsigned int type, class;
	uint32_t ttl_s;
	size_t data, end; /* offsets */
};

static unsigned int be16(const uint8_t *b)
{
	return b[0] << 8 | b[1];
}

/* The name at `at`, which moves behind it. A name of other bytes than a host's becomes "". */
static int read_name(const struct reader *r, size_t *at, char *to)
{
	char *name;
	long used;
	size_t n;

	if (*at >= r->size ||
	    ares_expand_name(r->data + *at, r->data, r->size, &name, &used) != ARES_SUCCESS)
		return -EBADMSG;
	*at += used;
	n = strlen(name);
	if (n && name[n - 1] == '.')
		n--;
	/* c-ares writes what is not printable, and dots within labels, with backslashes */
	for (size_t i = 0; i < n; i++) {
		unsigned char c = name[i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (n >= REVERSE_NAME_MAX || !c ||
		    !strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.*/", c))
			n = 0;
		else
			to[i] = c;
	}
	to[n] = 0;
	ares_free_string(name);
	return 0;
}

static int read_record(struct reader *r, struct record *ret)
{
	int err = read_name(r, &r->at, ret->owner);
	const uint8_t *b = r->data + r->at;

	if (err || r->at > r->size || r->size - r->at < 10)
		return -EBADMSG;
	ret->type = be16(b);
	ret->class = be16(b + 2);
	ret->ttl_s = (uint32_t)be16(b + 4) << 16 | be16(b + 6);
	if (ret->ttl_s >> 31)
		ret->ttl_s = 0; /* RFC 2181 8 */
	ret->data = r->at + 10;
	if (r->size - ret->data < be16(b + 8))
		return -EBADMSG;
	ret->end = r->at = ret->data + be16(b + 8);
	return 0;
}

/* What follows from one record; `wanted` is the name whose PTR is looked for, and moves along CNAMEs. */
static int take(const struct reader *r, const struct record *rec, char *wanted,
		struct reverse_names *ret)
{
	char name[REVERSE_NAME_MAX];
	size_t at = rec->data;

	if (rec->class != CLASS_IN || !*wanted || strcasecmp(rec->owner, wanted) ||
	    (rec->type != TYPE_PTR && rec->type != TYPE_CNAME))
		return 0;
	if (read_name(r, &at, name) || at > rec->end)
		return -EBADMSG;
	if (rec->ttl_s < ret->ttl_s)
		ret->ttl_s = rec->ttl_s;
	if (rec->type == TYPE_CNAME)
		memcpy(wanted, name, sizeof(name));
	else if (*name && !strchr(name, '/') && ret->n < NAMES_MAX)
		memcpy(ret->names[ret->n++], name, sizeof(name));
	return 0;
}

int reverse_names(const uint8_t *message, size_t size, const char *query, struct reverse_names *ret)
{
	struct reader r = {.data = message, .size = size, .at = HEADER};
	char wanted[REVERSE_NAME_MAX], ignored[REVERSE_NAME_MAX];
	unsigned int questions, answers;
	struct record rec;
	int err = 0;

	ret->n = 0;
	ret->ttl_s = UINT32_MAX;
	if (size < HEADER)
		return -EBADMSG;
	questions = be16(message + 4);
	answers = be16(message + 6);
	if (questions > 1)
		return -EBADMSG;
	if (questions) {
		err = read_name(&r, &r.at, ignored);
		r.at += 4;
	}
	snprintf(wanted, sizeof(wanted), "%s", query);
	for (unsigned int i = 0; i < answers && i < RECORDS_MAX && !err; i++) {
		err = read_record(&r, &rec);
		if (!err)
			err = take(&r, &rec, wanted, ret);
	}
	return err;
}
