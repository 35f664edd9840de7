// SPDX-License-Identifier: MIT
/* Below the names: what failed or is slow, what is usually behind it, commands, and who asks. */
#include <string.h>

#include "flows/summary.h"
#include "tui/clock.h"
#include "tui/store.h"
#include "tui/sums_text.h"
#include "tui/view_dns_own.h"

#define SUMS_SHOWN 8

enum trouble {
	TROUBLE_NONE,
	TROUBLE_SLOW,
	TROUBLE_OTHER,
	TROUBLE_NXDOMAIN,
	TROUBLE_SEARCH,
	TROUBLE_REFUSED,
	TROUBLE_SERVFAIL,
	TROUBLE_TIMEOUT
};

static const struct {
	const char *text;
	const char *commands[3]; /* NAME, TYPE, RESOLVER are filled in */
} advice[] = {
	[TROUBLE_SLOW] =
		{"Answers are slow: a resolver that asks far away, is loaded, or waits for a dead "
		 "upstream first; in a pod also CPU limits of the DNS server.",
		 {"dig @RESOLVER NAME TYPE", "cat /etc/resolv.conf"}},
	[TROUBLE_OTHER] = {"The resolver answers with an unusual code.",
			   {"dig @RESOLVER NAME TYPE"}},
	[TROUBLE_NXDOMAIN] =
		{"The name does not exist for this resolver: a typing error, a Service that is gone, "
		 "or a name of another cluster or network.",
		 {"dig @RESOLVER NAME TYPE", "cat /etc/resolv.conf"}},
	[TROUBLE_SEARCH] =
		{"A name with a search domain behind it: one of the tries that ndots:5 makes in a pod. "
		 "Harmless, but each costs time; a dot at the end of the name saves them.",
		 {"cat /etc/resolv.conf"}},
	[TROUBLE_REFUSED] =
		{"The resolver refuses to answer: this client or this zone is not served there.",
		 {"dig @RESOLVER NAME TYPE", "cat /etc/resolv.conf"}},
	[TROUBLE_SERVFAIL] =
		{"The resolver could not find out: its upstream is down, or DNSSEC fails.",
		 {"dig @RESOLVER NAME TYPE +cd", "dig @RESOLVER . NS"}},
	[TROUBLE_TIMEOUT] =
		{"No answer came within 5 s: the resolver is down or not reached, or its answer was "
		 "lost; clients wait that long before they ask the next one. See Drops (4).",
		 {"dig @RESOLVER NAME TYPE +tries=1 +timeout=2", "cat /etc/resolv.conf"}},
};

/* "example.com.shop.svc.cluster.local", "example.com.cluster.local": a whole name, and more behind it. */
static bool is_search_try(const char *name)
{
	static const char cluster[] = ".cluster.local";
	size_t n = strlen(name), tail = sizeof(cluster) - 1, dots = 0;

	if (n <= tail || strcmp(name + n - tail, cluster) != 0)
		return false;
	for (size_t i = 0; i < n - tail; i++)
		dots += name[i] == '.';
	/* service.namespace.svc has two; pods' and headless names three */
	return strstr(name, ".svc.cluster.local") ? dots > 4 || strstr(name, ".svc.cluster.local.")
						  : true;
}

static enum trouble trouble_of(const struct dns_row *r, bool by_name)
{
	const uint64_t *o = r->counts.outcomes;

	if (o[DNS_TIMEOUT])
		return TROUBLE_TIMEOUT;
	if (o[DNS_SERVFAIL])
		return TROUBLE_SERVFAIL;
	if (o[DNS_REFUSED])
		return TROUBLE_REFUSED;
	if (o[DNS_NXDOMAIN])
		return by_name && is_search_try(r->name) ? TROUBLE_SEARCH : TROUBLE_NXDOMAIN;
	if (o[DNS_OTHER])
		return TROUBLE_OTHER;
	return r->p99_ns >= DNS_SLOW_NS ? TROUBLE_SLOW : TROUBLE_NONE;
}

/* ------------------------------------------------------------------- commands */

static void put_escaped_word(struct text *t, const char *s)
{
	struct text e = {0};

	text_escape(&e, s, 300);
	if (!e.err)
		text_shell_word(t, e.data, e.len);
	text_free(&e);
}

/* The failed message that is an example: its name, type and the resolver's address. */
struct example {
	const char *name, *type;
	const struct flow *flow;
};

static void put_value(struct text *t, const char *word, size_t n, const struct example *x)
{
	const struct flow_end *resolver = x->flow && x->flow->l7->type == L7_RESPONSE
						  ? &x->flow->src
					  : x->flow ? &x->flow->dst
						    : NULL;

	if (n == 4 && !memcmp(word, "NAME", n))
		put_escaped_word(t, x->name);
	else if (n == 4 && !memcmp(word, "TYPE", n) && *x->type)
		put_escaped_word(t, x->type);
	else if (n == 8 && !memcmp(word, "RESOLVER", n) && resolver &&
		 flow_has_addr(x->flow, resolver))
		text_addr(t, &resolver->addr);
	else
		text_mem(t, word, n);
}

