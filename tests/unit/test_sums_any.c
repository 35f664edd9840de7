/* SPDX-License-Identifier: MIT */
/* Drops and DNS summed up, of any flows: a row's expression passes exactly its flows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flows/dns_sums.h"
#include "flows/drop_sums.h"
#include "flows/fields.h"
#include "flows/summary.h"
#include "flows/where.h"
#include "tests/unit/sample_flows.h"

#define FLOWS 2000
#define ENDPOINTS 60
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t random_state;

static uint32_t rnd(uint32_t n)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(random_state >> 33) % n;
}

static struct endpoint *endpoints[ENDPOINTS];
static struct name_list *lists[5];
static struct service *services[3];
static struct hubble *foreign[2];
static struct flow flows[FLOWS];

/* Names that need quoting, that are written in another way, the same of several things. */
static void make_names(void)
{
	static const char *const names[] = {"cart",   "ca\trt",	      "we\"ird\\x",
					    "a b",    "\xc3\xa4\xff", "other/cart",
					    "node-1", "x\x1b[31m"};
	static const char *const lists_of[] = {"example.com", "cart", "shop/cart", "node-1",
					       "we\"ird\\x"};
	static const char *const spaces[] = {"shop", "", "a\"b", "sh\top"};
	static const char *const nodes[] = {"", "node-1"};

	for (size_t i = 0; i < ENDPOINTS; i++) {
		const struct endpoint e = {.kind = i % ENDPOINT_KINDS,
					   .namespace_name = spaces[rnd(4)],
					   .name = names[rnd(8)]};
		struct endpoint with = e;

		with.workload = endpoint_is_pod(&e) && rnd(2) ? names[rnd(8)] : "";
		endpoints[i] = endpoint_new(&with);
	}
	for (size_t i = 0; i < COUNT(lists); i++)
		lists[i] = name_list_new(&lists_of[i], 1);
	services[0] = service_new("shop", "cart");
	services[1] = service_new("a\"b", "we\"ird\\x");
	services[2] = service_new("", "cart");
	for (size_t i = 0; i < COUNT(foreign); i++)
		foreign[i] = hubble_new(&(struct hubble){.source_mac = "0a:00:00:00:00:01",
							 .destination_mac = "",
							 .node_name = nodes[i],
							 .uuid = "",
							 .summary = "",
							 .source_xlated = "",
							 .trace_id = "",
							 .l4_name = ""});
}

static void free_names(void)
{
	for (size_t i = 0; i < FLOWS; i++)
		flow_release(&flows[i]);
	for (size_t i = 0; i < ENDPOINTS; i++)
		endpoint_put(endpoints[i]);
	for (size_t i = 0; i < COUNT(lists); i++)
		name_list_put(lists[i]);
	for (size_t i = 0; i < COUNT(services); i++)
		service_put(services[i]);
	for (size_t i = 0; i < COUNT(foreign); i++)
		hubble_put(foreign[i]);
}

static void any_end(struct flow_end *e, bool named)
{
	uint32_t who = rnd(2 * ENDPOINTS);

	if (!named)
		return;
	e->addr = addr(rnd(8) ? "10.0.0.1" : "fd00::7");
	e->addr.b[15] = rnd(4);
	if (who < ENDPOINTS)
		e->endpoint = endpoint_get(endpoints[who]);
	if (!rnd(6))
		e->service = service_get(services[rnd(3)]);
	if (!rnd(3))
		e->dns = name_list_get(lists[rnd(5)]);
	if (!rnd(5))
		e->reverse = name_list_get(lists[rnd(5)]);
}

static void any_ports(struct flow *f)
{
	static const uint16_t ports[] = {80, 81, 443, 40000, 50000};

	if (!rnd(5))
		return;
	f->src.port = ports[rnd(5)];
	f->dst.port = ports[rnd(5)];
}

/* ------------------------------------------------------------------------ drops */

