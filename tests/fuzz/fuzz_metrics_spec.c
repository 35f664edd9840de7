// SPDX-License-Identifier: MIT
/*
 * Metrics' configuration, as a spec and as YAML, then a flow whose names are the input
 * through whatever came of it: the page is UTF-8 without control bytes, its lines have
 * the format's form. And the head of an HTTP request.
 */
#include <stdlib.h>
#include <string.h>

#include "export/metrics_http.h"
#include "export/metrics_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* name{label="value",..} number; what is between quotes may be anything but these. */
static void check_line(const char *s, const char *end)
{
	bool quoted = false;

	if (s == end || *s == '#')
		return;
	for (; s < end && (quoted || *s != ' '); s++) {
		if (quoted && *s == '\\')
			s++;
		else if (*s == '"')
			quoted = !quoted;
	}
	if (quoted || end - s < 2 || s[1] < '0' || s[1] > '9')
		abort();
}

static void check_page(struct metrics *m, bool open)
{
	struct metrics_page p;
	struct text t = {0};
	uint32_t c = 0;

	metrics_page_begin(&p, m, open);
	while (metrics_page_next(&p, &t) > 0)
		;
	for (size_t i = 0, n; i < t.len; i += n) {
		n = utf8_next(t.data + i, t.len - i, &c);
		if (!n || (utf8_is_control(c) && c != '\n'))
			abort();
	}
	for (const char *s = t.data, *end; s && s < t.data + t.len; s = end + 1) {
		end = memchr(s, '\n', t.data + t.len - s);
		if (!end)
			abort();
		check_line(s, end);
	}
	text_free(&t);
}

static void feed(struct metrics *m, char *s)
{
	const char *texts[] = {s, "reserved:world"};
	struct endpoint e = {.refs = 1u << 30,
			     .kind = ENDPOINT_POD,
			     .cluster = s,
			     .namespace_name = s,
			     .name = s,
			     .workload = s,
			     .workload_kind = s,
			     .node = s,
			     .labels = texts,
			     .n_labels = 2};
	struct name_list names = {.refs = 1u << 30, .n = 2, .names = texts};
	struct l7 l7 = {.refs = 1u << 30,
			.protocol = L7_DNS,
			.dns = {.query = s,
				.qtypes = texts,
				.n_qtypes = 2,
				.rrtypes = texts,
				.n_rrtypes = 1}};
	struct flow f;

	flow_init(&f);
	f.ip_version = 4;
	f.src.endpoint = f.dst.endpoint = &e;
	f.src.dns = f.dst.dns = &names;
	f.drop.reason_name = f.drop.function = s;
	f.forward.delta_packets = f.reply.delta_packets = 1;
	for (unsigned int event = 0; event < FLOW_EVENTS_MAX; event++) {
		f.event = event;
		f.protocol = event % 2 ? 6 : 1;
		f.verdict = event == FLOW_DROP ? VERDICT_DROPPED : VERDICT_FORWARDED;
		f.l7 = event == FLOW_L7 ? &l7 : NULL;
		l7.type = 1 + (strlen(s) & 1);
		l7.protocol = s[0] & 1 ? L7_HTTP : L7_DNS;
		l7.http.method = l7.http.protocol = s;
		metrics_flow(m, &f);
	}
	metrics_pod_gone(m, s, s);
	metrics_tick(m, 1);
	metrics_tick(m, 1ull << 40);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct metrics_request request;
	struct metric *list = NULL;
	struct metrics *m = NULL;
	char *error = NULL, err[256], *s = malloc(size + 1);

	if (!s)
		abort();
	memcpy(s, data, size);
	s[size] = '\0';
	if (metrics_http_parse(s, size, &request) > size)
		abort();
	if (metrics_new(s, 4, &m, &error)) {
		free(error);
		if (metrics_new(NULL, 4, &m, &error))
			abort();
	}
	if (!metrics_parse_yaml(s, size, 4, &list, &error) &&
	    metrics_replace(m, true, list, err, sizeof(err)))
		metrics_free_list(list);
	free(error);
	feed(m, s);
	check_page(m, true);
	check_page(m, false);
	metrics_free(m);
	free(s);
	return 0;
}
