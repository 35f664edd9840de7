// SPDX-License-Identifier: MIT
#include "flows/flow.h"

#include <string.h>

#include "bpf/record.h"
#include "flows/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void flow_init(struct flow *f)
{
	memset(f, 0, sizeof(*f));
}

void flow_end_copy(struct flow_end *to, const struct flow_end *from)
{
	*to = *from;
	process_get(to->process);
	endpoint_get(to->endpoint);
	service_get(to->service);
	name_list_get(to->dns);
	name_list_get(to->reverse);
	place_get(to->place);
}

void flow_end_release(struct flow_end *e)
{
	process_put(e->process);
	endpoint_put(e->endpoint);
	service_put(e->service);
	name_list_put(e->dns);
	name_list_put(e->reverse);
	place_put(e->place);
	e->process = NULL;
	e->endpoint = NULL;
	e->service = NULL;
	e->dns = NULL;
	e->reverse = NULL;
	e->place = NULL;
}

void flow_copy(struct flow *to, const struct flow *from)
{
	*to = *from;
	flow_end_copy(&to->src, &from->src);
	flow_end_copy(&to->dst, &from->dst);
	l7_get(to->l7);
	hubble_get(to->hubble);
}

void flow_release(struct flow *f)
{
	if (!f)
		return;
	flow_end_release(&f->src);
	flow_end_release(&f->dst);
	l7_put(f->l7);
	f->l7 = NULL;
	hubble_put(f->hubble);
	f->hubble = NULL;
}

static const char *name_of(const char *const *names, size_t n, unsigned int i)
{
	return i < n && names[i] ? names[i] : "UNKNOWN";
}

const char *flow_event_name(unsigned int event)
{
	static const char *const names[FLOW_EVENTS_MAX] = {
		[FLOW_NEW] = "new",
		[FLOW_FLAGS] = "flags",
		[FLOW_REPORT] = "report",
		[FLOW_END] = "end",
		[FLOW_DROP] = "drop",
		[FLOW_ICMP_ERROR] = "icmp_error",
		[FLOW_LISTEN_DROP] = "listen_drop",
		[FLOW_L7] = "l7",
	};

	return name_of(names, COUNT(names), event);
}

const char *verdict_name(unsigned int verdict)
{
	static const char *const names[VERDICT_MAX] = {
		[VERDICT_UNKNOWN] = "VERDICT_UNKNOWN",
		[VERDICT_FORWARDED] = "FORWARDED",
		[VERDICT_DROPPED] = "DROPPED",
		[VERDICT_ERROR] = "ERROR",
		[VERDICT_AUDIT] = "AUDIT",
		[VERDICT_REDIRECTED] = "REDIRECTED",
		[VERDICT_TRACED] = "TRACED",
		[VERDICT_TRANSLATED] = "TRANSLATED",
	};

	return name_of(names, COUNT(names), verdict);
}

const char *traffic_direction_name(unsigned int direction)
{
	static const char *const names[] = {
		[DIRECTION_UNKNOWN] = "TRAFFIC_DIRECTION_UNKNOWN",
		[DIRECTION_INGRESS] = "INGRESS",
		[DIRECTION_EGRESS] = "EGRESS",
	};

	return name_of(names, COUNT(names), direction);
}

const char *trace_point_name(unsigned int point)
{
	static const char *const names[] = {
		[POINT_UNKNOWN] = "UNKNOWN_POINT",
		[TO_PROXY] = "TO_PROXY",
		[TO_HOST] = "TO_HOST",
		[TO_STACK] = "TO_STACK",
		[TO_OVERLAY] = "TO_OVERLAY",
		[FROM_ENDPOINT] = "FROM_ENDPOINT",
		[FROM_PROXY] = "FROM_PROXY",
		[FROM_HOST] = "FROM_HOST",
		[FROM_STACK] = "FROM_STACK",
		[FROM_OVERLAY] = "FROM_OVERLAY",
		[FROM_NETWORK] = "FROM_NETWORK",
		[TO_NETWORK] = "TO_NETWORK",
		[FROM_CRYPTO] = "FROM_CRYPTO",
		[TO_CRYPTO] = "TO_CRYPTO",
		[TO_ENDPOINT] = "TO_ENDPOINT",
	};

	return name_of(names, COUNT(names), point);
}

const char *initiator_by_name(unsigned int by)
{
	static const char *const names[] = {
		[INITIATOR_UNKNOWN] = "unknown",     [INITIATOR_SYN] = "syn",
		[INITIATOR_CONNTRACK] = "conntrack", [INITIATOR_PORT] = "port",
		[INITIATOR_FIRST] = "first",
	};

	return name_of(names, COUNT(names), by);
}

const char *protocol_name(unsigned int protocol)
{
	/* IANA's numbers; TCP, UDP, SCTP, ICMPv4, ICMPv6, VRRP, IGMP as Hubble spells them. */
	static const char *const names[] = {
		[1] = "ICMPv4", [2] = "IGMP",	[4] = "IPIP",	[6] = "TCP",
		[17] = "UDP",	[33] = "DCCP",	[41] = "IPv6",	[46] = "RSVP",
		[47] = "GRE",	[50] = "ESP",	[51] = "AH",	[58] = "ICMPv6",
		[88] = "EIGRP", [89] = "OSPF",	[103] = "PIM",	[108] = "IPComp",
		[112] = "VRRP", [115] = "L2TP", [132] = "SCTP", [136] = "UDPLite",
	};

	return protocol < COUNT(names) ? names[protocol] : NULL;
}

bool ip_addr_is_v4(const struct ip_addr *a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

bool ip_addr_is_loopback(const struct ip_addr *a)
{
	static const struct ip_addr one = {{[15] = 1}};

	return (ip_addr_is_v4(a) && a->b[12] == 127) || !memcmp(a, &one, sizeof(one));
}

char *ip_addr_text(const struct ip_addr *a, char *buf)
{
	struct text t = {0};

	text_addr(&t, a);
	memcpy(buf, t.data ? t.data : "", t.len);
	buf[t.len] = '\0';
	text_free(&t);
	return buf;
}

char *tcp_flags_text(uint16_t flags, char *buf, size_t size)
{
	static const struct {
		uint16_t bit;
		const char *name;
	} order[] = {
		{TCPF_SYN, "SYN"}, {TCPF_ACK, "ACK"}, {TCPF_RST, "RST"},
		{TCPF_FIN, "FIN"}, {TCPF_PSH, "PSH"}, {TCPF_URG, "URG"},
		{TCPF_ECE, "ECE"}, {TCPF_CWR, "CWR"}, {TCPF_NS, "NS"},
	};
	size_t len = 0;

	if (!size)
		return buf;
	for (size_t i = 0; i < COUNT(order); i++) {
		size_t n = strlen(order[i].name);

		if (!(flags & order[i].bit))
			continue;
		if (len + n + (len ? 2 : 0) + 1 > size)
			break;
		if (len) {
			memcpy(buf + len, ", ", 2);
			len += 2;
		}
		memcpy(buf + len, order[i].name, n);
		len += n;
	}
	buf[len] = '\0';
	return buf;
}
