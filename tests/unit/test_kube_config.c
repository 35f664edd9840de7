// SPDX-License-Identifier: MIT
/* Kubeconfigs, where they are looked for, and what a credential plugin answers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "flows/names/kube_auth.h"
#include "flows/names/kube_config.h"

static const char full[] = "apiVersion: v1\n"
			   "kind: Config\n"
			   "current-context: c\n"
			   "contexts:\n"
			   "- name: other\n"
			   "  context: {cluster: nowhere, user: u}\n"
			   "- name: c\n"
			   "  context: {cluster: k, user: u}\n"
			   "- name: no-user\n"
			   "  context: {cluster: k}\n"
			   "- name: bad-user\n"
			   "  context: {cluster: k, user: nobody}\n"
			   "- name: plugin\n"
			   "  context: {cluster: k, user: plugin}\n"
			   "clusters:\n"
			   "- name: k\n"
			   "  cluster:\n"
			   "    server: https://10.0.0.1:6443/\n"
			   "    certificate-authority: pki/ca.crt\n"
			   "    certificate-authority-data: aGVs\n"
			   "      bG8=\n"
			   "    tls-server-name: api.example\n"
			   "    proxy-url: http://proxy:3128\n"
			   "users:\n"
			   "- name: u\n"
			   "  user:\n"
			   "    token: abc\n"
			   "    tokenFile: /abs/token\n"
			   "    username: null\n"
			   "    password: ''\n"
			   "    client-certificate: c.crt\n"
			   "    client-key: c.key\n"
			   "    client-key-data: aw==\n"
			   "- name: plugin\n"
			   "  user:\n"
			   "    exec:\n"
			   "      apiVersion: client.authentication.k8s.io/v1beta1\n"
			   "      command: bin/login\n"
			   "      args: [a, 'b c', 7]\n"
			   "      env:\n"
			   "      - {name: ONE, value: '1'}\n"
			   "      - {value: no name}\n"
			   "      - {name: EMPTY}\n"
			   "      provideClusterInfo: true\n";

static int parse(const char *yaml, const char *context, struct kube_config *c, char **error)
{
	return kube_config_parse(yaml, strlen(yaml), "/etc/k", context, c, error);
}

static void test_all_fields(void **state)
{
	struct kube_config c;
	char *error;

	(void)state;
	assert_int_equal(parse(full, NULL, &c, &error), 0);
	assert_null(error);
	assert_string_equal(c.server, "https://10.0.0.1:6443");
	assert_string_equal(c.ca_file, "/etc/k/pki/ca.crt");
	assert_int_equal(c.ca.size, 5);
	assert_string_equal(c.ca.data, "hello");
	assert_string_equal(c.tls_server_name, "api.example");
	assert_string_equal(c.proxy, "http://proxy:3128");
	assert_false(c.insecure);
	assert_string_equal(c.token, "abc");
	assert_string_equal(c.token_file, "/abs/token");
	assert_null(c.username);
	assert_null(c.password);
	assert_string_equal(c.cert_file, "/etc/k/c.crt");
	assert_string_equal(c.key_file, "/etc/k/c.key");
	assert_null(c.cert.data);
	assert_string_equal(c.key.data, "k");
	assert_null(c.exec.command);
	kube_config_release(&c);
	assert_null(c.server);
	kube_config_release(&c);
	kube_config_release(NULL);
}

static void test_plugin(void **state)
{
	struct kube_config c;
	char *error;

	(void)state;
	assert_int_equal(parse(full, "plugin", &c, &error), 0);
	assert_string_equal(c.exec.command, "/etc/k/bin/login");
	assert_string_equal(c.exec.api_version, "client.authentication.k8s.io/v1beta1");
	assert_true(c.exec.cluster_info);
	assert_string_equal(c.exec.args[0], "a");
	assert_string_equal(c.exec.args[1], "b c");
	assert_string_equal(c.exec.args[2], "7");
	assert_null(c.exec.args[3]);
	assert_string_equal(c.exec.env[0], "ONE=1");
	assert_string_equal(c.exec.env[1], "EMPTY=");
	assert_null(c.exec.env[2]);
	kube_config_release(&c);
}

static void test_without_user(void **state)
{
	struct kube_config c;
	char *error;

	(void)state;
	assert_int_equal(parse(full, "no-user", &c, &error), 0);
	assert_null(c.token);
	kube_config_release(&c);
}

#define CLUSTER \
	"contexts: [{name: c, context: {cluster: k, user: u}}]\ncurrent-context: c\nclusters: [{name: k, cluster: {"
#define USER "server: 'https://h'}}]\nusers: [{name: u, user: {"

/* What is wrong, and what the line says of it. */
static void test_errors(void **state)
{
	static const struct {
		const char *yaml, *context, *says;
		int err;
	} cases[] = {
		{"a: [b\n", NULL, "no YAML", -EBADMSG},
		{"\t", NULL, "no YAML", -EBADMSG},
		{full, "missing", "there is no context \"missing\"", -EINVAL},
		{full, "other", "there is no cluster \"nowhere\"", -EINVAL},
		{full, "bad-user", "there is no user \"nobody\"", -EINVAL},
		{full, "x\033[2J\n", "x^[[2J\\n", -EINVAL},
		{CLUSTER "server: '10.0.0.1:6443'}}]\n", NULL, "server \"10.0.0.1:6443\" is no URL",
		 -EINVAL},
		{CLUSTER "server: 'https://u:secret@h:6443'}}]\n", NULL,
		 "server holds a user's name", -EINVAL},
		{CLUSTER "server: [a]}}]\n", NULL, "server \"\" is no URL", -EINVAL},
		{CLUSTER "server: 'https://h', certificate-authority-data: '*'}}]\n", NULL,
		 "certificate-authority-data is no base64", -EINVAL},
		{CLUSTER USER "token: \"a\\r\\nb\"}}]\n", NULL, "token holds a control character",
		 -EINVAL},
		{CLUSTER USER "exec: {apiVersion: x/v1, command: y}}}]\n", NULL,
		 "apiVersion \"x/v1\" is not known", -EINVAL},
		{CLUSTER USER "exec: {command: y}}}]\n", NULL, "apiVersion \"\" is not known",
		 -EINVAL},
		{CLUSTER USER "exec: {apiVersion: client.authentication.k8s.io/v1}}}]\n", NULL,
		 "exec has no command", -EINVAL},
		{CLUSTER USER "auth-provider: {name: oidc}}}]\n", NULL,
		 "auth-provider is not supported", -ENOTSUP},
	};
	struct kube_config c;
	char *error;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memset(&c, 0, sizeof(c));
		assert_int_equal(parse(cases[i].yaml, cases[i].context, &c, &error), cases[i].err);
		assert_non_null(error);
		if (!strstr(error, cases[i].says))
			fail_msg("\"%s\" is not in \"%s\"", cases[i].says, error);
		assert_null(c.server);
		free(error);
	}
}

