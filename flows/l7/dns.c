// SPDX-License-Identifier: MIT
#include "flows/l7/dns.h"

#include <errno.h>
#include <string.h>

#define HEADER 12
#define CLASS_IN 1
#define CLASS_MASK 0x7fff /* the upper bit is multicast's (RFC 6762 10.2, 18.12) */
#define NAME_OCTETS 255
#define POINTERS 64 /* followed in one name */
#define HINT_IPV4 4 /* RFC 9460 14.3.2 */
#define HINT_IPV6 6

/* Reads the message from `at`; `end` is the message's or a record's. */
struct cursor {
	const uint8_t *data;
	size_t size, at, end;
};

struct record {
	const char *owner; /* NULL: there was no room for it */
	uint16_t type, class;
	uint32_t ttl;
	bool additional;
};

static bool read_u16(struct cursor *c, uint16_t *ret)
{
	if (c->end - c->at < 2)
		return false;
	*ret = c->data[c->at] << 8 | c->data[c->at + 1];
	c->at += 2;
	return true;
}

static bool read_u32(struct cursor *c, uint32_t *ret)
{
	uint16_t high, low;

	if (c->end - c->at < 4 || !read_u16(c, &high) || !read_u16(c, &low))
		return false;
	*ret = (uint32_t)high << 16 | low;
	return true;
}

/* ------------------------------------------------------------------- names */

/* Past the name, without a look at where its pointer leads. */
static bool skip_name(struct cursor *c)
{
	while (c->at < c->end) {
		uint8_t n = c->data[c->at++];

		if (!n)
			return true;
		if (n >= 0xc0) {
			c->at++;
			return c->at <= c->end;
		}
		if (n > 63)
			return false;
		c->at += n;
	}
	return false;
}

static size_t put_octet(char *text, uint8_t octet)
{
	if (octet <= 0x20 || octet >= 0x7f) {
		text[0] = '\\';
		text[1] = '0' + octet / 100;
		text[2] = '0' + octet / 10 % 10;
		text[3] = '0' + octet % 10;
		return 4;
	}
	if (strchr("\".;\\()@$", octet)) {
		text[0] = '\\';
		text[1] = octet;
		return 2;
	}
	text[0] = octet;
	return 1;
}

static size_t put_label(char *text, const uint8_t *label, size_t n)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++)
		used += put_octet(text + used, label[i]);
	text[used++] = '.';
	return used;
}

/*
 * The name at `at` as text, in a buffer of DNS_NAME_TEXT. A pointer has to lead
 * backwards, before everything that was read of the name, so that this ends. The
 * length of the text, 0 where it is no name; *ret_first is where its first label is.
 */
static size_t decode_name(const struct cursor *c, size_t at, char *text, size_t *ret_first)
{
	size_t used = 0, octets = 1, lowest = at, pointers = 0;

	*ret_first = 0;
	while (at < c->size) {
		uint8_t n = c->data[at];

		if (n >= 0xc0) {
			if (at + 1 >= c->size || ++pointers > POINTERS)
				return 0;
			at = (n & 0x3f) << 8 | c->data[at + 1];
			if (at >= lowest || at < HEADER)
				return 0;
			lowest = at;
			continue;
		}
		if (!*ret_first)
			*ret_first = at;
		if (!n)
			break;
		octets += n + 1;
		if (n > 63 || octets > NAME_OCTETS || c->size - at <= n)
			return 0;
		used += put_label(text + used, c->data + at + 1, n);
		at += n + 1;
	}
	if (at >= c->size)
		return 0;
	if (!used)
		text[used++] = '.';
	text[used] = 0;
	return used;
}

static const char *memo_find(const struct dns_message *m, size_t offset)
{
	for (size_t i = 0; i < m->n_memos; i++)
		if (m->memos[i].offset == offset)
			return m->memos[i].name;
	return NULL;
}

/* Keeps the text; most owners of a message are one name, behind the same pointer. */
static const char *keep_name(struct dns_message *m, const char *text, size_t n, size_t first)
{
	const char *known = memo_find(m, first);
	char *at = m->text + m->text_used;

	if (known)
		return known;
	if (n + 1 > sizeof(m->text) - m->text_used) {
		m->left_out++;
		return NULL;
	}
	memcpy(at, text, n + 1);
	m->text_used += n + 1;
	if (m->n_memos < DNS_ALIASES)
		m->memos[m->n_memos++] = (struct dns_memo){.offset = first, .name = at};
	return at;
}

