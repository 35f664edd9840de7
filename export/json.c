// SPDX-License-Identifier: MIT
#include "export/json.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "bpf/record.h"
#include "export/flow_facts.h"
#include "export/json_write.h"
#include "flows/summary.h"

static void escape_json(struct text *t, uint32_t c, const char *s, size_t n)
{
	static const char short_form[] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
					  ['\t'] = 't', ['"'] = '"',  ['\\'] = '\\'};

	if (c < sizeof(short_form) && short_form[c]) {
		text_char(t, '\\');
		text_char(t, short_form[c]);
	} else if (utf8_is_control(c) || c == '<' || c == '>' || c == '&') {
		text_mem(t, "\\u", 2);
		text_hex(t, c, 4);
	} else {
		text_mem(t, s, n);
	}
}

static bool is_plain(char ch)
{
	return ch >= 0x20 && ch < 0x7f && ch != '"' && ch != '\\' && ch != '<' && ch != '>' &&
	       ch != '&';
}

/* As many bytes as need no escaping, copied; a vector at a time where there are vectors. */
static size_t copy_plain(struct text *t, const char *s, size_t n)
{
	char *p = text_reserve(t, n + 16);
	size_t i = 0;

	if (!p)
		return n;
#ifdef __SSE2__
	for (; i + 16 <= n; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(s + i));
		__m128i odd = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20)); /* from 0x80 on, too */
		uint32_t mask;

		odd = _mm_or_si128(odd, _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));
		for (size_t k = 0; k < 5; k++)
			odd = _mm_or_si128(odd, _mm_cmpeq_epi8(v, _mm_set1_epi8("\"\\<>&"[k])));
		_mm_storeu_si128((__m128i *)(p + i), v);
		mask = _mm_movemask_epi8(odd);
		if (mask) {
			i += __builtin_ctz(mask);
			t->len += i;
			return i;
		}
	}
#endif
	for (; i < n && is_plain(s[i]); i++)
		p[i] = s[i];
	t->len += i;
	return i;
}

void json_quote_bytes(struct text *t, const char *s, size_t n)
{
	uint32_t c = 0;

	text_char(t, '"');
	while (n) {
		size_t plain = copy_plain(t, s, n), len;

		s += plain;
		n -= plain;
		if (!n)
			break;
		len = utf8_next(s, n, &c);
		if (len)
			escape_json(t, c, s, len);
		else
			text_mem(t, "\xef\xbf\xbd", 3);
		s += len ? len : 1;
		n -= len ? len : 1;
	}
	text_char(t, '"');
}

void json_quote(struct text *t, const char *s, size_t max)
{
	json_quote_bytes(t, s, strnlen(s, max));
}

/* Civil date of a day since 1970-01-01 (from year 1 on), counted in years that begin in March. */
static void put_date(struct text *t, int64_t days)
{
	uint64_t z = days + 719468, era = z / 146097, doe = z % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint64_t mp = (5 * doy + 2) / 153, month = mp < 10 ? mp + 3 : mp - 9;

	text_padded(t, yoe + era * 400 + (month <= 2), 4);
	text_char(t, '-');
	text_padded(t, month, 2);
	text_char(t, '-');
	text_padded(t, doy - (153 * mp + 2) / 5 + 1, 2);
}

static void put_time(struct text *t, int64_t seconds, uint32_t fraction, unsigned int digits)
{
	uint32_t of_day = (seconds % 86400 + 86400) % 86400;

	text_char(t, '"');
	put_date(t, (seconds - of_day) / 86400);
	text_char(t, 'T');
	text_padded(t, of_day / 3600, 2);
	text_char(t, ':');
	text_padded(t, of_day / 60 % 60, 2);
	text_char(t, ':');
	text_padded(t, of_day % 60, 2);
	if (digits) {
		text_char(t, '.');
		text_padded(t, fraction, digits);
	}
	text_mem(t, "Z\"", 2);
}

void json_timestamp(struct text *t, int64_t seconds, uint32_t nanos)
{
	uint32_t fraction = nanos;
	unsigned int digits = fraction ? 9 : 0;

	while (digits > 3 && fraction % 1000 == 0) {
		fraction /= 1000;
		digits -= 3;
	}
	put_time(t, seconds, fraction, digits);
}

