/* SPDX-License-Identifier: MIT */
/* Kubernetes' objects in both encodings: as a real API server sends them, cut, and malformed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <inttypes.h>

#include "tests/unit/kube_data.h"

/* ------------------------------------------------------- objects as text */

struct sheet {
	char *text;
	size_t size;
	FILE *out;
	size_t n; /* objects */
	bool masked; /* without what differs between two recordings */
};

static void sheet_open(struct sheet *s)
{
	*s = (struct sheet){0};
	s->out = open_memstream(&s->text, &s->size);
	assert_non_null(s->out);
}

/* Service addresses and node ports are given by chance. */
static void write_service(const struct sheet *s, const struct kube_service *o)
{
	char text[64];

	fprintf(s->out, " %s %d %zu", o->type, o->headless, o->n_ips);
	for (size_t i = 0; i < o->n_ips && !s->masked; i++)
		fprintf(s->out, " %s", ip_addr_text(&o->ips[i], text));
	for (size_t i = 0; i < o->n_ports; i++)
		fprintf(s->out, " %s/%u/%u/%u", o->ports[i].name, o->ports[i].protocol,
			o->ports[i].port,
			s->masked ? o->ports[i].node_port != 0 : o->ports[i].node_port);
}

static void write_ips(FILE *out, const struct ip_addr *ips, size_t n)
{
	char text[64];

	for (size_t i = 0; i < n; i++)
		fprintf(out, " %s", ip_addr_text(&ips[i], text));
}

static void write_slice(FILE *out, const struct kube_slice *o)
{
	fprintf(out, " of %s", o->service);
	for (size_t i = 0; i < o->n_backends; i++) {
		fprintf(out, " (%d", o->backends[i].ready);
		write_ips(out, o->backends[i].ips, o->backends[i].n_ips);
		fprintf(out, ")");
	}
	for (size_t i = 0; i < o->n_ports; i++)
		fprintf(out, " %s/%u/%u", o->ports[i].name, o->ports[i].protocol, o->ports[i].port);
}

static void write_pod(const struct sheet *s, const struct kube_pod *o)
{
	fprintf(s->out, " on %s %s %d", o->node, o->phase, o->host_network);
	write_ips(s->out, o->ips, o->n_ips);
	for (size_t i = 0; i < o->n_containers; i++)
		fprintf(s->out, " [%s %s %s]", o->containers[i].name, o->containers[i].image,
			s->masked ? "" : o->containers[i].id);
}

static void write_rest(const struct sheet *s, const struct kube_object *o)
{
	switch (o->kind) {
	case KUBE_POD:
		write_pod(s, &o->pod);
		break;
	case KUBE_SERVICE:
		write_service(s, &o->service);
		break;
	case KUBE_ENDPOINTSLICE:
		write_slice(s->out, &o->slice);
		break;
	case KUBE_NODE:
		write_ips(s->out, o->node.ips, o->node.n_ips);
		break;
	default:
		break;
	}
}

static void write_object(void *arg, const struct kube_object *o)
{
	struct sheet *s = arg;
	const struct kube_meta *m = &o->meta;

	s->n++;
	fprintf(s->out, "%s/%s %s %s <%s %s %s>", m->namespace_name, m->name,
		s->masked ? "" : m->uid, s->masked ? "" : m->resource_version, m->owner_kind,
		m->owner_name, s->masked ? "" : m->owner_uid);
	for (size_t i = 0; i < m->n_labels; i++)
		fprintf(s->out, " %s=%s", m->labels[i].key, m->labels[i].value);
	write_rest(s, o);
	fprintf(s->out, "\n");
}

static void write_change(void *arg, enum kube_change change, const struct kube_object *o)
{
	struct sheet *s = arg;

	fprintf(s->out, "%d ", change);
	write_object(s, o);
}

static char *sheet_close(struct sheet *s)
{
	fclose(s->out);
	return s->text;
}

/* ------------------------------------------------------------------- lists */

static int read_list(enum kube_kind kind, enum kube_encoding enc, const char *name,
		     struct sheet *sheet, struct kube_list_meta *meta)
{
	bool masked = sheet->masked;
	size_t size;
	char *data = kube_read(name, &size);
	int err;

