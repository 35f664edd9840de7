// SPDX-License-Identifier: MIT
/* Every field of a flow by name: the table, aliases, values as text, their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "flows/fields.h"
#include "flows/summary.h"
#include "tests/unit/sample_flows.h"

static const char *text_of(const char *name, const struct flow *f)
{
	static char buf[4096];
	const struct field *field = field_find(name);
	struct text t = {0};

	if (!field)
		fail_msg("%s: no such field", name);
	field_text(&t, field, f);
	assert_true(t.len < sizeof(buf));
	memcpy(buf, t.data ? t.data : "", t.len);
	buf[t.len] = '\0';
	text_free(&t);
	return buf;
}

#define IS(f, name, text) assert_string_equal(text_of(name, &(f)), text)

/* Names are plain and unique, each has a getter and a word of help, enums have names. */
static void test_table(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct field *f = fields; f->name; f++, n++) {
		assert_int_equal(strspn(f->name, "abcdefghijklmnopqrstuvwxyz0123456789._"),
				 strlen(f->name));
		assert_non_null(f->get);
		assert_true(strlen(f->help) > 3);
		assert_ptr_equal(field_find(f->name), f);
		assert_true(f->type != FIELD_ENUM || (f->value_name && f->n_names));
		for (const struct field *g = fields; g < f; g++)
			assert_string_not_equal(f->name, g->name);
	}
	assert_true(n > 200 && n < 384);
}

