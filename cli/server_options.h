/* SPDX-License-Identifier: MIT */
/*
 * How a server is reached: options of every command that asks one, and the keys of the
 * client's configuration file, which are the same. A value comes from the flag, else
 * from the environment (PITOT_TLS_SERVER_NAME), else from the file, else it is the default.
 */
#ifndef PITOT_CLI_SERVER_OPTIONS_H
#define PITOT_CLI_SERVER_OPTIONS_H

#include "cli/options.h"
#include "export/grpc_client.h"

#define AGENT_SOCKET "/run/pitot/pitot.sock"

/* In the order of their names. */
enum server_key {
	KEY_ALLOWLIST,
	KEY_BASIC_AUTH_PASSWORD,
	KEY_BASIC_AUTH_USERNAME,
	KEY_CONFIG,
	KEY_DEBUG,
	KEY_DENYLIST,
	KEY_KUBE_CONTEXT,
	KEY_KUBE_NAMESPACE,
	KEY_KUBECONFIG,
	KEY_PORT_FORWARD,
	KEY_PORT_FORWARD_PORT,
	KEY_REQUEST_TIMEOUT,
	KEY_SERVER,
	KEY_TIMEOUT,
	KEY_TLS,
	KEY_TLS_ALLOW_INSECURE,
	KEY_TLS_CA_CERT_FILES,
	KEY_TLS_CLIENT_CERT_FILE,
	KEY_TLS_CLIENT_KEY_FILE,
	KEY_TLS_SERVER_NAME,
	SERVER_KEYS,
};

enum key_type { KEY_TEXT, KEY_BOOL, KEY_NUMBER, KEY_DURATION, KEY_LIST };
enum key_origin { FROM_DEFAULT, FROM_FILE, FROM_ENVIRONMENT, FROM_FLAG };

struct server_key_info {
	const char *name; /* "tls-server-name" */
	enum key_type type;
	const char *fallback;
};

extern const struct server_key_info server_keys[SERVER_KEYS];

/* Values as text; a list's are joined by LIST_SEPARATOR. All are ours, NULL: not given. */
#define LIST_SEPARATOR '\n'
struct server_options {
	char *value[SERVER_KEYS];
	uint8_t origin[SERVER_KEYS]; /* enum key_origin */
};

/* OPT_CALL's and OPT_SWITCH's: target is the struct server_options, field the key. */
int server_row_set(void *options, const struct opt *o, bool negated, const char *value, char *err,
		   size_t err_size);

/*
 * After parsing: what no flag gave comes from the environment, the file, the defaults.
 * 0, or -errno with one line in err.
 */
int server_options_finish(struct server_options *s, char *err, size_t err_size);
void server_options_clear(struct server_options *s);

/* 0, or -EINVAL with one line in err, which names the key. */
int server_key_check(enum server_key key, const char *value, char *err, size_t err_size);
int server_key_find(const char *name); /* enum server_key, or -1 */

const char *server_text(const struct server_options *s, enum server_key key); /* "" for none */
bool server_bool(const struct server_options *s, enum server_key key);
uint64_t server_duration_ns(const struct server_options *s, enum server_key key);

/* Where the file is, or would be; from --config, PITOT_CONFIG, XDG_CONFIG_HOME, HOME. free() it; NULL: nowhere. */
char *server_config_path(const struct server_options *s);

/* ---- cli/server.c: from options to a connection */

/* How to reach the server; server_release() it. */
struct server {
	struct grpc_client_options client;
	uint32_t request_ms;
	char *basic_auth;
	char **ca_files;
	int forwarder; /* pid of kubectl; 0: none */
};

/* Somebody has said which server, by flag, environment, file or --port-forward. */
bool server_is_given(const struct server_options *s);

/* Somebody listens on the local agent's socket. */
bool server_agent_is_there(void);

/* 0, or -errno with one line in *why (free() it). */
int server_open(const struct server_options *s, struct server *ret, char **why);

/* The exit code for what server_open() returned: options that are wrong are -EINVAL. */
int server_exit(int err);
void server_release(struct server *s);

/* ---- cli/server_forward.c */

/*
 * Runs `kubectl port-forward` and waits until it forwards. *ret_pid and the local port.
 * 0, or -errno with one line in *why.
 */