void json_time(struct text *t, uint64_t time_ns)
{
	json_timestamp(t, time_ns / 1000000000, time_ns % 1000000000);
}

void json_time_nano(struct text *t, uint64_t time_ns)
{
	uint32_t fraction = time_ns % 1000000000;
	unsigned int digits = fraction ? 9 : 0;

	while (digits && fraction % 10 == 0) {
		fraction /= 10;
		digits--;
	}
	put_time(t, time_ns / 1000000000, fraction, digits);
}

static void put_ip(struct text *t, const struct flow *f)
{
	if (!f->ip_version)
		return;
	json_open(t, "IP");
	json_addr(t, "source", &f->src.addr);
	if (flow_is_before_snat(f))
		json_addr(t, "source_xlated", &f->nat_xlated.src);
	json_addr(t, "destination", &f->dst.addr);
	json_plain(t, "ipVersion", f->ip_version == 6 ? "IPv6" : "IPv4");
	json_close(t);
}

static void put_ports(struct text *t, uint16_t source, uint16_t destination)
{
	json_number(t, "source_port", source);
	json_number(t, "destination_port", destination);
}

static void put_tcp_flags(struct text *t, uint16_t flags)
{
	static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK",
					    "URG", "ECE", "CWR", "NS"};

	if (!(flags & 0x1ff))
		return;
	json_open(t, "flags");
	for (int i = 0; i < 9; i++)
		json_true(t, names[i], flags >> i & 1);
	json_close(t);
}

static void put_l4(struct text *t, const struct flow *f)
{
	static const char *const names[256] = {
		[PROTO_TCP] = "TCP",	 [PROTO_UDP] = "UDP",	    [PROTO_SCTP] = "SCTP",
		[PROTO_ICMP] = "ICMPv4", [PROTO_ICMPV6] = "ICMPv6", [PROTO_VRRP] = "VRRP",
		[PROTO_IGMP] = "IGMP",
	};

	if (!f->ip_version || !names[f->protocol])
		return;
	json_open(t, "l4");
	json_open(t, names[f->protocol]);
	if (f->protocol == PROTO_ICMP || f->protocol == PROTO_ICMPV6) {
		json_number(t, "type", f->icmp_type);
		json_number(t, "code", f->icmp_code);
	} else {
		put_ports(t, f->src.port, f->dst.port);
	}
	if (f->protocol == PROTO_TCP)
		put_tcp_flags(t, f->tcp_flags);
	json_close(t);
	json_close(t);
}

/* Hubble knows two kinds; the others are in the extensions only. */
static void put_tunnel(struct text *t, const struct flow_tunnel *tunnel)
{
	const struct flow_tuple *o = &tunnel->outer;

	if (tunnel->type != TUNNEL_VXLAN && tunnel->type != TUNNEL_GENEVE)
		return;
	json_open(t, "tunnel");
	json_plain(t, "protocol", tunnel->type == TUNNEL_VXLAN ? "VXLAN" : "GENEVE");
	json_open(t, "IP");
	json_addr(t, "source", &o->src);
	json_addr(t, "destination", &o->dst);
	json_plain(t, "ipVersion", ip_addr_is_v4(&o->src) ? "IPv4" : "IPv6");
	json_close(t);
	json_open(t, "l4");
	json_open(t, "UDP");
	put_ports(t, o->sport, o->dport);
	json_close(t);
	json_close(t);
	json_number(t, "vni", tunnel->vni);
	json_close(t);
}

static void put_event_type(struct text *t, const struct flow *f)
{
	uint32_t type, sub_type;

	flow_event_type(f, &type, &sub_type);
	json_open(t, "event_type");
	json_number(t, "type", type);
	json_number(t, "sub_type", sub_type);
	json_close(t);
}

/* What is in it of an application's comes from the wire. */
static void put_summary(struct text *t, const struct flow *f)
{
	struct text s = {0};

	json_key(t, "Summary");
	if (f->event != FLOW_L7) {
		text_char(t, '"');
		flow_summary(t, f);
		text_char(t, '"');
		return;
	}
	flow_summary(&s, f);
	json_quote(t, s.data ? s.data : "", s.len);
	if (s.err)
		t->err = s.err;
	text_free(&s);
}

