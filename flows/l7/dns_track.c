// SPDX-License-Identifier: MIT
#include "flows/l7/dns_track.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/table.h"

#define DONE_NS (5 * 1000000000ull) /* how long the second sight of an answer is waited for */

/* Each state has its list, oldest first. */
enum state {
	OPEN, /* asked, no answer */
	LATE, /* the same, and that has been told */
	DONE, /* answered, or an answer to nothing */
	STATES,
};

struct transaction_key {
	struct ip_addr client, server;
	uint16_t client_port, server_port, id, protocol;
};

/* Sights of a message, on interfaces [0] and at readers [1]. */
struct sights {
	uint32_t seen[2], told;
};

struct transaction {
	struct table_node node;
	struct transaction *prev, *next;
	struct transaction_key key;
	uint64_t question; /* hash of name and type; 0: not known */
	uint64_t since_ns; /* in this state */
	uint64_t asked_ns; /* wall clock of the first query; 0: none was seen */
	struct sights queries, answers;
	struct process *client;
	struct flow *query; /* while it may have to be told again */
	enum state state;
};

struct list {
	struct transaction *first, *last;
};

struct dns_track {
	struct table table;
	struct list lists[STATES];
	uint64_t evicted, open;
};

static bool is_group(const struct ip_addr *a)
{
	return ip_addr_is_v4(a) ? (a->b[12] & 0xf0) == 0xe0 : a->b[0] == 0xff;
}

bool dns_is_multicast(const struct flow *f)
{
	return is_group(&f->dst.addr) ||
	       (f->src.port == DNS_PORT_MULTICAST && f->dst.port == DNS_PORT_MULTICAST);
}

/* ------------------------------------------------------------ transactions */

static void unlink_from(struct list *l, struct transaction *x)
{
	*(x->prev ? &x->prev->next : &l->first) = x->next;
	*(x->next ? &x->next->prev : &l->last) = x->prev;
}

static void link_last(struct list *l, struct transaction *x)
{
	x->next = NULL;
	x->prev = l->last;
	*(l->last ? &l->last->next : &l->first) = x;
	l->last = x;
}

static void forget_query(struct transaction *x)
{
	if (x->query)
		flow_release(x->query);
	free(x->query);
	x->query = NULL;
}

static void drop(struct dns_track *t, struct transaction *x)
{
	unlink_from(&t->lists[x->state], x);
	t->open -= x->state == OPEN;
	table_remove(&t->table, &x->node);
	forget_query(x);
	process_put(x->client);
	free(x);
}

static void set_state(struct dns_track *t, struct transaction *x, enum state state, uint64_t now_ns)
{
	unlink_from(&t->lists[x->state], x);
	t->open += (state == OPEN) - (x->state == OPEN);
	x->state = state;
	x->since_ns = now_ns;
	link_last(&t->lists[state], x);
	if (state != OPEN)
		forget_query(x);
}

static void make_room(struct dns_track *t)
{
	struct transaction *x = t->lists[DONE].first;

	if (t->table.n < DNS_TRANSACTIONS)
		return;
	if (!x)
		x = t->lists[LATE].first;
	if (!x) {
		x = t->lists[OPEN].first;
		t->evicted++;
	}
	drop(t, x);
}

static struct transaction *add(struct dns_track *t, const struct transaction_key *key,
			       uint64_t hash, uint64_t question, uint64_t now_ns)
{
	struct transaction *x;

	make_room(t);
	x = calloc(1, sizeof(*x));
	if (!x)
		return NULL;
	if (table_insert(&t->table, &x->node, hash)) {
		free(x);
		return NULL;
	}
	x->key = *key;
	x->question = question;
	x->since_ns = now_ns;
	x->state = DONE;
	link_last(&t->lists[DONE], x);
	return x;
}

/*
 * A question of 0 (none in the message, or cut) fits all. Whoever asks for ever more
 * with one port and id would have each message compared to all of that: the oldest
 * gives way.
 */
static struct transaction *find_or_add(struct dns_track *t, const struct transaction_key *key,
				       uint64_t hash, uint64_t question, uint64_t now_ns)
{
	struct table_node *node = table_find(&t->table, hash);
	struct transaction *oldest = NULL;
	unsigned int n = 0;

	for (; node; node = table_next(node)) {
		struct transaction *x = table_entry(node, struct transaction, node);

		if (memcmp(&x->key, key, sizeof(*key)))
			continue;
		if (x->question == question || !x->question || !question)
			return x;
		if (!oldest || x->since_ns <= oldest->since_ns)
			oldest = x;
		n++;
	}
	if (n >= DNS_SAME_ID) {
		t->evicted += oldest->state == OPEN;
		drop(t, oldest);
	}
	return add(t, key, hash, question, now_ns);
}

static struct transaction_key key_of(const struct flow *f, const struct dns_message *m)
{
	struct transaction_key key;

	memset(&key, 0, sizeof(key));
	key.id = m->id;
	key.protocol = f->protocol;
	if (f->has_nat) {
		key.client = f->nat_orig.src;
		key.server = f->nat_orig.dst;
		key.client_port = f->nat_orig.sport;
		key.server_port = f->nat_orig.dport;
	} else {
		const struct flow_end *client = m->answer ? &f->dst : &f->src;
		const struct flow_end *server = m->answer ? &f->src : &f->dst;

		key.client = client->addr;
		key.server = server->addr;
		key.client_port = client->port;
		key.server_port = server->port;
	}
	return key;
}

