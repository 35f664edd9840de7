// SPDX-License-Identifier: MIT
/* What the filter bar offers at the cursor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "flows/fields.h"
#include "tests/unit/filter_line.h"

static const char *const nothing[] = {NULL};

/* The words at the end of text, as they replace what stands behind `kept`. */
static void offers(const char *text, const char *kept, const char *const *want)
{
	struct known *k = shop();
	struct ui_words w;
	size_t start, i = 0;

	ui_filter_complete(NULL, text, strlen(text), known_words, k, &start, &w);
	assert_int_equal(start, strlen(kept));
	for (; want[i]; i++) {
		if (i >= w.n)
			fail_msg("%s: no %s", text, want[i]);
		w.v[i][strcspn(w.v[i], "\t")] = '\0';
		assert_string_equal(w.v[i], want[i]);
	}
	if (want == nothing)
		assert_int_equal(w.n, 0);
	for (i = 0; i < w.n; i++)
		free(w.v[i]);
	free(w.v);
	known_free(k);
}

#define OFFERS(text, kept, ...) offers(text, kept, (const char *const[]){__VA_ARGS__, NULL})

static void words_at_the_cursor(void **state)
{
	(void)state;
	OFFERS("", "", "--namespace", "--pod");
	OFFERS("--namesp", "", "--namespace");
	OFFERS("--from-n", "", "--from-namespace");
	OFFERS("--namespace ", "--namespace ", "kube-system", "shop");
	OFFERS("--namespace s", "--namespace ", "shop");
	OFFERS("--namespace sys", "--namespace ", "kube-system");
	OFFERS("--namespace=s", "--namespace=", "shop");
	OFFERS("--not --to-pod sh", "--not --to-pod ", "shop/cart-1");
	OFFERS("--verdict dr", "--verdict ", "DROPPED");
	OFFERS("--tcp-flags SYN,A", "--tcp-flags SYN,", "ACK");
	OFFERS("--port ", "--port ", "50051");
	OFFERS("--drop-reason-desc ", "--drop-reason-desc ", "NO_SOCKET");
	OFFERS("src.namesp", "", "src.namespace");
	OFFERS("--pod x any.namesp", "--pod x ", "any.namespace");
	OFFERS("src.namespace ", "src.namespace ", "==", "!=");
	OFFERS("src.namespace con", "src.namespace ", "contains");
	OFFERS("src.namespace not ", "src.namespace not ", "in");
	OFFERS("src.namespace == \"sh", "src.namespace == ", "\"shop\"");
	OFFERS("src.namespace == sh", "src.namespace == ", "\"shop\"");
	OFFERS("src.namespace in (\"shop\", ", "src.namespace in (\"shop\", ", "\"kube-system\"");
	OFFERS("src.namespace == \"shop\" ", "src.namespace == \"shop\" ", "&&", "||");
	OFFERS("src.namespace == \"shop\" && drop.re", "src.namespace == \"shop\" && ",
	       "drop.reason");
	OFFERS("(rtt > 1ms || verdict == d", "(rtt > 1ms || verdict == ", "DROPPED");
	OFFERS("rtt > ", "rtt > ", "1ms");
	/* flags behind the expression */
	OFFERS("rtt > 1ms --namesp", "rtt > 1ms ", "--namespace");
	OFFERS("rtt > 1ms --not --port ", "rtt > 1ms --not --port ", "50051");
	OFFERS("src.pod == \"a --p\" ", "src.pod == \"a --p\" ", "&&", "||");
	OFFERS("src.labels[", "src.labels[", "\"app\"");
	OFFERS("src.labels[\"app\"] == ", "src.labels[\"app\"] == ", "\"cart\"");
	OFFERS("any.ip in 10", "any.ip in ", "10.1.2.3");
	OFFERS("any.workload == ", "any.workload == ", "\"cart\"");
	OFFERS("src.workload.kind == ", "src.workload.kind == ", "\"Deployment\"");
	OFFERS("interface == \"e", "interface == ", "\"eth0\"");
	OFFERS("reply ", "reply ", "&&");
	OFFERS("has(dns.q", "has(", "dns.query");
	offers("--uuid ", "--uuid ", nothing);
	offers("http.host == \"", "http.host == ", nothing);
}

/* Text and each word that is offered behind it are a filter, which f passes (NULL: may pass). */
static size_t all_parse(const char *text, struct known *k, const struct flow *f)
{
	struct ui_words w;
	size_t start, n;

	ui_filter_complete(NULL, text, strlen(text), known_words, k, &start, &w);
	for (n = 0; n < w.n; n++) {
		struct ui_filter *filter;
		char whole[512];

		snprintf(whole, sizeof(whole), "%.*s%.*s", (int)start, text,
			 (int)strcspn(w.v[n], "\t"), w.v[n]);
		filter = parsed(whole);
		if (f && !ui_filter_pass(filter, f))
			fail_msg("%s: does not pass", whole);
		ui_filter_free(filter);
		free(w.v[n]);
	}
	free(w.v);
	return n;
}

static void what_is_offered_is_right(void **state)
{
	static const char *const ops[] = {"==", "!=", "in"};
	struct known *k = shop();
	size_t flags = 0, values = 0;
	char text[128];

	(void)state;
	for (const struct opt *o = ui_filter_rows; o->name; o++) {
		if (!o->arg || o->group == GROUP_HIDDEN)
			continue;
		snprintf(text, sizeof(text), "--%s ", o->name);
		flags += all_parse(text, k, NULL) > 0;
		snprintf(text, sizeof(text), "--%s=", o->name);
		all_parse(text, k, NULL);
	}
	for (const struct field *f = fields; f->name; f++)
		for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
			if (f->type == FIELD_BOOL && i == 2)
				continue;
			snprintf(text, sizeof(text), "%s %s ", f->name, ops[i]);
			values += all_parse(text, k, NULL) > 0;
		}
	assert_in_range(flags, 30, 60);
	assert_in_range(values, 150, 600);
	known_free(k);
}

static void what_was_seen_passes(void **state)
{
	static const char *const texts[] = {
		"--pod ",
		"--namespace ",
		"--label ",
		"--fqdn ",
		"--service ",
		"--workload ",
		"--ip ",
		"--port ",
		"--interface ",
		"--drop-reason-desc ",
		"any.namespace == ",
		"any.pod == ",
		"any.workload == ",
		"any.workload.kind == ",
		"any.service == ",
		"any.dns == ",
		"any.node == ",
		"any.labels == ",
		"any.ip == ",
		"any.port == ",
		"interface == ",
		"drop.reason == ",
		"any.labels[\"app\"] == ",
	};
	struct flow f = shop_flow();
	struct known *k = shop();

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!all_parse(texts[i], k, &f))
			fail_msg("%s: nothing is offered", texts[i]);
	known_free(k);
	flow_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_at_the_cursor),
		cmocka_unit_test(what_is_offered_is_right),
		cmocka_unit_test(what_was_seen_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
