// SPDX-License-Identifier: MIT
/* Names of addresses from a recorded cluster, and from its watches. */
#include <setjmp.h>
#include <stdarg.h>

#include "flows/names/kube_store_parts.h"
#include "tests/unit/kube_store_cluster.h"

/* ------------------------------------------------------------- questions */

static const char *service_at(struct kube_store *s, const char *address, uint16_t port,
			      uint8_t protocol)
{
	struct ip_addr a = ip(address);
	struct service *service = kube_store_service(s, &a, port, protocol);

	return service ? service->name : "none";
}

static void change_any(void *arg, enum kube_change change, const struct kube_object *o)
{
	if (change == KUBE_DELETED)
		kube_store_delete(arg, o);
	else
		kube_store_put(arg, o);
}

/* -------------------------------------------------------- recorded cluster */

static void the_recorded_cluster(void **state)
{
	struct kube_store *s = *state;
	const struct endpoint *e;

	read_cluster(s);
	assert_int_equal(kube_store_count(s, KUBE_POD), 6);
	assert_int_equal(kube_store_count(s, KUBE_SERVICE), 6);
	assert_int_equal(kube_store_count(s, KUBE_NAMESPACE), 6);
	assert_int_equal(kube_store_count(s, KUBE_REPLICASET), 1);
	assert_int_equal(kube_store_refused(s), 0);

	e = at(s, "10.244.0.5");
	assert_int_equal(e->kind, ENDPOINT_POD);
	assert_string_equal(e->namespace_name, "shop");
	assert_string_equal(e->name, "cart-5d9f6c7b8-aaaaa");
	assert_string_equal(e->workload, "cart");
	assert_string_equal(e->workload_kind, "Deployment");
	assert_string_equal(e->node, "node-a");
	assert_string_equal(e->cluster, "c1");
	assert_string_equal(e->container, "");
	assert_true(has_label(e, "k8s:app=cart"));
	assert_true(has_label(e, "k8s:pod-template-hash=5d9f6c7b8"));
	assert_true(has_label(e, "k8s:io.kubernetes.pod.namespace=shop"));
	assert_in_range(e->id, 1, 65535);
	assert_in_range(e->identity, 256, 0xffffff);
	assert_ptr_equal(at(s, "fd00:244::5"), e);

	/* the same workload on another node and zone: the same identity, no id of this machine */
	assert_int_equal(at(s, "10.244.1.6")->identity, e->identity);
	assert_int_equal(at(s, "10.244.1.6")->id, 0);
}

static void hostnetwork_pods_have_no_address(void **state)
{
	struct kube_store *s = *state;
	const struct endpoint *e;

	read_cluster(s);
	e = at(s, "192.168.50.1");
	assert_int_equal(e->kind, ENDPOINT_NODE);
	assert_string_equal(e->name, "");
	assert_string_equal(e->node, "node-a");
	assert_int_equal(e->identity, IDENTITY_HOST);
	assert_true(has_label(e, "reserved:host"));
	e = at(s, "fd00:50::2");
	assert_int_equal(e->identity, IDENTITY_REMOTE_NODE);
	assert_true(has_label(e, "reserved:remote-node"));
	e = kube_store_container(
		s, "3370b873286cabd3d3f99ab8002a24d2609168a592a28f1658c0da500de9b735", NULL);
	assert_non_null(e);
	assert_string_equal(e->name, "exporter-node-a");
	assert_string_equal(e->container, "c");
	assert_string_equal(e->image, "x");
	e = kube_store_pod(s, "03ca8057-4c26-4f4c-90f3-87d6a885bbfd");
	assert_string_equal(e->name, "exporter-node-a");
	assert_string_equal(e->container, "");
	assert_string_equal(e->workload_kind, "Pod");
	assert_string_equal(e->workload, "exporter-node-a");
}

static void a_finished_pod_gives_its_address_up(void **state)
{
	struct kube_store *s = *state;
	struct made m;

	read_cluster(s);
	assert_string_equal(pod_at(s, "10.244.0.9"), "reuser");
	/* found by its container all the same */
	assert_string_equal(
		kube_store_container(
			s, "5efcdc3334c3f8373ccf9011e1f48c06acb1b97a45ec2c582b7bfa5883ed26ca", "")
			->name,
		"finished-job");

	put(s, made_pod(&m, "one", "Running", "10.9.9.9"));
	put(s, made_pod(&m, "one", "Failed", "10.9.9.9"));
	assert_string_equal(pod_at(s, "10.9.9.9"), "none");
}

