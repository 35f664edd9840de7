// SPDX-License-Identifier: MIT
/* Which connection a flow is of, who began it, and which edge it belongs to. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/aggregate_names.h"
#include "flows/service_map_parts.h"
#include "flows/summary.h"

#define SETS 16384 /* powers of two */
#define SERVERS 4096
#define SYN 0x002
#define ACK 0x010
#define PROTO_TCP 6

#define PLACES ((size_t)SETS * MAP_WAYS)

int map_connections_new(struct service_map *m)
{
	m->connections = map_pages_new(PLACES * sizeof(*m->connections));
	m->given = map_pages_new(PLACES * sizeof(*m->given));
	m->tuples = map_pages_new(PLACES * sizeof(*m->tuples));
	m->servers = calloc(SERVERS, sizeof(*m->servers));
	return m->connections && m->given && m->tuples && m->servers ? 0 : -ENOMEM;
}

void map_connections_clear(struct service_map *m)
{
	map_pages_free(m->connections, PLACES * sizeof(*m->connections));
	map_pages_free(m->given, PLACES * sizeof(*m->given));
	map_pages_free(m->tuples, PLACES * sizeof(*m->tuples));
	free(m->servers);
	m->connections = NULL;
	m->given = NULL;
	m->tuples = m->servers = NULL;
}

size_t map_connections_bytes(void)
{
	return PLACES * (sizeof(struct map_connection) + sizeof(struct map_sums) +
			 sizeof(uint64_t)) +
	       SERVERS * sizeof(uint64_t);
}

void map_connections_redirect(struct service_map *m)
{
	for (size_t i = 0; i < PLACES; i++) {
		struct map_connection *c = &m->connections[i];

		while (m->tuples[i] && c->arc && c->arc->moved) {
			c->arc = c->arc->moved;
			c->rank_from = c->rank_to = RANK_FULL; /* it has its place */
			c->certain = 2;
		}
	}
}

/* Nothing better can be known of its names and of who began it: it stays where it is. */
static bool is_settled(const struct map_connection *c)
{
	return c->certain == 2 && c->rank_from == RANK_FULL && c->rank_to == RANK_FULL;
}

void map_connection_gave(struct service_map *m, struct map_connection *c, const struct map_sums *s)
{
	struct map_sums *given = &m->given[c - m->connections];

	if (s->last_ns > c->last_ns)
		c->last_ns = s->last_ns;
	if (s->connections)
		c->counted = true;
	if (is_settled(c))
		return;
	if (!c->gave)
		*given = (struct map_sums){0};
	c->gave = true;
	map_sums_add(given, s);
}

/* -------------------------------------------------------------------------- tuple */

struct tuple_end {
	struct ip_addr addr;
	uint16_t port;
};

struct ends_hash {
	uint64_t secret, fixed;
};

/* For a place alone: whole words, and all multiplied at once. */
static uint64_t spread(const void *data, size_t n)
{
	const unsigned char *p = data;
	uint64_t sum = 0, factor = 0x9e3779b97f4a7c15, word;

	for (size_t i = 0; i < n; i += sizeof(word), factor *= 0xa0761d6478bd642f) {
		memcpy(&word, p + i, sizeof(word));
		sum ^= le64toh(word) * factor;
	}
	return (sum ^ sum >> 32) * 0xd1b54a32d192ed03 >> 32;
}

static struct ends_hash hash_ends(const struct tuple_end *a, const struct tuple_end *b,
				  uint8_t protocol)
{
	const struct {
		struct ip_addr addr[2];
		uint16_t port[2];
		uint32_t protocol;
	} key = {{a->addr, b->addr}, {a->port, b->port}, protocol};
	const struct ends_hash hash = {table_hash(&key, sizeof(key)), spread(&key, sizeof(key))};

	return hash.secret ? hash : (struct ends_hash){1, hash.fixed};
}

static int compare_ends(const struct tuple_end *a, const struct tuple_end *b)
{
	int n = memcmp(&a->addr, &b->addr, sizeof(a->addr));

	return n ? n : (int)a->port - (int)b->port;
}

