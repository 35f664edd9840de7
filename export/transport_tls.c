// SPDX-License-Identifier: MIT
/* TLS on a transport. */
#include "export/transport.h"

#include <errno.h>
#include <stdlib.h>

#include "export/transport_internal.h"

int tls_server_new(const struct tls_options *opt, struct tls **ret_tls, char **ret_error)
{
	(void)opt;
	(void)ret_tls;
	return transport_say(ret_error, -ENOSYS, "TLS is not built in");
}

int tls_client_new(const struct tls_options *opt, struct tls **ret_tls, char **ret_error)
{
	return tls_server_new(opt, ret_tls, ret_error);
}

struct tls *tls_get(struct tls *t)
{
	return t;
}

void tls_put(struct tls *t)
{
	(void)t;
}

int tls_stream_new(struct transport *t, struct tls *tls, const char *server_name, bool client)
{
	(void)t;
	(void)tls;
	(void)server_name;
	(void)client;
	return -ENOSYS;
}

void tls_stream_free(struct tls_stream *s)
{
	(void)s;
}

void tls_stream_go(struct transport *t)
{
	(void)t;
}

void tls_stream_feed(struct transport *t, const uint8_t *bytes, size_t n)
{
	(void)t;
	(void)bytes;
	(void)n;
}

void tls_stream_end(struct transport *t)
{
	(void)t;
}

int tls_stream_write(struct transport *t, const uint8_t *bytes, size_t n)
{
	(void)t;
	(void)bytes;
	(void)n;
	return -ENOSYS;
}

void tls_stream_shutdown(struct transport *t)
{
	(void)t;
}

bool tls_stream_waiting(const struct transport *t)
{
	(void)t;
	return false;
}
