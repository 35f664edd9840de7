// SPDX-License-Identifier: MIT
/* Filters by the names of the ends, by type and by node. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "flows/filter.h"
#include "tests/unit/sample_flows.h"

/* frontend in shop, of Service shop/web, asks example.com in the world. */
struct fixture {
	struct filter filter;
	struct flow flow;
	struct service web;
	char err[256];
};

static int set_up(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	x->flow = sample_named(sample_drop());
	x->flow.event = FLOW_NEW;
	x->web = (struct service){.namespace_name = "shop", .name = "web"};
	x->flow.src.service = &x->web;
	*state = x;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *x = *state;

	filter_clear(&x->filter);
	free(x);
	return 0;
}

static int add(struct fixture *x, bool deny, enum filter_field field, enum filter_side side,
	       const char *value)
{
	x->err[0] = '\0';
	return filter_add(&x->filter, deny, field, side, value, x->err, sizeof(x->err));
}

static void allow(struct fixture *x, enum filter_field field, enum filter_side side,
		  const char *value)
{
	if (add(x, false, field, side, value))
		fail_msg("\"%s\" was refused: %s", value, x->err);
}

static bool passes(struct fixture *x, enum filter_field field, enum filter_side side,
		   const char *value)
{
	bool pass;

	allow(x, field, side, value);
	pass = filter_pass(&x->filter, &x->flow);
	filter_clear(&x->filter);
	return pass;
}

static bool either(struct fixture *x, enum filter_field field, const char *value)
{
	bool pass = passes(x, field, FILTER_EITHER, value);

	/* all of it is at the source: nothing may pass as the destination's */
	assert_int_equal(passes(x, field, FILTER_SOURCE, value), pass);
	assert_false(passes(x, field, FILTER_DESTINATION, value));
	assert_int_equal(add(x, true, field, FILTER_EITHER, value), 0);
	assert_int_equal(filter_pass(&x->filter, &x->flow), !pass);
	filter_clear(&x->filter);
	return pass;
}

static void test_pods(void **state)
{
	struct fixture *x = *state;

	assert_true(either(x, FILTER_POD, "shop/frontend"));
	assert_true(either(x, FILTER_POD, "shop/frontend-7d9c5b6f4-abcde"));
	assert_false(either(x, FILTER_POD, "shop/frontend-7d9c5b6f4-abcdef"));
	assert_true(either(x, FILTER_POD, "shop/"));
	assert_true(either(x, FILTER_POD, "/frontend"));
	assert_true(either(x, FILTER_POD, "/"));
	assert_false(either(x, FILTER_POD, "sho/"));
	assert_false(either(x, FILTER_POD, "shopp/"));
	assert_false(either(x, FILTER_POD, "/rontend"));
	/* no slash: namespace default */
	assert_false(either(x, FILTER_POD, "frontend"));
	struct endpoint here = *x->flow.src.endpoint;

	here.namespace_name = "default";
	x->flow.src.endpoint = &here;
	assert_true(either(x, FILTER_POD, "frontend"));
	here.kind = ENDPOINT_NODE;
	assert_false(either(x, FILTER_POD, "/"));
	x->flow.src.endpoint = NULL;
	assert_false(either(x, FILTER_POD, "/"));
}

static void test_namespaces(void **state)
{
	struct fixture *x = *state;

	assert_true(either(x, FILTER_NAMESPACE, "shop"));
	assert_false(either(x, FILTER_NAMESPACE, "sho"));
	assert_true(either(x, FILTER_ALL_NAMESPACES, ""));
	x->flow.src.endpoint = NULL;
	assert_false(either(x, FILTER_NAMESPACE, "shop"));
	assert_false(either(x, FILTER_ALL_NAMESPACES, ""));
}

