// SPDX-License-Identifier: MIT
#include "export/json.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "bpf/record.h"
#include "export/json_write.h"
#include "flows/summary.h"

#define PROTO_ICMP 1
#define PROTO_IGMP 2
#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_ICMPV6 58
#define PROTO_VRRP 112
#define PROTO_SCTP 132

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
	for (;;) {
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

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) + 0x9e3779b97f4a7c15;
	h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9;
	h = (h ^ h >> 27) * 0x94d049bb133111eb;
	return h ^ h >> 31;
}

static uint64_t mix_end(uint64_t h, const struct flow_end *e)
{
	uint64_t words[2];

	memcpy(words, e->addr.b, sizeof(words));
	return mix(mix(mix(h, words[0]), words[1]), e->port);
}

static uint64_t mix_text(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = mix(h, (unsigned char)*s);
	return h;
}

/* Two questions of one socket may time out together. */
static uint64_t mix_l7(uint64_t h, const struct l7 *l)
{
	if (!l || l->protocol != L7_DNS)
		return h;
	h = mix_text(mix(h, l->type << 1 | l->dns.timeout), l->dns.query);
	for (size_t i = 0; i < l->dns.n_qtypes; i++)
		h = mix_text(h, l->dns.qtypes[i]);
	return h;
}

/* Made of what the event is, so that one event has one uuid in every sink and every run. */
static void put_uuid(struct text *t, const struct flow *f, const char *node_name)
{
	uint64_t hi = mix_text(0, node_name), lo;

	hi = mix(mix(mix(hi, f->time_ns), f->connection_id), f->event << 16 | f->tcp_flags);
	hi = mix_end(mix_end(hi, &f->src), &f->dst);
	hi = mix_l7(mix(mix(hi, f->drop.reason), f->drop.offset), f->l7);
	lo = mix(hi, f->protocol);
	json_key(t, "uuid");
	text_char(t, '"');
	text_hex(t, hi >> 32, 8);
	text_char(t, '-');
	text_hex(t, hi >> 16 & 0xffff, 4);
	text_char(t, '-');
	text_hex(t, (hi & 0xfff) | 0x4000, 4);
	text_char(t, '-');
	text_hex(t, (lo >> 48 & 0x3fff) | 0x8000, 4);
	text_char(t, '-');
	text_hex(t, lo & 0xffffffffffff, 12);
	text_char(t, '"');
}

/* Where the packet still has its source from before the translation, Hubble shows the one after. */
static bool is_before_snat(const struct flow *f)
{
	return f->has_nat && !memcmp(&f->src.addr, &f->nat_orig.src, sizeof(f->src.addr)) &&
	       memcmp(&f->nat_orig.src, &f->nat_xlated.src, sizeof(f->src.addr));
}

static void put_ip(struct text *t, const struct flow *f)
{
	if (!f->ip_version)
		return;
	json_open(t, "IP");
	json_addr(t, "source", &f->src.addr);
	json_addr(t, "destination", &f->dst.addr);
	json_plain(t, "ipVersion", f->ip_version == 6 ? "IPv6" : "IPv4");
	if (is_before_snat(f))
		json_addr(t, "source_xlated", &f->nat_xlated.src);
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

static const char *trace_reason(const struct flow *f)
{
	if (f->event == FLOW_L7)
		return NULL;
	if (f->event == FLOW_ICMP_ERROR)
		return "RELATED";
	if (f->is_reply == REPLY_YES)
		return "REPLY";
	if (f->is_reply == REPLY_UNKNOWN)
		return NULL;
	return f->event == FLOW_NEW ? "NEW" : "ESTABLISHED";
}

static void put_trace(struct text *t, const struct flow *f)
{
	const char *reason = trace_reason(f);

	if (f->direction)
		json_plain(t, "traffic_direction", traffic_direction_name(f->direction));
	if (flow_is_drop(f))
		return;
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
	json_untrusted(t, "node_name", node_name, 256);
	if (time_ns) {
		json_key(t, "time");
		json_time(t, time_ns);
	}
}

void json_flow(struct text *t, const struct flow *f, const char *node_name)
{
	text_str(t, "{\"flow\":{");
	if (f->time_ns) {
		json_key(t, "time");
		json_time(t, f->time_ns);
	}
	put_uuid(t, f, node_name);
	text_str(t, ",\"emitter\":{\"name\":\"pitot\",\"version\":\"" PITOT_VERSION "\"}");
	if (f->verdict)
		json_plain(t, "verdict", verdict_name(f->verdict));
	put_ip(t, f);
	put_l4(t, f);
	put_tunnel(t, &f->tunnel);
	json_endpoint(t, "source", &f->src);
	json_endpoint(t, "destination", &f->dst);
	json_plain(t, "Type", f->event == FLOW_L7 ? "L7" : "L3_L4");
	json_untrusted(t, "node_name", node_name, 256);
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
	put_node_and_time(t, node_name, f->time_ns);
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
