// SPDX-License-Identifier: MIT
/* The filter bar: its language, what it offers, its keys, its history, undo. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/ui_filter.h"
#include "flows/fields.h"
#include "tui/filter_bar.h"

/* -------------------------------------------------------------------- language */

static struct ui_filter *parsed(const char *text)
{
	struct ui_filter_error e;
	struct ui_filter *f = NULL;

	if (ui_filter_parse(NULL, text, &f, &e))
		fail_msg("%s: %s", text, e.message);
	return f;
}

static void parts_are(const char *text, const char *flags, const char *expression)
{
	struct ui_filter *f = parsed(text);

	assert_string_equal(f->flags, flags);
	assert_string_equal(f->expression, expression);
	assert_int_equal(!f->where, !*expression);
	ui_filter_free(f);
}

static void flags_then_expression(void **state)
{
	(void)state;
	parts_are("", "", "");
	parts_are("  --namespace shop  ", "--namespace shop", "");
	parts_are("rtt > 50ms", "", "rtt > 50ms");
	parts_are("--namespace shop --not --verdict FORWARDED   rtt > 50ms && dst.port == 443",
		  "--namespace shop --not --verdict FORWARDED", "rtt > 50ms && dst.port == 443");
	parts_are("-4n shop bytes > 1", "-4n shop", "bytes > 1");
	parts_are("--label 'tier in (a,b)' reply", "--label 'tier in (a,b)'", "reply");
	parts_are("--pod=\"a b\" -- reply", "--pod=\"a b\"", "reply");
	parts_are("--all-drops", "--all-drops", "");
	/* a command line that was pasted */
	parts_are("sudo pitot observe --pod x --where 'rtt > 1ms'", "--pod x", "rtt > 1ms");
	parts_are("--where 'reply' --pod x bytes > 2", "--pod x", "(reply) && (bytes > 2)");
}

static void wrong_at(const char *text, size_t column, size_t length, const char *message)
{
	struct ui_filter_error e;
	struct ui_filter *f;

	if (!ui_filter_parse(NULL, text, &f, &e))
		fail_msg("%s is taken", text);
	if (!strstr(e.message, message))
		fail_msg("%s: %s", text, e.message);
	assert_int_equal(e.column, column);
	assert_int_equal(e.length, length);
}

static void what_is_wrong_has_its_place(void **state)
{
	(void)state;
	wrong_at("--verdct X", 0, 8, "did you mean \"--verdict\"?");
	wrong_at("--port abc", 7, 3, "is not a port");
	wrong_at("--not --port x y", 13, 1, "is not a port");
	wrong_at("--port", 6, 0, "needs a value");
	wrong_at("--pod x --port ", 15, 0, "needs a value");
	wrong_at("--not", 0, 5, "a filter must follow");
	wrong_at("--pod \"a", 6, 2, "no end");
	wrong_at("x --port 1", 0, 1, "is no field");
	wrong_at("--pod ä  ört > 1", 9, 3, "is no field");
	wrong_at("--port 80 src.namspace == 1", 10, 12, "did you mean \"src.namespace\"?");
	wrong_at("--port 80 rtt >", 15, 0, "missing");
	wrong_at("--where 'rt > 1ms'", 0, 18, "is no field");
	/* control bytes stay out of messages */
	wrong_at("--port \033[31m", 7, 5, "^[[31m");
}

/* want NULL: nothing is guessed. */
static void means(const char *text, const char *want)
{
	struct ui_filter_error e;
	struct ui_filter *f;

	if (!ui_filter_parse(NULL, text, &f, &e))
		fail_msg("%s is a filter", text);
	if (strcmp(e.meant, want ? want : ""))
		fail_msg("%s: %s: %s, not %s", text, e.message, e.meant, want);
	if (want)
		ui_filter_free(parsed(want));
}

#define NGINX                                                           \
	"any.name contains \"nginx\" || any.dns contains \"nginx\" || " \
	"any.process contains \"nginx\" || dns.query contains \"nginx\""

