// SPDX-License-Identifier: MIT
/* The filter bar's language: flags and expressions in one line, and what is wrong with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/filter_line.h"

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
	/* a flag that says the same */
	instead_of("--pod x --verdict dropped  --port 1 reply", "verdict == DROPPED", true,
		   "--pod x --port 1 reply && verdict != DROPPED", "--verdict dropped");
	instead_of("--verdict DROPPED", "verdict == DROPPED", true, "verdict != DROPPED",
		   "--verdict DROPPED");
	instead_of("--port 1 --drop-reason-desc NO_SOCKET", "drop.reason == \"NO_SOCKET\"", true,
		   "--port 1 drop.reason != \"NO_SOCKET\"", "--drop-reason-desc NO_SOCKET");
	instead_of("--not --verdict DROPPED", "verdict == DROPPED", true,
		   "--not --verdict DROPPED verdict != DROPPED", "");
	instead_of("--pod 'x --verdict DROPPED'", "verdict == DROPPED", true,
		   "--pod 'x --verdict DROPPED' verdict != DROPPED", "");
	instead_of("--verdict DROPPED", "verdict == DROPPED", false,
		   "--verdict DROPPED verdict == DROPPED", "");
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
