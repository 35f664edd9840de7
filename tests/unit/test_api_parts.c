// SPDX-License-Identifier: MIT
/* What the API computes before anything is sent: rates, requests, descriptors. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "export/api/descriptors.h"
#include "export/api/flows_request.h"
#include "export/api/parts.h"
#include "export/protoset.h"

static void test_rate(void **state)
{
	struct flow_rate r = {0};

	(void)state;
	flow_rate_add(&r, 1000, 0);
	flow_rate_add(&r, 1500, 10);
	assert_true(flow_rate_per_second(&r, 1600) > 9.9); /* less than a second counts as one */
	for (uint64_t ms = 2000; ms < 200000; ms += 100)
		flow_rate_add(&r, ms, 100);
	assert_true(flow_rate_per_second(&r, 200000) > 980 && flow_rate_per_second(&r, 200000) < 1020);
	/* half a minute of silence, then a long one */
	assert_true(flow_rate_per_second(&r, 230000) > 480 && flow_rate_per_second(&r, 230000) < 520);
	assert_true(flow_rate_per_second(&r, 300000) < 1e-9);
	assert_true(flow_rate_per_second(&r, 100000000) < 1e-9);
	flow_rate_add(&r, 100000000, 60);
	assert_true(flow_rate_per_second(&r, 100000500) > 0.9);
}

static enum grpc_status read_request(const struct text *t, struct flows_request *ret, char *err)
{
	enum grpc_status status = flows_request_read(ret, (const uint8_t *)t->data, t->len,
						     "default", "node-1", err, 512);

	flows_request_clear(ret);
	return status;
}

static void test_request_numbers(void **state)
{
	struct flows_request r;
	struct text t = {0};
	char err[512];

	(void)state;
	wire_u64(&t, 1, UINT64_MAX);
	wire_u64(&t, 3, 1);
	wire_time(&t, 7, 5000000001);
	wire_time(&t, 8, 7000000000);
	assert_int_equal(flows_request_read(&r, (const uint8_t *)t.data, t.len, "default", "n", err,
					    sizeof(err)),
			 GRPC_OK);
	assert_true(r.number == UINT64_MAX && r.follow && !r.first);
	assert_int_equal(r.since_ns, 5000000001);
	assert_int_equal(r.until_ns, 7000000000);
	assert_null(r.mask);
	assert_null(r.where);
	flows_request_clear(&r);
	wire_u64(&t, 9, 1);
	assert_int_equal(read_request(&t, &r, err), GRPC_INVALID_ARGUMENT);
	assert_string_equal(err, "first cannot be specified with follow");
	text_free(&t);
}

static void test_request_malformed(void **state)
{
	struct text t = {0};
	struct flows_request r;
	char err[512];
	size_t mark;

	(void)state;
	assert_int_equal(read_request(&t, &r, err), GRPC_OK); /* nothing asked: everything */
	text_mem(&t, "\x2a\x7f\x01", 3); /* a blacklist longer than the message */
	assert_int_equal(read_request(&t, &r, err), GRPC_INVALID_ARGUMENT);
	t.len = 0;
	mark = wire_open(&t, 10);
	for (int i = 0; i < 300; i++)
		wire_str(&t, 1, "Summary");
	wire_close(&t, mark);
	assert_int_equal(read_request(&t, &r, err), GRPC_INVALID_ARGUMENT);
	assert_non_null(strstr(err, "256"));
	t.len = 0;
	mark = wire_open(&t, 10);
	wire_str(&t, 1, "no.such");
	wire_close(&t, mark);
	assert_int_equal(read_request(&t, &r, err), GRPC_UNKNOWN);
	assert_non_null(strstr(err, "no.such"));
	t.len = 0;
	mark = wire_open(&t, 10);
	wire_str(&t, 1, "\033[31m");
	wire_close(&t, mark);
	assert_int_equal(read_request(&t, &r, err), GRPC_UNKNOWN);
	assert_null(strchr(err, '\033'));
	text_free(&t);
}