static void what_is_no_filter_may_mean_one(void **state)
{
	(void)state;
	/* addresses, ports */
	means("10.231.0.13", "--ip 10.231.0.13");
	means(" 10.0.0.0/8 ", "--ip 10.0.0.0/8");
	means("fd00::1", "--ip fd00::1");
	means("53", "--port 53");
	means(":53", "--port 53");
	means("port 53", "--port 53");
	means("sport 53", "--from-port 53");
	means("dst port 53", "--to-port 53");
	means("src 53", "--from-port 53");
	means("10.0.0.1:80", "(src.ip == 10.0.0.1 && src.port == 80) || "
			     "(dst.ip == 10.0.0.1 && dst.port == 80)");
	means("dst [fd00::1]:80", "(dst.ip == fd00::1 && dst.port == 80)");
	means("shop/cart:80", "(src.name contains \"shop/cart\" && src.port == 80) || "
			      "(dst.name contains \"shop/cart\" && dst.port == 80)");
	means("65536", NULL);
	means("0", NULL);
	means("1.2.3", NULL);
	means("10.0.0.0/64", NULL);
	/* as tcpdump has it */
	means("host 10.0.0.1", "--ip 10.0.0.1");
	means("src host 10.0.0.1", "--from-ip 10.0.0.1");
	means("net 10.0.0.0/8", "--ip 10.0.0.0/8");
	means("from 10.0.0.1 to 10.0.0.2", "--from-ip 10.0.0.1 --to-ip 10.0.0.2");
	means("host nginx", "any.name contains \"nginx\" || any.dns contains \"nginx\"");
	means("dst nginx", "dst.name contains \"nginx\" || dst.dns contains \"nginx\"");
	means("tcp", "--protocol tcp");
	means("icmp6", "--protocol icmpv6");
	means("ip6", "--ipv6");
	means("tcp port 80", "--protocol tcp --port 80");
	means("tcp dst port 80 and host 10.0.0.1", "--protocol tcp --to-port 80 --ip 10.0.0.1");
	means("not port 22", "--not --port 22");
	means("port 80 or port 443", "any.port == 80 || any.port == 443");
	means("port 80 and port 443", "--port 80 any.port == 443");
	means("tcp && !port 22", NULL);
	means("port 80 or port 443 and tcp", NULL);
	/* a flag's name */
	means("namespace shop", "--namespace shop");
	means("verdict dropped", "--verdict dropped");
	means("dropped", "--verdict DROPPED");
	means("drops", "--verdict DROPPED");
	/* names */
	means("nginx", NGINX);
	means("\"nginx\"", NGINX);
	means("'a\"\\b'", "any.name contains \"a\\\"\\\\b\" || any.dns contains \"a\\\"\\\\b\" || "
			  "any.process contains \"a\\\"\\\\b\" || "
			  "dns.query contains \"a\\\"\\\\b\"");
	means("nginx 80", "--port 80 (" NGINX ")");
	means("nginx tcp host redis",
	      "--protocol tcp (" NGINX
	      ") && (any.name contains \"redis\" || any.dns contains \"redis\")");
}

static void what_is_right_stays(void **state)
{
	(void)state;
	means("--namespace shop 53", "--namespace shop --port 53");
	means("--port 80 443", "--port 80 any.port == 443");
	means("rtt > 50ms --port 80", "--port 80 rtt > 50ms");
	means("--pod x rtt > 50ms --not --port 80 && reply",
	      "--pod x --not --port 80 rtt > 50ms && reply");
	means("src.pod == \"a --port 1\" -4", "-4 src.pod == \"a --port 1\"");
	means("nginx --port 80", "--port 80 " NGINX);
	means("rtt > 50ms nginx", "rtt > 50ms && (" NGINX ")");
	means("rtt > 50ms && 10.0.0.1", "--ip 10.0.0.1 rtt > 50ms");
	means("reply || closed port 53", "--port 53 (reply || closed)");
	means("pitot observe 10.0.0.1", "--ip 10.0.0.1");
	wrong_at("rtt > 50ms --port 80", 11, 6, "flags stand before the expression");
	wrong_at("rtt > 50ms --prt", 11, 5, "flags stand before the expression");
	/* what begins as an expression, and what is only mistyped */
	means("rtt", NULL);
	means("rtt 50ms", NULL);
	means("namespace", NULL);
	means("process contains nginx", NULL);
	means("vrdict", NULL);
	means("src.namspace", NULL);
	means("bytes > ", NULL);
	means("--port abc nginx", NULL);
	means("rtt > 50ms --prt 80", NULL);
	means("reply || nginx", NULL);
	means("(nginx", NULL);
	means("\"nginx", NULL);
	means("rtt > 50ms -5 --", NULL);
	wrong_at("host nginx", 0, 4, "\"host\" is no field (did you mean \"any.host\"?)");
	wrong_at("port == 53", 0, 4, "did you mean \"any.port\"?");
	wrong_at("nginx", 0, 5, "\"nginx\" is no field: pitot-filter(7) lists them");
}

