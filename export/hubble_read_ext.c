// SPDX-License-Identifier: MIT
/* pitot.v1.FlowExtension and End: the other half of export/hubble_write_ext.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bpf/record.h"
#include "export/hubble_read.h"
#include "export/hubble_write.h"

static bool read_counters(struct span s, struct flow_counters *c)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		uint64_t *const wide[] = {
			[1] = &c->packets,     [2] = &c->bytes,	   [3] = &c->delta_packets,
			[4] = &c->delta_bytes, [5] = &c->first_ns, [6] = &c->last_ns,
		};
		uint32_t *const narrow[] = {
			[7] = &c->retransmits,
			[8] = &c->zero_windows,
			[9] = &c->resets,
			[10] = &c->srtt_us,
		};

		if (f.number <= 6)
			*wide[f.number] = wire_as_u64(&f);
		else if (f.number <= 10)
			*narrow[f.number] = wire_as_u64(&f);
		else if (f.number == 11)
			c->tcp_flags = wire_as_u64(&f);
	}
	return !r.bad;
}

static void read_addr_bytes(struct span s, struct ip_addr *a)
{
	static const struct ip_addr v4 = {.b = {[10] = 0xff, [11] = 0xff}};

	if (s.n == 16) {
		memcpy(a->b, s.p, 16);
	} else if (s.n == 4) {
		*a = v4;
		memcpy(a->b + 12, s.p, 4);
	}
}

static bool read_tuple(struct span s, struct flow_tuple *tuple)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		if (f.number == 1)
			read_addr_bytes(span_of(&f), &tuple->src);
		else if (f.number == 2)
			read_addr_bytes(span_of(&f), &tuple->dst);
		else if (f.number == 3)
			tuple->sport = wire_as_u64(&f);
		else if (f.number == 4)
			tuple->dport = wire_as_u64(&f);
	}
	return !r.bad;
}

static bool read_nat(struct span s, struct flow *to)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	bool good = true;
	struct wire_field f;

	to->has_nat = true;
	while (wire_next(&r, &f)) {
		if (f.number == 1)
			good &= read_tuple(span_of(&f), &to->nat_orig);
		else if (f.number == 2)
			good &= read_tuple(span_of(&f), &to->nat_xlated);
	}
	return good && !r.bad;
}

static bool read_tunnel(struct span s, struct flow_tunnel *tunnel)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	bool good = true;
	struct wire_field f;

	while (wire_next(&r, &f)) {
		if (f.number == 1)
			tunnel->type = wire_as_u64(&f) <= TUNNEL_GRE ? wire_as_u64(&f) : 0;
		else if (f.number == 2)
			tunnel->vni = wire_as_u64(&f);
		else if (f.number == 3)
			good &= read_tuple(span_of(&f), &tunnel->outer);
	}
	return good && !r.bad;
}

/* Packed or one by one. */
static bool read_vlan(const struct wire_field *f, uint16_t *vlan)
{
	struct wire_reader r = wire_reader(f->data, f->type == WIRE_BYTES ? f->n : 0);
	uint64_t v = f->v;

	if (f->type != WIRE_BYTES) {
		vlan[vlan[0] ? 1 : 0] = v;
		return true;
	}
	for (int i = 0; i < 2 && r.p < r.end && wire_varint(&r, &v); i++)
		vlan[i] = v;
	return !r.bad;
}

static bool read_icmp_error(struct span s, struct flow *to)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		if (f.number == 1)
			to->icmp_type = wire_as_u64(&f);
		else if (f.number == 2)
			to->icmp_code = wire_as_u64(&f);
		else if (f.number == 3)
			read_addr_bytes(span_of(&f), &to->icmp_from);
		else if (f.number == 4)
			to->icmp_info = wire_as_u64(&f);
	}
	return !r.bad;
}

static bool read_echo(struct span s, struct flow *to)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field f;

	to->icmp_echo = 1;
	while (wire_next(&r, &f))
		if (f.number == 1)
			to->icmp_id = wire_as_u64(&f);
	return !r.bad;
}

static bool read_dns_extra(struct span s, struct dns_extra *extra)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		bool *const flags[] = {
			[1] = &extra->timeout, [2] = &extra->truncated, [3] = &extra->multicast};

		if (f.number <= 3)
			*flags[f.number] = wire_as_u64(&f);
	}
	return !r.bad;
}

