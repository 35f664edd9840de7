// SPDX-License-Identifier: MIT
/* What the ends of a flow are called on the service map, and what does not belong there. */
#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "flows/names/world.h"
#include "flows/service_map_parts.h"
#include "flows/summary.h"

#define PROTO_ICMP 1
#define PROTO_IGMP 2
#define PROTO_UDP 17
#define PROTO_ICMPV6 58
#define IDENTITY_NAMES 16 /* above those that have one */

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* As table_hash(), but the same in every run, and on every machine. */
uint64_t map_hash(uint64_t h, const void *data, size_t n)
{
	const unsigned char *p = data;
	uint64_t word;

	h ^= n + 0x9e3779b97f4a7c15;
	for (; n >= 8; n -= 8, p += 8) {
		memcpy(&word, p, 8);
		h = mix(h ^ le64toh(word), 0xa0761d6478bd642f);
	}
	word = 0;
	memcpy(&word, p, n);
	return mix(h ^ le64toh(word), 0xe7037ed1a0b428db);
}

uint64_t map_hash_text(uint64_t h, const char *s)
{
	return map_hash(h, s, strnlen(s, MAP_TEXT_MAX));
}

static uint64_t not_zero(uint64_t h)
{
	return h ? h : 1;
}

uint64_t map_node_key(unsigned int kind, const char *namespace_name, const char *name)
{
	return not_zero(map_hash_text(map_hash_text(kind + 1, namespace_name), name));
}

uint64_t map_edge_key(uint64_t from, uint64_t to, unsigned int port, unsigned int protocol)
{
	uint64_t words[3] = {htole64(from), htole64(to), htole64((uint64_t)port << 8 | protocol)};

	return not_zero(map_hash(7, words, sizeof(words)));
}

uint64_t map_also_of_address(const struct ip_addr *a)
{
	return not_zero(table_hash(a->b, sizeof(a->b)));
}

uint64_t map_also_of_port(uint64_t address, unsigned int port, unsigned int protocol)
{
	const uint64_t words[2] = {address, (uint64_t)port << 8 | protocol};

	return not_zero(table_hash(words, sizeof(words)));
}

static uint64_t hash_names(uint64_t of, const char *namespace_name, const char *name)
{
	const uint64_t words[3] = {of, table_hash(namespace_name, strlen(namespace_name)),
				   table_hash(name, strlen(name))};

	return not_zero(table_hash(words, sizeof(words)));
}

uint64_t map_also_of_service(const struct service *s)
{
	return hash_names(1, s->namespace_name, s->name);
}

uint64_t map_also_of_pod(const struct endpoint *e)
{
	return hash_names(2, e->namespace_name, e->name);
}

/* ----------------------------------------------------------------- housekeeping */

static uint32_t v4(const struct ip_addr *a)
{
	uint32_t be;

	memcpy(&be, a->b + 12, sizeof(be));
	return ntohl(be);
}

/* Multicast that no router hands on, SSDP, the broadcast to everyone on the link. */
static bool is_link_multicast(const struct ip_addr *a)
{
	uint32_t be;

	if (ip_addr_is_v4(a)) {
		be = v4(a);
		return be >> 8 == 0xe00000 || be == 0xeffffffa || be == 0xffffffff;
	}
	/* the scopes of interface, link and realm; SSDP's ff05::c with them */
	return a->b[0] == 0xff && ((a->b[1] & 15) <= 3 || ((a->b[1] & 15) == 5 && a->b[15] == 0xc));
}

static bool is_unspecified(const struct ip_addr *a)
{
	static const struct ip_addr any;

	return !memcmp(a, &any, sizeof(any)) || (ip_addr_is_v4(a) && !v4(a));
}

/* Errors are about another connection; the rest finds neighbours and routers. */
static bool is_icmp_housekeeping(const struct flow *f)
{
	uint8_t type = f->icmp_type;

	if (f->protocol == PROTO_ICMP)
		return type == 3 || type == 4 || type == 5 || (type >= 9 && type <= 12);
	return (type >= 1 && type <= 4) || (type >= 130 && type <= 137) || type == 143;
}