static void tried(const char *a, const char *b, const char *want)
{
	char one[80], two[80], *words[] = {one, b ? two : NULL, NULL};
	struct text t = {0};

	strcpy(one, a);
	strcpy(two, b ? b : "");
	ui_filter_put_try(&t, words);
	text_char(&t, '\0');
	assert_string_equal(t.data, want);
	text_free(&t);
}

static void a_command_names_the_cure(void **state)
{
	(void)state;
	tried("10.0.0.1", NULL, " (try: --ip 10.0.0.1)");
	tried("port", "53", " (try: --port 53)");
	tried("rtt > 50ms", NULL, " (try: --where 'rtt > 50ms')");
	tried("host", "nginx",
	      " (try: --where 'any.name contains \"nginx\" || any.dns contains \"nginx\"')");
	tried("x", NULL, "");
	tried("", NULL, "");
}

static void passes_as_observe(void **state)
{
	struct flow f = {.event = FLOW_DROP, .ip_version = 4, .protocol = 6};
	struct ui_filter *all = parsed("--all-drops"),
			 *tcp = parsed("--protocol tcp dst.port == 80");

	(void)state;
	f.drop.reason_name = "NO_SOCKET";
	assert_true(ui_filter_pass(NULL, &f));
	assert_false(ui_filter_pass(tcp, &f));
	f.dst.port = 80;
	assert_true(ui_filter_pass(tcp, &f));
	f.protocol = 17;
	assert_false(ui_filter_pass(tcp, &f));
	f.drop.normal = true;
	assert_false(ui_filter_pass(NULL, &f));
	assert_true(ui_filter_pass(all, &f));
	ui_filter_free(all);
	ui_filter_free(tcp);
	ui_filter_free(NULL);
}

static void and_gives(const char *text, const char *expression, bool exclude, const char *want)
{
	struct ui_filter *f = text ? parsed(text) : NULL;
	char *got = ui_filter_and(f, expression, exclude, NULL);

	assert_string_equal(got, want);
	ui_filter_free(parsed(got));
	ui_filter_free(f);
	free(got);
}

static void instead_of(const char *text, const char *expression, bool exclude, const char *want,
		       const char *instead)
{
	struct ui_filter *f = parsed(text);
	char *got_instead, *got = ui_filter_and(f, expression, exclude, &got_instead);

	assert_string_equal(got, want);
	assert_string_equal(got_instead ? got_instead : "", instead);
	ui_filter_free(f);
	free(got_instead);
	free(got);
}