static const char *string(struct hubble_reader *r, const struct wire_field *f, const char *fallback)
{
	struct span s = span_of(f);
	const char *text = intern_string(r->intern, s.p, s.n);

	return text ? text : fallback;
}

static bool read_drop(struct hubble_reader *reader, struct span s, struct flow_drop *d)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		uint64_t *const wide[] = {&d->packets, &d->bytes, &d->delta_packets,
					  &d->delta_bytes};

		if (f.number == 1)
			d->reason = wire_as_u64(&f);
		else if (f.number == 2)
			d->reason_name = string(reader, &f, "UNKNOWN");
		else if (f.number == 3)
			d->text = string(reader, &f, "");
		else if (f.number == 4)
			d->function = string(reader, &f, "");
		else if (f.number == 5)
			d->offset = wire_as_u64(&f);
		else if (f.number == 6)
			d->normal = wire_as_u64(&f);
		else if (f.number == 7)
			d->netns = wire_as_u64(&f);
		else if (f.number >= 8 && f.number <= 11)
			*wide[f.number - 8] = wire_as_u64(&f);
		else if (f.number == 12 && d->stack_depth < FLOW_STACK)
			d->stack[d->stack_depth++] = string(reader, &f, "");
	}
	return !r.bad;
}

static bool read_listen(struct span s, struct flow_listen *l)
{
	struct wire_reader r = wire_reader(s.p, s.n);
	struct wire_field f;

	while (wire_next(&r, &f)) {
		uint32_t *const numbers[] = {
			[1] = &l->drops,       [2] = &l->delta_drops, [3] = &l->backlog,
			[4] = &l->backlog_max, [5] = &l->requests,
		};

		if (f.number <= 5)
			*numbers[f.number] = wire_as_u64(&f);
		else if (f.number == 6)
			l->synflood = wire_as_u64(&f);
	}
	return !r.bad;
}

static void read_iface(struct span s, struct flow *to)
{
	for (int i = 0; i < FLOW_IFACES; i++) {
		char *name = to->ifaces[i];

		if (name[0])
			continue;
		if (s.n)
			memcpy(name, s.p,
			       s.n < sizeof(to->ifaces[i]) ? s.n : sizeof(to->ifaces[i]) - 1);
		return;
	}
}

/* Numbers; false: it is none. */
static bool read_number(const struct wire_field *f, struct flow *to)
{
	uint64_t v = wire_as_u64(f);

	switch (f->number) {
	case 1:
		to->event = v < FLOW_EVENTS_MAX ? v : FLOW_REPORT;
		return true;
	case 2:
		to->connection_id = v;
		return true;
	case 3:
		to->closed = v;
		return true;
	case 4:
		to->initiator_by = v <= INITIATOR_FIRST ? v : INITIATOR_UNKNOWN;
		return true;
	case 7:
		to->handshake_us = v;
		return true;
	case 8:
		to->handshake_client_us = v;
		return true;
	case 9:
		to->handshake_server_us = v;
		return true;
	case 10:
		to->icmp_errors = v;
		return true;
	case 22:
		to->protocol = v;
		return true;
	case 23:
		to->ethertype = v;
		return true;
	case 24:
		to->is_reply = v <= 2 ? (int)v - 1 : REPLY_UNKNOWN;
		return true;
	case 25:
		to->trace_point = v;
		return true;
	case 26:
		to->tcp_flags = v;
		return true;
	}
	return false;
}

static bool read_field(struct hubble_reader *r, const struct wire_field *f, struct flow *to,
		       struct extension *ext)
{
	struct span s = span_of(f);

	if (read_number(f, to))
		return true;
	switch (f->number) {
	case 5:
		return read_counters(s, &to->forward);
	case 6:
		return read_counters(s, &to->reply);
	case 11:
		read_iface(s, to);
		return true;
	case 12:
		return read_nat(s, to);
	case 13:
		return read_tunnel(s, &to->tunnel);
	case 14:
		return read_vlan(f, to->vlan);
	case 15:
		return read_echo(s, to);
	case 16:
		return read_icmp_error(s, to);
	case 17:
		ext->source = s;
		return true;
	case 18:
		ext->destination = s;
		return true;
	case 19:
		return read_dns_extra(s, &ext->dns);
	case 20:
		return read_drop(r, s, &to->drop);
	case 21:
		return read_listen(s, &to->listen);
	}
	return true;
}

