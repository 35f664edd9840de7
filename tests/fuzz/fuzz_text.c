// SPDX-License-Identifier: MIT
/* Untrusted bytes through the escaper, JSON and every printer: no control byte, valid UTF-8. */
#include <ctype.h>
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "cli/print.h"
#include "export/json.h"
#include "flows/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Judged by the C library, not by the code under test. Returns the line ends,
 * which only printers may write.
 */
static unsigned int check(const char *s, size_t n, bool lines)
{
	unsigned int line_ends = 0;
	mbstate_t state = {0};
	wchar_t c = 0;

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		abort();
	while (n) {
		size_t len = mbrtowc(&c, s, n, &state);

		if (len == 0 || len > n)
			abort();
		if ((c < 0x20 || (c >= 0x7f && c <= 0x9f)) && !(lines && c == '\n'))
			abort();
		line_ends += c == '\n';
		s += len;
		n -= len;
	}
	return line_ends;
}

static void check_text(struct text *t)
{
	if (t->err)
		abort();
	check(t->data, t->len, false);
	t->len = 0;
}

/* ------------------------------------------------- is it JSON (RFC 8259)? */

static const char *string_end(const char *p, const char *end)
{
	if (p == end || *p++ != '"')
		abort();
	while (p < end && *p != '"') {
		if (*p++ != '\\')
			continue;
		if (p == end || !strchr("\"\\/bfnrtu", *p))
			abort();
		if (*p++ == 'u')
			for (int i = 0; i < 4; i++)
				if (p == end || !isxdigit((unsigned char)*p++))
					abort();
	}
	if (p == end)
		abort();
	return p + 1;
}

static const char *value_end(const char *p, const char *end);

static const char *members_end(const char *p, const char *end, char closing)
{
	if (p < end && *p == closing)
		return p + 1;
	for (;;) {
		if (closing == '}') {
			p = string_end(p, end);
			if (p == end || *p++ != ':')
				abort();
		}
		p = value_end(p, end);
		if (p == end || (*p != ',' && *p != closing))
			abort();
		if (*p++ == closing)
			return p;
	}
}

static const char *value_end(const char *p, const char *end)
{
	const char *number = p;

	if (p == end)
		abort();
	if (*p == '{' || *p == '[')
		return members_end(p + 1, end, *p == '{' ? '}' : ']');
	if (*p == '"')
		return string_end(p, end);
	if (end - p >= 4 && !memcmp(p, "true", 4))
		return p + 4;
	if (end - p >= 5 && !memcmp(p, "false", 5))
		return p + 5;
	while (p < end && isdigit((unsigned char)*p))
		p++;
	if (p == number || (*number == '0' && p - number > 1))
		abort();
	return p;
}

static void check_json(struct text *t)
{
	const char *end = t->data + t->len;

	if (value_end(t->data, end) != end)
		abort();
	check_text(t);
}

/* ------------------------------------------------------------- the printers */

/* Names and a message, all of whose texts are one; pointed to by a flow. */
struct hostile_names {
	const char *texts[2];
	struct endpoint endpoint;
	struct service service;
	struct name_list list;
	struct place place;
	struct ip_addr ip;
	struct l7 l7;
};

