/* SPDX-License-Identifier: MIT */
/* From the text of a filter to its value. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bpf/record.h"
#include "flows/filter_names.h"
#include "flows/summary.h"

struct name_value {
	const char *name;
	int value;
};

static const struct name_value protocols[] = {
	{"tcp", 6},	{"udp", 17}, {"sctp", 132}, {"icmp", 1}, {"icmpv4", 1},
	{"icmpv6", 58}, {"igmp", 2}, {"vrrp", 112}, {NULL, 0},
};
static const struct name_value ip_versions[] = {
	{"v4", 4}, {"v6", 6}, {"none", 0}, {"4", 4}, {"6", 6}, {NULL, 0},
};
static const struct name_value directions[] = {
	{"ingress", DIRECTION_INGRESS},
	{"egress", DIRECTION_EGRESS},
	{NULL, 0},
};
static const struct name_value tcp_flags[] = {
	{"syn", TCPF_SYN}, {"ack", TCPF_ACK}, {"rst", TCPF_RST}, {"fin", TCPF_FIN},
	{"psh", TCPF_PSH}, {"urg", TCPF_URG}, {"ece", TCPF_ECE}, {"cwr", TCPF_CWR},
	{"ns", TCPF_NS},   {NULL, 0},
};

static const struct name_value types[] = {
	{"drop", EVENT_TYPE_DROP},   {"debug", 2},	    {"capture", 3},
	{"trace", EVENT_TYPE_TRACE}, {"policy-verdict", 5}, {"trace-sock", 7},
	{"l7", EVENT_TYPE_L7},	     {"agent", 130},	    {NULL, 0},
};
static const struct name_value trace_points[] = {
	{"to-endpoint", 0},
	{"to-proxy", TO_PROXY},
	{"to-host", TO_HOST},
	{"to-stack", TO_STACK},
	{"to-overlay", TO_OVERLAY},
	{"from-endpoint", FROM_ENDPOINT},
	{"from-proxy", FROM_PROXY},
	{"from-host", FROM_HOST},
	{"from-stack", FROM_STACK},
	{"from-overlay", FROM_OVERLAY},
	{"from-network", FROM_NETWORK},
	{"to-network", TO_NETWORK},
	{"from-crypto", FROM_CRYPTO},
	{"to-crypto", TO_CRYPTO},
	{NULL, 0},
};

static bool name_value(const struct name_value *t, const char *name, int *ret)
{
	for (; t->name; t++)
		if (!strcasecmp(t->name, name)) {
			*ret = t->value;
			return true;
		}
	return false;
}

static bool number(const char *s, unsigned long max, unsigned long *ret)
{
	if (!*s || s[strspn(s, "0123456789")])
		return false;
	errno = 0;
	*ret = strtoul(s, NULL, 10);
	return !errno && *ret <= max;
}

static bool parse_address(const char *text, struct ip_addr *ret, unsigned int *ret_max)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	memcpy(ret->b, mapped, sizeof(mapped));
	*ret_max = 32;
	if (inet_pton(AF_INET, text, ret->b + sizeof(mapped)) == 1)
		return true;
	*ret_max = 128;
	return inet_pton(AF_INET6, text, ret->b) == 1;
}

static bool parse_prefix(const char *text, struct prefix *ret)
{
	char address[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "/");
	unsigned int max;
	unsigned long bits;

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (!parse_address(address, &ret->addr, &max))
		return false;
	bits = max;
	if (text[len] && !number(text + len + 1, max, &bits))
		return false;
	ret->bits = bits + 128 - max;
	for (unsigned int i = ret->bits; i < 128; i++)
		ret->addr.b[i / 8] &= ~(0x80 >> i % 8);
	return true;
}

static int refuse(char *err, size_t size, const char *value, const char *wanted)
{
	snprintf(err, size, "\"%s\" is not %s", value, wanted);
	return -EINVAL;
}

static int add_prefix(struct filter_end *e, const char *value, char *err, size_t size)
{
	struct prefix p = {0};

	if (!parse_prefix(value, &p))
		return refuse(err, size, value,
			      "an address or a CIDR such as 10.0.0.0/8 or fd00::/8");
	return filter_append(&e->prefixes, &e->n_prefixes, &p, sizeof(p));
}

static int add_port(struct filter_end *e, const char *value, char *err, size_t size)
{
	unsigned long n;
	uint16_t port;

	if (!number(value, 65535, &n) || !n)
		return refuse(err, size, value, "a port (1 to 65535)");
	port = n;
	return filter_append(&e->ports, &e->n_ports, &port, sizeof(port));
}

static int add_to_end(struct filter_end *e, enum filter_field field, const char *value, char *err,
		      size_t size)
{
	if (field == FILTER_IP)
		return add_prefix(e, value, err, size);
	if (field == FILTER_PORT)
		return add_port(e, value, err, size);
	if (field >= FILTER_NAMES)
		return filter_names_add(&e->names, field, value, err, size);
	return filter_append_text(&e->processes, value);
}

static int add_protocol(struct flow_filter *q, const char *value, char *err, size_t size)
{
	unsigned long n;
	int known;

	if (!strcasecmp(value, "dns")) {
		q->dns = true;
		return 0;
	}
	if (name_value(protocols, value, &known))
		n = known;
	else if (!number(value, 255, &n))
		return refuse(
			err, size, value,
			"tcp, udp, sctp, icmp, icmpv4, icmpv6, igmp, vrrp, dns or a number up to 255");
	q->protocols[n / 64] |= 1ull << n % 64;
	if (!strcasecmp(value, "icmp"))
		q->protocols[58 / 64] |= 1ull << 58 % 64;
	return 0;
}

static int add_bit(uint32_t *set, const struct name_value *names, const char *value,
		   const char *wanted, char *err, size_t size)
{
	int bit;

	if (!name_value(names, value, &bit))
		return refuse(err, size, value, wanted);
	*set |= 1u << bit;
	return 0;
}

static int add_verdict(struct flow_filter *q, const char *value, char *err, size_t size)
{
	for (unsigned int v = VERDICT_FORWARDED; v < VERDICT_MAX; v++)
		if (!strcasecmp(verdict_name(v), value)) {
			q->verdicts |= 1u << v;
			return 0;
		}
	return refuse(err, size, value,
		      "FORWARDED, DROPPED, ERROR, AUDIT, REDIRECTED, TRACED or TRANSLATED");
}

/* Calls each(arg, name) for the parts between commas; stops at the first that it refuses. */
static bool split(const char *value, bool (*each)(void *arg, const char *name), void *arg)
{
	char name[32];

	for (;;) {
		size_t len = strcspn(value, ",");

		if (!len || len >= sizeof(name))
			return false;
		memcpy(name, value, len);
		name[len] = '\0';
		if (!each(arg, name))
			return false;
		if (!value[len])
			return true;
		value += len + 1;
	}
}

