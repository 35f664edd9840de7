// SPDX-License-Identifier: MIT
/* From the text of a value to what is compared: what a flow is. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bpf/record.h"
#include "flows/filter_terms.h"
#include "flows/summary.h"

#define EVENT_TYPE_AGENT 130

struct name_value {
	const char *name;
	int value;
};

static const struct name_value protocols[] = {
	{"tcp", 6},
	{"udp", 17},
	{"sctp", 132},
	{"icmp", PROTOCOL_ICMP_BOTH},
	{"icmpv4", 1},
	{"icmpv6", 58},
	{"igmp", 2},
	{"vrrp", 112},
	{"dns", PROTOCOL_L7 + L7_DNS},
	{"http", PROTOCOL_L7 + L7_HTTP},
	{"kafka", PROTOCOL_L7 + L7_KAFKA},
	{NULL, 0},
};
static const struct name_value ip_versions[] = {
	{"v4", 4},   {"v6", 6},	  {"none", 0}, {"4", 4},   {"6", 6},
	{"ipv4", 4}, {"ipv6", 6}, {"ip4", 4},  {"ip6", 6}, {NULL, 0},
};
static const struct name_value directions[] = {
	{"ingress", DIRECTION_INGRESS},
	{"egress", DIRECTION_EGRESS},
	{"unknown", DIRECTION_UNKNOWN},
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
/* flow.proto's AgentEventType */
static const struct name_value agent_events[] = {
	{"agent-started", 2},
	{"policy-updated", 3},
	{"policy-deleted", 4},
	{"endpoint-regenerate-success", 5},
	{"endpoint-regenerate-failure", 6},
	{"endpoint-created", 7},
	{"endpoint-deleted", 8},
	{"ipcache-upserted", 9},
	{"ipcache-deleted", 10},
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

static bool number(const char *s, uint64_t max, uint64_t *ret)
{
	if (!*s || s[strspn(s, "0123456789")])
		return false;
	errno = 0;
	*ret = strtoull(s, NULL, 10);
	return !errno && *ret <= max;
}

int filter_refuse(char *err, size_t size, const char *value, const char *wanted)
{
	snprintf(err, size, VALUE_FORMAT " is not %s", VALUE_CUT(value), wanted);
	return -EINVAL;
}

int parse_text(struct filter_value *v, const char *text, char *err, size_t size)
{
	(void)v, (void)text, (void)err, (void)size;
	return 0;
}

static bool address(const char *text, struct ip_addr *ret, unsigned int *ret_max)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	memcpy(ret->b, mapped, sizeof(mapped));
	*ret_max = 32;
	if (inet_pton(AF_INET, text, ret->b + sizeof(mapped)) == 1)
		return true;
	*ret_max = 128;
	return inet_pton(AF_INET6, text, ret->b) == 1;
}

static bool prefix(const char *text, struct prefix *ret)
{
	char host[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "/");
	unsigned int max;
	uint64_t bits;

	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (!address(host, &ret->addr, &max))
		return false;
	bits = max;
	if (text[len] && !number(text + len + 1, max, &bits))
		return false;
	ret->bits = bits + 128 - max;
	for (unsigned int i = ret->bits; i < 128; i++)
		ret->addr.b[i / 8] &= ~(0x80 >> i % 8);
	return true;
}

int parse_prefix(struct filter_value *v, const char *text, char *err, size_t size)
{
	if (prefix(text, &v->prefix))
		return 0;
	return filter_refuse(err, size, text,
			     "an address or a CIDR such as 10.0.0.0/8 or fd00::/8");
}

int parse_port(struct filter_value *v, const char *text, char *err, size_t size)
{
	if (number(text, UINT16_MAX, &v->number))
		return 0;
	return filter_refuse(err, size, text, "a port (0 to 65535)");
}

int parse_protocol(struct filter_value *v, const char *text, char *err, size_t size)
{
	int known;

	if (name_value(protocols, text, &known)) {
		v->number = known;
		return 0;
	}
	if (number(text, UINT8_MAX, &v->number))
		return 0;
	return filter_refuse(err, size, text,
			     "tcp, udp, sctp, icmp, icmpv4, icmpv6, igmp, vrrp, dns, http, kafka "
			     "or a number up to 255");
}

