// SPDX-License-Identifier: MIT
/* Hubble's metrics of applications' messages: as export/metrics_hubble.c. */

#include "export/metrics_parts.h"

#define OPTION(n) (1u << (n))

static const struct l7 *l7_of(const struct metric_event *e, enum l7_protocol protocol)
{
	const struct l7 *l = e->flow->l7;

	return l && l->protocol == protocol ? l : NULL;
}

static void label_list(struct metric_labels *l, const char *const *v, size_t n)
{
	char joined[METRIC_VALUE_MAX];
	size_t len = 0;

	for (size_t i = 0; i < n && len < sizeof(joined) - 1; i++) {
		size_t more = strlen(v[i]);

		if (i)
			joined[len++] = ',';
		if (more > sizeof(joined) - 1 - len)
			more = sizeof(joined) - 1 - len;
		memcpy(joined + len, v[i], more);
		len += more;
	}
	metric_label_n(l, joined, len);
}

/* ------------------------------------------------------------------------ dns */

enum { DNS_QUERY, DNS_IGNORE_AAAA };
enum { DNS_QUERIES, DNS_RESPONSES, DNS_TYPES };

static const struct metric_row dns_families[] = {
	{.name = "hubble_dns_queries",
	 .help = "Number of DNS queries observed",
	 .labels = {"rcode", "qtypes", "ips_returned"},
	 .extra = "query"},
	{.name = "hubble_dns_responses",
	 .help = "Number of DNS responses observed",
	 .labels = {"rcode", "qtypes", "ips_returned"},
	 .extra = "query"},
	{.name = "hubble_dns_response_types",
	 .help = "Number of records in DNS responses by type",
	 .labels = {"type", "qtypes"},
	 .extra = "query"},
	{.name = NULL},
};

static void dns_count(struct metric *m, const struct metric_event *e, unsigned int family,
		      const char *rcode)
{
	const struct l7_dns *dns = &e->flow->l7->dns;
	struct metric_labels l;

	metric_labels_init(&l);
	metric_label(&l, rcode);
	label_list(&l, dns->qtypes, dns->n_qtypes);
	metric_label_u64(&l, dns->n_ips);
	if (m->options & OPTION(DNS_QUERY))
		metric_label(&l, dns->query ? dns->query : "");
	metric_context_of(m, e, false, &l);
	metric_add(&m->families[family], &l, 1);
}

static void dns_count_types(struct metric *m, const struct metric_event *e)
{
	const struct l7_dns *dns = &e->flow->l7->dns;

	for (size_t i = 0; i < dns->n_rrtypes; i++) {
		struct metric_labels l;

		metric_labels_init(&l);
		metric_label(&l, dns->rrtypes[i]);
		label_list(&l, dns->qtypes, dns->n_qtypes);
		if (m->options & OPTION(DNS_QUERY))
			metric_label(&l, dns->query ? dns->query : "");
		metric_context_of(m, e, false, &l);
		metric_add(&m->families[DNS_TYPES], &l, 1);
	}
}

static void dns_flow(struct metric *m, const struct metric_event *e)
{
	const struct l7 *l7 = l7_of(e, L7_DNS);
	const char *rcode;

	/* A query without an answer was counted when it was sent. */
	if (!l7 || l7->dns.timeout)
		return;
	if (m->options & OPTION(DNS_IGNORE_AAAA) && l7->dns.n_qtypes == 1 &&
	    !strcmp(l7->dns.qtypes[0], "AAAA"))
		return;
	if (e->flow->verdict == VERDICT_DROPPED) {
		dns_count(m, e, DNS_QUERIES, "Policy denied");
	} else if (l7->type == L7_RESPONSE || e->flow->is_reply == REPLY_YES) {
		rcode = dns_rcode_name(l7->dns.rcode);
		dns_count(m, e, DNS_RESPONSES, rcode ? rcode : "");
		dns_count_types(m, e);
	} else {
		dns_count(m, e, DNS_QUERIES, "");
	}
}

/* ----------------------------------------------------------------------- http */

enum { HTTP_REQUESTS, HTTP_RESPONSES, HTTP_DURATION, HTTP2_DURATION = 1 };
enum { HTTP_EXEMPLARS };

