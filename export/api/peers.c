// SPDX-License-Identifier: MIT
#include "export/api/peers.h"

#include <errno.h>
#include <stdlib.h>

/* peer.ChangeNotificationType */
enum { PEER_ADDED = 1, PEER_DELETED = 2, PEER_UPDATED = 3 };

struct peers {
	struct api_peer *v; /* sorted by name; texts are ours */
	size_t n;
	struct call_node calls;
};

struct notify_call {
	struct call_node node;
	struct api *api;
	struct grpc_call *call;
	size_t sent; /* of the list at the start */
	bool blocked, behind; /* behind: it missed a change while it was blocked */
};

#define CALL_OF(n) ((struct notify_call *)((char *)(n)-offsetof(struct notify_call, node)))

/* -------------------------------------------------------------------- the list */

static void free_list(struct api_peer *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free((char *)v[i].name);
		free((char *)v[i].address);
		free((char *)v[i].tls_server_name);
	}
	free(v);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct api_peer *)a)->name, ((const struct api_peer *)b)->name);
}

/* Sorted; of several of one name the first. NULL without memory. */
static struct api_peer *copy_list(const struct api_peer *from, size_t *n)
{
	struct api_peer *v = calloc(*n + 1, sizeof(*v));
	size_t kept = 0;
	bool fine = v;

	for (size_t i = 0; fine && i < *n; i++) {
		v[i].name = strdup(from[i].name);
		v[i].address = strdup(from[i].address);
		if (from[i].tls_server_name)
			v[i].tls_server_name = strdup(from[i].tls_server_name);
		fine = v[i].name && v[i].address &&
		       !v[i].tls_server_name == !from[i].tls_server_name;
	}
	if (!fine) {
		if (v)
			free_list(v, *n);
		return NULL;
	}
	qsort(v, *n, sizeof(*v), by_name);
	for (size_t i = 0; i < *n; i++) {
		if (kept && !strcmp(v[kept - 1].name, v[i].name)) {
			free((char *)v[i].name);
			free((char *)v[i].address);
			free((char *)v[i].tls_server_name);
			continue;
		}
		v[kept++] = v[i];
	}
	*n = kept;
	return v;
}

size_t peers_list(const struct api *a, const struct api_peer **ret)
{
	*ret = a->peers->v;
	return a->peers->n;
}

/* ------------------------------------------------------------------- telling */

static int tell(struct notify_call *nc, const struct api_peer *p, unsigned int what)
{
	struct text *t = &nc->api->out;
	int ret = 0;

	wire_untrusted(t, 1, p->name, 512);
	wire_untrusted(t, 2, p->address, 512);
	wire_u64(t, 3, what);
	if (p->tls_server_name) {
		size_t tls = wire_open(t, 4);

		wire_untrusted(t, 1, p->tls_server_name, 512);
		wire_close(t, tls);
	}
	ret = t->err ? t->err : grpc_send(nc->call, (const uint8_t *)t->data, t->len);
	t->len = 0;
	t->err = 0;
	return ret;
}

/* All of the list, as far as there is room. */
static void tell_list(struct notify_call *nc)
{
	const struct peers *p = nc->api->peers;
	int ret = 0;

	while (!ret && nc->sent < p->n)
		ret = tell(nc, &p->v[nc->sent++], PEER_ADDED);
	nc->blocked = ret > 0;
}

/*
 * Who is blocked misses it, and gets the whole list again when there is room: to add
 * what is known already is what the receiver takes for an update.
 */
static void tell_change(struct api *a, const struct api_peer *p, unsigned int what)
{
	struct call_node *head = &a->peers->calls;

	for (struct call_node *n = head->next, *next; n != head; n = next) {
		struct notify_call *nc = CALL_OF(n);

		next = n->next;
		if (nc->blocked)
			nc->behind = true;
		else
			nc->blocked = tell(nc, p, what) > 0;
	}
}

static bool differs(const struct api_peer *a, const struct api_peer *b)
{
	return strcmp(a->address, b->address) ||
	       strcmp(a->tls_server_name ? a->tls_server_name : "",
		      b->tls_server_name ? b->tls_server_name : "");
}

static void tell_differences(struct api *a, const struct api_peer *old, size_t n_old)
{
	const struct peers *p = a->peers;
	size_t i = 0, k = 0;

	while (i < n_old || k < p->n) {
		int order = i == n_old ? 1 : k == p->n ? -1 : strcmp(old[i].name, p->v[k].name);

		if (order < 0)
			tell_change(a, &old[i], PEER_DELETED);
		else if (order > 0)
			tell_change(a, &p->v[k], PEER_ADDED);
		else if (differs(&old[i], &p->v[k]))
			tell_change(a, &p->v[k], PEER_UPDATED);
		i += order <= 0;
		k += order >= 0;
	}
}

int api_set_peers(struct api *a, const struct api_peer *peers, size_t n)
{
	struct peers *p = a->peers;
	struct api_peer *old = p->v, *v;
	size_t n_old = p->n;

	if (n > PEERS_MAX)
		n = PEERS_MAX;
	v = copy_list(peers, &n);
	if (!v)
		return -ENOMEM;
	p->v = v;
	p->n = n;
	tell_differences(a, old, n_old);
	free_list(old, n_old);
	return 0;
}

/* ------------------------------------------------------------------- the call */

static void on_notify(void *arg, struct grpc_call *c, const uint8_t *bytes, size_t n)
{
	struct api *a = arg;
	struct notify_call *nc;

	(void)bytes, (void)n;
	if (!api_stream_begin(a, c))
		return;
	nc = calloc(1, sizeof(*nc));
	if (!nc) {
		api_stream_end(a);
		grpc_finish(c, GRPC_RESOURCE_EXHAUSTED, "out of memory");
		return;
	}
	nc->api = a;
	nc->call = c;
	grpc_call_set(c, nc);
	calls_add(&a->peers->calls, &nc->node);
	tell_list(nc);
}

static void on_writable(void *arg, struct grpc_call *c)
{
	struct notify_call *nc = grpc_call_get(c);

	(void)arg;
	if (!nc || !nc->blocked)
		return;
	if (nc->behind)
		nc->sent = 0;
	nc->behind = false;
	tell_list(nc);
}

static void on_gone(void *arg, struct grpc_call *c)
{
	struct notify_call *nc = grpc_call_get(c);

	if (!nc)
		return;
	calls_remove(&nc->node);
	api_stream_end(arg);
	free(nc);
}

void peers_drain(struct api *a)
{
	struct call_node *head = &a->peers->calls;

	for (struct call_node *n = head->next, *next; n != head; n = next) {
		next = n->next;
		calls_remove(n);
		grpc_finish(CALL_OF(n)->call, GRPC_UNAVAILABLE, API_STOPPING);
	}
}

size_t peers_methods(struct api *a, struct grpc_method *m)
{
	(void)a;
	m[0] = (struct grpc_method){
		.path = "/peer.Peer/Notify",
		.message = on_notify,
		.writable = on_writable,
		.gone = on_gone,
	};
	return 1;
}

int peers_new(struct api *a)
{
	a->peers = calloc(1, sizeof(*a->peers));
	if (!a->peers)
		return -ENOMEM;
	calls_init(&a->peers->calls);
	return 0;
}

void peers_free(struct api *a)
{
	if (!a->peers)
		return;
	free_list(a->peers->v, a->peers->n);
	free(a->peers);
	a->peers = NULL;
}