static void test_aliases(void **state)
{
	(void)state;
	assert_string_equal(field_find("source.ip")->name, "src.ip");
	assert_string_equal(field_find("destination.port")->name, "dst.port");
	assert_string_equal(field_find("from.ns")->name, "src.namespace");
	assert_string_equal(field_find("to.svc")->name, "dst.service");
	assert_string_equal(field_find("initiator.comm")->name, "client.process");
	assert_string_equal(field_find("responder.fqdn")->name, "server.dns");
	assert_string_equal(field_find("SRC.Pod")->name, "src.pod");
	assert_string_equal(field_find("dst")->name, "dst.name");
	assert_string_equal(field_find("proto")->name, "protocol");
	assert_string_equal(field_find("initiator")->name, "initiator");
	assert_null(field_find(""));
	assert_null(field_find("src."));
	assert_null(field_find("."));
	assert_null(field_find(
		"source.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
	assert_string_equal(field_near("src.namspace"), "src.namespace");
	assert_string_equal(field_near("source.prt"), "src.port");
	assert_null(field_near("qqqqqqqqqq"));
	assert_null(field_near("nginx"));
	assert_null(field_near("port"));
	assert_null(field_near("host"));
	assert_string_equal(field_near("bites"), "bytes");
}

static void test_as_text(void **state)
{
	struct flow f = sample_named(sample_syn());

	(void)state;
	f.forward = (struct flow_counters){.packets = 3,
					   .bytes = 180,
					   .srtt_us = 250,
					   .first_ns = SAMPLE_NS,
					   .last_ns = SAMPLE_NS + 1500000000};
	f.event = FLOW_REPORT;
	strcpy(f.ifname, "eth0");
	IS(f, "time", "2026-01-15T10:20:30.123456789Z");
	IS(f, "verdict", "FORWARDED");
	IS(f, "type", "trace");
	IS(f, "subtype", "to-endpoint");
	IS(f, "event", "report");
	IS(f, "point", "TO_ENDPOINT");
	IS(f, "direction", "INGRESS");
	IS(f, "reply", "false");
	IS(f, "protocol", "TCP");
	IS(f, "ip.version", "4");
	IS(f, "summary", "TCP Flags: SYN");
	IS(f, "tcp.flags", "SYN");
	IS(f, "bytes", "180");
	IS(f, "forward.packets", "3");
	IS(f, "reply.packets", "0");
	IS(f, "rtt", "0.00025");
	IS(f, "reply.rtt", "");
	IS(f, "duration", "1.5");
	IS(f, "forward.first", "2026-01-15T10:20:30.000000000Z");
	IS(f, "src.ip", "10.0.1.10");
	IS(f, "src.port", "43210");
	IS(f, "src.name", "shop/frontend-7d9c5b6f4-abcde");
	IS(f, "src.kind", "pod");
	IS(f, "src.labels", "k8s:app=frontend,k8s:io.kubernetes.pod.namespace=shop");
	IS(f, "src.identity", "12345");
	IS(f, "src.node", "node-1");
	IS(f, "src.container", "");
	IS(f, "server.pod", "cart-58f6c9d7b-xyz12");
	IS(f, "interfaces", "eth0");
	IS(f, "latency", "");
	IS(f, "drop.reason", "");
	IS(f, "uuid", "");
	IS(f, "node", "");
	fields_set_node("here");
	IS(f, "node", "here");
	f.hubble =
		&(struct hubble){.node_name = ""}; /* from elsewhere, and it does not say where */
	IS(f, "node", "");
	f.hubble = NULL;
	fields_set_node(NULL);
	f.dst.identity = IDENTITY_WORLD;
	IS(f, "dst.identity", "world");
	f.protocol = 253;
	IS(f, "protocol", "253");
	f.time_ns = 951782400000000000; /* 29 February 2000 */
	IS(f, "time", "2000-02-29T00:00:00.000000000Z");
	f.time_ns = 4107542399000000001; /* 28 February 2100, no leap year */
	IS(f, "time", "2100-02-28T23:59:59.000000001Z");
	f.time_ns = 0;
	IS(f, "time", "");
}

static void test_drop(void **state)
{
	struct flow f = sample_named(sample_drop());

	(void)state;
	f.is_reply = REPLY_UNKNOWN;
	f.drop.stack[0] = "nft_do_chain";
	f.drop.stack[1] = "nf_hook_slow";
	f.drop.stack_depth = 2;
	f.drop.packets = 4;
	IS(f, "verdict", "DROPPED");
	IS(f, "type", "drop");
	IS(f, "drop.reason", "Policy denied");
	IS(f, "drop.stack", "nft_do_chain,nf_hook_slow");
	IS(f, "drop.packets", "4");
	IS(f, "drop.normal", "false");
	IS(f, "reply", "");
	IS(f, "bytes", "");
	IS(f, "client.ip", "10.0.1.10");
	IS(f, "dst.dns", "example.com,www.example.com");
	IS(f, "dst.name", "example.com,www.example.com");
	f.drop.stack_depth = 255; /* from nobody knows where */
	for (int i = 0; i < FLOW_STACK; i++)
		f.drop.stack[i] = "x";
	assert_int_equal(strlen(text_of("drop.stack", &f)), 2 * FLOW_STACK - 1);
	f.event = FLOW_LISTEN_DROP;
	f.listen.drops = 9;
	f.listen.backlog_max = 128;
	IS(f, "drop.reason", "LISTEN_OVERFLOW");
	IS(f, "drop.packets", "9");
	IS(f, "listen.backlog.max", "128");
}

/* Every field of an empty flow and of samples can be asked for and written out. */
static void test_all(void **state)
{
	struct flow all[] = {
		{0},
		sample_named(sample_syn()),
		sample_named(sample_drop()),
		sample_icmp6(),
		sample_dns_request(),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (const struct field *f = fields; f->name; f++)
			text_of(f->name, &all[i]);
	for (const struct field *f = fields; f->name; f++)
		if (!strncmp(f->name, "src.", 4) && strcmp(f->name, "src.name") &&
		    *text_of(f->name, &all[0]))
			fail_msg("%s: an empty flow says \"%s\"", f->name,
				 text_of(f->name, &all[0]));
}

static int order(const char *name, const struct flow *a, const struct flow *b)
{
	const struct field *field = field_find(name);
	struct text x = {0}, y = {0};
	struct field_value v, w;
	int ret;

	field->get(a, &v, &x);
	field->get(b, &w, &y);
	ret = field_compare(field, &v, &w);
	assert_int_equal((ret > 0) - (ret < 0), -((field_compare(field, &w, &v) > 0) -
						  (field_compare(field, &w, &v) < 0)));
	text_free(&x);
	text_free(&y);
	return (ret > 0) - (ret < 0);
}

static void test_order(void **state)
{
	struct flow a = sample_named(sample_syn()), b = sample_named(sample_synack());
	struct flow unknown = {0};

	(void)state;
	assert_int_equal(order("time", &a, &b), -1);
	assert_int_equal(order("src.port", &a, &b), 1);
	assert_int_equal(order("src.ip", &a, &b), -1);
	assert_int_equal(order("src.pod", &a, &b), 1);
	assert_int_equal(order("tcp.flags", &a, &b), -1);
	assert_int_equal(order("src.labels", &a, &b), 1);
	assert_int_equal(order("src.pod", &a, &a), 0);
	assert_int_equal(order("src.pod", &unknown, &a), -1);
	assert_int_equal(order("rtt", &a, &b), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_as_text), cmocka_unit_test(test_drop),
		cmocka_unit_test(test_all),	cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