	sheet_open(sheet);
	sheet->masked = masked;
	err = kube_decode_list(kind, enc, data, size, write_object, sheet, meta);
	sheet_close(sheet);
	free(data);
	return err;
}

static void assert_equal_lists(enum kube_kind kind, const char *json, const char *protobuf,
			       size_t expected, bool masked)
{
	const char *names[] = {[KUBE_JSON] = json, [KUBE_PROTOBUF] = protobuf};
	struct sheet sheets[2] = {{.masked = masked}, {.masked = masked}};
	struct kube_list_meta meta[2];

	for (unsigned int enc = KUBE_JSON; enc <= KUBE_PROTOBUF; enc++) {
		assert_int_equal(read_list(kind, enc, names[enc], &sheets[enc], &meta[enc]), 0);
		assert_null(meta[enc].next);
		assert_true(meta[enc].resource_version[0]);
		assert_int_equal(sheets[enc].n, expected);
	}
	assert_string_equal(sheets[0].text, sheets[1].text);
	if (!masked)
		assert_string_equal(meta[0].resource_version, meta[1].resource_version);
	free(sheets[0].text);
	free(sheets[1].text);
}

static void lists_are_equal_in_both_encodings(void **state)
{
	static const size_t expected[KUBE_KINDS] = {6, 6, 1, 2, 6, 1};

	(void)state;
	assert_equal_lists(KUBE_POD, "list-pods.json", "list-pods.protobuf", 6, false);
	for (unsigned int kind = 0; kind < KUBE_KINDS; kind++) {
		char json[64], protobuf[64];

		snprintf(json, sizeof(json), "list-%s.json", kube_plural[kind]);
		snprintf(protobuf, sizeof(protobuf), "pb/list-%s.protobuf", kube_plural[kind]);
		assert_equal_lists(kind, json, protobuf, expected[kind], true);
	}
}

static void fields_are_those_of_the_list(void **state)
{
	struct kube_list_meta meta;
	struct sheet s = {0};

	(void)state;
	assert_int_equal(read_list(KUBE_POD, KUBE_PROTOBUF, "list-pods.protobuf", &s, &meta), 0);
	assert_string_equal(meta.resource_version, "244");
	assert_non_null(
		strstr(s.text, "shop/cart-5d9f6c7b8-aaaaa 2c4a9513-c123-4138-9b76-02574375c1d9"));
	assert_non_null(strstr(s.text, "<ReplicaSet cart-5d9f6c7b8 "));
	assert_non_null(strstr(
		s.text, " on node-a Running 0 10.244.0.5 fd00:244::5 [c x containerd://c9a563"));
	assert_non_null(strstr(s.text, " on node-b Running 1 192.168.50.2 fd00:50::2 ["));
	assert_non_null(strstr(s.text, " on node-a Succeeded 0 10.244.0.9 "));
	free(s.text);
	assert_int_equal(read_list(KUBE_SERVICE, KUBE_JSON, "list-services.json", &s, &meta), 0);
	assert_non_null(strstr(s.text, "ClusterIP 0 2 10.96.179.130 fd00:96::b1c0 http/6/80/0"));
	assert_non_null(strstr(s.text, "ClusterIP 1 0 http/6/8080/0"));
	assert_non_null(
		strstr(s.text,
		       "LoadBalancer 0 2 10.96.99.89 192.0.2.10 http/6/443/32609 dns/17/53/32450"));
	assert_non_null(strstr(s.text, "ExternalName 0 0\n"));
	free(s.text);
	assert_int_equal(read_list(KUBE_POD, KUBE_JSON, "real-pods.json", &s, &meta), 0);
	assert_int_equal(s.n, 4);
	free(s.text);
}

static void no_prefix_of_a_list_is_one(void **state)
{
	(void)state;
	for (unsigned int enc = KUBE_JSON; enc <= KUBE_PROTOBUF; enc++) {
		struct kube_list_meta meta;
		size_t size, whole = 0;
		char *data;

		data = kube_read(enc == KUBE_JSON ? "list-services.json"
						  : "pb/list-services.protobuf",
				 &size);
		while (enc == KUBE_JSON && (data[size - 1] == '\n' || data[size - 1] == ' '))
			size--;
		for (size_t n = 0; n < size; n++) {
			char *cut = malloc(n + 1); /* so that ASan sees the end */
			struct sheet s;

			sheet_open(&s);
			memcpy(cut, data, n);
			cut = realloc(cut, n ? n : 1);
			if (!kube_decode_list(KUBE_SERVICE, enc, cut, n, write_object, &s, &meta)) {
				free(meta.next);
				whole++;
			}
			free(sheet_close(&s));
			free(cut);
		}
		/* in protobuf empty fields of the envelope come behind the list */
		assert_int_equal(whole, enc == KUBE_JSON ? 0 : 3);
		free(data);
	}
}

