// SPDX-License-Identifier: MIT
#include "flows/names/resolver.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flows/names/addr_cache.h"
#include "flows/names/ares_loop.h"
#include "flows/names/reverse.h"
#include "flows/names/world.h"

#define IN_FLIGHT 64
#define WAITING 1024 /* a power of two */
#define PER_SECOND 256 /* whoever floods us with forged sources does not flood the DNS server */
#define NS_PER_S 1000000000ull
#define TTL_MIN_S 60
#define TTL_MAX_S 3600
#define NO_NAME_S 300
#define FAILED_S 30
#define CHECK_NS (5 * NS_PER_S)
#define NAMES_KEPT 4 /* of an address, which has one most often */
#define FAILURES_TOLD 8 /* in a row, before a person is told */

/* struct addr_entry's state; its value is a struct name_list, NULL: no name. */
enum { KNOWN, ASKED };

struct resolver;

struct query {
	struct resolver *resolver; /* NULL: free */
	struct ip_addr addr;
};

struct resolver {
	struct namer namer;
	uv_loop_t *loop;
	struct namer_events ev;
	struct ares_loop *ares; /* NULL: off, or closed */
	bool library, off, pumping, closing, told;
	char *server, *resolv_conf;
	struct stat resolv_stat;
	uint16_t dns_ports[16];
	pid_t pid;
	uint64_t checked_ns;

	struct addr_cache *cache;
	struct query queries[IN_FLIGHT];
	unsigned int in_flight, budget; /* budget: questions until the next tick */
	struct ip_addr waiting[WAITING];
	unsigned int head, tail;
	uint64_t left_out, asked, failures, failures_in_row;
	char why[96]; /* the last failure */
};

static void pump(struct resolver *r);

/* ------------------------------------------------------------------ answers */

static void release_names(void *value)
{
	name_list_put(value);
}

/* The names of an answer, most often one. NULL: it has none. */
static struct name_list *names_of(const uint8_t *message, int size, const struct ip_addr *a,
				  uint32_t *ret_ttl_s)
{
	char query[REVERSE_QUERY_MAX];
	const char *names[NAMES_KEPT];
	struct reverse_names *found = malloc(sizeof(*found));
	struct name_list *list = NULL;
	size_t n = 0;

	if (!found)
		return NULL;
	/* What is broken behind the first names does not unsay them. */
	reverse_names(message, size, reverse_query(a, query), found);
	for (; n < found->n && n < NAMES_KEPT; n++)
		names[n] = found->names[n];
	if (n)
		list = name_list_new(names, n);
	*ret_ttl_s = found->ttl_s < TTL_MIN_S	? TTL_MIN_S
		     : found->ttl_s > TTL_MAX_S ? TTL_MAX_S
						: found->ttl_s;
	free(found);
	return list;
}

static void set_names(struct addr_entry *e, struct name_list *names, uint64_t until_ns)
{
	name_list_put(e->value);
	e->value = names;
	e->until_ns = until_ns;
}

static void failed(struct resolver *r, int status)
{
	char line[256];

	r->failures++;
	r->failures_in_row++;
	snprintf(r->why, sizeof(r->why), "%s", ares_strerror(status));
	if (r->failures_in_row < FAILURES_TOLD || r->told)
		return;
	r->told = true;
	snprintf(line, sizeof(line),
		 "reverse look-ups: the DNS server gives no answers (%s): "
		 "addresses stay without names (--no-resolve asks for none)",
		 r->why);
	r->ev.notice(r->ev.arg, line);
}

/* An old name outlives a server that fails. */
static void answered(struct resolver *r, struct addr_entry *e, int status, const uint8_t *message,
		     int size)
{
	uint64_t now = uv_now(r->loop) * 1000000;
	struct name_list *names;
	uint32_t ttl_s = 0;

	e->state = KNOWN;
	if (status == ARES_SUCCESS || status == ARES_ENOTFOUND || status == ARES_ENODATA) {
		names = status == ARES_SUCCESS ? names_of(message, size, &e->addr, &ttl_s) : NULL;
		set_names(e, names, now + (names ? ttl_s : NO_NAME_S) * NS_PER_S);
		r->failures_in_row = 0;
	} else if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) {
		e->until_ns = now; /* the servers have changed: at its next flow */
	} else {
		e->until_ns = now + FAILED_S * NS_PER_S;
		failed(r, status);
	}
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *message, int size)
{
	struct query *q = arg;
	struct resolver *r = q->resolver;
	struct addr_entry *e;

	(void)timeouts;
	q->resolver = NULL;
	r->in_flight--;
	if (r->closing)
		return;
	e = addr_cache_find(r->cache, &q->addr);
	if (!e)
		e = addr_cache_add(r->cache, &q->addr); /* thrown out meanwhile */
	answered(r, e, status, message, size);
	pump(r);
}

