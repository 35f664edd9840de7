/* SPDX-License-Identifier: MIT */
#include "flows/capture/sweep.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/key.h"

#define BATCH 512		/* a bucket never holds nearly as many */
#define CLOSED_QUIET_MS 1000	/* a closed connection's END waits for late packets */
#define CLOSED_KEEP_MS 10000	/* and its entry stays, so that one later still begins nothing */
#define PRESSED_IDLE_MS 5000	/* idle time-out when a map is nearly full */
#define DROP_IDLE_MS 10000
#define EMPTY_WALKS 2		/* a connection is counted and put into its map one after the other */
#define TCP 6

struct sweep {
	struct sweep_options opt;
	bool no_batch, no_take; /* this kernel lacks the operation */
	uint64_t active, counted;
	uint32_t filled4, filled6; /* entries at the last walk */
	uint64_t made;		/* connections, at the last walk */
	unsigned int empty_walks; /* since then, in a row */
	void *keys;
	union {
		struct conn *conns;
		struct drop_value *drops;
		void *values;
	};
};

int sweep_new(const struct sweep_options *opt, struct sweep **ret)
{
	struct sweep *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->opt = *opt;
	s->keys = malloc(BATCH * sizeof(struct drop_key));
	s->values = malloc(BATCH * sizeof(struct conn));
	if (!s->keys || !s->values) {
		sweep_free(s);
		return -ENOMEM;
	}
	*ret = s;
	return 0;
}

void sweep_free(struct sweep *s)
{
	if (!s)
		return;
	free(s->keys);
	free(s->values);
	free(s);
}

uint64_t sweep_active(const struct sweep *s)
{
	return s->active;
}

/* ------------------------------------------------------- walking a map */

typedef void visit_fn(struct sweep *s, const void *key, const void *value, const void *arg);

/* One by one, for kernels without batches (before 5.6). The successor is found before the visit. */
static int walk_single(struct sweep *s, int fd, visit_fn *visit, const void *arg)
{
	struct drop_key key, next;
	int more = bpf_map_get_next_key(fd, NULL, &key);

	while (!more) {
		more = bpf_map_get_next_key(fd, &key, &next);
		if (!bpf_map_lookup_elem(fd, &key, s->values))
			visit(s, &key, s->values, arg);
		key = next;
	}
	return 0;
}

static int walk(struct sweep *s, int fd, size_t key_size, size_t value_size, visit_fn *visit,
		const void *arg)
{
	DECLARE_LIBBPF_OPTS(bpf_map_batch_opts, opts);
	uint32_t position, n;
	void *from = NULL;
	int err = 0;

	while (!s->no_batch && !err) {
		n = BATCH;
		err = bpf_map_lookup_batch(fd, from, &position, s->keys, s->values, &n, &opts);
		if (err && errno != ENOENT) {
			if (!from) {
				s->no_batch = true;
				break;
			}
			return -errno;
		}
		for (uint32_t i = 0; i < n; i++)
			visit(s, (char *)s->keys + i * key_size, (char *)s->values + i * value_size,
			      arg);
		from = &position;
	}
	return s->no_batch ? walk_single(s, fd, visit, arg) : 0;
}

/* --------------------------------------------------------- connections */

struct walk_conns {
	int fd;
	bool v4, everything, pressed;
	uint32_t jiffies;
};

static uint32_t quiet_ms(const struct sweep *s, const struct conn *conn, uint32_t jiffies)
{
	int32_t a = jiffies - conn->dir[0].last_jiffies, b = jiffies - conn->dir[1].last_jiffies;
	int32_t ticks = a < b ? a : b;

	return ticks < 0 ? 0 : (uint64_t)ticks * 1000 / s->opt.hz;
}

/* Milliseconds of silence after which an open connection counts as over. */
static uint32_t idle_limit(const struct sweep *s, uint8_t protocol, const struct conn *conn,
			   bool pressed)
{
	bool established = protocol == TCP && conn->dir[0].flags & TCPF_ACK &&
			   conn->dir[1].flags & TCPF_ACK &&
			   !((conn->dir[0].flags | conn->dir[1].flags) & TCPF_FIN);

	if (pressed)
		return established ? 12 * PRESSED_IDLE_MS : PRESSED_IDLE_MS;
	return established ? s->opt.tcp_idle_ms : s->opt.idle_ms;
}