static void list_json(const char *text, int expected, size_t n)
{
	struct kube_list_meta meta = {.next = NULL};
	struct sheet s;

	sheet_open(&s);
	assert_int_equal(
		kube_decode_list(KUBE_POD, KUBE_JSON, text, strlen(text), write_object, &s, &meta),
		expected);
	assert_int_equal(s.n, n);
	free(meta.next);
	free(sheet_close(&s));
}

static void odd_lists_in_json(void **state)
{
	char *deep = malloc(200001);

	(void)state;
	list_json("{}", -EBADMSG, 0);
	list_json("{\"items\":[]}", -EBADMSG, 0);
	list_json(" { \"items\" : [ ] , \"kind\" : \"PodList\" } ", 0, 0);
	list_json("{\"kind\":\"PodList\",\"items\":null}", 0, 0);
	list_json(
		"{\"kind\":\"PodList\",\"items\":[{},{\"metadata\":{\"name\":7,\"labels\":[1]}}]}",
		0, 2);
	list_json(
		"{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"labels\":{\"a\\u0000b\":\"x\"}}}]}",
		-EBADMSG, 0);
	list_json(
		"{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"labels\":{\"a\":\"x\\u0000y\"}}}]}",
		0, 1);
	list_json("{\"kind\":\"PodList\",\"items\":[{},7]}", -EBADMSG, 1);
	list_json("{\"kind\":\"PodList\",\"items\":[{},]}", -EBADMSG, 1);
	list_json("{\"kind\":\"PodList\",\"items\":[{}}]}", -EBADMSG, 1);
	list_json("{\"kind\":\"PodList\",\"items\":[{}]", -EBADMSG, 1);
	list_json("{\"kind\":\"PodList\",\"items\":[{}]}x", -EBADMSG, 1);
	list_json("{\"kind\":\"Status\",\"code\":410}", -EBADMSG, 0);
	list_json("{\"kind\":\"ServiceList\",\"items\":[]}", -EBADMSG, 0);
	list_json(
		"{\"kind\":\"List\",\"metadata\":{\"continue\":\"abc\",\"resourceVersion\":\"9\"}}",
		0, 0);
	list_json("", -EBADMSG, 0);
	list_json("[]", -EBADMSG, 0);
	memset(deep, '[', 200000);
	deep[200000] = 0;
	memcpy(deep, "{\"items\":[", 10);
	list_json(deep, -EBADMSG, 0);
	free(deep);
}

static void pages_tell_where_to_go_on(void **state)
{
	const char *text =
		"{\"kind\":\"PodList\",\"metadata\":{\"continue\":\"abc\",\"resourceVersion\":\"9\"},\"items\":[{}]}";
	/* k8s, Unknown{raw: ListMeta{resourceVersion 9, continue "abc"}, item {}} */
	const char pb[] = "k8s\0\x0a\x09\x12\x07PodList\x12\x0c\x0a\x08\x12\x01"
			  "9"
			  "\x1a\x03"
			  "abc"
			  "\x12\x00";
	struct kube_list_meta meta;
	struct sheet s;

	(void)state;
	sheet_open(&s);
	assert_int_equal(
		kube_decode_list(KUBE_POD, KUBE_JSON, text, strlen(text), write_object, &s, &meta),
		0);
	assert_string_equal(meta.next, "abc");
	free(meta.next);
	assert_int_equal(kube_decode_list(KUBE_POD, KUBE_PROTOBUF, pb, sizeof(pb) - 1, write_object,
					  &s, &meta),
			 0);
	assert_string_equal(meta.next, "abc");
	assert_string_equal(meta.resource_version, "9");
	assert_int_equal(s.n, 2);
	free(meta.next);
	free(sheet_close(&s));
}