static bool tcp_flag(void *arg, const char *name)
{
	uint16_t *set = arg;
	int flag;

	if (!name_value(tcp_flags, name, &flag))
		return false;
	*set |= flag;
	return true;
}

static int add_tcp_flags(struct flow_filter *q, const char *value, char *err, size_t size)
{
	uint16_t set = 0;

	if (!split(value, tcp_flag, &set))
		return refuse(
			err, size, value,
			"SYN, FIN, RST, PSH, ACK, URG, ECE, CWR or NS, or some of them by comma");
	return filter_append(&q->tcp_flags, &q->n_tcp_flags, &set, sizeof(set));
}

static bool event(void *arg, const char *name)
{
	uint32_t *set = arg;

	for (unsigned int e = 0; e < FLOW_EVENTS_MAX; e++)
		if (!strcasecmp(flow_event_name(e), name)) {
			*set |= 1u << e;
			return true;
		}
	return false;
}

static int add_events(struct flow_filter *q, const char *value, char *err, size_t size)
{
	if (split(value, event, &q->events))
		return 0;
	return refuse(
		err, size, value,
		"new, flags, report, end, drop, icmp_error, listen_drop or l7, or some of them by comma");
}

static bool sub_type(const char *text, uint32_t type, int64_t *ret)
{
	unsigned long n;
	int known;

	if (number(text, UINT16_MAX, &n)) {
		*ret = n;
		return true;
	}
	if (type != EVENT_TYPE_TRACE || !name_value(trace_points, text, &known))
		return false;
	*ret = known;
	return true;
}