static void test_no_context(void **state)
{
	struct kube_config c;
	char *error;

	(void)state;
	assert_int_equal(parse("", NULL, &c, &error), -ENOENT);
	assert_int_equal(parse("a: b", NULL, &c, &error), -ENOENT);
	assert_int_equal(parse("[1, 2]", NULL, &c, &error), -ENOENT);
	assert_int_equal(parse("current-context: ''", NULL, &c, &error), -ENOENT);
	assert_null(error);
}

/* An alias is a reference, not a copy: what would grow without bound in others does not. */
static void test_aliases(void **state)
{
	char yaml[4096] = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
	struct kube_config c;
	char *error;

	(void)state;
	for (int i = 1; i < 30; i++) {
		size_t n = strlen(yaml);

		snprintf(yaml + n, sizeof(yaml) - n, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n", i, i,
			 i - 1, i - 1, i - 1, i - 1);
	}
	strncat(yaml, "current-context: c\ncontexts: *a29\n", 64);
	assert_int_equal(parse(yaml, NULL, &c, &error), -EINVAL);
	free(error);
}

/* ------------------------------------------------------------- where they are */

static char root[64];

static void put(const char *path, const char *text)
{
	char full_path[256], *slash;
	FILE *file;

	snprintf(full_path, sizeof(full_path), "%s%s", root, path);
	for (slash = full_path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		mkdir(full_path, 0755);
		*slash = '/';
	}
	file = fopen(full_path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void put_config(const char *path, const char *context, const char *server)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "current-context: %s\ncontexts: [{name: %s, context: {cluster: k}}]\n"
		 "clusters: [{name: k, cluster: {server: '%s'}}]\n",
		 context, context, server);
	put(path, text);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/pitot-config-XXXXXX");
	unsetenv("KUBECONFIG");
	unsetenv("KUBERNETES_SERVICE_HOST");
	unsetenv("KUBERNETES_SERVICE_PORT");
	setenv("HOME", "/home/x", 1);
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static void finds(const struct names_options *opt, const char *server)
{
	struct kube_config c;
	char *error;
	int err = kube_config_find(opt, &c, &error);

	if (!server) {
		assert_int_equal(err, -ENOENT);
		assert_null(error);
		return;
	}
	if (err)
		fail_msg("%d: %s", err, error);
	assert_string_equal(c.server, server);
	kube_config_release(&c);
}

static void fails(const struct names_options *opt, const char *says)
{
	struct kube_config c;
	char *error;

	assert_true(kube_config_find(opt, &c, &error) < 0);
	assert_non_null(error);
	if (!strstr(error, says))
		fail_msg("\"%s\" is not in \"%s\"", says, error);
	free(error);
}

/* From the last place to the first: each that is added is taken. */
static void test_order(void **state)
{
	struct names_options opt = {.root = root};
	char list[256], file[128];

	(void)state;
	finds(&opt, NULL);
	put_config("/etc/rancher/k3s/k3s.yaml", "c", "https://k3s");
	finds(&opt, "https://k3s");
	put_config("/etc/kubernetes/admin.conf", "c", "https://admin");
	finds(&opt, "https://admin");
	put("/home/x/.kube/config", "kind: Config\n"); /* no context: no more than no file */
	finds(&opt, "https://admin");
	put_config("/home/x/.kube/config", "c", "https://home");
	finds(&opt, "https://home");
	put_config("/env", "e", "https://env");
	snprintf(list, sizeof(list), ":%s/not-there:%s/env:%s/home/x/.kube/config", root, root,
		 root);
	setenv("KUBECONFIG", list, 1);
	finds(&opt, "https://env");
	put("/var/run/secrets/kubernetes.io/serviceaccount/token", "t");
	setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
	finds(&opt, "https://[fd00::1]:443");
	setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
	setenv("KUBERNETES_SERVICE_PORT", "6443", 1);
	finds(&opt, "https://10.96.0.1:6443");
	opt.kube_context = "e";
	finds(&opt, "https://env");
	opt.kube_context = NULL;
	put_config("/own", "o", "https://own");
	snprintf(file, sizeof(file), "%s/own", root);
	opt.kubeconfig = file;
	finds(&opt, "https://own");
}

/* Whatever is named is taken from the first file that has it. */
static void test_merged(void **state)
{
	struct names_options opt = {.root = root};
	char list[256];

	(void)state;
	put("/one", "contexts: [{name: a, context: {cluster: k2, user: u}}]\n"
		    "clusters: [{name: k1, cluster: {server: 'https://one'}}]\n");
	put("/two/config",
	    "current-context: a\n"
	    "contexts: [{name: a, context: {cluster: k1}}]\n"
	    "clusters: [{name: k2, cluster: {server: 'https://two', certificate-authority: ca}}]\n"
	    "users: [{name: u, user: {token: t}}]\n");
	snprintf(list, sizeof(list), "%s/one:%s/two/config", root, root);
	setenv("KUBECONFIG", list, 1);
	finds(&opt, "https://two");
}

static void test_find_errors(void **state)
{
	struct names_options opt = {.root = root, .kubeconfig = "/nowhere/config"};
	char file[128];

	(void)state;
	fails(&opt, "--kubeconfig /nowhere/config: there is no such file");
	opt.kubeconfig = "/dev/null";
	fails(&opt, "it is no file");
	put("/empty", "kind: Config\n");
	snprintf(file, sizeof(file), "%s/empty", root);
	opt.kubeconfig = file;
	fails(&opt, "has no current-context");
	opt.kubeconfig = NULL;
	opt.kube_context = "c";
	fails(&opt, "--kube-context c");
	opt.kube_context = NULL;
	setenv("KUBECONFIG", "/nowhere/a:/nowhere/b", 1);
	fails(&opt, "$KUBECONFIG /nowhere/a:/nowhere/b");
}

static void test_read_file(void **state)
{
	struct kube_blob b;
	char path[128];

	(void)state;
	put("/f", "12345");
	snprintf(path, sizeof(path), "%s/f", root);
	assert_int_equal(kube_read_file(path, 5, &b), 0);
	assert_int_equal(b.size, 5);
	assert_string_equal(b.data, "12345");
	free(b.data);
	assert_int_equal(kube_read_file(path, 4, &b), -EFBIG);
	assert_int_equal(kube_read_file(root, 4, &b), -EINVAL);
	assert_int_equal(kube_read_file("/nowhere", 4, &b), -ENOENT);
}

/* ------------------------------------------------------------------- the rest */

static void test_base64(void **state)
{
	static const char *const pairs[][2] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
		{"\xff\xef\xbe", "/+++"},
	};
	static const char *const bad[] = {"Zg", "Zg=",	 "Zg===", "=",
					  "Z",	"Zm9v!", "Zm=9v", "Zg==Zg=="};
	struct kube_blob b;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		char *s = kube_base64_encode(pairs[i][0], strlen(pairs[i][0]));

		assert_string_equal(s, pairs[i][1]);
		assert_int_equal(kube_base64_decode(s, strlen(s), &b), 0);
		assert_string_equal(b.data, pairs[i][0]);
		free(b.data);
		free(s);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(kube_base64_decode(bad[i], strlen(bad[i]), &b), -EINVAL);
	assert_int_equal(kube_base64_decode(" Zm\n9v\r\n", 8, &b), 0);
	assert_string_equal(b.data, "foo");
	free(b.data);
}