static void what_nothing_passes_makes_room(void **state)
{
	(void)state;
	instead_of("verdict == DROPPED", "verdict == DROPPED", true, "verdict != DROPPED",
		   "verdict == DROPPED");
	instead_of("verdict != DROPPED", "verdict == DROPPED", false, "verdict == DROPPED",
		   "verdict != DROPPED");
	instead_of("--pod x reply and  verdict == DROPPED && rtt > 1ms", "verdict == ERROR", false,
		   "--pod x reply && rtt > 1ms && verdict == ERROR", "verdict == DROPPED");
	instead_of("(src.name == \"a\" || dst.name == \"a\")",
		   "(src.name == \"a\" || dst.name == \"a\")", true,
		   "!((src.name == \"a\" || dst.name == \"a\"))",
		   "(src.name == \"a\" || dst.name == \"a\")");
	instead_of("src.ip == 10.0.0.1 || dst.ip == 10.0.0.1",
		   "src.ip == 10.0.0.1 || dst.ip == 10.0.0.1", true,
		   "!(src.ip == 10.0.0.1 || dst.ip == 10.0.0.1)",
		   "src.ip == 10.0.0.1 || dst.ip == 10.0.0.1");
	instead_of("!(reply)", "reply", false, "reply", "!(reply)");
	/* both may hold: another value left out, of another end, of a list, a network */
	instead_of("verdict != DROPPED", "verdict == ERROR", true,
		   "verdict != DROPPED && verdict != ERROR", "");
	instead_of("src.port == 1", "dst.port == 2", false, "src.port == 1 && dst.port == 2", "");
	instead_of("any.port == 1", "any.port == 2", false, "any.port == 1 && any.port == 2", "");
	instead_of("tcp.flags == SYN", "tcp.flags == ACK", false,
		   "tcp.flags == SYN && tcp.flags == ACK", "");
	instead_of("src.ip == 10.0.0.0/8", "src.ip == 10.0.0.1", false,
		   "src.ip == 10.0.0.0/8 && src.ip == 10.0.0.1", "");
	instead_of(
		"(src.name == \"a\" || dst.name == \"a\")",
		"(src.name == \"b\" || dst.name == \"b\")", false,
		"(src.name == \"a\" || dst.name == \"a\") && (src.name == \"b\" || dst.name == \"b\")",
		"");
	/* as it was typed */
	instead_of("reply and closed", "closed", false, "reply and closed", "");
}

static void one_term_more(void **state)
{
	(void)state;
	and_gives(NULL, "dst.port == 80", false, "dst.port == 80");
	and_gives(NULL, "dst.port == 80", true, "dst.port != 80");
	and_gives("--pod x", "dst.port == 80", false, "--pod x dst.port == 80");
	and_gives("reply", "dst.port == 80", false, "reply && dst.port == 80");
	and_gives("reply", "dst.port == 80 && rtt > 1s", true,
		  "reply && !(dst.port == 80 && rtt > 1s)");
	and_gives("reply || closed", "dst.port == 80", false,
		  "(reply || closed) && dst.port == 80");
	and_gives("(reply || closed)", "dst.port == 80", false,
		  "(reply || closed) && dst.port == 80");
	and_gives("reply", "src.ip == 10.0.0.1 || dst.ip == 10.0.0.1", false,
		  "reply && (src.ip == 10.0.0.1 || dst.ip == 10.0.0.1)");
	/* words of a text are no operators, nor are parts of names */
	and_gives("src.pod == \"a or b || c\"", "reply", false,
		  "src.pod == \"a or b || c\" && reply");
	and_gives("src.pod == \"a\\\" or\"", "reply", false, "src.pod == \"a\\\" or\" && reply");
	and_gives("reply OR closed", "has(rtt)", true, "(reply OR closed) && !(has(rtt))");
	and_gives(NULL, "src.pod == \"a == b\"", true, "src.pod != \"a == b\"");
	/* what is asked for is not asked for twice */
	and_gives("reply && dst.port == 80", "dst.port == 80", false, "reply && dst.port == 80");
	and_gives("dst.port == 80", "dst.port == 80", false, "dst.port == 80");
	and_gives("dst.port == 80 || reply", "dst.port == 80", false,
		  "(dst.port == 80 || reply) && dst.port == 80");
}

static void command_line(void **state)
{
	static const char *const source[] = {"--input-file", "it's.pb", NULL};
	const struct ui_filter_context ctx = {.source = source, .held = true};
	struct ui_filter *f = parsed("--pod \"a b\" --process *.x dst.dns == \"it's\"");
	struct text t = {0};

	(void)state;
	ui_filter_command_line(&ctx, f, 1700000000123456789, &t);
	text_char(&t, '\0');
	assert_string_equal(t.data, "pitot observe --input-file 'it'\\''s.pb' "
				    "--until 2023-11-14T22:13:20.123456789Z --pod 'a b' "
				    "--process '*.x' --where 'dst.dns == \"it'\\''s\"'");
	text_free(&t);
	ui_filter_free(f);
}

