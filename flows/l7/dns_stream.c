// SPDX-License-Identifier: MIT
#include "flows/l7/dns_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/l7/dns.h"
#include "flows/table.h"

#define PREFIX 2
#define HEADER 12
#define FAR (1 << 20) /* no gap and no retransmission is that wide */
#define IDLE_NS (30 * 1000000000ull)

struct stream_key {
	uint64_t connection_id;
	struct ip_addr src, dst;
	uint16_t sport, dport;
	uint32_t at_read;
};

struct stream {
	struct table_node node;
	struct stream *prev, *next; /* last used first */
	struct stream_key key;
	uint64_t seen_ns;
	uint32_t next_seq;
	bool lost; /* where messages begin is to be found out */
	uint8_t prefix[PREFIX];
	uint32_t have,
		need; /* bytes of the message under construction, with its length; need 0: not known */
	uint8_t *buf; /* of `need` bytes */
};

struct dns_streams {
	struct table table;
	struct stream *first, *last;
	struct dns_streams_stats stats;
};

/* Where the messages go. */
struct out {
	void (*message)(void *arg, const uint8_t *data, size_t size);
	void *arg;
};

/* ------------------------------------------------------------------ streams */

static void unlink_stream(struct dns_streams *s, struct stream *t)
{
	*(t->prev ? &t->prev->next : &s->first) = t->next;
	*(t->next ? &t->next->prev : &s->last) = t->prev;
}

static void link_first(struct dns_streams *s, struct stream *t)
{
	t->prev = NULL;
	t->next = s->first;
	*(s->first ? &s->first->prev : &s->last) = t;
	s->first = t;
}

static void drop_stream(struct dns_streams *s, struct stream *t)
{
	unlink_stream(s, t);
	table_remove(&s->table, &t->node);
	free(t->buf);
	free(t);
}

static struct stream *find(struct dns_streams *s, const struct stream_key *key, uint64_t hash)
{
	struct table_node *node = table_find(&s->table, hash);

	for (; node; node = table_next(node)) {
		struct stream *t = table_entry(node, struct stream, node);

		if (!memcmp(&t->key, key, sizeof(*key)))
			return t;
	}
	return NULL;
}