int server_forward(const struct server_options *s, int *ret_pid, uint16_t *ret_port, char **why);

#define SERVER_ROW(at, key) \
	.target = (at), .set = server_row_set, .field = (key), .group = GROUP_SERVER

/* clang-format off */
#define SERVER_KUBE_ROWS(at) \
	{"kubeconfig", 0, OPT_CALL, "FILE", SERVER_ROW(at, KEY_KUBECONFIG), \
	 .help = "with --port-forward: how to reach the API server"}, \
	{"kube-context", 0, OPT_CALL, "NAME", SERVER_ROW(at, KEY_KUBE_CONTEXT), \
	 .help = "the context of that file"}

/* Without those that observe and status have for names, too: SERVER_KUBE_ROWS. */
#define SERVER_ROWS(at) \
	{"server", 0, OPT_CALL, "ADDRESS", SERVER_ROW(at, KEY_SERVER), \
	 .fallback = "the local agent", \
	 .help = "HOST:PORT, tls://HOST:PORT or unix:///PATH"}, \
	{"tls", 0, OPT_SWITCH, NULL, SERVER_ROW(at, KEY_TLS), .help = "speak TLS"}, \
	{"tls-allow-insecure", 0, OPT_SWITCH, NULL, SERVER_ROW(at, KEY_TLS_ALLOW_INSECURE), \
	 .help = "take any certificate of the server"}, \
	{"tls-ca-cert-files", 0, OPT_CALL, "FILES", SERVER_ROW(at, KEY_TLS_CA_CERT_FILES), \
	 .help = "who signs the server's certificate (PEM); by comma, may be repeated"}, \
	{"tls-client-cert-file", 0, OPT_CALL, "FILE", SERVER_ROW(at, KEY_TLS_CLIENT_CERT_FILE), \
	 .help = "the client's certificate (PEM)"}, \
	{"tls-client-key-file", 0, OPT_CALL, "FILE", SERVER_ROW(at, KEY_TLS_CLIENT_KEY_FILE), \
	 .help = "its key (PEM)"}, \
	{"tls-server-name", 0, OPT_CALL, "NAME", SERVER_ROW(at, KEY_TLS_SERVER_NAME), \
	 .help = "the name that the server's certificate must have"}, \
	{"basic-auth-username", 0, OPT_CALL, "NAME", SERVER_ROW(at, KEY_BASIC_AUTH_USERNAME), \
	 .help = "user for HTTP basic authentication; with TLS only"}, \
	{"basic-auth-password", 0, OPT_CALL, "WORD", SERVER_ROW(at, KEY_BASIC_AUTH_PASSWORD), \
	 .help = "its password"}, \
	{"timeout", 0, OPT_CALL, "DURATION", SERVER_ROW(at, KEY_TIMEOUT), .fallback = "5s", \
	 .help = "how long a connection may take"}, \
	{"request-timeout", 0, OPT_CALL, "DURATION", SERVER_ROW(at, KEY_REQUEST_TIMEOUT), \
	 .fallback = "12s", .help = "how long an answer may take (status, list)"}, \
	{"port-forward", 'P', OPT_SWITCH, NULL, SERVER_ROW(at, KEY_PORT_FORWARD), \
	 .help = "reach the relay of a Kubernetes cluster through kubectl"}, \
	{"port-forward-port", 0, OPT_CALL, "PORT", SERVER_ROW(at, KEY_PORT_FORWARD_PORT), \
	 .fallback = "4245", .help = "this machine's port for it; 0: any"}, \
	{"kube-namespace", 0, OPT_CALL, "NAMESPACE", SERVER_ROW(at, KEY_KUBE_NAMESPACE), \
	 .fallback = "kube-system", .help = "the relay's namespace"}, \
	{"config", 0, OPT_CALL, "FILE", SERVER_ROW(at, KEY_CONFIG), \
	 .help = "the client's configuration file, pitot-config(1)"}, \
	{"debug", 'D', OPT_SWITCH, NULL, SERVER_ROW(at, KEY_DEBUG), \
	 .help = "tell what is connected to, and how"}
/* clang-format on */

#endif