/* ------------------------------------------------------------------ events */

struct watch {
	struct sheet sheet;
	enum kube_kind kind;
	enum kube_encoding enc;
	struct kube_event last;
	size_t n[KUBE_ERROR + 1], initial_ends;
};

static void read_event(void *arg, const void *data, size_t size)
{
	struct watch *w = arg;

	assert_int_equal(
		kube_decode_event(w->kind, w->enc, data, size, write_change, &w->sheet, &w->last),
		0);
	w->n[w->last.change]++;
	w->initial_ends += w->last.initial_end;
}

static void watches(void **state)
{
	struct watch w = {.kind = KUBE_POD, .enc = KUBE_JSON};

	(void)state;
	sheet_open(&w.sheet);
	assert_int_equal(kube_each_line("watch-pods.http", read_event, &w), 10);
	assert_int_equal(w.n[KUBE_MODIFIED], 5);
	assert_int_equal(w.n[KUBE_DELETED], 2);
	assert_int_equal(w.n[KUBE_BOOKMARK], 2);
	assert_int_equal(w.initial_ends, 0);
	assert_string_equal(w.last.resource_version, "271");
	free(sheet_close(&w.sheet));

	w = (struct watch){.kind = KUBE_POD, .enc = KUBE_PROTOBUF};
	sheet_open(&w.sheet);
	assert_int_equal(kube_each_frame("pb/watch-pods.protobuf", read_event, &w), 12);
	assert_int_equal(w.n[KUBE_ADDED], 6);
	assert_int_equal(w.n[KUBE_MODIFIED], 3);
	assert_int_equal(w.n[KUBE_DELETED], 1);
	assert_int_equal(w.n[KUBE_BOOKMARK], 2);
	assert_int_equal(w.initial_ends, 1);
	assert_true(w.last.resource_version[0]);
	free(sheet_close(&w.sheet));

	w = (struct watch){.kind = KUBE_POD, .enc = KUBE_JSON};
	sheet_open(&w.sheet);
	assert_int_equal(kube_each_line("watch-pods-410.http", read_event, &w), 1);
	assert_int_equal(w.last.change, KUBE_ERROR);
	assert_int_equal(w.last.code, 410);
	assert_non_null(strstr(w.last.message, "too old resource version"));
	free(sheet_close(&w.sheet));
}

static void watches_of_all_kinds_in_protobuf(void **state)
{
	(void)state;
	for (unsigned int kind = 0; kind < KUBE_KINDS; kind++) {
		struct watch w = {.kind = kind, .enc = KUBE_PROTOBUF};
		char name[64];

		snprintf(name, sizeof(name), "pb/watch-%s.protobuf", kube_plural[kind]);
		sheet_open(&w.sheet);
		assert_true(kube_each_frame(name, read_event, &w) >= 2);
		assert_true(w.n[KUBE_ADDED] >= 1);
		assert_int_equal(w.initial_ends, 1);
		free(sheet_close(&w.sheet));
	}
}

static int event(enum kube_encoding enc, const void *data, size_t size, struct kube_event *e)
{
	struct sheet s;
	int err;

	sheet_open(&s);
	err = kube_decode_event(KUBE_POD, enc, data, size, write_change, &s, e);
	free(sheet_close(&s));
	return err;
}

static void errors_in_protobuf(void **state)
{
	/* WatchEvent{"ERROR", {raw: k8s, Unknown{raw: Status{3 "gone", 6 410}}}} */
	const char pb[] = "\x0a\x05"
			  "ERROR"
			  "\x12\x11\x0a\x0f"
			  "k8s\0"
			  "\x12\x09\x1a\x04"
			  "gone"
			  "\x30\x9a\x03";
	/* k8s, Unknown{typeMeta{2 "Status"}, raw: Status{4 "Expired", 6 410}} */
	const char status[] = "k8s\0"
			      "\x0a\x08\x12\x06"
			      "Status"
			      "\x12\x0c\x22\x07"
			      "Expired"
			      "\x30\x9a\x03";
	struct kube_event e;
	char message[8];
	int code;

	(void)state;
	assert_int_equal(event(KUBE_PROTOBUF, pb, sizeof(pb) - 1, &e), 0);
	assert_int_equal(e.change, KUBE_ERROR);
	assert_int_equal(e.code, 410);
	assert_string_equal(e.message, "gone");
	assert_true(kube_decode_status(KUBE_PROTOBUF, status, sizeof(status) - 1, &code, message,
				       sizeof(message)));
	assert_int_equal(code, 410);
	assert_string_equal(message, "Expired");
	assert_false(kube_decode_status(KUBE_PROTOBUF, pb, sizeof(pb) - 1, &code, message,
					sizeof(message)));
}