/* "trace", "trace:to-stack", "4:3", "129" */
static int add_type(struct flow_filter *q, const char *value, char *err, size_t size)
{
	struct filter_type t = {.sub_type = -1};
	size_t len = strcspn(value, ":");
	char name[32] = "";
	unsigned long n;
	int known;

	if (len < sizeof(name))
		memcpy(name, value, len);
	if (name_value(types, name, &known))
		t.type = known;
	else if (number(name, UINT16_MAX, &n))
		t.type = n;
	else
		return refuse(
			err, size, value,
			"drop, debug, capture, trace, policy-verdict, trace-sock, l7, agent or a "
			"number, with a sub-type after a colon or without");
	if (value[len] && !sub_type(value + len + 1, t.type, &t.sub_type))
		return refuse(err, size, value,
			      "a type with a sub-type: a number, or such as trace:to-stack");
	return filter_append(&q->types, &q->n_types, &t, sizeof(t));
}

static int add_node(struct flow_filter *q, const char *value)
{
	q->other_node = true; /* until it is said which one this is */
	return filter_append_path(&q->nodes, &q->n_nodes, value);
}

static int add_to_flow(struct flow_filter *q, enum filter_field field, const char *value, char *err,
		       size_t size)
{
	switch (field) {
	case FILTER_PROTOCOL:
		return add_protocol(q, value, err, size);
	case FILTER_IP_VERSION:
		return add_bit(&q->ip_versions, ip_versions, value, "v4, v6 or none", err, size);
	case FILTER_VERDICT:
		return add_verdict(q, value, err, size);
	case FILTER_TCP_FLAGS:
		return add_tcp_flags(q, value, err, size);
	case FILTER_DIRECTION:
		return add_bit(&q->directions, directions, value, "ingress or egress", err, size);
	case FILTER_INTERFACE:
		return filter_append_text(&q->interfaces, value);
	case FILTER_DROP_REASON:
		return filter_append_text(&q->drop_reasons, value);
	case FILTER_TYPE:
		return add_type(q, value, err, size);
	case FILTER_NODE_NAME:
		return add_node(q, value);
	default:
		return add_events(q, value, err, size);
	}
}

/* What an end field is called on the command line, after "from-" and "to-". */
static const char *const end_fields[FILTER_END_FIELDS] = {
	[FILTER_IP] = "ip",
	[FILTER_PORT] = "port",
	[FILTER_PROCESS] = "process",
	[FILTER_POD] = "pod",
	[FILTER_NAMESPACE] = "namespace",
	[FILTER_ALL_NAMESPACES] = "all-namespaces",
	[FILTER_LABEL] = "label",
	[FILTER_FQDN] = "fqdn",
	[FILTER_SERVICE] = "service",
	[FILTER_WORKLOAD] = "workload",
	[FILTER_IDENTITY] = "identity",
	[FILTER_CLUSTER] = "cluster",
};

#define EITHER (1u << FILTER_EITHER)
#define ONE_SIDE (1u << FILTER_SOURCE | 1u << FILTER_DESTINATION)

/*
 * What asks two things of one list, and Hubble refuses: of these fields (the same one
 * twice, too) one was used on one of its sides, the other on one of the other's.
 */