static void services_of_every_sort(void **state)
{
	struct kube_store *s = *state;

	read_cluster(s);
	assert_string_equal(service_at(s, "10.96.179.130", 80, IPPROTO_TCP), "cart");
	assert_string_equal(service_at(s, "fd00:96::b1c0", 80, IPPROTO_TCP), "cart");
	/* the Service's own at whatever port: a ping, a wrong port */
	assert_string_equal(service_at(s, "10.96.179.130", 0, IPPROTO_ICMP), "cart");
	assert_string_equal(service_at(s, "10.96.179.130", 81, IPPROTO_TCP), "cart");
	assert_int_equal(at(s, "10.96.179.130")->kind, ENDPOINT_SERVICE);
	/* its backends; one of them is a backend of the headless one only by a slice */
	assert_string_equal(service_at(s, "10.244.0.5", 8080, IPPROTO_TCP), "cart");
	assert_string_equal(service_at(s, "10.244.1.6", 8080, IPPROTO_TCP), "cart");
	assert_string_equal(service_at(s, "10.244.0.5", 8081, IPPROTO_TCP), "none");
	assert_string_equal(service_at(s, "10.244.0.5", 8080, IPPROTO_UDP), "none");
	/* node ports, on this node and on others */
	assert_string_equal(service_at(s, "192.168.50.1", 30080, IPPROTO_TCP), "cart-np");
	assert_string_equal(service_at(s, "fd00:50::2", 30080, IPPROTO_TCP), "cart-np");
	assert_string_equal(service_at(s, "192.168.50.1", 32450, IPPROTO_UDP), "cart-lb");
	assert_string_equal(service_at(s, "192.168.50.1", 32450, IPPROTO_TCP), "none");
	assert_string_equal(service_at(s, "192.168.50.1", 80, IPPROTO_TCP), "none");
	assert_string_equal(service_at(s, "10.244.0.5", 30080, IPPROTO_TCP), "none");
	/* external address, two protocols */
	assert_string_equal(service_at(s, "192.0.2.10", 443, IPPROTO_TCP), "cart-lb");
	assert_string_equal(service_at(s, "192.0.2.10", 53, IPPROTO_UDP), "cart-lb");
	assert_string_equal(service_at(s, "198.51.100.1", 443, IPPROTO_TCP), "none");
}

static void the_api_server(void **state)
{
	struct kube_store *s = *state;
	const struct endpoint *e;
	struct made m;

	read_cluster(s);
	e = at(s, "10.96.0.1");
	assert_int_equal(e->identity, IDENTITY_KUBE_APISERVER);
	assert_true(has_label(e, "reserved:kube-apiserver"));
	assert_string_equal(service_at(s, "10.96.0.1", 443, IPPROTO_TCP), "kubernetes");

	made_slice(&m, "kubernetes", "kubernetes", "192.168.50.2");
	m.o.meta.namespace_name = "default";
	made_port(&m, IPPROTO_TCP, 6443, 0);
	put(s, &m);
	e = at(s, "192.168.50.2");
	assert_int_equal(e->identity, IDENTITY_KUBE_APISERVER);
	assert_string_equal(e->node, "node-b");
	assert_true(has_label(e, "reserved:kube-apiserver"));
	assert_true(has_label(e, "reserved:remote-node"));
	assert_string_equal(service_at(s, "192.168.50.2", 6443, IPPROTO_TCP), "kubernetes");
	/* elsewhere, and on this node */
	m.ips[0] = ip("203.0.113.7");
	put(s, &m);
	assert_int_equal(at(s, "203.0.113.7")->identity, IDENTITY_KUBE_APISERVER);
	assert_int_equal(at(s, "192.168.50.2")->identity, IDENTITY_REMOTE_NODE);
	m.ips[0] = ip("192.168.50.1");
	put(s, &m);
	assert_string_equal(pod_at(s, "203.0.113.7"), "none");
	assert_int_equal(at(s, "192.168.50.1")->identity, IDENTITY_HOST);
	assert_true(has_label(at(s, "192.168.50.1"), "reserved:kube-apiserver"));
	gone(s, &m);
	assert_false(has_label(at(s, "192.168.50.1"), "reserved:kube-apiserver"));
}