static void any(struct text *t, const char *type, const struct text *value)
{
	size_t mark;

	t->len = 0;
	mark = wire_open(t, 150000);
	wire_str(t, 1, type);
	wire_bytes(t, 2, value->data, value->len);
	wire_close(t, mark);
}

static void test_request_options(void **state)
{
	struct text t = {0}, options = {0};
	struct flows_request r;
	struct flow f;
	char err[512];

	(void)state;
	wire_u64(&options, 1, 1);
	wire_str(&options, 2, "src.port == 80");
	any(&t, "type.googleapis.com/pitot.v1.GetFlowsOptions", &options);
	assert_int_equal(flows_request_read(&r, (const uint8_t *)t.data, t.len, "default", "n", err,
					    sizeof(err)),
			 GRPC_OK);
	assert_true(r.filter.normal_drops);
	flow_init(&f);
	f.protocol = 6;
	f.ip_version = 4;
	f.src.port = 80;
	assert_true(flows_request_pass(&r, &f));
	f.src.port = 81;
	assert_false(flows_request_pass(&r, &f));
	flows_request_clear(&r);
	any(&t, "type.googleapis.com/other.GetFlowsOptions", &options);
	assert_int_equal(flows_request_read(&r, (const uint8_t *)t.data, t.len, "default", "n", err,
					    sizeof(err)),
			 GRPC_OK);
	assert_true(!r.where && !r.filter.normal_drops);
	flows_request_clear(&r);
	options.len = 0;
	wire_str(&options, 2, "src.port ==");
	any(&t, "type.googleapis.com/pitot.v1.GetFlowsOptions", &options);
	assert_int_equal(read_request(&t, &r, err), GRPC_INVALID_ARGUMENT);
	assert_non_null(strstr(err, "where: column "));
	text_free(&options);
	text_free(&t);
}

static int symbol(const struct descriptors *d, const char *name)
{
	return descriptors_find_symbol(d, name, strlen(name));
}

static void count(void *arg, const char *name, size_t n)
{
	assert_true(n > 3 && memchr(name, '.', n));
	++*(int *)arg;
}

static void test_descriptors(void **state)
{
	static const char *const in_flow[] = {"flow.Flow", "flow.Flow.verdict", "flow.Verdict",
					      "flow.FORWARDED", "flow.Endpoint"};
	static const char *const nowhere[] = {"",	    "flow",	   "flow.",
					      ".flow.Flow", "flow.Flo",	   "flow.Flows",
					      "flow.Flow.", "flow.Flow.x", "x"};
	struct descriptors d;
	int services = 0, file;

	(void)state;
	assert_int_equal(descriptors_read(protoset_begin, protoset_size(), &d), 0);
	file = symbol(&d, "flow.Flow");
	assert_true(file >= 0);
	for (size_t i = 0; i < sizeof(in_flow) / sizeof(in_flow[0]); i++)
		assert_int_equal(symbol(&d, in_flow[i]), file);
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++)
		assert_int_equal(symbol(&d, nowhere[i]), -1);
	assert_true(symbol(&d, "observer.Observer.GetFlows") >= 0);
	assert_true(symbol(&d, "observer.GetFlowsRequest.Experimental.field_mask") >= 0);
	assert_int_equal(descriptors_find_file(&d, "export/proto/flow.proto", 23), file);
	assert_true(descriptors_needed(&d, symbol(&d, "observer.Observer")) >> file & 1);
	assert_false(descriptors_needed(&d, symbol(&d, "peer.Peer")) >> file & 1);
	descriptors_services(&d, &services, count);
	assert_int_equal(services, 6);
	assert_int_equal(descriptors_read((const uint8_t *)"\x0a\x7f", 2, &d), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_request_numbers),
		cmocka_unit_test(test_request_malformed),
		cmocka_unit_test(test_request_options),
		cmocka_unit_test(test_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