static uint64_t question_of(const struct dns_message *m)
{
	struct {
		char name[DNS_NAME_TEXT];
		uint16_t type;
	} q;
	size_t n;

	if (!m->n_questions)
		return 0;
	memset(&q, 0, sizeof(q));
	n = strlen(dns_fold(m->questions[0].name, q.name));
	memcpy(q.name + n + 1, &m->questions[0].type, sizeof(q.type));
	return table_hash(q.name, n + 1 + sizeof(q.type)) | 1;
}

/* ---------------------------------------------------------------- messages */

static struct l7 *make_l7(struct dns_message *m, uint64_t latency_ns, bool multicast)
{
	struct l7 l7 = {
		.type = m->answer ? L7_RESPONSE : L7_REQUEST,
		.protocol = L7_DNS,
		.latency_ns = latency_ns,
	};

	dns_describe(m, &l7.dns);
	l7.dns.multicast = multicast;
	return l7_new(&l7);
}

/* One more sight: true where there were not that many of the other sort. */
static bool tells(struct sights *s, bool at_read)
{
	if (++s->seen[at_read] <= s->told)
		return false;
	s->told = s->seen[at_read];
	return true;
}

/* What is needed to tell a query once more, as one that found no answer. */
static void keep_query(struct transaction *x, const struct flow *f, struct l7 *l7)
{
	forget_query(x);
	x->query = malloc(sizeof(*x->query));
	if (!x->query)
		return;
	flow_copy(x->query, f);
	l7_put(x->query->l7);
	x->query->l7 = l7_get(l7);
}

static void keep_client(struct transaction *x, struct process *client)
{
	if (!client || client == x->client)
		return;
	process_put(x->client);
	x->client = process_get(client);
}

/* A query sent again keeps the time of the first. */
static void on_query(struct dns_track *t, struct transaction *x, const struct flow *f,
		     struct dns_message *m, bool at_read, uint64_t now_ns, struct dns_told *ret)
{
	keep_client(x, f->src.process);
	if (!tells(&x->queries, at_read))
		return;
	ret->l7 = make_l7(m, 0, false);
	if (x->state == OPEN)
		return;
	if (x->state == DONE)
		x->asked_ns = f->time_ns;
	set_state(t, x, OPEN, now_ns);
	keep_query(x, f, ret->l7);
}

static void on_answer(struct dns_track *t, struct transaction *x, const struct flow *f,
		      struct dns_message *m, bool at_read, uint64_t now_ns, struct dns_told *ret)
{
	uint64_t latency = x->asked_ns && f->time_ns > x->asked_ns ? f->time_ns - x->asked_ns : 0;

	keep_client(x, f->dst.process);
	ret->asked = x->queries.told || at_read;
	ret->client = x->client;
	if (tells(&x->answers, at_read))
		ret->l7 = make_l7(m, latency, false);
	if (x->state != DONE)
		set_state(t, x, DONE, now_ns);
}

void dns_track_message(struct dns_track *t, const struct flow *f, struct dns_message *m,
		       bool at_read, uint64_t now_ns, struct dns_told *ret)
{
	const struct transaction_key key = key_of(f, m);
	uint64_t hash = table_hash(&key, sizeof(key)), question = question_of(m);
	struct transaction *x;

	memset(ret, 0, sizeof(*ret));
	ret->client_addr = key.client;
	if (dns_is_multicast(f)) {
		/* each listener reads the same */
		ret->l7 = at_read ? NULL : make_l7(m, 0, true);
		return;
	}
	x = find_or_add(t, &key, hash, question, now_ns);
	if (!x)
		return;
	if (m->answer)
		on_answer(t, x, f, m, at_read, now_ns, ret);
	else
		on_query(t, x, f, m, at_read, now_ns, ret);
}

/* -------------------------------------------------------------------- time */

static void tell_timeout(struct transaction *x, uint64_t now_ns,
			 void (*timeout)(void *arg, struct flow *f), void *arg)
{
	struct flow f;
	struct l7 l7;

	if (!x->query || !x->query->l7)
		return;
	flow_copy(&f, x->query);
	l7 = *f.l7;
	l7.dns.timeout = true;
	l7_put(f.l7);
	f.l7 = l7_new(&l7);
	f.verdict = VERDICT_ERROR;
	f.time_ns += now_ns - x->since_ns;
	if (f.l7)
		timeout(arg, &f);
	flow_release(&f);
}

static struct transaction *older(const struct dns_track *t, enum state state, uint64_t age_ns,
				 uint64_t now_ns)
{
	struct transaction *x = t->lists[state].first;

	return x && x->since_ns + age_ns <= now_ns ? x : NULL;
}

void dns_track_tick(struct dns_track *t, uint64_t now_ns,
		    void (*timeout)(void *arg, struct flow *f), void *arg)
{
	struct transaction *x;

	while ((x = older(t, OPEN, DNS_TIMEOUT_NS, now_ns))) {
		tell_timeout(x, now_ns, timeout, arg);
		set_state(t, x, LATE, now_ns);
	}
	while ((x = older(t, LATE, DNS_LATE_NS, now_ns)))
		drop(t, x);
	while ((x = older(t, DONE, DONE_NS, now_ns)))
		drop(t, x);
}

void dns_track_stats(const struct dns_track *t, struct dns_track_stats *ret)
{
	ret->transactions = t->table.n;
	ret->open = t->open;
	ret->evicted = t->evicted;
}

int dns_track_new(struct dns_track **ret)
{
	struct dns_track *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	*ret = t;
	return 0;
}

void dns_track_free(struct dns_track *t)
{
	if (!t)
		return;
	for (int state = 0; state < STATES; state++)
		while (t->lists[state].first)
			drop(t, t->lists[state].first);
	table_free(&t->table);
	free(t);
}
