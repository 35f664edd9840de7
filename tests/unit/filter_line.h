/* SPDX-License-Identifier: MIT */
/* A line of the filter bar, and what passes it. For cmocka tests: include cmocka.h before. */
#ifndef PITOT_TESTS_FILTER_LINE_H
#define PITOT_TESTS_FILTER_LINE_H

#include "cli/ui_filter.h"
#include "tui/filter_bar.h"

static inline struct ui_filter *parsed(const char *text)
{
	struct ui_filter_error e;
	struct ui_filter *f = NULL;

	if (ui_filter_parse(NULL, text, &f, &e))
		fail_msg("%s: %s", text, e.message);
	return f;
}

/* A drop between two pods, flow_release() it. */
static inline struct flow shop_flow(void)
{
	static const char *const labels[] = {"k8s:app=cart", "k8s:tier=web"};
	static const char *const names[] = {"www.example.com", "example.com"};
	const struct endpoint cart = {.kind = ENDPOINT_POD,
				      .namespace_name = "shop",
				      .name = "cart-1",
				      .workload = "cart",
				      .workload_kind = "Deployment",
				      .node = "n1",
				      .labels = labels,
				      .n_labels = 2};
	const struct endpoint dns = {
		.kind = ENDPOINT_POD, .namespace_name = "kube-system", .name = "coredns-1"};
	struct flow f;

	flow_init(&f);
	f.ip_version = 4;
	f.protocol = 6;
	f.event = FLOW_DROP;
	f.verdict = VERDICT_DROPPED;
	f.is_reply = REPLY_NO;
	f.src.endpoint = endpoint_new(&cart);
	f.dst.endpoint = endpoint_new(&dns);
	f.dst.service = service_new("kube-system", "dns");
	f.dst.dns = name_list_new(names, 2);
	f.src.addr = (struct ip_addr){.b = {[10] = 0xff, 0xff, 10, 1, 2, 3}};
	f.dst.addr = (struct ip_addr){.b = {[10] = 0xff, 0xff, 10, 1, 2, 4}};
	f.src.port = 41000;
	f.dst.port = 50051;
	f.drop.reason_name = "NO_SOCKET";
	f.drop.text = f.drop.function = "";
	strcpy(f.ifname, "eth0");
	return f;
}

static inline struct known *shop(void)
{
	struct flow f = shop_flow();
	struct known *k = known_new();

	known_flow(k, &f);
	known_flow(k, &f);
	flow_release(&f);
	return k;
}

static inline void type(struct filter_bar *b, const char *s)
{
	for (; *s; s++)
		filter_bar_key(b, *s);
}

#endif
