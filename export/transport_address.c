// SPDX-License-Identifier: MIT
/* An address as it is given on a command line. */
#include "export/transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "export/transport_internal.h"
#include "flows/text.h"

void transport_escape(char *ret, size_t size, const char *s)
{
	struct text t = {0};

	text_escape(&t, s, size / 2);
	snprintf(ret, size, "%.*s", (int)t.len, t.len ? t.data : "");
	text_free(&t);
}

static int say(char *err, size_t size, const char *shown, const char *what)
{
	if (size)
		snprintf(err, size, "address '%s': %s", shown, what);
	return -EINVAL;
}

static int parse_path(const char *path, struct address *a, char *err, size_t size)
{
	if (!*path)
		return say(err, size, a->text, "no path behind unix:");
	if (strlen(path) >= sizeof(a->path))
		return say(err, size, a->text,
			   "a unix socket's path may have 107 bytes; use a shorter one");
	a->is_unix = true;
	memcpy(a->path, path, strlen(path) + 1);
	return 0;
}

/* "123", nothing else. False for 0 too, unless it is the whole of a listener's wish. */
static bool parse_port(const char *s, uint16_t *ret)
{
	char *end;
	unsigned long v;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	v = strtoul(s, &end, 10);
	if (errno || *end || v > UINT16_MAX)
		return false;
	*ret = v;
	return true;
}

static bool is_host(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f || strchr("/?#@[]", s[i]))
			return false;
	return true;
}

static int parse_host_port(const char *s, struct address *a, char *err, size_t size)
{
	const char *host = s, *end, *port;
	size_t n;

	if (*s == '[') {
		host = s + 1;
		end = strchr(s, ']');
		if (!end)
			return say(err, size, a->text, "a ']' is missing");
		port = end + 1;
		if (*port && *port != ':')
			return say(err, size, a->text, "':port' is wanted behind ']'");
	} else {
		const char *colon = strchr(s, ':');

		/* two colons, no brackets: an IPv6 address without a port */
		end = colon && !strchr(colon + 1, ':') ? colon : s + strlen(s);
		port = end;
	}
	n = end - host;
	if (n >= sizeof(a->host) || !is_host(host, n))
		return say(err, size, a->text,
			   "no host name or address; use HOST:PORT or unix:///PATH");
	memcpy(a->host, host, n);
	a->host[n] = '\0';
	if (*port == ':' && !parse_port(port + 1, &a->port))
		return say(err, size, a->text, "the port must be a number from 0 to 65535");
	return 0;
}

int address_parse(const char *text, uint16_t default_port, struct address *ret, char *err,
		  size_t err_size)
{
	struct address a = {.port = default_port};
	int r;

	transport_escape(a.text, sizeof(a.text), text);
	if (!*text)
		return say(err, err_size, a.text, "empty; use HOST:PORT or unix:///PATH");
	if (!strncmp(text, "unix://", 7))
		r = parse_path(text + 7, &a, err, err_size);
	else if (!strncmp(text, "unix:", 5))
		r = parse_path(text + 5, &a, err, err_size);
	else if (*text == '/')
		r = parse_path(text, &a, err, err_size);
	else if (!strncmp(text, "tls://", 6)) {
		a.tls = true;
		r = parse_host_port(text + 6, &a, err, err_size);
	} else
		r = parse_host_port(strncmp(text, "tcp://", 6) ? text : text + 6, &a, err,
				    err_size);
	if (!r)
		*ret = a;
	return r;
}

bool address_is_loopback(const struct address *a)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (a->is_unix || !strcmp(a->host, "localhost"))
		return true;
	if (inet_pton(AF_INET, a->host, &v4) == 1)
		return v4.s_addr == htonl(INADDR_LOOPBACK) || ntohl(v4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, a->host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}
