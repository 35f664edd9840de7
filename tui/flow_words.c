// SPDX-License-Identifier: MIT
#include "tui/flow_words.h"

#include <netinet/in.h>
#include <string.h>

#include "flows/summary.h"

bool flow_pod_is_made_up(const struct endpoint *e)
{
	size_t n = strlen(e->workload);

	return n && !strncmp(e->name, e->workload, n) && e->name[n] == '-' &&
	       strlen(e->name + n + 1) >= 5;
}

static bool short_name(struct text *t, const struct flow_end *e)
{
	if (endpoint_is_pod(e->endpoint) && flow_pod_is_made_up(e->endpoint)) {
		text_escape(t, e->endpoint->namespace_name, 256);
		text_char(t, '/');
		text_escape(t, e->endpoint->workload, 256);
		return true;
	}
	if (!endpoint_is_pod(e->endpoint) && !e->service && e->dns && e->dns->n > 1) {
		text_escape(t, e->dns->names[0], 256);
		return true;
	}
	return false;
}

void flow_short_end(struct text *t, const struct flow *f, const struct flow_end *e, bool numeric)
{
	uint16_t port = flow_port(f, e);

	if (numeric || !short_name(t, e)) {
		flow_end_text(t, f, e, numeric);
		return;
	}
	if (!port)
		return;
	text_char(t, ':');
	text_u64(t, port);
}

const char *flow_arrow(const struct flow *f)
{
	int reply = flow_reply(f);

	return reply == REPLY_NO ? "->" : reply == REPLY_YES ? "<-" : "<>";
}

enum style flow_verdict_style(const struct flow *f)
{
	switch (f->verdict) {
	case VERDICT_FORWARDED:
	case VERDICT_REDIRECTED:
		return STYLE_GOOD;
	case VERDICT_DROPPED:
	case VERDICT_ERROR:
		return f->event == FLOW_DROP && f->drop.normal ? STYLE_DIM : STYLE_BAD;
	default:
		return f->verdict == VERDICT_UNKNOWN ? STYLE_DIM : STYLE_WARN;
	}
}

static void put_drop(struct text *t, const struct flow *f)
{
	flow_type_text(t, f);
	if (!f->drop.text || !*f->drop.text)
		return;
	text_str(t, ": ");
	text_escape(t, f->drop.text, 256);
}

static void put_listen(struct text *t, const struct flow_listen *l)
{
	text_str(t, l->synflood ? "SYN flood, " : "queue full, ");
	text_u64(t, l->drops);
	text_str(t, " lost, backlog ");
	text_u64(t, l->backlog);
	text_char(t, '/');
	text_u64(t, l->backlog_max);
}

void flow_short_protocol(struct text *t, const struct flow *f)
{
	if (f->l7)
		text_str(t, f->l7->protocol == L7_DNS	 ? "DNS"
			    : f->l7->protocol == L7_HTTP ? "HTTP"
							 : "Kafka");
	else
		flow_protocol_text(t, f);
}

static void cut_front(struct text *t, size_t from, size_t n)
{
	memmove(t->data + from, t->data + from + n, t->len - from - n);
	t->len -= n;
}

static bool begins(const struct text *t, size_t from, const char *s, size_t n)
{
	return t->len - from >= n && !memcmp(t->data + from, s, n);
}

/* The protocol has its column: "TCP Flags: SYN" is "SYN" here, "DNS Query x" is "Query x". */
static void put_summary(struct text *t, const struct flow *f)
{
	static const char flags[] = "TCP Flags: ";
	struct text name = {0};
	size_t from = t->len;

	flow_summary(t, f);
	flow_short_protocol(&name, f);
	if (begins(t, from, flags, sizeof(flags) - 1)) {
		cut_front(t, from, sizeof(flags) - 1);
	} else if (name.len && begins(t, from, name.data, name.len)) {
		size_t n = from + name.len;

		if (n == t->len || t->data[n] == ' ') /* not of "HTTP/1.1" */
			cut_front(t, from, name.len + (n < t->len));
	}
	text_free(&name);
	if (t->len == from && f->event == FLOW_NEW)
		text_str(t, flow_reply(f) == REPLY_YES ? "first answer" : "first packet");
}

/* Cilium's reason of a drop is its type; what has no summary has a type, too. */
static void put_foreign(struct text *t, const struct flow *f)
{
	size_t from = t->len;

	if (f->verdict == VERDICT_DROPPED && f->event == FLOW_DROP) {
		flow_type_text(t, f);
		text_str(t, ": ");
	}
	put_summary(t, f);
	if (t->len == from)
		flow_type_text(t, f);
}

/* Only TCP is closed; all else ends by being idle. */
static void put_end(struct text *t, const struct flow *f, enum style *style)
{
	const char *reason = flow_end_reason(f);

	*style = strncmp(reason, "reset", 5) ? STYLE_DIM : STYLE_WARN;
	text_str(t, "end: ");
	if (!f->closed)
		text_str(t, f->protocol == IPPROTO_TCP ? "idle, not closed" : "idle");
	else
		text_str(t, reason);
}

void flow_short_summary(struct text *t, const struct flow *f, enum style *style)
{
	*style = flow_failed(f) ? STYLE_WARN : STYLE_NORMAL;
	if (f->verdict == VERDICT_DROPPED || f->verdict == VERDICT_ERROR)
		*style = flow_verdict_style(f);
	if (flow_foreign(f)) {
		put_foreign(t, f);
	} else if (f->event == FLOW_DROP) {
		put_drop(t, f);
	} else if (f->event == FLOW_LISTEN_DROP) {
		put_listen(t, &f->listen);
	} else if (f->event == FLOW_END) {
		put_end(t, f, style);
	} else if (f->event == FLOW_REPORT) {
		text_str(t, "goes on");
		*style = STYLE_DIM;
	} else {
		put_summary(t, f);
	}
}
