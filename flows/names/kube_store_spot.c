// SPDX-License-Identifier: MIT
/* Addresses and ports, and which of those who claim one has it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/kube_store_parts.h"

/* ------------------------------------------------------------------- spots */

static struct spot *find_key(const struct kube_store *s, const struct spot_key *key, uint64_t hash)
{
	struct table_node *n = table_find(&s->spots, hash);

	for (; n; n = table_next(n)) {
		struct spot *at = table_entry(n, struct spot, node);

		if (!memcmp(&at->key, key, sizeof(*key)))
			return at;
	}
	return NULL;
}

struct spot *kube_spot_find(const struct kube_store *s, const struct ip_addr *ip, uint16_t port,
			    uint8_t protocol)
{
	const struct spot_key key = {.ip = *ip, .port = port, .protocol = protocol};

	return find_key(s, &key, table_hash(&key, sizeof(key)));
}

/* Most ports of a pod are those of its own connections: no need to look for them. */
static uint64_t port_bit(uint16_t port)
{
	return 1ULL << ((port * 0x9e3779b1u) >> 26);
}

static bool is_address(const struct spot *at)
{
	return !at->key.port && !at->key.protocol;
}

static bool is_empty(const struct spot *at)
{
	for (size_t i = 0; i < CLAIM_TYPES; i++)
		if (at->claims[i])
			return false;
	return !at->ports;
}

static void drop_if_empty(struct kube_store *s, struct spot *at)
{
	struct spot *base = at->base;

	if (!is_empty(at))
		return;
	if (base) {
		base->ports--;
		base->any_ports -= !at->key.port;
		drop_if_empty(s, base); /* an address has no base: no deeper */
	}
	table_remove(&s->spots, &at->node);
	endpoint_put(at->endpoint);
	free(at);
}

/* NULL without memory. */
static struct spot *make(struct kube_store *s, const struct spot_key *key, uint64_t hash)
{
	struct spot *at = calloc(1, sizeof(*at));

	if (!at)
		return NULL;
	at->key = *key;
	if (table_insert(&s->spots, &at->node, hash)) {
		free(at);
		return NULL;
	}
	return at;
}

static struct spot *find_or_make(struct kube_store *s, const struct spot_key *key)
{
	static const struct ip_addr all_nodes;
	const struct spot_key address = {.ip = key->ip};
	uint64_t hash = table_hash(key, sizeof(*key));
	struct spot *at = find_key(s, key, hash), *base = NULL;

	if (at)
		return at;
	if ((key->port || key->protocol) && memcmp(&key->ip, &all_nodes, sizeof(all_nodes))) {
		base = find_or_make(s, &address); /* that one needs no other */
		if (!base)
			return NULL;
	}
	at = make(s, key, hash);
	if (at && base) {
		at->base = base;
		base->ports++;
		base->any_ports += !key->port;
		base->port_bits |= port_bit(key->port);
	} else if (base) {
		drop_if_empty(s, base);
	}
	return at;
}

/* --------------------------------------------------------- who has a spot */

static struct kube_service_entry *service_of(const struct claim *c)
{
	if (c->owner->kind == KUBE_ENDPOINTSLICE)
		return ((struct kube_slice_entry *)c->owner)->service;
	return (struct kube_service_entry *)c->owner;
}

/* One with an address of its own first, then by name. */
static bool better(const struct kube_service_entry *a, const struct kube_service_entry *b)
{
	if (a->cluster_ip != b->cluster_ip)
		return a->cluster_ip;
	return strcmp(a->e.key, b->e.key) < 0;
}

static struct service *best_service(const struct spot *at, enum claim_type type)
{
	struct kube_service_entry *best = NULL;

	for (const struct claim *c = at ? at->claims[type] : NULL; c; c = c->next)
		if (!best || better(service_of(c), best))
			best = service_of(c);
	return best ? best->service : NULL;
}

static bool is_api(const struct spot *at, enum claim_type type)
{
	for (const struct claim *c = at->claims[type]; c; c = c->next)
		if (service_of(c)->api)
			return true;
	return false;
}

/* The latest one, of those that live where there are any. */
static struct kube_pod_entry *pod_at(const struct spot *at)
{
	for (const struct claim *c = at->claims[CLAIM_POD]; c; c = c->next)
		if (c->owner->known)
			return (struct kube_pod_entry *)c->owner;
	return at->claims[CLAIM_POD] ? (struct kube_pod_entry *)at->claims[CLAIM_POD]->owner : NULL;
}

/* The API server on a node: that node, with a label more. */
static struct endpoint *api_on_node(struct kube_store *s, struct kube_node_entry *n)
{
	bool here = n->endpoint->identity == IDENTITY_HOST;

	if (!n->api_endpoint)
		n->api_endpoint = kube_reserved(
			s, ENDPOINT_NODE, here ? IDENTITY_HOST : IDENTITY_KUBE_APISERVER, n->e.key,
			"reserved:kube-apiserver", here ? "reserved:host" : "reserved:remote-node");
	return n->api_endpoint ? n->api_endpoint : n->endpoint;
}

static struct endpoint *choose(struct kube_store *s, const struct spot *at)
{
	struct kube_pod_entry *pod = pod_at(at);
	bool api = is_api(at, CLAIM_BACKEND);

	if (pod)
		return pod->endpoint;
	if (at->claims[CLAIM_NODE]) {
		struct kube_node_entry *n = (struct kube_node_entry *)at->claims[CLAIM_NODE]->owner;

		return api ? api_on_node(s, n) : n->endpoint;
	}
	if (api)
		return s->api_endpoint;
	if (at->claims[CLAIM_SERVICE])
		return is_api(at, CLAIM_SERVICE) ? s->api_service_endpoint : s->service_endpoint;
	return NULL;
}

