// SPDX-License-Identifier: MIT
#include "flows/sums.h"

#include "flows/where.h"

#define TEXT_MAX 512

static const char *workload_of(const struct flow_end *e)
{
	return endpoint_is_pod(e->endpoint) ? e->endpoint->workload : "";
}

/* 0.0.0.0 and ::, which a listener has that takes all. */
static bool is_any(const struct ip_addr *a)
{
	static const struct ip_addr none;

	return !memcmp(a->b, none.b, 10) && !memcmp(a->b + 12, none.b, 4);
}

/* Nothing but its address is its own. */
static bool is_numbered(const struct flow *f, const struct flow_end *e)
{
	return f->ip_version && flow_has_addr(f, e) && !is_any(&e->addr) &&
	       !endpoint_is_pod(e->endpoint) && !e->service && !*endpoint_node_name(e->endpoint);
}

uint64_t sums_end_hash(struct text *scratch, const struct flow *f, const struct flow_end *e,
		       uint16_t port)
{
	struct {
		struct ip_addr addr;
		uint64_t name, port;
	} end = {.port = port};

	if (is_numbered(f, e)) {
		end.addr = e->addr;
	} else {
		scratch->len = scratch->err = 0;
		flow_host_text(scratch, f, e, false);
		end.name = 1 + table_hash(scratch->data ? scratch->data : "", scratch->len);
	}
	return table_hash(&end, sizeof(end));
}

uint64_t sums_work_hash(struct text *scratch, const struct flow *f, const struct flow_end *e,
			uint16_t port)
{
	uint64_t work[3];

	if (!*workload_of(e))
		return sums_end_hash(scratch, f, e, port);
	work[0] = sums_text_hash(workload_of(e));
	work[1] = sums_text_hash(e->endpoint->namespace_name);
	work[2] = port;
	return table_hash(work, sizeof(work));
}

size_t sums_put_work(struct text *t, const struct flow *f, const struct flow_end *e)
{
	size_t at = t->len;

	if (!*workload_of(e)) {
		flow_host_text(t, f, e, false);
	} else {
		if (*e->endpoint->namespace_name) {
			text_escape(t, e->endpoint->namespace_name, TEXT_MAX);
			text_char(t, '/');
		}
		text_escape(t, workload_of(e), TEXT_MAX);
	}
	text_char(t, '\0');
	return at;
}

size_t sums_put_workload(struct text *t, const struct flow_end *e)
{
	size_t at = t->len;

	text_mem(t, workload_of(e), strnlen(workload_of(e), TEXT_MAX));
	text_char(t, '\0');
	return at;
}

size_t sums_put_address(struct text *t, const struct flow *f, const struct flow_end *e)
{
	size_t at = t->len;

	if (is_numbered(f, e))
		text_addr(t, &e->addr);
	text_char(t, '\0');
	return at;
}

static void begin_term(struct text *t, const char *end, const char *field)
{
	text_str(t, t->len ? " && " : "");
	text_str(t, end);
	text_str(t, field);
	text_str(t, " == ");
}

static void term(struct text *t, const char *end, const char *field, const char *value)
{
	begin_term(t, end, field);
	where_quote(t, value);
}

void sums_end_terms(struct text *t, const char *end, const struct sums_end *e)
{
	size_t n = strlen(e->work), tail = strlen(e->workload);
	char namespace_name[256] = "";

	if (*e->workload) {
		if (n > tail + 1 && n - tail - 1 < sizeof(namespace_name))
			memcpy(namespace_name, e->work, n - tail - 1);
		term(t, end, "namespace", namespace_name);
		term(t, end, "workload", e->workload);
	} else if (*e->address) {
		begin_term(t, end, "ip");
		text_str(t, e->address);
		/* of a process there the name is its own */
		text_str(t, " && !has(");
		text_str(t, end);
		text_str(t, "pod)");
	} else {
		term(t, end, "name", e->name);
	}
	if (!e->port)
		return;
	begin_term(t, end, "port");
	text_u64(t, e->port);
}
