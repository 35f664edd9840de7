// SPDX-License-Identifier: MIT
/*
 * Expressions out of anything: they are refused with a place in the expression, or they
 * run over flows. What passes does not pass its negation.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/fields.h"
#include "flows/where.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
	if (!holds)
		abort();
}

static void check_error(const char *text, const struct where_error *e)
{
	struct text t = {0};

	check(e->column + e->length <= strlen(text));
	check(*e->message && memchr(e->message, 0, sizeof(e->message)));
	where_error_text(&t, text, e);
	for (size_t i = 0; i < t.len; i++)
		check(t.data[i] == '\n' || (unsigned char)t.data[i] >= 0x20);
	check(t.len < 2048);
	text_free(&t);
}

/* Flows with texts from the input, too: values meet themselves. */
static void fill(struct flow *flows, const char *text)
{
	static struct process process = {.refs = 1u << 30, .pid = 7, .comm = "0123456789abcdef"};
	static const char *labels[2];
	static struct endpoint pod = {.refs = 1u << 30, .kind = ENDPOINT_POD};
	static struct ip_addr ips[2];
	static struct l7 l7 = {.refs = 1u << 30, .type = L7_RESPONSE};
	static struct l7_header headers[1];

	process.exe = process.command = (char *)text;
	labels[0] = "k8s:app=cart";
	labels[1] = text;
	pod.cluster = pod.namespace_name = pod.name = pod.workload = pod.workload_kind = text;
	pod.node = pod.container = pod.image = pod.container_id = pod.cgroup = text;
	pod.labels = labels;
	pod.n_labels = 2;
	headers[0].key = headers[0].value = text;
	l7.protocol = strlen(text) % 2 ? L7_DNS : L7_HTTP;
	l7.dns = (struct l7_dns){.query = text,
				 .ips = ips,
				 .n_ips = 2,
				 .cnames = labels,
				 .n_cnames = 2,
				 .qtypes = labels,
				 .n_qtypes = 1};
	l7.http = (struct l7_http){
		.method = text, .url = text, .protocol = text, .headers = headers, .n_headers = 1};
	memset(flows, 0, 3 * sizeof(*flows));
	flows[1] = (struct flow){.ip_version = 4,
				 .protocol = 6,
				 .verdict = VERDICT_FORWARDED,
				 .event = FLOW_REPORT,
				 .tcp_flags = 0x1ff};
	flows[1].src.process = &process;
	flows[1].src.endpoint = &pod;
	flows[1].forward.packets = flows[1].forward.bytes = strlen(text);
	flows[2] = (struct flow){.ip_version = 6,
				 .protocol = 17,
				 .event = FLOW_L7,
				 .l7 = &l7,
				 .is_reply = REPLY_YES,
				 .time_ns = 1768472430000000000};
	flows[2].dst.endpoint = &pod;
	memcpy(flows[2].src.addr.b, text, strnlen(text, 16));
}

static struct where *negation(const char *text, struct where_error *e)
{
	size_t n = strlen(text) + 8;
	struct where *w = NULL;
	char *negated = malloc(n);

	check(negated != NULL);
	snprintf(negated, n, "!(%s)", text);
	if (where_parse(negated, &w, e))
		w = NULL;
	free(negated);
	return w;
}

static void run(const struct where *w, const char *text)
{
	struct flow flows[3];
	struct where_error e;
	struct where * not ;

	/* one level more than there may be, or a byte more */
	not = negation(text, &e);
	check(not || strstr(e.message, "nested") || strstr(e.message, "longer"));
	fill(flows, text);
	for (int i = 0; i < 3; i++) {
		bool passes = where_pass(w, &flows[i]);

		check(where_pass(w, &flows[i]) == passes);
		check(!not || where_pass(not, &flows[i]) == !passes);
	}
	where_free(not );
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct where_error e;
	struct where *w;
	char *text = malloc(size + 1);

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (where_parse(text, &w, &e)) {
		check_error(text, &e);
	} else {
		run(w, text);
		where_free(w);
	}
	free(text);
	return 0;
}
