// SPDX-License-Identifier: MIT
/* libcurl itself, and a request's options in its words. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flows/names/http_curl.h"

#define CONNECT_MS 10000L

#define CALL(name)                                               \
	{                                                        \
		"curl_" #name, offsetof(struct curl_calls, name) \
	}
static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
	CALL(global_init),	   CALL(easy_init),	   CALL(easy_setopt),
	CALL(easy_getinfo),	   CALL(easy_cleanup),	   CALL(easy_strerror),
	CALL(slist_append),	   CALL(slist_free_all),   CALL(multi_init),
	CALL(multi_setopt),	   CALL(multi_add_handle), CALL(multi_remove_handle),
	CALL(multi_socket_action), CALL(multi_assign),	   CALL(multi_info_read),
	CALL(multi_cleanup),
};

/* Never unloaded: OpenSSL's own cleaning up at exit would be called into nothing. */
const struct curl_calls *curl_load(void)
{
	static struct curl_calls calls;
	static bool loaded;
	void *lib;

	if (loaded)
		return &calls;
	lib = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		lib = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		return NULL;
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *symbol = dlsym(lib, symbols[i].name);

		if (!symbol)
			return NULL;
		memcpy((char *)&calls + symbols[i].offset, &symbol, sizeof(symbol));
	}
	if (calls.global_init(CURL_GLOBAL_DEFAULT))
		return NULL;
	loaded = true;
	return &calls;
}

/* The place of host and port in a URL: its authority, without a user's name. */
static const char *authority(const char *url, size_t *ret_len)
{
	const char *p = strstr(url, "://");

	p = p ? p + 3 : url;
	*ret_len = strcspn(p, "/?#");
	return p;
}

static bool is_loopback(const char *url)
{
	size_t len;
	const char *host = authority(url, &len);

	return !strncmp(host, "127.", 4) || !strncmp(host, "[::1]", 5) ||
	       (!strncmp(host, "localhost", 9) && strchr(":/", host[9]));
}

static bool add_header(struct http_request *r, const char *name, const char *value)
{
	struct curl_slist *list;
	char *line;

	if (!value)
		return true;
	if (strpbrk(value, "\r\n") || asprintf(&line, "%s: %s", name, value) < 0)
		return false;
	list = r->curl->slist_append(r->headers, line);
	explicit_bzero(line, strlen(line));
	free(line);
	if (list)
		r->headers = list;
	return list;
}

/*
 * Another name in TLS than in the URL: the URL gets that name, the connection
 * goes to the old place, and the Host header stays what it was.
 */
static char *rename_server(struct http_request *r, const char *url, const char *name)
{
	bool tls = !strncmp(url, "https:", 6);
	size_t len;
	const char *at = authority(url, &len);
	const char *colon = memrchr(at, ':', len);
	char *to = NULL, *renamed = NULL, *host = NULL;
	const char *port = tls ? ":443" : ":80";
	int port_len = strlen(port), host_len = len;

	if (colon && !memchr(colon, ']', len - (colon - at))) {
		port = colon;
		port_len = len - (colon - at);
		host_len = colon - at;
	}
	if (asprintf(&to, "%s%.*s:%.*s%.*s", name, port_len, port, host_len, at, port_len, port) <
	    0)
		return NULL;
	r->connect_to = r->curl->slist_append(NULL, to);
	free(to);
	if (!r->connect_to || asprintf(&host, "%.*s", (int)len, at) < 0)
		return NULL;
	if (!add_header(r, "Host", host) || asprintf(&renamed, "%.*s%s%.*s%s", (int)(at - url), url,
						     name, port_len, port, at + len) < 0)
		renamed = NULL;
	free(host);
	return renamed;
}

static CURLcode set_blob(struct http_request *r, CURLoption option, const void *data, size_t size)
{
	struct curl_blob blob = {(void *)data, size, CURL_BLOB_COPY};

	return r->curl->easy_setopt(r->easy, option, &blob);
}

/* Options that take a pointer, set where there is one. */
static CURLcode set_string(struct http_request *r, CURLoption option, const char *s)
{
	return s ? r->curl->easy_setopt(r->easy, option, s) : CURLE_OK;
}

