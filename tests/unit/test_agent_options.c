// SPDX-License-Identifier: MIT
/* The agent's options: file, environment, flags, and what changes with a reload. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/agent_config.h"
#include "cli/agent_options.h"

static char path[] = "/tmp/pitot-test-conf.XXXXXX";

static void write_conf(const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

/* The options of the file and of up to three words. */
static struct agent_options *load(const char *conf, const char *a, const char *b)
{
	char config[64], *argv[] = {config, (char *)a, (char *)b, NULL}, *why = NULL;
	struct agent_options *o = NULL;

	write_conf(conf);
	snprintf(config, sizeof(config), "--config=%s", path);
	if (agent_options_load(argv, &o, &why))
		fail_msg("%s", why);
	free(why);
	return o;
}

static void refused(const char *conf, const char *word, const char *wanted)
{
	char config[64], *argv[] = {config, (char *)word, NULL}, *why = NULL;
	struct agent_options *o = NULL;

	write_conf(conf);
	snprintf(config, sizeof(config), "--config=%s", path);
	assert_int_not_equal(agent_options_load(argv, &o, &why), 0);
	assert_non_null(why);
	if (!strstr(why, wanted) || strchr(why, '\n'))
		fail_msg("\"%s\" is not in \"%s\"", wanted, why);
	free(why);
	agent_options_free(o);
}

static void test_layers(void **state)
{
	struct agent_options *o;

	(void)state;
	unsetenv("PITOT_HISTORY_MEMORY");
	o = load("", NULL, NULL);
	assert_int_equal(o->history_bytes, 64 << 20);
	assert_string_equal(o->socket, "/run/pitot/pitot.sock");
	agent_options_free(o);
	o = load("history-memory: 2M\nlisten: [127.0.0.1, \"localhost:1\"]\n", NULL, NULL);
	assert_int_equal(o->history_bytes, 2 << 20);
	assert_string_equal(o->listen[1], "localhost:1");
	assert_null(o->listen[2]);
	agent_options_free(o);
	setenv("PITOT_HISTORY_MEMORY", "3M", 1);
	setenv("PITOT_LISTEN", "127.0.0.2,127.0.0.3:5", 1);
	setenv("PITOT_NO_DNS", "true", 1);
	o = load("history-memory: 2M\nlisten: 127.0.0.1\nno-dns: false\n", NULL, NULL);
	assert_int_equal(o->history_bytes, 3 << 20);
	assert_string_equal(o->listen[0], "127.0.0.2");
	assert_string_equal(o->listen[1], "127.0.0.3:5");
	assert_null(o->listen[2]);
	assert_true(o->o.names.no_dns);
	agent_options_free(o);
	o = load("history-memory: 2M\nlisten: 127.0.0.1\n", "--history-memory=4M",
		 "--listen=127.0.0.9");
	assert_int_equal(o->history_bytes, 4 << 20);
	assert_string_equal(o->listen[0], "127.0.0.9");
	assert_null(o->listen[1]);
	agent_options_free(o);
	unsetenv("PITOT_HISTORY_MEMORY");
	unsetenv("PITOT_LISTEN");
	unsetenv("PITOT_NO_DNS");
}

static void test_refused(void **state)
{
	(void)state;
	refused("a: &x 1\nb: *x\n", NULL, ":1:1: unknown key \"a\"");
	refused("socket: relative\n", NULL, ":1:9: --socket: \"relative\"");
	refused("socket: [/a, /b]\nsocket: /c\n", NULL, ":2:1: \"socket\" is there twice");
	refused("peer: {a: b}\n", NULL, ":1:7: peer: a plain value is wanted");
	refused("peer: nobody\n", NULL, "NAME=ADDRESS");
	refused("? [a]\n: b\n", NULL, "a key is wanted");
	refused("no-dns: true\n---\nno-dns: true\n", NULL, "one document is wanted");
	refused("history-memory: 1K\n", NULL, "at least 1M");
	refused("check-config: true\n", NULL, "unknown key \"check-config\"");
	refused("", "--lisen=x", "did you mean \"--listen\"?");
	refused("", "word", "\"word\" is one argument too many");
	refused("socket: none\n", NULL, "nobody could ask");
	refused("listen: unix:///a\n", NULL, "--socket");
	refused("tls-client-ca-file: /a\n", NULL, "--tls-cert-file");
	setenv("PITOT_LOG_LEVEL", "loud", 1);
	refused("", NULL, "PITOT_LOG_LEVEL: --log-level: \"loud\" is not error");
	unsetenv("PITOT_LOG_LEVEL");
	/* what another layer hides must be right all the same */
	refused("log-level: loud\n", "--log-level=debug", ":1:12:");
}

static void test_exporters(void **state)
{
	struct agent_options *o = load("exporters:\n  - {name: a, file: /tmp/a}\n"
				       "  - {name: b, file: /tmp/b, format: pb}\n",
				       "--export-file=/tmp/c", "--export-format=pb");

	(void)state;
	assert_int_equal(o->n_exporters, 2);
	assert_string_equal(o->exporters[1].name, "b");
	assert_int_equal(o->exporters[1].format, EXPORT_PB);
	assert_string_equal(o->exporter.target, "/tmp/c");
	assert_int_equal(o->exporter.format, EXPORT_PB);
	agent_options_free(o);
}

static void test_reload(void **state)
{
	const struct {
		const char *conf, *fixed;
	} rows[] = {
		{"history-memory: 2M\n", "history-memory"},
		{"socket: /other\n", "socket"},
		{"listen: 127.0.0.1\n", "listen"},
		{"interface: [a, b]\n", "interface"},
		{"no-names: true\n", "no-names"},
		{"dns-port: 5353\n", "dns-port"},
		{"report-interval: 1s\n", "report-interval"},
		{"peer: a=b\nlog-level: debug\nmetrics: dns\nadvertise: x\n", NULL},
		{"exporters: [{name: a, file: /tmp/a}]\nexport-file: /tmp/x\n", NULL},
	};
	struct agent_options *was, *is;
	const char *fixed;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		was = load("", NULL, NULL);
		is = load(rows[i].conf, NULL, NULL);
		fixed = agent_options_fixed_difference(was, is);
		if (rows[i].fixed)
			assert_string_equal(fixed, rows[i].fixed);
		else
			assert_null(fixed);
		assert_null(agent_options_fixed_difference(is, is));
		agent_options_adopt(was, is);
		agent_options_free(was);
	}
	was = load("peer: a=b\n", NULL, NULL);
	agent_options_adopt(was, load("peer: [c=d, e=f]\nadvertise: x\n", NULL, NULL));
	assert_int_equal(was->n_peers, 2);
	assert_string_equal(was->peers[1].address, "f");
	agent_options_adopt(was, load("", NULL, NULL));
	assert_int_equal(was->n_peers, 0);
	assert_null(was->advertise);
	agent_options_free(was);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_exporters),
		cmocka_unit_test(test_reload),
	};
	int ret;

	close(mkstemp(path));
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return ret;
}
