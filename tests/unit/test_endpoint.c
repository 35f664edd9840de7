// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/endpoint.h"
#include "flows/flow.h"

/* What it was made of may change or go: the copy stays. */
static void test_endpoint_is_a_copy(void **state)
{
	char name[] = "cart-1", label[] = "k8s:tier=backend";
	const char *labels[] = {label, "k8s:app=cart"};
	struct endpoint *e = endpoint_new(&(struct endpoint){.kind = ENDPOINT_POD,
							     .id = 7,
							     .identity = 300,
							     .name = name,
							     .namespace_name = "shop",
							     .labels = labels,
							     .n_labels = 2,
							     .cgroup = "/a/b"});

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	memset(label, 'x', sizeof(label) - 1);
	assert_string_equal(e->name, "cart-1");
	assert_string_equal(e->namespace_name, "shop");
	assert_string_equal(e->cgroup, "/a/b");
	assert_string_equal(e->container, "");
	assert_int_equal(e->n_labels, 2);
	assert_string_equal(e->labels[0], "k8s:app=cart");
	assert_string_equal(e->labels[1], "k8s:tier=backend");
	assert_int_equal(e->kind, ENDPOINT_POD);
	assert_int_equal(e->id, 7);
	assert_int_equal(e->identity, 300);
	assert_ptr_equal(endpoint_get(e), e);
	endpoint_put(e);
	assert_string_equal(e->name, "cart-1");
	endpoint_put(e);
	endpoint_put(NULL);
}

/* A server may send more than anybody wants to keep. */
static void test_endpoint_is_bounded(void **state)
{
	static char huge[1 << 20];
	static const char *labels[1000];
	struct endpoint *e;

	(void)state;
	memset(huge, 'a', sizeof(huge) - 1);
	for (size_t i = 0; i < 1000; i++)
		labels[i] = huge;
	e = endpoint_new(&(struct endpoint){.name = huge, .labels = labels, .n_labels = 1000});
	assert_int_equal(e->n_labels, LABELS_MAX);
	assert_int_equal(strlen(e->labels[LABELS_MAX - 1]), LABEL_MAX);
	assert_int_equal(strlen(e->name), 512);
	assert_true(e->bytes < 100000);
	endpoint_put(e);
}

static void test_identities(void **state)
{
	const char *const a[] = {"k8s:app=cart"}, *const b[] = {"k8s:app=ca", "rt"};
	const char *const c[] = {"k8s:app=ca", "k8s:rt"};

	(void)state;
	assert_int_equal(identity_of_labels(a, 1), identity_of_labels(a, 1));
	assert_int_not_equal(identity_of_labels(a, 1), identity_of_labels(b, 2));
	assert_int_not_equal(identity_of_labels(c, 2), identity_of_labels(b, 2));
	for (int i = 0; i < 10000; i++) {
		char text[32];
		const char *const l[] = {text};

		snprintf(text, sizeof(text), "k8s:app=%d", i);
		assert_in_range(identity_of_labels(l, 1), IDENTITY_RESERVED_MAX, (1 << 24) - 1);
	}
	/* written into flows that others keep: it must never change */
	assert_int_equal(identity_of_labels(a, 1), 6201081);
}

static void test_names(void **state)
{
	const char *many[NAMES_MAX + 4];
	struct name_list *l;

	(void)state;
	for (int i = 0; i < NAMES_MAX + 4; i++)
		many[i] = "example.com";
	l = name_list_new(many, NAMES_MAX + 4);
	assert_int_equal(l->n, NAMES_MAX);
	assert_string_equal(l->names[NAMES_MAX - 1], "example.com");
	name_list_put(l);
}

static void test_places(void **state)
{
	struct place *p = place_new(
		&(struct place){.asn = 3320, .country = "DEUX", .as_name = "Deutsche Telekom AG"});

	(void)state;
	assert_string_equal(p->country, "DEU");
	assert_string_equal(p->as_name, "Deutsche Telekom AG");
	assert_string_equal(p->city, "");
	assert_int_equal(p->asn, 3320);
	place_put(p);
}

static void test_l7(void **state)
{
	struct ip_addr ips[] = {{{[15] = 1}}, {{[15] = 2}}};
	const char *cnames[] = {"a.example.", "b.example."};
	struct l7 *l = l7_new(&(struct l7){.type = L7_RESPONSE,
					   .protocol = L7_DNS,
					   .latency_ns = 5,
					   .dns = {.query = "www.example.",
						   .ips = ips,
						   .n_ips = 2,
						   .cnames = cnames,
						   .n_cnames = 2,
						   .rcode = 3}});

	(void)state;
	memset(ips, 0xff, sizeof(ips));
	assert_int_equal(l->dns.ips[1].b[15], 2);
	assert_string_equal(l->dns.query, "www.example.");
	assert_string_equal(l->dns.cnames[1], "b.example.");
	assert_int_equal(l->dns.n_qtypes, 0);
	assert_int_equal(l->dns.rcode, 3);
	assert_int_equal(l->latency_ns, 5);
	l7_put(l);
}

/* Every reference that a flow takes it gives back. */
static void test_flow_references(void **state)
{
	struct endpoint *e = endpoint_new(&(struct endpoint){.name = "a"});
	struct service *s = service_new("ns", "svc");
	struct flow f, copy;

	(void)state;
	flow_init(&f);
	f.src.endpoint = endpoint_get(e);
	f.dst.endpoint = endpoint_get(e);
	f.dst.service = service_get(s);
	flow_copy(&copy, &f);
	assert_int_equal(e->refs, 5);
	assert_int_equal(s->refs, 3);
	flow_release(&f);
	flow_release(&f);
	flow_release(&copy);
	assert_int_equal(e->refs, 1);
	assert_int_equal(s->refs, 1);
	endpoint_put(e);
	service_put(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endpoint_is_a_copy),
		cmocka_unit_test(test_endpoint_is_bounded),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_l7),
		cmocka_unit_test(test_flow_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