/* False: no name. *ret is NULL where it is one that there is no room for. */
static bool read_name(struct dns_message *m, struct cursor *c, const char **ret)
{
	char text[DNS_NAME_TEXT];
	size_t first, n = decode_name(c, c->at, text, &first);

	if (!n || !skip_name(c))
		return false;
	*ret = keep_name(m, text, n, first);
	return true;
}

/* ----------------------------------------------------------------- records */

static void add_address(struct dns_message *m, const struct record *r, const uint8_t *bytes,
			size_t n, bool hint)
{
	struct dns_address *a = &m->addresses[m->n_addresses];

	if (m->n_addresses == DNS_ADDRESSES || !r->owner) {
		m->left_out++;
		return;
	}
	memset(a, 0, sizeof(*a));
	if (n == 4)
		memset(a->addr.b + 10, 0xff, 2);
	memcpy(a->addr.b + 16 - n, bytes, n);
	a->ttl = r->ttl;
	a->owner = r->owner;
	a->hint = hint;
	a->additional = r->additional;
	m->n_addresses++;
}

static void add_alias(struct dns_message *m, const struct record *r, const char *target, bool cname)
{
	if (m->n_aliases == DNS_ALIASES || !r->owner || !target) {
		m->left_out++;
		return;
	}
	m->aliases[m->n_aliases++] =
		(struct dns_alias){.owner = r->owner, .target = target, .cname = cname};
}

static void add_target(struct dns_message *m, const char *target)
{
	if (m->n_targets < DNS_ALIASES && target)
		m->targets[m->n_targets++] = target;
	else
		m->left_out++;
}

static void read_cname(struct dns_message *m, const struct record *r, struct cursor *c)
{
	const char *target;

	if (!r->additional && read_name(m, c, &target) && c->at == c->end)
		add_alias(m, r, target, true);
}

static void read_srv(struct dns_message *m, const struct record *r, struct cursor *c)
{
	const char *target;

	if (r->additional || c->end - c->at < 6)
		return;
	c->at += 6; /* priority, weight, port */
	if (read_name(m, c, &target))
		add_target(m, target);
}

static void read_hints(struct dns_message *m, const struct record *r, struct cursor *c)
{
	uint16_t key, n;

	while (read_u16(c, &key) && read_u16(c, &n) && c->end - c->at >= n) {
		size_t each = key == HINT_IPV4 ? 4 : key == HINT_IPV6 ? 16 : 0;

		for (size_t i = 0; each && i + each <= n; i += each)
			add_address(m, r, c->data + c->at + i, each, true);
		c->at += n;
	}
}

/* RFC 9460 2.2 */
static void read_svcb(struct dns_message *m, const struct record *r, struct cursor *c)
{
	const char *target;
	uint16_t priority;

	if (r->additional || !read_u16(c, &priority) || !read_name(m, c, &target))
		return;
	if (target && !strcmp(target, "."))
		target = r->owner;
	if (!priority) {
		add_alias(m, r, target, false);
		return;
	}
	add_target(m, target);
	read_hints(m, r, c);
}

static void read_data(struct dns_message *m, const struct record *r, struct cursor *c)
{
	size_t n = c->end - c->at;

	if ((r->type == DNS_A && n == 4) || (r->type == DNS_AAAA && n == 16))
		add_address(m, r, c->data + c->at, n, false);
	else if (r->type == DNS_CNAME)
		read_cname(m, r, c);
	else if (r->type == DNS_SRV)
		read_srv(m, r, c);
	else if (r->type == DNS_SVCB || r->type == DNS_HTTPS)
		read_svcb(m, r, c);
}

static void note_answer(struct dns_message *m, const struct record *r)
{
	if (m->n_types < DNS_TYPES)
		m->types[m->n_types++] = r->type;
	else
		m->left_out++;
	if (r->ttl < m->ttl)
		m->ttl = r->ttl;
}

enum section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL, SECTIONS };