static int one_of(struct filter_value *v, const struct name_value *names, const char *text,
		  const char *wanted, char *err, size_t size)
{
	int known;

	if (!name_value(names, text, &known))
		return filter_refuse(err, size, text, wanted);
	v->number = known;
	return 0;
}

int parse_ip_version(struct filter_value *v, const char *text, char *err, size_t size)
{
	return one_of(v, ip_versions, text, "v4, v6 or none", err, size);
}

int parse_direction(struct filter_value *v, const char *text, char *err, size_t size)
{
	return one_of(v, directions, text, "ingress or egress", err, size);
}

int parse_bool(struct filter_value *v, const char *text, char *err, size_t size)
{
	static const struct name_value words[] = {{"true", 1}, {"false", 0}, {NULL, 0}};

	return one_of(v, words, text, "true or false", err, size);
}

int parse_verdict(struct filter_value *v, const char *text, char *err, size_t size)
{
	for (v->number = VERDICT_UNKNOWN; v->number < VERDICT_MAX; v->number++)
		if (!strcasecmp(verdict_name(v->number), text))
			return 0;
	return filter_refuse(err, size, text,
			     "FORWARDED, DROPPED, ERROR, AUDIT, REDIRECTED, TRACED or TRANSLATED");
}

/* Adds the bits of the names between commas. */
static bool bits_of(const char *text, bool (*bit)(const char *name, uint64_t *set), uint64_t *set)
{
	char name[32];

	for (;;) {
		size_t len = strcspn(text, ",");

		if (!len || len >= sizeof(name))
			return false;
		memcpy(name, text, len);
		name[len] = '\0';
		if (!bit(name, set))
			return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

static bool tcp_flag(const char *name, uint64_t *set)
{
	int flag;

	if (!name_value(tcp_flags, name, &flag))
		return false;
	*set |= flag;
	return true;
}

/* "": any, as an empty flow.TCPFlags is. */
int parse_tcp_flags(struct filter_value *v, const char *text, char *err, size_t size)
{
	if (!*text || bits_of(text, tcp_flag, &v->number))
		return 0;
	return filter_refuse(
		err, size, text,
		"SYN, FIN, RST, PSH, ACK, URG, ECE, CWR or NS, or some of them by comma");
}

static bool event(const char *name, uint64_t *set)
{
	for (unsigned int e = 0; e < FLOW_EVENTS_MAX; e++)
		if (!strcasecmp(flow_event_name(e), name)) {
			*set |= 1ull << e;
			return true;
		}
	return false;
}

int parse_events(struct filter_value *v, const char *text, char *err, size_t size)
{
	if (bits_of(text, event, &v->number))
		return 0;
	return filter_refuse(err, size, text,
			     "new, flags, report, end, drop, icmp_error, listen_drop or l7, or "
			     "some of them by comma");
}

static bool sub_type(const char *text, uint64_t type, int64_t *ret)
{
	uint64_t n;
	int known;

	if ((type == EVENT_TYPE_TRACE && name_value(trace_points, text, &known)) ||
	    (type == EVENT_TYPE_AGENT && name_value(agent_events, text, &known))) {
		*ret = known;
		return true;
	}
	if (!number(text, INT32_MAX, &n))
		return false;
	*ret = n;
	return true;
}

/* "trace", "trace:to-stack", "4:3", "129" */
int parse_type(struct filter_value *v, const char *text, char *err, size_t size)
{
	size_t len = strcspn(text, ":");
	char name[32] = "";
	int known;

	if (len < sizeof(name))
		memcpy(name, text, len);
	if (name_value(types, name, &known))
		v->number = known;
	else if (!number(name, INT32_MAX, &v->number))
		return filter_refuse(
			err, size, text,
			"drop, debug, capture, trace, policy-verdict, trace-sock, l7, agent or a "
			"number, with a sub-type after a colon or without");
	if (text[len] && !sub_type(text + len + 1, v->number, &v->sub_type))
		return filter_refuse(err, size, text,
				     "a type with a sub-type: a number, or such as trace:to-stack");
	return 0;
}

int parse_trace_number(struct filter_value *v, const char *text, char *err, size_t size)
{
	if (number(text, UINT64_MAX, &v->number) && v->number)
		return 0;
	return filter_refuse(err, size, text, "a number from 1 on");
}
