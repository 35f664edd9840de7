// SPDX-License-Identifier: MIT
/* An nghttp2 session on a transport. */
#include "export/http2.h"

#include <errno.h>

#define BATCH_BYTES (64u << 10) /* frames are gathered: a system call for this much */

nghttp2_option *http2_options(void)
{
	nghttp2_option *o;

	if (nghttp2_option_new(&o))
		return NULL;
	/* what is closed is forgotten: nobody asks for a stream's priority here */
	nghttp2_option_set_no_closed_streams(o, 1);
	nghttp2_option_set_max_outbound_ack(o, 1000);
	nghttp2_option_set_max_settings(o, 32);
	nghttp2_option_set_max_continuations(o, 8);
	nghttp2_option_set_stream_reset_rate_limit(o, 1000, 100);
	nghttp2_option_set_max_send_header_block_length(o, 64 << 10);
	return o;
}

int http2_receive(struct http2 *h, const uint8_t *bytes, size_t n, const char **ret_why)
{
	ssize_t r;

	h->inside = true;
	r = nghttp2_session_mem_recv(h->session, bytes, n);
	h->inside = false;
	if (r >= 0)
		return 0;
	*ret_why = nghttp2_strerror(r);
	return r == NGHTTP2_ERR_NOMEM ? -ENOMEM : -EPROTO;
}

/* Gathers frames in batch: their bytes, or -errno. Most are small; a larger one than there is room for goes first. */
static ssize_t gather(struct http2 *h, uint8_t *batch, size_t size)
{
	size_t have = 0;

	/* a frame has at most 16 KiB and its header: the peer's larger wishes are not followed */
	while (size - have >= (16u << 10) + 16) {
		const uint8_t *bytes;
		ssize_t n = nghttp2_session_mem_send(h->session, &bytes);

		if (n < 0)
			return n == NGHTTP2_ERR_NOMEM ? -ENOMEM : -EPROTO;
		if (!n)
			break;
		if ((size_t)n > size - have)
			return -EPROTO;
		memcpy(batch + have, bytes, n);
		have += n;
	}
	return have;
}

int http2_flush(struct http2 *h)
{
	static _Thread_local uint8_t batch[BATCH_BYTES + (16 << 10) + 16];
	ssize_t n;
	int r;

	if (h->inside)
		return 0;
	while (transport_pending(h->transport) < HTTP2_PENDING_MAX) {
		h->inside = true;
		n = gather(h, batch, sizeof(batch));
		h->inside = false;
		if (n <= 0)
			return n;
		r = transport_write(h->transport, batch, n);
		if (r)
			return r;
	}
	if (nghttp2_session_get_outbound_queue_size(h->session) > HTTP2_QUEUE_MAX)
		return -ENOBUFS;
	return nghttp2_session_want_write(h->session) ? 1 : 0;
}

bool http2_over(const struct http2 *h)
{
	return !nghttp2_session_want_read(h->session) && !nghttp2_session_want_write(h->session);
}
