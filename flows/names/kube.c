// SPDX-License-Identifier: MIT
/* The namer, and what its kinds have in common: configuration, connection, notices. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/kube_client.h"

#define SECOND_NS 1000000000ull
#define TOLD_AGAIN_NS (3600 * SECOND_NS)
#define AGE_EVERY_NS (10 * SECOND_NS)
#define RELOAD_GAP_NS SECOND_NS

const struct kube_timing kube_timing_default = {
	.backoff_ms = 1000,
	.backoff_max_ms = 60000,
	.off_ms = 300000,
	.steady_ms = 5000,
	.list_ms = 60000,
	.list_idle_ms = 20000,
	.watch_s = 300,
	.watch_idle_ms = 150000,
	.config_ms = 60000,
};

static struct kube *kube_of(struct namer *n)
{
	return (struct kube *)n;
}

/* -------------------------------------------------------------------- notices */

void kube_tell(struct kube *k, const char *where, const char *cause, const char *line)
{
	uint64_t now = uv_hrtime();
	unsigned int i;
	char key[64];

	snprintf(key, sizeof(key), "%s %s", where, cause);
	for (i = 0; i < k->n_told; i++)
		if (!strcmp(k->told[i].key, key))
			break;
	if (i < k->n_told && now - k->told[i].at_ns < TOLD_AGAIN_NS)
		return;
	/* with this many causes the oldest words may be said again */
	if (i == k->n_told)
		i = k->n_told < KUBE_CAUSES ? k->n_told++ : now % KUBE_CAUSES;
	memcpy(k->told[i].key, key, sizeof(key));
	k->told[i].at_ns = now;
	k->back_told = false;
	if (k->ev.notice)
		k->ev.notice(k->ev.arg, line);
}

void kube_answered(struct kube *k)
{
	char *line;

	k->answered_ns = uv_hrtime();
	if (!k->away)
		return;
	k->away = false;
	if (k->back_told)
		return;
	k->back_told = true;
	line = kube_line("Kubernetes: %s answers again", kube_auth_config(k->auth)->server);
	if (line && k->ev.notice)
		k->ev.notice(k->ev.arg, line);
	free(line);
}

/* -------------------------------------------------------------- configuration */

static void on_credentials(void *arg, int err, const char *why)
{
	struct kube *k = arg;

	for (int i = 0; i < KUBE_KINDS; i++)
		kube_watch_credentials(&k->watches[i], err, why);
}

/* 0, -ENOENT (quietly none) or -errno; what was there before stays on an error. */
static int read_config(struct kube *k)
{
	const struct kube_auth_events ev = {k, on_credentials};
	struct kube_auth *auth = NULL;
	struct kube_config c = {0};
	char *line = NULL, *said;
	int err = kube_config_find(&k->opt, &c, &line);

	k->config_ns = uv_hrtime();
	if (!err)
		err = kube_auth_new(&c, k->loop, &ev, &auth);
	kube_config_release(&c);
	free(k->problem);
	k->problem = err && err != -ENOENT && !line ? kube_line("%s", strerror(-err)) : line;
	if (err) {
		said = k->problem ? kube_line("Kubernetes: %s", k->problem) : NULL;
		if (said)
			kube_tell(k, "configuration", k->problem, said);
		free(said);
		return err;
	}
	if (k->auth)
		kube_auth_inherit(auth, k->auth);
	kube_auth_close(k->auth);
	k->auth = auth;
	return 0;
}

void kube_refused(struct kube *k)
{
	k->stale = true;
	kube_auth_refused(k->auth);
}

int kube_prepare(struct kube *k, struct http_options *opt, char **ret_error)
{
	/* a program that is being asked is not asked twice */
	if (k->stale && uv_hrtime() - k->config_ns > RELOAD_GAP_NS && !kube_auth_busy(k->auth)) {
		k->stale = false;
		read_config(k);
	}
	return kube_auth_fill(k->auth, opt, ret_error);
}