static void any_drop(struct flow *f)
{
	static const char *const reasons[] = {"NO_SOCKET", "NOT_SPECIFIED"}, *const functions[] = {
										     "",
										     "tcp_v4_rcv",
										     "ip_error"};

	f->event = FLOW_DROP;
	f->verdict = VERDICT_DROPPED;
	f->protocol = 6;
	f->is_reply = REPLY_UNKNOWN;
	f->drop = (struct flow_drop){.reason_name = reasons[rnd(2)],
				     .function = functions[rnd(3)],
				     .text = "",
				     .delta_packets = 1,
				     .normal = !rnd(3)};
	any_ports(f);
	if (!rnd(5)) {
		f->hubble = hubble_get(foreign[rnd(2)]);
		f->drop.function = "";
		f->drop.normal = false;
		f->is_reply = (int8_t)rnd(3) - 1;
	} else if (!rnd(6)) {
		f->event = FLOW_LISTEN_DROP;
		f->listen.delta_drops = 1;
		endpoint_put(f->src.endpoint);
		service_put(f->src.service);
		name_list_put(f->src.dns);
		name_list_put(f->src.reverse);
		f->src = (struct flow_end){.addr = addr("0.0.0.0")};
	}
}

static void make_drops(uint64_t seed)
{
	static const char *const ifaces[] = {"", "eth0", "br \"0"};

	random_state = seed;
	make_names();
	for (size_t i = 0; i < FLOWS; i++) {
		struct flow *f = &flows[i];

		flow_init(f);
		f->time_ns = SAMPLE_NS + rnd(1000000) * 1000ull;
		f->verdict = VERDICT_FORWARDED;
		f->ip_version = rnd(20) ? 4 : 0;
		any_end(&f->src, f->ip_version);
		any_end(&f->dst, f->ip_version);
		strcpy(f->ifname, ifaces[rnd(3)]);
		if (rnd(8))
			any_drop(f);
	}
}

static size_t passing(struct text *expression)
{
	struct where_error e;
	struct where *w;
	size_t n = 0;

	text_char(expression, '\0');
	if (where_parse(expression->data, &w, &e))
		fail_msg("%s: %s", expression->data, e.message);
	for (size_t i = 0; i < FLOWS; i++)
		n += where_pass(w, &flows[i]);
	where_free(w);
	return n;
}

static void check_drops(struct sums *s, enum drop_by by)
{
	struct text t = {0};
	size_t wrong = 0;
	void *rows;
	size_t n = sums_rows(s, by, SAMPLE_NS, 10, &rows);

	assert_true(n > 2);
	for (size_t i = 0; i < n; i++) {
		const struct drop_row *r = (struct drop_row *)rows + i;
		size_t got;

		t.len = 0;
		assert_true(drop_row_expression(r, by, &t));
		got = passing(&t);
		if (got != r->events && ++wrong < 10)
			print_error("by %s: %zu flows, %zu pass %s\n", drop_by_name(by),
				    (size_t)r->events, got, t.data);
	}
	text_free(&t);
	assert_int_equal(wrong, 0);
}

static void test_drops(void **state)
{
	static const char *const own[] = {NULL, "node-1", "here"};

	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct sums *s;

		fields_set_node(own[seed - 1]);
		make_drops(seed);
		assert_int_equal(sums_new(&drop_sums_kind, &s), 0);
		for (size_t i = 0; i < FLOWS; i++)
			sums_add(s, &flows[i], i);
		assert_int_equal(sums_left_out(s), 0);
		for (enum drop_by by = 0; by < DROP_BYS; by++)
			check_drops(s, by);
		sums_free(s);
		free_names();
	}
	fields_set_node(NULL);
}

/* The earliest is the first one, whatever comes first. */
static void test_first(void **state)
{
	struct sums *s;
	void *rows;

	(void)state;
	make_drops(4);
	assert_int_equal(sums_new(&drop_sums_kind, &s), 0);
	for (size_t i = 0; i < FLOWS; i++)
		sums_add(s, &flows[i], i);
	for (size_t i = 0, n = sums_rows(s, DROP_BY_REASON, SAMPLE_NS, 10, &rows); i < n; i++) {
		const struct drop_row *r = (struct drop_row *)rows + i;
		uint64_t first = UINT64_MAX;

		for (size_t k = 0; k < FLOWS; k++) {
			const struct flow *f = &flows[k];

			if (flow_is_drop(f) && !strcmp(flow_type_name(f), r->top->reason) &&
			    !strcmp(f->event == FLOW_DROP ? f->drop.function : "",
				    r->top->function) &&
			    (f->event == FLOW_DROP && f->drop.normal) == r->top->normal &&
			    f->time_ns < first)
				first = f->time_ns;
		}
		assert_int_equal(r->first_ns, first);
	}
	sums_free(s);
	free_names();
}