/* As Hubble's client combines them, see --print-raw-filters there. */
static void test_namespace_with_names(void **state)
{
	struct fixture *x = *state;

	/* {"source_pod":["shop/frontend"]} */
	allow(x, FILTER_POD, FILTER_SOURCE, "frontend");
	assert_false(filter_pass(&x->filter, &x->flow));
	allow(x, FILTER_NAMESPACE, FILTER_SOURCE, "shop");
	assert_true(filter_pass(&x->filter, &x->flow));
	filter_clear(&x->filter);
	allow(x, FILTER_NAMESPACE, FILTER_SOURCE, "shop");
	allow(x, FILTER_POD, FILTER_SOURCE, "cart");
	assert_false(filter_pass(&x->filter, &x->flow));
	filter_clear(&x->filter);
	/* {"source_pod":["shop/cart"]}, {"source_pod":["shop/"],"destination_pod":["cart"]} */
	allow(x, FILTER_POD, FILTER_EITHER, "cart");
	allow(x, FILTER_NAMESPACE, FILTER_SOURCE, "shop");
	assert_false(filter_pass(&x->filter, &x->flow));
	struct endpoint cart = *sample_endpoint(
		&(struct ip_addr){.b = {[10] = 0xff, [11] = 0xff, [12] = 10, [14] = 2, [15] = 20}});

	x->flow.dst.endpoint = &cart;
	assert_false(filter_pass(&x->filter, &x->flow)); /* shop/cart is not default/cart */
	cart.namespace_name = "default";
	assert_true(filter_pass(&x->filter, &x->flow));
	x->flow.src.endpoint = NULL;
	assert_false(filter_pass(&x->filter, &x->flow));
}

/* {"source_service":["shop/we"]} and the twin: the pod is not asked then. */
static void test_namespace_with_service(void **state)
{
	struct fixture *x = *state;

	allow(x, FILTER_SERVICE, FILTER_EITHER, "we");
	assert_false(filter_pass(&x->filter, &x->flow));
	allow(x, FILTER_NAMESPACE, FILTER_EITHER, "shop");
	assert_true(filter_pass(&x->filter, &x->flow));
	x->flow.src.endpoint = NULL;
	assert_true(filter_pass(&x->filter, &x->flow));
	x->web.namespace_name = "other";
	assert_false(filter_pass(&x->filter, &x->flow));
}

static void test_services(void **state)
{
	struct fixture *x = *state;

	assert_true(either(x, FILTER_SERVICE, "shop/web"));
	assert_true(either(x, FILTER_SERVICE, "/w"));
	assert_false(either(x, FILTER_SERVICE, "web"));
	assert_false(either(x, FILTER_SERVICE, "shop/webs"));
	x->flow.src.service = NULL;
	assert_false(either(x, FILTER_SERVICE, "/"));
}

static void test_workloads(void **state)
{
	struct fixture *x = *state;
	struct endpoint masked = *x->flow.src.endpoint;

	assert_true(either(x, FILTER_WORKLOAD, "frontend"));
	assert_true(either(x, FILTER_WORKLOAD, "Deployment/frontend"));
	assert_true(either(x, FILTER_WORKLOAD, "deployment/"));
	assert_false(either(x, FILTER_WORKLOAD, "DaemonSet/frontend"));
	assert_false(either(x, FILTER_WORKLOAD, "front"));
	masked.name = masked.namespace_name = ""; /* a field mask may leave the workload alone */
	masked.kind = ENDPOINT_UNKNOWN;
	x->flow.src.endpoint = &masked;
	assert_true(either(x, FILTER_WORKLOAD, "frontend"));
	assert_false(either(x, FILTER_POD, "/"));
	masked.kind = ENDPOINT_NODE;
	assert_false(either(x, FILTER_WORKLOAD, "frontend"));
}

static void test_identities(void **state)
{
	struct fixture *x = *state;

	assert_true(either(x, FILTER_IDENTITY, "12345"));
	assert_false(either(x, FILTER_IDENTITY, "1234"));
	assert_true(passes(x, FILTER_IDENTITY, FILTER_DESTINATION, "world"));
	assert_true(passes(x, FILTER_IDENTITY, FILTER_DESTINATION, "2"));
	assert_false(passes(x, FILTER_IDENTITY, FILTER_DESTINATION, "host"));
	assert_int_equal(add(x, false, FILTER_IDENTITY, FILTER_EITHER, "wrld"), -EINVAL);
	assert_non_null(strstr(x->err, "\"wrld\""));
	assert_int_equal(add(x, false, FILTER_IDENTITY, FILTER_EITHER, "4294967296"), -EINVAL);
	assert_int_equal(add(x, false, FILTER_IDENTITY, FILTER_EITHER, "-1"), -EINVAL);
	assert_int_equal(add(x, false, FILTER_IDENTITY, FILTER_EITHER, "7x"), -EINVAL);
}