static void refresh(struct kube_store *s, struct spot *at)
{
	struct endpoint *now = endpoint_get(choose(s, at));

	endpoint_put(at->endpoint);
	at->endpoint = now;
}

void kube_claims_refresh(struct kube_store *s, struct kube_entry *e)
{
	for (uint32_t i = 0; i < e->n_claims; i++)
		if (e->claims[i].spot && is_address(e->claims[i].spot))
			refresh(s, e->claims[i].spot);
}

/* ------------------------------------------------------------------ claims */

int kube_claims_room(struct kube_store *s, struct kube_entry *e, size_t n)
{
	if (n > KUBE_CLAIMS_MAX) {
		s->refused++;
		n = KUBE_CLAIMS_MAX;
	}
	e->n_claims = 0;
	e->claims_room = (uint32_t)n;
	e->claims = n ? calloc(n, sizeof(*e->claims)) : NULL;
	return !n || e->claims ? 0 : -ENOMEM;
}

static void unlink_claim(struct kube_store *s, struct claim *c)
{
	struct spot *at = c->spot;

	if (!at)
		return;
	*c->prev_next = c->next;
	if (c->next)
		c->next->prev_next = c->prev_next;
	c->spot = NULL;
	at->n[c->type]--;
	if (is_address(at))
		refresh(s, at);
	drop_if_empty(s, at);
}

/* What the dead had is taken by the living, for good. */
static void take_from_dead(struct kube_store *s, struct spot *at)
{
	struct claim *next;

	for (struct claim *c = at->claims[CLAIM_POD]; c; c = next) {
		next = c->next;
		if (!c->owner->known && at->n[CLAIM_POD] > 1)
			unlink_claim(s, c);
	}
}

static void link_claim(struct spot *at, struct claim *c)
{
	struct claim **head = &at->claims[c->type];

	c->spot = at;
	c->next = *head;
	c->prev_next = head;
	if (*head)
		(*head)->prev_next = &c->next;
	*head = c;
	at->n[c->type]++;
}

void kube_claim(struct kube_store *s, struct kube_entry *e, enum claim_type type,
		const struct ip_addr *ip, uint16_t port, uint8_t protocol)
{
	const struct spot_key key = {.ip = *ip, .port = port, .protocol = protocol};
	struct spot *at;
	struct claim *c;

	if (e->n_claims == e->claims_room)
		return; /* counted when the room was made */
	at = find_or_make(s, &key);
	if (!at || at->n[type] >= KUBE_SPOT_MAX) {
		/* nothing is lost where many Services share an address: their ports tell them apart */
		s->refused += !at || type != CLAIM_SERVICE || !is_address(at);
		return;
	}
	c = &e->claims[e->n_claims++];
	*c = (struct claim){.owner = e, .type = type};
	link_claim(at, c);
	if (type == CLAIM_POD)
		take_from_dead(s, at);
	if (is_address(at))
		refresh(s, at);
}

void kube_claims_drop(struct kube_store *s, struct kube_entry *e)
{
	for (uint32_t i = 0; i < e->n_claims; i++)
		unlink_claim(s, &e->claims[i]);
	free(e->claims);
	e->claims = NULL;
	e->n_claims = 0;
	e->claims_room = 0;
}

static bool has_known(const struct spot *at)
{
	for (const struct claim *c = at->claims[CLAIM_POD]; c; c = c->next)
		if (c->owner->known)
			return true;
	return false;
}

void kube_claims_yield(struct kube_store *s, struct kube_entry *e)
{
	for (uint32_t i = 0; i < e->n_claims; i++)
		if (e->claims[i].spot && has_known(e->claims[i].spot))
			unlink_claim(s, &e->claims[i]);
}

void kube_claims_move(struct kube_entry *to, struct kube_entry *from)
{
	to->claims = from->claims;
	to->n_claims = from->n_claims;
	to->claims_room = from->claims_room;
	from->claims = NULL;
	from->n_claims = 0;
	from->claims_room = 0;
	for (uint32_t i = 0; i < to->n_claims; i++)
		to->claims[i].owner = to;
}

/* ---------------------------------------------------------------- look-ups */

struct endpoint *kube_store_address(struct kube_store *s, const struct ip_addr *a)
{
	struct spot *at = kube_spot_find(s, a, 0, 0);

	return at ? at->endpoint : NULL;
}

/* An address that is one Service's alone is that Service at any port. */
static struct service *only_service(const struct spot *at)
{
	if (at->n[CLAIM_SERVICE] != 1 || at->claims[CLAIM_POD] || at->claims[CLAIM_NODE])
		return NULL;
	return service_of(at->claims[CLAIM_SERVICE])->service;
}

struct service *kube_store_service(struct kube_store *s, const struct ip_addr *a, uint16_t port,
				   uint8_t protocol)
{
	static const struct ip_addr all_nodes;
	struct spot *base = kube_spot_find(s, a, 0, 0), *at = NULL;
	struct service *found = NULL;

	if (!base)
		return NULL;
	if (base->port_bits & port_bit(port)) {
		at = kube_spot_find(s, a, port, protocol);
		found = best_service(at, CLAIM_SERVICE);
	}
	if (!found && base->claims[CLAIM_NODE])
		found = best_service(kube_spot_find(s, &all_nodes, port, protocol), CLAIM_SERVICE);
	if (!found)
		found = best_service(at, CLAIM_BACKEND);
	if (!found && base->any_ports)
		found = best_service(kube_spot_find(s, a, 0, protocol), CLAIM_BACKEND);
	return found ? found : only_service(base);
}