/* ---------------------------------------------------------------- questions */

static void ask(struct resolver *r, const struct ip_addr *a)
{
	struct query *q = r->queries;
	char name[REVERSE_QUERY_MAX];

	while (q->resolver)
		q++;
	q->resolver = r;
	q->addr = *a;
	r->in_flight++;
	r->budget--;
	r->asked++;
	ares_loop_ptr(r->ares, reverse_query(a, name), on_answer, q);
}

/* c-ares may answer at once, from within ares_query(). */
static void pump(struct resolver *r)
{
	if (r->pumping)
		return;
	r->pumping = true;
	while (r->ares && r->budget && r->in_flight < IN_FLIGHT && r->head != r->tail) {
		struct ip_addr a = r->waiting[r->head++ % WAITING];

		ask(r, &a);
	}
	r->pumping = false;
}

static bool enqueue(struct resolver *r, const struct ip_addr *a)
{
	if (r->tail - r->head == WAITING) {
		r->left_out++;
		return false;
	}
	r->waiting[r->tail++ % WAITING] = *a;
	pump(r);
	return true;
}

/*
 * Whom a question would make ask further questions: DNS servers. A resolver on this
 * machine would otherwise be seen to ask other servers, these be looked up in
 * their turn, and so on.
 */
static bool must_not_ask(const struct resolver *r, const struct flow *f, const struct flow_end *e)
{
	if (e->port == 53 || e->port == 853)
		return true;
	for (unsigned int i = 0; r->dns_ports[i]; i++)
		if (e->port == r->dns_ports[i])
			return true;
	return (f->src.process && f->src.process->pid == (uint32_t)r->pid) ||
	       (f->dst.process && f->dst.process->pid == (uint32_t)r->pid);
}

static void look_up(struct resolver *r, const struct flow *f, struct flow_end *e,
		    struct addr_entry *known)
{
	if (!r->ares || must_not_ask(r, f, e))
		return;
	if (!known) {
		/* What there is no room for is not remembered, so its next flow asks again. */
		if (r->tail - r->head == WAITING) {
			r->left_out++;
			return;
		}
		known = addr_cache_add(r->cache, &e->addr);
	}
	known->state = ASKED; /* first: the answer may come from within */
	if (!enqueue(r, &e->addr))
		known->state = KNOWN;
}

static void resolver_end(struct namer *n, const struct flow *f, struct flow_end *e,
			 const struct flow_end *other)
{
	struct resolver *r = (struct resolver *)n;
	struct addr_entry *known;

	(void)other;
	if (e->reverse || e->service || e->dns || !end_is_world(e) || r->off)
		return;
	known = addr_cache_find(r->cache, &e->addr);
	if (known)
		e->reverse = name_list_get(known->value);
	if (!known || (known->state == KNOWN && known->until_ns <= uv_now(r->loop) * 1000000))
		look_up(r, f, e, known);
}

/* ------------------------------------------------------------------ the run */

static int start_asking(struct resolver *r)
{
	const char *why;
	int err = ares_loop_open(r->loop, r->resolv_conf, r->server, &r->ares, &why);

	if (err)
		snprintf(r->why, sizeof(r->why), "%s", why);
	return err;
}

/* Who is on the way ends with ARES_EDESTRUCTION, who waits stays. */
static void stop_asking(struct resolver *r)
{
	struct ares_loop *ares = r->ares;

	r->ares = NULL;
	ares_loop_close(ares);
}