static struct stream *add_stream(struct dns_streams *s, const struct stream_key *key, uint64_t hash,
				 uint32_t seq)
{
	struct stream *t;

	if (s->table.n >= DNS_STREAMS) {
		s->stats.evicted++;
		drop_stream(s, s->last);
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	if (table_insert(&s->table, &t->node, hash)) {
		free(t);
		return NULL;
	}
	t->key = *key;
	t->next_seq = seq;
	t->lost = true;
	link_first(s, t);
	return t;
}

static struct stream_key key_of(const struct flow *f, bool at_read, bool other_direction)
{
	const struct flow_end *src = other_direction ? &f->dst : &f->src;
	const struct flow_end *dst = other_direction ? &f->src : &f->dst;
	struct stream_key key;

	memset(&key, 0, sizeof(key));
	key.connection_id = f->connection_id;
	key.src = src->addr;
	key.dst = dst->addr;
	key.sport = src->port;
	key.dport = dst->port;
	key.at_read = at_read;
	return key;
}

/* ----------------------------------------------------------------- messages */

/* What is there of the message goes out; the stream goes on after its end. */
static void finish(struct stream *t, const struct out *out)
{
	if (t->have >= PREFIX + HEADER)
		out->message(out->arg, t->buf + PREFIX, t->have - PREFIX);
	free(t->buf);
	t->buf = NULL;
	t->next_seq += t->need - t->have;
	t->have = t->need = 0;
}

static void lose(struct stream *t)
{
	free(t->buf);
	t->buf = NULL;
	t->have = t->need = 0;
	t->lost = true;
}

/* The length is there: room for the message. */
static bool begin_message(struct stream *t)
{
	uint32_t n = t->prefix[0] << 8 | t->prefix[1];

	if (n < HEADER)
		return false;
	t->need = PREFIX + n;
	t->buf = malloc(t->need);
	if (t->buf)
		memcpy(t->buf, t->prefix, PREFIX);
	return t->buf != NULL;
}

/* Takes bytes for the message under construction; how many, 0 where it cannot go on. */
static size_t take(struct stream *t, const uint8_t *data, size_t size, const struct out *out)
{
	size_t n;

	if (t->have < PREFIX) {
		t->prefix[t->have++] = data[0];
		t->next_seq++;
		return t->have == PREFIX && !begin_message(t) ? 0 : 1;
	}
	n = t->need - t->have;
	if (n > size)
		n = size;
	memcpy(t->buf + t->have, data, n);
	t->have += n;
	t->next_seq += n;
	if (t->have == t->need)
		finish(t, out);
	return n;
}

/* The length of a message that lies whole in data, with its prefix; 0: none does. */
static size_t whole_message(const uint8_t *data, size_t size)
{
	size_t n = size >= PREFIX ? data[0] << 8 | data[1] : 0;

	return n >= HEADER && n <= size - PREFIX ? PREFIX + n : 0;
}

static void feed(struct stream *t, const uint8_t *data, size_t size, const struct out *out)
{
	while (size) {
		size_t n = t->have ? 0 : whole_message(data, size);

		if (n) {
			out->message(out->arg, data + PREFIX, n - PREFIX);
			t->next_seq += n;
		} else {
			n = take(t, data, size, out);
		}
		if (!n) {
			lose(t);
			t->next_seq += size;
			return;
		}
		data += n;
		size -= n;
	}
}

/* May a message begin here? Of a header that is not all there what is there has to fit. */
static bool plausible(const uint8_t *data, size_t size)
{
	uint8_t opcode = size > 4 ? data[4] >> 3 & 0xf : 0;

	if (size >= PREFIX && (data[0] << 8 | data[1]) < HEADER)
		return false;
	if (opcode > DNS_STATEFUL || opcode == 3)
		return false;
	return size < 8 || (!data[6] && data[7] <= DNS_QUESTIONS);
}

/* n bytes that never came, before those at hand. */
static void skip_gap(struct dns_streams *s, struct stream *t, uint32_t n, const struct out *out)
{
	s->stats.gaps++;
	if (t->need && n <= t->need - t->have) {
		finish(t, out);
		return;
	}
	if (t->need)
		finish(t, out);
	lose(t);
}

static void add_segment(struct dns_streams *s, struct stream *t, const struct l7_payload *p,
			const struct out *out)
{
	const uint8_t *data = p->data;
	size_t size = p->size;
	int32_t gap = p->tcp_seq - t->next_seq;

	if (gap > FAR || gap < -FAR) {
		lose(t); /* another connection with the same ends */
		t->next_seq = p->tcp_seq;
		gap = 0;
	}
	if (gap > 0 && !t->lost) {
		skip_gap(s, t, gap, out);
		gap = p->tcp_seq - t->next_seq;
	}
	if (gap < 0) {
		if (size <= -(uint32_t)gap)
			return;
		data -= gap;
		size += gap;
	} else {
		t->next_seq = p->tcp_seq;
	}
	if (t->lost) {
		t->lost = !plausible(data, size);
		if (t->lost) {
			t->next_seq += size;
			return;
		}
	}
	feed(t, data, size, out);
	/* the rest of the segment will not come: what is there is all that there will be */
	if (p->cut && t->need)
		finish(t, out);
	else if (p->cut)
		lose(t);
}

void dns_streams_add(struct dns_streams *s, const struct flow *f, const struct l7_payload *segment,
		     uint64_t now_ns, void (*message)(void *arg, const uint8_t *data, size_t size),
		     void *arg)
{
	const struct out out = {.message = message, .arg = arg};
	const struct stream_key key = key_of(f, segment->at_read, false);
	uint64_t hash = table_hash(&key, sizeof(key));
	struct stream *t;

	if (!segment->size)
		return;
	t = find(s, &key, hash);
	if (!t)
		t = add_stream(s, &key, hash, segment->tcp_seq);
	if (!t)
		return;
	t->seen_ns = now_ns;
	unlink_stream(s, t);
	link_first(s, t);
	add_segment(s, t, segment, &out);
}

void dns_streams_end(struct dns_streams *s, const struct flow *f)
{
	for (int i = 0; i < 4 && s->table.n; i++) {
		const struct stream_key key = key_of(f, i & 1, i & 2);
		struct stream *t = find(s, &key, table_hash(&key, sizeof(key)));

		if (t)
			drop_stream(s, t);
	}
}

void dns_streams_age(struct dns_streams *s, uint64_t now_ns)
{
	while (s->last && s->last->seen_ns + IDLE_NS <= now_ns)
		drop_stream(s, s->last);
}

void dns_streams_stats(const struct dns_streams *s, struct dns_streams_stats *ret)
{
	*ret = s->stats;
	ret->streams = s->table.n;
}

int dns_streams_new(struct dns_streams **ret)
{
	struct dns_streams *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*ret = s;
	return 0;
}

void dns_streams_free(struct dns_streams *s)
{
	if (!s)
		return;
	while (s->first)
		drop_stream(s, s->first);
	table_free(&s->table);
	free(s);
}
