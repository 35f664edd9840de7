/* SPDX-License-Identifier: MIT */
#include "flows/capture/connections.h"

#include <stdlib.h>
#include <string.h>

void connections_init(struct connections *c, size_t max)
{
	memset(c, 0, sizeof(*c));
	c->max = max;
}

static void connection_free(void *arg, struct table_node *node)
{
	struct connection *conn = table_entry(node, struct connection, node);

	(void)arg;
	process_put(conn->process[0]);
	process_put(conn->process[1]);
	endpoint_put(conn->endpoint[0]);
	endpoint_put(conn->endpoint[1]);
	free(conn->alias ? (void *)conn->main_key : (void *)conn->extra);
	free(conn);
}

void connections_free(struct connections *c)
{
	table_each(&c->table, connection_free, NULL);
	table_free(&c->table);
}

static struct connection *find(struct connections *c, const struct conn_key6 *key, uint64_t hash)
{
	struct table_node *node;

	for (node = table_find(&c->table, hash); node; node = table_next(node)) {
		struct connection *conn = table_entry(node, struct connection, node);

		if (!memcmp(&conn->key, key, sizeof(*key)))
			return conn;
	}
	return NULL;
}

struct connection *connections_find(struct connections *c, const struct conn_key6 *key)
{
	struct connection *conn = find(c, key, table_hash(key, sizeof(*key)));

	if (conn && conn->alias)
		conn = find(c, conn->main_key, table_hash(conn->main_key, sizeof(*key)));
	return conn && !conn->alias ? conn : NULL;
}

static uint64_t connection_id(const struct conn_key6 *key, uint64_t first_ns)
{
	struct {
		struct conn_key6 key;
		uint64_t first_ns;
	} identity = {*key, first_ns};

	return table_hash(&identity, sizeof(identity)) | 1;
}

static struct connection *add(struct connections *c, const struct conn_key6 *key, uint64_t hash)
{
	struct connection *conn = NULL;

	if (c->table.n < c->max)
		conn = calloc(1, sizeof(*conn));
	if (!conn || table_insert(&c->table, &conn->node, hash)) {
		free(conn);
		c->lost++;
		return NULL;
	}
	conn->key = *key;
	return conn;
}

struct connection *connections_get(struct connections *c, const struct conn_key6 *key,
				   uint64_t first_ns)
{
	uint64_t hash = table_hash(key, sizeof(*key));
	struct connection *conn = find(c, key, hash);

	if (conn && conn->alias) { /* it counts by itself now */
		free(conn->main_key);
		conn->main_key = NULL;
		conn->alias = false;
		conn->id = connection_id(key, first_ns);
	}
	if (conn)
		return conn;
	conn = add(c, key, hash);
	if (conn)
		conn->id = connection_id(key, first_ns);
	return conn;
}

void connections_renew(struct connection *conn, uint64_t first_ns)
{
	for (int i = 0; i < 2; i++) {
		conn->told_packets[i] = conn->told_bytes[i] = 0;
		process_put(conn->process[i]);
		conn->process[i] = NULL;
		endpoint_put(conn->endpoint[i]);
		conn->endpoint[i] = NULL;
	}
	conn->ended = false;
	conn->looked = false;
	conn->id = connection_id(&conn->key, first_ns);
}

static void remove_alias(struct connections *c, const struct conn_key6 *key,
			 const struct conn_key6 *main_key)
{
	struct connection *conn = find(c, key, table_hash(key, sizeof(*key)));

	if (!conn || !conn->alias || memcmp(conn->main_key, main_key, sizeof(*main_key)))
		return;
	table_remove(&c->table, &conn->node);
	connection_free(NULL, &conn->node);
}

void connections_remove(struct connections *c, struct connection *conn)
{
	/* the kernel may never have had an entry for the other tuple, whose end would be seen */
	if (!conn->alias && conn->extra && conn->extra->has_nat) {
		remove_alias(c, &conn->extra->nat.orig, &conn->key);
		remove_alias(c, &conn->extra->nat.xlated, &conn->key);
	}
	table_remove(&c->table, &conn->node);
	connection_free(NULL, &conn->node);
}

static struct connection_extra *extra_of(struct connections *c, const struct conn_key6 *key,
					 uint64_t first_ns)
{
	struct connection *conn = connections_get(c, key, first_ns);

	if (conn)
		conn->looked = false; /* another tuple may tell its processes */
	if (conn && !conn->extra)
		conn->extra = calloc(1, sizeof(*conn->extra));
	return conn ? conn->extra : NULL;
}

static void add_alias(struct connections *c, const struct conn_key6 *key,
		      const struct conn_key6 *main_key)
{
	uint64_t hash = table_hash(key, sizeof(*key));
	struct connection *conn = find(c, key, hash);

	if (!memcmp(key, main_key, sizeof(*key)) || (conn && !conn->alias))
		return;
	if (!conn)
		conn = add(c, key, hash);
	if (!conn)
		return;
	if (!conn->main_key)
		conn->main_key = malloc(sizeof(*main_key));
	if (conn->main_key) {
		conn->alias = true;
		*conn->main_key = *main_key;
	} else {
		connections_remove(c, conn);
	}
}

void connections_nat(struct connections *c, const struct rec_nat *rec)
{
	struct connection_extra *extra = extra_of(c, &rec->key, rec->head.time_ns);

	if (!extra)
		return;
	extra->has_nat = true;
	extra->nat = *rec;
	add_alias(c, &rec->orig, &rec->key);
	add_alias(c, &rec->xlated, &rec->key);
}

void connections_tunnel(struct connections *c, const struct rec_tunnel *rec)
{
	struct connection_extra *extra = extra_of(c, &rec->key, rec->head.time_ns);

	if (!extra)
		return;
	extra->has_tunnel = true;
	extra->tunnel = *rec;
}