static bool same_addr(const struct ip_addr *a, const struct ip_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* Is the flow's source the initiator of its translated connection? */
static bool src_is_origin(const struct flow *f)
{
	if (f->is_reply != REPLY_UNKNOWN)
		return f->is_reply == REPLY_NO;
	return (same_addr(&f->src.addr, &f->nat_orig.src) && f->src.port == f->nat_orig.sport) ||
	       (same_addr(&f->src.addr, &f->nat_xlated.src) && f->src.port == f->nat_xlated.sport);
}

static void make_tuple(const struct flow *f, const struct flow_tuple *nat, struct map_tuple *ret)
{
	uint16_t echo = f->icmp_echo ? f->icmp_id : 0;
	struct tuple_end src = {f->src.addr, echo ? echo : flow_port(f, &f->src)};
	struct tuple_end dst = {f->dst.addr, echo ? echo : flow_port(f, &f->dst)};
	struct ends_hash hash;
	bool low;

	if (nat) {
		bool origin = src_is_origin(f);

		src = (struct tuple_end){origin ? nat->src : nat->dst,
					 origin ? nat->sport : nat->dport};
		dst = (struct tuple_end){origin ? nat->dst : nat->src,
					 origin ? nat->dport : nat->sport};
	}
	low = compare_ends(&src, &dst) <= 0;
	ret->src_is_low = low;
	hash = low ? hash_ends(&src, &dst, f->protocol) : hash_ends(&dst, &src, f->protocol);
	ret->hash = hash.secret;
	ret->place = hash.fixed;
}

/* -------------------------------------------------------------------------- slots */

static uint32_t node_of(const struct flow *f)
{
	const char *name = f->hubble ? f->hubble->node_name : "";

	return f->hubble ? (uint32_t)table_hash(name, strlen(name)) | 1 : 1;
}

static size_t set_of(const struct map_tuple *t)
{
	return (t->place & (SETS - 1)) * MAP_WAYS;
}

/* A tuple that one machine has twice is two connections; two machines may tell of one. */
static struct map_connection *find(const struct service_map *m, const struct map_tuple *t,
				   const struct flow *f, uint32_t node)
{
	for (size_t i = set_of(t), end = i + MAP_WAYS; i < end; i++) {
		struct map_connection *c = &m->connections[i];

		if (m->tuples[i] == t->hash &&
		    (c->id == f->connection_id || !c->id || !f->connection_id || c->node != node))
			return c;
	}
	return NULL;
}

/* The free one, else the one that ended, else the one that was silent for the longest. */
static struct map_connection *make(const struct service_map *m, const struct map_tuple *t)
{
	size_t first = set_of(t), at = first;

	for (size_t i = first; i < first + MAP_WAYS; i++) {
		const struct map_connection *c = &m->connections[i], *old = &m->connections[at];

		if (!m->tuples[i]) {
			at = i;
			break;
		}
		if (c->ended != old->ended ? c->ended : c->last_ns < old->last_ns)
			at = i;
	}
	m->tuples[at] = t->hash;
	m->connections[at] = (struct map_connection){0};
	return &m->connections[at];
}

/* Translation became known after the first event: that one was known by the tuple before. */
static struct map_connection *find_before_nat(const struct service_map *m,
					      const struct map_tuple *t, const struct flow *f,
					      uint32_t node)
{
	struct map_connection *c, *to, was;
	struct map_sums given;
	struct map_tuple before;

	if (!f->has_nat || !f->connection_id)
		return NULL;
	make_tuple(f, &f->nat_orig, &before);
	c = find(m, &before, f, node);
	if (!c || c->id != f->connection_id)
		return NULL;
	was = *c;
	given = was.gave ? m->given[c - m->connections] : (struct map_sums){0};
	m->tuples[c - m->connections] = 0;
	to = make(m, t);
	*to = was;
	m->given[to - m->connections] = given;
	return to;
}

static bool is_opening(const struct flow *f)
{
	return f->protocol == PROTO_TCP && (f->tcp_flags & (SYN | ACK)) == SYN;
}

/* A tuple that is used again. */
static bool is_another(const struct map_connection *c, const struct flow *f)
{
	if (!c->ended || f->connection_id || f->is_reply == REPLY_YES)
		return false;
	return flow_foreign(f) ? is_opening(f) : f->event == FLOW_NEW;
}

/* -------------------------------------------------------------------------- who began */

static struct ends_hash server_hash(const struct flow *f, const struct flow_end *e)
{
	struct tuple_end end = {e->addr, e->port};
	struct tuple_end none = {.port = 0};

	return hash_ends(&end, &none, f->protocol);
}

static bool is_server(const struct service_map *m, const struct flow *f, const struct flow_end *e)
{
	struct ends_hash hash = server_hash(f, e);

	return m->servers[hash.fixed & (SERVERS - 1)] == hash.secret;
}

static unsigned int certainty(const struct flow *f)
{
	if (f->is_reply == REPLY_UNKNOWN || flow_is_drop(f))
		return f->has_nat || is_opening(f);
	if (flow_foreign(f) || f->initiator_by == INITIATOR_SYN ||
	    f->initiator_by == INITIATOR_CONNTRACK)
		return 2;
	return f->initiator_by == INITIATOR_FIRST ? 0 : 1;
}

/* Where nobody knows, who was a server before is one again; then ports known for something tell. */
static bool guess_swapped(const struct service_map *m, const struct flow *f)
{
	bool src, dst;

	if (f->has_nat)
		return !src_is_origin(f);
	src = flow_port(f, &f->src) && is_server(m, f, &f->src);
	dst = flow_port(f, &f->dst) && is_server(m, f, &f->dst);
	if (src != dst)
		return src;
	src = *map_port_app(f->protocol, flow_port(f, &f->src));
	dst = *map_port_app(f->protocol, flow_port(f, &f->dst));
	return src != dst ? src : aggregate_is_swapped(f);
}

static bool is_swapped(struct service_map *m, const struct map_connection *c, const struct flow *f,
		       const struct map_tuple *t, unsigned int certain)
{
	const struct flow_end *server;
	bool swapped;

	if (c->arc && c->certain >= certain)
		return t->src_is_low != c->low_begins;
	if (certain == 0)
		return guess_swapped(m, f);
	swapped = f->is_reply == REPLY_UNKNOWN ? !is_opening(f) && !src_is_origin(f)
					       : f->is_reply == REPLY_YES;
	server = swapped ? &f->src : &f->dst;
	if (certain == 2 && flow_port(f, server)) {
		struct ends_hash hash = server_hash(f, server);

		m->servers[hash.fixed & (SERVERS - 1)] = hash.secret;
	}
	return swapped;
}

/* ------------------------------------------------------------------- its edge */

static void swap(uint64_t *a, uint64_t *b)
{
	uint64_t x = *a;

	*a = *b;
	*b = x;
}

/* Few connections see more than one reason: all that were dropped go with the last one. */
static void move_reasons(struct map_connection *c, struct map_arc *to, uint64_t drops)
{
	struct map_reason *r = &c->arc->reasons[c->reason], moved = *r;

	moved.packets = drops < r->packets ? drops : r->packets;
	if (!moved.packets)
		return;
	r->packets -= moved.packets;
	c->reason = (uint8_t)map_reason_add(to, &moved);
}

/* A better name, or who began, came: all that the connection was goes with it. */
static void move(struct service_map *m, struct map_connection *c, struct map_arc *to, bool flipped)
{
	struct map_sums *given = &m->given[c - m->connections];
	struct map_arc *from = c->arc;

	map_additions_settle(m, true);
	map_sums_take(&from->sums, given);
	map_rates_move(&from->rates, &to->rates, given, flipped);
	move_reasons(c, to, given->drops);
	if (!to->app)
		to->app = from->app;
	if (flipped) {
		swap(&given->packets, &given->reply_packets);
		swap(&given->bytes, &given->reply_bytes);
	}
	map_sums_add(&to->sums, given);
	if (c->answered && c->request_ns && !flipped)
		map_time_add(m, to, map_time(TIME_ANSWER, c->request_ns));
	if (flipped) {
		c->answered = false;
		c->request_ns = 0;
	}
	c->handshake = false; /* its last event tells it again */
	c->arc = to;
}

static uint64_t names_hash(const struct flow *f, bool swapped)
{
	const void *p[] = {f->src.endpoint, f->src.service,  f->src.dns,     f->src.reverse,
			   f->src.place,    f->dst.endpoint, f->dst.service, f->dst.dns,
			   f->dst.reverse,  f->dst.place};
	uint64_t h = swapped ? 3 : 5;

	for (size_t i = 0; i < sizeof(p) / sizeof(p[0]); i++)
		h = (h ^ (uintptr_t)p[i]) * 0x9e3779b97f4a7c15;
	return h ^ f->has_nat;
}

static bool is_better(const struct map_connection *c, unsigned int from, unsigned int to,
		      unsigned int certain)
{
	if (!c->arc || certain > c->certain)
		return true;
	return from >= c->rank_from && to >= c->rank_to && from + to > c->rank_from + c->rank_to;
}

static void place(struct service_map *m, struct map_connection *c, const struct flow *f,
		  bool swapped, const struct map_tuple *t, unsigned int certain)
{
	const struct flow_end *client = swapped ? &f->dst : &f->src;
	const struct flow_end *server = swapped ? &f->src : &f->dst;
	bool low_begins = t->src_is_low != swapped;
	unsigned int rank_from, rank_to;
	struct map_vertex *from, *to;
	struct map_arc *arc;

	map_room_for_vertices(m);
	from = map_end_vertex(m, f, client, true, &rank_from);
	to = map_end_vertex(m, f, server, false, &rank_to);
	if (!is_better(c, rank_from, rank_to, certain))
		return;
	arc = map_arc_get(m, from, to, flow_port(f, server), f->protocol);
	if (!c->arc)
		c->arc = arc;
	else if (arc && arc != c->arc && c->gave)
		move(m, c, arc, low_begins != c->low_begins);
	c->low_begins = low_begins;
	c->rank_from = rank_from;
	c->rank_to = rank_to;
	if (certain > c->certain)
		c->certain = certain;
}

static void find_place(struct service_map *m, struct map_connection *c, const struct flow *f,
		       bool swapped, const struct map_tuple *t, unsigned int certain)
{
	uint64_t names = names_hash(f, swapped);

	if (!c->arc || certain > c->certain ||
	    (names != c->names && (c->rank_from < RANK_FULL || c->rank_to < RANK_FULL)))
		place(m, c, f, swapped, t, certain);
	c->names = names;
}

void map_tuple_of(const struct service_map *m, const struct flow *f, struct map_tuple *ret)
{
	make_tuple(f, f->has_nat ? &f->nat_xlated : NULL, ret);
	__builtin_prefetch(&m->tuples[set_of(ret)]);
	for (size_t i = 0; i < MAP_WAYS; i++)
		__builtin_prefetch(&m->connections[set_of(ret) + i], 1);
	if (f->event == FLOW_NEW) /* it will be asked for, too */
		map_ends_fetch(m, f, f->is_reply == REPLY_YES);
}

struct map_connection *map_connection_get(struct service_map *m, const struct flow *f,
					  const struct map_tuple *t, bool *ret_swapped,
					  bool *ret_teller)
{
	unsigned int certain = certainty(f);
	uint32_t node = node_of(f);
	struct map_connection *c;

	c = find(m, t, f, node);
	if (!c)
		c = find_before_nat(m, t, f, node);
	if (c && is_another(c, f))
		*c = (struct map_connection){0};
	if (!c)
		c = make(m, t);
	if (!c->id) {
		c->id = f->connection_id;
		c->node = node;
	}
	*ret_swapped = is_swapped(m, c, f, t, certain);
	if (!c->arc || !is_settled(c))
		find_place(m, c, f, *ret_swapped, t, certain);
	*ret_teller = c->node == node;
	return c;
}