/* Out of the map, with the value that stood in it at that moment. */
static bool take(struct sweep *s, int fd, const void *key, void *ret)
{
	if (!s->no_take && !bpf_map_lookup_and_delete_elem(fd, key, ret))
		return true;
	if (!s->no_take && errno == ENOENT)
		return false;
	s->no_take = true;
	return !bpf_map_lookup_elem(fd, key, ret) && !bpf_map_delete_elem(fd, key);
}

static void visit_conn(struct sweep *s, const void *key, const void *value, const void *arg)
{
	const struct walk_conns *w = arg;
	const struct conn *conn = value;
	uint8_t protocol = w->v4 ? ((const struct conn_key4 *)key)->protocol :
				   ((const struct conn_key6 *)key)->protocol;
	uint32_t quiet = quiet_ms(s, conn, w->jiffies);
	bool closed = CONN_CLOSED(conn), gone;
	struct conn_key6 key6;
	struct conn last;

	s->counted++;
	s->active += !(conn->state & CONN_ALIAS) && !closed;
	if (w->v4)
		conn_key4_to_6(key, &key6);
	else
		key6 = *(const struct conn_key6 *)key;
	gone = w->everything || (closed && quiet >= (w->pressed ? CLOSED_QUIET_MS : CLOSED_KEEP_MS)) ||
	       (!closed && quiet >= idle_limit(s, protocol, conn, w->pressed));
	if (!gone) {
		if (closed && quiet >= CLOSED_QUIET_MS)
			collector_end(s->opt.collector, &key6, conn, false);
		return;
	}
	if (!take(s, w->fd, key, &last))
		return;
	collector_end(s->opt.collector, &key6, &last, true);
	collector_forget(s->opt.collector, &key6);
}

static int sweep_conns(struct sweep *s, int fd, bool v4, uint32_t max, uint32_t *filled,
		       uint32_t jiffies, bool everything)
{
	struct walk_conns w = {.fd = fd, .v4 = v4, .everything = everything, .jiffies = jiffies,
			       .pressed = *filled > max / 10 * 9};
	int err;

	s->counted = 0;
	err = walk(s, fd, v4 ? sizeof(struct conn_key4) : sizeof(struct conn_key6),
		   sizeof(struct conn), visit_conn, &w);
	*filled = s->counted;
	return err;
}

/* --------------------------------------------------------------- drops */

static void visit_drop(struct sweep *s, const void *key, const void *value, const void *arg)
{
	uint32_t jiffies = *(const uint32_t *)arg;
	struct drop_value v = *(const struct drop_value *)value;
	struct drop_key k = *(const struct drop_key *)key;
	bool idle = (int32_t)(jiffies - v.last_jiffies) >=
		    (int32_t)(DROP_IDLE_MS / 1000 * s->opt.hz);

	if (idle && !take(s, s->opt.drops_fd, &k, &v))
		return;
	collector_drop_counts(s->opt.collector, &k, &v);
	if (idle)
		collector_drop_forget(s->opt.collector, &k);
}

/* A walk of an empty map visits all its buckets, millions an hour for nothing. */
static bool nothing_to_walk(struct sweep *s, uint64_t made)
{
	if (made != s->made)
		s->empty_walks = 0;
	s->made = made;
	return s->empty_walks >= EMPTY_WALKS;
}

int sweep_run(struct sweep *s, uint32_t jiffies, uint64_t made, bool everything)
{
	int err = 0, err6, err_drops = 0;

	if (s->opt.drops_fd >= 0)
		err_drops = walk(s, s->opt.drops_fd, sizeof(struct drop_key),
				 sizeof(struct drop_value), visit_drop, &jiffies);
	if (nothing_to_walk(s, made) && !everything)
		return err_drops;
	s->active = 0;
	err = sweep_conns(s, s->opt.conn4_fd, true, s->opt.max4, &s->filled4, jiffies, everything);
	err6 = sweep_conns(s, s->opt.conn6_fd, false, s->opt.max6, &s->filled6, jiffies, everything);
	s->empty_walks = s->filled4 || s->filled6 || err || err6 ? 0 : s->empty_walks + 1;
	return err ? err : err6 ? err6 : err_drops;
}
