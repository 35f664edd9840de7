/* SPDX-License-Identifier: MIT */
/* What is said of each drop: a sentence and steps for every reason there is, and commands that a shell takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "flows/capture/reasons.h"
#include "flows/drop_advice.h"
#include "flows/drop_advice_table.h"
#include "tests/unit/sample_flows.h"

static struct flow example(void)
{
	struct flow f = sample(6, "10.0.1.10", 43210, "10.0.2.20", 8080);

	f.event = FLOW_DROP;
	f.verdict = VERDICT_DROPPED;
	f.drop.reason_name = "NETFILTER_DROP";
	f.drop.function = "nft_do_chain";
	f.drop.text = "";
	strcpy(f.ifname, "eth0");
	return f;
}

static char *meaning(const char *reason, const char *function, const struct flow *f)
{
	static char buf[1024];
	struct text t = {0};

	drop_meaning(&t, &(struct drop_case){reason, function, f});
	assert_int_equal(t.err, 0);
	assert_in_range(t.len, 1, sizeof(buf) - 1);
	memcpy(buf, t.data, t.len);
	buf[t.len] = '\0';
	text_free(&t);
	return buf;
}

static void check_sentence(const char *name, const char *s)
{
	size_t n = strlen(s);

	if (n < 10 || s[n - 1] != '.' || s[n - 2] == '.' || (s[0] >= 'a' && s[0] <= 'z'))
		fail_msg("%s: \"%s\" is no sentence", name, s);
}

/* Nothing that a person would have to take out again before a shell takes it. */
static void check_command(const char *name, const char *s)
{
	int quotes = 0;

	for (const char *c = s; *c; c++) {
		quotes += *c == '\'';
		if (strchr(",()?;\"<>&`$", *c) || (*c == '*' && !(quotes & 1)))
			fail_msg("%s: \"%s\" is no command", name, s);
	}
	assert_int_equal(quotes & 1, 0);
	assert_null(strstr(s, " it"));
	assert_null(strstr(s, "show the"));
}

static size_t check_steps(const char *reason, const char *function, const struct flow *f)
{
	struct drop_step steps[DROP_STEPS_MAX];
	size_t n = drop_steps(&(struct drop_case){reason, function, f}, steps);

	assert_true(n <= DROP_STEPS_MAX);
	for (size_t i = 0; i < n; i++) {
		check_command(reason, steps[i].command);
		if (f && (strstr(steps[i].command, "ADDRESS") ||
			  strstr(steps[i].command, "SOURCE") || strstr(steps[i].command, "DEVICE")))
			fail_msg("%s: \"%s\"", reason, steps[i].command);
		if (!*steps[i].command && !*steps[i].note)
			fail_msg("%s: an empty step", reason);
	}
	return n;
}

static void test_every_reason_of_the_kernel(void **state)
{
	struct flow f = example();
	const struct drop_reason *t;
	size_t n, commands = 0;

	(void)state;
	t = drop_reason_table(&n);
	for (size_t i = 0; i < n; i++) {
		const char *function = t[i].function ? t[i].function : "";
		size_t steps = check_steps(t[i].name, function, &f);

		check_sentence(t[i].name, meaning(t[i].name, function, &f));
		if (!t[i].normal && !steps)
			fail_msg("%s %s: nothing to look at", t[i].name, function);
		commands += steps;
	}
	assert_true(commands > n);
	flow_release(&f);
}

static void test_every_family(void **state)
{
	struct flow f = example();
	char name[64];
	size_t n = 0;

	(void)state;
	for (const struct drop_family *row = drop_families; row->text; row++, n++) {
		snprintf(name, sizeof(name), "%s", row->reason ? row->reason : row->function);
		check_sentence(name, meaning(row->reason ? row->reason : "SOMETHING_NEW",
					     row->function, &f));
		check_steps(name, row->function, &f);
		assert_in_range(strlen(row->text), 10, 99);
	}
	assert_true(n > 50);
	for (const struct drop_usual *u = drop_usuals; u->cause; u++) {
		check_sentence(u->reason, u->cause);
		assert_in_range(strlen(u->cause), 20, 260);
	}
	flow_release(&f);
}