static void test_clusters(void **state)
{
	struct fixture *x = *state;

	assert_true(either(x, FILTER_CLUSTER, "default"));
	assert_false(either(x, FILTER_CLUSTER, "defaul"));
}

static void test_fqdns(void **state)
{
	static const char *const ptr[] = {"a.b.example.net"};
	struct name_list reverse = {.n = 1, .names = ptr};
	struct fixture *x = *state;

	assert_true(passes(x, FILTER_FQDN, FILTER_EITHER, "example.com"));
	assert_true(passes(x, FILTER_FQDN, FILTER_DESTINATION, "WWW.Example.COM."));
	assert_false(passes(x, FILTER_FQDN, FILTER_SOURCE, "example.com"));
	assert_true(passes(x, FILTER_FQDN, FILTER_EITHER, "*.example.com"));
	assert_true(passes(x, FILTER_FQDN, FILTER_EITHER, "*"));
	assert_true(passes(x, FILTER_FQDN, FILTER_EITHER, "ex*le*com"));
	assert_false(passes(x, FILTER_FQDN, FILTER_EITHER, "xample.com"));
	assert_false(passes(x, FILTER_FQDN, FILTER_EITHER, "example.co"));
	assert_false(passes(x, FILTER_FQDN, FILTER_EITHER, "examplexcom"));
	assert_false(passes(x, FILTER_FQDN, FILTER_EITHER, "*.example.net"));
	x->flow.dst.reverse = &reverse; /* not shown: there is a better name */
	assert_false(passes(x, FILTER_FQDN, FILTER_EITHER, "*.example.net"));
	x->flow.dst.dns = NULL;
	assert_true(passes(x, FILTER_FQDN, FILTER_EITHER, "*.example.net"));
	assert_int_equal(add(x, false, FILTER_FQDN, FILTER_EITHER, "exa mple"), -EINVAL);
	assert_int_equal(add(x, false, FILTER_FQDN, FILTER_EITHER, "."), -EINVAL);
	assert_int_equal(add(x, false, FILTER_FQDN, FILTER_EITHER, "a(b)"), -EINVAL);
}

static void test_labels(void **state)
{
	struct fixture *x = *state;

	assert_true(either(x, FILTER_LABEL, "app=frontend"));
	assert_true(either(x, FILTER_LABEL, "k8s:app=frontend"));
	assert_true(either(x, FILTER_LABEL, "any:app==frontend"));
	assert_false(either(x, FILTER_LABEL, "reserved:app=frontend"));
	assert_true(either(x, FILTER_LABEL, "io.kubernetes.pod.namespace=shop,app"));
	assert_false(either(x, FILTER_LABEL, "app=cart"));
	assert_true(passes(x, FILTER_LABEL, FILTER_DESTINATION, "reserved:world"));
	assert_true(passes(x, FILTER_LABEL, FILTER_DESTINATION, "world"));
	assert_false(passes(x, FILTER_LABEL, FILTER_SOURCE, "reserved:world"));
	assert_true(passes(x, FILTER_LABEL, FILTER_DESTINATION, "!app"));
	/* repeated: any of them */
	allow(x, FILTER_LABEL, FILTER_SOURCE, "app=cart");
	allow(x, FILTER_LABEL, FILTER_SOURCE, "app=frontend");
	assert_true(filter_pass(&x->filter, &x->flow));
}

static void clash(struct fixture *x, enum filter_field a, enum filter_side a_side,
		  enum filter_field b, enum filter_side b_side, const char *says)
{
	allow(x, a, a_side, "1");
	assert_int_equal(add(x, false, b, b_side, "1"), -EINVAL);
	assert_string_equal(x->err, says);
	/* the other list is another matter */
	assert_int_equal(add(x, true, b, b_side, "1"), 0);
	filter_clear(&x->filter);
}