/* ------------------------------------------------------- recorded watches */

struct moment {
	struct kube_store *s;
	size_t n;
};

/* The names of the four addresses after each event of the rollout. */
static const char *const rollout[][4] = {
	/* .2, .4, .5, .6 */
	[4] = {"web-5c9cbf4d8f-2xpxr", "web-5c9cbf4d8f-brvwx", "none", "none"},
	[8] = {"web-5c9cbf4d8f-2xpxr", "web-5c9cbf4d8f-brvwx", "none", "none"},
	[9] = {"web-5c9cbf4d8f-2xpxr", "web-5c9cbf4d8f-brvwx", "web-6bd7b68b48-c878b", "none"},
	[11] = {"web-5c9cbf4d8f-2xpxr", "web-5c9cbf4d8f-brvwx", "web-6bd7b68b48-c878b", "none"},
	[16] = {"web-5c9cbf4d8f-2xpxr", "web-5c9cbf4d8f-brvwx", "web-6bd7b68b48-c878b",
		"web-6bd7b68b48-l9z7v"},
	[18] = {"web-5c9cbf4d8f-2xpxr", "web-5c9cbf4d8f-brvwx", "web-6bd7b68b48-c878b",
		"web-6bd7b68b48-l9z7v"},
	[20] = {"web-5c9cbf4d8f-2xpxr", "web-5c9cbf4d8f-brvwx", "web-6bd7b68b48-c878b",
		"web-6bd7b68b48-l9z7v"},
};

static void rollout_event(void *arg, const void *data, size_t size)
{
	static const char *const addresses[] = {"10.244.0.2", "10.244.0.4", "10.244.0.5",
						"10.244.0.6"};
	struct moment *m = arg;
	struct kube_event e;
	struct endpoint *old;

	assert_int_equal(kube_decode_event(KUBE_POD, KUBE_JSON, data, size, change_any, m->s, &e),
			 0);
	m->n++;
	kube_store_age(m->s, m->n * SECOND);
	for (size_t i = 0; i < 4 && rollout[m->n][0]; i++)
		assert_string_equal(pod_at(m->s, addresses[i]), rollout[m->n][i]);
	if (m->n != 20)
		return;
	/* all is over: what runs is found, what went is found by its container */
	assert_int_equal(kube_store_count(m->s, KUBE_POD), 3);
	old = kube_store_pod(m->s, "b043ebef-7f1f-4c88-95f4-1b9c3f259290");
	assert_non_null(old);
	assert_string_equal(old->workload, "web");
	assert_string_equal(old->workload_kind, "Deployment");
}

static void a_rollout_event_by_event(void **state)
{
	struct moment m = {.s = *state};

	assert_int_equal(kube_each_line("real-watch-rollout.jsonl", rollout_event, &m), 20);
	kube_store_age(m.s, 60 * SECOND);
	assert_string_equal(pod_at(m.s, "10.244.0.2"), "web-5c9cbf4d8f-2xpxr");
	kube_store_age(m.s, 90 * SECOND);
	assert_string_equal(pod_at(m.s, "10.244.0.2"), "none");
	assert_string_equal(pod_at(m.s, "10.244.0.3"), "none");
	assert_string_equal(pod_at(m.s, "10.244.0.5"), "web-6bd7b68b48-c878b");
	assert_null(kube_store_pod(m.s, "b043ebef-7f1f-4c88-95f4-1b9c3f259290"));
	/* the node's own two came from the pods' watch alone; hostnet has no address */
	assert_string_equal(pod_at(m.s, "192.168.50.1"), "none");
}

static void watch_event(void *arg, const void *data, size_t size)
{
	static const char *const names[] = {"reuser", "reuser", "reuser", "late", "late",
					    "late",   "late",	"late",	  "late", "late"};
	struct moment *m = arg;
	struct kube_event e;

	assert_int_equal(kube_decode_event(KUBE_POD, KUBE_JSON, data, size, change_any, m->s, &e),
			 0);
	assert_string_equal(pod_at(m->s, "10.244.0.9"), names[m->n++]);
}