/* What JSON has no member for is in the summary. */
static void protocol_of_summary(struct span summary, struct flow *f)
{
	char number[8];

	for (unsigned int i = 1; f->ip_version && !f->protocol && i < 256; i++) {
		const char *name = protocol_name(i);

		snprintf(number, sizeof(number), "%u", i);
		if (span_is(summary, name ? name : number))
			f->protocol = i;
	}
	if (!f->ip_version && span_is(summary, "ARP"))
		f->ethertype = 0x0806;
	if (f->ip_version || summary.n != strlen("Ethernet 0x0000"))
		return;
	memcpy(number, summary.p + strlen("Ethernet 0x"), 4);
	number[4] = '\0';
	f->ethertype = strtoul(number, NULL, 16);
}

/* The extension's message in *value; false: it is none of pitot's. */
static int extension_of(struct hubble_reader *r, const struct parts *p, struct flow *f,
			struct span *value, bool *ret_is_pitot)
{
	struct wire_reader reader = wire_reader(p->extension.p, p->extension.n);
	struct span url = {0};
	struct wire_field field;

	while (wire_next(&reader, &field)) {
		if (field.number == 1)
			url = span_of(&field);
		else if (field.number == 2)
			*value = span_of(&field);
	}
	*ret_is_pitot = true;
	if (reader.bad)
		return -EBADMSG;
	if (span_is(url, EXTENSION_PITOT_URL)) {
		f->is_reply = REPLY_UNKNOWN; /* this one says it of drops, too */
		return 0;
	}
	if (span_is(url, EXTENSION_STRUCT_URL) && span_is(p->emitter, "pitot")) {
		protocol_of_summary(p->summary, f);
		r->extension.len = 0;
		if (struct_to_extension(&r->extension, *value))
			return -ENOMEM;
		*value = (struct span){(const uint8_t *)r->extension.data, r->extension.len};
		return 0;
	}
	*ret_is_pitot = false;
	return 0;
}

int read_extension(struct hubble_reader *r, const struct parts *p, struct flow *f,
		   struct extension *ret_extension)
{
	struct wire_reader reader;
	struct span value = {0};
	struct wire_field field;
	bool good = true;
	int err = extension_of(r, p, f, &value, &ret_extension->is_pitot);

	if (err || !ret_extension->is_pitot)
		return err;
	f->drop.text = f->drop.function = "";
	f->drop.reason_name = "UNKNOWN";
	reader = wire_reader(value.p, value.n);
	while (wire_next(&reader, &field))
		good &= read_field(r, &field, f, ret_extension);
	if (f->event != FLOW_DROP)
		memset(&f->drop, 0, sizeof(f->drop));
	return good && !reader.bad ? 0 : -EBADMSG;
}

/* Which of an End's fields are about the endpoint: has_endpoint, kind to cgroup, identity. */
static bool is_about_endpoint(uint32_t number)
{
	return (number >= 2 && number <= 9) || number == 12;
}

/* An End in parts; those that are about the endpoint are gathered in *own. */
static int split_end(struct span end, struct text *own, struct span *ret_process,
		     struct span *ret_place, struct spans *ret_reverse)
{
	struct wire_reader r = wire_reader(end.p, end.n);
	const uint8_t *from = r.p;
	struct wire_field f;

	own->len = 0;
	while (wire_next(&r, &f)) {
		if (is_about_endpoint(f.number))
			text_mem(own, (const char *)from, r.p - from);
		else if (f.number == 1)
			*ret_process = span_of(&f);
		else if (f.number == 10)
			spans_add(ret_reverse, &f);
		else if (f.number == 11)
			*ret_place = span_of(&f);
		from = r.p;
	}
	return r.bad ? -EBADMSG : own->err;
}

int read_end(struct hubble_reader *r, struct span end, struct span endpoint, struct flow_end *e)
{
	struct span process = {0}, place = {0}, own;
	struct spans reverse;
	int err;

	reverse.n = 0;
	err = split_end(end, &r->own, &process, &place, &reverse);
	if (err)
		return err;
	own = (struct span){(const uint8_t *)r->own.data, r->own.len};
	err = read_endpoint(r, endpoint, &own, e);
	if (!err && process.p)
		err = read_process(r, process, &e->process);
	if (!err)
		err = read_names(r, &reverse, &e->reverse);
	if (!err && place.p)
		err = read_place(r, place, &e->place);
	return err;
}