#define MS 1000000ull

/* Prometheus' usual ones. */
static const uint64_t seconds[] = {5 * MS,   10 * MS,	25 * MS,   50 * MS,   100 * MS,	 250 * MS,
				   500 * MS, 1000 * MS, 2500 * MS, 5000 * MS, 10000 * MS};
#define SECONDS .bounds = seconds, .n_bounds = sizeof(seconds) / sizeof(seconds[0])

static const struct metric_row http_families[] = {
	{.name = "hubble_http_requests",
	 .help = "Count of HTTP requests",
	 .labels = {"method", "protocol", "reporter"}},
	{.name = "hubble_http_responses",
	 .help = "Count of HTTP responses",
	 .labels = {"method", "protocol", "status", "reporter"}},
	{.name = "hubble_http_request_duration_seconds",
	 .type = METRIC_HISTOGRAM,
	 .help = "Quantiles of HTTP request duration in seconds",
	 .unit = "seconds",
	 .labels = {"method", "reporter"},
	 SECONDS},
	{.name = NULL},
};

static const struct metric_row http2_families[] = {
	{.name = "hubble_http_requests",
	 .help = "Count of HTTP requests",
	 .labels = {"method", "protocol", "status", "reporter"}},
	{.name = "hubble_http_request_duration_seconds",
	 .type = METRIC_HISTOGRAM,
	 .help = "Quantiles of HTTP request duration in seconds",
	 .unit = "seconds",
	 .labels = {"method", "reporter"},
	 SECONDS},
	{.name = NULL},
};

static const char *reporter(const struct flow *f)
{
	return f->direction == DIRECTION_EGRESS	   ? "client"
	       : f->direction == DIRECTION_INGRESS ? "server"
						   : "unknown";
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static void http_count(struct metric *m, const struct metric_event *e, unsigned int family,
		       bool status, bool invert)
{
	const struct l7_http *http = &e->flow->l7->http;
	struct metric_labels l;

	metric_labels_init(&l);
	metric_label(&l, or_empty(http->method));
	metric_label(&l, or_empty(http->protocol));
	if (status)
		metric_label_u64(&l, http->code);
	metric_label(&l, reporter(e->flow));
	metric_context_of(m, e, invert, &l);
	metric_add(&m->families[family], &l, 1);
}

static void http_observe(struct metric *m, const struct metric_event *e, unsigned int family,
			 bool invert)
{
	const struct hubble *h = e->flow->hubble;
	const char *trace_id = m->options & OPTION(HTTP_EXEMPLARS) && h ? h->trace_id : NULL;
	struct metric_labels l;

	metric_labels_init(&l);
	metric_label(&l, or_empty(e->flow->l7->http.method));
	metric_label(&l, reporter(e->flow));
	metric_context_of(m, e, invert, &l);
	metric_observe(&m->families[family], &l, e->flow->l7->latency_ns, trace_id);
}

static void http_flow(struct metric *m, const struct metric_event *e)
{
	const struct l7 *l7 = l7_of(e, L7_HTTP);

	if (l7 && l7->type == L7_REQUEST) {
		http_count(m, e, HTTP_REQUESTS, false, false);
	} else if (l7 && l7->type == L7_RESPONSE) {
		http_count(m, e, HTTP_RESPONSES, true, false);
		http_observe(m, e, HTTP_DURATION, false);
	}
}

/* An answer says it all; its source is who was asked, so the ends change places. */
static void http2_flow(struct metric *m, const struct metric_event *e)
{
	const struct l7 *l7 = l7_of(e, L7_HTTP);

	if (!l7 || l7->type != L7_RESPONSE)
		return;
	http_count(m, e, HTTP_REQUESTS, true, true);
	http_observe(m, e, HTTP2_DURATION, true);
}

const struct metric_kind metric_l7_kinds[] = {
	{"dns", {"query", "ignoreAAAA"}, dns_families, dns_flow},
	{"http", {"exemplars"}, http_families, http_flow},
	{"httpV2", {"exemplars"}, http2_families, http2_flow},
	{.name = NULL},
};