static void test_clashes(void **state)
{
	struct fixture *x = *state;

	clash(x, FILTER_POD, FILTER_EITHER, FILTER_POD, FILTER_SOURCE,
	      "filters --from-pod and --pod cannot be combined");
	clash(x, FILTER_LABEL, FILTER_DESTINATION, FILTER_LABEL, FILTER_EITHER,
	      "filters --label and --to-label cannot be combined");
	clash(x, FILTER_NAMESPACE, FILTER_EITHER, FILTER_POD, FILTER_DESTINATION,
	      "filters --to-pod and --namespace cannot be combined");
	clash(x, FILTER_SERVICE, FILTER_SOURCE, FILTER_NAMESPACE, FILTER_EITHER,
	      "filters --from-service and --namespace cannot be combined");
	clash(x, FILTER_ALL_NAMESPACES, FILTER_EITHER, FILTER_NAMESPACE, FILTER_SOURCE,
	      "filters --from-namespace and --all-namespaces cannot be combined");
	clash(x, FILTER_NAMESPACE, FILTER_SOURCE, FILTER_ALL_NAMESPACES, FILTER_SOURCE,
	      "filters --from-namespace and --from-all-namespaces cannot be combined");
	clash(x, FILTER_FQDN, FILTER_SOURCE, FILTER_POD, FILTER_EITHER,
	      "filters --from-fqdn and --pod cannot be combined");
	clash(x, FILTER_PROCESS, FILTER_SOURCE, FILTER_PROCESS, FILTER_EITHER,
	      "filters --process and --from-process cannot be combined");
}

static void test_what_goes_together(void **state)
{
	struct fixture *x = *state;

	allow(x, FILTER_NAMESPACE, FILTER_SOURCE, "a");
	allow(x, FILTER_ALL_NAMESPACES, FILTER_DESTINATION, "");
	allow(x, FILTER_LABEL, FILTER_EITHER, "x");
	filter_clear(&x->filter);
	allow(x, FILTER_CLUSTER, FILTER_EITHER, "a");
	allow(x, FILTER_CLUSTER, FILTER_SOURCE, "b");
	filter_clear(&x->filter);
	allow(x, FILTER_POD, FILTER_EITHER, "a/x");
	assert_int_equal(add(x, false, FILTER_NAMESPACE, FILTER_EITHER, "b"), -EINVAL);
	assert_string_equal(x->err, "namespace conflict: \"b\" does not contain \"a/x\"");
	filter_clear(&x->filter);
	allow(x, FILTER_POD, FILTER_SOURCE, "a/x");
	assert_int_equal(add(x, false, FILTER_SERVICE, FILTER_SOURCE, "b/x"), -EINVAL);
	assert_string_equal(x->err, "namespace of service \"b/x\" conflict with pod \"a/x\"");
	filter_clear(&x->filter);
	assert_int_equal(add(x, false, FILTER_NAMESPACE, FILTER_EITHER, "a/b"), -EINVAL);
	assert_int_equal(add(x, false, FILTER_NAMESPACE, FILTER_EITHER, ""), -EINVAL);
}

static void test_types(void **state)
{
	struct fixture *x = *state;

	x->flow.trace_point = TO_STACK;
	assert_true(passes(x, FILTER_TYPE, 0, "trace"));
	assert_true(passes(x, FILTER_TYPE, 0, "4"));
	assert_true(passes(x, FILTER_TYPE, 0, "4:3"));
	assert_true(passes(x, FILTER_TYPE, 0, "trace:to-stack"));
	assert_false(passes(x, FILTER_TYPE, 0, "trace:to-endpoint"));
	assert_true(passes(x, FILTER_TYPE, 0, "0"));
	assert_false(passes(x, FILTER_TYPE, 0, "drop"));
	assert_false(passes(x, FILTER_TYPE, 0, "l7"));
	x->flow.trace_point = TO_ENDPOINT;
	assert_true(passes(x, FILTER_TYPE, 0, "trace:0"));
	x->flow = sample_drop();
	assert_true(passes(x, FILTER_TYPE, 0, "drop"));
	x->flow = sample_dns_request();
	assert_true(passes(x, FILTER_TYPE, 0, "L7"));
	assert_true(passes(x, FILTER_TYPE, 0, "129"));
	assert_true(passes(x, FILTER_EVENT, 0, "l7"));
	assert_int_equal(add(x, false, FILTER_TYPE, 0, "traces"), -EINVAL);
	assert_int_equal(add(x, false, FILTER_TYPE, 0, "l7:to-stack"), -EINVAL);
	assert_int_equal(add(x, false, FILTER_TYPE, 0, "trace:"), -EINVAL);
	assert_int_equal(add(x, false, FILTER_TYPE, 0, ":3"), -EINVAL);
}

