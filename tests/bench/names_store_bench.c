// SPDX-License-Identifier: MIT
/*
 * What a cluster costs: lists of pods are decoded into a store in pages of 500, CPU
 * time and memory are taken, then look-ups over all of them in mixed order.
 * A row a figure, as tests/bench/run reads them. Usage: names_store_bench [PODS [LABELS]]
 */
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "flows/names/kube.pb-c.h"
#include "flows/names/kube_object.h"
#include "tests/unit/kube_objects.h"

#define PAGE 500
#define LOOK_UPS 2000000
#define MAX_LABELS 64
#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static size_t n_pods = 10000, n_labels = 20;

/* An object's texts. */
struct pod_text {
	char name[64], uid[40], owner[48], owner_uid[40], id[80], ip4[20], ip6[40];
	char keys[MAX_LABELS][48], values[MAX_LABELS][48];
};

static void fill_text(struct pod_text *t, unsigned int i)
{
	snprintf(t->name, sizeof(t->name), "checkout-%u-5d9f6c7b8-%05u", i / 100, i);
	snprintf(t->uid, sizeof(t->uid), "2c4a9513-c123-4138-9b76-%012x", i);
	snprintf(t->owner, sizeof(t->owner), "checkout-%u-5d9f6c7b8", i / 100);
	snprintf(t->owner_uid, sizeof(t->owner_uid), "273460fc-64e5-4b52-a950-%012x", i / 100);
	snprintf(t->id, sizeof(t->id), "containerd://%064x", i);
	snprintf(t->ip4, sizeof(t->ip4), "10.%u.%u.%u", 100 + (i >> 16), i >> 8 & 255, i & 255);
	snprintf(t->ip6, sizeof(t->ip6), "fd00:244::%x:%x", i >> 16, i & 0xffff);
	for (unsigned int k = 0; k < n_labels; k++) {
		snprintf(t->keys[k], sizeof(t->keys[k]), "app.kubernetes.io/part-%02u", k);
		snprintf(t->values[k], sizeof(t->values[k]), "value-%u-of-%u", k, i / 100);
	}
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double resident_mib(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

/* -------------------------------------------------------------- protobuf */

struct page {
	char *data;
	size_t used, size;
};

static char *page_room(struct page *p, size_t n)
{
	if (p->size - p->used < n)
		p->data = realloc(p->data, p->size = p->size * 2 + n);
	p->used += n;
	return p->data + p->used - n;
}

static void page_field(struct page *p, unsigned int number, size_t size)
{
	char head[8];
	size_t n = 0;

	head[n++] = (char)(number << 3 | 2);
	for (; size >= 0x80; size >>= 7)
		head[n++] = (char)(size | 0x80);
	head[n++] = (char)size;
	memcpy(page_room(p, n), head, n);
}

/* What a server sends besides: as many fields and bytes as in a recorded pod. */
static void add_unknown(ProtobufCMessage *m, ProtobufCMessageUnknownField *fields, size_t n)
{
	static uint8_t bytes[150] = {0x80 | ((sizeof(bytes) - 2) & 0x7f), (sizeof(bytes) - 2) >> 7};

	for (size_t i = 0; i < n; i++)
		fields[i] = (ProtobufCMessageUnknownField){(uint32_t)(100 + i),
							   PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
							   sizeof(bytes), bytes};
	m->unknown_fields = fields;
	m->n_unknown_fields = (unsigned int)n;
}

static void add_pod(struct page *p, struct pod_text *t)
{
	/* the messages' texts are not const */
	static char kind[] = "ReplicaSet", namespace_[] = "shop", version[] = "12345678",
		    node[] = "node-a", name[] = "checkout", phase[] = "Running",
		    image[] = "registry.example.org/shop/checkout:1.2.3";
	ProtobufCMessageUnknownField meta_more[8], spec_more[12], status_more[8];
	Kube__ContainerStatus container = KUBE__CONTAINER_STATUS__INIT, *containers = &container;
	Kube__Entry entries[MAX_LABELS], *labels[MAX_LABELS];
	Kube__Address ip4 = KUBE__ADDRESS__INIT, ip6 = KUBE__ADDRESS__INIT, *ips[] = {&ip4, &ip6};
	Kube__Owner owner = KUBE__OWNER__INIT, *owners = &owner;
	Kube__PodStatus status = KUBE__POD_STATUS__INIT;
	Kube__PodSpec spec = KUBE__POD_SPEC__INIT;
	Kube__Meta meta = KUBE__META__INIT;
	Kube__Pod pod = KUBE__POD__INIT;
	size_t size;

	for (size_t k = 0; k < n_labels; k++) {
		kube__entry__init(&entries[k]);
		entries[k].key = t->keys[k];
		entries[k].value = t->values[k];
		labels[k] = &entries[k];
	}
	owner.kind = kind;
	owner.name = t->owner;
	owner.uid = t->owner_uid;
	owner.has_controller = owner.controller = true;
	meta.name = t->name;
	meta.namespace_ = namespace_;
	meta.uid = t->uid;
	meta.resource_version = version;
	meta.labels = labels;
	meta.n_labels = n_labels;
	meta.owners = &owners;
	meta.n_owners = 1;
	spec.node_name = node;
	container.name = name;
	container.image = image;
	container.container_id = t->id;
	ip4.ip = t->ip4;
	ip6.ip = t->ip6;
	status.phase = phase;
	status.pod_ip = t->ip4;
	status.pod_ips = ips;
	status.n_pod_ips = 2;
	status.containers = &containers;
	status.n_containers = 1;
	add_unknown(&meta.base, meta_more, LEN(meta_more));
	add_unknown(&spec.base, spec_more, LEN(spec_more));
	add_unknown(&status.base, status_more, LEN(status_more));
	pod.metadata = &meta;
	pod.spec = &spec;
	pod.status = &status;
	size = kube__pod__get_packed_size(&pod);
	page_field(p, 2, size);
	kube__pod__pack(&pod, (uint8_t *)page_room(p, size));
}

static void protobuf_page(struct page *whole, unsigned int first, unsigned int n)
{
	static const char magic[] = "k8s\0\x0a\x09\x12\x07PodList";
	struct page list = {0};
	struct pod_text t;

	for (unsigned int i = first; i < first + n; i++) {
		fill_text(&t, i);
		add_pod(&list, &t);
	}
	memcpy(page_room(whole, sizeof(magic) - 1), magic, sizeof(magic) - 1);
	page_field(whole, 2, list.used);
	memcpy(page_room(whole, list.used), list.data, list.used);
	free(list.data);
}

/* ------------------------------------------------------------------- JSON */

/* A recorded pod with other names. */
static void json_page(struct page *whole, unsigned int first, unsigned int n)
{
	json_t *list = json_load_file("tests/data/kubernetes/real-pods.json", 0, NULL), *item, *out;
	struct pod_text t;
	char *text;

	if (!list)
		exit(1);
	item = json_array_get(json_object_get(list, "items"), 2);
	out = json_pack("{s:s,s:{s:s},s:[]}", "kind", "PodList", "metadata", "resourceVersion", "9",
			"items");
	for (unsigned int i = first; i < first + n; i++) {
		json_t *pod = json_deep_copy(item), *meta = json_object_get(pod, "metadata");
		json_t *status = json_object_get(pod, "status"), *labels = json_object();

		fill_text(&t, i);
		for (size_t k = 0; k < n_labels; k++)
			json_object_set_new(labels, t.keys[k], json_string(t.values[k]));
		json_object_set_new(meta, "labels", labels);
		json_object_set_new(meta, "name", json_string(t.name));
		json_object_set_new(meta, "uid", json_string(t.uid));
		json_object_set_new(status, "podIPs",
				    json_pack("[{s:s},{s:s}]", "ip", t.ip4, "ip", t.ip6));
		json_object_set_new(json_array_get(json_object_get(status, "containerStatuses"), 0),
				    "containerID", json_string(t.id));
		json_array_append_new(json_object_get(out, "items"), pod);
	}
	text = json_dumps(out, JSON_COMPACT);
	memcpy(page_room(whole, strlen(text)), text, strlen(text));
	free(text);
	json_decref(out);
	json_decref(list);
}

/* --------------------------------------------------------------- measured */

static void put(void *arg, const struct kube_object *o)
{
	kube_store_put(arg, o);
}

static struct kube_store *fill(enum kube_encoding enc)
{
	const struct kube_store_options opt = {.node_name = "node-a", .cluster_name = "default"};
	const char *name = enc == KUBE_JSON ? "JSON" : "protobuf";
	struct kube_list_meta meta;
	struct kube_store *s;
	double cpu = 0, resident = resident_mib();
	size_t heap = mallinfo2().uordblks, bytes = 0;

	if (kube_store_new(&opt, &s))
		exit(1);
	kube_store_relist_begin(s, KUBE_POD);
	for (unsigned int i = 0; i < n_pods; i += PAGE) {
		struct page p = {0};
		double before;

		(enc == KUBE_JSON ? json_page : protobuf_page)(&p, i, PAGE);
		before = cpu_s();
		if (kube_decode_list(KUBE_POD, enc, p.data, p.used, put, s, &meta))
			exit(1);
		cpu += cpu_s() - before;
		bytes += p.used;
		free(p.data);
	}
	kube_store_relist_end(s, KUBE_POD);
	heap = mallinfo2().uordblks - heap;
	printf("%s, %zu pods of %zu bytes\t%.0f ms of CPU\t\t%.0f\t%s\n", name,
	       kube_store_count(s, KUBE_POD), bytes / n_pods, cpu * 1e3, cpu * 1e3, "<= 1000");
	printf("%s, memory of the store\t%.1f MiB\t+%.1f MiB resident\t%.1f\t%s\n", name,
	       (double)heap / (1 << 20), resident_mib() - resident, (double)heap / (1 << 20),
	       "<= 25");
	return s;
}

static void add_services(struct kube_store *s)
{
	char name[32];

	for (unsigned int i = 0; i < n_pods; i++) {
		struct pod_text t;
		struct made m;

		fill_text(&t, i);
		snprintf(name, sizeof(name), "slice-%u", i);
		made_slice(&m, name, t.owner, t.ip4);
		made_port(&m, 6, 8080, 0);
		kube_store_put(s, &m.o);
	}
}

enum look_up { ADDRESS, UNKNOWN_ADDRESS, BACKEND, NO_SERVICE, UNKNOWN_SERVICE, CONTAINER, UID };

static size_t look_up(struct kube_store *s, enum look_up what, const struct ip_addr *a,
		      const char *text)
{
	switch (what) {
	case ADDRESS:
	case UNKNOWN_ADDRESS:
		return kube_store_address(s, a) != NULL;
	case BACKEND:
		return kube_store_service(s, a, 8080, 6) != NULL;
	case NO_SERVICE:
	case UNKNOWN_SERVICE:
		return kube_store_service(s, a, 40000, 6) != NULL;
	case CONTAINER:
		return kube_store_container(s, text, NULL) != NULL;
	default:
		return kube_store_pod(s, text) != NULL;
	}
}

/* span: how many pods are asked for, all of them or as many as a node has. */
static void measure(struct kube_store *s, enum look_up what, const char *title, size_t span)
{
	struct ip_addr *ips = calloc(n_pods, sizeof(*ips));
	char(*texts)[80] = calloc(n_pods, sizeof(*texts));
	bool unknown = what == UNKNOWN_ADDRESS || what == UNKNOWN_SERVICE;
	size_t found = 0, at = 1;
	struct pod_text t;
	double start, ns;

	for (size_t i = 0; i < n_pods; i++) {
		fill_text(&t, (unsigned int)i);
		ips[i] = unknown ? ip_of(0xc6336400 + (uint32_t)i) : ip(t.ip4);
		snprintf(texts[i], sizeof(texts[i]), "%.79s",
			 what == CONTAINER ? t.id + 13 : t.uid);
	}
	start = cpu_s();
	for (size_t i = 0; i < LOOK_UPS; i++) {
		at = (at * 7919 + 12345) % span;
		found += look_up(s, what, &ips[at], texts[at]);
	}
	ns = (cpu_s() - start) / LOOK_UPS * 1e9;
	/* what is judged is what a node asks: those who run on it */
	printf("%s, of %zu\t%.1f ns, %zu %% found\t\t%.1f\t%s\n", title, span, ns,
	       found * 100 / LOOK_UPS, ns, span < n_pods ? "<= 40" : "");
	free(ips);
	free(texts);
}

int main(int argc, char **argv)
{
	static const char *const titles[] = {
		[ADDRESS] = "a pod's address",
		[UNKNOWN_ADDRESS] = "an unknown address",
		[BACKEND] = "a backend's Service",
		[NO_SERVICE] = "a pod's port of no Service",
		[UNKNOWN_SERVICE] = "an unknown address's Service",
		[CONTAINER] = "a container's id",
		[UID] = "a pod's uid",
	};
	struct kube_store *s;

	if (argc > 1)
		n_pods = strtoul(argv[1], NULL, 10) / PAGE * PAGE;
	if (argc > 2)
		n_labels = strtoul(argv[2], NULL, 10) % (MAX_LABELS + 1);
	if (n_pods < PAGE)
		return 2;
	s = fill(KUBE_PROTOBUF);
	add_services(s);
	for (unsigned int i = 0; i < LEN(titles); i++) {
		measure(s, (enum look_up)i, titles[i], 100);
		measure(s, (enum look_up)i, titles[i], n_pods);
	}
	kube_store_free(s);
	malloc_trim(0);
	kube_store_free(fill(KUBE_JSON));
	return 0;
}