/* False: the message ends here, or what follows cannot be read. */
static bool read_record(struct dns_message *m, struct cursor *c, enum section section)
{
	struct record r = {.additional = section == SECTION_ADDITIONAL};
	uint32_t left_out = m->left_out;
	struct cursor data;
	uint16_t n;

	/* an authority's names are of no use: not decoded */
	if (section == SECTION_AUTHORITY ? !skip_name(c) : !read_name(m, c, &r.owner))
		return false;
	if (!read_u16(c, &r.type) || !read_u16(c, &r.class) || !read_u32(c, &r.ttl) ||
	    !read_u16(c, &n) || c->end - c->at < n)
		return false;
	data = (struct cursor){.data = c->data, .size = c->size, .at = c->at, .end = c->at + n};
	c->at += n;
	if (r.type == DNS_OPT && section == SECTION_ADDITIONAL) {
		m->rcode |= r.ttl >> 24 << 4; /* RFC 6891 6.1.3 */
		return true;
	}
	if (r.ttl >> 31)
		r.ttl = 0; /* RFC 2181 8 */
	if (section == SECTION_ANSWER)
		note_answer(m, &r);
	if (section != SECTION_AUTHORITY && (r.class & CLASS_MASK) == CLASS_IN)
		read_data(m, &r, &data);
	if (m->left_out > left_out)
		m->left_out = left_out + 1; /* a record counts once, whatever of it had no room */
	return true;
}

/* Returns how many are whole. */
static uint32_t read_records(struct dns_message *m, struct cursor *c, const uint16_t *counts)
{
	uint32_t n = 0;

	for (int section = 0; section < SECTIONS; section++)
		for (uint16_t i = 0; i < counts[section]; i++) {
			if (n == DNS_RECORDS) {
				m->left_out++;
				return n;
			}
			if (!read_record(m, c, section)) {
				m->cut = true;
				return n;
			}
			n++;
		}
	return n;
}

/* A name that a question leads to, through aliases. */
struct reached {
	const char *name, *question;
};

static const char *reached_from(const struct reached *r, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (dns_same_name(r[i].name, name))
			return r[i].question;
	return NULL;
}

/* Which question each address answers. The aliases may come in any order and in rings. */
static void follow_aliases(struct dns_message *m)
{
	struct reached r[DNS_QUESTIONS + DNS_ALIASES];
	bool used[DNS_ALIASES] = {false}, more = m->n_addresses > 0;
	size_t n = 0;

	for (; n < m->n_questions; n++)
		r[n].name = r[n].question = m->questions[n].name;
	while (more) {
		more = false;
		for (size_t i = 0; i < m->n_aliases; i++) {
			const char *question =
				used[i] ? NULL : reached_from(r, n, m->aliases[i].owner);

			if (!question)
				continue;
			used[i] = more = true;
			r[n++] = (struct reached){m->aliases[i].target, question};
		}
	}
	for (size_t i = 0; i < m->n_addresses; i++)
		m->addresses[i].asked = reached_from(r, n, m->addresses[i].owner);
}

static bool read_question(struct dns_message *m, struct cursor *c)
{
	struct dns_question q = {0};
	uint16_t class;

	if (!read_name(m, c, &q.name) || !read_u16(c, &q.type) || !read_u16(c, &class))
		return false;
	if (q.name && m->n_questions < DNS_QUESTIONS)
		m->questions[m->n_questions++] = q;
	else
		m->left_out++;
	return true;
}

static bool known_opcode(uint8_t opcode)
{
	return opcode <= DNS_STATEFUL && opcode != 3;
}

int dns_parse(const uint8_t *data, size_t size, struct dns_message *m)
{
	struct cursor c = {.data = data};
	uint16_t flags = 0, questions = 0, counts[SECTIONS] = {0};
	uint32_t whole = 0;

	memset(m, 0, offsetof(struct dns_message, questions));
	m->ttl = UINT32_MAX;
	c.size = c.end = size < UINT16_MAX ? size : UINT16_MAX;
	if (size < HEADER)
		return -EBADMSG;
	read_u16(&c, &m->id);
	read_u16(&c, &flags);
	read_u16(&c, &questions);
	for (int i = 0; i < SECTIONS; i++)
		read_u16(&c, &counts[i]);
	m->answer = flags >> 15;
	m->opcode = flags >> 11 & 0xf;
	m->truncated = flags >> 9 & 1;
	m->rcode = flags & 0xf;
	if (!known_opcode(m->opcode))
		return -EBADMSG;
	for (uint16_t i = 0; i < questions && !m->cut; i++)
		m->cut = i >= DNS_RECORDS || !read_question(m, &c);
	if (questions && !m->n_questions)
		return -EBADMSG;
	if (!m->cut)
		whole = read_records(m, &c, counts);
	follow_aliases(m);
	/* without a question it has to be something else that is whole */
	return !questions && m->cut && !whole ? -EBADMSG : 0;
}