static void put_command(struct text *t, const char *s, const struct example *x)
{
	static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	while (*s) {
		size_t n = strcspn(s, capitals);

		text_mem(t, s, n);
		s += n;
		n = strspn(s, capitals);
		if (n)
			put_value(t, s, n, x);
		s += n;
	}
}

static void commands(struct ui_page *p, enum trouble trouble, const struct example *x,
		     struct text *t)
{
	for (int i = 0; i < 3 && advice[trouble].commands[i]; i++) {
		pane_label(p, i ? "" : "Look next:");
		put_command(t, advice[trouble].commands[i], x);
		pane_span(p, STYLE_KEY, t);
		ui_page_end(p);
	}
}

/* ----------------------------------------------------------------------- rows */

static void heading(struct sums_view *v, const struct dns_row *r, struct text *t)
{
	struct ui_page *p = v->pane;
	const char *const what[DNS_BYS] = {
		[DNS_BY_NAME] = r->name,
		[DNS_BY_CLIENT] = r->top->client.work,
		[DNS_BY_RESOLVER] = r->top->resolver.name,
		[DNS_BY_TYPE] = r->top->type,
	};

	pane_words(p, STYLE_STRONG, what[v->by]);
	text_str(t, ": ");
	put_some(t, r->counts.queries, "question", "questions");
	text_str(t, ", ");
	put_some(t, r->answers, "answer", "answers");
	text_str(t, "; ");
	pane_span(p, STYLE_DIM, t);
	dns_put_outcomes(t, &r->counts);
	pane_span(p, dns_style(&r->counts, r->failed), t);
	if (r->p50_ns) {
		text_str(t, "; half within ");
		put_ms(t, r->p50_ns);
		text_str(t, ", 99 % within ");
		put_ms(t, r->p99_ns);
	}
	pane_span(p, r->p99_ns >= DNS_SLOW_NS ? STYLE_WARN : STYLE_DIM, t);
	ui_page_end(p);
}

/* One sum: what the row's title does not say. */
static void sum_line(struct sums_view *v, const struct dns_sum *s, bool first, struct text *t)
{
	uint64_t failed = 0;

	for (int i = DNS_FAILURES; i < DNS_OUTCOMES; i++)
		failed += s->counts.outcomes[i];
	pane_label(v->pane, first ? "Asked:" : "");
	if (v->by != DNS_BY_NAME) {
		text_str(t, s->name);
		text_char(t, ' ');
	}
	text_str(t, s->type);
	pane_span(v->pane, STYLE_NORMAL, t);
	if (v->by != DNS_BY_CLIENT) {
		text_str(t, " by ");
		text_str(t, s->client.work);
	}
	if (v->by != DNS_BY_RESOLVER) {
		text_str(t, " of ");
		text_str(t, s->resolver.name);
	}
	text_str(t, ", ");
	clock_count(t, s->counts.queries);
	text_str(t, s->counts.queries == 1 ? " time: " : " times: ");
	pane_span(v->pane, STYLE_DIM, t);
	dns_put_outcomes(t, &s->counts);
	pane_span(v->pane, dns_style(&s->counts, failed), t);
	ui_page_end(v->pane);
}

/* The newest message, in its own words. */
static void last(struct sums_view *v, const struct flow *f, struct text *t)
{
	if (!f)
		return;
	pane_label(v->pane, "Last:");
	put_clock(t, f->time_ns);
	text_char(t, ' ');
	flow_summary(t, f);
	pane_span(v->pane, STYLE_NORMAL, t);
	ui_page_end(v->pane);
}

static const struct flow *message(struct sums_view *v, uint64_t number)
{
	const struct flow *f = number == UINT64_MAX ? NULL : store_get(ui_store(v->ui), number);

	return f && f->event == FLOW_L7 && f->l7 && f->l7->protocol == L7_DNS ? f : NULL;
}

bool dns_fill_pane(struct sums_view *v, const void *row, int height, struct text *t)
{
	const struct dns_row *r = row;
	const struct dns_sum *sums[SUMS_SHOWN];
	enum trouble trouble;
	size_t n;

	(void)height;
	if (r->top->others)
		return false;
	heading(v, r, t);
	trouble = trouble_of(r, v->by == DNS_BY_NAME);
	n = dns_sums_of_row(v->sums, v->by, r->key, sums, SUMS_SHOWN);
	if (trouble != TROUBLE_NONE && n) {
		const struct example x = {sums[0]->name, sums[0]->type,
					  message(v, r->failed ? sums[0]->counts.newest_failed
							       : sums[0]->counts.newest)};

		ui_page_text(v->pane, STYLE_NORMAL, advice[trouble].text);
		commands(v->pane, trouble, &x, t);
	}
	for (size_t i = 0; i < n; i++)
		sum_line(v, sums[i], !i, t);
	last(v, message(v, r->counts.newest), t);
	return true;
}
