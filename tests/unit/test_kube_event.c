// SPDX-License-Identifier: MIT
/* Kubernetes' watches in both encodings: their events, and the errors among them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include "tests/unit/kube_texts.h"

/* ------------------------------------------------------- objects as text */

static void write_change(void *arg, enum kube_change change, const struct kube_object *o)
{
	struct sheet *s = arg;

	fprintf(s->out, "%d ", change);
	write_object(s, o);
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
		cmocka_unit_test(watches),
		cmocka_unit_test(watches_of_all_kinds_in_protobuf),
		cmocka_unit_test(errors_in_protobuf),
		cmocka_unit_test(statuses),
		cmocka_unit_test(odd_events),
		cmocka_unit_test(many_small_fields_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