#define STATUS "{\"kind\":\"ExecCredential\",\"status\":"

static void test_credential(void **state)
{
	static const char *const bad[] = {
		"",
		"null",
		"[]",
		"{}",
		STATUS "{}}",
		STATUS "{\"token\":\"\"}}",
		STATUS "{\"token\":7}}",
		STATUS "{\"clientCertificateData\":\"x\"}}",
		STATUS "{\"token\":\"a\\nb\"}}",
		"{\"kind\":\"Pod\",\"status\":{\"token\":\"x\"}}",
	};
	static const struct {
		const char *text;
		time_t time;
	} times[] = {
		{"1970-01-01T00:01:00Z", 60},
		{"1970-01-01T00:01:00.123456Z", 60},
		{"1970-01-01T02:01:00+02:00", 60},
		{"1969-12-31T19:31:00-04:30", 60},
		{"soon", 0},
	};
	struct kube_credential c;
	const char *why;
	char json[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(kube_credential_parse(bad[i], strlen(bad[i]), &c, &why), -EBADMSG);
		assert_non_null(why);
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		snprintf(json, sizeof(json),
			 STATUS "{\"token\":\"x\",\"expirationTimestamp\":\"%s\"}}", times[i].text);
		assert_int_equal(kube_credential_parse(json, strlen(json), &c, &why), 0);
		assert_string_equal(c.token, "x");
		assert_int_equal(c.expires, times[i].time);
		kube_credential_release(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_fields),
		cmocka_unit_test(test_plugin),
		cmocka_unit_test(test_without_user),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_no_context),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_merged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_find_errors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_read_file, set_up, tear_down),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_credential),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
