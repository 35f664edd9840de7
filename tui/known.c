// SPDX-License-Identifier: MIT
/*
 * A kind has a ring of its newest values and a hash over them. What names an end
 * (endpoint, process, Service, DNS names) is shared by many flows: those looked at last are
 * remembered by their address, held so that no other takes it, and cost a comparison.
 */
#include "tui/known.h"

#include <stdlib.h>
#include <string.h>

#include "flows/table.h"
#include "flows/text.h"

#define SLOTS (2 * KNOWN_MAX) /* of a kind's hash */
#define VALUE_MAX 256
#define SEEN 512 /* names looked at last, a kind of them; a power of two */
#define SEEN_ADDRS 4096
#define EPHEMERAL 32768
#define BUSY 2000 /* flows a second: of more it looks at one in SAMPLE */
#define SAMPLE 16

struct set {
	char *ring[KNOWN_MAX];
	size_t next; /* place in the ring */
	size_t n;
	uint16_t slots[SLOTS]; /* place in the ring + 1; 0: free */
	struct ui_words words; /* made when it is asked for */
	bool changed;
};

struct known {
	struct set sets[KNOWNS];
	struct endpoint *endpoints[SEEN];
	struct process *processes[SEEN];
	struct service *services[SEEN];
	struct name_list *names[SEEN];
	struct ip_addr addrs[SEEN_ADDRS];
	const char *reasons[64]; /* of the source, which outlives this */
	uint8_t ports[65536 / 8];
	char last_iface[16], last_node[VALUE_MAX];
	uint64_t second, in_second; /* the flows' clock */
};

/* ------------------------------------------------------------------------ sets */

/* Seeded: who asks for names chooses them. */
static size_t slot_of(const char *s)
{
	return table_hash(s, strlen(s)) % SLOTS;
}

/* The slot of s, or the free one where it belongs. */
static size_t find(const struct set *set, const char *s)
{
	size_t i = slot_of(s);

	while (set->slots[i] && strcmp(set->ring[set->slots[i] - 1], s))
		i = (i + 1) % SLOTS;
	return i;
}

/* Frees a slot, and closes the gap for those that were put behind it. */
static void drop(struct set *set, const char *s)
{
	size_t gap = find(set, s), i = gap;

	set->slots[gap] = 0;
	for (i = (i + 1) % SLOTS; set->slots[i]; i = (i + 1) % SLOTS) {
		size_t home = slot_of(set->ring[set->slots[i] - 1]);

		if ((i + SLOTS - home) % SLOTS < (i + SLOTS - gap) % SLOTS)
			continue;
		set->slots[gap] = set->slots[i];
		set->slots[i] = 0;
		gap = i;
	}
}

static void add(struct known *k, enum ui_known kind, const char *s)
{
	struct set *set = &k->sets[kind];
	size_t i, n = s ? strnlen(s, VALUE_MAX) : 0;
	char *copy;

	if (!n || n == VALUE_MAX || set->slots[i = find(set, s)])
		return;
	copy = strdup(s);
	if (!copy)
		return;
	if (set->ring[set->next]) {
		drop(set, set->ring[set->next]);
		free(set->ring[set->next]);
		i = find(set, s);
	} else {
		set->n++;
	}
	set->ring[set->next] = copy;
	set->slots[i] = set->next + 1;
	set->next = (set->next + 1) % KNOWN_MAX;
	set->changed = true;
}

static void add_pair(struct known *k, enum ui_known kind, const char *dir, const char *name)
{
	char both[2 * VALUE_MAX];
	size_t n = strnlen(dir, VALUE_MAX), m = strnlen(name, VALUE_MAX);

	if (!m || n == VALUE_MAX || m == VALUE_MAX)
		return;
	memcpy(both, dir, n);
	both[n] = '/';
	memcpy(both + n + 1, name, m + 1);
	add(k, kind, n ? both : name);
}

/* ------------------------------------------------------------------------ ends */

static size_t place_of(const void *p)
{
	return ((uintptr_t)p >> 4 ^ (uintptr_t)p >> 13) % SEEN;
}

static void see_endpoint(struct known *k, struct endpoint *e)
{
	struct endpoint **seen = &k->endpoints[place_of(e)];

	if (!e || *seen == e)
		return;
	endpoint_put(*seen);
	*seen = endpoint_get(e);
	add(k, KNOWN_NAMESPACE, e->namespace_name);
	add_pair(k, KNOWN_POD, e->namespace_name, e->name);
	add_pair(k, KNOWN_WORKLOAD, e->workload_kind, e->workload);
	add(k, KNOWN_NODE, e->node);
	for (size_t i = 0; i < e->n_labels; i++)
		add(k, KNOWN_LABEL, e->labels[i]);
}

static void see_process(struct known *k, struct process *p)
{
	struct process **seen = &k->processes[place_of(p)];

	if (!p || *seen == p)
		return;
	process_put(*seen);
	*seen = process_get(p);
	if (memchr(p->comm, 0, sizeof(p->comm)))
		add(k, KNOWN_PROCESS, p->comm);
}

static void see_service(struct known *k, struct service *s)
{
	struct service **seen = &k->services[place_of(s)];

	if (!s || *seen == s)
		return;
	service_put(*seen);
	*seen = service_get(s);
	add(k, KNOWN_NAMESPACE, s->namespace_name);
	add_pair(k, KNOWN_SERVICE, s->namespace_name, s->name);
}

static void see_names(struct known *k, struct name_list *l)
{
	struct name_list **seen = &k->names[place_of(l)];

	if (!l || *seen == l)
		return;
	name_list_put(*seen);
	*seen = name_list_get(l);
	for (size_t i = 0; i < l->n; i++)
		add(k, KNOWN_DNS, l->names[i]);
}