/* libcurl is loaded here: whoever has no cluster does without its megabytes. */
static bool open_http(struct kube *k)
{
	char *said;

	if (k->http || !http_new(k->loop, &k->http))
		return true;
	k->no_http = true;
	free(k->problem);
	k->problem = strdup("libcurl.so.4 cannot be loaded: install libcurl4");
	said = k->problem ? kube_line("Kubernetes: %s", k->problem) : NULL;
	if (said)
		kube_tell(k, "libcurl", "", said);
	free(said);
	kube_auth_close(k->auth);
	k->auth = NULL;
	return false;
}

static void begin(struct kube *k)
{
	if (read_config(k) || !open_http(k))
		return;
	for (int i = 0; i < KUBE_KINDS; i++)
		kube_watch_start(&k->watches[i]);
}

/* ------------------------------------------------------------------ the namer */

static int on_start(struct namer *n, uv_loop_t *loop, const struct namer_events *ev)
{
	struct kube *k = kube_of(n);

	k->loop = loop;
	k->ev = *ev;
	for (int i = 0; i < KUBE_KINDS; i++) {
		uv_timer_init(loop, &k->watches[i].timer);
		k->watches[i].timer.data = &k->watches[i];
	}
	k->started = true;
	if (k->opt.no_kubernetes)
		return 0;
	begin(k);
	return 0;
}

/* The end that was asked for, as far as that is known: where its Service is. */
static bool is_server(const struct flow *f, const struct flow_end *e)
{
	return f->is_reply == REPLY_UNKNOWN || (e == &f->dst) == (f->is_reply == REPLY_NO);
}

static struct service *find_service(struct kube_store *s, const struct flow *f,
				    const struct flow_end *e)
{
	struct service *found = NULL;

	/* what the client asked for, before translation */
	if (f->has_nat && f->is_reply != REPLY_UNKNOWN)
		found = kube_store_service(s, &f->nat_orig.dst, f->nat_orig.dport, f->protocol);
	return found ? found : kube_store_service(s, &e->addr, e->port, f->protocol);
}

static void on_end(struct namer *n, const struct flow *f, struct flow_end *e,
		   const struct flow_end *other)
{
	struct kube *k = kube_of(n);

	(void)other;
	if (!k->auth || !f->ip_version)
		return;
	if (!e->endpoint)
		e->endpoint = endpoint_get(kube_store_address(k->store, &e->addr));
	if (e->endpoint && e->endpoint->identity)
		e->identity = e->endpoint->identity;
	if (!e->service && e->port && is_server(f, e))
		e->service = service_get(find_service(k->store, f, e));
}

static void on_tick(struct namer *n, uint64_t now_ns)
{
	struct kube *k = kube_of(n);

	if (now_ns - k->aged_ns >= AGE_EVERY_NS) {
		k->aged_ns = now_ns;
		kube_store_age(k->store, now_ns);
	}
	if (!k->auth && !k->no_http && k->problem &&
	    uv_hrtime() - k->config_ns > k->timing.config_ms * 1000000ull)
		begin(k);
}

static void connection_status(const struct kube *k, const struct names_rows *rows, uint64_t now)
{
	const struct kube_config *c = k->auth ? kube_auth_config(k->auth) : NULL;
	struct names_row row = {.what = "kubernetes API"};
	char state[400];

	if (c)
		snprintf(state, sizeof(state), "%s, %s%s%s%s", c->server, c->origin,
			 k->opt.kube_scope_node ? ", pods of " : "",
			 k->opt.kube_scope_node ? k->node_name : "", k->away ? ", away" : "");
	else if (k->problem)
		snprintf(state, sizeof(state), "%s", k->problem);
	else
		snprintf(state, sizeof(state), "%s",
			 k->opt.no_kubernetes ? "switched off"
					      : "no cluster configured (see --kubeconfig)");
	row.state = state;
	row.age_ns = k->answered_ns ? now - k->answered_ns : 0;
	row.none = !c && !k->problem;
	row.failed = !row.none && (!c || k->away || k->problem);
	rows->row(rows->arg, &row);
}