static void hostile_names(struct hostile_names *h, struct flow *f, const char *s, uint8_t bits)
{
	*h = (struct hostile_names){
		.texts = {s, s},
		.endpoint = {.id = 1,
			     .kind = bits % ENDPOINT_KINDS,
			     .cluster = s,
			     .namespace_name = s,
			     .name = s,
			     .workload = s,
			     .workload_kind = s,
			     .node = s,
			     .container = s,
			     .image = s,
			     .container_id = s,
			     .cgroup = s,
			     .labels = h->texts,
			     .n_labels = 2},
		.service = {.namespace_name = s, .name = s},
		.list = {.n = 2, .names = h->texts},
		.place = {.asn = 1, .country_name = s, .city = s, .as_name = s},
		.l7 = {.type = bits % 4, .protocol = L7_DNS, .latency_ns = 1},
	};
	memcpy(h->place.country, s, strnlen(s, sizeof(h->place.country) - 1));
	h->l7.dns = (struct l7_dns){.query = s,
				    .ips = &h->ip,
				    .n_ips = bits & 1,
				    .cnames = h->texts,
				    .n_cnames = bits >> 1 & 2,
				    .rcode = bits >> 2 & 3,
				    .qtypes = h->texts,
				    .n_qtypes = 2,
				    .rrtypes = h->texts,
				    .n_rrtypes = 1,
				    .timeout = bits & 0x20};
	f->src.endpoint = bits & 1 ? &h->endpoint : NULL;
	f->dst.endpoint = &h->endpoint;
	f->src.service = bits & 2 ? &h->service : NULL;
	f->src.dns = bits & 4 ? &h->list : NULL;
	f->src.reverse = f->dst.reverse = bits & 8 ? &h->list : NULL;
	f->dst.place = &h->place;
	f->l7 = f->event == FLOW_L7 ? &h->l7 : NULL;
	h->endpoint.refs = h->service.refs = h->list.refs = h->place.refs = h->l7.refs = 1u << 30;
}

/* A flow all of whose untrusted strings are s. */
static void hostile_flow(struct flow *f, struct process *p, struct hostile_names *h, char *s,
			 uint8_t event)
{
	flow_init(f);
	*p = (struct process){.refs = 2, .pid = 1, .exe = s, .command = s};
	memcpy(p->comm, s, strnlen(s, sizeof(p->comm)));
	memcpy(f->ifname, s, strnlen(s, sizeof(f->ifname)));
	memcpy(f->ifaces[0], s, strnlen(s, sizeof(f->ifaces[0])));
	f->time_ns = 1;
	f->event = event % FLOW_EVENTS_MAX;
	f->ip_version = event & 0x80 ? 6 : 4;
	f->protocol = event;
	f->src.process = f->dst.process = p;
	f->drop.reason_name = "NOT_SPECIFIED";
	f->drop.function = f->drop.text = f->drop.stack[0] = s;
	f->drop.stack_depth = 1;
	hostile_names(h, f, s, event >> 1);
}

static unsigned int check_printer(const struct print_format *format, int fd, const struct flow *f,
				  const char *node_name, struct text *seen)
{
	struct print_options opt = {.fd = fd, .node_name = node_name, .print_node_name = true};
	struct sink *s;
	off_t n;

	if (format->create(&opt, &s))
		abort();
	s->flow(s, f);
	s->close(s);
	n = lseek(fd, 0, SEEK_CUR);
	if (!text_reserve(seen, n + 1) || pread(fd, seen->data, n, 0) != n)
		abort();
	if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET))
		abort();
	return check(seen->data, n, true);
}

/* As many lines as a flow with harmless strings takes. */
static void check_printers(const struct flow *f, const struct flow *tame, const char *node_name,
			   struct text *seen)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/tmp", O_RDWR | O_TMPFILE, 0600);
	if (fd < 0)
		abort();
	for (const struct print_format *format = print_formats; format->name; format++)
		if (!print_format_is_binary(format) &&
		    check_printer(format, fd, f, node_name, seen) !=
			    check_printer(format, fd, tame, "node", seen))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text t = {0};
	struct hostile_names names, tame_names;
	struct process p, tame_p;
	struct flow f, tame;
	char *s, name[] = "x";

	if (!size)
		return 0;
	s = calloc(1, size);
	if (!s)
		abort();
	memcpy(s, data + 1, size - 1);
	text_escape(&t, s, size - 1);
	check_text(&t);
	json_quote(&t, s, size - 1);
	check_json(&t);
	hostile_flow(&f, &p, &names, s, data[0]);
	json_flow(&t, &f, s);
	check_json(&t);
	hostile_flow(&tame, &tame_p, &tame_names, name, data[0]);
	check_printers(&f, &tame, s, &t);
	text_free(&t);
	free(s);
	return 0;
}
