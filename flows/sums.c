// SPDX-License-Identifier: MIT
#include "flows/sums.h"

#include "flows/where.h"

#define TEXT_MAX 512

static const char *workload_of(const struct flow_end *e)
{
	return endpoint_is_pod(e->endpoint) ? e->endpoint->workload : "";
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

static void term(struct text *t, const char *end, const char *field, const char *value)
{
	text_str(t, t->len ? " && " : "");
	text_str(t, end);
	text_str(t, field);
	text_str(t, " == ");
	where_quote(t, value);
}

void sums_end_terms(struct text *t, const char *end, const char *name, const char *work,
		    const char *workload, uint16_t port)
{
	size_t n = strlen(work), tail = strlen(workload);
	char namespace_name[256] = "";

	if (!*workload) {
		term(t, end, "name", name);
	} else {
		if (n > tail + 1 && n - tail - 1 < sizeof(namespace_name))
			memcpy(namespace_name, work, n - tail - 1);
		term(t, end, "namespace", namespace_name);
		term(t, end, "workload", workload);
	}
	if (!port)
		return;
	text_str(t, " && ");
	text_str(t, end);
	text_str(t, "port == ");
	text_u64(t, port);
}
