// SPDX-License-Identifier: MIT
/* Kubernetes' lists in both encodings: as a real API server sends them, cut, and malformed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include "tests/unit/kube_texts.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_equal_in_both_encodings),
		cmocka_unit_test(fields_are_those_of_the_list),
		cmocka_unit_test(no_prefix_of_a_list_is_one),
		cmocka_unit_test(odd_lists_in_json),
		cmocka_unit_test(pages_tell_where_to_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
