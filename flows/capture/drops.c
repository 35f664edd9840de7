/* SPDX-License-Identifier: MIT */
#include "flows/capture/drops.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/capture/flow_build.h"
#include "flows/capture/reasons.h"

#define PROTO_ICMP 1
#define PROTO_ICMPV6 58

static void entry_free(void *arg, struct table_node *node)
{
	(void)arg;
	free(table_entry(node, struct drop_entry, node));
}

void drops_free(struct drops *d)
{
	table_each(&d->table, entry_free, NULL);
	table_free(&d->table);
}

static struct drop_entry *find(struct drops *d, const struct drop_key *key, uint64_t hash)
{
	struct table_node *node;

	for (node = table_find(&d->table, hash); node; node = table_next(node)) {
		struct drop_entry *e = table_entry(node, struct drop_entry, node);

		if (!memcmp(&e->key, key, sizeof(*key)))
			return e;
	}
	return NULL;
}

/* Frames between the drop and the program that saw it tell nothing. */
static bool is_tracing(const char *symbol)
{
	static const char *const begins[] = {"bpf_", "__bpf_trace", "__traceiter_", "kfree_skb",
					     "__kfree_skb", "sk_skb_reason_drop"};

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (!strncmp(symbol, begins[i], strlen(begins[i])))
			return true;
	return false;
}

static void name_stack(struct drops *d, struct drop_entry *e, int32_t id)
{
	uint64_t addresses[DROP_STACK_DEPTH];
	unsigned int n;

	if (id < 0 || !d->stack)
		return;
	n = d->stack(d->stack_arg, id, addresses, DROP_STACK_DEPTH);
	for (unsigned int i = 0; i < n && e->stack_depth < FLOW_STACK; i++) {
		const char *symbol = kernel_names_symbol(d->names, addresses[i], NULL);

		if (*symbol && (e->stack_depth || !is_tracing(symbol)))
			e->stack[e->stack_depth++] = symbol;
	}
}

static bool is_reason(const struct drop_entry *e, const char *reason, const char *function)
{
	return !strcmp(e->reason_name, reason) && !strcmp(e->function, function);
}

/*
 * Multicast that finds no taker is normal where a lost unicast packet is not:
 * IPv4 groups that nobody has joined (older kernels drop martians there, too),
 * and the IPv6 reports of an interface that has no route yet or no more.
 */
static bool stray_multicast(const struct drop_entry *e)
{
	if (e->key.ip_version == 4 && e->key.dst[12] >> 4 == 14)
		return is_reason(e, "NOT_SPECIFIED", "ip_rcv_finish_core") ||
		       is_reason(e, "NO_REASON", "ip_rcv_finish_core");
	return e->key.ip_version == 6 && e->key.dst[0] == 0xff &&
	       (is_reason(e, "IP_INNOROUTES", "ip6_pkt_discard") ||
		is_reason(e, "IP_OUTNOROUTES", "ip6_pkt_discard_out"));
}

static void name_entry(struct drops *d, struct drop_entry *e, int32_t stack_id)
{
	const struct drop_reason *row;

	e->reason_name = kernel_names_reason(d->names, e->key.reason);
	e->function = kernel_names_symbol(d->names, e->key.location, &e->offset);
	row = drop_reason_find(e->reason_name, e->function);
	e->text = row ? row->text : "";
	e->normal = (row && row->normal) || stray_multicast(e);
	/* a fragment that waits has other things where its device was */
	e->no_device = !strncmp(e->reason_name, "FRAG_", 5) || !strcmp(e->reason_name, "DUP_FRAG");
	name_stack(d, e, stack_id);
}

struct drop_entry *drops_get(struct drops *d, const struct drop_key *key, int32_t stack_id)
{
	uint64_t hash = table_hash(key, sizeof(*key));
	struct drop_entry *e = find(d, key, hash);

	if (e)
		return e;
	if (d->table.n < d->max)
		e = calloc(1, sizeof(*e));
	if (!e || table_insert(&d->table, &e->node, hash)) {
		free(e);
		d->lost++;
		return NULL;
	}
	e->key = *key;
	name_entry(d, e, stack_id);
	return e;
}

void drops_forget(struct drops *d, const struct drop_key *key)
{
	struct drop_entry *e = find(d, key, table_hash(key, sizeof(*key)));

	if (!e)
		return;
	table_remove(&d->table, &e->node);
	free(e);
}

static void fill_packet(struct flow *f, const struct drop_key *key, const struct drop_value *value)
{
	bool icmp = key->protocol == PROTO_ICMP || key->protocol == PROTO_ICMPV6;

	f->ip_version = key->ip_version;
	f->protocol = key->protocol;
	f->ethertype = key->ip_version ? 0 : ntohs(key->ethertype);
	f->tcp_flags = value->tcp_flags;
	memcpy(f->src.addr.b, key->src, 16);
	memcpy(f->dst.addr.b, key->dst, 16);
	if (!icmp) {
		f->src.port = ntohs(key->sport);
		f->dst.port = ntohs(key->dport);
		return;
	}
	f->icmp_type = value->icmp_type;
	f->icmp_code = value->icmp_code;
	if (key->sport || f->icmp_type == 8 || f->icmp_type == 128) {
		f->icmp_echo = 1;
		f->icmp_id = ntohs(key->sport);
	}
}

void drop_fill(struct flow *f, struct drop_entry *e, const struct drop_key *key,
	       const struct drop_value *value)
{
	struct flow_drop *drop = &f->drop;

	f->event = FLOW_DROP;
	f->verdict = VERDICT_DROPPED;
	f->is_reply = REPLY_UNKNOWN;
	fill_packet(f, key, value);
	drop->reason = key->reason;
	drop->reason_name = e->reason_name;
	drop->text = e->text;
	drop->normal = e->normal;
	drop->function = e->function;
	drop->offset = e->offset;
	drop->netns = e->no_device ? 0 : key->netns;
	drop->packets = value->packets;
	drop->bytes = value->bytes;
	drop->delta_packets = value->packets - e->told_packets;
	drop->delta_bytes = value->bytes - e->told_bytes;
	e->told_packets = value->packets;
	e->told_bytes = value->bytes;
	drop->stack_depth = e->stack_depth;
	memcpy(drop->stack, e->stack, sizeof(drop->stack));
	if (e->no_device)
		return;
	f->ifindex = key->ifindex;
	snprintf(f->ifname, sizeof(f->ifname), "%.15s", value->ifname);
}