static const struct {
	enum filter_field a, b;
	unsigned int a_sides, b_sides; /* bit n: enum filter_side n */
} clashes[] = {
	{FILTER_POD, FILTER_NAMESPACE, ONE_SIDE, EITHER},
	{FILTER_POD, FILTER_ALL_NAMESPACES, ONE_SIDE, EITHER},
	{FILTER_SERVICE, FILTER_NAMESPACE, ONE_SIDE, EITHER},
	{FILTER_SERVICE, FILTER_ALL_NAMESPACES, ONE_SIDE, EITHER},
	{FILTER_NAMESPACE, FILTER_ALL_NAMESPACES, EITHER | ONE_SIDE, EITHER},
	{FILTER_NAMESPACE, FILTER_ALL_NAMESPACES, EITHER, ONE_SIDE},
	{FILTER_NAMESPACE, FILTER_ALL_NAMESPACES, 1u << FILTER_SOURCE, 1u << FILTER_SOURCE},
	{FILTER_NAMESPACE, FILTER_ALL_NAMESPACES, 1u << FILTER_DESTINATION,
	 1u << FILTER_DESTINATION},
};

static int clash(enum filter_field other, unsigned int sides, char *err, size_t size)
{
	int side = __builtin_ctz(sides);
	const char *from_to = side == FILTER_SOURCE ? "from-" : "to-";

	snprintf(err, size, "cannot be combined with \"--%s%s\"",
		 side == FILTER_EITHER ? "" : from_to, end_fields[other]);
	return -EINVAL;
}

static int check_sides(const struct filter_list *l, enum filter_field field, enum filter_side side,
		       char *err, size_t size)
{
	unsigned int own = l->sides[field] & (side == FILTER_EITHER ? ONE_SIDE : EITHER);

	if (own)
		return clash(field, own, err, size);
	for (size_t i = 0; i < sizeof(clashes) / sizeof(clashes[0]); i++) {
		bool is_a = clashes[i].a == field;
		unsigned int sides = is_a ? clashes[i].a_sides : clashes[i].b_sides;
		unsigned int others = is_a ? clashes[i].b_sides : clashes[i].a_sides;
		enum filter_field other = is_a ? clashes[i].b : clashes[i].a;

		if ((is_a || clashes[i].b == field) && sides >> side & 1 &&
		    l->sides[other] & others)
			return clash(other, l->sides[other] & others, err, size);
	}
	return 0;
}

static int check_namespaces(const struct filter_list *l, char *err, size_t size)
{
	int ret = 0;

	for (int i = 0; i < 4 && !ret; i++)
		ret = filter_names_check(&l->as[i / 2].end[i % 2].names, err, size);
	return ret;
}

static int add_to_ends(struct filter_list *l, enum filter_field field, enum filter_side side,
		       const char *value, char *err, size_t size)
{
	int ret = check_sides(l, field, side, err, size);

	for (int i = 0; i < 2 && !ret; i++)
		ret = add_to_end(&l->as[i].end[side == FILTER_EITHER ? i : (int)side], field, value,
				 err, size);
	if (ret)
		return ret;
	l->sides[field] |= 1u << side;
	if (side == FILTER_EITHER)
		l->either = true;
	return check_namespaces(l, err, size);
}

int filter_add(struct filter *f, bool deny, enum filter_field field, enum filter_side side,
	       const char *value, char *err, size_t err_size)
{
	struct filter_list *l = deny ? &f->deny : &f->allow;
	int ret = 0;

	if (!*value && field != FILTER_ALL_NAMESPACES)
		return refuse(err, err_size, value, "a value");
	if (field < FILTER_END_FIELDS)
		ret = add_to_ends(l, field, side, value, err, err_size);
	else
		for (int i = 0; i < 2 && !ret; i++)
			ret = add_to_flow(&l->as[i], field, value, err, err_size);
	if (!ret)
		l->used = true;
	else if (ret == -ENOMEM)
		snprintf(err, err_size, "out of memory");
	return ret;
}