static bool is_dhcp(const struct flow *f)
{
	uint16_t a = f->src.port, b = f->dst.port;

	return f->protocol == PROTO_UDP && (((a == 67 || a == 68) && (b == 67 || b == 68)) ||
					    ((a == 546 || a == 547) && (b == 546 || b == 547)));
}

bool map_is_housekeeping(const struct flow *f)
{
	if (f->event == FLOW_LISTEN_DROP)
		return false;
	if (!f->ip_version) /* Hubble's may leave the addresses out, and have names */
		return !f->src.endpoint && !f->dst.endpoint;
	if (f->event != FLOW_ICMP_ERROR &&
	    (f->protocol == PROTO_ICMP || f->protocol == PROTO_ICMPV6) && is_icmp_housekeeping(f))
		return true;
	if (f->protocol == PROTO_IGMP || is_dhcp(f) || is_link_multicast(&f->src.addr) ||
	    is_link_multicast(&f->dst.addr))
		return true;
	return flow_has_addr(f, &f->src) && is_unspecified(&f->src.addr) && !f->src.endpoint;
}

/* ------------------------------------------------------------------------ names */

static void set(struct map_name *n, enum map_node_kind kind, enum map_rank rank, const char *name)
{
	n->kind = kind;
	n->called = MAP_BY_NAME;
	n->rank = rank;
	n->name = name;
}

/* What most charts call a workload by; the better ones first. NULL: none. */
static const char *label_of(const struct endpoint *ep)
{
	static const char *const keys[] = {
		"k8s:app.kubernetes.io/name=", "k8s:k8s-app=", "k8s:app="};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		for (size_t k = 0; k < ep->n_labels; k++)
			if (!strncmp(ep->labels[k], keys[i], strlen(keys[i])))
				return ep->labels[k] + strlen(keys[i]);
	return NULL;
}

/*
 * Some agents tell a pod's workload in one flow and not in the next: by the pod's name they are
 * found to be one, else its labels say what it is.
 */
static void set_endpoint(const struct service_map_options *opt, const struct endpoint *ep,
			 struct map_name *n)
{
	static const uint8_t kinds[ENDPOINT_KINDS] = {
		[ENDPOINT_UNKNOWN] = MAP_NODE_WORKLOAD,	   [ENDPOINT_POD] = MAP_NODE_WORKLOAD,
		[ENDPOINT_CONTAINER] = MAP_NODE_CONTAINER, [ENDPOINT_UNIT] = MAP_NODE_UNIT,
		[ENDPOINT_PROCESS] = MAP_NODE_PROCESS,
	};
	unsigned int kind = kinds[ep->kind < ENDPOINT_KINDS ? ep->kind : 0];
	const char *label;

	n->namespace_name = ep->namespace_name;
	set(n, kind, RANK_FULL, ep->name);
	if (opt->group == MAP_ENDPOINT)
		return;
	if (*ep->workload) {
		n->name = ep->workload;
		n->workload_kind = ep->workload_kind;
	} else if (kind == MAP_NODE_WORKLOAD) {
		label = label_of(ep);
		n->rank = RANK_SERVICE;
		n->also = map_also_of_pod(ep);
		if (label && *label)
			n->name = label;
	}
}

static void set_address(struct map_name *n, enum map_node_kind kind, const struct ip_addr *a)
{
	set(n, kind, RANK_ADDRESS, ip_addr_text(a, n->buf));
	n->called = MAP_BY_ADDRESS;
	n->also = map_also_of_address(a);
}

static bool identity_is_world(uint32_t identity)
{
	return identity == IDENTITY_WORLD || identity == 9 || identity == 10;
}