static void statuses(void **state)
{
	static const struct {
		const char *file;
		int code;
	} bodies[] = {{"forbidden-403.http", 403},
		      {"unauthorized-401.http", 401},
		      {"list-pods-410-continue.http", 410},
		      {"list-pods-rv-future-504.http", 504}};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		size_t size;
		char *data = kube_read(bodies[i].file, &size);
		const char *body = strstr(data, "\n{");
		char message[256];
		int code = 0;

		assert_non_null(body);
		assert_true(kube_decode_status(KUBE_JSON, body, strlen(body), &code, message,
					       sizeof(message)));
		assert_int_equal(code, bodies[i].code);
		assert_true(message[0]);
		free(data);
	}
}

static void odd_events(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"7",
		"{}",
		"{\"type\":\"ADDED\"}",
		"{\"type\":\"NEW\",\"object\":{}}",
		"{\"type\":\"ADDED\",\"object\":[]}",
		"{\"type\":\"ERROR\",\"object\":{}}",
		"{\"type\":\"ADDED\",\"object\":{\"kind\":\"Service\"}}",
		"{\"type\":\"ADDED\",\"object\":{}} {}",
	};
	struct kube_event e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(event(KUBE_JSON, bad[i], strlen(bad[i]), &e), -EBADMSG);
	assert_int_equal(event(KUBE_PROTOBUF, "", 0, &e), -EBADMSG);
	assert_int_equal(event(KUBE_PROTOBUF,
			       "\x0a\x05"
			       "ADDED",
			       7, &e),
			 -EBADMSG);
	assert_int_equal(
		event(KUBE_PROTOBUF, "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, &e),
		-EBADMSG);
	assert_int_equal(event(KUBE_JSON, "{\"type\":\"ADDED\",\"object\":{}}", 28, &e), 0);
}

/* The cheapest bytes for an attacker: each pair is a container's status. */
static void many_small_fields_are_bounded(void **state)
{
	enum { N = 200000 };
	size_t size = 4 + 11 + 5 + 5 + 5 + 2 * N, n = 0;
	unsigned char *pb = malloc(size);
	size_t left = 2 * N;
	struct kube_list_meta meta;
	struct sheet s;

	(void)state;
	memcpy(pb, "k8s\0\x0a\x09\x12\x07PodList", 15);
	n = 15;
	for (size_t i = 0; i < 3; i++) {
		size_t inner = left + 5 * (2 - i);

		/* Unknown.raw, PodList.items, Pod.status */
		pb[n++] = i == 2 ? 0x1a : 0x12;
		for (int j = 0; j < 4; j++)
			pb[n++] = (unsigned char)((inner >> 7 * j & 0x7f) | (j < 3 ? 0x80 : 0));
	}
	while (left) {
		pb[n++] = 0x42; /* containerStatuses, empty */
		pb[n++] = 0;
		left -= 2;
	}
	sheet_open(&s);
	assert_int_equal(kube_decode_list(KUBE_POD, KUBE_PROTOBUF, pb, n, write_object, &s, &meta),
			 0);
	assert_int_equal(s.n, 1);
	free(sheet_close(&s));
	free(pb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_equal_in_both_encodings),
		cmocka_unit_test(fields_are_those_of_the_list),
		cmocka_unit_test(no_prefix_of_a_list_is_one),
		cmocka_unit_test(odd_lists_in_json),
		cmocka_unit_test(pages_tell_where_to_go_on),
		cmocka_unit_test(watches),
		cmocka_unit_test(watches_of_all_kinds_in_protobuf),
		cmocka_unit_test(errors_in_protobuf),
		cmocka_unit_test(statuses),
		cmocka_unit_test(odd_events),
		cmocka_unit_test(many_small_fields_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