static void see_addr(struct known *k, const struct ip_addr *a)
{
	static const struct ip_addr none;
	struct ip_addr *seen;
	char buf[64];
	uint64_t w[2];

	memcpy(w, a, sizeof(w));
	w[0] = (w[0] ^ w[1]) * 0x9e3779b97f4a7c15ull;
	seen = &k->addrs[w[0] >> 52];
	if (!memcmp(seen, a, sizeof(*a)) || !memcmp(&none, a, sizeof(*a)))
		return;
	*seen = *a;
	add(k, KNOWN_IP, ip_addr_text(a, buf));
}

static void see_port(struct known *k, uint16_t port)
{
	if (port)
		k->ports[port / 8] |= 1 << port % 8;
}

/* The responder's: those that a client takes for a while are nothing to ask for. */
static void see_ports(struct known *k, const struct flow *f)
{
	if (f->is_reply != REPLY_YES && (f->is_reply == REPLY_NO || f->dst.port < EPHEMERAL))
		see_port(k, f->dst.port);
	if (f->is_reply != REPLY_NO && (f->is_reply == REPLY_YES || f->src.port < EPHEMERAL))
		see_port(k, f->src.port);
}

static void see_end(struct known *k, const struct flow_end *e)
{
	see_addr(k, &e->addr);
	see_endpoint(k, e->endpoint);
	see_process(k, e->process);
	see_service(k, e->service);
	see_names(k, e->dns);
	see_names(k, e->reverse);
}

static void see_reason(struct known *k, const char *reason)
{
	const char **seen = &k->reasons[((uintptr_t)reason >> 3) % 64];

	if (!reason || *seen == reason)
		return;
	*seen = reason;
	add(k, KNOWN_DROP_REASON, reason);
}

/* The last one is mostly this one, too. */
static void see_text(struct known *k, enum ui_known kind, const char *s, char *last, size_t size)
{
	size_t n = s ? strnlen(s, size) : 0;

	if (!n || n == size || !strcmp(last, s))
		return;
	memcpy(last, s, n + 1);
	add(k, kind, s);
}

/* Messages have the dot at the end, which nobody types. */
static void see_query(struct known *k, const char *query)
{
	size_t n = query ? strnlen(query, VALUE_MAX) : 0;
	char name[VALUE_MAX];

	if (!n || n == VALUE_MAX)
		return;
	memcpy(name, query, n + 1);
	if (n > 1 && name[n - 1] == '.')
		name[n - 1] = '\0';
	add(k, KNOWN_DNS, name);
}

/* What goes on says again what its beginning said; names that came late are met in a while. */
static bool is_worth_it(struct known *k, const struct flow *f)
{
	uint64_t second = f->time_ns >> 30;

	if (second != k->second) {
		k->second = second;
		k->in_second = 0;
	}
	k->in_second++;
	if (k->in_second % SAMPLE == 0)
		return true;
	if (k->in_second > BUSY)
		return false;
	return f->hubble || (f->event != FLOW_REPORT && f->event != FLOW_FLAGS);
}

void known_flow(struct known *k, const struct flow *f)
{
	if (!k || !is_worth_it(k, f))
		return;
	if (f->ip_version) {
		see_end(k, &f->src);
		see_end(k, &f->dst);
		see_ports(k, f);
	}
	if (f->event == FLOW_DROP)
		see_reason(k, f->drop.reason_name);
	see_text(k, KNOWN_INTERFACE, f->ifname, k->last_iface, sizeof(k->last_iface));
	if (f->hubble)
		see_text(k, KNOWN_NODE, f->hubble->node_name, k->last_node, sizeof(k->last_node));
	if (f->l7 && f->l7->protocol == L7_DNS && f->l7->type == L7_REQUEST)
		see_query(k, f->l7->dns.query);
}

/* ----------------------------------------------------------------------- words */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_ports(struct known *k)
{
	char buf[8];

	for (unsigned int port = 0; port < 65536; port++)
		if (k->ports[port / 8] & 1 << port % 8) {
			struct text t = {0};

			text_u64(&t, port);
			if (t.len && t.len < sizeof(buf)) {
				memcpy(buf, t.data, t.len);
				buf[t.len] = '\0';
				add(k, KNOWN_PORT, buf);
			}
			text_free(&t);
		}
}

const struct ui_words *known_words(void *known, enum ui_known kind)
{
	static const struct ui_words none;
	struct known *k = known;
	struct set *set;
	char **v;

	if (!k || kind >= KNOWNS)
		return &none;
	set = &k->sets[kind];
	if (kind == KNOWN_PORT)
		add_ports(k);
	if (!set->changed)
		return &set->words;
	v = reallocarray(set->words.v, set->n, sizeof(*v));
	if (!v)
		return &none;
	set->words = (struct ui_words){v, 0};
	for (size_t i = 0; i < KNOWN_MAX; i++)
		if (set->ring[i])
			v[set->words.n++] = set->ring[i];
	qsort(v, set->words.n, sizeof(*v), by_text);
	set->changed = false;
	return &set->words;
}

struct known *known_new(void)
{
	return calloc(1, sizeof(struct known));
}

void known_free(struct known *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < KNOWNS; i++) {
		for (size_t j = 0; j < KNOWN_MAX; j++)
			free(k->sets[i].ring[j]);
		free(k->sets[i].words.v);
	}
	for (size_t i = 0; i < SEEN; i++) {
		endpoint_put(k->endpoints[i]);
		process_put(k->processes[i]);
		service_put(k->services[i]);
		name_list_put(k->names[i]);
	}
	free(k);
}