static void an_address_that_passes_on(void **state)
{
	struct moment m = {.s = *state};

	read_list(m.s, KUBE_POD, "list-pods.json");
	assert_int_equal(kube_each_line("watch-pods.http", watch_event, &m), 10);
	assert_string_equal(pod_at(m.s, "fd00:244::9"), "reuser"); /* late has no IPv6 address */
}

/* --------------------------------------------------------------- workloads */

static void assert_workload(struct kube_store *s, const char *kind, const char *name)
{
	struct endpoint *e = kube_store_pod(s, "p");

	assert_non_null(e);
	assert_string_equal(e->workload_kind, kind);
	assert_string_equal(e->workload, name);
}

static void workloads(void **state)
{
	static const struct {
		const char *kind, *name, *hash, *workload_kind, *workload;
	} cases[] = {
		{"", "", "", "Pod", "p"},
		{"ReplicaSet", "cart-5d9f", "5d9f", "Deployment", "cart"},
		{"ReplicaSet", "cart-5d9f", "", "ReplicaSet", "cart-5d9f"},
		{"ReplicaSet", "cart-5d9f", "other", "ReplicaSet", "cart-5d9f"},
		{"ReplicaSet", "-5d9f", "5d9f", "ReplicaSet", "-5d9f"},
		{"Job", "backup-29384756", "", "CronJob", "backup"},
		{"Job", "backup-2938475", "", "Job", "backup-2938475"},
		{"Job", "backup-12345678901", "", "Job", "backup-12345678901"},
		{"Job", "29384756", "", "Job", "29384756"},
		{"StatefulSet", "db", "", "StatefulSet", "db"},
		{"DaemonSet", "agent", "", "DaemonSet", "agent"},
		{"Node", "node-a", "", "Pod", "p"},
	};
	struct kube_store *s = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made m;

		made_pod(&m, "p", "Running", "10.0.0.1");
		made_owner(&m, cases[i].kind, cases[i].name, *cases[i].kind ? "u" : "");
		made_label(&m, "pod-template-hash", cases[i].hash);
		put(s, &m);
		assert_workload(s, cases[i].workload_kind, cases[i].workload);
		gone(s, &m);
		while (s->n_dead)
			kube_pod_bury(s);
		assert_int_equal(s->entries[KUBE_REPLICASET].n, 0);
	}
}

static void a_replicaset_tells_the_workload(void **state)
{
	struct kube_store *s = *state;
	struct made pod, set;
	uint32_t generation;
	char id[65] = {0};

	made_pod(&pod, "p", "Running", "10.0.0.1");
	made_owner(&pod, "ReplicaSet", "cart-5d9f", "rs");
	made_container(&pod, "web", 'a');
	put(s, &pod);
	assert_workload(s, "ReplicaSet", "cart-5d9f");
	memset(id, 'a', 64);
	assert_string_equal(kube_store_container(s, id, NULL)->workload, "cart-5d9f");
	generation = kube_store_generation(s);
	made_meta(&set, KUBE_REPLICASET, "cart-5d9f", "rs");
	made_owner(&set, "Rollout", "cart", "ro");
	put(s, &set);
	assert_workload(s, "Rollout", "cart");
	assert_string_equal(at(s, "10.0.0.1")->workload, "cart");
	assert_string_equal(kube_store_container(s, id, NULL)->workload, "cart");
	assert_int_not_equal(kube_store_generation(s), generation);
	/* its end leaves the names */
	gone(s, &set);
	assert_int_equal(kube_store_count(s, KUBE_REPLICASET), 0);
	assert_workload(s, "Rollout", "cart");
	gone(s, &pod);
	while (s->n_dead)
		kube_pod_bury(s);
	assert_int_equal(s->entries[KUBE_REPLICASET].n, 0);
}

/* ---------------------------------------------------------------- services */