static void put_trace(struct text *t, const struct flow *f)
{
	static const char *const reasons[] = {NULL, "NEW", "ESTABLISHED", "REPLY", "RELATED"};
	const char *reason = reasons[flow_trace_reason(f)];

	if (f->direction)
		json_plain(t, "traffic_direction", traffic_direction_name(f->direction));
	if (flow_is_drop(f)) {
		if (flow_drop_reason(f))
			json_plain(t, "drop_reason_desc", cilium_drop_name(flow_drop_reason(f)));
		return;
	}
	if (f->trace_point && f->event != FLOW_L7)
		json_plain(t, "trace_observation_point", trace_point_name(f->trace_point));
	if (reason)
		json_plain(t, "trace_reason", reason);
	if (f->is_reply != REPLY_UNKNOWN) {
		json_key(t, "is_reply");
		text_str(t, f->is_reply == REPLY_YES ? "true" : "false");
	}
}

static void put_interface(struct text *t, const struct flow *f)
{
	if (!f->ifindex && !f->ifname[0])
		return;
	json_open(t, "interface");
	json_number(t, "index", f->ifindex);
	json_untrusted(t, "name", f->ifname, sizeof(f->ifname));
	json_close(t);
}

static void put_node_and_time(struct text *t, const char *node_name, uint64_t time_ns)
{
	json_untrusted(t, "node_name", node_name, NODE_NAME_MAX);
	if (time_ns) {
		json_key(t, "time");
		json_time(t, time_ns);
	}
}

void json_bare_flow(struct text *t, const struct flow *f, const char *this_node)
{
	const char *node_name = flow_node_name(f, this_node);
	char uuid[UUID_TEXT + 1];

	text_char(t, '{');
	if (f->time_ns) {
		json_key(t, "time");
		json_time(t, f->time_ns);
	}
	json_plain(t, "uuid", flow_uuid(f, node_name, uuid));
	text_str(t, ",\"emitter\":{\"name\":\"pitot\",\"version\":\"" PITOT_VERSION "\"}");
	if (f->verdict)
		json_plain(t, "verdict", verdict_name(f->verdict));
	json_number(t, "drop_reason", flow_drop_reason(f));
	put_ip(t, f);
	put_l4(t, f);
	put_tunnel(t, &f->tunnel);
	json_endpoint(t, "source", &f->src);
	json_endpoint(t, "destination", &f->dst);
	json_plain(t, "Type", f->event == FLOW_L7 ? "L7" : "L3_L4");
	json_untrusted(t, "node_name", node_name, NODE_NAME_MAX);
	if (f->hubble)
		json_strings(t, "node_labels", f->hubble->node_labels, f->hubble->n_node_labels,
			     LABEL_MAX);
	json_dns_names(t, f);
	json_l7(t, f->l7);
	put_event_type(t, f);
	json_service(t, "source_service", f->src.service);
	json_service(t, "destination_service", f->dst.service);
	put_trace(t, f);
	put_interface(t, f);
	put_summary(t, f);
	json_extensions(t, f);
	json_close(t);
}

void json_flow(struct text *t, const struct flow *f, const char *this_node)
{
	text_str(t, "{\"flow\":");
	json_bare_flow(t, f, this_node);
	put_node_and_time(t, flow_node_name(f, this_node), f->time_ns);
	json_close(t);
}

void json_lost(struct text *t, const char *source, uint64_t count, int cpu, uint64_t first_ns,
	       uint64_t last_ns, const char *node_name, uint64_t time_ns)
{
	text_str(t, "{\"lost_events\":{");
	json_plain(t, "source", source);
	json_key(t, "num_events_lost");
	text_char(t, '"');
	text_u64(t, count);
	text_char(t, '"');
	if (cpu >= 0) {
		json_key(t, "cpu");
		text_u64(t, cpu);
	}
	if (first_ns) {
		json_key(t, "first");
		json_time(t, first_ns);
	}
	if (last_ns) {
		json_key(t, "last");
		json_time(t, last_ns);
	}
	json_close(t);
	put_node_and_time(t, node_name, time_ns);
	json_close(t);
}