/* -------------------------------------------------------------------------- DNS */

static void any_message(struct flow *f, size_t i)
{
	static const char *const queries[] = {"a.example.",  "A.example",  "a.EXAMPLE.",
					      "b.example.",  ".",	   "",
					      "b\x01\"\xff", "B\x01\"\xff"};
	static const char *const types[] = {"A", "AAAA"};
	struct l7 l = {.type = rnd(2) ? L7_REQUEST : L7_RESPONSE,
		       .protocol = L7_DNS,
		       .dns = {.query = queries[rnd(8)],
			       .qtypes = &types[rnd(2)],
			       .n_qtypes = rnd(6) > 0,
			       .ttl = UINT32_MAX,
			       .multicast = !rnd(8)}};

	flow_init(f);
	f->time_ns = SAMPLE_NS + i * 1000000;
	f->verdict = VERDICT_FORWARDED;
	f->ip_version = 4;
	f->protocol = 17;
	any_end(&f->src, true);
	any_end(&f->dst, true);
	f->src.port = f->dst.port = 5353;
	if (!rnd(8))
		return;
	f->event = FLOW_L7;
	f->l7 = l7_new(&l);
	assert_non_null(f->l7);
	f->is_reply = l.dns.multicast ? REPLY_UNKNOWN : l.type == L7_RESPONSE;
}

static size_t messages(const struct dns_row *r)
{
	size_t n = r->counts.queries;

	for (size_t i = 0; i < DNS_OUTCOMES; i++)
		n += r->counts.outcomes[i];
	return n;
}

static void check_dns(struct sums *s, enum dns_by by)
{
	struct text t = {0};
	size_t wrong = 0;
	void *rows;
	size_t n = sums_rows(s, by, SAMPLE_NS, 10, &rows);

	for (size_t i = 0; i < n; i++) {
		const struct dns_row *r = (struct dns_row *)rows + i;
		size_t got;

		t.len = 0;
		assert_true(dns_row_expression(r, by, &t));
		got = passing(&t);
		if (got != messages(r) && ++wrong < 10)
			print_error("by %s: %zu messages, %zu pass %s\n", dns_by_name(by),
				    messages(r), got, t.data);
	}
	text_free(&t);
	assert_int_equal(wrong, 0);
}

static void test_dns(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct sums *s;

		random_state = seed;
		make_names();
		assert_int_equal(sums_new(&dns_sums_kind, &s), 0);
		for (size_t i = 0; i < FLOWS; i++) {
			any_message(&flows[i], i);
			sums_add(s, &flows[i], i);
		}
		assert_int_equal(sums_left_out(s), 0);
		assert_in_range(sums_bytes(s), 1u << 20, 16u << 20);
		for (enum dns_by by = 0; by < DNS_BYS; by++)
			check_dns(s, by);
		sums_free(s);
		free_names();
	}
}

/* RFC 4343: a resolver that writes each question in another way (0x20) asks for one name. */
static void test_spellings(void **state)
{
	static const char *const type = "A";
	const struct dns_row *r;
	struct sums *s;
	void *rows;

	(void)state;
	assert_int_equal(sums_new(&dns_sums_kind, &s), 0);
	for (unsigned int i = 0; i < 512; i++) {
		char name[] = "wwW.example.com.";
		struct l7 l = {.type = L7_REQUEST,
			       .protocol = L7_DNS,
			       .dns = {.query = name, .qtypes = &type, .n_qtypes = 1}};
		struct flow f = sample(17, "10.0.0.1", 40000, "10.0.0.53", 53);

		for (unsigned int bit = 0; i && bit < 9; bit++)
			if (name[bit] != '.')
				name[bit] = i >> bit & 1 ? name[bit] | 0x20 : name[bit] & ~0x20;
		f.event = FLOW_L7;
		f.time_ns += i * 10000000ull;
		f.l7 = l7_new(&l);
		sums_add(s, &f, i);
		flow_release(&f);
	}
	assert_int_equal(sums_rows(s, DNS_BY_NAME, SAMPLE_NS, 10, &rows), 1);
	r = rows;
	assert_int_equal(r->counts.queries, 512);
	assert_string_equal(r->name, "wwW.example.com"); /* as it was first asked */
	sums_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_dns),
		cmocka_unit_test(test_spellings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
