// SPDX-License-Identifier: MIT
/*
 * flow.FlowFilter out of garbage: on the wire, and (first byte 'j') as JSON. What was
 * read decides about a flow as what is written of it and read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "export/flow_filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const labels[] = {"k8s:app=cart", "k8s:tier"};
static const struct l7_header headers[] = {{"Host", "cart"}};
static struct l7 http = {.type = L7_RESPONSE,
			 .protocol = L7_HTTP,
			 .http = {.code = 404,
				  .method = "GET",
				  .url = "http://cart/api/%20b?x",
				  .protocol = "HTTP/1.1",
				  .headers = headers,
				  .n_headers = 1}};
static struct l7 dns = {.type = L7_REQUEST, .protocol = L7_DNS, .dns = {.query = "example.com."}};
static struct hubble hubble = {.has_event_type = true,
			       .event_type = 4,
			       .node_name = "prod/node-1",
			       .uuid = "u",
			       .source_xlated = "192.0.2.7",
			       .trace_id = "t",
			       .node_labels = labels,
			       .n_node_labels = 2};
static struct process process = {.refs = 1, .pid = 7, .comm = "curl"};
static struct endpoint pod = {.kind = ENDPOINT_POD,
			      .namespace_name = "shop",
			      .name = "cart-1",
			      .workload = "cart",
			      .workload_kind = "Deployment",
			      .cluster = "default",
			      .labels = labels,
			      .n_labels = 2};

static void make_flow(struct flow *f, int i)
{
	memset(f, 0, sizeof(*f));
	f->ip_version = 4;
	f->protocol = 6;
	f->tcp_flags = 2;
	f->verdict = i % 3;
	f->src.endpoint = &pod;
	f->src.process = &process;
	f->dst.port = 80;
	f->dst.identity = 2;
	f->hubble = i % 2 ? &hubble : NULL;
	f->l7 = i & 2 ? &http : i & 4 ? &dns : NULL;
	f->event = f->l7 ? FLOW_L7 : FLOW_NEW;
	strcpy(f->ifname, "eth0");
}

static void compare(struct filter *a, struct filter *b)
{
	filter_set_node(a, "default", "node-1");
	filter_set_node(b, "default", "node-1");
	for (int i = 0; i < 8; i++) {
		struct flow f;

		make_flow(&f, i);
		if (filter_pass(a, &f) != filter_pass(b, &f))
			abort();
	}
}

static void again(struct filter *f)
{
	struct filter copy = {0};
	struct text wire = {0}, raw = {0};
	struct prefilter pre;
	char err[128];

	for (size_t i = 0; i < filter_count(f, false); i++) {
		wire.len = 0;
		flow_filter_write(&wire, f, false, i);
		if (flow_filter_read(&copy, false, (const uint8_t *)wire.data, wire.len, err,
				     sizeof(err)))
			abort();
	}
	compare(f, &copy);
	flow_filter_print_raw(&raw, f);
	if (raw.err || memchr(raw.data, '\x1b', raw.len))
		abort();
	filter_prefilter(f, &pre);
	filter_clear(&copy);
	text_free(&wire);
	text_free(&raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct filter f = {0};
	char err[128], *text;
	int ret;

	if (!size)
		return 0;
	if (*data == 'j') {
		text = strndup((const char *)data + 1, size - 1);
		ret = text ? flow_filter_read_json(&f, false, text, err, sizeof(err)) : -1;
		free(text);
	} else {
		ret = flow_filter_read(&f, false, data + 1, size - 1, err, sizeof(err));
	}
	if (!ret)
		again(&f);
	filter_clear(&f);
	return 0;
}