static void test_which_row(void **state)
{
	(void)state;
	assert_non_null(strstr(meaning("NETFILTER_DROP", "nft_do_chain", NULL), "nftables"));
	assert_non_null(strstr(meaning("NOT_SPECIFIED", "wg_xmit", NULL), "WireGuard"));
	assert_non_null(strstr(meaning("NOT_SPECIFIED", "ip_error", NULL), "lackhole"));
	assert_non_null(strstr(meaning("REASON_999", "br_multicast_x", NULL), "bridge"));
	assert_non_null(strstr(meaning("RX_DROP_U_SHORT_CCMP_MIC", "", NULL), "integrity"));
	assert_non_null(strstr(meaning("RX_DROP_U_NEW", "", NULL), "wireless stack"));
	assert_non_null(strstr(meaning("OVS_DROP_METER", "", NULL), "meter"));
	assert_non_null(strstr(meaning("OVS_DROP_NEW", "", NULL), "Open vSwitch"));
	assert_non_null(strstr(meaning("POLICY_DENIED", NULL, NULL), "policy"));
	assert_non_null(strstr(meaning("LISTEN_OVERFLOW", "", NULL), "listening"));
	assert_non_null(strstr(meaning("REASON_999", "", NULL), "REASON_999"));
	assert_non_null(strstr(meaning("REASON_999", "frobnicate", NULL), "frobnicate()"));
	assert_non_null(strstr(meaning(NULL, NULL, NULL), "nothing"));
	assert_null(drop_cause(&(struct drop_case){"REASON_999", "", NULL}));
	assert_non_null(strstr(drop_cause(&(struct drop_case){"NO_SOCKET", "tcp_v6_rcv", NULL}),
			       "refused"));
	assert_non_null(strstr(drop_cause(&(struct drop_case){"NO_SOCKET", "__udp4_lib_rcv", NULL}),
			       "unreachable"));
}

/* A reason that only the source knows: its own words. */
static void test_words_of_the_source(void **state)
{
	struct flow f = example();

	(void)state;
	f.drop.text = "a reason of tomorrow\033[31m";
	assert_string_equal(meaning("TOMORROW", "", &f), "A reason of tomorrow^[[31m.");
	flow_release(&f);
}

static void test_values_are_filled_in(void **state)
{
	struct drop_step steps[DROP_STEPS_MAX];
	struct flow f = example();
	size_t n = drop_steps(&(struct drop_case){"IP_INNOROUTES", "", &f}, steps);

	(void)state;
	assert_int_equal(n, 2);
	assert_string_equal(steps[0].command, "ip route get 10.0.2.20 from 10.0.1.10 iif eth0");
	n = drop_steps(&(struct drop_case){"LISTEN_OVERFLOW", "", &f}, steps);
	assert_string_equal(steps[0].command, "ss -ltn");
	assert_string_equal(steps[0].note, "Recv-Q against Send-Q");
	flow_release(&f);
}

/* Names of interfaces are given by whoever may make one. */
static void test_hostile_names(void **state)
{
	static const char *const names[][2] = {
		{"a;reboot", "tc -s qdisc show dev 'a;reboot'"},
		{"a'b", "tc -s qdisc show dev 'a'\\''b'"},
		{"\033[2J", "tc -s qdisc show dev '^[[2J'"},
		{"$(id)", "tc -s qdisc show dev '$(id)'"},
	};
	struct drop_step steps[DROP_STEPS_MAX];
	struct flow f = example();

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		memset(f.ifname, 0, sizeof(f.ifname));
		strncpy(f.ifname, names[i][0], sizeof(f.ifname) - 1);
		drop_steps(&(struct drop_case){"QDISC_OVERLIMIT", "", &f}, steps);
		assert_string_equal(steps[0].command, names[i][1]);
	}
	memset(f.ifname, 'x', sizeof(f.ifname)); /* no NUL */
	drop_steps(&(struct drop_case){"QDISC_OVERLIMIT", "", &f}, steps);
	assert_null(strchr(steps[0].command, '\n'));
	flow_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_reason_of_the_kernel),
		cmocka_unit_test(test_every_family),
		cmocka_unit_test(test_which_row),
		cmocka_unit_test(test_words_of_the_source),
		cmocka_unit_test(test_values_are_filled_in),
		cmocka_unit_test(test_hostile_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