/* What Hubble has no pod for: the host, another node, the API server, .. */
static bool set_identity(const struct flow *f, const struct flow_end *e, struct map_name *n)
{
	const char *name =
		e->identity && e->identity < IDENTITY_NAMES ? identity_name(e->identity) : NULL;

	if (!flow_foreign(f)) {
		/* loopback that is known to be another namespace's is not this host */
		if (e->identity != IDENTITY_HOST &&
		    (e->identity == IDENTITY_UNMANAGED || !ip_addr_is_loopback(&e->addr)))
			return false;
		set(n, MAP_NODE_HOST, RANK_HOST, "host");
		return true;
	}
	if (!name || identity_is_world(e->identity))
		return false;
	set(n, MAP_NODE_HOST, e->identity == IDENTITY_HOST ? RANK_HOST : RANK_FULL, name);
	return true;
}

static bool is_world(const struct flow *f, const struct flow_end *e)
{
	if (flow_foreign(f))
		return identity_is_world(e->identity) ||
		       (!e->identity && flow_has_addr(f, e) && addr_is_world(&e->addr));
	return addr_is_world(&e->addr);
}

/* By where it is; false: not asked, or not known. */
static bool set_place(const struct service_map_options *opt, const struct place *p,
		      struct map_name *n)
{
	if (!p)
		return false;
	if (opt->world == MAP_WORLD_COUNTRY) {
		set(n, MAP_NODE_WORLD, RANK_FULL, *p->country_name ? p->country_name : p->country);
		n->called = MAP_BY_PLACE;
		return *n->name;
	}
	if (opt->world != MAP_WORLD_ASN || !p->asn)
		return false;
	snprintf(n->buf, sizeof(n->buf), "AS%u%s%.200s", p->asn, *p->as_name ? " " : "",
		 p->as_name);
	set(n, MAP_NODE_WORLD, RANK_FULL, n->buf);
	n->called = MAP_BY_PLACE;
	return true;
}

static void set_world(struct map_name *n)
{
	set(n, MAP_NODE_WORLD, RANK_FULL, "world");
	n->called = MAP_BY_IDENTITY;
}

/*
 * Outside: whom one talks to has a name that was asked for; who comes in from the world is the
 * world: a thousand clients are no thousand services, and what they are called in reverse
 * tells little.
 */
static void set_outside(const struct service_map_options *opt, const struct flow *f,
			const struct flow_end *e, bool client, struct map_name *n)
{
	bool world = is_world(f, e);

	if (world && opt->world != MAP_WORLD_NAME) {
		if (!set_place(opt, e->place, n))
			set_world(n);
	} else if (e->dns && e->dns->n) {
		set(n, MAP_NODE_WORLD, RANK_DNS, e->dns->names[0]);
		n->also = 0;
	} else if (world && (client || !flow_has_addr(f, e))) {
		set_world(n);
	} else if (e->reverse && e->reverse->n) {
		set(n, MAP_NODE_WORLD, RANK_HOST, e->reverse->names[0]);
	} else if (flow_has_addr(f, e)) {
		set_address(n, world ? MAP_NODE_WORLD : MAP_NODE_ADDRESS, &e->addr);
	} else {
		set(n, MAP_NODE_ADDRESS, RANK_ADDRESS, "unknown");
	}
}

void map_name_of(const struct service_map_options *opt, const struct flow *f,
		 const struct flow_end *e, bool client, struct map_name *ret)
{
	const struct endpoint *ep = e->endpoint;
	const char *node = endpoint_node_name(ep);

	ret->namespace_name = ret->workload_kind = "";
	ret->also = 0;
	if (opt->numeric) {
		set_address(ret, addr_is_world(&e->addr) ? MAP_NODE_WORLD : MAP_NODE_ADDRESS,
			    &e->addr);
		ret->also = 0;
		ret->rank = RANK_FULL;
	} else if (endpoint_is_pod(ep)) {
		set_endpoint(opt, ep, ret);
	} else if (*node) {
		set(ret, MAP_NODE_HOST, RANK_FULL, node);
	} else if (e->service) {
		set(ret, MAP_NODE_SERVICE, RANK_SERVICE, e->service->name);
		ret->namespace_name = e->service->namespace_name;
		ret->also = map_also_of_service(e->service);
	} else if (!set_identity(f, e, ret)) {
		set_outside(opt, f, e, client, ret);
	}
}