static int set_tls(struct http_request *r, const struct http_options *opt)
{
	const struct curl_calls *curl = r->curl;
	CURLcode bad = CURLE_OK;

	if (opt->insecure) {
		bad |= curl->easy_setopt(r->easy, CURLOPT_SSL_VERIFYPEER, 0L);
		bad |= curl->easy_setopt(r->easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	/* whoever names a CA trusts that one, not also the system's */
	if (opt->ca_data || opt->ca_file) {
		bad |= curl->easy_setopt(r->easy, CURLOPT_CAPATH, NULL);
		bad |= curl->easy_setopt(r->easy, CURLOPT_CAINFO,
					 opt->ca_data ? NULL : opt->ca_file);
	}
	if (opt->ca_data)
		bad |= set_blob(r, CURLOPT_CAINFO_BLOB, opt->ca_data, opt->ca_size);
	if (opt->cert_data)
		bad |= set_blob(r, CURLOPT_SSLCERT_BLOB, opt->cert_data, opt->cert_size);
	else
		bad |= set_string(r, CURLOPT_SSLCERT, opt->cert_file);
	if (opt->key_data)
		bad |= set_blob(r, CURLOPT_SSLKEY_BLOB, opt->key_data, opt->key_size);
	else
		bad |= set_string(r, CURLOPT_SSLKEY, opt->key_file);
	return bad ? -EINVAL : 0;
}

static int set_url(struct http_request *r, const struct http_options *opt)
{
	const struct curl_calls *curl = r->curl;
	char *renamed = NULL;
	CURLcode bad;

	if (strncmp(opt->url, "http://", 7) && strncmp(opt->url, "https://", 8))
		return -EINVAL;
	if (opt->tls_server_name) {
		renamed = rename_server(r, opt->url, opt->tls_server_name);
		if (!renamed)
			return -ENOMEM;
	}
	bad = curl->easy_setopt(r->easy, CURLOPT_URL, renamed ? renamed : opt->url);
	bad |= curl->easy_setopt(r->easy, CURLOPT_CONNECT_TO, r->connect_to);
	free(renamed);
	bad |= set_string(r, CURLOPT_UNIX_SOCKET_PATH, opt->unix_socket);
	if (opt->proxy)
		bad |= curl->easy_setopt(r->easy, CURLOPT_PROXY, opt->proxy);
	else if (opt->unix_socket || is_loopback(opt->url))
		bad |= curl->easy_setopt(r->easy, CURLOPT_PROXY, "");
	return bad ? -EINVAL : 0;
}

static int set_request(struct http_request *r, const struct http_options *opt)
{
	const struct curl_calls *curl = r->curl;
	CURLcode bad = CURLE_OK;

	if (!add_header(r, "Accept", opt->accept) ||
	    !add_header(r, "Authorization", opt->authorization))
		return -EINVAL;
	bad |= curl->easy_setopt(r->easy, CURLOPT_PRIVATE, r);
	bad |= curl->easy_setopt(r->easy, CURLOPT_NOSIGNAL, 1L);
	bad |= curl->easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->headers);
	bad |= curl->easy_setopt(r->easy, CURLOPT_USERAGENT, "pitot/" PITOT_VERSION);
	bad |= curl->easy_setopt(r->easy, CURLOPT_ERRORBUFFER, r->why);
	bad |= curl->easy_setopt(r->easy, CURLOPT_HEADERFUNCTION, http_on_header);
	bad |= curl->easy_setopt(r->easy, CURLOPT_HEADERDATA, r);
	bad |= curl->easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, http_on_body);
	bad |= curl->easy_setopt(r->easy, CURLOPT_WRITEDATA, r);
	bad |= curl->easy_setopt(r->easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	bad |= curl->easy_setopt(r->easy, CURLOPT_TIMEOUT_MS, (long)opt->timeout_ms);
	bad |= curl->easy_setopt(r->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	/* A connection a watch: a dead one takes no other with it, as it would in HTTP/2. */
	bad |= curl->easy_setopt(r->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	/*
	 * Not in every libcurl: compression, not to wait for a slow resolver at the end, and
	 * a CA's file that is read each time (it is replaced while we run).
	 */
	curl->easy_setopt(r->easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
	curl->easy_setopt(r->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl->easy_setopt(r->easy, CURLOPT_QUICK_EXIT, 1L);
	return bad ? -EINVAL : 0;
}

int http_setup(struct http_request *r, const struct http_options *opt)
{
	int err = set_url(r, opt);

	if (!err)
		err = set_request(r, opt);
	return err ? err : set_tls(r, opt);
}