static void watch_status(const struct kube_watch *w, const struct names_rows *rows, uint64_t now_ns)
{
	char what[48], state[400];
	const char *doing = w->request ? w->listing ? "listing" : "watching" : "waiting";
	struct names_row row = {.what = what, .state = state};

	snprintf(what, sizeof(what), "kubernetes %s", kube_kind_title(w->kind));
	if (w->problem)
		snprintf(state, sizeof(state), "%s%s; asked again in %llu s", w->off ? "off: " : "",
			 w->problem, (unsigned long long)uv_timer_get_due_in(&w->timer) / 1000);
	else
		snprintf(state, sizeof(state), "%s%s", doing,
			 !w->known			? ""
			 : w->encoding == KUBE_PROTOBUF ? " (protobuf)"
							: " (JSON)");
	row.max = KUBE_OBJECTS_MAX;
	row.entries = kube_store_count(w->kube->store, w->kind);
	row.age_ns = w->current_ns && now_ns > w->current_ns ? now_ns - w->current_ns : 0;
	row.failed = w->problem != NULL;
	rows->row(rows->arg, &row);
}

static void on_status(struct namer *n, const struct names_rows *rows)
{
	struct kube *k = kube_of(n);
	struct names_row refused = {.what = "kubernetes objects left out",
				    .state = "the store is full"};
	uint64_t now = uv_hrtime();

	connection_status(k, rows, now);
	for (int i = 0; k->auth && i < KUBE_KINDS; i++)
		watch_status(&k->watches[i], rows, now);
	refused.evicted = kube_store_refused(k->store);
	refused.failed = true;
	if (refused.evicted)
		rows->row(rows->arg, &refused);
}

static void on_stop(struct namer *n)
{
	struct kube *k = kube_of(n);

	if (!k->started)
		return;
	k->started = false;
	for (int i = 0; i < KUBE_KINDS; i++)
		kube_watch_stop(&k->watches[i]);
	kube_auth_close(k->auth);
	k->auth = NULL;
	http_stop(k->http);
}

static void on_free(struct namer *n)
{
	struct kube *k = kube_of(n);

	if (!k)
		return;
	for (int i = 0; i < KUBE_KINDS; i++)
		kube_watch_free(&k->watches[i]);
	http_free(k->http);
	free(k->problem);
	free((char *)k->opt.kubeconfig);
	free((char *)k->opt.kube_context);
	free((char *)k->opt.root);
	free(k);
}

/* ------------------------------------------------------------------- making it */

static bool copy_string(const char **s)
{
	char *copy = *s ? strdup(*s) : NULL;
	bool ok = copy || !*s;

	*s = copy;
	return ok;
}

int kube_new(const struct names_options *opt, struct kube_store *store, struct namer **ret)
{
	struct kube *k = calloc(1, sizeof(*k));
	bool ok;

	if (!k)
		return -ENOMEM;
	k->namer = (struct namer){
		.start = on_start,
		.end = on_end,
		.tick = on_tick,
		.status = on_status,
		.stop = on_stop,
		.free = on_free,
	};
	k->store = store;
	k->opt = *opt;
	k->timing = kube_timing_default;
	names_node(opt->node_name, k->node_name, sizeof(k->node_name));
	for (int i = 0; i < KUBE_KINDS; i++)
		kube_watch_init(&k->watches[i], k, i);
	ok = copy_string(&k->opt.kubeconfig);
	ok &= copy_string(&k->opt.kube_context);
	ok &= copy_string(&k->opt.root);
	if (!ok) {
		on_free(&k->namer);
		return -ENOMEM;
	}
	*ret = &k->namer;
	return 0;
}

void kube_set_timing(struct namer *n, const struct kube_timing *t)
{
	kube_of(n)->timing = *t;
}

bool kube_settled(const struct namer *n)
{
	const struct kube *k = (const struct kube *)n;

	for (int i = 0; k->auth && i < KUBE_KINDS; i++)
		if (!k->watches[i].settled)
			return false;
	return true;
}