static void command_line_of_a_capture(void **state)
{
	static const char *const source[] = {"--no-agent", NULL}, *const typed[] = {
									  "--report-interval=250ms",
									  NULL};
	struct ui_filter_context ctx = {
		.source = source, .root = true, .report_interval_ns = 1000000000};
	struct text t = {0};

	(void)state;
	ui_filter_command_line(&ctx, NULL, 5, &t);
	text_char(&t, '\0');
	assert_string_equal(t.data, "sudo pitot observe --no-agent --report-interval 1s");
	t.len = 0;
	ctx.source = typed;
	ui_filter_command_line(&ctx, NULL, 5, &t);
	text_char(&t, '\0');
	assert_string_equal(t.data, "sudo pitot observe --report-interval=250ms");
	text_free(&t);
}

/* What the shell is given is what the bar takes, too. */
static void quoted_values(void **state)
{
	static const char *const words[][2] = {
		{"--pod=a b", "--pod='a b'"},
		{"-n\xc3\xb6", "-n'\xc3\xb6'"},
		{"--where=a > 1", "--where='a > 1'"},
		{"a 'b'", "'a '\\''b'\\'''"},
		{"-x y", "'-x y'"},
		{"", "''"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct text t = {0};

		ui_shell_word(&t, words[i][0]);
		text_char(&t, '\0');
		assert_string_equal(t.data, words[i][1]);
		text_free(&t);
	}
}

/* ----------------------------------------------------------------- completion */

/* A drop between two pods, flow_release() it. */
static struct flow shop_flow(void)
{
	static const char *const labels[] = {"k8s:app=cart", "k8s:tier=web"};
	static const char *const names[] = {"www.example.com", "example.com"};
	const struct endpoint cart = {.kind = ENDPOINT_POD,
				      .namespace_name = "shop",
				      .name = "cart-1",
				      .workload = "cart",
				      .workload_kind = "Deployment",
				      .node = "n1",
				      .labels = labels,
				      .n_labels = 2};
	const struct endpoint dns = {
		.kind = ENDPOINT_POD, .namespace_name = "kube-system", .name = "coredns-1"};
	struct flow f;

	flow_init(&f);
	f.ip_version = 4;
	f.protocol = 6;
	f.event = FLOW_DROP;
	f.verdict = VERDICT_DROPPED;
	f.is_reply = REPLY_NO;
	f.src.endpoint = endpoint_new(&cart);
	f.dst.endpoint = endpoint_new(&dns);
	f.dst.service = service_new("kube-system", "dns");
	f.dst.dns = name_list_new(names, 2);
	f.src.addr = (struct ip_addr){.b = {[10] = 0xff, 0xff, 10, 1, 2, 3}};
	f.dst.addr = (struct ip_addr){.b = {[10] = 0xff, 0xff, 10, 1, 2, 4}};
	f.src.port = 41000;
	f.dst.port = 50051;
	f.drop.reason_name = "NO_SOCKET";
	f.drop.text = f.drop.function = "";
	strcpy(f.ifname, "eth0");
	return f;
}

static struct known *shop(void)
{
	struct flow f = shop_flow();
	struct known *k = known_new();

	known_flow(k, &f);
	known_flow(k, &f);
	flow_release(&f);
	return k;
}

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

/* ------------------------------------------------------------------------ the bar */

struct applied {
	unsigned int times;
	char text[256];
};

static void on_apply(void *arg, struct ui_filter *f)
{
	struct applied *a = arg;

	a->times++;
	snprintf(a->text, sizeof(a->text), "%s", f ? f->text : "");
	ui_filter_free(f);
}

static unsigned int parses;

static int host_parse(void *arg, const char *text, struct ui_filter **ret,
		      struct ui_filter_error *e)
{
	(void)arg;
	parses++;
	return ui_filter_parse(NULL, text, ret, e);
}

static void host_complete(void *arg, const char *text, size_t at,
			  const struct ui_words *(*known)(void *known_arg, enum ui_known kind),
			  void *known_arg, size_t *ret_start, struct ui_words *ret)
{
	(void)arg;
	ui_filter_complete(NULL, text, at, known, known_arg, ret_start, ret);
}

static const struct ui_host host = {.filter_parse = host_parse, .filter_complete = host_complete};

static struct filter_bar *bar(struct applied *a, struct known *k, const char *history)
{
	const struct filter_bar_options opt = {
		.host = &host, .known = k, .history_path = history, .apply = on_apply, .arg = a};
	struct filter_bar *b;

	assert_int_equal(filter_bar_new(&opt, &b), 0);
	return b;
}

static void type(struct filter_bar *b, const char *s)
{
	for (; *s; s++)
		filter_bar_key(b, *s);
}

static void looks(struct filter_bar *b, int width, const char *want)
{
	struct canvas c = {0};
	struct text t = {0};
	int x, y;

	assert_int_equal(canvas_resize(&c, width, 10), 0);
	filter_bar_draw(b, &c, (struct canvas_area){0, 0, width, 1},
			(struct canvas_area){0, 1, width, 9}, &x, &y);
	canvas_print(&c, false, &t);
	text_char(&t, '\0');
	if (strncmp(t.data, want, strlen(want)))
		fail_msg("looks so:\n%s", t.data);
	assert_int_equal(y, 0);
	assert_in_range(x, 0, width - 1);
	text_free(&t);
	canvas_free(&c);
}

static void pasted_is_looked_at_when_it_is_seen(void **state)
{
	struct applied a = {0};
	struct filter_bar *b = bar(&a, NULL, NULL);

	(void)state;
	filter_bar_open(b);
	parses = 0;
	for (int i = 0; i < 100; i++)
		for (const char *s = "dst.port != 1 && "; *s; s++)
			filter_bar_key(b, *s);
	for (const char *s = "dst.prt == 2"; *s; s++)
		filter_bar_key(b, *s);
	assert_int_equal(parses, 0);
	filter_bar_key(b, KEY_LEFT_);
	looks(b, 40, "");
	looks(b, 40, "");
	assert_int_equal(parses, 1);
	filter_bar_key(b, KEY_RETURN);
	assert_true(filter_bar_is_open(b));
	filter_bar_free(b);
}

static void typed_completed_applied(void **state)
{
	struct applied a = {0};
	struct known *k = shop();
	struct filter_bar *b = bar(&a, k, NULL);

	(void)state;
	filter_bar_open(b);
	type(b, "src.namespace == \"s\t");
	looks(b, 60, "/ src.namespace == \"shop\"\n");
	type(b, "&& verdict == DROPPED");
	assert_int_equal(a.times, 0);
	filter_bar_key(b, KEY_RETURN);
	assert_false(filter_bar_is_open(b));
	assert_int_equal(a.times, 1);
	assert_string_equal(a.text, "src.namespace == \"shop\" && verdict == DROPPED");
	filter_bar_free(b);
	known_free(k);
}

static void what_is_wrong_is_never_applied(void **state)
{
	struct applied a = {0};
	struct filter_bar *b = bar(&a, NULL, NULL);

	(void)state;
	assert_int_equal(filter_bar_set(b, "--pod x", NULL), 0);
	filter_bar_open(b);
	type(b, "rt");
	/* while it is typed it may become right */
	looks(b, 60, "/ --pod x rt\n  \"rt\" is no field");
	filter_bar_key(b, KEY_RETURN);
	assert_true(filter_bar_is_open(b));
	looks(b, 60, "/ --pod x rt\n          ^^ \"rt\" is no field");
	type(b, " > 5");
	looks(b, 60, "/ --pod x rt > 5\n          ^^ \"rt\" is no field");
	filter_bar_key(b, KEY_ESCAPE);
	assert_false(filter_bar_is_open(b));
	assert_int_equal(a.times, 1);
	assert_string_equal(filter_bar_text(b), "--pod x");
	filter_bar_free(b);
}

static void what_is_meant_is_applied(void **state)
{
	struct applied a = {0};
	struct filter_bar *b = bar(&a, NULL, NULL);

	(void)state;
	filter_bar_open(b);
	type(b, "10.231.0.13");
	looks(b, 60, "/ 10.231.0.13\n  Enter: --ip 10.231.0.13\n");
	filter_bar_key(b, KEY_RETURN);
	assert_false(filter_bar_is_open(b));
	assert_string_equal(filter_bar_text(b), "--ip 10.231.0.13");
	assert_string_equal(a.text, "--ip 10.231.0.13");
	filter_bar_open(b);
	type(b, "rtt > 1ms --port 53");
	looks(b, 60,
	      "/ --ip 10.231.0.13 rtt > 1ms --port 53\n"
	      "  Enter: --ip 10.231.0.13 --port 53 rtt > 1ms\n");
	filter_bar_key(b, KEY_RETURN);
	assert_string_equal(a.text, "--ip 10.231.0.13 --port 53 rtt > 1ms");
	assert_true(filter_bar_undo(b));
	assert_string_equal(a.text, "--ip 10.231.0.13");
	/* only who types is helped */
	assert_int_equal(filter_bar_set(b, "10.0.0.1", NULL), -EINVAL);
	filter_bar_free(b);
}

static void undone_and_redone(void **state)
{
	struct applied a = {0};
	struct filter_bar *b = bar(&a, NULL, NULL);
	char *instead;

	(void)state;
	assert_false(filter_bar_undo(b));
	assert_int_equal(filter_bar_add(b, "dst.port == 80", false, &instead, NULL), 0);
	assert_int_equal(filter_bar_add(b, "reply", true, &instead, NULL), 0);
	assert_string_equal(a.text, "dst.port == 80 && !(reply)");
	assert_int_equal(filter_bar_add(b, "nothing", true, &instead, NULL), -EINVAL);
	assert_true(filter_bar_undo(b));
	assert_string_equal(a.text, "dst.port == 80");
	assert_true(filter_bar_undo(b));
	assert_string_equal(a.text, "");
	assert_false(filter_bar_undo(b));
	assert_true(filter_bar_redo(b));
	assert_true(filter_bar_redo(b));
	assert_false(filter_bar_redo(b));
	assert_string_equal(filter_bar_text(b), "dst.port == 80 && !(reply)");
	assert_true(filter_bar_undo(b));
	assert_int_equal(filter_bar_set(b, "reply", NULL), 0);
	assert_false(filter_bar_redo(b));
	filter_bar_free(b);
}

static void recalled_from_the_file(void **state)
{
	char dir[] = "/tmp/pitot-test-filters.XXXXXX", path[128];
	struct applied a = {0};
	struct filter_bar *b;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/state/pitot/filters", dir);
	b = bar(&a, NULL, path);
	for (int i = 0; i < 3; i++) {
		static const char *const texts[] = {"reply", "--pod x", "reply"};

		filter_bar_open(b);
		filter_bar_key(b, CONTROL('u'));
		type(b, texts[i]);
		filter_bar_key(b, KEY_RETURN);
	}
	filter_bar_free(b);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	b = bar(&a, NULL, path);
	filter_bar_open(b);
	filter_bar_key(b, KEY_UP_);
	looks(b, 40, "/ reply\n");
	filter_bar_key(b, KEY_UP_);
	looks(b, 40, "/ --pod x\n");
	filter_bar_key(b, KEY_UP_);
	looks(b, 40, "/ --pod x\n");
	filter_bar_key(b, KEY_DOWN_);
	looks(b, 40, "/ reply\n");
	filter_bar_key(b, CONTROL('u'));
	type(b, "--p");
	filter_bar_key(b, KEY_UP_);
	looks(b, 40, "/ --pod x\n");
	filter_bar_free(b);
	unlink(path);
	for (int i = 0; i < 3; i++) {
		rmdir(path);
		*strrchr(path, '/') = '\0';
	}
	rmdir(path);
}

static void clicked(void **state)
{
	struct applied a = {0};
	struct known *k = shop();
	struct filter_bar *b = bar(&a, k, NULL);

	(void)state;
	filter_bar_open(b);
	type(b, "--namespace ");
	looks(b, 60,
	      "/ --namespace\n  \"--namespace\" needs a value\n"
	      "              kube-system\n              shop\n");
	assert_false(filter_bar_click(b, 1, 3));
	assert_false(filter_bar_click(b, 16, 5));
	assert_true(filter_bar_click(b, 0, 0));
	assert_true(filter_bar_click(b, 16, 3));
	looks(b, 60, "/ --namespace shop\n");
	/* it is in force: the first of before is another one */
	filter_bar_key(b, KEY_RETURN);
	assert_int_equal(filter_bar_set(b, "reply", NULL), 0);
	filter_bar_remember(b);
	filter_bar_open(b);
	filter_bar_key(b, KEY_UP_);
	looks(b, 60, "/ --namespace shop\n");
	filter_bar_free(b);
	known_free(k);
}

static void long_lines_are_scrolled(void **state)
{
	struct applied a = {0};
	struct filter_bar *b = bar(&a, NULL, NULL);

	(void)state;
	filter_bar_open(b);
	for (int i = 0; i < 40; i++)
		type(b, "reply || ");
	type(b, "wrong");
	looks(b, 30, "/  || reply || reply || wrong\n");
	filter_bar_key(b, KEY_HOME_);
	looks(b, 30, "/ reply || reply || reply || ");
	filter_bar_key(b, KEY_RETURN);
	assert_true(filter_bar_is_open(b));
	/* the cursor goes to what is wrong */
	looks(b, 60,
	      "/ ply || reply || reply || reply || reply || reply || wrong\n"
	      "      \"wrong\" is no field: pitot-filter(7) lists them ^^^^^\n");
	/* no room beside it */
	looks(b, 40,
	      "/ y || reply || reply || reply || wrong\n"
	      "                                  ^^^^^\n"
	      "\"wrong\" is no field: pitot-filter(7) l");
	for (int width = 2; width < 30; width++)
		looks(b, width, "/");
	filter_bar_free(b);
}

/* -------------------------------------------------------------------- known values */

static void known_is_bounded_and_new(void **state)
{
	struct known *k = known_new();
	const struct ui_words *w;

	(void)state;
	for (unsigned int i = 0; i < 3 * KNOWN_MAX; i++) {
		struct flow f = {.ip_version = 4, .is_reply = REPLY_UNKNOWN};
		char name[32];
		struct service *s;

		snprintf(name, sizeof(name), "s%06u", i);
		s = service_new("shop", name);
		f.dst.service = s;
		f.dst.port = i;
		f.time_ns = (uint64_t)i << 24; /* 64 a second */
		known_flow(k, &f);
		service_put(s);
	}
	w = known_words(k, KNOWN_SERVICE);
	assert_int_equal(w->n, KNOWN_MAX);
	assert_string_equal(w->v[0], "shop/s008192");
	assert_string_equal(w->v[KNOWN_MAX - 1], "shop/s012287");
	assert_int_equal(known_words(k, KNOWN_NAMESPACE)->n, 1);
	assert_int_equal(known_words(k, KNOWN_DNS)->n, 0);
	assert_int_equal(known_words(NULL, KNOWN_DNS)->n, 0);
	known_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_then_expression),
		cmocka_unit_test(what_is_wrong_has_its_place),
		cmocka_unit_test(what_is_no_filter_may_mean_one),
		cmocka_unit_test(what_is_right_stays),
		cmocka_unit_test(a_command_names_the_cure),
		cmocka_unit_test(passes_as_observe),
		cmocka_unit_test(what_nothing_passes_makes_room),
		cmocka_unit_test(one_term_more),
		cmocka_unit_test(command_line),
		cmocka_unit_test(command_line_of_a_capture),
		cmocka_unit_test(quoted_values),
		cmocka_unit_test(words_at_the_cursor),
		cmocka_unit_test(what_is_offered_is_right),
		cmocka_unit_test(what_was_seen_passes),
		cmocka_unit_test(clicked),
		cmocka_unit_test(pasted_is_looked_at_when_it_is_seen),
		cmocka_unit_test(typed_completed_applied),
		cmocka_unit_test(what_is_wrong_is_never_applied),
		cmocka_unit_test(what_is_meant_is_applied),
		cmocka_unit_test(undone_and_redone),
		cmocka_unit_test(recalled_from_the_file),
		cmocka_unit_test(long_lines_are_scrolled),
		cmocka_unit_test(known_is_bounded_and_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