static void resolver_tick(struct namer *n, uint64_t now_ns)
{
	struct resolver *r = (struct resolver *)n;
	struct stat st;

	if (r->off)
		return;
	r->budget = PER_SECOND;
	pump(r);
	if (r->server || now_ns - r->checked_ns < CHECK_NS)
		return;
	r->checked_ns = now_ns;
	if (stat(r->resolv_conf, &st) ||
	    (st.st_ino == r->resolv_stat.st_ino && st.st_size == r->resolv_stat.st_size &&
	     st.st_mtim.tv_sec == r->resolv_stat.st_mtim.tv_sec &&
	     st.st_mtim.tv_nsec == r->resolv_stat.st_mtim.tv_nsec))
		return;
	r->resolv_stat = st;
	stop_asking(r);
	start_asking(r);
	pump(r);
}

static int resolver_start(struct namer *n, uv_loop_t *loop, const struct namer_events *ev)
{
	struct resolver *r = (struct resolver *)n;
	char line[400];

	r->loop = loop;
	r->ev = *ev;
	if (r->off)
		return 0;
	if (stat(r->resolv_conf, &r->resolv_stat))
		r->resolv_stat = (struct stat){0};
	if (start_asking(r)) {
		snprintf(line, sizeof(line), "no reverse look-ups: %s%s%s",
			 r->server ? r->server : "", r->server ? ": " : "", r->why);
		ev->notice(ev->arg, line);
		r->off = true;
		return -EINVAL;
	}
	return 0;
}

static void resolver_status(struct namer *n, const struct names_rows *rows)
{
	struct resolver *r = (struct resolver *)n;
	char state[512], servers[256] = "";
	struct names_row row = {
		.what = "reverse names",
		.state = state,
		.entries = addr_cache_count(r->cache),
		.max = ADDR_CACHE_MAX,
		.evicted = addr_cache_evicted(r->cache) + r->left_out,
		.none = !r->ares && !*r->why,
		.failed = r->ares ? r->failures_in_row >= FAILURES_TOLD : *r->why,
	};

	if (r->ares)
		ares_loop_servers(r->ares, servers, sizeof(servers));
	if (!r->ares)
		snprintf(state, sizeof(state), "off%s%s", *r->why ? ": " : "", r->why);
	else
		snprintf(state, sizeof(state),
			 "asks %s; %" PRIu64 " asked, %" PRIu64
			 " failed%s%s; %u in flight, %u waiting",
			 servers, r->asked, r->failures, *r->why ? ", the last: " : "", r->why,
			 r->in_flight, r->tail - r->head);
	rows->row(rows->arg, &row);
}

static void resolver_stop(struct namer *n)
{
	struct resolver *r = (struct resolver *)n;

	if (r->off)
		return;
	r->closing = true;
	stop_asking(r);
}

static void resolver_free(struct namer *n)
{
	struct resolver *r = (struct resolver *)n;

	if (r->library)
		ares_library_cleanup();
	addr_cache_free(r->cache);
	free(r->server);
	free(r->resolv_conf);
	free(r);
}

static int init(struct resolver *r, const struct names_options *opt)
{
	size_t n = 0;

	r->off = opt->no_resolve;
	r->pid = getpid();
	r->budget = PER_SECOND;
	while (opt->dns_ports && opt->dns_ports[n] && n < 15) {
		r->dns_ports[n] = opt->dns_ports[n];
		n++;
	}
	if (opt->dns_server && !(r->server = strdup(opt->dns_server)))
		return -ENOMEM;
	if (asprintf(&r->resolv_conf, "%s/etc/resolv.conf", opt->root ? opt->root : "") < 0) {
		r->resolv_conf = NULL;
		return -ENOMEM;
	}
	r->library = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
	if (!r->library)
		return -ENOMEM;
	return addr_cache_new(ADDR_CACHE_MAX, release_names, &r->cache);
}

int resolver_new(const struct names_options *opt, struct namer **ret)
{
	struct resolver *r = calloc(1, sizeof(*r));
	int err = r ? init(r, opt) : -ENOMEM;

	if (err) {
		if (r)
			resolver_free(&r->namer);
		return err;
	}
	r->namer = (struct namer){
		.start = resolver_start,
		.end = resolver_end,
		.tick = resolver_tick,
		.status = resolver_status,
		.stop = resolver_stop,
		.free = resolver_free,
	};
	*ret = &r->namer;
	return 0;
}