static void test_protocol_dns(void **state)
{
	struct prefilter p;
	struct fixture *x = *state;

	assert_false(passes(x, FILTER_PROTOCOL, 0, "dns"));
	x->flow = sample_dns_request();
	assert_true(passes(x, FILTER_PROTOCOL, 0, "dns"));
	assert_true(passes(x, FILTER_PROTOCOL, 0, "udp"));
	assert_false(passes(x, FILTER_PROTOCOL, 0, "tcp"));
	allow(x, FILTER_PROTOCOL, 0, "tcp");
	filter_prefilter(&x->filter, &p);
	assert_int_equal(p.n_protocols, 1);
	allow(x, FILTER_PROTOCOL, 0, "dns");
	assert_true(filter_pass(&x->filter, &x->flow));
	x->flow.l7 = NULL;
	assert_false(filter_pass(&x->filter, &x->flow));
	/* UDP carries it too, and on any port: the kernel cannot leave anything out */
	filter_prefilter(&x->filter, &p);
	assert_int_equal(p.n_protocols, 0);
}

/* Names come after the kernel: they take nothing away from what it lets through. */
static void test_prefilter(void **state)
{
	struct fixture *x = *state;
	struct prefilter p;

	allow(x, FILTER_SERVICE, FILTER_EITHER, "/x");
	allow(x, FILTER_LABEL, FILTER_DESTINATION, "x");
	allow(x, FILTER_TYPE, 0, "l7");
	filter_prefilter(&x->filter, &p);
	assert_int_equal(p.n_prefixes + p.n_ports + p.n_protocols, 0);
	allow(x, FILTER_IP, FILTER_SOURCE, "10.0.0.1");
	filter_prefilter(&x->filter, &p);
	assert_int_equal(p.n_prefixes, 1);
}

static bool node_passes(struct fixture *x, const char *pattern)
{
	bool pass;

	allow(x, FILTER_NODE_NAME, 0, pattern);
	assert_false(filter_pass(&x->filter, &x->flow)); /* which node is this? */
	filter_set_node(&x->filter, "prod", "node-1");
	pass = filter_pass(&x->filter, &x->flow);
	filter_clear(&x->filter);
	return pass;
}

static void test_nodes(void **state)
{
	struct fixture *x = *state;

	filter_set_node(&x->filter, "prod", "node-1");
	assert_true(filter_pass(&x->filter, &x->flow));
	assert_true(node_passes(x, "node-1"));
	assert_true(node_passes(x, "node-*"));
	assert_true(node_passes(x, "prod/"));
	assert_true(node_passes(x, "pr*/node-1"));
	assert_true(node_passes(x, "/node-1"));
	assert_false(node_passes(x, "node"));
	assert_false(node_passes(x, "default/node-1"));
	allow(x, FILTER_NODE_NAME, 0, "a");
	allow(x, FILTER_NODE_NAME, 0, "node-1");
	assert_int_equal(add(x, true, FILTER_NODE_NAME, 0, "node-2"), 0);
	filter_set_node(&x->filter, "prod", "node-1");
	assert_true(filter_pass(&x->filter, &x->flow));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pods),
		TEST(test_namespaces),
		TEST(test_namespace_with_names),
		TEST(test_namespace_with_service),
		TEST(test_services),
		TEST(test_workloads),
		TEST(test_identities),
		TEST(test_clusters),
		TEST(test_fqdns),
		TEST(test_labels),
		TEST(test_clashes),
		TEST(test_what_goes_together),
		TEST(test_types),
		TEST(test_protocol_dns),
		TEST(test_prefilter),
		TEST(test_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