static void both_protocols_at_one_port(void **state)
{
	struct kube_store *s = *state;
	struct made tcp, udp, slice;

	made_service(&tcp, "dns-tcp", "10.96.0.10");
	made_port(&tcp, IPPROTO_TCP, 53, 0);
	made_service(&udp, "dns-udp", "10.96.0.10");
	made_port(&udp, IPPROTO_UDP, 53, 0);
	put(s, &tcp);
	put(s, &udp);
	assert_string_equal(service_at(s, "10.96.0.10", 53, IPPROTO_TCP), "dns-tcp");
	assert_string_equal(service_at(s, "10.96.0.10", 53, IPPROTO_UDP), "dns-udp");
	assert_string_equal(service_at(s, "10.96.0.10", 54, IPPROTO_UDP), "none");

	made_slice(&slice, "x1", "dns-udp", "10.0.0.1");
	made_port(&slice, IPPROTO_UDP, 5353, 0);
	put(s, &slice);
	made_slice(&slice, "x2", "dns-tcp", "10.0.0.1");
	made_port(&slice, IPPROTO_TCP, 5353, 0);
	put(s, &slice);
	assert_string_equal(service_at(s, "10.0.0.1", 5353, IPPROTO_TCP), "dns-tcp");
	assert_string_equal(service_at(s, "10.0.0.1", 5353, IPPROTO_UDP), "dns-udp");
}

static void a_backend_of_several_services(void **state)
{
	struct kube_store *s = *state;
	struct made m;

	made_slice(&m, "b1", "b", "10.0.0.1");
	made_port(&m, IPPROTO_TCP, 80, 0);
	put(s, &m);
	assert_string_equal(service_at(s, "10.0.0.1", 80, IPPROTO_TCP),
			    "b"); /* by the slice alone */
	made_slice(&m, "a1", "a", "10.0.0.1");
	made_port(&m, IPPROTO_TCP, 80, 0);
	put(s, &m);
	assert_string_equal(service_at(s, "10.0.0.1", 80, IPPROTO_TCP), "a");
	put(s, made_service(&m, "a", NULL));
	put(s, made_service(&m, "b", "10.96.0.1"));
	assert_string_equal(service_at(s, "10.0.0.1", 80, IPPROTO_TCP), "b");
	put(s, made_service(&m, "a", "10.96.0.2"));
	assert_string_equal(service_at(s, "10.0.0.1", 80, IPPROTO_TCP), "a");
	gone(s, &m);
	assert_string_equal(service_at(s, "10.0.0.1", 80, IPPROTO_TCP), "b");
	assert_int_equal(kube_store_count(s, KUBE_SERVICE), 1);
}

static void slices_of_any_port(void **state)
{
	struct kube_store *s = *state;
	struct ip_addr a;
	struct made m;

	/* keeps the address when the slice gives it up */
	put(s, made_pod(&m, "p", "Running", "10.0.0.1"));
	made_slice(&m, "a1", "a", "10.0.0.1");
	made_port(&m, IPPROTO_TCP, 0, 0);
	put(s, &m);
	assert_string_equal(service_at(s, "10.0.0.1", 4711, IPPROTO_TCP), "a");
	assert_string_equal(service_at(s, "10.0.0.1", 4711, IPPROTO_UDP), "none");
	/* from any port to one */
	m.ports[0].port = 80;
	put(s, &m);
	assert_string_equal(service_at(s, "10.0.0.1", 4711, IPPROTO_TCP), "none");
	assert_string_equal(service_at(s, "10.0.0.1", 80, IPPROTO_TCP), "a");
	a = ip("10.0.0.1");
	assert_int_equal(kube_spot_find(s, &a, 0, 0)->any_ports, 0);
	assert_int_equal(kube_spot_find(s, &a, 0, 0)->ports, 1);
	gone(s, &m);
	assert_string_equal(service_at(s, "10.0.0.1", 4711, IPPROTO_TCP), "none");
	assert_int_equal(s->spots.n, 1);
	assert_int_equal(s->entries[KUBE_SERVICE].n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_recorded_cluster),
		TEST(hostnetwork_pods_have_no_address),
		TEST(a_finished_pod_gives_its_address_up),
		TEST(services_of_every_sort),
		TEST(the_api_server),
		TEST(a_rollout_event_by_event),
		TEST(an_address_that_passes_on),
		TEST(workloads),
		TEST(a_replicaset_tells_the_workload),
		TEST(both_protocols_at_one_port),
		TEST(a_backend_of_several_services),
		TEST(slices_of_any_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
